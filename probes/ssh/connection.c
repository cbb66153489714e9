#include "probes/ssh/connection.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/auth.h"
#include "probes/ssh/connect.h"
#include "probes/ssh/jump.h"
#include "probes/ssh/handshake_wait.h"

enum {
	TRIES_MAXIMUM = 20,	/* the deadline comes first */
	RETRY_MS = 100,
	RETRY_MAXIMUM_MS = 1600,
};

void offered_key_release(struct offered_key *offered)
{
	free(offered->host);
	free(offered->type);
	free(offered->base64);
	free(offered->fingerprint);
	free(offered->known_fingerprint);
	*offered = (struct offered_key){0};
}

static int fail(struct connection_failure *failure, enum node_trouble trouble)
{
	failure->trouble = failure->err.code == ERR_CANCELLED ? NODE_CANCELLED : trouble;
	return -1;
}

/* Ciphers, MACs and the like are read by libssh itself, from a file that exists in memory alone. */
static void set_algorithms(ssh_session session, const char *lines)
{
	char path[64];
	size_t n = strlen(lines);
	int fd = n > 0 ? memfd_create("ssh_config", MFD_CLOEXEC) : -1;
	if (fd < 0)
		return;
	if (write(fd, lines, n) == (ssize_t)n) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		(void)ssh_options_parse_config(session, path);
	}
	close(fd);
}

static int set_options(ssh_session session, const struct connection_request *request)
{
	const struct host_target *target = request->target;
	int port = target->port;
	int strict = 1;
	bool process_config = false;
	bool failed = ssh_options_set(session, SSH_OPTIONS_HOST, target->host) != 0;
	ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &process_config);
	auto_free char *algorithms = host_key_store_algorithms(request->host_keys, target);
	if (!strstr(target->algorithms, "hostkeyalgorithms"))
		ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, algorithms);
	set_algorithms(session, target->algorithms);
	/* Whatever a configuration said: the host key is checked, by us, and nothing is written or run. */
	ssh_options_set(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &strict);
	ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
	ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
	ssh_options_set(session, SSH_OPTIONS_PROXYCOMMAND, "none");
	ssh_options_set(session, SSH_OPTIONS_PORT, &port);
	failed |= ssh_options_set(session, SSH_OPTIONS_USER, target->user) != 0;
	return failed ? -1 : 0;
}

static int explain_handshake(struct connection *connection, const struct connection_request *request,
			     struct connection_failure *failure)
{
	const char *host = request->target->host;
	if (interrupt_is_raised(request->interrupt)) {
		err_set(&failure->err, ERR_CANCELLED, "cancelled", NULL);
	} else if (clock_monotonic_ms() >= request->deadline_ms) {
		err_set(&failure->err, ERR_TIMEOUT, "{host} took the connection and said nothing in time", "host",
			host, NULL);
	} else {
		failure->before_banner = !ssh_get_serverbanner(connection->session);
		err_set(&failure->err, ERR_CONNECT, "no SSH connection to {host}: {reason}", "host", host, "reason",
			ssh_get_error(connection->session), NULL);
	}
	return fail(failure, NODE_UNREACHABLE);
}

static struct handshake_wait wait_for(const struct connection *connection, const struct connection_request *request)
{
	return (struct handshake_wait){
		.session = connection->session,
		.socket = connection->guard,
		.deadline_ms = request->deadline_ms,
		.interrupt = request->interrupt,
	};
}

static int handshake(struct connection *connection, const struct connection_request *request, int fd,
		     struct connection_failure *failure)
{
	if (set_options(connection->session, request) != 0) {
		err_set(&failure->err, ERR_CONFIG, "{host} with user {user} is no address for SSH", "host",
			request->target->host, "user", request->target->user, NULL);
		return fail(failure, NODE_UNREACHABLE);
	}
	/* From here on the socket is libssh's. */
	ssh_options_set(connection->session, SSH_OPTIONS_FD, &fd);
	connection->was_given = true;
	ssh_set_blocking(connection->session, 0);
	struct handshake_wait wait = wait_for(connection, request);
	int result;
	while ((result = ssh_connect(connection->session)) == SSH_AGAIN && handshake_wait(&wait))
		continue;
	return result == SSH_OK ? 0 : explain_handshake(connection, request, failure);
}

