/*
 * The Deployment controller: a ReplicaSet a template, scaled against each
 * other as kubernetes/pkg/controller/deployment/rolling.go does it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"
#include "probes/sim/workload_controllers.h"

static const char revision_annotation[] = "deployment.kubernetes.io/revision";

struct state {
	struct cluster *cluster;
	struct object *deployment;
	char hash[11];
	int64_t now;
	int64_t wanted;
	int64_t surge;
	int64_t unavailable;
	struct object **sets;	/* all of this deployment */
	size_t count;
	struct object *present;	/* of the present template; NULL before it is made */
	bool created;		/* the present set was made just now */
};

static int64_t replicas_of(const struct object *set)
{
	return doc_int(set->now->value, "spec.replicas");
}

static int64_t sum(const struct state *state, const char *path, bool old_only)
{
	int64_t total = 0;

	for (size_t i = 0; i < state->count; i++)
		if (!old_only || state->sets[i] != state->present)
			total += doc_int(state->sets[i]->now->value, path);
	return total;
}

static void find_sets(struct state *state)
{
	const struct table *table = &state->cluster->store.tables[KIND_REPLICA_SET];
	size_t i;
	size_t end;

	store_range(&state->cluster->store, KIND_REPLICA_SET, state->deployment->namespace, &i, &end);
	free(state->sets);
	state->sets = xcalloc(end - i + 1, sizeof(struct object *));
	state->count = 0;
	state->present = NULL;
	for (; i < end; i++) {
		const json_t *labels = doc_get(table->objects[i]->now->value, "metadata.labels");
		const char *hash = json_string_value(json_object_get(labels, "pod-template-hash"));

		if (strcmp(table->objects[i]->owner_uid, state->deployment->uid))
			continue;
		state->sets[state->count++] = table->objects[i];
		if (hash && !strcmp(hash, state->hash))
			state->present = table->objects[i];
	}
}

static int64_t revision_of(const struct object *object)
{
	const json_t *text = json_object_get(doc_get(object->now->value, "metadata.annotations"), revision_annotation);
	int64_t number = 0;

	if (json_is_string(text))
		sscanf(json_string_value(text), "%" SCNd64, &number);
	return number;
}

static void annotate_revision(struct cluster *cluster, struct object *object, int64_t number)
{
	json_t *value = doc_fork(object->now->value);
	json_t *metadata = doc_own(value, "metadata");
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	if (!json_object_get(metadata, "annotations"))
		json_object_set_new(metadata, "annotations", json_object());
	json_object_set_new(json_object_get(metadata, "annotations"), revision_annotation, json_string(text));
	store_put(&cluster->store, object->kind->id, value);
}

static void scale_set(struct state *state, struct object *set, int64_t replicas)
{
	int64_t before = replicas_of(set);
	auto_free char *message = NULL;
	struct occurrence occurrence = {.type = "Normal", .reason = "ScalingReplicaSet",
					.component = "deployment-controller", .host = "", .field_path = "",
					.first = state->now, .last = state->now};
	json_t *value;

	if (before == replicas)
		return;
	value = doc_fork(set->now->value);
	doc_set_int(doc_own(value, "spec"), "replicas", replicas);
	doc_set_int(doc_own(value, "metadata"), "generation", doc_int(set->now->value, "metadata.generation") + 1);
	store_put(&state->cluster->store, KIND_REPLICA_SET, value);
	message = xasprintf("Scaled %s replica set %s to %" PRId64 " from %" PRId64, replicas > before ? "up" : "down",
			    set->name, replicas, before);
	occurrence.message = message;
	record_event(state->cluster, state->deployment, &occurrence);
}

/* The ReplicaSet of the present template, with no replicas yet. */
static void make_present(struct state *state)
{
	const struct object *deployment = state->deployment;
	struct owner owner = {.api_version = "apps/v1", .kind = "Deployment", .name = deployment->name,
			      .uid = deployment->uid};
	auto_free char *name = xasprintf("%s-%s", deployment->name, state->hash);
	json_t *template = json_deep_copy(doc_get(deployment->now->value, "spec.template"));
	json_t *selector = json_deep_copy(doc_get(deployment->now->value, "spec.selector"));
	json_t *metadata = metadata_new(state->cluster, deployment->namespace, name, state->now);
	int64_t min_ready = doc_int(deployment->now->value, "spec.minReadySeconds");
	json_t *set;

	json_object_set_new(doc_get(template, "metadata.labels"), "pod-template-hash", json_string(state->hash));
	doc_set_text(selector, "matchLabels.pod-template-hash", state->hash);
	json_object_set_new(metadata, "labels", json_copy(doc_get(template, "metadata.labels")));
	json_object_set_new(metadata, "ownerReferences", owner_references(&owner));
	doc_set_int(metadata, "generation", 1);
	set = json_pack("{s:o, s:{s:i, s:o, s:o}, s:{s:i}}", "metadata", metadata, "spec", "replicas", 0, "selector",
			selector, "template", template, "status", "replicas", 0);
	if (min_ready)
		doc_set_int(set, "spec.minReadySeconds", min_ready);
	store_put(&state->cluster->store, KIND_REPLICA_SET, set);
	find_sets(state);
	state->created = true;
}

