/* The steps of a plan as the document lists them, each with its target; what they do comes when targets were read. */
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/step.h"

static const char *text_of(const json_t *definition, const char *key)
{
	const char *text = json_string_value(json_object_get(definition, key));

	return text ? text : "";
}

/* A step with a condition is left out where it does not hold; where nobody knows, there is no plan. */
static int is_wanted(struct change *change, const json_t *definition, bool *ret_wanted, struct err *err)
{
	auto_free char *reason = NULL;
	enum truth truth = TRUTH_TRUE;

	if (json_object_get(definition, "if"))
		truth = plan_condition(change, json_object_get(definition, "if"), NULL, &reason);
	*ret_wanted = truth == TRUTH_TRUE;
	if (truth != TRUTH_UNKNOWN)
		return 0;
	return err_set(err, ERR_REFUSED, "whether the step {step} is needed could not be checked: {reason}", "step",
		       text_of(definition, "id"), "reason", reason, NULL);
}

/* The same of a condition about the step's own target. */
static int is_wanted_on(struct change *change, const json_t *definition, const struct target *target,
			bool *ret_wanted, struct err *err)
{
	auto_free char *reason = NULL;
	enum truth truth = TRUTH_TRUE;

	if (json_object_get(definition, "ifTarget"))
		truth = plan_condition_of(change, json_object_get(definition, "ifTarget"), target, &reason);
	*ret_wanted = truth == TRUTH_TRUE;
	if (truth != TRUTH_UNKNOWN)
		return 0;
	return err_set(err, ERR_REFUSED, "whether the step {step} is needed could not be checked: {reason}", "step",
		       text_of(definition, "id"), "reason", reason, NULL);
}

static void add_step(struct change *change, const json_t *definition, const struct step_ops *ops,
		     struct target *target)
{
	const json_t *reversible = json_object_get(definition, "reversible");
	struct plan_step *step = xcalloc(1, sizeof(*step));

	step->change = change;
	step->ops = ops;
	step->definition = definition;
	step->id = text_of(definition, "id");
	step->target = target;
	step->is_optional = json_is_true(json_object_get(definition, "optional"));
	step->shown.number = (int)change->step_count + 1;
	step->shown.type = xstrdup(ops->type);
	step->shown.title = xstrdup(change_localized(change, json_object_get(definition, "title")));
	step->shown.why = xstrdup(change_localized(change, json_object_get(definition, "why")));
	step->shown.target = xstrdup(target ? target->label : "");
	step->shown.target_uid = xstrdup("");
	step->shown.reversible = reversible ? json_is_true(reversible) : !ops->is_irreversible;
	step->shown.expected_seconds = (int)json_integer_value(json_object_get(definition, "expectedSeconds"));
	step->shown.progress = -1;
	change->steps = xreallocarray(change->steps, change->step_count + 1, sizeof(struct plan_step *));
	change->steps[change->step_count++] = step;
}

/* --target names what a step changes: then the steps of other targets are left out. */
static bool is_left_out(const struct change *change, const json_t *definition, const struct target *target)
{
	return change->only_target && !change->names_object && !json_object_get(definition, "each") &&
	       strcasecmp(target->label, change->only_target) != 0;
}

static int add_with_targets(struct change *change, const json_t *definition, const struct step_ops *ops,
			    struct err *err)
{
	const json_t *target_definition = json_object_get(definition, "target");
	struct target_list list;

	if (plan_targets(change, target_definition, plan_subject(change), &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		bool wanted = !is_left_out(change, target_definition, list.items[i]);

		if (wanted && is_wanted_on(change, definition, list.items[i], &wanted, err) < 0) {
			free(list.items);
			return -1;
		}
		if (wanted)
			add_step(change, definition, ops, list.items[i]);
	}
	free(list.items);
	return 0;
}

/* Steps of an alternative that was not chosen. The first one of the list is chosen where nobody says otherwise. */
static bool is_other_way(const struct change *change, const json_t *definition)
{
	const char *of = json_string_value(json_object_get(definition, "alternative"));
	const char *chosen = change_alternative(change);

	return of && chosen && strcmp(of, chosen) != 0;
}

/* Conditions may speak of the cluster as a whole: that is no object. */
static bool is_of_cluster(const json_t *definition)
{
	return !strcmp(text_of(json_object_get(definition, "target"), "kind"), "Cluster");
}

static int make_step(struct change *change, const json_t *definition, struct err *err)
{
	const struct step_ops *ops = step_type_find(text_of(definition, "type"));
	bool wanted = true;

	if (is_other_way(change, definition))
		return 0;
	if (is_wanted(change, definition, &wanted, err) < 0)
		return -1;
	if (!wanted)
		return 0;
	if (!ops)
		return err_set(err, ERR_REFUSED, "this version cannot carry out a step of the type {type}", "type",
			       text_of(definition, "type"), NULL);
	if (json_object_get(definition, "target") && !is_of_cluster(definition))
		return add_with_targets(change, definition, ops, err);
	if (ops->needs_target)
		return err_set(err, ERR_REFUSED, "the step {step} of the runbook names no target", "step",
			       text_of(definition, "id"), NULL);
	add_step(change, definition, ops, NULL);
	return 0;
}

int plan_make_steps(struct change *change, struct err *err)
{
	const json_t *steps = json_object_get(change->document, "steps");
	size_t i;
	json_t *definition;

	json_array_foreach((json_t *)(uintptr_t)steps, i, definition) {
		if (make_step(change, definition, err) < 0)
			return -1;
	}
	plan_batch(change);
	return 0;
}
