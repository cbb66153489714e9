/*
 * What the loop's thread and the workers share. Everything in a struct
 * node_pool is under its lock unless it says otherwise; callbacks are called
 * without it.
 */
#ifndef SSH_POOL_STATE_H
#define SSH_POOL_STATE_H

#include <pthread.h>

#include "probes/base/buffer.h"
#include "probes/base/map.h"
#include "probes/ssh/command.h"
#include "probes/ssh/connection.h"
#include "probes/ssh/host_keys.h"
#include "probes/ssh/jump.h"
#include "probes/ssh/pool_private.h"
#include "probes/ssh/ssh_config.h"
#include "probes/ssh/target.h"

enum {
	POOL_WORKERS = 32,
	POOL_CONNECT_TIMEOUT_MS = 10000,
	POOL_OPENING_MAXIMUM = 8,	/* not yet authenticated to one address: sshd's MaxStartups begins at 10 */
	POOL_PER_PLACE = 2,		/* connections to one node for one user */
	POOL_IDLE_MS = 120000,
	POOL_IDLE_LOOK_MS = 10000,
	POOL_WAITING_OUTPUT = 256 << 10,	/* of one call, not yet taken by the loop */
};

/* An address, whoever connects to it. */
struct gate {
	char *address;		/* of the map */
	int opening;		/* connections that are not yet authenticated */
};

/* A host and user with the connections to it. Lives as long as the pool. */
struct place {
	struct place *next;	/* of all */
	char *key;		/* of the map */
	struct host_target *target;	/* constant */
	struct idle_connection *idle;
	int connections;	/* open or being opened */
	struct gate *gate;
};

struct idle_connection {
	struct idle_connection *next;
	struct connection *connection;
	int64_t since_ms;	/* of its last command */
	int64_t looked_at_ms;
};

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_FINISHED };

struct node_call {
	struct node_pool *pool;		/* constant, as all down to data */
	struct place *place;
	char *node;
	char *uid;
	char *line;
	char *input;
	size_t input_length;
	int timeout_ms;
	int64_t started_ms;
	void (*on_output)(void *data, int which, const char *bytes, size_t n);
	void (*on_done)(void *data, const struct node_answer *answer);
	void (*on_release)(void *data);
	void *data;

	struct node_call *next;		/* of the queue */
	enum call_state state;
	bool cancelled;
	struct worker *worker;		/* while it runs */
	size_t waiting_output;

	/* The worker's until it is finished, then the loop's. */
	struct buffer out;
	struct buffer error_out;
	struct node_answer answer;
	char signal[32];
	struct offered_key offered;
	bool key_was_known;		/* the host key was found to be trusted */
};

struct worker {
	struct worker *next;
	struct node_pool *pool;
	pthread_t thread;
	struct interrupt interrupt;	/* thread-safe itself */
	struct node_call *call;		/* NULL: none */
};

/* Something for the loop: a piece of output, or the end of a call (bytes NULL). */
struct delivery {
	struct delivery *next;
	struct node_call *call;
	int which;
	size_t n;
	char *bytes;
};

struct offer {
	struct offer *next;
	char *node;
	char *uid;
	struct offered_key key;
	struct host_key_offer shown;
};

struct node_pool {
	/* Constant. */
	struct loop *loop;
	struct node_pool_settings settings;
	struct ssh_config *config;
	struct host_key_store *host_keys;	/* thread-safe itself */
	struct key_ring *ring;			/* likewise */
	struct jump_table *jumps;		/* likewise */
	int arrived;				/* eventfd: there are deliveries */
	int kept_maximum;			/* connections that may stay open without a command */

	pthread_mutex_t lock;
	pthread_cond_t work;			/* for workers */
	pthread_cond_t taken;			/* output was taken by the loop */
	bool stopping;
	struct node_call *first_waiting, **last_waiting;
	struct worker *workers;
	int worker_count;
	int connection_count;			/* open or being opened, to all places */
	int waiting_count;
	int idle_workers;
	bool must_look_after_idle;
	struct delivery *first_delivery, **last_delivery;
	struct map places;
	struct place *first_place;		/* the same; grows at its front alone */
	struct map gates;			/* by address and port */

	/* The loop's alone. */
	struct descriptor_watch *watch;
	struct timer *look_after;
	struct offer *offers;
};

/* pool_worker.c: starts one more where all are busy and there may be more. Under the lock. */
void pool_wake_worker(struct node_pool *pool);
void pool_end_workers(struct node_pool *pool);
/* pool_deliver.c */
void pool_deliver_output(struct node_call *call, int which, const char *bytes, size_t n);
/* Under the lock: the call is the loop's from now on. */
void pool_deliver_end(struct node_call *call);
void pool_on_arrived(void *data, int ready);
void node_call_free(struct node_call *call);
/* host_keys.c, from the loop: what a finished call said about the host's key. */
void offers_note(struct node_pool *pool, struct node_call *call);
void offers_free(struct node_pool *pool);

#endif
