/*
 * A jump host: the table finds or starts it (jump.c), its thread moves bytes
 * (jump_pump.c).
 */
#ifndef SSH_JUMP_PRIVATE_H
#define SSH_JUMP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "probes/ssh/jump.h"

enum {
	JUMP_DEPTH_MAXIMUM = 8,
	JUMP_IDLE_MS = 120000,
};

/* What a worker asks of a jump host. Both own it; the last one frees it. */
struct way {
	struct way *next;
	atomic_int owners;
	char *host;
	int port;
	int socket;			/* the jump host's end; -1: none */
	int settled;			/* eventfd: readable once result and failure are final */
	int result;
	struct connection_failure failure;
};
void way_settle(struct way *way, int result);

struct jump_host {
	struct jump_host *next;		/* of the table */
	struct jump_table *table;
	char *list;			/* which way: the key */
	struct host_target *target;
	int connect_timeout_ms;
	struct interrupt interrupt;
	int nudge;			/* eventfd: somebody asked for a way */
	pthread_t thread;
	struct connection *connection;	/* the thread's alone */

	/* Under the table's lock. */
	struct way *asked;
	bool ended;			/* takes no more; the thread is to be joined */
};

struct jump_table {
	struct jump_settings settings;
	pthread_mutex_t lock;
	struct jump_host *first;
	bool stopping;
};

/* Moves bytes until the connection ends, nobody needs it any more, or it is interrupted. */
void jump_pump(struct jump_host *host);
/* The ways that were asked for since; they are the caller's. NULL where none were; *ret_ended where none may come. */
struct way *jump_take_asked(struct jump_host *host, bool may_end, bool *ret_ended);

#endif
