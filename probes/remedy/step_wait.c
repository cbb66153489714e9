/*
 * wait, manual, check: until something holds. A condition is asked of the
 * snapshot; "absent", "present" and "changed" of the API server itself, so
 * that old data cannot pass. A manual step tells a person what to do where no
 * API reaches (the cloud's console) and sees by itself that it was done; what
 * is not done by its deadline can be resumed.
 */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

enum { LOOK_MS = 1000, MANUAL_SECONDS = 3600, WAIT_SECONDS = 300 };

static void look(void *data);

static const char *member(const struct plan_step *step, const char *name)
{
	return json_string_value(json_object_get(step->definition, name));
}

/* "absent", "present" or "" (a condition, or none). */
static const char *until_word(const struct plan_step *step)
{
	const char *word = member(step, "until");

	return word ? word : "";
}

static bool asks_server(const struct plan_step *step)
{
	return *until_word(step) || member(step, "changed");
}

static enum truth ask_snapshot(struct change *change, struct plan_step *step, char **ret_reason)
{
	const json_t *until = json_object_get(step->definition, "until");

	if (json_object_get(step->definition, "target"))
		return plan_condition_of(change, until, step->target, ret_reason);
	return plan_condition(change, until, NULL, ret_reason);
}

/* Of what the server says about the target now; NULL: it is not there. */
static bool holds_in(const struct plan_step *step, const json_t *document)
{
	const char *changed = member(step, "changed");
	const char *uid = document_uid(document);

	if (!strcmp(until_word(step), "absent"))
		return !uid || strcmp(uid, step->shown.target_uid) != 0;
	if (!document || !changed)
		return document != NULL;
	return pointer_get(document, changed) && !json_equal(pointer_get(document, changed), step->looked_for);
}

static bool is_manual(const struct plan_step *step)
{
	return !strcmp(step->shown.type, "manual");
}

/* A manual step that was done before has nothing left to do. */
static void skip_if_done(struct change *change, struct plan_step *step)
{
	auto_free char *reason = NULL;
	bool is_done;

	if (!is_manual(step) || member(step, "changed"))
		return;
	if (asks_server(step))
		is_done = (step->target->document || step->target->err.code == ERR_NOT_FOUND) &&
			  holds_in(step, step->target->document);
	else
		is_done = ask_snapshot(change, step, &reason) == TRUTH_TRUE;
	if (!is_done)
		return;
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, "is done already", NULL);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const char *instruction = change_localized(change, json_object_get(step->definition, "instruction"));
	const char *changed = member(step, "changed");

	if (asks_server(step) && !step->target)
		return err_set(err, ERR_REFUSED, "the step {step} of the runbook names no target", "step", step->id,
			       NULL);
	if (asks_server(step))
		plan_permission(change, "get", step->target, "");
	if (*instruction) {
		auto_free char *filled = NULL;

		if (plan_fill(change, instruction, plan_subject(change), &filled, err) < 0)
			return -1;
		step->shown.instruction = take_pointer(filled);
	}
	if (changed)
		step->looked_for = json_deep_copy(pointer_get(step->target->document, changed));
	if (step_is_for_nothing(change, step))
		return 0;
	skip_if_done(change, step);
	return 0;
}

static void give_up(struct change *change, struct plan_step *step, const char *reason)
{
	const char *otherwise = change_localized(change, json_object_get(step->definition, "otherwise"));
	auto_free char *outcome = change_say(change, is_manual(step) ? N_("not done in time: {reason}")
								     : N_("waited in vain: {reason}"),
					     "reason", reason, NULL);

	if (*otherwise)
		change_output(change, step->shown.number, otherwise);
	/* What is waited for with a next step for a person may come yet, and the run then goes on. */
	step->can_be_resumed = is_manual(step) || *otherwise;
	step_wait_finish(change, step, STEP_FAILED, outcome);
}

static void look_later(struct change *change, struct plan_step *step, const char *reason)
{
	if (clock_monotonic_ms() >= step->deadline_ms || !strcmp(step->shown.type, "check")) {
		give_up(change, step, reason);
		return;
	}
	free(step->shown.watched);
	step->shown.watched = xstrdup(reason);
	step_say_once(change, step, reason);
	step->timer = loop_timer(change->context.loop, LOOK_MS, look, step);
}

static void on_answer(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	auto_free char *reason = NULL;

	if (result->code != ERR_NONE && result->code != ERR_NOT_FOUND) {
		reason = change_say_err(change, &result->err);
	} else if (holds_in(step, result->code == ERR_NONE ? result->document : NULL)) {
		reason = change_say(change, "seen: it is so", NULL);
		step_wait_finish(change, step, STEP_DONE, reason);
		return;
	} else if (!strcmp(until_word(step), "absent")) {
		reason = change_say(change, "{object} is still there", "object", step->target->label, NULL);
	} else {
		reason = change_say(change, "{object} is not so far yet", "object", step->target->label, NULL);
	}
	look_later(change, step, reason);
}

static void look(void *data)
{
	struct plan_step *step = data;
	struct change *change = step->change;
	auto_free char *reason = NULL;

	step->timer = NULL;
	if (asks_server(step)) {
		const struct call_request request = {
			.door = CALL_READ,
			.path = step->target->path,
			.on_done = on_answer,
			.data = step,
		};

		change_call(change, &request);
		return;
	}
	if (ask_snapshot(change, step, &reason) == TRUTH_TRUE) {
		auto_free char *outcome = change_say(change, "seen: it is so", NULL);

		step_wait_finish(change, step, STEP_DONE, outcome);
		return;
	}
	look_later(change, step, reason ? reason : "");
}

static void start(struct change *change, struct plan_step *step)
{
	step_wait_start(step, is_manual(step) ? MANUAL_SECONDS : WAIT_SECONDS);
	if (step->shown.instruction)
		change_output(change, step->shown.number, step->shown.instruction);
	/* Whatever a person does outside is a change that this program did not see. */
	if (is_manual(step))
		change->wrote_anything = true;
	look(step);
}

static void stop(struct change *change, struct plan_step *step)
{
	step_wait_stop(change, step, N_("no longer waited for"));
}

const struct step_ops wait_step = {
	.type = "wait",
	.takes_absence = true,
	.plan = plan,
	.start = start,
	.stop = stop,
};

const struct step_ops check_step = {
	.type = "check",
	.takes_absence = true,
	.plan = plan,
	.start = start,
	.stop = stop,
};

const struct step_ops manual_step = {
	.type = "manual",
	.takes_absence = true,
	.is_work = true,
	.plan = plan,
	.start = start,
	.stop = stop,
};
