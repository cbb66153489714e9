/*
 * Room for evicted pods: what the other nodes have left (allocatable less the
 * requests of the pods that run there), in the manner of the scheduler but
 * roughly: requests, number of pods, nodeSelector and taints. A cluster may
 * have a thousand nodes: those with the most free places are looked at, and
 * it is said how many.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/plan_impact.h"
#include "probes/remedy/pod_spec.h"

enum { NODES_MAXIMUM = 12 };

struct room {
	char *name;
	json_t *node;			/* labels and taints are asked of it */
	int64_t pods;			/* places that are left */
	struct pod_needs left;
	bool pods_were_read;
};

struct rooms {
	struct room rooms[NODES_MAXIMUM];
	size_t count;
	size_t ready;			/* nodes that may take pods at all */
};

void room_free(struct rooms *rooms)
{
	for (size_t i = 0; rooms && i < rooms->count; i++) {
		free(rooms->rooms[i].name);
		json_decref(rooms->rooms[i].node);
	}
	free(rooms);
}

static void say_unseen(struct change *change, const struct room *room, const struct err *err)
{
	auto_free char *why = change_say_err(change, err);
	auto_free char *text = change_say(change, "room on {node}: {reason}", "node", room->name, "reason", why, NULL);

	impact_add_unseen(change, text);
}

static void on_node(struct change *change, void *data, const struct kube_result *result)
{
	struct room *room = data;

	if (result->code == ERR_NONE && json_is_object(result->document))
		room->node = json_incref(result->document);
	else
		say_unseen(change, room, &result->err);
	plan_answered(change);
}

static bool is_over(const json_t *pod)
{
	const char *phase = json_string_value(pointer_get(pod, "/status/phase"));

	return phase && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed"));
}

static void on_pods(struct change *change, void *data, const struct kube_result *result)
{
	struct room *room = data;
	size_t i;
	json_t *pod;

	if (result->code != ERR_NONE) {
		say_unseen(change, room, &result->err);
		plan_answered(change);
		return;
	}
	room->pods_were_read = true;
	json_array_foreach(json_object_get(result->document, "items"), i, pod) {
		struct pod_needs needs;

		if (is_over(pod))
			continue;
		pod_spec_needs(json_object_get(pod, "spec"), &needs);
		room->pods--;
		room->left.cpu -= needs.cpu;
		room->left.memory -= needs.memory;
	}
	plan_answered(change);
}

static void ask_one(struct change *change, struct room *room)
{
	auto_free char *name = kube_escape(room->name);
	auto_free char *node = kind_path(kind_get(KIND_NODE), NULL, room->name);
	auto_free char *pods = xasprintf("/api/v1/pods?fieldSelector=spec.nodeName%%3D%s&limit=500", name);
	const struct call_request of_node = {.door = CALL_READ, .path = node, .on_done = on_node, .data = room};
	const struct call_request of_pods = {.door = CALL_READ, .path = pods, .body_maximum = 32 << 20,
					     .on_done = on_pods, .data = room};

	change->pending += 2;
	change_call(change, &of_node);
	change_call(change, &of_pods);
}

static bool is_drained(const struct change *change, const char *node)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->target && step->target->kind->id == KIND_NODE && !strcmp(step->target->name, node))
			return true;
	}
	return false;
}

static bool takes_pods(const struct change *change, const struct record *record)
{
	const struct node_record *node = record_node(record);
	const struct condition *ready = condition_find(node->conditions, node->condition_count, "Ready");

	return ready && !strcmp(ready->status, "True") && !node->unschedulable && !is_drained(change, record->name);
}

struct candidate {
	const struct record *node;
	int64_t free_places;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *first = a;
	const struct candidate *second = b;

	if (first->free_places != second->free_places)
		return first->free_places < second->free_places ? 1 : -1;
	return strcmp(first->node->name, second->node->name);
}

static bool evicts(const struct change *change)
{
	size_t i;
	json_t *pod;

	json_array_foreach(change->moving, i, pod) {
		if (!strcmp(json_string_value(json_object_get(pod, "how")), "evicted"))
			return true;
	}
	return false;
}

