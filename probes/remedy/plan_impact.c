/* What the plan reaches beyond its targets: workloads whose pods are replaced, disruption budgets, conflicts. */
#include "probes/remedy/plan_impact.h"

#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/label_selector.h"
#include "probes/remedy/pod_spec.h"
#include "probes/remedy/target_kind.h"

void impact_add(struct change *change, const char *list, json_t *value)
{
	json_t *items = json_object_get(change->impact, list);

	if (!items) {
		items = json_array();
		json_object_set_new(change->impact, list, items);
	}
	json_array_append_new(items, value);
}

json_t *impact_label(const char *kind, const char *name_space, const char *name)
{
	auto_free char *label = *name_space ? xasprintf("%s/%s/%s", kind, name_space, name)
					    : xasprintf("%s/%s", kind, name);

	return json_string(label);
}

void impact_add_unseen(struct change *change, const char *text)
{
	json_t *value = json_string(text);
	size_t i;
	json_t *seen;

	json_array_foreach(json_object_get(change->impact, "couldNotLook"), i, seen) {
		if (json_equal(seen, value)) {
			json_decref(value);
			return;
		}
	}
	if (value)
		impact_add(change, "couldNotLook", value);
}

static void on_budgets(struct change *change, void *data, const struct kube_result *result)
{
	json_t *items = json_object_get(result->document, "items");

	(void)data;
	if (result->code == ERR_NONE && json_is_array(items)) {
		json_array_extend(change->budgets, items);
	} else {
		auto_free char *why = change_say_err(change, &result->err);
		auto_free char *text = change_say(change, "disruption budgets: {reason}", "reason", why, NULL);

		impact_add_unseen(change, text);
	}
	plan_answered(change);
}

static void ask_budgets(struct change *change, const char *name_space)
{
	auto_free char *escaped = kube_escape(name_space);
	auto_free char *path =
		xasprintf("/apis/policy/v1/namespaces/%s/poddisruptionbudgets?limit=500", escaped);
	const struct call_request request = {.door = CALL_READ, .path = path, .on_done = on_budgets};

	change->pending++;
	change_call(change, &request);
}

/* Each namespace once: that of a target, and those of the pods that go. */
static void note_namespace(struct map *spaces, const char *name_space)
{
	if (*name_space)
		map_put(spaces, name_space, (void *)(uintptr_t)name_space);
}

void plan_impact_ask(struct change *change)
{
	struct map spaces = {0};
	size_t position = 0;
	const char *name_space;
	size_t i;
	json_t *pod;

	change->budgets = json_array();
	change->impact = json_object();
	moving_ask(change);
	room_ask(change);
	for (i = 0; i < change->target_count; i++)
		note_namespace(&spaces, change->targets[i]->name_space);
	json_array_foreach(change->moving, i, pod)
		note_namespace(&spaces, json_string_value(json_object_get(pod, "namespace")));
	while ((name_space = map_next(&spaces, &position)) != NULL)
		ask_budgets(change, name_space);
	map_release(&spaces);
}

/* What is outside of the pod template restarts no pod. */
static bool changes_template(const struct plan_step *step)
{
	const char *template = target_kind_template(step->target->kind);
	size_t i;
	json_t *touch;

	if (!target_kind_rolls_out(step->target->kind))
		return false;
	json_array_foreach(step->touched, i, touch) {
		const char *path = json_string_value(json_object_get(touch, "path"));

		if (template && !strncmp(path, template, strlen(template)))
			return true;
	}
	return false;
}

static size_t count_pods(const struct change *change, const struct target *target, struct map *all_nodes,
			 size_t *ret_nodes)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *workload = snapshot_by_name(snapshot, target->kind->id, target->name_space, target->name);
	struct record_list pods = snapshot_all(snapshot, KIND_POD);
	struct map nodes = {0};
	size_t count = 0;

	for (size_t i = 0; workload && i < pods.count; i++) {
		const struct pod_record *pod = record_pod(pods.items[i]);

		if (snapshot_root_owner(snapshot, pods.items[i]) != workload)
			continue;
		count++;
		if (!*pod->node_name)
			continue;
		map_put(&nodes, pod->node_name, (void *)(uintptr_t)pod);
		map_put(all_nodes, pod->node_name, (void *)(uintptr_t)pod);
	}
	*ret_nodes = nodes.count;
	map_release(&nodes);
	return count;
}

/* How its controller replaces the pods of a workload (apps/v1). */
static const char *replacement_of(const struct target *target)
{
	const json_t *own = pointer_get(target->document, "/spec/strategy/type");
	const char *type = json_string_value(own ? own : pointer_get(target->document, "/spec/updateStrategy/type"));

	if (type && !strcmp(type, "Recreate"))
		return "recreate";
	return type && !strcmp(type, "OnDelete") ? "onDelete" : "rolling";
}

/* "25%" or 1 of one replica, rounded down as maxUnavailable is. */
static json_int_t part_of_one(const json_t *value, json_int_t otherwise)
{
	if (json_is_integer(value))
		return json_integer_value(value);
	if (json_is_string(value))
		return strtol(json_string_value(value), NULL, 10) >= 100;
	return otherwise;
}

/* Of a single replica: nothing serves between the old pod and the new one. */
static bool leaves_gap(const struct target *target)
{
	if (target->kind->id != KIND_DEPLOYMENT || strcmp(replacement_of(target), "rolling") != 0)
		return true;
	return part_of_one(pointer_get(target->document, "/spec/strategy/rollingUpdate/maxUnavailable"), 0) > 0;
}

static bool has_single_replica(const struct target *target)
{
	const json_t *replicas = pointer_get(target->document, "/spec/replicas");

	if (target->kind->id != KIND_DEPLOYMENT && target->kind->id != KIND_STATEFUL_SET)
		return false;
	return !replicas || json_integer_value(replicas) == 1;
}

