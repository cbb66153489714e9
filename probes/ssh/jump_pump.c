#include <errno.h>
#include <libssh/callbacks.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/jump_private.h"

enum {
	TURN_MS = 1000,
	PIECE = 32 << 10,
};

/* A channel to a node and the socket that a session behind the jump host speaks into. */
struct forward {
	struct forward *next;
	struct pump *pump;
	struct way *way;	/* until it is open or refused */
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	int socket;
	short watched;		/* events that the ssh_event has for it */
	short ready;
	bool has_rest;		/* there are bytes that the socket did not take, in rest, then in the channel */
	struct buffer rest;
	bool is_over;
};

struct pump {
	struct jump_host *host;
	ssh_session session;
	ssh_event event;
	struct forward *first;
	int64_t used_ms;
	char piece[PIECE];
};

/* How much the socket took; -1: nobody reads there any more. */
static ssize_t give(const struct forward *forward, const void *bytes, size_t n)
{
	ssize_t taken = send(forward->socket, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (taken >= 0)
		return taken;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Called by libssh. What is not taken stays in the channel, and its window closes: the node waits. */
static int on_data(ssh_session session, ssh_channel channel, void *bytes, uint32_t n, int is_error, void *data)
{
	struct forward *forward = data;
	(void)session;
	(void)channel;
	if (is_error || forward->is_over)
		return (int)n;
	ssize_t taken = forward->has_rest ? 0 : give(forward, bytes, n);
	if (taken < 0) {
		forward->is_over = true;
		return (int)n;
	}
	forward->has_rest = (size_t)taken < n;
	return (int)taken;
}

static int on_ready(socket_t descriptor, int events, void *data)
{
	struct forward *forward = data;
	(void)descriptor;
	forward->ready = (short)(forward->ready | events);
	return 0;
}

static int on_wake(socket_t descriptor, int events, void *data)
{
	(void)descriptor;
	(void)events;
	(void)data;
	return 0;
}

static void watch(struct forward *forward)
{
	short wanted = 0;
	if (!forward->way && !forward->is_over && ssh_channel_window_size(forward->channel) > 0)
		wanted |= POLLIN;
	if (forward->has_rest)
		wanted |= POLLOUT;
	if (wanted == forward->watched)
		return;
	if (forward->watched)
		ssh_event_remove_fd(forward->pump->event, forward->socket);
	if (wanted)
		ssh_event_add_fd(forward->pump->event, forward->socket, wanted, on_ready, forward);
	forward->watched = wanted;
}

/* The jump host went away before it answered. */
static void lose_way(struct forward *forward)
{
	struct way *way = forward->way;
	way->failure.trouble = NODE_UNREACHABLE;
	way->failure.was_stale = true;
	err_set(&way->failure.err, ERR_CONNECT, "the jump host {jump} cannot be used: {reason}", "jump",
		forward->pump->host->target->host, "reason", ssh_get_error(forward->pump->session), NULL);
	way_settle(way, -1);
}

static void forward_end(struct forward *forward)
{
	if (forward->watched)
		ssh_event_remove_fd(forward->pump->event, forward->socket);
	ssh_remove_channel_callbacks(forward->channel, &forward->callbacks);
	/* Closes it where it is open. Closing one that was refused would end the whole connection (sshd 9.2). */
	ssh_channel_free(forward->channel);
	close(forward->socket);
	buffer_release(&forward->rest);
	if (forward->way)
		lose_way(forward);
	forward->pump->used_ms = clock_monotonic_ms();
	free(forward);
}

static void forward_begin(struct pump *pump, struct way *way)
{
	struct forward *forward = xcalloc(1, sizeof(*forward));
	forward->pump = pump;
	forward->way = way;
	forward->socket = way->socket;
	buffer_init(&forward->rest, PIECE);
	way->socket = -1;
	forward->channel = ssh_channel_new(pump->session);
	forward->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = forward,
		.channel_data_function = on_data,
	};
	ssh_callbacks_init(&forward->callbacks);
	ssh_set_channel_callbacks(forward->channel, &forward->callbacks);
	forward->next = pump->first;
	pump->first = forward;
}

/* Asks the jump host to connect; again in each turn until it has answered. */
static void open_way(struct forward *forward)
{
	struct way *way = forward->way;
	int result = ssh_channel_open_forward(forward->channel, way->host, way->port, "127.0.0.1", 0);
	if (result == SSH_AGAIN)
		return;
	forward->way = NULL;
	if (result == SSH_OK) {
		way_settle(way, 0);
		return;
	}
	way->failure.trouble = NODE_UNREACHABLE;
	err_set(&way->failure.err, ERR_CONNECT, "the jump host {jump} does not connect to {host}: {reason}", "jump",
		forward->pump->host->target->host, "host", way->host, "reason",
		ssh_get_error(forward->pump->session), NULL);
	way_settle(way, -1);
	forward->is_over = true;
}

/* What the session behind it wrote, as much as the window takes. */
static void move_out(struct forward *forward)
{
	struct pump *pump = forward->pump;
	size_t n = ssh_channel_window_size(forward->channel);
	if (n == 0)
		return;
	ssize_t got = recv(forward->socket, pump->piece, n < PIECE ? n : PIECE, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || ssh_channel_write(forward->channel, pump->piece, (uint32_t)got) != got)
		forward->is_over = true;
}

/* What the socket did not take of the last piece; true: nothing is left of it. */
static bool give_rest(struct forward *forward)
{
	struct buffer *rest = &forward->rest;
	if (rest->length == 0)
		return true;
	ssize_t taken = give(forward, rest->data, rest->length);
	if (taken < 0)
		forward->is_over = true;
	else
		buffer_consume(rest, (size_t)taken);
	return rest->length == 0;
}

/* What the channel kept while the socket was full. */
static void move_rest(struct forward *forward)
{
	struct pump *pump = forward->pump;
	while (!forward->is_over && give_rest(forward)) {
		int n = ssh_channel_read_nonblocking(forward->channel, pump->piece, PIECE, 0);
		if (n <= 0) {
			forward->has_rest = false;
			return;
		}
		buffer_add(&forward->rest, pump->piece, (size_t)n);
	}
}

static void step(struct forward *forward)
{
	if (forward->way) {
		open_way(forward);
		return;
	}
	short ready = forward->ready;
	forward->ready = 0;
	if (forward->has_rest && ready)
		move_rest(forward);
	if (!forward->is_over && (ready & (POLLIN | POLLHUP | POLLERR)))
		move_out(forward);
	if (!forward->has_rest && (ssh_channel_is_eof(forward->channel) || ssh_channel_is_closed(forward->channel)))
		forward->is_over = true;
}

static void step_all(struct pump *pump)
{
	for (struct forward **link = &pump->first; *link;) {
		struct forward *forward = *link;
		step(forward);
		if (forward->is_over) {
			*link = forward->next;
			forward_end(forward);
			continue;
		}
		watch(forward);
		link = &forward->next;
	}
}

/* False: nobody needs it any more. */
static bool take_asked(struct pump *pump)
{
	bool idle = !pump->first && clock_monotonic_ms() - pump->used_ms > JUMP_IDLE_MS;
	bool ended;
	uint64_t count;
	ssize_t got = read(pump->host->nudge, &count, sizeof(count));
	(void)got;
	struct way *way = jump_take_asked(pump->host, idle, &ended);
	while (way) {
		struct way *next = way->next;
		forward_begin(pump, way);
		way = next;
	}
	return !ended;
}

void jump_pump(struct jump_host *host)
{
	struct pump *pump = xcalloc(1, sizeof(*pump));
	pump->host = host;
	pump->session = host->connection->session;
	pump->event = ssh_event_new();
	pump->used_ms = clock_monotonic_ms();
	int place = interrupt_guard(&host->interrupt, host->connection->guard);
	ssh_event_add_session(pump->event, pump->session);
	ssh_event_add_fd(pump->event, host->interrupt.wake, POLLIN, on_wake, NULL);
	ssh_event_add_fd(pump->event, host->nudge, POLLIN, on_wake, NULL);
	while (!interrupt_is_raised(&host->interrupt) && connection_is_open(host->connection) && take_asked(pump)) {
		step_all(pump);
		if (ssh_event_dopoll(pump->event, TURN_MS) == SSH_ERROR)
			break;
	}
	while (pump->first) {
		struct forward *forward = pump->first;
		pump->first = forward->next;
		forward_end(forward);
	}
	ssh_event_remove_fd(pump->event, host->nudge);
	ssh_event_remove_fd(pump->event, host->interrupt.wake);
	ssh_event_remove_session(pump->event, pump->session);
	ssh_event_free(pump->event);
	interrupt_unguard(&host->interrupt, place);
	free(pump);
}
