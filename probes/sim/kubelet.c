#include "probes/sim/kubelet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/hold.h"
#include "probes/sim/kubelet_container.h"
#include "probes/sim/kubelet_words.h"
#include "probes/sim/node.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"
#include "probes/sim/workload.h"

enum {
	SCHEDULE_MS = 80,
	ACCEPT_MS = 120,
	READY_MS = 400,		/* from running to ready, where the scenario says nothing */
	PROBE_MS = 10000,	/* periodSeconds of a readiness probe */
	END_MS = 300,		/* from SIGTERM to gone */
	PENDING_MS = 30000,	/* the scheduler tries again */
	CONTAINERS_MAXIMUM = 32,
};

struct pod_work {
	char uid[40];
	int64_t due;		/* monotonic ms */
	int64_t ready_at;	/* when a probe may succeed; 0 = not running yet */
	bool held;		/* by `holds` or `readyWhen`: looked at again when something else changed */
	bool ending;
	struct container_work containers[CONTAINERS_MAXIMUM];
};

struct kubelet {
	struct map works;	/* by uid */
};

struct kubelet *kubelet_new(void)
{
	return xcalloc(1, sizeof(struct kubelet));
}

void kubelet_free(struct kubelet *kubelet)
{
	size_t position = 0;
	struct pod_work *work;

	if (!kubelet)
		return;
	while ((work = map_next(&kubelet->works, &position)))
		free(work);
	map_release(&kubelet->works);
	free(kubelet);
}

static bool needs_work(const struct object *pod)
{
	if (is_terminating(pod))
		return true;
	return !pod_is_finished(pod) && !pod_is_ready(pod->now->value);
}

void kubelet_on_change(struct cluster *cluster, struct kubelet *kubelet, const struct object *pod,
		       const struct change *change)
{
	struct pod_work *work = map_get(&kubelet->works, pod->uid);

	if (change->type == CHANGE_DELETED) {
		free(map_remove(&kubelet->works, pod->uid));
		return;
	}
	if (!work && !needs_work(pod) && !doc_get(workload_rule(cluster, pod), "crash"))
		return;
	if (!work) {
		work = xcalloc(1, sizeof(*work));
		snprintf(work->uid, sizeof(work->uid), "%s", pod->uid);
		map_put(&kubelet->works, work->uid, work);
	}
	/* A deletion, or a change of the spec by a patch, is seen at once. */
	if (!work->due || is_terminating(pod) || !change->before ||
	    !json_equal(doc_get(change->now->value, "spec"), doc_get(change->before->value, "spec"))) {
		work->due = clock_monotonic_ms() + scaled(cluster, 40);
		cluster_wake(cluster);
	}
}

void kubelet_workload_changed(struct cluster *cluster, struct kubelet *kubelet)
{
	size_t position = 0;
	struct pod_work *work;
	int64_t now_ms = clock_monotonic_ms();

	while ((work = map_next(&kubelet->works, &position))) {
		int64_t soon = now_ms + scaled(cluster, 700 + (int64_t)random_below(&cluster->random, 2500));

		if (!work->held)
			continue;
		work->held = false;
		if (work->due > soon)
			work->due = soon;
	}
}

void kubelet_retry_pending(struct cluster *cluster, struct kubelet *kubelet)
{
	const struct table *pods = &cluster->store.tables[KIND_POD];

	for (size_t i = 0; i < pods->count; i++) {
		struct pod_work *work = map_get(&kubelet->works, pods->objects[i]->uid);

		if (work && !doc_text(pods->objects[i]->now->value, "spec.nodeName")[0])
			work->due = clock_monotonic_ms();
	}
}

static void schedule(struct cluster *cluster, struct object *pod, struct pod_work *work, int64_t now_ms)
{
	const struct object *node = node_choose(cluster, pod->now->value);
	int64_t now = clock_wall();
	auto_free char *message = NULL;
	struct occurrence occurrence = {.component = "default-scheduler", .host = "", .field_path = "", .first = now,
					.last = now};
	json_t *value = doc_fork(pod->now->value);

	if (node) {
		pod_assign(value, node->name, now);
		store_put(&cluster->store, KIND_POD, value);
		message = words_scheduled(pod->namespace, pod->name, node->name);
		occurrence.type = "Normal";
		occurrence.reason = "Scheduled";
		work->due = now_ms + scaled(cluster, ACCEPT_MS);
	} else {
		json_t *status = doc_own(value, "status");

		message = words_unschedulable(cluster->store.tables[KIND_NODE].count);
		if (!json_object_get(status, "conditions"))
			json_object_set_new(status, "conditions", json_array());
		condition_set(json_object_get(status, "conditions"), "PodScheduled", false, "Unschedulable", message,
			      now);
		store_put(&cluster->store, KIND_POD, value);
		occurrence.type = "Warning";
		occurrence.reason = "FailedScheduling";
		work->due = now_ms + scaled(cluster, PENDING_MS);
	}
	occurrence.message = message;
	record_event(cluster, pod, &occurrence);
}

static void end_pod(struct cluster *cluster, struct object *pod, struct pod_work *work, int64_t now_ms)
{
	struct pod_view view = {.cluster = cluster, .pod = pod, .value = pod->now->value, .now = clock_wall()};

	if (work->ending) {
		store_delete(&cluster->store, pod);	/* frees work too, through kubelet_on_change() */
		return;
	}
	work->ending = true;
	work->due = now_ms + scaled(cluster, END_MS);
	for (size_t i = pod_init_count(view.value); i < pod_container_count(view.value); i++) {
		const char *name = doc_text(pod_container(view.value, i), "name");

		if (doc_get(pod_container_status(view.value, i), "state.running"))
			pod_event(&view, "Normal", "Killing", words_killing(name), false, name);
	}
}

