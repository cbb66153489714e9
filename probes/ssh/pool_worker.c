#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/ssh/pool_state.h"

enum {
	STACK = 512 << 10,
	LOOK_TURNS = 3,
};

static bool may_open(const struct place *place)
{
	return place->connections < POOL_PER_PLACE && place->gate->opening < POOL_OPENING_MAXIMUM;
}

static void unlink_waiting(struct node_pool *pool, struct node_call **link)
{
	struct node_call *call = *link;
	*link = call->next;
	if (!call->next)
		pool->last_waiting = link;
	call->next = NULL;
	pool->waiting_count--;
}

/* The first in the queue whose node has a free connection or may get one. */
static struct node_call *choose(struct node_pool *pool, struct connection **ret_connection)
{
	for (struct node_call **link = &pool->first_waiting; *link; link = &(*link)->next) {
		struct node_call *call = *link;
		struct place *place = call->place;
		struct idle_connection *idle = place->idle;
		if (!idle && !may_open(place))
			continue;
		unlink_waiting(pool, link);
		*ret_connection = NULL;
		if (idle) {
			place->idle = idle->next;
			*ret_connection = idle->connection;
			free(idle);
		} else {
			place->connections++;
			pool->connection_count++;
			place->gate->opening++;
		}
		return call;
	}
	return NULL;
}

/* Somebody may go on who waited for a connection or for room to open one. */
static void wake_others(struct node_pool *pool)
{
	if (pool->first_waiting)
		pthread_cond_broadcast(&pool->work);
}

static void connection_ended(struct node_pool *pool, struct place *place)
{
	pthread_mutex_lock(&pool->lock);
	place->connections--;
	pool->connection_count--;
	wake_others(pool);
	pthread_mutex_unlock(&pool->lock);
}

static void opening_changed(struct node_pool *pool, struct place *place, int by)
{
	pthread_mutex_lock(&pool->lock);
	place->gate->opening += by;
	if (by < 0)
		wake_others(pool);
	pthread_mutex_unlock(&pool->lock);
}

static void on_output(void *data, int which, const char *bytes, size_t n)
{
	struct node_call *call = data;
	if (buffer_add(which == 2 ? &call->error_out : &call->out, bytes, n) != 0)
		call->answer.was_cut = true;
	if (call->on_output)
		pool_deliver_output(call, which, bytes, n);
}

static void take_result(struct node_call *call, const struct command_result *result)
{
	call->answer.trouble = result->trouble;
	call->answer.err = result->err;
	call->answer.exit_status = result->exit_status;
	call->answer.may_have_run = result->was_sent;
	memcpy(call->signal, result->signal, sizeof(call->signal));
}

/* Returns the connection if it can be used again. */
static struct connection *run_on(struct worker *worker, struct node_call *call, struct connection *connection,
				 struct command_result *result)
{
	struct command_request request = {
		.line = call->line,
		.input = call->input,
		.input_length = call->input_length,
		.deadline_ms = clock_monotonic_ms() + call->timeout_ms,
		.interrupt = &worker->interrupt,
		.on_output = on_output,
		.data = call,
	};
	call->key_was_known = true;
	remote_command_run(connection, &request, result);
	take_result(call, result);
	if (result->is_reusable)
		return connection;
	connection_free(connection);
	return NULL;
}

static struct connection *open_for(struct worker *worker, struct node_call *call)
{
	struct node_pool *pool = worker->pool;
	struct connection *connection = NULL;
	struct connection_failure failure;
	struct connection_request request = {
		.target = call->place->target,
		.node = call->node,
		.uid = call->uid,
		.deadline_ms = clock_monotonic_ms() + pool->settings.connect_timeout_ms,
		.host_keys = pool->host_keys,
		.ring = pool->ring,
		.interrupt = &worker->interrupt,
		.jumps = pool->jumps,
	};
	int result = connection_open(&request, &connection, &failure);
	opening_changed(pool, call->place, -1);
	if (result == 0)
		return connection;
	call->answer.trouble = failure.trouble;
	call->answer.err = failure.err;
	call->answer.exit_status = -1;
	call->offered = failure.offered;
	return NULL;
}

/* A kept connection may have died since: where the command was not sent, a new one is opened, once. */
static struct connection *run_call(struct worker *worker, struct node_call *call, struct connection *connection)
{
	struct command_result result;
	bool was_kept = connection;
	if (!connection)
		connection = open_for(worker, call);
	if (!connection)
		return NULL;
	connection = run_on(worker, call, connection, &result);
	if (!was_kept || result.was_sent || result.trouble != NODE_UNREACHABLE)
		return connection;
	opening_changed(worker->pool, call->place, 1);
	connection = open_for(worker, call);
	return connection ? run_on(worker, call, connection, &result) : NULL;
}

/* Descriptors are few: with thousands of nodes the last ones are connected to each time. */
static bool may_keep(struct node_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	bool may = pool->connection_count <= pool->kept_maximum;
	pthread_mutex_unlock(&pool->lock);
	return may;
}

