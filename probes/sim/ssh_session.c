#include "probes/sim/ssh_session.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/node_run.h"

enum {
	CHANNELS_MAXIMUM = 10,	/* sshd's MaxSessions */
	INPUT_MAXIMUM = 1 << 20,
	ATTEMPTS_MAXIMUM = 6,	/* sshd's MaxAuthTries */
};

enum stage {
	STAGE_FREE,
	STAGE_OPEN,	/* no request yet */
	STAGE_ASKED,	/* a command came; it may wait for its input */
	STAGE_RUN,	/* its answer is known, and due at a time */
	STAGE_DONE,	/* answered; closed by us */
};

struct seat {
	struct session *session;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	enum stage stage;
	char *line;
	struct buffer input;
	bool input_ended;
	bool gone;		/* closed by the client */
	struct node_run run;
	size_t moment;		/* of its timeline: the next */
	size_t sent;		/* bytes of output */
	size_t error_sent;
	int64_t began;		/* monotonic ms */
	int64_t due;		/* when there is more to send */
};

struct session {
	const struct ssh_session_settings *settings;
	ssh_session ssh;
	ssh_key client_key;
	int attempts;
	bool is_in;
	bool is_over;
	struct seat seats[CHANNELS_MAXIMUM];
};

static int on_key(ssh_session ssh, const char *user, struct ssh_key_struct *key, char state, void *data)
{
	struct session *session = data;
	bool known = !strcmp(user, session->settings->user) &&
		     !ssh_key_cmp(key, session->client_key, SSH_KEY_CMP_PUBLIC);

	(void)ssh;
	if (known && state == SSH_PUBLICKEY_STATE_NONE)
		return SSH_AUTH_SUCCESS;
	if (known && state == SSH_PUBLICKEY_STATE_VALID) {
		session->is_in = true;
		return SSH_AUTH_SUCCESS;
	}
	session->is_over = ++session->attempts >= ATTEMPTS_MAXIMUM;
	return SSH_AUTH_DENIED;
}

static int ask(struct seat *seat, const char *line)
{
	if (seat->stage != STAGE_OPEN)
		return SSH_ERROR;
	seat->line = xstrdup(line);
	seat->stage = STAGE_ASKED;
	return SSH_OK;
}

static int on_command(ssh_session ssh, ssh_channel channel, const char *line, void *data)
{
	(void)ssh;
	(void)channel;
	return ask(data, line);
}

static int on_shell(ssh_session ssh, ssh_channel channel, void *data)
{
	(void)ssh;
	(void)channel;
	return ask(data, "sh");
}

static int on_environment(ssh_session ssh, ssh_channel channel, const char *name, const char *value, void *data)
{
	(void)ssh;
	(void)channel;
	(void)name;
	(void)value;
	(void)data;
	return SSH_OK;
}

static int on_data(ssh_session ssh, ssh_channel channel, void *bytes, uint32_t n, int is_error, void *data)
{
	struct seat *seat = data;

	(void)ssh;
	(void)channel;
	if (!is_error)
		buffer_add(&seat->input, bytes, n);
	return (int)n;
}

static void on_eof(ssh_session ssh, ssh_channel channel, void *data)
{
	(void)ssh;
	(void)channel;
	((struct seat *)data)->input_ended = true;
}

static void on_close(ssh_session ssh, ssh_channel channel, void *data)
{
	(void)ssh;
	(void)channel;
	((struct seat *)data)->gone = true;
}

static ssh_channel on_open(ssh_session ssh, void *data)
{
	struct session *session = data;
	struct seat *seat = session->seats;
	size_t i = 0;

	while (i < CHANNELS_MAXIMUM && session->seats[i].stage != STAGE_FREE)
		i++;
	if (i == CHANNELS_MAXIMUM || !session->is_in)
		return NULL;
	seat = &session->seats[i];
	seat->channel = ssh_channel_new(ssh);
	if (!seat->channel)
		return NULL;
	seat->session = session;
	seat->stage = STAGE_OPEN;
	seat->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = seat, .channel_exec_request_function = on_command,
		.channel_shell_request_function = on_shell, .channel_env_request_function = on_environment,
		.channel_data_function = on_data, .channel_eof_function = on_eof, .channel_close_function = on_close,
	};
	ssh_callbacks_init(&seat->callbacks);
	ssh_set_channel_callbacks(seat->channel, &seat->callbacks);
	return seat->channel;
}

static void seat_clear(struct seat *seat)
{
	if (seat->channel) {
		ssh_remove_channel_callbacks(seat->channel, &seat->callbacks);
		ssh_channel_free(seat->channel);
	}
	free(seat->line);
	buffer_release(&seat->input);
	node_run_release(&seat->run);
	*seat = (struct seat){.input = BUFFER_INIT(INPUT_MAXIMUM)};
}

/* What was not sent yet, up to so many bytes of each stream. */
static void send_up_to(struct seat *seat, size_t out, size_t error_out)
{
	const struct node_run *run = &seat->run;

	if (out > seat->sent)
		ssh_channel_write(seat->channel, run->out.data + seat->sent, (uint32_t)(out - seat->sent));
	if (error_out > seat->error_sent)
		ssh_channel_write_stderr(seat->channel, run->error_out.data + seat->error_sent,
					 (uint32_t)(error_out - seat->error_sent));
	seat->sent = out;
	seat->error_sent = error_out;
}

