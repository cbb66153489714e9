#include "probes/ssh/agent.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"

enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	MESSAGE_MAXIMUM = 256 << 10,	/* as ssh-agent.c */
	KEYS_MAXIMUM = 256,
	STACK = 128 << 10,
};

struct agent {
	int client;		/* libssh's other end */
	int server;		/* the agent */
	struct buffer keys;	/* the answer that libssh gets, with its length */
	size_t key_count;
	int64_t deadline_ms;
	struct interrupt *interrupt;
	pthread_t thread;
	bool was_silent;	/* read after the thread has ended */
};

static uint32_t get_number(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void add_number(struct buffer *out, uint32_t number)
{
	const char bytes[] = {(char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number};
	buffer_add(out, bytes, sizeof(bytes));
}

/* A key of the list: blob and comment as they are. */
struct listed {
	const char *bytes;
	size_t n;
	bool is_first;
};

/* A string of the protocol at *position; false: there is none. */
static bool skip_string(const char *bytes, size_t n, size_t *position, const char **ret_text, size_t *ret_length)
{
	if (n - *position < 4)
		return false;
	size_t length = get_number(bytes + *position);
	if (length > n - *position - 4)
		return false;
	*ret_text = bytes + *position + 4;
	*ret_length = length;
	*position += 4 + length;
	return true;
}

static bool is_named(const struct agent_request *request, const char *blob, size_t n)
{
	auto_free char *text = base64_encode(blob, n);
	for (size_t i = 0; i < request->first_count; i++)
		if (strcmp(text, request->first[i]) == 0)
			return true;
	return false;
}

static int parse_list(const char *answer, size_t n, const struct agent_request *request, struct listed *list,
		      size_t *ret_count)
{
	size_t position = 5;
	if (n < 5 || answer[0] != AGENT_IDENTITIES_ANSWER)
		return -1;
	size_t count = get_number(answer + 1);
	if (count > KEYS_MAXIMUM)
		count = KEYS_MAXIMUM;
	for (size_t i = 0; i < count; i++) {
		const char *blob, *comment;
		size_t blob_length, comment_length, begin = position;
		if (!skip_string(answer, n, &position, &blob, &blob_length) ||
		    !skip_string(answer, n, &position, &comment, &comment_length))
			return -1;
		list[i] = (struct listed){answer + begin, position - begin, is_named(request, blob, blob_length)};
	}
	*ret_count = count;
	return 0;
}

int agent_choose(const char *answer, size_t n, const struct agent_request *request, struct buffer *ret_answer,
		 size_t *ret_count)
{
	struct listed list[KEYS_MAXIMUM];
	size_t count, chosen = 0;
	if (parse_list(answer, n, request, list, &count) != 0)
		return -1;
	struct buffer keys = BUFFER_INIT(MESSAGE_MAXIMUM);
	for (int pass = 0; pass < (request->only_first ? 1 : 2); pass++)
		for (size_t i = 0; i < count && chosen < request->maximum; i++) {
			if (list[i].is_first != (pass == 0))
				continue;
			buffer_add(&keys, list[i].bytes, list[i].n);
			chosen++;
		}
	add_number(ret_answer, (uint32_t)keys.length + 5);
	buffer_add_byte(ret_answer, AGENT_IDENTITIES_ANSWER);
	add_number(ret_answer, (uint32_t)chosen);
	buffer_add(ret_answer, buffer_text(&keys), keys.length);
	buffer_release(&keys);
	*ret_count = chosen;
	return 0;
}

/* Waits until it can be read from or written to. */
static bool wait_until(const struct agent *agent, int fd, short events, int64_t deadline_ms)
{
	struct pollfd polled[] = {{.fd = fd, .events = events}, {.fd = agent->interrupt->wake, .events = POLLIN}};
	for (;;) {
		int64_t left = deadline_ms - clock_monotonic_ms();
		if (left <= 0 || interrupt_is_raised(agent->interrupt))
			return false;
		if (poll(polled, array_length(polled), (int)left) > 0 && polled[0].revents)
			return true;
	}
}

static bool receive(const struct agent *agent, int fd, char *bytes, size_t n, int64_t deadline_ms)
{
	while (n > 0) {
		if (!wait_until(agent, fd, POLLIN, deadline_ms))
			return false;
		ssize_t got = recv(fd, bytes, n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		n -= (size_t)got;
	}
	return true;
}

static bool transmit(const struct agent *agent, int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		if (!wait_until(agent, fd, POLLOUT, agent->deadline_ms))
			return false;
		ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* A whole message with its length in front. */
static bool receive_message(const struct agent *agent, int fd, struct buffer *message, int64_t deadline_ms)
{
	char length[4];
	buffer_clear(message);
	if (!receive(agent, fd, length, sizeof(length), deadline_ms))
		return false;
	size_t n = get_number(length);
	if (n == 0 || n > MESSAGE_MAXIMUM)
		return false;
	auto_free char *bytes = xmalloc(n);
	if (!receive(agent, fd, bytes, n, deadline_ms))
		return false;
	buffer_add(message, length, sizeof(length));
	buffer_add(message, bytes, n);
	return true;
}

/* What libssh asks: the list comes from us, all else from the agent. */
static bool answer_one(struct agent *agent, struct buffer *message)
{
	static const char REFUSED[] = {0, 0, 0, 1, AGENT_FAILURE};
	if (message->data[4] == AGENT_REQUEST_IDENTITIES)
		return transmit(agent, agent->client, agent->keys.data, agent->keys.length);
	if (transmit(agent, agent->server, message->data, message->length) &&
	    receive_message(agent, agent->server, message, agent->deadline_ms))
		return transmit(agent, agent->client, message->data, message->length);
	agent->was_silent = true;
	return transmit(agent, agent->client, REFUSED, sizeof(REFUSED)) && false;
}

static void *serve(void *data)
{
	struct agent *agent = data;
	struct buffer message = BUFFER_INIT(MESSAGE_MAXIMUM + 4);
	while (receive_message(agent, agent->client, &message, INT64_MAX / 2) && answer_one(agent, &message))
		continue;
	/* libssh, which waits without end, sees the end of it. */
	shutdown(agent->client, SHUT_RDWR);
	buffer_release(&message);
	return NULL;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	/* Not blocking: an agent that takes no more connections is none. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void agent_free(struct agent *agent)
{
	if (agent->server >= 0)
		close(agent->server);
	if (agent->client >= 0)
		close(agent->client);
	buffer_release(&agent->keys);
	free(agent);
}

static enum agent_state fetch(struct agent *agent, const struct agent_request *request)
{
	static const char QUESTION[] = {0, 0, 0, 1, AGENT_REQUEST_IDENTITIES};
	struct buffer message = BUFFER_INIT(MESSAGE_MAXIMUM + 4);
	enum agent_state state = AGENT_SILENT;
	if (transmit(agent, agent->server, QUESTION, sizeof(QUESTION)) &&
	    receive_message(agent, agent->server, &message, agent->deadline_ms) &&
	    agent_choose(message.data + 4, message.length - 4, request, &agent->keys, &agent->key_count) == 0)
		state = agent->key_count > 0 ? AGENT_READY : AGENT_NONE;
	buffer_release(&message);
	return state;
}

static enum agent_state start(struct agent *agent, int *ret_socket)
{
	int ends[2];
	pthread_attr_t attributes;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return AGENT_NONE;
	agent->client = ends[1];
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	int problem = pthread_create(&agent->thread, &attributes, serve, agent);
	pthread_attr_destroy(&attributes);
	if (problem) {
		close(ends[0]);
		return AGENT_NONE;
	}
	*ret_socket = ends[0];
	return AGENT_READY;
}

enum agent_state agent_open(const struct agent_request *request, struct agent **ret_agent, int *ret_socket)
{
	struct agent *agent = xcalloc(1, sizeof(*agent));
	agent->client = -1;
	agent->server = connect_to(request->socket);
	agent->deadline_ms = request->deadline_ms;
	agent->interrupt = request->interrupt;
	buffer_init(&agent->keys, MESSAGE_MAXIMUM);
	enum agent_state state = agent->server < 0 ? AGENT_NONE : fetch(agent, request);
	if (state == AGENT_READY)
		state = start(agent, ret_socket);
	if (state != AGENT_READY)
		agent_free(agent);
	else
		*ret_agent = agent;
	return state;
}

size_t agent_key_count(const struct agent *agent)
{
	return agent->key_count;
}

bool agent_close(struct agent *agent)
{
	shutdown(agent->client, SHUT_RDWR);
	pthread_join(agent->thread, NULL);
	bool was_silent = agent->was_silent;
	agent_free(agent);
	return was_silent;
}
