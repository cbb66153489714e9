#include "probes/sim/ssh_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/ssh_key.h"
#include "probes/sim/ssh_session.h"

enum {
	PORT_FIRST = 20000,
	PORT_COUNT = 12000,		/* up to 31999: outgoing connections get 32768 and more */
	BACKLOG = 1024,
	STACK_BYTES = 256 << 10,
	EVENTS = 64,
	FILES_FOR_CONNECTIONS = 512,
};

/* One node's; never freed before the server, as connections point to it. */
struct port {
	char *name;
	char uid[40];		/* of the Node object */
	char *user;
	char *host_key;		/* public, of its first machine: what known_hosts says */
	unsigned int machine;	/* counts what was there under this name */
	int fd;
	uint16_t number;
	bool exists;		/* there is a Node object */
	bool up;
	bool listening;
};

struct connection {
	struct ssh_server *server;
	struct port *port;
	int fd;
	bool silent;
	struct connection *next;
};

struct ssh_server {
	struct cluster *cluster;
	struct ssh_seed seed;
	char *client_pem;
	char *client_public;
	struct map ports;	/* by name */
	size_t most_ports;
	unsigned int next_port;
	int epoll;
	int stop;
	bool running;
	pthread_t accepting;
	pthread_attr_t small;
	pthread_mutex_t lock;	/* of what follows; taken last */
	pthread_cond_t ended;
	struct connection *connections;
};

static struct ssh_seed host_seed(const struct ssh_server *server, const struct port *port)
{
	auto_free char *text = xasprintf("host %s %u", port->name, port->machine);

	return ssh_seed_derive(&server->seed, text);
}

static void remove_connection(struct connection *connection)
{
	struct ssh_server *server = connection->server;

	pthread_mutex_lock(&server->lock);
	for (struct connection **place = &server->connections; *place; place = &(*place)->next) {
		if (*place == connection) {
			*place = connection->next;
			break;
		}
	}
	pthread_cond_signal(&server->ended);
	pthread_mutex_unlock(&server->lock);
	free(connection);
}

static void forget_socket(void *data)
{
	struct connection *connection = data;

	pthread_mutex_lock(&connection->server->lock);
	connection->fd = -1;
	pthread_mutex_unlock(&connection->server->lock);
}

static void *serve(void *data)
{
	struct connection *connection = data;
	struct ssh_server *server = connection->server;
	struct ssh_seed seed;
	auto_free char *user = NULL;
	char *pem;
	struct ssh_session_settings settings = {.cluster = server->cluster, .node = connection->port->name,
						.client_key = server->client_public, .fd = connection->fd,
						.on_end = forget_socket, .data = connection};

	cluster_lock(server->cluster);
	seed = host_seed(server, connection->port);
	user = xstrdup(connection->port->user);
	cluster_unlock(server->cluster);
	pem = ssh_seed_private_pem(&seed, connection->port->name);
	settings.host_key = pem;
	settings.user = user;
	ssh_session_serve(&settings);
	secret_free(pem);
	remove_connection(connection);
	return NULL;
}

/* A connection that gets no answer is kept open, and forgotten when the server ends or the node goes down. */
static void take(struct ssh_server *server, struct port *port, int fd, bool silent)
{
	struct connection *connection = xcalloc(1, sizeof(*connection));
	int on = 1;
	pthread_t thread;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*connection = (struct connection){.server = server, .port = port, .fd = fd, .silent = silent};
	pthread_mutex_lock(&server->lock);
	connection->next = server->connections;
	server->connections = connection;
	pthread_mutex_unlock(&server->lock);
	if (silent || !pthread_create(&thread, &server->small, serve, connection))
		return;
	close(fd);
	remove_connection(connection);
}

static void accept_all(struct ssh_server *server, struct port *port)
{
	int fd;
	bool silent;

	while ((fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		cluster_lock(server->cluster);
		silent = machine_is_silent(server->cluster, port->name);
		cluster_unlock(server->cluster);
		take(server, port, fd, silent);
	}
}

static void *accept_loop(void *data)
{
	struct ssh_server *server = data;
	struct epoll_event events[EVENTS];

	while (true) {
		int n = epoll_wait(server->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (!events[i].data.ptr)
				return NULL;
			accept_all(server, events[i].data.ptr);
		}
		if (n < 0 && errno != EINTR)
			return NULL;
	}
}

/* A thousand nodes are a thousand sockets: as many as the system gives, less those that connections need. */
static size_t raise_file_limit(void)
{
	struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > PORT_COUNT)
		return PORT_COUNT;
	return limit.rlim_cur > 2 * FILES_FOR_CONNECTIONS ? (size_t)limit.rlim_cur - FILES_FOR_CONNECTIONS
							   : (size_t)limit.rlim_cur / 2;
}

static void watch(struct ssh_server *server, int fd, struct port *port)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = port};

	epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

int ssh_server_new(struct cluster *cluster, struct ssh_server **ret_server, struct err *err)
{
	struct ssh_server *server = xcalloc(1, sizeof(*server));

	server->cluster = cluster;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->stop = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->ended, NULL);
	pthread_attr_init(&server->small);
	pthread_attr_setstacksize(&server->small, STACK_BYTES);
	pthread_attr_setdetachstate(&server->small, PTHREAD_CREATE_DETACHED);
	server->most_ports = raise_file_limit();
	watch(server, server->stop, NULL);
	*ret_server = server;
	if (ssh_seed_random(&server->seed, err))
		return -1;
	server->next_port = (unsigned int)(server->seed.bytes[0] << 8 | server->seed.bytes[1]) % PORT_COUNT;
	server->client_pem = ssh_seed_private_pem(&server->seed, "nks-triage-sim");
	server->client_public = ssh_seed_public_line(&server->seed);
	server->running = !pthread_create(&server->accepting, NULL, accept_loop, server);
	return server->running ? 0 : err_set(err, ERR_IO, "the system gives no more threads", NULL);
}

