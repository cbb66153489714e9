/*
 * The DaemonSet controller: one pod a node; rolling updates as
 * kubernetes/pkg/controller/daemon/update.go: old pods that are not available
 * go at once, available ones as far as maxUnavailable allows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/node.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/recorder.h"
#include "probes/sim/revisions.h"
#include "probes/sim/workload_controllers.h"

struct state {
	struct cluster *cluster;
	struct object *set;
	char hash[11];
	int64_t now;
	int64_t min_ready;
	struct object **pods;
	size_t count;
	/* counted */
	int64_t desired;
	int64_t current;
	int64_t misscheduled;
	int64_t ready;
	int64_t updated;
	int64_t available;
};

static const char *node_of(const struct object *pod)
{
	return doc_text(pod->now->value, "spec.nodeName");
}

static bool is_updated(const struct state *state, const struct object *pod)
{
	const json_t *hash = json_object_get(doc_get(pod->now->value, "metadata.labels"), "controller-revision-hash");

	return json_is_string(hash) && !strcmp(json_string_value(hash), state->hash);
}

/* The pod of a node: one that is not terminating before one that is. NULL where there is none. */
static struct object *pod_on(const struct state *state, const char *node)
{
	struct object *found = NULL;

	for (size_t i = 0; i < state->count; i++)
		if (!strcmp(node_of(state->pods[i]), node) && (!found || is_terminating(found)))
			found = state->pods[i];
	return found;
}

static void count_node(struct state *state, const struct object *node, const json_t *pod_spec)
{
	const struct object *pod = pod_on(state, node->name);

	if (!node_wants(node, pod_spec)) {
		state->misscheduled += pod != NULL;
		return;
	}
	state->desired++;
	if (!pod || is_terminating(pod))
		return;
	state->current++;
	state->ready += pod_is_available(pod, 0, state->now);
	state->available += pod_is_available(pod, state->min_ready, state->now);
	state->updated += is_updated(state, pod);
}

static void count_nodes(struct state *state)
{
	const struct table *nodes = &state->cluster->store.tables[KIND_NODE];
	const json_t *pod_spec = doc_get(state->set->now->value, "spec.template.spec");

	for (size_t i = 0; i < nodes->count; i++)
		count_node(state, nodes->objects[i], pod_spec);
}

static void write_status(struct state *state)
{
	const json_t *value = state->set->now->value;
	json_t *status = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "currentNumberScheduled",
				   (json_int_t)state->current, "numberMisscheduled", (json_int_t)state->misscheduled,
				   "desiredNumberScheduled", (json_int_t)state->desired, "numberReady",
				   (json_int_t)state->ready, "observedGeneration",
				   (json_int_t)doc_int(value, "metadata.generation"), "updatedNumberScheduled",
				   (json_int_t)state->updated);

	if (state->available)
		doc_set_int(status, "numberAvailable", state->available);
	if (state->desired > state->available)
		doc_set_int(status, "numberUnavailable", state->desired - state->available);
	put_status(state->cluster, state->set, status);
}

static void create_missing(struct state *state)
{
	const struct table *nodes = &state->cluster->store.tables[KIND_NODE];
	json_t *template = json_deep_copy(doc_get(state->set->now->value, "spec.template"));
	json_t *labels = doc_get(template, "metadata.labels");
	char generation[24];

	snprintf(generation, sizeof(generation), "%" PRId64, doc_int(state->set->now->value, "metadata.generation"));
	json_object_set_new(labels, "controller-revision-hash", json_string(state->hash));
	json_object_set_new(labels, "pod-template-generation", json_string(generation));
	for (size_t i = 0; i < nodes->count; i++) {
		char suffix[8];
		auto_free char *name = NULL;

		if (!node_wants(nodes->objects[i], json_object_get(template, "spec")) ||
		    pod_on(state, nodes->objects[i]->name))
			continue;
		random_suffix(&state->cluster->random, 5, suffix);
		name = xasprintf("%s-%s", state->set->name, suffix);
		pod_create(state->cluster, state->set, template, name, nodes->objects[i]->name);
	}
	json_decref(template);
}

static void delete_pod(struct state *state, struct object *pod)
{
	auto_free char *message = xasprintf("Deleted pod: %s", pod->name);
	struct occurrence occurrence = {.type = "Normal", .reason = "SuccessfulDelete", .message = message,
					.component = "daemonset-controller", .host = "", .field_path = "",
					.first = state->now, .last = state->now};

	record_event(state->cluster, state->set, &occurrence);
	pod_delete(state->cluster, pod, pod_grace(pod));
}

static void roll(struct state *state)
{
	const json_t *limit = doc_get(state->set->now->value, "spec.updateStrategy.rollingUpdate.maxUnavailable");
	int64_t room = int_or_percent(limit, state->desired, true, 1) - (state->desired - state->available);

	for (size_t i = 0; i < state->count; i++) {
		struct object *pod = state->pods[i];

		if (is_terminating(pod) || is_updated(state, pod) || pod_is_finished(pod))
			continue;
		if (pod_is_available(pod, state->min_ready, state->now)) {
			if (room <= 0)
				continue;
			room--;
		}
		delete_pod(state, pod);
	}
}

/* Failed pods are replaced, and those on nodes that are not wanted go. */
static void remove_stray(struct state *state)
{
	const json_t *pod_spec = doc_get(state->set->now->value, "spec.template.spec");

	for (size_t i = 0; i < state->count; i++) {
		struct object *pod = state->pods[i];
		const struct object *node = store_find(&state->cluster->store, KIND_NODE, "", node_of(pod));

		if (!is_terminating(pod) && (pod_is_finished(pod) || !node || !node_wants(node, pod_spec)))
			delete_pod(state, pod);
	}
}

void daemon_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now)
{
	struct state state = {.cluster = cluster, .set = set, .now = now,
			      .min_ready = doc_int(set->now->value, "spec.minReadySeconds")};

	if (is_terminating(set))
		return;
	template_hash(doc_get(set->now->value, "spec.template"), state.hash);
	revision_ensure(cluster, set, state.hash, state.hash, now);
	state.pods = pods_of(cluster, set, &state.count);
	count_nodes(&state);
	write_status(&state);
	if (state.available < state.ready)
		set->recheck = now + 1;
	if (act) {
		create_missing(&state);
		remove_stray(&state);
		free(state.pods);
		state.pods = pods_of(cluster, set, &state.count);
		if (strcmp(doc_text(set->now->value, "spec.updateStrategy.type"), "OnDelete"))
			roll(&state);
	}
	free(state.pods);
}