static void offer(struct offered_key *offered, const struct connection_request *request, const ssh_key key,
		  struct host_key_verdict *verdict)
{
	char *base64 = NULL;
	ssh_pki_export_pubkey_base64(key, &base64);
	offered->host = host_target_known_name(request->target);
	offered->type = xstrdup(ssh_key_type_to_char(ssh_key_type(key)));
	offered->base64 = xstrdup(base64 ? base64 : "");
	offered->fingerprint = host_key_fingerprint(key);
	offered->known_fingerprint = take_pointer(verdict->known_fingerprint);
	offered->is_revoked = verdict->state == HOST_KEY_REVOKED;
	offered->is_new_node = verdict->is_new_node;
	offered->in_other_file = verdict->in_other_file;
	ssh_string_free_char(base64);
}

static int refuse_host_key(const struct connection_request *request, const struct host_key_verdict *verdict,
			   struct connection_failure *failure)
{
	const struct offered_key *offered = &failure->offered;
	if (verdict->state == HOST_KEY_UNKNOWN) {
		err_set(&failure->err, ERR_REFUSED, "the host key of {host} is not known: {type} {fingerprint}",
			"host", offered->host, "type", offered->type, "fingerprint", offered->fingerprint, NULL);
		return fail(failure, NODE_HOST_KEY_UNKNOWN);
	}
	if (verdict->state == HOST_KEY_REVOKED)
		err_set(&failure->err, ERR_REFUSED, "the host key of {host} is revoked: {type} {fingerprint}",
			"host", offered->host, "type", offered->type, "fingerprint", offered->fingerprint, NULL);
	else if (offered->known_fingerprint)
		err_set(&failure->err, ERR_REFUSED,
			"the host key of {host} has changed: {fingerprint} instead of {known}", "host", offered->host,
			"fingerprint", offered->fingerprint, "known", offered->known_fingerprint, NULL);
	else
		err_set(&failure->err, ERR_REFUSED, "{host} has a host key of type {type}, known is one of {known}",
			"host", offered->host, "type", offered->type, "known",
			verdict->known_type ? verdict->known_type : "?", NULL);
	if (verdict->is_new_node)
		err_hint(&failure->err, "the Node {node} is a new one of the same name: see entry E14", "node",
			 request->node, NULL);
	else
		err_hint(&failure->err, "somebody may be in between: find out why before you trust it", NULL);
	return fail(failure, NODE_HOST_KEY_CHANGED);
}

static int check_host_key(struct connection *connection, const struct connection_request *request,
			  struct connection_failure *failure)
{
	ssh_key key = NULL;
	if (ssh_get_server_publickey(connection->session, &key) != SSH_OK) {
		err_set(&failure->err, ERR_PROTOCOL, "no SSH connection to {host}: {reason}", "host",
			request->target->host, "reason", ssh_get_error(connection->session), NULL);
		return fail(failure, NODE_UNREACHABLE);
	}
	struct host_key_verdict verdict;
	int result = 0;
	host_key_store_check(request->host_keys, request->target, request->uid, key, &verdict);
	if (verdict.state != HOST_KEY_KNOWN) {
		offer(&failure->offered, request, key, &verdict);
		result = refuse_host_key(request, &verdict, failure);
	}
	host_key_verdict_release(&verdict);
	ssh_key_free(key);
	return result;
}

static int authenticate(struct connection *connection, const struct connection_request *request,
			struct connection_failure *failure)
{
	struct handshake_wait wait = wait_for(connection, request);
	if (auth_run(&wait, request->target, request->ring, &failure->err) == 0)
		return 0;
	return fail(failure, failure->err.code == ERR_UNAUTHORIZED ? NODE_AUTH_REFUSED : NODE_UNREACHABLE);
}