static void ensure_present(struct state *state)
{
	int64_t highest = 0;

	for (size_t i = 0; i < state->count; i++)
		if (state->sets[i] != state->present && revision_of(state->sets[i]) > highest)
			highest = revision_of(state->sets[i]);
	if (!state->present)
		make_present(state);
	if (revision_of(state->present) <= highest)
		annotate_revision(state->cluster, state->present, highest + 1);
	if (revision_of(state->deployment) != revision_of(state->present))
		annotate_revision(state->cluster, state->deployment, revision_of(state->present));
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void scale_up(struct state *state)
{
	int64_t room = state->wanted + state->surge - sum(state, "spec.replicas", false);
	int64_t present = replicas_of(state->present);

	if (present > state->wanted)
		scale_set(state, state->present, state->wanted);
	else if (present < state->wanted && room > 0)
		scale_set(state, state->present, smaller(state->wanted, present + room));
}

/* Old replicas that are not available serve nobody and go first; then available ones, as far as they are spare. */
static void scale_down(struct state *state)
{
	int64_t least = state->wanted - state->unavailable;
	int64_t missing = replicas_of(state->present) -
			  doc_int(state->present->now->value, "status.availableReplicas");
	int64_t room = sum(state, "spec.replicas", false) - least - missing;
	int64_t spare = sum(state, "status.availableReplicas", false) - least;

	for (size_t i = 0; i < state->count && room > 0; i++) {
		struct object *set = state->sets[i];
		int64_t dead = replicas_of(set) - doc_int(set->now->value, "status.availableReplicas");
		int64_t cut = smaller(room, dead);

		if (set == state->present || cut <= 0)
			continue;
		scale_set(state, set, replicas_of(set) - cut);
		room -= cut;
	}
	for (size_t i = 0; i < state->count && room > 0 && spare > 0; i++) {
		struct object *set = state->sets[i];
		int64_t cut = smaller(smaller(room, spare), replicas_of(set));

		if (set == state->present || cut <= 0)
			continue;
		scale_set(state, set, replicas_of(set) - cut);
		room -= cut;
		spare -= cut;
	}
}

static void recreate(struct state *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->sets[i] != state->present)
			scale_set(state, state->sets[i], 0);
	for (size_t i = 0; i < state->count; i++) {
		size_t left;

		if (state->sets[i] == state->present)
			continue;
		free(pods_of(state->cluster, state->sets[i], &left));
		if (left)
			return;
	}
	scale_set(state, state->present, state->wanted);
}

static void set_condition(json_t *conditions, const char *type, const char *status, const char *reason,
			  const char *message, int64_t wall)
{
	json_t *condition = doc_find(conditions, "type", type);

	if (!condition) {
		condition = json_pack("{s:s, s:s}", "type", type, "status", "");
		json_array_append_new(conditions, condition);
	}
	if (!strcmp(doc_text(condition, "status"), status) && !strcmp(doc_text(condition, "reason"), reason) &&
	    !strcmp(doc_text(condition, "message"), message))
		return;
	if (strcmp(doc_text(condition, "status"), status))
		doc_set(condition, "lastTransitionTime", doc_time(wall));
	doc_set_text(condition, "status", status);
	doc_set_text(condition, "reason", reason);
	doc_set_text(condition, "message", message);
	doc_set(condition, "lastUpdateTime", doc_time(wall));
}

/* When its pods came into the state they are in: for a cluster that has been there before it started. */
static int64_t since_of(const struct state *state, bool available)
{
	int64_t latest = doc_wall(state->deployment->now->value, "metadata.creationTimestamp") + 30;
	size_t count;
	struct object **pods;

	if (available || !state->present)
		return latest;
	pods = pods_of(state->cluster, state->present, &count);
	for (size_t i = 0; i < count; i++) {
		int64_t at = doc_wall(doc_find(doc_get(pods[i]->now->value, "status.conditions"), "type", "Ready"),
				      "lastTransitionTime");

		if (!pod_is_available(pods[i], 0, state->now) && at > latest)
			latest = at;
	}
	free(pods);
	return latest;
}