static void add_empty_dirs(struct change *change, const struct target *target)
{
	json_t *volumes = pod_spec_empty_dirs(pointer_get(target->document, "/spec/template/spec"));

	if (json_array_size(volumes))
		impact_add(change, "emptyDir", json_pack("{s:s, s:O}", "object", target->label, "volumes", volumes));
	json_decref(volumes);
}

static void add_restart(struct change *change, const struct target *target, struct map *all_nodes)
{
	const char *how = replacement_of(target);
	bool is_single = has_single_replica(target);
	bool is_left = !strcmp(how, "onDelete");
	size_t nodes;
	size_t pods = count_pods(change, target, all_nodes, &nodes);

	change->blast_radius.pods += pods;
	impact_add(change, "restarts",
		   json_pack("{s:s, s:i, s:i, s:s, s:b, s:b, s:b}", "object", target->label, "pods", (int)pods,
			     "nodes", (int)nodes, "how", how, "everyNode", target->kind->id == KIND_DAEMON_SET,
			     "single", is_single, "gap", is_single && !is_left && leaves_gap(target)));
	if (is_left)
		return;
	if (is_single)
		impact_add(change, "singleReplicas", json_string(target->label));
	add_empty_dirs(change, target);
}

/* Pods that the plan restarts and that a budget counts; *ret_evicted: those that are evicted, which it can hold up. */
static size_t covered_by(const struct change *change, const json_t *budget, size_t *ret_evicted)
{
	const char *space = json_string_value(pointer_get(budget, "/metadata/namespace"));
	const json_t *selector = pointer_get(budget, "/spec/selector");
	size_t covered = 0;
	size_t i;
	json_t *item;

	*ret_evicted = 0;
	json_array_foreach(json_object_get(change->impact, "restarts"), i, item) {
		const char *label = json_string_value(json_object_get(item, "object"));

		for (size_t at = 0; at < change->target_count; at++) {
			const struct target *target = change->targets[at];
			const json_t *labels = pointer_get(target->document, "/spec/template/metadata/labels");

			if (!strcmp(target->label, label) && space && !strcmp(space, target->name_space) &&
			    label_selector_matches(selector, labels))
				covered += (size_t)json_integer_value(json_object_get(item, "pods"));
		}
	}
	json_array_foreach(change->moving, i, item) {
		const char *own = json_string_value(json_object_get(item, "namespace"));

		if (!space || strcmp(space, own) != 0 || !json_object_get(item, "spec") ||
		    !label_selector_matches(selector, json_object_get(item, "labels")))
			continue;
		covered++;
		*ret_evicted += !strcmp(json_string_value(json_object_get(item, "how")), "evicted");
	}
	return covered;
}

static void judge_budgets(struct change *change)
{
	size_t i;
	json_t *budget;

	json_array_foreach(change->budgets, i, budget) {
		const json_t *allowed = pointer_get(budget, "/status/disruptionsAllowed");
		const char *name = json_string_value(pointer_get(budget, "/metadata/name"));
		size_t evicted;
		size_t covered = covered_by(change, budget, &evicted);

		if (!covered || !name)
			continue;
		change->blast_radius.pdb_blocked += json_integer_value(allowed) <= 0;
		impact_add(change, "budgets",
			   json_pack("{s:O, s:s, s:i, s:i, s:i}", "namespace",
				     pointer_get(budget, "/metadata/namespace"), "name", name, "allowed",
				     (int)json_integer_value(allowed), "pods", (int)covered, "evicted", (int)evicted));
	}
}

static void judge_target(struct change *change, const struct target *target, struct map *nodes)
{
	bool is_changed = false;
	bool restarts = false;

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->target != target || !step->shown.method || step->shown.state == STEP_SKIPPED)
			continue;
		is_changed = true;
		restarts = restarts || changes_template(step);
	}
	if (!is_changed)
		return;
	change->blast_radius.workloads += target_kind_template(target->kind) && target->kind->id != KIND_POD;
	if (restarts)
		add_restart(change, target, nodes);
}

static void add_time(struct change *change)
{
	const json_t *verify = json_object_get(change->document, "verify");
	json_int_t hold = json_integer_value(json_object_get(verify, "holdSeconds"));

	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->shown.state != STEP_SKIPPED)
			change->blast_radius.expected_seconds += change->steps[i]->shown.expected_seconds;
	}
	if (change->blast_radius.expected_seconds)
		change->blast_radius.expected_seconds += (int)(hold > 0 && hold <= 60 ? hold : 0);
}

void plan_impact_judge(struct change *change)
{
	struct map nodes = {0};

	for (size_t i = 0; i < change->target_count; i++)
		judge_target(change, change->targets[i], &nodes);
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->target && step->target->kind->id == KIND_NODE && step->shown.state != STEP_SKIPPED)
			map_put(&nodes, step->target->name, (void *)(uintptr_t)step);
	}
	change->blast_radius.pods += json_array_size(change->moving);
	moving_judge(change);
	judge_budgets(change);
	room_judge(change);
	add_time(change);
	change->blast_radius.nodes = nodes.count;
	effects_make(change);
	map_release(&nodes);
}

void plan_conflicts(struct change *change)
{
	size_t i;
	json_t *conflict;

	json_array_foreach(json_object_get(change->document, "conflicts"), i, conflict) {
		const char *id = json_string_value(json_object_get(conflict, "id"));

		change->conflicts = xreallocarray(change->conflicts, change->conflict_count + 1, sizeof(char *));
		change->conflicts[change->conflict_count++] =
			xasprintf("%s: %s", id ? id : "?", change_localized(change, json_object_get(conflict, "why")));
	}
}