static void add_room(struct change *change, const struct record *record)
{
	const struct node_record *node = record_node(record);
	struct room *room = &change->rooms->rooms[change->rooms->count++];

	room->name = xstrdup(record->name);
	room->pods = node->pods_allocatable;
	room->left.cpu = node->cpu_allocatable;
	room->left.memory = node->memory_allocatable;
}

void room_ask(struct change *change)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	struct record_list nodes = snapshot_all(snapshot, KIND_NODE);
	struct candidate *candidates;
	size_t count = 0;

	if (!evicts(change))
		return;
	change->rooms = xcalloc(1, sizeof(*change->rooms));
	candidates = xcalloc(nodes.count + 1, sizeof(*candidates));
	for (size_t i = 0; i < nodes.count; i++) {
		struct record_list pods = snapshot_pods_on_node(snapshot, nodes.items[i]->name);

		if (takes_pods(change, nodes.items[i]))
			candidates[count++] = (struct candidate){
				.node = nodes.items[i],
				.free_places = record_node(nodes.items[i])->pods_allocatable - (int64_t)pods.count,
			};
	}
	qsort(candidates, count, sizeof(*candidates), compare_candidates);
	change->rooms->ready = count;
	for (size_t i = 0; i < count && i < NODES_MAXIMUM; i++)
		add_room(change, candidates[i].node);
	free(candidates);
	for (size_t i = 0; i < change->rooms->count; i++)
		ask_one(change, &change->rooms->rooms[i]);
}

/* Takes the first node that the pod fits on. */
static bool place(struct rooms *rooms, const json_t *spec)
{
	struct pod_needs needs;

	pod_spec_needs(spec, &needs);
	for (size_t i = 0; i < rooms->count; i++) {
		struct room *room = &rooms->rooms[i];

		if (!room->node || !room->pods_were_read || room->pods < 1 || room->left.cpu < needs.cpu ||
		    room->left.memory < needs.memory || !pod_spec_may_run_on(spec, room->node))
			continue;
		room->pods--;
		room->left.cpu -= needs.cpu;
		room->left.memory -= needs.memory;
		return true;
	}
	return false;
}

static size_t count_looked_at(const struct rooms *rooms)
{
	size_t count = 0;

	for (size_t i = 0; i < rooms->count; i++)
		count += rooms->rooms[i].node && rooms->rooms[i].pods_were_read;
	return count;
}

/* Big ones first, as they are harder to place. */
static int compare_needs(const void *a, const void *b)
{
	struct pod_needs first;
	struct pod_needs second;

	pod_spec_needs(json_object_get(*(json_t *const *)a, "spec"), &first);
	pod_spec_needs(json_object_get(*(json_t *const *)b, "spec"), &second);
	if (first.cpu != second.cpu)
		return first.cpu < second.cpu ? 1 : -1;
	return (first.memory < second.memory) - (first.memory > second.memory);
}

void room_judge(struct change *change)
{
	json_t **pods;
	json_t *unplaced;
	size_t count = 0;
	size_t evicted = 0;
	size_t i;
	json_t *pod;

	if (!change->rooms)
		return;
	pods = xcalloc(json_array_size(change->moving) + 1, sizeof(json_t *));
	unplaced = json_array();
	json_array_foreach(change->moving, i, pod) {
		if (strcmp(json_string_value(json_object_get(pod, "how")), "evicted") != 0)
			continue;
		evicted++;
		if (json_object_get(pod, "spec"))
			pods[count++] = pod;
	}
	qsort(pods, count, sizeof(json_t *), compare_needs);
	for (i = 0; i < count; i++) {
		if (!place(change->rooms, json_object_get(pods[i], "spec")))
			json_array_append_new(unplaced,
					      impact_label("Pod",
							   json_string_value(json_object_get(pods[i], "namespace")),
							   json_string_value(json_object_get(pods[i], "name"))));
	}
	json_object_set_new(change->impact, "room",
			    json_pack("{s:i, s:i, s:i, s:i, s:o, s:[s, s, s, s, s]}", "evicted", (int)evicted, "judged",
				      (int)count, "nodesLookedAt", (int)count_looked_at(change->rooms), "nodesReady",
				      (int)change->rooms->ready, "unplaced", unplaced, "notLookedAt", "affinity",
				      "topology spread", "host ports", "zones of volumes", "priorities"));
	free(pods);
}
