#include "probes/ssh/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/net/loop.h"
#include "probes/ssh/pool_state.h"

enum {
	OUTPUT_MAXIMUM = 1 << 20,
	DESCRIPTORS_MAXIMUM = 16384,
	DESCRIPTORS_OTHERS = 256,	/* the console's own, and those of the workers */
	DESCRIPTORS_EACH = 3,		/* of a connection: its socket, a dup, behind a jump host the other end */
	KEPT_MINIMUM = 32,
};

static void look_after(void *data)
{
	struct node_pool *pool = data;
	pthread_mutex_lock(&pool->lock);
	if (pool->worker_count > 0) {
		pool->must_look_after_idle = true;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	pool->look_after = loop_timer(pool->loop, POOL_IDLE_LOOK_MS, look_after, pool);
}

/* As many descriptors as this user may have; says how many connections may stay open then. */
static int raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return KEPT_MINIMUM;
	rlim_t wanted = limit.rlim_max < DESCRIPTORS_MAXIMUM ? limit.rlim_max : DESCRIPTORS_MAXIMUM;
	if (limit.rlim_cur < wanted) {
		struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	int kept = ((int)(limit.rlim_cur < DESCRIPTORS_MAXIMUM ? limit.rlim_cur : DESCRIPTORS_MAXIMUM) -
		    DESCRIPTORS_OTHERS) / DESCRIPTORS_EACH;
	return kept > KEPT_MINIMUM ? kept : KEPT_MINIMUM;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void copy_settings(struct node_pool_settings *to, const struct node_pool_settings *from)
{
	*to = (struct node_pool_settings){
		.user = copy(from->user),
		.key = copy(from->key),
		.jump = copy(from->jump),
		.config_file = copy(from->config_file),
		.known_hosts = xstrdup(from->known_hosts),
		.workers = from->workers > 0 ? from->workers : POOL_WORKERS,
		.connect_timeout_ms =
			from->connect_timeout_ms > 0 ? from->connect_timeout_ms : POOL_CONNECT_TIMEOUT_MS,
	};
}

int node_pool_new(struct loop *loop, const struct node_pool_settings *settings, struct node_pool **ret_pool,
		  struct err *err)
{
	struct ssh_config *config;
	if (ssh_config_load(settings->config_file, &config, err) != 0)
		return -1;
	struct node_pool *pool = xcalloc(1, sizeof(*pool));
	pool->loop = loop;
	pool->config = config;
	copy_settings(&pool->settings, settings);
	pool->host_keys = host_key_store_new(settings->known_hosts);
	pool->ring = key_ring_new();
	pool->kept_maximum = raise_limit();
	pool->jumps = jump_table_new(&(struct jump_settings){
		.config = config, .settings = &pool->settings, .host_keys = pool->host_keys, .ring = pool->ring});
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->taken, NULL);
	pool->last_waiting = &pool->first_waiting;
	pool->last_delivery = &pool->first_delivery;
	pool->arrived = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->arrived < 0) {
		err_set(err, ERR_IO, "cannot make a pipe: {reason}", "reason", strerror(errno), NULL);
		node_pool_free(pool);
		return -1;
	}
	pool->watch = loop_watch(loop, pool->arrived, WATCH_READ, pool_on_arrived, pool);
	pool->look_after = loop_timer(loop, POOL_IDLE_LOOK_MS, look_after, pool);
	*ret_pool = pool;
	return 0;
}

static void free_settings(struct node_pool_settings *settings)
{
	free((char *)settings->user);
	free((char *)settings->key);
	free((char *)settings->jump);
	free((char *)settings->config_file);
	free((char *)settings->known_hosts);
}

/* Calls that nobody will be told about: those that wait, and those that ended. */
static void free_calls(struct node_pool *pool)
{
	for (struct node_call *call = pool->first_waiting, *next; call; call = next) {
		next = call->next;
		node_call_free(call);
	}
	for (struct delivery *delivery = pool->first_delivery, *next; delivery; delivery = next) {
		next = delivery->next;
		if (!delivery->bytes)
			node_call_free(delivery->call);
		free(delivery->bytes);
		free(delivery);
	}
}

static void free_places(struct node_pool *pool)
{
	size_t position = 0;
	for (struct place *place; (place = map_next(&pool->places, &position));) {
		free(place->key);
		host_target_free(place->target);
		free(place);
	}
	map_release(&pool->places);
	position = 0;
	for (struct gate *gate; (gate = map_next(&pool->gates, &position));) {
		free(gate->address);
		free(gate);
	}
	map_release(&pool->gates);
}

