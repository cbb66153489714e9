/*
 * How the loop's thread breaks off what a worker waits for: an eventfd that
 * the worker polls, and the sockets of what cannot be polled (libssh's
 * handshake, an SSH agent), which are shut down (tech.md c).
 */
#ifndef SSH_INTERRUPT_H
#define SSH_INTERRUPT_H

#include <pthread.h>
#include <stdbool.h>

enum { INTERRUPT_SOCKETS = 2 };

struct interrupt {
	pthread_mutex_t lock;
	int wake;			/* readable once it is raised */
	bool raised;
	int sockets[INTERRUPT_SOCKETS];	/* borrowed; -1: none */
};

int interrupt_init(struct interrupt *interrupt);
void interrupt_release(struct interrupt *interrupt);
/* From any thread. */
void interrupt_raise(struct interrupt *interrupt);
bool interrupt_is_raised(struct interrupt *interrupt);
/* Ready for the next piece of work; by the worker. */
void interrupt_reset(struct interrupt *interrupt);
/* This socket is shut down too, at once if it is raised already. Returns its place, for interrupt_unguard(). */
int interrupt_guard(struct interrupt *interrupt, int socket);
void interrupt_unguard(struct interrupt *interrupt, int place);

#endif
