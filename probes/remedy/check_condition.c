/* condition: a condition of the match language holds for an object, as the snapshot has it. */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/plan_check.h"
#include "probes/remedy/target_kind.h"

/* The object that conditions without a target are compiled for: of the runbook's subject. */
static const struct record *subject_of_finding(const struct change *change, const struct snapshot *snapshot)
{
	const char *kind = kind_get(change->runbook->subject)->name;

	for (size_t i = 0; change->finding && i < change->finding->object_count; i++) {
		const struct finding_object *object = &change->finding->objects[i];

		if (!strcmp(object->kind, kind))
			return snapshot_by_uid(snapshot, object->uid);
	}
	return NULL;
}

static const struct record *subject_of(struct change *change, const json_t *target)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const char *kind_name = json_string_value(json_object_get(target, "kind"));
	const char *name_space = json_string_value(json_object_get(target, "namespace"));
	const char *name = json_string_value(json_object_get(target, "name"));
	const struct kind *kind = kind_name ? kind_find(kind_name) : NULL;

	if (!target)
		return subject_of_finding(change, snapshot);
	return kind && name ? snapshot_by_name(snapshot, kind->id, name_space ? name_space : "", name) : NULL;
}

static enum truth ask(struct change *change, const json_t *condition, const struct record *subject, char **ret_reason)
{
	const struct condition_tree *tree = runbook_condition(change->runbook, condition);
	struct evaluation evaluation;
	enum truth truth;

	if (!tree) {
		*ret_reason = change_say(change, "the object that it speaks of is not known", NULL);
		return TRUTH_UNKNOWN;
	}
	evaluation_init(&evaluation, cluster_snapshot(change->context.cluster), change->context.evidence, clock_wall(),
			NULL);
	evaluation.runbook = change->runbook;
	truth = condition_evaluate(tree, subject, &evaluation);
	if (truth == TRUTH_UNKNOWN && evaluation.unknown.id)
		*ret_reason = change_say_message(change, &evaluation.unknown);
	else if (truth != TRUTH_TRUE && subject)
		*ret_reason = change_say(change, "{kind}/{namespace}/{name} says otherwise", "kind",
					 subject->kind->name, "namespace", subject->name_space, "name",
					 subject->name, NULL);
	else if (truth != TRUTH_TRUE)
		*ret_reason = change_say(change, "the cluster says otherwise", NULL);
	evaluation_release(&evaluation);
	return truth;
}

static enum truth unknown_object(struct change *change, char **ret_reason)
{
	*ret_reason = change_say(change, "the object that it speaks of is not known", NULL);
	return TRUTH_UNKNOWN;
}

static bool is_of_cluster(const json_t *target)
{
	const char *kind = json_string_value(json_object_get(target, "kind"));

	return kind && !strcmp(kind, "Cluster");
}

enum truth plan_condition(struct change *change, const json_t *condition, const json_t *target, char **ret_reason)
{
	const struct record *subject = subject_of(change, target);

	*ret_reason = NULL;
	if (!subject && !is_of_cluster(target))
		return unknown_object(change, ret_reason);
	return ask(change, condition, subject, ret_reason);
}

enum truth plan_condition_of(struct change *change, const json_t *condition, const struct target *target,
			     char **ret_reason)
{
	const struct record *subject = NULL;

	*ret_reason = NULL;
	if (target && target_kind_is_known(target->kind))
		subject = snapshot_by_name(cluster_snapshot(change->context.cluster), target->kind->id,
					   target->name_space, target->name);
	if (target && !subject)
		return unknown_object(change, ret_reason);
	return ask(change, condition, subject, ret_reason);
}

enum truth plan_condition_record(struct change *change, const json_t *condition, const struct record *record,
				 char **ret_reason)
{
	*ret_reason = NULL;
	return ask(change, condition, record, ret_reason);
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	precondition->ok = plan_condition(change, json_object_get(definition, "if"),
					   json_object_get(definition, "target"), &precondition->reason);
}

const struct plan_check condition_check = {
	.name = "condition",
	.judge = judge,
};
