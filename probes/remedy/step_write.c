/*
 * Sends the request of a step, once. Where the answer is lost nobody knows
 * whether it happened: the target is looked at before anything else is done,
 * and only what provably did not happen is sent again, after the time that
 * the server asked for. The patch's own tests make a request that arrives late
 * harmless.
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/step.h"

enum { ATTEMPTS = 3, PAUSE_MS = 500, LOOK_MS = 1000, LOOK_FOR_MS = 60000 };

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

/* All attempts were in vain, and the object shows that none of them happened. */
static void give_up(struct change *change, struct plan_step *step)
{
	auto_free char *count = xasprintf("%d", step->attempts);
	auto_free char *outcome = change_say(change, "not done after {count} attempts: {reason}", "count", count,
					     "reason", step->reason, NULL);

	/* Somebody else was always quicker: that is no failure of ours. */
	step->was_refused = step->last_code == ERR_CONFLICT;
	fail(change, step, outcome);
}

static bool is_of_the_moment(enum err_code code)
{
	return code == ERR_CONFLICT || code == ERR_THROTTLED;
}

/* The object did not change. A refusal of the request as it is stands; what was of the moment is tried again. */
static void on_still_before(struct change *change, struct plan_step *step)
{
	if (step->refusal && !is_of_the_moment(step->last_code)) {
		fail(change, step, step->refusal);
	} else if (change->stop_wanted) {
		auto_free char *outcome = change_say(change, "not done: stopped before it was sent again", NULL);

		step->can_be_resumed = true;
		fail(change, step, outcome);
	} else if (step->attempts >= ATTEMPTS) {
		give_up(change, step);
	} else if (step->pause_ms > 0) {
		/* In pieces, so that a stop need not wait for the end of it; and the object is looked at again. */
		int64_t piece = step->pause_ms < LOOK_MS ? step->pause_ms : LOOK_MS;

		step->pause_ms -= piece;
		step->timer = loop_timer(change->context.loop, piece, on_time, step);
	} else {
		send_request(change, step);
	}
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
		/* What was to go is gone: fewer is fine (decisions.md 21). */
		if (!step->was_lost && !strcmp(step->shown.method, "DELETE")) {
			outcome = change_say(change, "is gone already", NULL);
			run_step_finished(change, step, STEP_SKIPPED, outcome, NULL);
			return;
		}
		/* Where every attempt was refused somebody else set the same values. */
		if (!step->was_lost) {
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
	       code == ERR_UNAUTHORIZED || code == ERR_REFUSED || code == ERR_THROTTLED;
}

/* What the server refused whatever the object looks like. */
static bool is_final(enum err_code code)
{
	return code == ERR_FORBIDDEN || code == ERR_UNAUTHORIZED || code == ERR_REFUSED;
}

static void note_failure(struct plan_step *step, const struct kube_result *result, const char *text)
{
	bool is_busy = result->code == ERR_THROTTLED || result->code == ERR_SERVER;

	free(step->reason);
	free(step->refusal);
	step->reason = xstrdup(text);
	step->refusal = is_refusal(result->code) ? xstrdup(text) : NULL;
	step->was_lost = step->was_lost || !step->refusal;
	step->last_code = result->code;
	step->pause_ms = is_busy ? (int64_t)step->attempts * PAUSE_MS : 0;
	if (step->pause_ms < result->retry_after_ms)
		step->pause_ms = result->retry_after_ms;
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
		if (step_learn(step, result->document))
			run_step_image(change, step);
		succeed(change, step, text, result->audit_id);
		return;
	}
	text = change_say_err(change, &result->err);
	change_output(change, step->shown.number, text);
	note_failure(step, result, text);
	if (is_final(result->code))
		fail(change, step, text);
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
