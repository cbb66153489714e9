/*
 * The one loop: timers, descriptors, transfers (http.h) and child processes
 * (job.h), waited for in a single curl_multi_poll().
 *
 * loop_turn() runs what is due (transfers, timers), waits for more where
 * nothing was, and runs what came (descriptors, jobs, transfers, timers). A
 * callback may start and cancel anything, itself too, but not run another
 * turn or free the loop. Nothing in here is thread-safe: another thread or a
 * signal handler writes to a descriptor that is watched.
 *
 * A loop has no global state; two may live in one process.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"

struct loop;
struct timer;
struct descriptor_watch;

int loop_new(struct loop **ret_loop, struct err *err);
/* Cancels what is left: no callback is called. NULL is fine. */
void loop_free(struct loop *loop);
/*
 * One turn. Returns the number of callbacks called. max_wait_ms 0 polls, -1 waits long; the next timer and a
 * signal shorten the wait.
 */
int loop_turn(struct loop *loop, int max_wait_ms);

/* Calls back once, delay_ms from now; the timer is gone when it is called. */
struct timer *loop_timer(struct loop *loop, int64_t delay_ms, void (*on_time)(void *data), void *data);
/* NULL is fine. Not for a timer that was called. */
void timer_cancel(struct timer *timer);

enum { WATCH_READ = 1, WATCH_WRITE = 2 };
/*
 * Calls back each turn while ready; ready holds WATCH_* bits, hang-up counts as readable. Borrows
 * the descriptor.
 */
struct descriptor_watch *loop_watch(struct loop *loop, int descriptor, int events,
				    void (*on_ready)(void *data, int ready), void *data);
void descriptor_watch_cancel(struct descriptor_watch *watch);

#endif
