#include "probes/ssh/command.h"

#include <libssh/callbacks.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"

enum {
	TURN_MS = 1000,		/* the longest wait of one turn: a lost wake-up costs no more */
	CLOSE_MS = 2000,	/* for the host to close its side too */
	INPUT_PIECE = 32 << 10,
	OPEN_TRIES = 6,
	OPEN_AGAIN_MS = 10,
};

struct running {
	struct connection *connection;
	const struct command_request *request;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	ssh_event event;
	bool has_status, has_signal, at_end, closed;
	int status;
	char signal[32];
	size_t sent;
	bool input_ended;
};

static int on_data(ssh_session session, ssh_channel channel, void *bytes, uint32_t n, int is_error, void *data)
{
	struct running *running = data;
	(void)session;
	(void)channel;
	running->request->on_output(running->request->data, is_error ? 2 : 1, bytes, n);
	return (int)n;
}

static void on_end(ssh_session session, ssh_channel channel, void *data)
{
	struct running *running = data;
	(void)session;
	(void)channel;
	running->at_end = true;
}

static void on_close(ssh_session session, ssh_channel channel, void *data)
{
	struct running *running = data;
	(void)session;
	(void)channel;
	running->closed = true;
}

static void on_status(ssh_session session, ssh_channel channel, int status, void *data)
{
	struct running *running = data;
	(void)session;
	(void)channel;
	running->has_status = true;
	running->status = status;
}

static void on_signal(ssh_session session, ssh_channel channel, const char *signal, int core, const char *message,
		      const char *language, void *data)
{
	struct running *running = data;
	(void)session;
	(void)channel;
	(void)core;
	(void)message;
	(void)language;
	running->has_signal = true;
	snprintf(running->signal, sizeof(running->signal), "%s", signal ? signal : "?");
}

static int on_wake(socket_t descriptor, int events, void *data)
{
	(void)descriptor;
	(void)events;
	(void)data;
	return 0;
}

/* One wait for anything; false: the deadline passed, it was interrupted, or the connection is gone. */
static bool turn(struct running *running, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_monotonic_ms();
	if (left <= 0 || interrupt_is_raised(running->request->interrupt) ||
	    !connection_is_open(running->connection))
		return false;
	if (ssh_event_dopoll(running->event, left < TURN_MS ? (int)left : TURN_MS) == SSH_ERROR)
		return false;
	return true;
}

static int try_channel(struct running *running)
{
	int result;
	running->channel = ssh_channel_new(running->connection->session);
	if (!running->channel)
		return -1;
	ssh_set_channel_callbacks(running->channel, &running->callbacks);
	while ((result = ssh_channel_open_session(running->channel)) == SSH_AGAIN)
		if (!turn(running, running->request->deadline_ms))
			return -1;
	return result == SSH_OK ? 0 : -1;
}

static void drop_channel(struct running *running)
{
	if (!running->channel)
		return;
	ssh_remove_channel_callbacks(running->channel, &running->callbacks);
	ssh_channel_free(running->channel);
	running->channel = NULL;
}

/* sshd counts a session for a moment after both sides have closed it: with a low MaxSessions it says no at first. */
static int open_channel(struct running *running)
{
	for (int try_ = 0; try_channel(running) != 0; try_++) {
		int64_t until = clock_monotonic_ms() + (OPEN_AGAIN_MS << try_);
		if (try_ + 1 >= OPEN_TRIES || until >= running->request->deadline_ms ||
		    !connection_is_open(running->connection))
			return -1;
		drop_channel(running);
		while (turn(running, until))
			continue;
	}
	return 0;
}

static int request_command(struct running *running)
{
	int result;
	while ((result = ssh_channel_request_exec(running->channel, running->request->line)) == SSH_AGAIN)
		if (!turn(running, running->request->deadline_ms))
			return -1;
	return result == SSH_OK ? 0 : -1;
}

/* As much as the host's window takes now: a larger write would wait in libssh without an end. */
static void send_input(struct running *running)
{
	const struct command_request *request = running->request;
	while (running->sent < request->input_length && !running->closed) {
		size_t n = request->input_length - running->sent;
		uint32_t window = ssh_channel_window_size(running->channel);
		if (n > INPUT_PIECE)
			n = INPUT_PIECE;
		if (n > window)
			n = window;
		if (n == 0)
			return;
		int written = ssh_channel_write(running->channel, request->input + running->sent, (uint32_t)n);
		if (written <= 0)
			return;
		running->sent += (size_t)written;
	}
	if (!running->input_ended && !running->closed) {
		ssh_channel_send_eof(running->channel);
		running->input_ended = true;
	}
}

