/*
 * For tests: an HTTP server on loopback that answers by a script. Each
 * request takes the first step that was not used and whose path is part of
 * the request line; a request that no step is for is answered with 404.
 */
#ifndef TESTS_UNIT_KUBE_SERVE_H
#define TESTS_UNIT_KUBE_SERVE_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/memory.h"

struct serve_step {
	const char *path;
	int status;
	const char *headers;	/* each with CRLF; NULL: none */
	const char *body;
	bool stays;		/* the connection is left open after the body */
	bool repeats;		/* not used up */
	bool is_cut;		/* Content-Length promises more than comes */
	const char *type;	/* NULL: application/json */
	size_t length;		/* of a body with NULs; 0: up to its first */
};

enum { SERVE_MOST = 256 };

struct server {
	int listener;
	int port;
	int stop[2];
	pthread_t thread;
	pthread_mutex_t lock;
	struct serve_step *steps;
	size_t step_count;
	bool used[SERVE_MOST];
	char *requests[SERVE_MOST];	/* whole heads */
	size_t request_count;
	int open[SERVE_MOST];
	size_t open_count;
};

static inline void serve_answer(int socket, const struct serve_step *step)
{
	auto_free char *head = NULL;
	const char *type = step->type ? step->type : "application/json";
	size_t body = step->length ? step->length : strlen(step->body);
	size_t length = body + (step->is_cut ? 100 : 0);

	if (step->stays)
		head = xasprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\n%s\r\n", step->status, type,
				 step->headers ? step->headers : "");
	else
		head = xasprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
				 "Connection: close\r\n%s\r\n", step->status, type, length, step->headers ? step->headers : "");
	(void)!send(socket, head, strlen(head), MSG_NOSIGNAL);
	(void)!send(socket, step->body, body, MSG_NOSIGNAL);
}

static inline bool serve_read(int socket, char head[8192])
{
	size_t n = 0;

	while (n < 8191) {
		ssize_t got = recv(socket, head + n, 8191 - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
		head[n] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return true;
	}
	return false;
}

static inline void serve_one(struct server *server, int socket)
{
	static const struct serve_step nothing = {.status = 404,
		.body = "{\"kind\":\"Status\",\"code\":404}"};
	const struct serve_step *step = &nothing;
	char head[8192];
	auto_free char *line = NULL;

	if (!serve_read(socket, head)) {
		close(socket);
		return;
	}
	line = xstrndup(head, strcspn(head, "\r"));
	pthread_mutex_lock(&server->lock);
	if (server->request_count < SERVE_MOST)
		server->requests[server->request_count++] = xstrdup(head);
	for (size_t i = 0; i < server->step_count; i++) {
		if (server->used[i] || !strstr(line, server->steps[i].path))
			continue;
		server->used[i] = !server->steps[i].repeats;
		step = &server->steps[i];
		break;
	}
	pthread_mutex_unlock(&server->lock);
	serve_answer(socket, step);
	if (step->stays && server->open_count < SERVE_MOST)
		server->open[server->open_count++] = socket;
	else
		close(socket);
}

static inline void *serve_thread(void *data)
{
	struct server *server = data;

	for (;;) {
		struct pollfd ready[2] = {{server->listener, POLLIN, 0}, {server->stop[0], POLLIN, 0}};
		int socket;

		poll(ready, 2, -1);
		if (ready[1].revents)
			return NULL;
		socket = accept(server->listener, NULL, NULL);
		if (socket >= 0)
			serve_one(server, socket);
	}
}

static inline void serve_start(struct server *server, struct serve_step *steps, size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->steps = steps;
	server->step_count = count;
	pthread_mutex_init(&server->lock, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address,
					 sizeof(address)) < 0 ||
	    listen(server->listener, 16) < 0 || pipe(server->stop) < 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address, &size) < 0)
		bug("no server for the test");
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, serve_thread, server);
}

static inline void serve_stop(struct server *server)
{
	(void)!write(server->stop[1], "x", 1);
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < server->open_count; i++)
		close(server->open[i]);
	for (size_t i = 0; i < server->request_count; i++)
		free(server->requests[i]);
	close(server->listener);
	close(server->stop[0]);
	close(server->stop[1]);
	pthread_mutex_destroy(&server->lock);
}

/* How many requests had text in their first line. */
static inline size_t serve_count(struct server *server, const char *text)
{
	size_t count = 0;

	pthread_mutex_lock(&server->lock);
	for (size_t i = 0; i < server->request_count; i++) {
		const char *found = strstr(server->requests[i], text);

		count += found && found < server->requests[i] + strcspn(server->requests[i], "\r");
	}
	pthread_mutex_unlock(&server->lock);
	return count;
}

/* Did any request whose first line holds path have text in its head? */
static inline bool serve_saw(struct server *server, const char *path, const char *text)
{
	bool saw = false;

	pthread_mutex_lock(&server->lock);
	for (size_t i = 0; i < server->request_count; i++) {
		const char *found = strstr(server->requests[i], path);

		if (found && found < server->requests[i] + strcspn(server->requests[i], "\r"))
			saw = saw || strcasestr(server->requests[i], text);
	}
	pthread_mutex_unlock(&server->lock);
	return saw;
}

#endif
