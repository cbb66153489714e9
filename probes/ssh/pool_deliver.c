#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/ssh/pool_state.h"

/* Under the lock. */
static void add(struct node_call *call, int which, const char *bytes, size_t n)
{
	struct node_pool *pool = call->pool;
	struct delivery *delivery = xmalloc(sizeof(*delivery));
	*delivery = (struct delivery){.call = call, .which = which, .n = n};
	if (bytes)
		delivery->bytes = memcpy(xmalloc(n), bytes, n);
	*pool->last_delivery = delivery;
	pool->last_delivery = &delivery->next;
	uint64_t one = 1;
	ssize_t written = write(pool->arrived, &one, sizeof(one));
	(void)written;	/* fails only where it is readable already */
}

/* The worker waits where the loop does not keep up: the window of the channel fills, and the host waits too. */
void pool_deliver_output(struct node_call *call, int which, const char *bytes, size_t n)
{
	struct node_pool *pool = call->pool;
	pthread_mutex_lock(&pool->lock);
	while (call->waiting_output > POOL_WAITING_OUTPUT && !call->cancelled && !pool->stopping)
		pthread_cond_wait(&pool->taken, &pool->lock);
	if (!call->cancelled && !pool->stopping) {
		call->waiting_output += n;
		add(call, which, bytes, n);
	}
	pthread_mutex_unlock(&pool->lock);
}

void pool_deliver_end(struct node_call *call)
{
	call->state = CALL_FINISHED;
	add(call, 0, NULL, 0);
}

void node_call_free(struct node_call *call)
{
	if (call->on_release)
		call->on_release(call->data);
	free(call->node);
	free(call->uid);
	free(call->line);
	free(call->input);
	buffer_release(&call->out);
	buffer_release(&call->error_out);
	offered_key_release(&call->offered);
	free(call);
}

static void note_end(const struct node_call *call)
{
	const struct node_answer *answer = &call->answer;
	long long milliseconds = (long long)(clock_monotonic_ms() - call->started_ms);
	if (answer->trouble != NODE_FINE) {
		auto_free char *text = err_text(&answer->err);
		log_line("ssh %s: %lld ms: %s", call->node, milliseconds, text);
	} else if (*call->signal) {
		log_line("ssh %s: %lld ms: ended by SIG%s", call->node, milliseconds, call->signal);
	} else {
		log_line("ssh %s: %lld ms: exit status %d", call->node, milliseconds, answer->exit_status);
	}
}

static void finish(struct node_call *call)
{
	struct node_answer *answer = &call->answer;
	offers_note(call->pool, call);
	note_end(call);
	if (!call->cancelled) {
		answer->signal = *call->signal ? call->signal : NULL;
		answer->out = buffer_text(&call->out);
		answer->out_length = call->out.length;
		answer->error_out = buffer_text(&call->error_out);
		answer->error_out_length = call->error_out.length;
		answer->milliseconds = clock_monotonic_ms() - call->started_ms;
		call->on_done(call->data, answer);
	}
	node_call_free(call);
}

static struct delivery *take(struct node_pool *pool)
{
	uint64_t count;
	pthread_mutex_lock(&pool->lock);
	ssize_t got = read(pool->arrived, &count, sizeof(count));
	(void)got;
	struct delivery *first = pool->first_delivery;
	pool->first_delivery = NULL;
	pool->last_delivery = &pool->first_delivery;
	for (struct delivery *delivery = first; delivery; delivery = delivery->next)
		delivery->call->waiting_output -= delivery->n;
	pthread_cond_broadcast(&pool->taken);
	pthread_mutex_unlock(&pool->lock);
	return first;
}

void pool_on_arrived(void *data, int ready)
{
	struct node_pool *pool = data;
	(void)ready;
	struct delivery *delivery = take(pool);
	while (delivery) {
		struct delivery *next = delivery->next;
		struct node_call *call = delivery->call;
		if (!delivery->bytes)
			finish(call);
		else if (!call->cancelled)
			call->on_output(call->data, delivery->which, delivery->bytes, delivery->n);
		free(delivery->bytes);
		free(delivery);
		delivery = next;
	}
}