static void keep(struct place *place, struct connection *connection)
{
	struct idle_connection *idle = xmalloc(sizeof(*idle));
	*idle = (struct idle_connection){.next = place->idle, .connection = connection};
	idle->since_ms = idle->looked_at_ms = clock_monotonic_ms();
	place->idle = idle;
}

/* Under the lock, which is given up meanwhile. */
static void serve(struct worker *worker, struct node_call *call, struct connection *connection)
{
	struct node_pool *pool = worker->pool;
	interrupt_reset(&worker->interrupt);
	worker->call = call;
	call->worker = worker;
	call->state = CALL_RUNNING;
	pthread_mutex_unlock(&pool->lock);
	connection = run_call(worker, call, connection);
	if (connection && !may_keep(pool)) {
		connection_free(connection);
		connection = NULL;
	}
	if (!connection)
		connection_ended(pool, call->place);
	pthread_mutex_lock(&pool->lock);
	if (connection)
		keep(call->place, connection);
	worker->call = NULL;
	call->worker = NULL;
	pool_deliver_end(call);
	wake_others(pool);
}

/* Answers what the host asked meanwhile (whether we live), sends something, and finds out whether it is still there. */
static bool is_alive(struct connection *connection)
{
	ssh_event event = ssh_event_new();
	if (!event)
		return connection_is_open(connection);
	ssh_event_add_session(event, connection->session);
	ssh_send_ignore(connection->session, "");
	for (int turn = 0; turn < LOOK_TURNS && connection_is_open(connection); turn++)
		if (ssh_event_dopoll(event, 0) == SSH_ERROR)
			break;
	ssh_event_remove_session(event, connection->session);
	ssh_event_free(event);
	return connection_is_open(connection);
}

/* Under the lock, which is given up meanwhile. Those of one place that were not looked at since. */
static void look_after_place(struct node_pool *pool, struct place *place, int64_t begun_ms)
{
	struct idle_connection **link = &place->idle;
	while (*link && !pool->stopping) {
		struct idle_connection *idle = *link;
		if (idle->looked_at_ms >= begun_ms) {
			link = &idle->next;
			continue;
		}
		*link = idle->next;
		pthread_mutex_unlock(&pool->lock);
		bool alive = begun_ms - idle->since_ms < POOL_IDLE_MS && is_alive(idle->connection);
		if (!alive)
			connection_free(idle->connection);
		pthread_mutex_lock(&pool->lock);
		idle->looked_at_ms = begun_ms;
		if (alive) {
			idle->next = place->idle;
			place->idle = idle;
		} else {
			place->connections--;
			pool->connection_count--;
			free(idle);
		}
		wake_others(pool);
		link = &place->idle;
	}
}

/* Under the lock, which is given up meanwhile. */
static void look_after_idle(struct node_pool *pool)
{
	struct place *place;
	int64_t now = clock_monotonic_ms();
	pool->must_look_after_idle = false;
	for (place = pool->first_place; place; place = place->next)
		look_after_place(pool, place, now);
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct node_pool *pool = worker->pool;
	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		struct connection *connection;
		struct node_call *call = choose(pool, &connection);
		if (call) {
			serve(worker, call, connection);
		} else if (pool->must_look_after_idle) {
			look_after_idle(pool);
		} else {
			pool->idle_workers++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle_workers--;
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static bool start_worker(struct node_pool *pool)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));
	pthread_attr_t attributes;
	worker->pool = pool;
	if (interrupt_init(&worker->interrupt) != 0) {
		free(worker);
		return false;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	int problem = pthread_create(&worker->thread, &attributes, work, worker);
	pthread_attr_destroy(&attributes);
	if (problem) {
		interrupt_release(&worker->interrupt);
		free(worker);
		return false;
	}
	worker->next = pool->workers;
	pool->workers = worker;
	pool->worker_count++;
	return true;
}

void pool_wake_worker(struct node_pool *pool)
{
	if (pool->waiting_count > pool->idle_workers && pool->worker_count < pool->settings.workers)
		start_worker(pool);
	pthread_cond_signal(&pool->work);
}

static void close_idle(struct place *place)
{
	while (place->idle) {
		struct idle_connection *idle = place->idle;
		place->idle = idle->next;
		connection_free(idle->connection);
		free(idle);
	}
}

void pool_end_workers(struct node_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	for (struct worker *worker = pool->workers; worker; worker = worker->next)
		interrupt_raise(&worker->interrupt);
	pthread_cond_broadcast(&pool->work);
	pthread_cond_broadcast(&pool->taken);
	pthread_mutex_unlock(&pool->lock);
	while (pool->workers) {
		struct worker *worker = pool->workers;
		pool->workers = worker->next;
		pthread_join(worker->thread, NULL);
		interrupt_release(&worker->interrupt);
		free(worker);
	}
	for (struct place *place = pool->first_place; place; place = place->next)
		close_idle(place);
}
