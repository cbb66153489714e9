#include "probes/sim/controllers.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/kubelet.h"
#include "probes/sim/node.h"
#include "probes/sim/node_control.h"
#include "probes/sim/node_effects.h"
#include "probes/sim/pods.h"
#include "probes/sim/workload_controllers.h"

enum {
	SYNC_MS = 60,			/* from a change to the controllers' look at it */
	HEARTBEAT_MS = 10000,		/* a kubelet's Lease */
	RECHECK_MS = 500,		/* how often times that were set are looked at */
	STATUS_EVERY = 30,		/* node status every 30th heartbeat: five minutes, as a kubelet */
};

struct controllers {
	struct kubelet *kubelet;
	int64_t sync_at;		/* INT64_MAX = nothing is dirty */
	int64_t heartbeat_at;
	int64_t recheck_at;
	uint64_t heartbeats;
	size_t next_node;
	double churn;			/* a second */
	int64_t churned_ms;
};

struct controllers *controllers_new(void)
{
	struct controllers *controllers = xcalloc(1, sizeof(*controllers));

	controllers->kubelet = kubelet_new();
	controllers->sync_at = INT64_MAX;
	return controllers;
}

void controllers_free(struct controllers *controllers)
{
	if (!controllers)
		return;
	kubelet_free(controllers->kubelet);
	free(controllers);
}

void controllers_set_churn(struct cluster *cluster, double per_second)
{
	cluster->controllers->churn = per_second;
	cluster->controllers->churned_ms = clock_monotonic_ms();
}

/* Looks at the object again soon. */
static void mark(struct cluster *cluster, struct object *object)
{
	int64_t at;

	if (!object)
		return;
	object->dirty = true;
	at = clock_monotonic_ms() + (int64_t)(SYNC_MS * cluster->time_scale);
	if (at < cluster->controllers->sync_at) {
		cluster->controllers->sync_at = at;
		cluster_wake(cluster);
	}
}

static void mark_all(struct cluster *cluster, enum kind_id kind)
{
	struct table *table = &cluster->store.tables[kind];

	for (size_t i = 0; i < table->count; i++)
		mark(cluster, table->objects[i]);
}

static void mark_budgets(struct cluster *cluster, const char *namespace)
{
	size_t i;
	size_t end;

	store_range(&cluster->store, KIND_DISRUPTION_BUDGET, namespace, &i, &end);
	for (; i < end; i++)
		mark(cluster, cluster->store.tables[KIND_DISRUPTION_BUDGET].objects[i]);
}

/* A node's heartbeat is no reason to look at DaemonSets; its labels, taints and coming and going are. */
static bool node_matters(const struct change *change)
{
	if (change->type != CHANGE_MODIFIED)
		return true;
	return !json_equal(doc_get(change->now->value, "spec"), doc_get(change->before->value, "spec")) ||
	       !json_equal(doc_get(change->now->value, "metadata.labels"),
			   doc_get(change->before->value, "metadata.labels"));
}

/* The last pod that goes lets a Deployment of the strategy Recreate go on (deployment_controller.go, deletePod). */
static void mark_owners(struct cluster *cluster, const struct object *pod, const struct change *change)
{
	struct object *owner = store_find_uid(&cluster->store, pod->owner_uid);

	mark(cluster, owner);
	if (owner && change->type == CHANGE_DELETED)
		mark(cluster, store_find_uid(&cluster->store, owner->owner_uid));
}

void controllers_on_change(struct cluster *cluster, struct object *object, const struct change *change)
{
	switch (object->kind->id) {
	case KIND_POD:
		mark_owners(cluster, object, change);
		mark_budgets(cluster, object->namespace);
		kubelet_on_change(cluster, cluster->controllers->kubelet, object, change);
		break;
	case KIND_NODE:
		if (node_matters(change)) {
			if (change->type != CHANGE_DELETED)
				mark(cluster, object);
			mark_all(cluster, KIND_DAEMON_SET);
			kubelet_retry_pending(cluster, cluster->controllers->kubelet);
		}
		break;
	case KIND_DAEMON_SET:
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_STATEFUL_SET:
		mark(cluster, store_find_uid(&cluster->store, object->owner_uid));
		if (change->type != CHANGE_DELETED)
			mark(cluster, object);
		kubelet_workload_changed(cluster, cluster->controllers->kubelet);
		break;
	case KIND_DISRUPTION_BUDGET:
		if (change->type != CHANGE_DELETED)
			mark(cluster, object);
		break;
	default:
		break;
	}
}

