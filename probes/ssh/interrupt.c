#include "probes/ssh/interrupt.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/memory.h"

int interrupt_init(struct interrupt *interrupt)
{
	interrupt->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (interrupt->wake < 0)
		return -1;
	pthread_mutex_init(&interrupt->lock, NULL);
	interrupt->raised = false;
	for (int i = 0; i < INTERRUPT_SOCKETS; i++)
		interrupt->sockets[i] = -1;
	return 0;
}

void interrupt_release(struct interrupt *interrupt)
{
	close(interrupt->wake);
	pthread_mutex_destroy(&interrupt->lock);
}

void interrupt_raise(struct interrupt *interrupt)
{
	pthread_mutex_lock(&interrupt->lock);
	interrupt->raised = true;
	for (int i = 0; i < INTERRUPT_SOCKETS; i++)
		if (interrupt->sockets[i] >= 0)
			shutdown(interrupt->sockets[i], SHUT_RDWR);
	uint64_t one = 1;
	ssize_t written = write(interrupt->wake, &one, sizeof(one));
	(void)written;	/* fails only where it is readable already */
	pthread_mutex_unlock(&interrupt->lock);
}

bool interrupt_is_raised(struct interrupt *interrupt)
{
	pthread_mutex_lock(&interrupt->lock);
	bool raised = interrupt->raised;
	pthread_mutex_unlock(&interrupt->lock);
	return raised;
}

void interrupt_reset(struct interrupt *interrupt)
{
	pthread_mutex_lock(&interrupt->lock);
	uint64_t count;
	ssize_t got = read(interrupt->wake, &count, sizeof(count));
	(void)got;
	interrupt->raised = false;
	pthread_mutex_unlock(&interrupt->lock);
}

int interrupt_guard(struct interrupt *interrupt, int socket)
{
	pthread_mutex_lock(&interrupt->lock);
	/* A connection has two: its own socket and the agent's. */
	int found = interrupt->sockets[0] < 0 ? 0 : 1;
	if (interrupt->sockets[found] >= 0)
		bug("more sockets than a connection has");
	interrupt->sockets[found] = socket;
	if (interrupt->raised)
		shutdown(socket, SHUT_RDWR);
	pthread_mutex_unlock(&interrupt->lock);
	return found;
}

void interrupt_unguard(struct interrupt *interrupt, int place)
{
	pthread_mutex_lock(&interrupt->lock);
	interrupt->sockets[place] = -1;
	pthread_mutex_unlock(&interrupt->lock);
}
