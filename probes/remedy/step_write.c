/*
 * Sends the request of a step, once. Where the answer is lost nobody knows
 * whether it happened: the target is looked at before anything else is done,
 * and only what provably did not happen is sent again. The patch's own tests
 * make a request that arrives late harmless.
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/step.h"

enum { ATTEMPTS = 3, LOOK_MS = 1000, LOOK_FOR_MS = 60000 };

static void send_request(struct change *change, struct plan_step *step);
static void look(struct change *change, struct plan_step *step);

static void fail(struct change *change, struct plan_step *step, const char *outcome)
{
	run_step_finished(change, step, STEP_FAILED, outcome, NULL);
}

/* Somebody else was there first: nothing more is written. */
static void refuse_changed(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "{object} changed since the preview", "object",
					     step->target->label, NULL);

	step->was_refused = true;
	fail(change, step, outcome);
}

static void succeed(struct change *change, struct plan_step *step, const char *outcome, const char *audit_id)
{
	step->was_written = true;
	change->wrote_anything = true;
	run_step_finished(change, step, STEP_DONE, outcome, audit_id);
}

static void on_time(void *data)
{
	struct plan_step *step = data;

	step->timer = NULL;
	look(step->change, step);
}

static void look_later(struct change *change, struct plan_step *step, const struct err *err)
{
	auto_free char *why = change_say_err(change, err);
	auto_free char *outcome = NULL;

	if (clock_monotonic_ms() < step->deadline_ms) {
		step->timer = loop_timer(change->context.loop, LOOK_MS, on_time, step);
		return;
	}
	/* It may have happened: the journal must not say that nothing was changed. */
	change->wrote_anything = true;
	outcome = change_say(change, "nobody knows whether it happened: {reason}", "reason", why, NULL);
	fail(change, step, outcome);
}

/* The server refused the request as it is: the object did not change, so the reason is another. */
static void on_still_before(struct change *change, struct plan_step *step)
{
	if (step->refusal) {
		fail(change, step, step->refusal);
		return;
	}
	if (step->attempts >= ATTEMPTS || change->stop_wanted) {
		auto_free char *outcome = change_say(change, "not done: no answer after {count} attempts",
						     "count", "3", NULL);

		fail(change, step, outcome);
		return;
	}
	send_request(change, step);
}

static void on_look(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	auto_free char *outcome = NULL;

	if (result->code != ERR_NOT_FOUND && (result->code != ERR_NONE || !json_is_object(result->document))) {
		look_later(change, step, &result->err);
		return;
	}
	switch (step_match_result(step, result)) {
	case MATCH_AFTER:
		/* A refused first attempt means that somebody else set the same values. */
		if (step->attempts == 1 && step->refusal) {
			refuse_changed(change, step);
			return;
		}
		outcome = change_say(change, "done: the answer was lost, but the object shows it", NULL);
		run_step_made(change, step, result->document);
		succeed(change, step, outcome, NULL);
		return;
	case MATCH_OTHER:
		refuse_changed(change, step);
		return;
	case MATCH_BEFORE:
		on_still_before(change, step);
		return;
	}
}

static void look(struct change *change, struct plan_step *step)
{
	const struct call_request request = {
		.door = CALL_READ,
		.path = step->target->path,
		.on_done = on_look,
		.data = step,
	};

	change_call(change, &request);
}

static bool is_refusal(enum err_code code)
{
	return code == ERR_CONFLICT || code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_FORBIDDEN ||
	       code == ERR_UNAUTHORIZED || code == ERR_REFUSED;
}

static void on_written(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	auto_free char *text = NULL;

	if (result->warnings && *result->warnings)
		change_output(change, step->shown.number, result->warnings);
	if (result->code == ERR_NONE) {
		text = change_say(change, "{object} changed", "object", step->target->label, NULL);
		run_step_made(change, step, result->document);
		succeed(change, step, text, result->audit_id);
		return;
	}
	text = change_say_err(change, &result->err);
	change_output(change, step->shown.number, text);
	free(step->refusal);
	step->refusal = is_refusal(result->code) ? take_pointer(text) : NULL;
	if (result->code == ERR_FORBIDDEN || result->code == ERR_UNAUTHORIZED || result->code == ERR_REFUSED)
		fail(change, step, step->refusal);
	else
		look(change, step);
}

static void send_request(struct change *change, struct plan_step *step)
{
	char *body = step_body(change, step, true);
	const struct call_request request = {
		.door = CALL_WRITE,
		.method = step->shown.method,
		.path = step->shown.path,
		.content_type = step->shown.content_type,
		.body = body,
		.on_done = on_written,
		.data = step,
	};

	step->attempts++;
	change_call(change, &request);
	secret_free(body);
}

void step_write(struct change *change, struct plan_step *step)
{
	auto_free char *line = xasprintf("%s %s", step->shown.method, step->shown.path);

	change_output(change, step->shown.number, line);
	step->deadline_ms = clock_monotonic_ms() + LOOK_FOR_MS;
	send_request(change, step);
}
