/* What the plan reaches beyond its targets: pods that restart, nodes, disruption budgets, conflicting runbooks. */
#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/target_kind.h"

static void on_budgets(struct change *change, void *data, const struct kube_result *result)
{
	json_t *items = json_object_get(result->document, "items");

	(void)data;
	if (result->code == ERR_NONE && json_is_array(items))
		json_array_extend(change->budgets, items);
	else
		change->budgets_unread++;
	plan_answered(change);
}

static bool is_first_of_namespace(const struct change *change, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(change->targets[i]->name_space, change->targets[index]->name_space))
			return false;
	}
	return *change->targets[index]->name_space != '\0';
}

void plan_impact_ask(struct change *change)
{
	change->budgets = json_array();
	for (size_t i = 0; i < change->target_count; i++) {
		auto_free char *name_space = NULL;
		auto_free char *path = NULL;
		struct call_request request = {.door = CALL_READ, .on_done = on_budgets};

		if (!is_first_of_namespace(change, i))
			continue;
		name_space = kube_escape(change->targets[i]->name_space);
		path = xasprintf("/apis/policy/v1/namespaces/%s/poddisruptionbudgets?limit=500", name_space);
		request.path = path;
		change->pending++;
		change_call(change, &request);
	}
}

/* matchLabels alone decides; expressions that could leave the pods out are taken as holding. */
static bool budget_covers(const json_t *budget, const struct target *target)
{
	const json_t *wanted = pointer_get(budget, "/spec/selector/matchLabels");
	const json_t *labels = pointer_get(target->document, "/spec/template/metadata/labels");
	const char *space = json_string_value(pointer_get(budget, "/metadata/namespace"));
	const char *key;
	json_t *value;

	if (!space || strcmp(space, target->name_space) != 0 || !pointer_get(budget, "/spec/selector"))
		return false;
	json_object_foreach((json_t *)(uintptr_t)wanted, key, value) {
		const json_t *label = json_object_get(labels, key);

		if (!label || !json_equal(label, value))
			return false;
	}
	return true;
}

static void count_budgets(struct change *change, const struct target *target)
{
	size_t i;
	json_t *budget;

	json_array_foreach(change->budgets, i, budget) {
		const json_t *allowed = pointer_get(budget, "/status/disruptionsAllowed");

		if (budget_covers(budget, target) && json_is_integer(allowed) && json_integer_value(allowed) <= 0)
			change->blast_radius.pdb_blocked++;
	}
}

static void count_pods(struct change *change, const struct target *target, struct map *nodes)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *workload =
		target_kind_is_known(target->kind)
			? snapshot_by_name(snapshot, target->kind->id, target->name_space, target->name)
			: NULL;
	struct record_list pods = snapshot_all(snapshot, KIND_POD);

	if (!workload)
		return;
	for (size_t i = 0; i < pods.count; i++) {
		const struct pod_record *pod = record_pod(pods.items[i]);

		if (snapshot_root_owner(snapshot, pods.items[i]) != workload)
			continue;
		change->blast_radius.pods++;
		if (*pod->node_name)
			map_put(nodes, pod->node_name, (void *)(uintptr_t)pod);
	}
}

/* What is outside of the pod template restarts no pod. */
static bool changes_template(const struct plan_step *step)
{
	const char *template = target_kind_template(step->target->kind);
	size_t i;
	json_t *touch;

	json_array_foreach(step->touched, i, touch) {
		const char *path = json_string_value(json_object_get(touch, "path"));

		if (template && !strncmp(path, template, strlen(template)))
			return true;
	}
	return false;
}

void plan_impact_judge(struct change *change)
{
	struct map nodes = {0};

	for (size_t i = 0; i < change->target_count; i++) {
		const struct target *target = change->targets[i];
		bool is_changed = false;
		bool restarts = false;

		for (size_t at = 0; at < change->step_count; at++) {
			const struct plan_step *step = change->steps[at];

			if (step->target != target || !step->shown.method)
				continue;
			is_changed = true;
			restarts = restarts || changes_template(step);
		}
		if (!is_changed)
			continue;
		change->blast_radius.workloads += target_kind_template(target->kind) != NULL;
		if (!restarts)
			continue;
		count_pods(change, target, &nodes);
		count_budgets(change, target);
	}
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		change->blast_radius.pods += json_array_size(step->pods);
		if (step->target && step->target->kind->id == KIND_NODE && step->shown.state != STEP_SKIPPED)
			map_put(&nodes, step->target->name, (void *)(uintptr_t)step);
		if (step->target && step->target->kind->id == KIND_POD && step->shown.method)
			change->blast_radius.pods++;
	}
	change->blast_radius.nodes = nodes.count;
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