static void reconcile(struct cluster *cluster, struct object *object, bool act, int64_t now)
{
	object->dirty = false;
	switch (object->kind->id) {
	case KIND_DAEMON_SET:
		daemon_set_reconcile(cluster, object, act, now);
		break;
	case KIND_REPLICA_SET:
		replica_set_reconcile(cluster, object, act, now);
		break;
	case KIND_DEPLOYMENT:
		deployment_reconcile(cluster, object, act, now);
		break;
	case KIND_STATEFUL_SET:
		stateful_set_reconcile(cluster, object, act, now);
		break;
	case KIND_NODE:
		node_reconcile(cluster, object, now);
		break;
	default:
		disruption_budget_reconcile(cluster, object, now);
		break;
	}
}

static const enum kind_id reconciled[] = {KIND_DAEMON_SET, KIND_REPLICA_SET, KIND_DEPLOYMENT, KIND_STATEFUL_SET,
					  KIND_DISRUPTION_BUDGET, KIND_NODE};

/* Reconciling may create or remove objects of the same kind: go by uid. */
static bool reconcile_dirty(struct cluster *cluster, bool act)
{
	int64_t now = clock_wall();
	bool any = false;

	for (size_t i = 0; i < array_length(reconciled); i++) {
		const struct table *table = &cluster->store.tables[reconciled[i]];

		for (size_t j = 0; j < table->count; j++) {
			if (!table->objects[j]->dirty)
				continue;
			any = true;
			reconcile(cluster, table->objects[j], act, now);
		}
	}
	return any;
}

void controllers_settle(struct cluster *cluster)
{
	for (size_t i = 0; i < array_length(reconciled); i++)
		mark_all(cluster, reconciled[i]);
	for (int rounds = 0; rounds < 5 && reconcile_dirty(cluster, false); rounds++)
		;
}

/* Deadlines of rollouts and minReadySeconds come without a change. */
static void recheck(struct cluster *cluster, int64_t now_ms)
{
	int64_t now = clock_wall();

	for (size_t i = 0; i < array_length(reconciled); i++) {
		const struct table *table = &cluster->store.tables[reconciled[i]];

		for (size_t j = 0; j < table->count; j++) {
			struct object *object = table->objects[j];

			if (!object->recheck || object->recheck > now)
				continue;
			object->recheck = 0;
			mark(cluster, object);
		}
	}
	nodes_check_network(cluster, now);
	cluster->controllers->recheck_at = now_ms + RECHECK_MS;
}

static void heartbeat(struct cluster *cluster, int64_t now_ms)
{
	struct controllers *controllers = cluster->controllers;
	const struct table *nodes = &cluster->store.tables[KIND_NODE];
	int64_t interval;

	if (!nodes->count) {
		controllers->heartbeat_at = now_ms + HEARTBEAT_MS;
		return;
	}
	/* One node after the other, each every ten seconds. */
	controllers->next_node = (controllers->next_node + 1) % nodes->count;
	controllers->heartbeats++;
	node_heartbeat(cluster, nodes->objects[controllers->next_node], clock_wall(),
		       controllers->heartbeats / nodes->count % STATUS_EVERY == STATUS_EVERY - 1);
	interval = HEARTBEAT_MS / (int64_t)nodes->count;
	controllers->heartbeat_at = now_ms + (interval > 0 ? interval : 1);
}