void node_pool_free(struct node_pool *pool)
{
	if (!pool)
		return;
	pool_end_workers(pool);
	jump_table_free(pool->jumps);
	if (pool->watch)
		descriptor_watch_cancel(pool->watch);
	timer_cancel(pool->look_after);
	free_calls(pool);
	offers_free(pool);
	free_places(pool);
	key_ring_free(pool->ring);
	host_key_store_free(pool->host_keys);
	ssh_config_free(pool->config);
	if (pool->arrived >= 0)
		close(pool->arrived);
	pthread_cond_destroy(&pool->taken);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free_settings(&pool->settings);
	free(pool);
}

static struct gate *find_gate(struct node_pool *pool, const struct host_target *target)
{
	auto_free char *address = xasprintf("%s:%d", target->host, target->port);
	struct gate *gate = map_get(&pool->gates, address);
	if (gate)
		return gate;
	gate = xcalloc(1, sizeof(*gate));
	gate->address = take_pointer(address);
	map_put(&pool->gates, gate->address, gate);
	return gate;
}

static const char *address_of(const struct node_host *host)
{
	return host->address && *host->address ? host->address : host->name;
}

/* ssh_config is looked at once for an address and a user. */
static struct place *find_place(struct node_pool *pool, const struct node_host *host)
{
	auto_free char *key = xasprintf("%s@%s", host->user ? host->user : "", address_of(host));
	struct place *place = map_get(&pool->places, key);
	if (place)
		return place;
	place = xcalloc(1, sizeof(*place));
	place->target = host_target_new(pool->config, &pool->settings, address_of(host), 0, host->user, false);
	place->key = take_pointer(key);
	place->gate = find_gate(pool, place->target);
	map_put(&pool->places, place->key, place);
	place->next = pool->first_place;
	pool->first_place = place;
	return place;
}

struct node_call *pool_run(struct node_pool *pool, const struct node_command_request *request)
{
	size_t maximum = request->output_maximum ? request->output_maximum : OUTPUT_MAXIMUM;
	struct node_call *call = xcalloc(1, sizeof(*call));
	*call = (struct node_call){
		.pool = pool,
		.node = xstrdup(request->host.name),
		.uid = xstrdup(request->host.uid ? request->host.uid : ""),
		.line = xstrdup(request->line),
		.input_length = request->input_length,
		.timeout_ms = request->timeout_ms,
		.started_ms = clock_monotonic_ms(),
		.on_output = request->on_output,
		.on_done = request->on_done,
		.on_release = request->on_release,
		.data = request->data,
		.out = BUFFER_INIT(maximum),
		.error_out = BUFFER_INIT(maximum),
		.answer = {.exit_status = -1},
	};
	if (request->input_length > 0)
		call->input = memcpy(xmalloc(request->input_length), request->input, request->input_length);
	log_line("ssh %s: %s", call->node, call->line);
	pthread_mutex_lock(&pool->lock);
	call->place = find_place(pool, &request->host);
	*pool->last_waiting = call;
	pool->last_waiting = &call->next;
	pool->waiting_count++;
	pool_wake_worker(pool);
	pthread_mutex_unlock(&pool->lock);
	return call;
}

static void leave_queue(struct node_pool *pool, struct node_call *call)
{
	struct node_call **link = &pool->first_waiting;
	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	if (!call->next)
		pool->last_waiting = link;
	pool->waiting_count--;
}

void node_call_cancel(struct node_call *call)
{
	if (!call)
		return;
	struct node_pool *pool = call->pool;
	pthread_mutex_lock(&pool->lock);
	enum call_state state = call->state;
	call->cancelled = true;
	if (state == CALL_WAITING)
		leave_queue(pool, call);
	if (state == CALL_RUNNING)
		interrupt_raise(&call->worker->interrupt);
	pthread_cond_broadcast(&pool->taken);
	pthread_mutex_unlock(&pool->lock);
	if (state == CALL_WAITING)
		node_call_free(call);
}

int node_pool_effective(struct node_pool *pool, const struct node_host *host, struct node_effective *ret_effective,
			struct err *err)
{
	(void)err;
	struct buffer identities = BUFFER_INIT(64 << 10);
	struct host_target *target =
		host_target_new(pool->config, &pool->settings, address_of(host), 0, host->user, false);
	for (size_t i = 0; i < target->identity_count; i++)
		buffer_addf(&identities, "%s%s", i ? ", " : "", target->identities[i]);
	*ret_effective = (struct node_effective){
		.user = xstrdup(target->user),
		.address = xstrdup(target->host),
		.port = target->port,
		.jump = xstrdup(target->jump),
		.identities = buffer_detach(&identities),
		.not_followed = xstrdup(target->not_followed),
	};
	host_target_free(target);
	return 0;
}

void node_effective_release(struct node_effective *effective)
{
	free(effective->user);
	free(effective->address);
	free(effective->jump);
	free(effective->identities);
	free(effective->not_followed);
	*effective = (struct node_effective){0};
}