static void write_progress(struct state *state, json_t *conditions, const json_t *status, bool first)
{
	const char *name = state->present ? state->present->name : "";
	auto_free char *done = xasprintf("ReplicaSet \"%s\" has successfully progressed.", name);
	auto_free char *going = xasprintf("ReplicaSet \"%s\" is progressing.", name);
	auto_free char *made = xasprintf("Created new replica set \"%s\"", name);
	auto_free char *late = xasprintf("ReplicaSet \"%s\" has timed out progressing.", name);
	const json_t *condition = doc_find(conditions, "type", "Progressing");
	const json_t *was = doc_get(state->deployment->now->value, "status");
	bool complete = doc_int(status, "updatedReplicas") == state->wanted &&
			doc_int(status, "replicas") == state->wanted &&
			doc_int(status, "availableReplicas") == state->wanted;
	bool finished = !strcmp(doc_text(condition, "reason"), "NewReplicaSetAvailable") &&
			doc_int(was, "observedGeneration") == doc_int(status, "observedGeneration");
	bool moved = doc_int(status, "updatedReplicas") > doc_int(was, "updatedReplicas") ||
		     doc_int(status, "readyReplicas") > doc_int(was, "readyReplicas") ||
		     doc_int(status, "availableReplicas") > doc_int(was, "availableReplicas") ||
		     doc_int(status, "replicas") < doc_int(was, "replicas");
	int64_t deadline = doc_int_or(state->deployment->now->value, "spec.progressDeadlineSeconds", 600);

	if (complete || first) {
		set_condition(conditions, "Progressing", "True", "NewReplicaSetAvailable", done,
			      first ? doc_wall(state->deployment->now->value, "metadata.creationTimestamp") + 40
				    : state->now);
	} else if (finished) {
		return;		/* a rollout that was complete is not undone by pods that fail later */
	} else if (state->created) {
		set_condition(conditions, "Progressing", "True", "NewReplicaSetCreated", made, state->now);
	} else if (moved || strcmp(doc_text(condition, "reason"), "ReplicaSetUpdated")) {
		if (!moved && !strcmp(doc_text(condition, "reason"), "ProgressDeadlineExceeded"))
			return;
		if (!moved && !strcmp(doc_text(condition, "reason"), "NewReplicaSetCreated"))
			return;
		set_condition(conditions, "Progressing", "True", "ReplicaSetUpdated", going, state->now);
	}
	condition = doc_find(conditions, "type", "Progressing");
	if (complete || first || !strcmp(doc_text(condition, "reason"), "ProgressDeadlineExceeded"))
		return;
	state->deployment->recheck = doc_wall(condition, "lastUpdateTime") + deadline;
	if (state->deployment->recheck <= state->now)
		set_condition(conditions, "Progressing", "False", "ProgressDeadlineExceeded", late, state->now);
}

static void write_status(struct state *state)
{
	const json_t *value = state->deployment->now->value;
	const json_t *old = doc_get(value, "status.conditions");
	json_t *conditions = old ? json_deep_copy(old) : json_array();
	int64_t available = sum(state, "status.availableReplicas", false);
	const json_t *present = state->present ? state->present->now->value : NULL;
	bool enough = available >= state->wanted - state->unavailable;
	const struct {
		const char *name;
		int64_t number;
	} numbers[] = {
		{"observedGeneration", doc_int(value, "metadata.generation")},
		{"replicas", sum(state, "status.replicas", false)},
		{"updatedReplicas", doc_int(present, "status.replicas")},
		{"readyReplicas", sum(state, "status.readyReplicas", false)},
		{"availableReplicas", available},
		{"unavailableReplicas", sum(state, "status.replicas", false) > state->wanted
						? sum(state, "status.replicas", false) - available
						: state->wanted - available},
	};
	json_t *status = json_object();

	for (size_t i = 0; i < array_length(numbers); i++)
		if (numbers[i].number > 0)
			doc_set_int(status, numbers[i].name, numbers[i].number);
	set_condition(conditions, "Available", enough ? "True" : "False",
		      enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
		      enough ? "Deployment has minimum availability."
			     : "Deployment does not have minimum availability.",
		      old ? state->now : since_of(state, enough));
	write_progress(state, conditions, status, !old && !state->created);
	doc_set(status, "conditions", conditions);
	put_status(state->cluster, state->deployment, status);
}

static void read_strategy(struct state *state)
{
	const json_t *strategy = doc_get(state->deployment->now->value, "spec.strategy");

	state->wanted = doc_int_or(state->deployment->now->value, "spec.replicas", 1);
	if (!strcmp(doc_text(strategy, "type"), "Recreate")) {
		state->unavailable = state->wanted;
		return;
	}
	state->surge = int_or_percent(doc_get(strategy, "rollingUpdate.maxSurge"), state->wanted, true, 1);
	state->unavailable = int_or_percent(doc_get(strategy, "rollingUpdate.maxUnavailable"), state->wanted, false, 0);
	if (!state->surge && !state->unavailable)
		state->unavailable = 1;
}

void deployment_reconcile(struct cluster *cluster, struct object *deployment, bool act, int64_t now)
{
	struct state state = {.cluster = cluster, .deployment = deployment, .now = now};

	if (is_terminating(deployment))
		return;
	template_hash(doc_get(deployment->now->value, "spec.template"), state.hash);
	read_strategy(&state);
	find_sets(&state);
	if (act && !doc_true(deployment->now->value, "spec.paused")) {
		ensure_present(&state);
		if (!strcmp(doc_text(deployment->now->value, "spec.strategy.type"), "Recreate")) {
			recreate(&state);
		} else {
			scale_up(&state);
			scale_down(&state);
		}
	}
	write_status(&state);
	free(state.sets);
}
