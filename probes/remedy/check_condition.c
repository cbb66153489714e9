/* condition: a condition of the match language holds for an object, as the snapshot has it. */
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/plan_check.h"

static const struct record *subject_of(struct change *change, const json_t *definition)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const json_t *target = json_object_get(definition, "target");
	const char *kind_name = json_string_value(json_object_get(target, "kind"));
	const char *name_space = json_string_value(json_object_get(target, "namespace"));
	const char *name = json_string_value(json_object_get(target, "name"));
	const struct kind *kind = kind_name ? kind_find(kind_name) : NULL;

	if (kind && name)
		return snapshot_by_name(snapshot, kind->id, name_space ? name_space : "", name);
	if (!target && change->finding->object_count)
		return snapshot_by_uid(snapshot, change->finding->objects[0].uid);
	return NULL;
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	const struct condition_tree *tree = runbook_condition(change->runbook, json_object_get(definition, "if"));
	const struct record *subject = subject_of(change, definition);
	struct evaluation evaluation;

	if (!tree || !subject) {
		precondition->ok = TRUTH_UNKNOWN;
		precondition->reason = change_say(change, "the object that it speaks of is not known", NULL);
		return;
	}
	evaluation_init(&evaluation, cluster_snapshot(change->context.cluster), change->context.evidence, clock_wall(),
			NULL);
	evaluation.runbook = change->runbook;
	precondition->ok = condition_evaluate(tree, subject, &evaluation);
	if (precondition->ok == TRUTH_UNKNOWN && evaluation.unknown.id)
		precondition->reason = change_say_message(change, &evaluation.unknown);
	else if (precondition->ok != TRUTH_TRUE)
		precondition->reason = change_say(change, "{kind}/{namespace}/{name} says otherwise", "kind",
						  subject->kind->name, "namespace", subject->name_space, "name",
						  subject->name, NULL);
	evaluation_release(&evaluation);
}

const struct plan_check condition_check = {
	.name = "condition",
	.judge = judge,
};
