/*
 * "batch" of a runbook: steps whose target has "each" are done target by
 * target, in three waves: the canary, a share, the rest. Steps with one fixed
 * target stay where they are, between such groups.
 *
 * Where a step fails, what is left for its target is left out; a failure of
 * the canary, or more failures than the runbook allows, end the run.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/node_part.h"

enum { CANARY = 1, SHARE_PERCENT = 10, NAMES_MAXIMUM = 400 };

static json_int_t number(const struct change *change, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(json_object_get(change->document, "batch"), name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static bool is_each(const struct plan_step *step)
{
	return json_object_get(json_object_get(step->definition, "target"), "each") != NULL;
}

/* Targets of a group, in the order in which they came. */
static size_t target_place(struct plan_step *const *steps, size_t count, const struct target *target)
{
	size_t place = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_first = true;

		for (size_t at = 0; at < i; at++)
			is_first = is_first && steps[at]->target != steps[i]->target;
		if (steps[i]->target == target)
			return place;
		place += is_first;
	}
	return place;
}

static int wave_of(const struct change *change, size_t place, size_t count)
{
	size_t canary = (size_t)number(change, "canary", CANARY);
	size_t share = (count * (size_t)number(change, "sharePercent", SHARE_PERCENT) + 99) / 100;

	if (place < canary)
		return 1;
	return place < canary + share ? 2 : 3;
}

static size_t count_targets(struct plan_step *const *steps, size_t count)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		size_t place = target_place(steps, count, steps[i]->target);

		most = place + 1 > most ? place + 1 : most;
	}
	return most;
}

/* Target by target; within one, as the runbook has it. */
static void order_group(struct change *change, struct plan_step **steps, size_t count)
{
	size_t targets = count_targets(steps, count);
	struct plan_step **ordered = xcalloc(count, sizeof(struct plan_step *));
	size_t filled = 0;

	for (size_t place = 0; place < targets; place++) {
		for (size_t i = 0; i < count; i++) {
			if (target_place(steps, count, steps[i]->target) != place)
				continue;
			steps[i]->shown.wave = wave_of(change, place, targets);
			steps[i]->shown.unit = (int)place + 1;
			steps[i]->shown.unit_count = (int)targets;
			ordered[filled++] = steps[i];
		}
	}
	memcpy(steps, ordered, count * sizeof(struct plan_step *));
	free(ordered);
}

void plan_batch(struct change *change)
{
	size_t from = 0;

	if (!json_object_get(change->document, "batch"))
		return;
	while (from < change->step_count) {
		size_t end = from;

		while (end < change->step_count && is_each(change->steps[end]))
			end++;
		if (end > from)
			order_group(change, change->steps + from, end - from);
		from = end + (end == from);
	}
	for (size_t i = 0; i < change->step_count; i++)
		change->steps[i]->shown.number = (int)i + 1;
}

static void leave_out(struct change *change, struct plan_step *step)
{
	free(step->shown.outcome);
	step->shown.outcome = change_say(change, "left out: an earlier step failed on {object}", "object",
					 step->shown.target, NULL);
	step->shown.state = STEP_SKIPPED;
}

void plan_batch_leave_out(struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];
		const struct node_part *part = step->part;

		if (!step->shown.unit || !part || part->err.code == ERR_NONE || step->shown.state == STEP_SKIPPED)
			continue;
		for (size_t at = 0; at < change->step_count; at++) {
			struct plan_step *other = change->steps[at];
			auto_free char *why = NULL;

			if (other->shown.unit != step->shown.unit || other->target != step->target ||
			    other->shown.state == STEP_SKIPPED)
				continue;
			why = change_say_err(change, &part->err);
			free(other->shown.outcome);
			other->shown.outcome = change_say(change, "left out: {reason}", "reason", why, NULL);
			free(other->shown.cannot_preview);
			other->shown.cannot_preview = NULL;
			other->shown.state = STEP_SKIPPED;
			other->was_left_out = true;
		}
	}
}

bool plan_batch_goes_on(struct change *change, const struct plan_step *failed)
{
	const struct step *shown = &failed->shown;

	if (!shown->unit || failed->was_refused)
		return false;
	change->failed_units++;
	if (shown->wave == 1 || (json_int_t)change->failed_units > number(change, "stopAfterFailures", 0))
		return false;
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];

		if (step->target == failed->target && step->shown.unit == shown->unit &&
		    step->shown.state == STEP_PENDING)
			leave_out(change, step);
	}
	return true;
}

/* Names of targets whose steps failed or were left out. Caller frees; NULL: none. */
static char *unfinished(const struct change *change)
{
	struct buffer names = BUFFER_INIT(NAMES_MAXIMUM);

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (!step->shown.unit || (step->shown.state != STEP_FAILED && !step->was_left_out) || step->is_optional)
			continue;
		if (!strstr(buffer_text(&names), step->target->label))
			buffer_addf(&names, "%s%s", names.length ? ", " : "", step->target->label);
	}
	return names.length ? buffer_detach(&names) : NULL;
}

bool plan_batch_is_whole(const struct change *change, struct err *err)
{
	auto_free char *names = unfinished(change);

	if (!names)
		return true;
	err_set(err, ERR_INVALID, "not done on {objects}; done on the others", "objects", names, NULL);
	return false;
}
