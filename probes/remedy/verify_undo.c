/*
 * Verification of an undo: every field that was put back is read again. What was put back may be what did not work:
 * its rollout that stands still is said, and takes nothing from the undo.
 */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/step.h"

enum { LOOK_FOR_MS = 60000, LOOK_AGAIN_MS = 1000 };

static void look(struct change *change);

static void on_time(void *data)
{
	struct change *change = data;

	change->timer = NULL;
	look(change);
}

static void end_put_back(struct change *change)
{
	const struct plan_step *left = NULL;
	struct err err;

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->was_left_standing && (!left || (step->is_known_to_stand && !left->is_known_to_stand)))
			left = step;
	}
	if (!left) {
		run_end(change, CHANGE_VERIFIED, NULL);
		return;
	}
	change->stands_still = true;
	err_set(&err, ERR_INVALID,
		"the fields are what they were, but {object} does not become ready: {reason}", "object",
		left->target->label, "reason", left->shown.outcome, NULL);
	run_end(change, CHANGE_VERIFIED, &err);
}

static void looked(struct change *change)
{
	if (change->err.code == ERR_NONE)
		end_put_back(change);
	else if (change->err.code == ERR_CONFLICT)
		run_end(change, CHANGE_NOT_IMPROVED, NULL);
	else if (clock_monotonic_ms() >= change->verify_deadline_ms)
		run_end(change, CHANGE_COULD_NOT_VERIFY, NULL);
	else
		change->timer = loop_timer(change->context.loop, LOOK_AGAIN_MS, on_time, change);
}

static void on_read(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;

	bool was_read = result->code == ERR_NONE || result->code == ERR_NOT_FOUND;

	if (was_read && step_match_result(step, result) != MATCH_AFTER)
		err_set(&change->err, ERR_CONFLICT, "{object} is not as it was before", "object",
			step->target->label, NULL);
	else if (!was_read && change->err.code != ERR_CONFLICT)
		change->err = result->err;
	if (--change->pending == 0)
		looked(change);
}

static bool touches(const struct plan_step *step, const char *path)
{
	size_t i;
	json_t *touch;

	json_array_foreach(step->touched, i, touch) {
		if (!strcmp(json_string_value(json_object_get(touch, "path")), path))
			return true;
	}
	return false;
}

/* A later step put back what stood there before it: a cordon and its end are both taken back, in turn. */
static bool is_overtaken(const struct change *change, size_t index)
{
	const struct plan_step *step = change->steps[index];
	size_t i;
	json_t *touch;

	for (size_t later = index + 1; later < change->step_count; later++) {
		const struct plan_step *other = change->steps[later];

		if (!other->was_written || other->target != step->target)
			continue;
		json_array_foreach(step->touched, i, touch) {
			if (touches(other, json_string_value(json_object_get(touch, "path"))))
				return true;
		}
	}
	return false;
}

static void look(struct change *change)
{
	change->err = (struct err){0};
	change->pending = 1;
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];
		struct call_request request = {.door = CALL_READ, .on_done = on_read, .data = step};

		if (!step->was_written || is_overtaken(change, i))
			continue;
		request.path = step->target->path;
		change->pending++;
		change_call(change, &request);
	}
	if (--change->pending == 0)
		looked(change);
}

void verify_undo_start(struct change *change)
{
	change->verify_deadline_ms = clock_monotonic_ms() + LOOK_FOR_MS;
	timer_cancel(change->timer);
	change->timer = NULL;
	look(change);
}