/* Status or signal, end of output, close; the client's close is waited for, else it may miss the status. */
static void answer(struct seat *seat)
{
	const struct node_run *run = &seat->run;

	seat->stage = STAGE_DONE;
	if (run->lost) {
		shutdown(seat->session->settings->fd, SHUT_RDWR);
		seat->session->is_over = true;
		return;
	}
	send_up_to(seat, run->out.length, run->error_out.length);
	if (run->signal[0])
		ssh_channel_request_send_exit_signal(seat->channel, run->signal, 0, "", "");
	else
		ssh_channel_request_send_exit_status(seat->channel, run->status);
	ssh_channel_send_eof(seat->channel);
	ssh_channel_close(seat->channel);
}

/* The moment until which something more is to be waited for: an earlier one of the timeline, then the end. */
static void next_due(struct seat *seat)
{
	const struct node_run *run = &seat->run;

	if (seat->moment < run->timeline.count)
		seat->due = seat->began + run->timeline.moments[seat->moment].milliseconds;
	else
		seat->due = run->milliseconds < 0 ? INT64_MAX : seat->began + run->milliseconds;
}

static void deliver(struct seat *seat)
{
	const struct node_run *run = &seat->run;

	while (seat->stage == STAGE_RUN && seat->due <= clock_monotonic_ms()) {
		if (seat->moment == run->timeline.count) {
			answer(seat);
			return;
		}
		send_up_to(seat, run->timeline.moments[seat->moment].out,
			   run->timeline.moments[seat->moment].error_out);
		seat->moment++;
		next_due(seat);
	}
}

static void go_on(struct seat *seat)
{
	const struct ssh_session_settings *settings = seat->session->settings;
	const struct node_run_request request = {
		.cluster = settings->cluster, .node = settings->node, .user = settings->user, .line = seat->line,
		.input = buffer_text(&seat->input), .input_length = seat->input.length,
	};

	if (seat->stage == STAGE_ASKED && (seat->input_ended || !node_line_wants_input(seat->line))) {
		node_run(&request, &seat->run);
		seat->began = clock_monotonic_ms();
		seat->stage = STAGE_RUN;
		if (seat->run.lost)
			seat->run.timeline.count = 0;
		next_due(seat);
	}
	deliver(seat);
	if (seat->gone)
		seat_clear(seat);
}

/* Milliseconds to the next answer; -1: none is on its way. */
static int until_due(const struct session *session)
{
	int64_t now = clock_monotonic_ms();
	int64_t wait = -1;

	for (size_t i = 0; i < CHANNELS_MAXIMUM; i++) {
		const struct seat *seat = &session->seats[i];
		int64_t left = seat->due > now ? seat->due - now : 0;

		if (seat->stage == STAGE_RUN && seat->due != INT64_MAX && (wait < 0 || left < wait))
			wait = left;
	}
	return wait > 60000 ? 60000 : (int)wait;
}

static void serve_channels(struct session *session)
{
	ssh_event event = ssh_event_new();

	if (ssh_event_add_session(event, session->ssh) != SSH_OK)
		session->is_over = true;
	while (!session->is_over) {
		if (ssh_event_dopoll(event, until_due(session)) == SSH_ERROR ||
		    ssh_get_status(session->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR))
			break;
		for (size_t i = 0; i < CHANNELS_MAXIMUM && !session->is_over; i++)
			if (session->seats[i].stage != STAGE_FREE)
				go_on(&session->seats[i]);
	}
	for (size_t i = 0; i < CHANNELS_MAXIMUM; i++)
		seat_clear(&session->seats[i]);
	ssh_event_remove_session(event, session->ssh);
	ssh_event_free(event);
}

static bool accept_connection(struct session *session)
{
	const struct ssh_session_settings *settings = session->settings;
	ssh_bind bind = ssh_bind_new();
	ssh_key host_key = NULL;
	bool process_config = false;
	bool accepted = false;

	if (!ssh_pki_import_privkey_base64(settings->host_key, NULL, NULL, NULL, &host_key) &&
	    !ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &process_config) &&
	    !ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, host_key))
		accepted = ssh_bind_accept_fd(bind, session->ssh, settings->fd) == SSH_OK;
	ssh_bind_free(bind);
	return accepted;
}

static bool import_client_key(struct session *session)
{
	const char *blob = strchr(session->settings->client_key, ' ');

	return blob && !ssh_pki_import_pubkey_base64(blob + 1, SSH_KEYTYPE_ED25519, &session->client_key);
}

void ssh_session_serve(const struct ssh_session_settings *settings)
{
	struct session session = {.settings = settings, .ssh = ssh_new()};
	struct ssh_server_callbacks_struct callbacks = {
		.userdata = &session, .auth_pubkey_function = on_key, .channel_open_request_session_function = on_open,
	};
	bool accepted = import_client_key(&session) && accept_connection(&session);

	for (size_t i = 0; i < CHANNELS_MAXIMUM; i++)
		seat_clear(&session.seats[i]);
	ssh_callbacks_init(&callbacks);
	if (accepted) {
		ssh_set_server_callbacks(session.ssh, &callbacks);
		ssh_set_auth_methods(session.ssh, SSH_AUTH_METHOD_PUBLICKEY);
		if (ssh_handle_key_exchange(session.ssh) == SSH_OK)
			serve_channels(&session);
	}
	settings->on_end(settings->data);
	if (!accepted)
		close(settings->fd);
	ssh_disconnect(session.ssh);
	ssh_free(session.ssh);
	ssh_key_free(session.client_key);
}