/* A socket that leads to the host: by TCP, or through its jump hosts. */
static int reach(const struct connection_request *request, int *ret_socket, struct connection_failure *failure)
{
	const struct host_target *target = request->target;
	if (*target->jump)
		return jump_open(request->jumps, request, ret_socket, failure);
	if (connect_tcp(target->host, target->port, request->deadline_ms, request->interrupt, ret_socket,
			&failure->err) != 0)
		return fail(failure, NODE_UNREACHABLE);
	return 0;
}

static int open_once(const struct connection_request *request, struct connection **ret_connection,
		     struct connection_failure *failure)
{
	int fd;
	*failure = (struct connection_failure){0};
	if (reach(request, &fd, failure) != 0)
		return -1;
	struct connection *connection = xcalloc(1, sizeof(*connection));
	connection->session = ssh_new();
	connection->socket = fd;
	connection->guard = dup(fd);
	if (!connection->session || connection->guard < 0) {
		if (connection->guard < 0)
			close(fd);
		connection_free(connection);
		err_set(&failure->err, ERR_IO, "no more connections can be opened here", NULL);
		return fail(failure, NODE_UNREACHABLE);
	}
	int place = interrupt_guard(request->interrupt, connection->guard);
	int result = handshake(connection, request, fd, failure);
	if (result == 0)
		result = check_host_key(connection, request, failure);
	if (result == 0)
		result = authenticate(connection, request, failure);
	interrupt_unguard(request->interrupt, place);
	if (result != 0) {
		connection_free(connection);
		return -1;
	}
	*ret_connection = connection;
	return 0;
}

/* Waits between half of and the whole of a span, so that many who were refused at once do not come back at once. */
static bool pause_before_retry(const struct connection_request *request, int try_)
{
	int span = RETRY_MS << try_;
	if (span > RETRY_MAXIMUM_MS)
		span = RETRY_MAXIMUM_MS;
	uint32_t random;
	arc4random_buf(&random, sizeof(random));
	int wait = span / 2 + (int)(random % (uint32_t)(span / 2 + 1));
	if (clock_monotonic_ms() + wait >= request->deadline_ms)
		return false;
	struct pollfd polled = {.fd = request->interrupt->wake, .events = POLLIN};
	poll(&polled, 1, wait);
	return !interrupt_is_raised(request->interrupt);
}

int connection_open(const struct connection_request *request, struct connection **ret_connection,
		    struct connection_failure *failure)
{
	for (int try_ = 0;; try_++) {
		int result = open_once(request, ret_connection, failure);
		if (result == 0 || !failure->before_banner || try_ + 1 >= TRIES_MAXIMUM ||
		    !pause_before_retry(request, try_))
			return result;
	}
}

/*
 * libssh 0.10 closes a socket that it was given where something fails, and leaves it open where a session ends in
 * order. A version that closes it then may have freed the number for another file: it is closed here where it is
 * still the same socket as the dup.
 */
static void close_left_over(const struct connection *connection)
{
	struct stat ours, its;
	if (connection->guard < 0)
		return;
	if (fstat(connection->guard, &ours) == 0 && fstat(connection->socket, &its) == 0 &&
	    ours.st_dev == its.st_dev && ours.st_ino == its.st_ino)
		close(connection->socket);
}

void connection_free(struct connection *connection)
{
	if (!connection)
		return;
	/* Before the end is said: after it libssh knows no socket in any case. */
	bool is_open = !connection->was_given || ssh_get_fd(connection->session) >= 0;
	if (connection->session) {
		ssh_disconnect(connection->session);
		ssh_free(connection->session);
	}
	if (is_open)
		close_left_over(connection);
	if (connection->guard >= 0)
		close(connection->guard);
	free(connection);
}

bool connection_is_open(const struct connection *connection)
{
	return session_is_open(connection->session);
}
