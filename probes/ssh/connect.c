#include "probes/ssh/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/lookup.h"

enum {
	ADDRESSES = 8,
	NEXT_ADDRESS_MS = 250,
	DEAD_PEER_MS = 25000,
};

struct attempts {
	struct pollfd polled[ADDRESSES + 1];	/* the last place in use is the interrupt */
	size_t count;
	int last_error;
};

/* A peer that is gone without a word (power, network) is noticed while a command runs and while one is sent. */
static void set_options(int socket_)
{
	const struct {
		int level, name, value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},	   {SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 10},   {IPPROTO_TCP, TCP_KEEPINTVL, 5},
		{IPPROTO_TCP, TCP_KEEPCNT, 3},	   {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_PEER_MS},
	};
	/* Each is a help and no condition: a sandbox may lack one. */
	for (size_t i = 0; i < array_length(options); i++)
		(void)setsockopt(socket_, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

/* Begins one; what fails at once is only remembered. */
static void attempt_start(struct attempts *attempts, const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0) {
		attempts->last_error = errno;
		return;
	}
	set_options(fd);
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
		attempts->last_error = errno;
		close(fd);
		return;
	}
	attempts->polled[attempts->count++] = (struct pollfd){.fd = fd, .events = POLLOUT};
}

/* Returns the socket that is connected, or -1; drops those that failed. */
static int attempts_look(struct attempts *attempts)
{
	for (size_t i = 0; i < attempts->count;) {
		int fd = attempts->polled[i].fd;
		int problem = 0;
		socklen_t size = sizeof(problem);
		if (!attempts->polled[i].revents) {
			i++;
			continue;
		}
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
			problem = errno;
		attempts->polled[i] = attempts->polled[--attempts->count];
		if (!problem)
			return fd;
		attempts->last_error = problem;
		close(fd);
	}
	return -1;
}

/* Families in turn, beginning with what the resolver prefers. */
static size_t order(const struct addrinfo *list, const struct addrinfo *ret_order[ADDRESSES])
{
	const struct addrinfo *other = list;
	size_t count = 0;
	int first = list ? list->ai_family : AF_UNSPEC;
	while (count < ADDRESSES && (list || other)) {
		while (list && list->ai_family != first)
			list = list->ai_next;
		while (other && other->ai_family == first)
			other = other->ai_next;
		if (list) {
			ret_order[count++] = list;
			list = list->ai_next;
		}
		if (other && count < ADDRESSES) {
			ret_order[count++] = other;
			other = other->ai_next;
		}
	}
	return count;
}

static int min_wait(int64_t a, int64_t b)
{
	int64_t least = a < b ? a : b;
	return least < 0 ? 0 : (int)least;
}

/* Returns the socket, -1 when none connected, -2 when interrupted. */
static int race(const struct addrinfo *const *addresses, size_t count, int64_t deadline_ms,
		struct interrupt *interrupt, struct attempts *attempts)
{
	size_t next = 0;
	int64_t next_ms = 0;
	for (;;) {
		int64_t now = clock_monotonic_ms();
		if (next < count && (now >= next_ms || attempts->count == 0)) {
			attempt_start(attempts, addresses[next++]);
			next_ms = now + NEXT_ADDRESS_MS;
			continue;
		}
		if (attempts->count == 0)
			return -1;
		if (now >= deadline_ms) {
			attempts->last_error = ETIMEDOUT;
			return -1;
		}
		attempts->polled[attempts->count] = (struct pollfd){.fd = interrupt->wake, .events = POLLIN};
		int wait = min_wait(deadline_ms - now, next < count ? next_ms - now : INT32_MAX);
		if (poll(attempts->polled, (nfds_t)attempts->count + 1, wait) < 0 && errno != EINTR) {
			attempts->last_error = errno;
			return -1;
		}
		if (interrupt_is_raised(interrupt))
			return -2;
		int fd = attempts_look(attempts);
		if (fd >= 0)
			return fd;
	}
}

static int cannot_connect(const char *host, int port, int problem, struct err *err)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", port);
	return err_set(err, problem == ETIMEDOUT ? ERR_TIMEOUT : ERR_CONNECT,
		       "cannot connect to {host} port {port}: {reason}", "host", host, "port", number, "reason",
		       strerror(problem), NULL);
}

int connect_tcp(const char *host, int port, int64_t deadline_ms, struct interrupt *interrupt, int *ret_socket,
		struct err *err)
{
	struct addrinfo *list = NULL;
	if (lookup_host(host, port, deadline_ms, interrupt, &list, err) != 0)
		return -1;
	const struct addrinfo *addresses[ADDRESSES];
	size_t count = order(list, addresses);
	struct attempts attempts = {.last_error = EADDRNOTAVAIL};
	int fd = race(addresses, count, deadline_ms, interrupt, &attempts);
	for (size_t i = 0; i < attempts.count; i++)
		close(attempts.polled[i].fd);
	freeaddrinfo(list);
	if (fd == -2)
		return err_set(err, ERR_CANCELLED, "cancelled", NULL);
	if (fd < 0)
		return cannot_connect(host, port, attempts.last_error, err);
	int flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	*ret_socket = fd;
	return 0;
}