static void end_connections(struct ssh_server *server)
{
	pthread_mutex_lock(&server->lock);
	for (struct connection **place = &server->connections; *place;) {
		struct connection *connection = *place;

		shutdown(connection->fd, SHUT_RDWR);
		if (!connection->silent) {
			place = &connection->next;
			continue;
		}
		*place = connection->next;
		close(connection->fd);
		free(connection);
	}
	while (server->connections)
		pthread_cond_wait(&server->ended, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

void ssh_server_free(struct ssh_server *server)
{
	size_t position = 0;
	struct port *port;

	if (!server)
		return;
	if (server->running) {
		eventfd_write(server->stop, 1);
		pthread_join(server->accepting, NULL);
	}
	end_connections(server);
	while ((port = map_next(&server->ports, &position))) {
		close(port->fd);
		free(port->name);
		free(port->user);
		free(port->host_key);
		free(port);
	}
	map_release(&server->ports);
	close(server->epoll);
	close(server->stop);
	pthread_attr_destroy(&server->small);
	pthread_mutex_destroy(&server->lock);
	pthread_cond_destroy(&server->ended);
	secret_free(server->client_pem);
	free(server->client_public);
	free(server);
}

/* -1: another program has it, as it may: the next one is tried. */
static int bind_port(uint16_t number)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	int on = 1;

	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&address, sizeof(address)) && !listen(fd, BACKLOG)) {
		/* Only now, so that the port is ours alone: to listen again beside connections that are still there. */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int choose_port(struct ssh_server *server, struct port *port, struct err *err)
{
	for (int tries = 0; tries < PORT_COUNT; tries++) {
		port->number = (uint16_t)(PORT_FIRST + server->next_port);
		server->next_port = (server->next_port + 1) % PORT_COUNT;
		port->fd = bind_port(port->number);
		if (port->fd >= 0)
			return 0;
		if (errno == EMFILE || errno == ENFILE)
			break;
	}
	return err_set(err, ERR_IO, "no port of 127.0.0.1 for the SSH server of {node}", "node", port->name, NULL);
}

/* A socket that is shut down keeps its port, and listens again when it is told to. */
static void apply(struct ssh_server *server, struct port *port)
{
	bool listening = port->exists && port->up && !machine_refuses(server->cluster, port->name);

	if (listening == port->listening)
		return;
	port->listening = listening;
	if (listening) {
		if (!listen(port->fd, BACKLOG))
			watch(server, port->fd, port);
		return;
	}
	epoll_ctl(server->epoll, EPOLL_CTL_DEL, port->fd, NULL);
	shutdown(port->fd, SHUT_RD);
}

static int add_node(struct ssh_server *server, const struct object *node, struct err *err)
{
	struct port *port = xcalloc(1, sizeof(*port));
	struct ssh_seed seed;

	port->name = xstrdup(node->name);
	if (choose_port(server, port, err)) {
		free(port->name);
		free(port);
		return -1;
	}
	memcpy(port->uid, node->uid, sizeof(port->uid));
	port->user = xstrdup(machine_login(node));
	port->exists = true;
	port->up = true;
	port->listening = true;
	seed = host_seed(server, port);
	port->host_key = ssh_seed_public_line(&seed);
	map_put(&server->ports, port->name, port);
	watch(server, port->fd, port);
	apply(server, port);
	return 0;
}

/* The machine of that name may be another one by now. */
static void look_at(struct ssh_server *server, struct port *port, const struct object *node)
{
	port->exists = node;
	if (node && strcmp(port->uid, node->uid)) {
		memcpy(port->uid, node->uid, sizeof(port->uid));
		port->machine++;
		port->up = true;
		free(port->user);
		port->user = xstrdup(machine_login(node));
	}
	apply(server, port);
}

static void drop(struct ssh_server *server, const struct port *port)
{
	pthread_mutex_lock(&server->lock);
	for (struct connection *connection = server->connections; connection; connection = connection->next)
		if (connection->port == port)
			shutdown(connection->fd, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
}

int ssh_server_refresh(struct ssh_server *server, bool *ret_changed, struct err *err)
{
	const struct table *nodes = &server->cluster->store.tables[KIND_NODE];
	size_t position = 0;
	struct port *port;

	while ((port = map_next(&server->ports, &position)))
		look_at(server, port, store_find(&server->cluster->store, KIND_NODE, "", port->name));
	for (size_t i = 0; i < nodes->count; i++) {
		if (map_get(&server->ports, nodes->objects[i]->name) || server->ports.count == server->most_ports)
			continue;
		if (ret_changed)
			*ret_changed = true;
		if (add_node(server, nodes->objects[i], err))
			return -1;
	}
	return 0;
}

void ssh_server_set_up(struct ssh_server *server, const char *node, bool up)
{
	struct port *port = server ? map_get(&server->ports, node) : NULL;

	if (!port)
		return;
	port->up = up;
	apply(server, port);
	if (!up)
		drop(server, port);
}

void ssh_server_change_key(struct ssh_server *server, const char *node)
{
	struct port *port = server ? map_get(&server->ports, node) : NULL;

	if (port)
		port->machine++;
}

const char *ssh_server_client_pem(const struct ssh_server *server)
{
	return server->client_pem;
}

bool ssh_server_node(const struct ssh_server *server, const char *node, struct ssh_node_address *ret_address)
{
	const struct port *port = map_get(&server->ports, node);

	if (port)
		*ret_address = (struct ssh_node_address){.port = port->number, .host_key = port->host_key,
							 .user = port->user};
	return port;
}
