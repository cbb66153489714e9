/* advice: a text. There is nothing to run; in a plan with other steps it is said in its place. */
#include "probes/base/memory.h"
#include "probes/remedy/step.h"

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const char *text = change_localized(change, json_object_get(step->definition, "instruction"));
	auto_free char *filled = NULL;

	if (plan_fill(change, text, plan_subject(change), &filled, err) < 0)
		return -1;
	step->shown.instruction = *filled ? take_pointer(filled) : NULL;
	return 0;
}

static void start(struct change *change, struct plan_step *step)
{
	if (step->shown.instruction)
		change_output(change, step->shown.number, step->shown.instruction);
	run_step_finished(change, step, STEP_DONE, NULL, NULL);
}

const struct step_ops advice_step = {
	.type = "advice",
	.takes_absence = true,
	.only_tells = true,
	.plan = plan,
	.start = start,
};
