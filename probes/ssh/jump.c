#include "probes/ssh/jump.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/jump_private.h"

enum { STACK = 512 << 10 };

/* Readable by whoever polls it. */
static void raise_event(int event)
{
	uint64_t one = 1;
	ssize_t written = write(event, &one, sizeof(one));
	(void)written;	/* fails only where it is readable already */
}

static void way_drop(struct way *way)
{
	if (atomic_fetch_sub(&way->owners, 1) > 1)
		return;
	if (way->socket >= 0)
		close(way->socket);
	close(way->settled);
	offered_key_release(&way->failure.offered);
	free(way->host);
	free(way);
}

/* The last that the jump host's thread does with it. */
void way_settle(struct way *way, int result)
{
	way->result = result;
	raise_event(way->settled);
	way_drop(way);
}

static void copy_offered(struct offered_key *to, const struct offered_key *from)
{
	*to = *from;
	if (!from->fingerprint)
		return;
	to->host = xstrdup(from->host);
	to->type = xstrdup(from->type);
	to->base64 = xstrdup(from->base64);
	to->fingerprint = xstrdup(from->fingerprint);
	to->known_fingerprint = from->known_fingerprint ? xstrdup(from->known_fingerprint) : NULL;
	to->is_jump = true;
}

static void fail_all(struct way *way, const struct connection_failure *failure)
{
	while (way) {
		struct way *next = way->next;
		way->failure.trouble = failure->trouble;
		way->failure.err = failure->err;
		way->failure.was_stale = failure->was_stale;
		copy_offered(&way->failure.offered, &failure->offered);
		way_settle(way, -1);
		way = next;
	}
}

struct way *jump_take_asked(struct jump_host *host, bool may_end, bool *ret_ended)
{
	pthread_mutex_lock(&host->table->lock);
	struct way *asked = host->asked;
	host->asked = NULL;
	if (!asked && may_end)
		host->ended = true;
	*ret_ended = host->ended;
	pthread_mutex_unlock(&host->table->lock);
	return asked;
}

/* No more come after this; those that are there are told why. */
static void end(struct jump_host *host, const struct connection_failure *failure)
{
	pthread_mutex_lock(&host->table->lock);
	host->ended = true;
	struct way *asked = host->asked;
	host->asked = NULL;
	pthread_mutex_unlock(&host->table->lock);
	fail_all(asked, failure);
}

static void *serve(void *data)
{
	struct jump_host *host = data;
	struct connection_failure failure = {.trouble = NODE_UNREACHABLE};
	struct connection_request request = {
		.target = host->target,
		.node = host->target->host,
		.uid = "",
		.deadline_ms = clock_monotonic_ms() + host->connect_timeout_ms,
		.host_keys = host->table->settings.host_keys,
		.ring = host->table->settings.ring,
		.interrupt = &host->interrupt,
		.jumps = host->table,
	};
	if (connection_open(&request, &host->connection, &failure) == 0) {
		jump_pump(host);
		failure.trouble = NODE_UNREACHABLE;
		failure.was_stale = true;
		err_set(&failure.err, ERR_CONNECT, "the jump host {jump} cannot be used: {reason}", "jump",
			host->target->host, "reason", ssh_get_error(host->connection->session), NULL);
	}
	end(host, &failure);
	offered_key_release(&failure.offered);
	connection_free(host->connection);
	return NULL;
}

static void host_free(struct jump_host *host)
{
	interrupt_release(&host->interrupt);
	if (host->nudge >= 0)
		close(host->nudge);
	host_target_free(host->target);
	free(host->list);
	free(host);
}

/* Joins those whose thread is at its end. Under the lock; a thread that ended takes it no more. */
static void sweep(struct jump_table *table)
{
	for (struct jump_host **link = &table->first; *link;) {
		struct jump_host *host = *link;
		if (!host->ended || pthread_tryjoin_np(host->thread, NULL) != 0) {
			link = &host->next;
			continue;
		}
		*link = host->next;
		host_free(host);
	}
}

static int refuse(struct connection_failure *failure)
{
	failure->trouble = NODE_UNREACHABLE;
	return -1;
}

/* "Host *" with "ProxyJump bastion" is meant for all but the bastion itself. */
static void forget_jump_to_itself(struct host_target *target, const char *name)
{
	struct jump_hop hop;
	if (!*target->jump || jump_hop_parse(target->jump, &hop) != 0)
		return;
	if (strcasecmp(hop.host, name) == 0 || strcasecmp(hop.host, target->host) == 0)
		*target->jump = '\0';
	jump_hop_release(&hop);
}

static struct host_target *hop_target(const struct jump_table *table, const char *list)
{
	struct jump_hop hop;
	if (jump_hop_parse(list, &hop) != 0)
		return NULL;
	struct host_target *target =
		host_target_new(table->settings.config, table->settings.settings, hop.host, hop.port, hop.user, true);
	forget_jump_to_itself(target, hop.host);
	if (*hop.before) {
		free(target->jump);
		target->jump = take_pointer(hop.before);
	}
	jump_hop_release(&hop);
	return target;
}

/* A circle would wait for itself. */
static bool goes_round(const struct jump_table *table, const struct host_target *first)
{
	auto_free char *list = xstrdup(first->jump);
	int depth = 0;
	while (*list && depth++ < JUMP_DEPTH_MAXIMUM) {
		struct host_target *hop = hop_target(table, list);
		if (!hop)
			return false;
		free(list);
		list = take_pointer(hop->jump);
		host_target_free(hop);
	}
	return *list;
}

