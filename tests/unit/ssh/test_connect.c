/*
 * Which of a name's addresses is connected to. The resolver is ours: the
 * libraries of the program under test find this one first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/connect.h"

/* What the resolver answers: addresses with ports, in this order; hold: not before it is let go. */
static struct {
	const char *addresses[4];
	int ports[4];
	int code;
	bool hold;
	pthread_mutex_t lock;
	pthread_cond_t let_go;
} resolver = {.lock = PTHREAD_MUTEX_INITIALIZER, .let_go = PTHREAD_COND_INITIALIZER};

static struct addrinfo *address_of(const char *text, int port)
{
	struct addrinfo *info = calloc(1, sizeof(*info));
	info->ai_socktype = SOCK_STREAM;
	if (strchr(text, ':')) {
		struct sockaddr_in6 *six = calloc(1, sizeof(*six));
		*six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
		inet_pton(AF_INET6, text, &six->sin6_addr);
		info->ai_family = AF_INET6;
		info->ai_addr = (struct sockaddr *)six;
		info->ai_addrlen = sizeof(*six);
	} else {
		struct sockaddr_in *four = calloc(1, sizeof(*four));
		*four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
		inet_pton(AF_INET, text, &four->sin_addr);
		info->ai_family = AF_INET;
		info->ai_addr = (struct sockaddr *)four;
		info->ai_addrlen = sizeof(*four);
	}
	return info;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret_list)
{
	(void)name;
	(void)service;
	if (hints && (hints->ai_flags & AI_NUMERICHOST))
		return EAI_NONAME;
	pthread_mutex_lock(&resolver.lock);
	while (resolver.hold)
		pthread_cond_wait(&resolver.let_go, &resolver.lock);
	struct addrinfo **link = ret_list;
	*link = NULL;
	for (size_t i = 0; !resolver.code && i < array_length(resolver.addresses) && resolver.addresses[i]; i++) {
		*link = address_of(resolver.addresses[i], resolver.ports[i]);
		link = &(*link)->ai_next;
	}
	int code = resolver.code;
	pthread_mutex_unlock(&resolver.lock);
	return code;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;
		free(list->ai_addr);
		free(list);
		list = next;
	}
}

static int listen_at(const char *address, int backlog, int *ret_port)
{
	struct addrinfo *info = address_of(address, 0);
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, info->ai_addr, info->ai_addrlen), 0);
	assert_int_equal(listen(fd, backlog), 0);
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
	*ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port :
							 ((struct sockaddr_in *)&bound)->sin_port);
	freeaddrinfo(info);
	return fd;
}

/* A port that nobody listens at. */
static int closed_port(const char *address)
{
	int port;
	close(listen_at(address, 1, &port));
	return port;
}

/* A listener whose queue is full: who comes then gets no answer. */
struct full {
	int listener;
	int fillers[4];
	int port;
};

static void full_open(struct full *full)
{
	full->listener = listen_at("127.0.0.1", 0, &full->port);
	struct addrinfo *info = address_of("127.0.0.1", full->port);
	for (size_t i = 0; i < array_length(full->fillers); i++) {
		full->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(full->fillers[i], info->ai_addr, info->ai_addrlen);
	}
	freeaddrinfo(info);
}

static void full_close(struct full *full)
{
	for (size_t i = 0; i < array_length(full->fillers); i++)
		close(full->fillers[i]);
	close(full->listener);
}

static void resolver_says(const char *first, int first_port, const char *second, int second_port)
{
	pthread_mutex_lock(&resolver.lock);
	resolver.addresses[0] = first;
	resolver.ports[0] = first_port;
	resolver.addresses[1] = second;
	resolver.ports[1] = second_port;
	resolver.code = 0;
	pthread_mutex_unlock(&resolver.lock);
}

/* Connects within limit_ms; returns what connect_tcp() does. */
static int try_connect(int64_t timeout_ms, int64_t limit_ms, struct err *err)
{
	struct interrupt interrupt;
	int fd = -1;
	assert_int_equal(interrupt_init(&interrupt), 0);
	int64_t begun = clock_monotonic_ms();
	int result = connect_tcp("node.test", 22, begun + timeout_ms, &interrupt, &fd, err);
	assert_true(clock_monotonic_ms() - begun < limit_ms);
	if (result == 0)
		close(fd);
	interrupt_release(&interrupt);
	return result;
}

static void test_the_second_address_where_the_first_refuses(void **state)
{
	(void)state;
	int port;
	int listener = listen_at("127.0.0.1", 5, &port);
	resolver_says("::1", closed_port("127.0.0.1"), "127.0.0.1", port);
	assert_int_equal(try_connect(60000, 20000, NULL), 0);
	resolver_says("127.0.0.2", closed_port("127.0.0.2"), "127.0.0.1", port);
	assert_int_equal(try_connect(60000, 20000, NULL), 0);
	close(listener);
}

