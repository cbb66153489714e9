/*
 * registry-check: what the registries said at the preview about the images
 * that other steps set. Asked once for a plan (check_registry.c): the
 * preview is what was confirmed.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/step.h"

static bool some_step_sets_images(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->touched)
			return true;
	}
	return false;
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	(void)change;
	(void)err;
	step->shown.reversible = true;
	return 0;
}

static const char *verdict_text(const struct change *change, enum registry_verdict verdict)
{
	const char *id = N_("could not check");

	if (verdict == REGISTRY_PRESENT)
		id = N_("is there");
	else if (verdict == REGISTRY_ABSENT)
		id = N_("is not there");
	return change->context.translate(id);
}

static void start(struct change *change, struct plan_step *step)
{
	size_t present = 0;
	size_t count = 0;
	auto_free char *have = NULL;
	auto_free char *want = NULL;
	auto_free char *outcome = NULL;

	if (!some_step_sets_images(change)) {
		outcome = change_say(change, "no image is set", NULL);
		run_step_finished(change, step, STEP_SKIPPED, outcome, NULL);
		return;
	}
	for (size_t i = 0; i < change->image_count; i++) {
		const struct image_check *image = &change->images[i];
		auto_free char *why = image->verdict == REGISTRY_UNKNOWN ? change_say_err(change, &image->err) : NULL;
		auto_free char *line = NULL;

		if (!image->is_set)
			continue;
		line = xasprintf("%s: %s%s%s", image->image, verdict_text(change, image->verdict), why ? ": " : "",
				 why ? why : "");
		count++;
		present += image->verdict == REGISTRY_PRESENT;
		change_output(change, step->shown.number, line);
	}
	have = xasprintf("%zu", present);
	want = xasprintf("%zu", count);
	outcome = change_say(change, "{have} of {want} images seen in their registry from this machine",
			     "have", have, "want", want, NULL);
	run_step_finished(change, step, STEP_DONE, outcome, NULL);
}

const struct step_ops registry_check_step = {
	.type = "registry-check",
	.plan = plan,
	.start = start,
};
