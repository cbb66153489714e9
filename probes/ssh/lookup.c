#include "probes/ssh/lookup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

enum { STACK = 256 << 10 };

/* Belongs to the waiting worker and to the thread; the last one frees it. */
struct question {
	atomic_int owners;
	char *host;
	char port[16];
	int answered;		/* eventfd */
	int result;		/* of getaddrinfo(); read after answered is readable */
	int system_error;
	struct addrinfo *list;
};

static const struct addrinfo HINTS = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

static void question_drop(struct question *question)
{
	if (atomic_fetch_sub(&question->owners, 1) > 1)
		return;
	close(question->answered);
	if (question->list)
		freeaddrinfo(question->list);
	free(question->host);
	free(question);
}

static void *ask(void *data)
{
	struct question *question = data;
	question->result = getaddrinfo(question->host, question->port, &HINTS, &question->list);
	question->system_error = errno;
	uint64_t one = 1;
	ssize_t written = write(question->answered, &one, sizeof(one));
	(void)written;
	question_drop(question);
	return NULL;
}

static int start_thread(struct question *question)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	int problem = pthread_create(&thread, &attributes, ask, question);
	pthread_attr_destroy(&attributes);
	return problem;
}

static int cannot_find(const char *host, const char *reason, struct err *err)
{
	return err_set(err, ERR_DNS, "cannot find the address of {host}: {reason}", "host", host, "reason", reason,
		       NULL);
}

/* 0: answered; else err is set. */
static int wait_for(const struct question *question, int64_t deadline_ms, struct interrupt *interrupt,
		    struct err *err)
{
	for (;;) {
		int64_t left = deadline_ms - clock_monotonic_ms();
		if (left <= 0)
			return cannot_find(question->host, strerror(ETIMEDOUT), err);
		struct pollfd polled[] = {{.fd = question->answered, .events = POLLIN},
					  {.fd = interrupt->wake, .events = POLLIN}};
		int ready = poll(polled, array_length(polled), (int)left);
		if (interrupt_is_raised(interrupt))
			return err_set(err, ERR_CANCELLED, "cancelled", NULL);
		if (ready > 0 && polled[0].revents) {
			uint64_t count;
			ssize_t got = read(question->answered, &count, sizeof(count));
			(void)got;
			return 0;
		}
	}
}

static int take_answer(struct question *question, struct addrinfo **ret_list, struct err *err)
{
	if (question->result != 0)
		return cannot_find(question->host, question->result == EAI_SYSTEM ? strerror(question->system_error) :
				   gai_strerror(question->result), err);
	*ret_list = take_pointer(question->list);
	return 0;
}

int lookup_host(const char *host, int port, int64_t deadline_ms, struct interrupt *interrupt,
		struct addrinfo **ret_list, struct err *err)
{
	struct addrinfo hints = HINTS;
	char number[16];
	snprintf(number, sizeof(number), "%d", port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, number, &hints, ret_list) == 0)
		return 0;
	struct question *question = xcalloc(1, sizeof(*question));
	atomic_init(&question->owners, 2);
	question->host = xstrdup(host);
	memcpy(question->port, number, sizeof(number));
	question->answered = eventfd(0, EFD_CLOEXEC);
	int problem = question->answered < 0 ? errno : start_thread(question);
	if (problem) {
		atomic_store(&question->owners, 1);
		question_drop(question);
		return cannot_find(host, strerror(problem), err);
	}
	int result = wait_for(question, deadline_ms, interrupt, err);
	if (result == 0)
		result = take_answer(question, ret_list, err);
	question_drop(question);
	return result;
}