static void test_the_second_address_where_the_first_is_silent(void **state)
{
	(void)state;
	struct full full;
	int port;
	int listener = listen_at("127.0.0.1", 5, &port);
	full_open(&full);
	resolver_says("127.0.0.1", full.port, "127.0.0.1", port);
	assert_int_equal(try_connect(60000, 20000, NULL), 0);
	full_close(&full);
	close(listener);
}

static void test_none_answers(void **state)
{
	(void)state;
	struct full full;
	struct err err = {0};
	full_open(&full);
	resolver_says("127.0.0.1", full.port, "127.0.0.1", full.port);
	assert_int_equal(try_connect(2500, 20000, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	resolver_says("127.0.0.1", closed_port("127.0.0.1"), NULL, 0);
	assert_int_equal(try_connect(60000, 20000, &err), -1);
	assert_int_equal(err.code, ERR_CONNECT);
	resolver_says(NULL, 0, NULL, 0);
	pthread_mutex_lock(&resolver.lock);
	resolver.code = EAI_NONAME;
	pthread_mutex_unlock(&resolver.lock);
	assert_int_equal(try_connect(60000, 20000, &err), -1);
	assert_int_equal(err.code, ERR_DNS);
	full_close(&full);
}

static void hold_resolver(bool hold)
{
	pthread_mutex_lock(&resolver.lock);
	resolver.hold = hold;
	pthread_cond_broadcast(&resolver.let_go);
	pthread_mutex_unlock(&resolver.lock);
}

static void *raise_it(void *data)
{
	/* When the other one waits does not matter: raised before or in the middle, it ends. */
	interrupt_raise(data);
	return NULL;
}

static void test_a_resolver_that_does_not_answer(void **state)
{
	(void)state;
	struct err err = {0};
	resolver_says("127.0.0.1", closed_port("127.0.0.1"), NULL, 0);
	hold_resolver(true);
	assert_int_equal(try_connect(300, 20000, &err), -1);
	assert_int_equal(err.code, ERR_DNS);

	struct interrupt interrupt;
	pthread_t thread;
	int fd;
	assert_int_equal(interrupt_init(&interrupt), 0);
	assert_int_equal(pthread_create(&thread, NULL, raise_it, &interrupt), 0);
	assert_int_equal(connect_tcp("node.test", 22, clock_monotonic_ms() + 60000, &interrupt, &fd, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	pthread_join(thread, NULL);
	interrupt_release(&interrupt);
	hold_resolver(false);
}

static void test_an_interrupt_ends_a_connect(void **state)
{
	(void)state;
	struct full full;
	struct err err = {0};
	struct interrupt interrupt;
	pthread_t thread;
	int fd;
	full_open(&full);
	resolver_says("127.0.0.1", full.port, NULL, 0);
	assert_int_equal(interrupt_init(&interrupt), 0);
	assert_int_equal(pthread_create(&thread, NULL, raise_it, &interrupt), 0);
	assert_int_equal(connect_tcp("node.test", 22, clock_monotonic_ms() + 60000, &interrupt, &fd, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	pthread_join(thread, NULL);
	interrupt_release(&interrupt);
	full_close(&full);
}

/* A socket that is guarded is shut down, at once where the interrupt is raised already, and left alone after. */
static void test_guarded_sockets_are_shut_down(void **state)
{
	(void)state;
	struct interrupt interrupt;
	int first[2], second[2], third[2];
	assert_int_equal(interrupt_init(&interrupt), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, third), 0);
	interrupt_unguard(&interrupt, interrupt_guard(&interrupt, third[0]));
	interrupt_guard(&interrupt, first[0]);
	interrupt_raise(&interrupt);
	interrupt_guard(&interrupt, second[0]);
	char byte;
	assert_int_equal(recv(first[1], &byte, 1, MSG_DONTWAIT), 0);
	assert_int_equal(recv(second[1], &byte, 1, MSG_DONTWAIT), 0);
	assert_int_equal(recv(third[1], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	interrupt_reset(&interrupt);
	assert_false(interrupt_is_raised(&interrupt));
	struct pollfd polled = {.fd = interrupt.wake, .events = POLLIN};
	assert_int_equal(poll(&polled, 1, 0), 0);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
		close(third[i]);
	}
	interrupt_release(&interrupt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_second_address_where_the_first_refuses),
		cmocka_unit_test(test_the_second_address_where_the_first_is_silent),
		cmocka_unit_test(test_none_answers),
		cmocka_unit_test(test_a_resolver_that_does_not_answer),
		cmocka_unit_test(test_an_interrupt_ends_a_connect),
		cmocka_unit_test(test_guarded_sockets_are_shut_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
