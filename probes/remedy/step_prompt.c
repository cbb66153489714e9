/*
 * prompt: a value that nobody may see is needed. It is given before the
 * confirmation (change_give_secret()), so that a run never stops half way for
 * want of it; the step says so in its place.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/step.h"

/* What needs the value is still to do; done by the run that is gone on with, it has it. */
static bool is_needed(const struct change *change, const struct plan_step *step)
{
	const json_t *ids = json_object_get(step->definition, "onlyAfter");
	size_t i;
	json_t *id;

	json_array_foreach((json_t *)(uintptr_t)ids, i, id) {
		for (size_t at = 0; at < change->step_count; at++) {
			const struct plan_step *other = change->steps[at];

			if (!strcmp(other->id, json_string_value(id)) && other->shown.state != STEP_SKIPPED)
				return true;
		}
	}
	return !ids;
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const char *name = json_string_value(json_object_get(step->definition, "parameter"));

	if (!name)
		return err_set(err, ERR_REFUSED, "the step {step} of the runbook names no parameter", "step", step->id,
			       NULL);
	if (step_is_for_nothing(change, step))
		return 0;
	if (!is_needed(change, step)) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "was done by run {run}", "run", change->resume_of, NULL);
		return 0;
	}
	secret_need(change, name);
	step->shown.watched = change_say(change, "asked for before it runs: {name}", "name", name, NULL);
	return 0;
}

static void start(struct change *change, struct plan_step *step)
{
	const char *name = json_string_value(json_object_get(step->definition, "parameter"));
	auto_free char *outcome = NULL;

	free(step->shown.watched);
	step->shown.watched = NULL;
	if (!secret_value(change, name)) {
		outcome = change_say(change, "the value of {name} was not given", "name", name, NULL);
		run_step_finished(change, step, STEP_FAILED, outcome, NULL);
		return;
	}
	outcome = change_say(change, "given, and shown to nobody", NULL);
	run_step_finished(change, step, STEP_DONE, outcome, NULL);
}

const struct step_ops prompt_step = {
	.type = "prompt",
	.is_planned_last = true,
	.plan = plan,
	.start = start,
};