/* All containers run: the readiness probes decide. */
static void probe(struct pod_view *view, struct pod_work *work)
{
	size_t inits = pod_init_count(view->value);
	const char *output = workload_not_ready(view->cluster, view->rule, view->value);
	const char *name = doc_text(pod_container(view->value, inits), "name");
	const json_t *start = doc_get(view->rule, "startSeconds");
	int64_t delay = json_is_number(start) ? (int64_t)(1000 * json_number_value(start)) : READY_MS;

	if (!work->ready_at)
		work->ready_at = view->now_ms + scaled(view->cluster, delay);
	if (view->now_ms < work->ready_at) {
		work->due = work->ready_at;
		return;
	}
	work->held = output;
	if (output) {
		pod_event(view, "Warning", "Unhealthy", words_unhealthy("Readiness", output), false, name);
		work->due = view->now_ms + scaled(view->cluster, PROBE_MS);
		return;
	}
	for (size_t i = inits; i < pod_container_count(view->value); i++) {
		json_t *status = pod_container_status(view->value, i);

		if (!doc_get(status, "state.running") || doc_true(status, "ready"))
			continue;
		container_set_ready(status, true);
		view->changed = true;
	}
}

/* Init containers one after the other, then all others side by side; true once all run. */
static bool advance_containers(struct pod_view *view, struct pod_work *work)
{
	size_t inits = pod_init_count(view->value);
	size_t count = pod_container_count(view->value);
	bool running = true;

	work->due = INT64_MAX;
	for (size_t i = 0; i < count && i < CONTAINERS_MAXIMUM; i++) {
		bool done = container_advance(view, i, &work->containers[i]);

		if (work->containers[i].due < work->due && (!done || i >= inits))
			work->due = work->containers[i].due;
		running = running && done;
		if (i < inits && !done)
			return false;
	}
	return running;
}

static void remember_due(const struct pod_view *view, struct pod_work *work, bool running)
{
	if (running && !pod_is_ready(view->value) && work->due == INT64_MAX && !work->held)
		work->due = view->now_ms + scaled(view->cluster, READY_MS);
}

static void run_pod(struct cluster *cluster, struct object *pod, struct pod_work *work, int64_t now_ms)
{
	struct pod_view view = {.cluster = cluster, .pod = pod, .value = doc_fork(pod->now->value),
				.rule = workload_rule(cluster, pod), .now_ms = now_ms, .now = clock_wall()};
	const struct object *node = store_find(&cluster->store, KIND_NODE, "", doc_text(view.value, "spec.nodeName"));
	const json_t *hold;
	bool running;
	int64_t containers_due;

	doc_own(view.value, "status");
	if (!node) {
		work->due = INT64_MAX;
	} else if (!doc_get(view.value, "status.containerStatuses")) {
		pod_accept(cluster, view.value, node, view.now);
		store_put(&cluster->store, KIND_POD, json_incref(view.value));
		work->due = now_ms + scaled(cluster, ACCEPT_MS);
	} else if ((hold = hold_of(cluster, view.rule, view.value))) {
		if (hold_apply(hold, view.value)) {
			pod_refresh(view.value, view.now);
			store_put(&cluster->store, KIND_POD, json_incref(view.value));
		}
		hold_events(cluster, hold, view.value, view.now, view.now);
		work->held = true;
		work->due = now_ms + scaled(cluster, 1000 * hold_seconds(hold));
	} else {
		running = advance_containers(&view, work);
		containers_due = work->due;
		if (running) {
			work->due = INT64_MAX;
			probe(&view, work);
			work->due = containers_due < work->due ? containers_due : work->due;
		} else {
			work->ready_at = 0;
		}
		if (view.changed)
			pod_refresh(view.value, view.now);
		remember_due(&view, work, running);
		if (view.changed)
			store_put(&cluster->store, KIND_POD, json_incref(view.value));
	}
	json_decref(view.value);
}

/* The work of one pod; afterwards it may be gone. */
static void work_on(struct cluster *cluster, struct kubelet *kubelet, struct pod_work *work, int64_t now_ms)
{
	struct object *pod = store_find_uid(&cluster->store, work->uid);

	if (!pod) {
		map_remove(&kubelet->works, work->uid);
		free(work);
		return;
	}
	if (is_terminating(pod) && doc_text(pod->now->value, "spec.nodeName")[0]) {
		end_pod(cluster, pod, work, now_ms);
		return;
	}
	if (!doc_text(pod->now->value, "spec.nodeName")[0])
		schedule(cluster, pod, work, now_ms);
	else
		run_pod(cluster, pod, work, now_ms);
	if (work->due == INT64_MAX && !needs_work(pod) && !doc_get(workload_rule(cluster, pod), "crash")) {
		map_remove(&kubelet->works, work->uid);
		free(work);
	}
}

int64_t kubelet_step(struct cluster *cluster, struct kubelet *kubelet, int64_t now_ms)
{
	size_t position = 0;
	size_t count = 0;
	struct pod_work *work;
	struct pod_work **due = xcalloc(kubelet->works.count + 1, sizeof(struct pod_work *));
	int64_t next = INT64_MAX;

	/* Working on a pod changes the map: collect first. */
	while ((work = map_next(&kubelet->works, &position)))
		if (work->due <= now_ms)
			due[count++] = work;
	for (size_t i = 0; i < count; i++)
		work_on(cluster, kubelet, due[i], now_ms);
	free(due);
	position = 0;
	while ((work = map_next(&kubelet->works, &position)))
		next = work->due < next ? work->due : next;
	return next;
}