/* A status write that changes nothing that matters, as busy clusters have many of. */
static void churn_one(struct cluster *cluster)
{
	const struct table *pods = &cluster->store.tables[KIND_POD];
	struct object *pod;
	json_t *value;
	json_t *ready;

	if (!pods->count)
		return;
	pod = pods->objects[random_below(&cluster->random, pods->count)];
	value = doc_fork(pod->now->value);
	ready = doc_find(doc_get(doc_own(value, "status"), "conditions"), "type", "Ready");
	if (ready)
		doc_set(ready, "lastProbeTime",
			doc_time(clock_wall() - (int64_t)random_below(&cluster->random, 1000000)));
	store_put(&cluster->store, KIND_POD, value);
}

static int64_t churn(struct cluster *cluster, int64_t now_ms)
{
	struct controllers *controllers = cluster->controllers;
	int64_t interval_us;

	if (controllers->churn <= 0)
		return INT64_MAX;
	interval_us = (int64_t)(1e6 / controllers->churn);
	while ((now_ms - controllers->churned_ms) * 1000 >= interval_us) {
		int64_t count = (now_ms - controllers->churned_ms) * 1000 / interval_us;

		for (int64_t i = 0; i < count && i < 1000; i++)
			churn_one(cluster);
		controllers->churned_ms += count * interval_us / 1000 > 0 ? count * interval_us / 1000 : 1;
	}
	return controllers->churned_ms + interval_us / 1000 + 1;
}

void controllers_look_again(struct cluster *cluster)
{
	kubelet_workload_changed(cluster, cluster->controllers->kubelet);
	cluster_wake(cluster);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t controllers_step(struct cluster *cluster, int64_t now_ms)
{
	struct controllers *controllers = cluster->controllers;
	int64_t next;

	if (controllers->recheck_at <= now_ms)
		recheck(cluster, now_ms);
	if (controllers->sync_at <= now_ms) {
		controllers->sync_at = INT64_MAX;
		reconcile_dirty(cluster, true);
	}
	next = kubelet_step(cluster, controllers->kubelet, now_ms);
	next = smaller(next, machines_step(cluster, now_ms));
	if (controllers->heartbeat_at <= now_ms)
		heartbeat(cluster, now_ms);
	next = smaller(next, churn(cluster, now_ms));
	next = smaller(next, controllers->sync_at);
	next = smaller(next, controllers->recheck_at);
	return smaller(next, controllers->heartbeat_at);
}

struct object **pods_of(const struct cluster *cluster, const struct object *owner, size_t *ret_count)
{
	const struct table *table = &cluster->store.tables[KIND_POD];
	struct object **pods;
	size_t first;
	size_t end;

	*ret_count = 0;
	store_range(&cluster->store, KIND_POD, owner->namespace, &first, &end);
	pods = xcalloc(end - first + 1, sizeof(struct object *));
	for (size_t i = first; i < end; i++)
		if (!strcmp(table->objects[i]->owner_uid, owner->uid))
			pods[(*ret_count)++] = table->objects[i];
	return pods;
}

bool is_terminating(const struct object *object)
{
	return doc_get(object->now->value, "metadata.deletionTimestamp");
}

bool pod_is_finished(const struct object *pod)
{
	const char *phase = doc_text(pod->now->value, "status.phase");

	return !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed");
}

bool pod_is_available(const struct object *pod, int64_t min_ready_seconds, int64_t now)
{
	const json_t *ready = doc_find(doc_get(pod->now->value, "status.conditions"), "type", "Ready");

	if (strcmp(doc_text(ready, "status"), "True"))
		return false;
	return !min_ready_seconds || doc_wall(ready, "lastTransitionTime") + min_ready_seconds <= now;
}

int64_t int_or_percent(const json_t *value, int64_t total, bool round_up, int64_t otherwise)
{
	long long percent;

	if (json_is_integer(value))
		return json_integer_value(value);
	if (!json_is_string(value) || sscanf(json_string_value(value), "%lld%%", &percent) != 1)
		return otherwise;
	return (percent * total + (round_up ? 99 : 0)) / 100;
}

void put_status(struct cluster *cluster, struct object *object, json_t *status)
{
	json_t *value;

	if (json_equal(json_object_get(object->now->value, "status"), status)) {
		json_decref(status);
		return;
	}
	value = doc_fork(object->now->value);
	json_object_set_new(value, "status", status);
	store_put(&cluster->store, object->kind->id, value);
}
