/*
 * One thread beside the loop for what waits on a disk: work is done there in
 * the order in which it was posted, and its end is told in the loop
 * (decisions.md 3: one SQLite thread behind a queue).
 *
 * All functions belong to the loop's thread. The thread takes no signals.
 */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "probes/base/err.h"

struct loop;
struct worker;

/* Embedded in what is to be done; the worker has it from worker_post() until done() is called. */
struct work {
	void (*run)(struct work *work);		/* in the thread: may touch nothing that the loop uses meanwhile */
	void (*done)(struct work *work);	/* in the loop, afterwards; may free it and post more */
	struct work *next;
};

int worker_new(struct loop *loop, struct worker **ret_worker, struct err *err);
void worker_post(struct worker *worker, struct work *work);
/* Waits until everything that was posted is done, and tells of it: done() is called in here. */
void worker_drain(struct worker *worker);
/* Drains and ends. Before loop_free(). NULL is fine. */
void worker_free(struct worker *worker);

#endif