static struct jump_host *start(struct jump_table *table, struct host_target *target,
			       const struct connection_request *request)
{
	struct jump_host *host = xcalloc(1, sizeof(*host));
	pthread_attr_t attributes;
	host->table = table;
	host->list = xstrdup(request->target->jump);
	host->target = target;
	host->connect_timeout_ms = table->settings.settings->connect_timeout_ms;
	if (interrupt_init(&host->interrupt) != 0) {
		host_target_free(target);
		free(host->list);
		free(host);
		return NULL;
	}
	host->nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	int problem = host->nudge < 0 ? errno : pthread_create(&host->thread, &attributes, serve, host);
	pthread_attr_destroy(&attributes);
	if (problem) {
		host_free(host);
		return NULL;
	}
	host->next = table->first;
	table->first = host;
	return host;
}

/* Under the lock. */
static struct jump_host *find(struct jump_table *table, const struct connection_request *request,
			      struct connection_failure *failure)
{
	const char *list = request->target->jump;
	sweep(table);
	for (struct jump_host *host = table->first; host; host = host->next)
		if (!host->ended && strcmp(host->list, list) == 0)
			return host;
	if (table->stopping) {
		err_set(&failure->err, ERR_CANCELLED, "cancelled", NULL);
		return NULL;
	}
	struct host_target *target = hop_target(table, list);
	if (!target) {
		err_set(&failure->err, ERR_CONFIG, "“{jump}” is no list of jump hosts", "jump", list, NULL);
		return NULL;
	}
	if (goes_round(table, target)) {
		host_target_free(target);
		err_set(&failure->err, ERR_CONFIG, "the way to {host} goes round in a circle: {jump}", "host",
			request->target->host, "jump", list, NULL);
		return NULL;
	}
	struct jump_host *host = start(table, target, request);
	if (!host)
		err_set(&failure->err, ERR_IO, "no more connections can be opened here", NULL);
	return host;
}

static struct way *way_new(const struct host_target *target, int socket)
{
	struct way *way = xcalloc(1, sizeof(*way));
	atomic_init(&way->owners, 2);
	way->host = xstrdup(target->host);
	way->port = target->port;
	way->socket = socket;
	way->settled = eventfd(0, EFD_CLOEXEC);
	return way;
}

static int ask(struct jump_table *table, const struct connection_request *request, struct way *way,
	       struct connection_failure *failure)
{
	pthread_mutex_lock(&table->lock);
	struct jump_host *host = find(table, request, failure);
	if (host) {
		way->next = host->asked;
		host->asked = way;
		raise_event(host->nudge);
	}
	pthread_mutex_unlock(&table->lock);
	return host ? 0 : refuse(failure);
}

static int wait_for(struct way *way, const struct connection_request *request, struct connection_failure *failure)
{
	for (;;) {
		int64_t left = request->deadline_ms - clock_monotonic_ms();
		struct pollfd polled[] = {{.fd = way->settled, .events = POLLIN},
					  {.fd = request->interrupt->wake, .events = POLLIN}};
		if (left <= 0) {
			err_set(&failure->err, ERR_TIMEOUT, "{host} took the connection and said nothing in time",
				"host", request->target->jump, NULL);
			return refuse(failure);
		}
		if (poll(polled, array_length(polled), (int)left) > 0 && polled[0].revents) {
			uint64_t count;
			ssize_t got = read(way->settled, &count, sizeof(count));
			(void)got;
			*failure = way->failure;
			way->failure.offered = (struct offered_key){0};
			return way->result;
		}
		if (interrupt_is_raised(request->interrupt)) {
			err_set(&failure->err, ERR_CANCELLED, "cancelled", NULL);
			failure->trouble = NODE_CANCELLED;
			return -1;
		}
	}
}

static int open_way(struct jump_table *table, const struct connection_request *request, int *ret_socket,
		    struct connection_failure *failure)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		err_set(&failure->err, ERR_IO, "no more connections can be opened here", NULL);
		return refuse(failure);
	}
	struct way *way = way_new(request->target, ends[1]);
	int result = ask(table, request, way, failure);
	if (result == 0)
		result = wait_for(way, request, failure);
	else
		way_drop(way);	/* for the jump host that there is not */
	way_drop(way);
	if (result != 0) {
		close(ends[0]);
		return -1;
	}
	*ret_socket = ends[0];
	return 0;
}

/* A connection that was kept may have died since: then a new one is made, once. */
int jump_open(struct jump_table *table, const struct connection_request *request, int *ret_socket,
	      struct connection_failure *failure)
{
	int result = open_way(table, request, ret_socket, failure);
	if (result == 0 || !failure->was_stale || interrupt_is_raised(request->interrupt))
		return result;
	offered_key_release(&failure->offered);
	*failure = (struct connection_failure){0};
	return open_way(table, request, ret_socket, failure);
}

struct jump_table *jump_table_new(const struct jump_settings *settings)
{
	struct jump_table *table = xcalloc(1, sizeof(*table));
	table->settings = *settings;
	pthread_mutex_init(&table->lock, NULL);
	return table;
}

void jump_table_free(struct jump_table *table)
{
	if (!table)
		return;
	pthread_mutex_lock(&table->lock);
	table->stopping = true;
	for (struct jump_host *host = table->first; host; host = host->next)
		interrupt_raise(&host->interrupt);
	struct jump_host *host = table->first;
	table->first = NULL;
	pthread_mutex_unlock(&table->lock);
	while (host) {
		struct jump_host *next = host->next;
		pthread_join(host->thread, NULL);
		host_free(host);
		host = next;
	}
	pthread_mutex_destroy(&table->lock);
	free(table);
}