static bool is_finished(const struct running *running)
{
	return running->closed || ((running->has_status || running->has_signal) && running->at_end);
}

static void follow(struct running *running)
{
	do
		send_input(running);
	while (!is_finished(running) && turn(running, running->request->deadline_ms));
}

static void cut_off(const struct running *running, struct command_result *result)
{
	const char *reason = ssh_get_error(running->connection->session);
	if (interrupt_is_raised(running->request->interrupt)) {
		result->trouble = NODE_CANCELLED;
		err_set(&result->err, ERR_CANCELLED, "cancelled", NULL);
	} else if (connection_is_open(running->connection) && clock_monotonic_ms() >= running->request->deadline_ms) {
		result->trouble = result->was_sent ? NODE_TIMED_OUT : NODE_UNREACHABLE;
		err_set(&result->err, ERR_TIMEOUT, "no end within the time it has", NULL);
	} else if (result->was_sent) {
		result->trouble = NODE_LOST;
		err_set(&result->err, ERR_CONNECT, "the connection was lost while the command ran: {reason}", "reason",
			reason, NULL);
	} else {
		result->trouble = NODE_UNREACHABLE;
		err_set(&result->err, ERR_CONNECT, "the connection was lost before the command was sent: {reason}",
			"reason", reason, NULL);
	}
}

static void refused(const struct running *running, struct command_result *result, bool channel)
{
	if (!connection_is_open(running->connection) || interrupt_is_raised(running->request->interrupt) ||
	    clock_monotonic_ms() >= running->request->deadline_ms) {
		cut_off(running, result);
		return;
	}
	result->trouble = NODE_UNREACHABLE;
	result->was_sent = false;
	err_set(&result->err, ERR_CONNECT,
		channel ? N_("the host opens no session: {reason}") : N_("the host runs no commands: {reason}"),
		"reason", ssh_get_error(running->connection->session), NULL);
}

static void settle(struct running *running, struct command_result *result)
{
	if (running->has_status) {
		result->exit_status = running->status;
	} else if (running->has_signal) {
		snprintf(result->signal, sizeof(result->signal), "%s", running->signal);
	} else if (running->closed && connection_is_open(running->connection)) {
		/* Closed in order, and neither: the server does not say how it ended. */
		result->trouble = NODE_LOST;
		err_set(&result->err, ERR_PROTOCOL, "the host did not say how the command ended", NULL);
	} else {
		cut_off(running, result);
	}
}

/* The channel is closed on both sides: only then does sshd count one session less (MaxSessions). */
static bool close_channel(struct running *running)
{
	int64_t deadline_ms = clock_monotonic_ms() + CLOSE_MS;
	if (!is_finished(running))
		return false;
	ssh_channel_close(running->channel);
	while (!running->closed && turn(running, deadline_ms))
		continue;
	return running->closed && connection_is_open(running->connection);
}

static void run(struct running *running, struct command_result *result)
{
	if (open_channel(running) != 0) {
		refused(running, result, true);
		return;
	}
	result->was_sent = true;
	if (request_command(running) != 0) {
		refused(running, result, false);
		return;
	}
	follow(running);
	settle(running, result);
	result->is_reusable = close_channel(running);
}

void remote_command_run(struct connection *connection, const struct command_request *request,
		 struct command_result *ret_result)
{
	*ret_result = (struct command_result){.exit_status = -1};
	struct running running = {
		.connection = connection,
		.request = request,
		.callbacks =
			{
				.userdata = &running,
				.channel_data_function = on_data,
				.channel_eof_function = on_end,
				.channel_close_function = on_close,
				.channel_exit_status_function = on_status,
				.channel_exit_signal_function = on_signal,
			},
		.event = ssh_event_new(),
	};
	ssh_callbacks_init(&running.callbacks);
	if (!running.event) {
		refused(&running, ret_result, true);
		return;
	}
	int place = interrupt_guard(request->interrupt, connection->guard);
	ssh_event_add_session(running.event, connection->session);
	ssh_event_add_fd(running.event, request->interrupt->wake, POLLIN, on_wake, NULL);
	run(&running, ret_result);
	drop_channel(&running);
	ssh_event_remove_fd(running.event, request->interrupt->wake);
	ssh_event_remove_session(running.event, connection->session);
	ssh_event_free(running.event);
	interrupt_unguard(request->interrupt, place);
}
