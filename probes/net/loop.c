#include "probes/net/loop.h"

#include <errno.h>
#include <poll.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/loop_private.h"

/* A turn never waits longer, whatever its caller says: curl_multi_poll() takes no "for ever". */
enum { LONGEST_WAIT_MS = 60000 };

struct timer {
	struct loop *loop;
	int64_t due_ms;
	uint64_t sequence;	/* timers of the same millisecond run in the order they were set */
	size_t position;	/* in the heap */
	void (*on_time)(void *data);
	void *data;
};

struct descriptor_watch {
	struct loop *loop;
	int descriptor;
	int events;
	bool cancelled;
	void (*on_ready)(void *data, int ready);
	void *data;
};

int loop_new(struct loop **ret_loop, struct err *err)
{
	struct loop *loop;

	/* Counted and thread-safe since libcurl 7.84: each loop has its own call. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_IO, "libcurl cannot start", NULL);
	loop = xcalloc(1, sizeof(*loop));
	loop->multi = curl_multi_init();
	if (!loop->multi) {
		free(loop);
		curl_global_cleanup();
		return err_set(err, ERR_IO, "libcurl cannot start", NULL);
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->in_turn)
		bug("loop_free() inside a callback");
	http_end_all(loop);
	job_end_all(loop);
	curl_multi_cleanup(loop->multi);
	for (size_t i = 0; i < loop->timer_count; i++)
		free(loop->timers[i]);
	for (size_t i = 0; i < loop->watch_count; i++)
		free(loop->watches[i]);
	free(loop->timers);
	free(loop->watches);
	free(loop->waits);
	free(loop);
	curl_global_cleanup();
}

/* Timers */

static bool timer_before(const struct timer *a, const struct timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->sequence < b->sequence;
}

static void timer_place(struct loop *loop, struct timer *timer, size_t position)
{
	loop->timers[position] = timer;
	timer->position = position;
}

static void timer_rise(struct loop *loop, struct timer *timer, size_t position)
{
	while (position > 0) {
		size_t parent = (position - 1) / 2;

		if (!timer_before(timer, loop->timers[parent]))
			break;
		timer_place(loop, loop->timers[parent], position);
		position = parent;
	}
	timer_place(loop, timer, position);
}

static void timer_sink(struct loop *loop, struct timer *timer, size_t position)
{
	for (;;) {
		size_t child = 2 * position + 1;

		if (child >= loop->timer_count)
			break;
		if (child + 1 < loop->timer_count && timer_before(loop->timers[child + 1],
								  loop->timers[child]))
			child++;
		if (!timer_before(loop->timers[child], timer))
			break;
		timer_place(loop, loop->timers[child], position);
		position = child;
	}
	timer_place(loop, timer, position);
}

static void timer_take_out(struct timer *timer)
{
	struct loop *loop = timer->loop;
	struct timer *last = loop->timers[--loop->timer_count];

	if (last == timer)
		return;
	timer_sink(loop, last, timer->position);
	timer_rise(loop, last, last->position);
}

struct timer *loop_timer(struct loop *loop, int64_t delay_ms, void (*on_time)(void *data), void *data)
{
	struct timer *timer = xcalloc(1, sizeof(*timer));

	*timer = (struct timer){
		.loop = loop,
		.due_ms = clock_monotonic_ms() + (delay_ms > 0 ? delay_ms : 0),
		.sequence = loop->timer_sequence++,
		.on_time = on_time,
		.data = data,
	};
	if (loop->timer_count == loop->timer_capacity) {
		loop->timer_capacity = loop->timer_capacity ? 2 * loop->timer_capacity : 16;
		loop->timers = xreallocarray(loop->timers, loop->timer_capacity, sizeof(struct timer *));
	}
	timer_rise(loop, timer, loop->timer_count++);
	return timer;
}

void timer_cancel(struct timer *timer)
{
	if (!timer)
		return;
	timer_take_out(timer);
	free(timer);
}

/*
 * Timers that callbacks set meanwhile wait for the next turn: a timer of 0 ms that sets itself
 * again is no trap.
 */
static void run_timers(struct loop *loop)
{
	int64_t now = clock_monotonic_ms();
	uint64_t end = loop->timer_sequence;

	while (loop->timer_count > 0) {
		struct timer *timer = loop->timers[0];
		struct timer copy = *timer;

		if (timer->due_ms > now || timer->sequence >= end)
			break;
		timer_cancel(timer);
		loop->callbacks++;
		copy.on_time(copy.data);
	}
}

/* Descriptors */

struct descriptor_watch *loop_watch(struct loop *loop, int descriptor, int events,
				    void (*on_ready)(void *data, int ready), void *data)
{
	struct descriptor_watch *watch = xcalloc(1, sizeof(*watch));

	*watch = (struct descriptor_watch){
		.loop = loop,
		.descriptor = descriptor,
		.events = events,
		.on_ready = on_ready,
		.data = data,
	};
	if (loop->watch_count == loop->watch_capacity) {
		loop->watch_capacity = loop->watch_capacity ? 2 * loop->watch_capacity : 8;
		loop->watches = xreallocarray(loop->watches, loop->watch_capacity,
					      sizeof(struct descriptor_watch *));
		loop->waits = xreallocarray(loop->waits, loop->watch_capacity, sizeof(*loop->waits));
	}
	loop->watches[loop->watch_count++] = watch;
	return watch;
}

static void forget_cancelled_watches(struct loop *loop)
{
	size_t kept = 0;

	for (size_t i = 0; i < loop->watch_count; i++) {
		if (loop->watches[i]->cancelled)
			free(loop->watches[i]);
		else
			loop->watches[kept++] = loop->watches[i];
	}
	loop->watch_count = kept;
}

void descriptor_watch_cancel(struct descriptor_watch *watch)
{
	if (!watch)
		return;
	watch->cancelled = true;
	if (!watch->loop->in_watches)
		forget_cancelled_watches(watch->loop);
}

static void wait_for_something(struct loop *loop, int wait_ms)
{
	int count = 0;

	for (size_t i = 0; i < loop->watch_count; i++) {
		const struct descriptor_watch *watch = loop->watches[i];

		loop->waits[i] = (struct curl_waitfd){
			.fd = watch->descriptor,
			.events = (short)((watch->events & WATCH_READ ? CURL_WAIT_POLLIN : 0) |
					  (watch->events & WATCH_WRITE ? CURL_WAIT_POLLOUT : 0)),
		};
	}
	/* An interrupting signal ends the wait early with CURLM_OK. */
	if (curl_multi_poll(loop->multi, loop->waits, (unsigned int)loop->watch_count, wait_ms,
			    &count) != CURLM_OK)
		poll(NULL, 0, wait_ms < 100 ? wait_ms : 100);
}

static void run_watches(struct loop *loop)
{
	size_t polled = loop->watch_count;

	loop->in_watches = true;
	for (size_t i = 0; i < polled; i++) {
		struct descriptor_watch *watch = loop->watches[i];
		int ready = (loop->waits[i].revents & CURL_WAIT_POLLIN ? WATCH_READ : 0) |
			    (loop->waits[i].revents & CURL_WAIT_POLLOUT ? WATCH_WRITE : 0);

		if (!ready || watch->cancelled)
			continue;
		loop->callbacks++;
		watch->on_ready(watch->data, ready);
	}
	loop->in_watches = false;
	forget_cancelled_watches(loop);
}

static int wait_limit(const struct loop *loop, int max_wait_ms)
{
	int64_t wait = max_wait_ms < 0 || max_wait_ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : max_wait_ms;

	if (loop->callbacks > 0)
		return 0;
	if (loop->timer_count > 0) {
		int64_t left = loop->timers[0]->due_ms - clock_monotonic_ms();

		if (left < wait)
			wait = left > 0 ? left : 0;
	}
	return (int)wait;
}

int loop_turn(struct loop *loop, int max_wait_ms)
{
	if (loop->in_turn)
		bug("loop_turn() inside a callback");
	loop->in_turn = true;
	loop->callbacks = 0;
	http_run(loop);
	run_timers(loop);
	wait_for_something(loop, wait_limit(loop, max_wait_ms));
	run_watches(loop);
	http_run(loop);
	run_timers(loop);
	loop->in_turn = false;
	return loop->callbacks;
}
