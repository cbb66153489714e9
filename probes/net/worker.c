#include "probes/net/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/net/loop.h"

struct queue {
	struct work *first;
	struct work *last;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news;		/* for the thread: posted, or it is to end */
	pthread_cond_t idle;		/* for worker_drain(): nothing is posted or under way */
	struct queue posted;		/* with the lock */
	struct queue finished;
	bool is_working;
	bool is_ending;
	int descriptor;			/* an eventfd: something is finished */
	struct descriptor_watch *watch;
};

static void append(struct queue *queue, struct work *work)
{
	work->next = NULL;
	if (queue->last)
		queue->last->next = work;
	else
		queue->first = work;
	queue->last = work;
}

static struct work *take_first(struct queue *queue)
{
	struct work *work = queue->first;

	if (work)
		queue->first = work->next;
	if (!queue->first)
		queue->last = NULL;
	return work;
}

static void tell_loop(const struct worker *worker)
{
	const uint64_t one = 1;

	/* It fails only where the counter is full: then the loop is told already. */
	if (write(worker->descriptor, &one, sizeof(one)) < 0)
		return;
}

static void *work_on(void *data)
{
	struct worker *worker = data;
	struct work *work;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		while (!worker->posted.first && !worker->is_ending)
			pthread_cond_wait(&worker->news, &worker->lock);
		work = take_first(&worker->posted);
		if (!work)
			break;
		worker->is_working = true;
		pthread_mutex_unlock(&worker->lock);
		work->run(work);
		pthread_mutex_lock(&worker->lock);
		worker->is_working = false;
		append(&worker->finished, work);
		tell_loop(worker);
		if (!worker->posted.first)
			pthread_cond_signal(&worker->idle);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

static void tell_finished(struct worker *worker)
{
	struct work *work;

	for (;;) {
		pthread_mutex_lock(&worker->lock);
		work = take_first(&worker->finished);
		pthread_mutex_unlock(&worker->lock);
		if (!work)
			return;
		work->done(work);
	}
}

static void on_finished(void *data, int ready)
{
	struct worker *worker = data;
	uint64_t count;

	(void)ready;
	if (read(worker->descriptor, &count, sizeof(count)) < 0)
		return;
	tell_finished(worker);
}

/* Signals are for the loop's thread. */
static int start_thread(struct worker *worker)
{
	sigset_t all;
	sigset_t before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&worker->thread, NULL, work_on, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

int worker_new(struct loop *loop, struct worker **ret_worker, struct err *err)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));
	int code;

	worker->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->news, NULL);
	pthread_cond_init(&worker->idle, NULL);
	code = worker->descriptor < 0 ? errno : start_thread(worker);
	if (code == 0) {
		worker->watch = loop_watch(loop, worker->descriptor, WATCH_READ, on_finished, worker);
		*ret_worker = worker;
		return 0;
	}
	if (worker->descriptor >= 0)
		close(worker->descriptor);
	free(worker);
	return err_set(err, ERR_IO, "cannot start a thread: {reason}", "reason", strerror(code), NULL);
}

void worker_post(struct worker *worker, struct work *work)
{
	pthread_mutex_lock(&worker->lock);
	append(&worker->posted, work);
	pthread_cond_signal(&worker->news);
	pthread_mutex_unlock(&worker->lock);
}

void worker_drain(struct worker *worker)
{
	bool has_more = true;

	while (has_more) {
		pthread_mutex_lock(&worker->lock);
		while (worker->posted.first || worker->is_working)
			pthread_cond_wait(&worker->idle, &worker->lock);
		pthread_mutex_unlock(&worker->lock);
		tell_finished(worker);
		pthread_mutex_lock(&worker->lock);
		has_more = worker->posted.first || worker->is_working;
		pthread_mutex_unlock(&worker->lock);
	}
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	worker_drain(worker);
	pthread_mutex_lock(&worker->lock);
	worker->is_ending = true;
	pthread_cond_signal(&worker->news);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	descriptor_watch_cancel(worker->watch);
	close(worker->descriptor);
	pthread_cond_destroy(&worker->idle);
	pthread_cond_destroy(&worker->news);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
