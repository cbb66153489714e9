/*
 * The StatefulSet controller: ordinals one by one, in order; updates from the
 * highest down to the partition.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/pods.h"
#include "probes/sim/revisions.h"
#include "probes/sim/workload_controllers.h"

struct state {
	struct cluster *cluster;
	struct object *set;
	char *revision;	/* name-hash of the present template */
	int64_t now;
	int64_t wanted;
};

static struct object *pod_at(const struct state *state, int64_t ordinal)
{
	auto_free char *name = xasprintf("%s-%" PRId64, state->set->name, ordinal);

	return store_find(&state->cluster->store, KIND_POD, state->set->namespace, name);
}

static const char *revision_of(const struct object *pod)
{
	const json_t *labels = doc_get(pod->now->value, "metadata.labels");
	const char *text = json_string_value(json_object_get(labels, "controller-revision-hash"));

	return text ? text : "";
}

static void write_status(const struct state *state)
{
	const json_t *value = state->set->now->value;
	const char *current = doc_text(value, "status.currentRevision");
	int64_t counts[4] = {0};	/* all, ready, updated, of the current revision */
	json_t *status;

	if (!current[0])
		current = state->revision;
	for (int64_t i = 0; i < state->wanted; i++) {
		const struct object *pod = pod_at(state, i);

		if (!pod || is_terminating(pod))
			continue;
		counts[0]++;
		counts[1] += pod_is_available(pod, 0, state->now);
		counts[2] += !strcmp(revision_of(pod), state->revision);
		counts[3] += !strcmp(revision_of(pod), current);
	}
	if (counts[2] == state->wanted && counts[1] == state->wanted) {
		current = state->revision;
		counts[3] = counts[2];
	}
	status = json_pack("{s:I, s:I, s:s, s:s, s:i}", "observedGeneration",
			   (json_int_t)doc_int(value, "metadata.generation"), "replicas", (json_int_t)counts[0],
			   "currentRevision", current, "updateRevision", state->revision, "collisionCount", 0);
	if (counts[1])
		doc_set_int(status, "readyReplicas", counts[1]);
	if (counts[3])
		doc_set_int(status, "currentReplicas", counts[3]);
	if (counts[2])
		doc_set_int(status, "updatedReplicas", counts[2]);
	doc_set_int(status, "availableReplicas", counts[1]);
	put_status(state->cluster, state->set, status);
}

static void create_at(const struct state *state, int64_t ordinal)
{
	json_t *template = json_deep_copy(doc_get(state->set->now->value, "spec.template"));
	json_t *labels = doc_get(template, "metadata.labels");
	auto_free char *name = xasprintf("%s-%" PRId64, state->set->name, ordinal);
	auto_free char *index = xasprintf("%" PRId64, ordinal);

	json_object_set_new(labels, "controller-revision-hash", json_string(state->revision));
	json_object_set_new(labels, "statefulset.kubernetes.io/pod-name", json_string(name));
	json_object_set_new(labels, "apps.kubernetes.io/pod-index", json_string(index));
	pod_claims(template, state->set->now->value, ordinal);
	pod_create(state->cluster, state->set, template, name, NULL);
	json_decref(template);
}

/* False where a pod must be waited for first. */
static bool fill_up(const struct state *state)
{
	bool parallel = !strcmp(doc_text(state->set->now->value, "spec.podManagementPolicy"), "Parallel");

	for (int64_t i = 0; i < state->wanted; i++) {
		struct object *pod = pod_at(state, i);

		if (!pod) {
			create_at(state, i);
			if (!parallel)
				return false;
		} else if (!parallel && !pod_is_available(pod, 0, state->now) && !is_terminating(pod) &&
			   !strcmp(revision_of(pod), state->revision)) {
			return false;
		} else if (!parallel && is_terminating(pod)) {
			return false;
		}
	}
	return true;
}

/* One pod beyond the wanted ordinals, the highest first. */
static bool shrink(const struct state *state)
{
	size_t count;
	struct object **pods = pods_of(state->cluster, state->set, &count);
	struct object *highest = NULL;
	int64_t at = state->wanted - 1;

	for (size_t i = 0; i < count; i++) {
		const char *dash = strrchr(pods[i]->name, '-');
		int64_t ordinal = -1;

		if (dash && sscanf(dash + 1, "%" SCNd64, &ordinal) == 1 && ordinal > at) {
			at = ordinal;
			highest = pods[i];
		}
	}
	free(pods);
	if (highest)
		pod_delete(state->cluster, highest, pod_grace(highest));
	return highest;
}

static void roll(const struct state *state)
{
	int64_t partition = doc_int(state->set->now->value, "spec.updateStrategy.rollingUpdate.partition");

	for (int64_t i = state->wanted - 1; i >= partition; i--) {
		struct object *pod = pod_at(state, i);

		if (!pod || is_terminating(pod))
			return;
		if (strcmp(revision_of(pod), state->revision)) {
			pod_delete(state->cluster, pod, pod_grace(pod));
			return;
		}
		if (!pod_is_available(pod, 0, state->now))
			return;
	}
}

void stateful_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now)
{
	struct state state = {.cluster = cluster, .set = set, .now = now,
			      .wanted = doc_int_or(set->now->value, "spec.replicas", 1)};
	char hash[11];

	if (is_terminating(set))
		return;
	template_hash(doc_get(set->now->value, "spec.template"), hash);
	state.revision = xasprintf("%s-%s", set->name, hash);
	revision_ensure(cluster, set, hash, state.revision, now);
	if (act && !shrink(&state) && fill_up(&state) &&
	    strcmp(doc_text(set->now->value, "spec.updateStrategy.type"), "OnDelete"))
		roll(&state);
	write_status(&state);
	free(state.revision);
}
