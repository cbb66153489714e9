/*
 * A confirmed run: look again, take the lock, then one step after the other,
 * each written to the journal before and after, then verification.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probes/base/clock.h"
#include "probes/base/fault_point.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/step.h"
#include "probes/ssh/node_step.h"

/* How long a request under way may take after "stop now" (decisions.md 24). */
enum { STOP_PATIENCE_MS = 10000 };

static void run_next(struct change *change);
static void on_begun(void *data, const struct err *err);
static void on_intended(void *data, const struct err *err);

static const char *const step_state_names[] = {
	[STEP_PENDING] = N_("pending"), [STEP_RUNNING] = N_("running"), [STEP_DONE] = N_("done"),
	[STEP_SKIPPED] = N_("skipped"), [STEP_FAILED] = N_("failed"),
};

/* Sorts by time; the random part keeps two consoles of one second apart. */
static int make_run_id(struct change *change, struct err *err)
{
	unsigned char noise[4];
	char now[21];
	size_t length = 0;

	if (getrandom(noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
		return err_set(err, ERR_IO, "the kernel gives no random bytes", NULL);
	clock_format(clock_wall(), now);
	for (const char *at = now; *at; at++) {
		if (*at != '-' && *at != ':')
			change->run_id[length++] = *at;
	}
	snprintf(change->run_id + length, sizeof(change->run_id) - length, "-%02x%02x%02x%02x", noise[0], noise[1],
		 noise[2], noise[3]);
	return 0;
}

/* Fields and their old values, or what else the step's type needs: what an undo puts back. */
static char *before_image(const struct plan_step *step)
{
	return step->touched ? json_dumps(step->touched, JSON_COMPACT) : NULL;
}

static json_t *optional_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_string("?");
}

/* What an earlier run did of the same change belongs to this one too: it is taken back with it. */
static json_t *journal_step(const struct plan_step *step)
{
	const struct step *shown = &step->shown;
	bool was_done = step->was_done_before;
	const json_t *entry = was_done ? step->resumed : NULL;
	auto_free char *request = entry ? json_dumps(json_object_get(entry, "request"), JSON_COMPACT) : NULL;
	auto_free char *image = entry		    ? json_dumps(json_object_get(entry, "before"), JSON_COMPACT)
				: step->looked_for ? before_image(step)
						   : NULL;

	return json_pack("{s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "n", shown->number, "type",
			 optional_text(shown->type), "title", optional_text(shown->title), "target",
			 optional_text(shown->target), "state", was_done ? "done" : step_state_names[shown->state],
			 "outcome", optional_text(shown->outcome), "request", optional_text(request), "image",
			 optional_text(image));
}

static json_t *journal_steps(const struct change *change)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < change->step_count; i++)
		json_array_append_new(steps, journal_step(change->steps[i]));
	return steps;
}

void run_note_abandoned(const struct change *change, const char *why)
{
	auto_free char *note = change_say(change, why, NULL);

	journal_run_state(change->context.journal, change->ended_run, change_state_name(CHANGE_STOPPED), note, NULL,
			  NULL, NULL, NULL);
}

static void begin_journal(struct change *change)
{
	const struct kubeconfig_view *view = kube_client_view(change->context.client);
	json_t *binding = plan_binding(change);
	auto_free char *plan = json_canonical(binding);
	json_t *steps = journal_steps(change);
	json_t *leaves = undo_leaves(change, json_object_get(change->document, "leaves"));
	auto_free char *not_undone = json_dumps(leaves, JSON_COMPACT);
	const struct journal_run run = {
		.id = change->run_id,
		.entry = change->runbook->id,
		.finding = change->finding ? change->finding->key : NULL,
		.context = view->context,
		.server = view->server,
		.user = view->as_user ? view->as_user : view->user,
		.digest = change->digest,
		.plan = plan,
		.undoes = change->undo_of,
		.resumes = change->resume_of,
		.not_undone = json_array_size(leaves) ? not_undone : NULL,
		.steps = steps,
	};

	if (change->was_interrupted)
		run_note_abandoned(change, N_("its process ended"));
	journal_run_begin(change->context.journal, &run, on_begun, change);
	json_decref(binding);
	json_decref(steps);
	json_decref(leaves);
}

/* The journal takes what it can; what it cannot is said, and the run that is under way ends as it would. */
static void on_noted(void *data, const struct err *err)
{
	struct change *change = data;
	auto_free char *text = err ? change_say_err(change, err) : NULL;

	if (!err)
		return;
	change->was_begun = false;	/* what is said of it would fail as well */
	change_output(change, 0, text);
	change->was_begun = true;
}

/* The run that was taken back says so. */
static void note_undone(struct change *change)
{
	auto_free char *note = NULL;

	if (!change->undo_of || change->end_state != CHANGE_VERIFIED)
		return;
	note = change_say(change, "undone by {run}", "run", change->run_id, NULL);
	journal_run_state(change->context.journal, change->undo_of, "undone", note, NULL, change->run_id, NULL, NULL);
}

/* Where to look next: [{"id","why"}]. */
static json_t *hypotheses_json(const struct change *change)
{
	json_t *list = json_array();

	for (size_t i = 0; i < change->hypothesis_count; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "id", optional_text(change->hypotheses[i].id),
						      "why", optional_text(change->hypotheses[i].why)));
	return list;
}

/* By what, for how long, with what result. JSON text, NULL: it was not verified. */
static char *verification_text(const struct change *change, const char *reason)
{
	const json_t *verify = json_object_get(change->document, "verify");
	char started[21];
	char ended[21];
	json_t *document;
	char *text;

	if (!change->verify_started)
		return NULL;
	clock_format(change->verify_started, started);
	clock_format(clock_wall(), ended);
	document = json_pack("{s:s, s:s, s:s, s:s, s:o}", "by",
			     change->undo_of ? "the fields that were put back" : "the signs that raised it",
			     "startedAt", started, "endedAt", ended, "result", change_state_name(change->end_state),
			     "reason", optional_text(reason));
	json_object_set(document, "deadlineSeconds", json_object_get(verify, "deadlineSeconds"));
	json_object_set(document, "holdSeconds", json_object_get(verify, "holdSeconds"));
	json_object_set_new(document, "next", hypotheses_json(change));
	text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	return text;
}

static void on_end_noted(void *data, const struct err *err)
{
	struct change *change = data;

	on_noted(change, err);
	change->is_ending = false;
	fault_point("run.ended", NULL);
	change_move(change, change->end_state);
}

static void end_now(struct change *change)
{
	struct err err = change->err;
	auto_free char *note = err.code != ERR_NONE ? change_say_err(change, &err) : NULL;
	auto_free char *verification = verification_text(change, note);

	fault_point("run.released", NULL);
	timer_cancel(change->timer);
	change->timer = NULL;
	write_token_end(change->token);
	node_token_end(change->node_token);
	if (!change->was_begun) {
		on_end_noted(change, NULL);
		return;
	}
	note_undone(change);
	journal_run_state(change->context.journal, change->run_id, change_state_name(change->end_state), note,
			  verification, NULL, on_end_noted, change);
}

void run_end(struct change *change, enum change_state state, const struct err *err)
{
	if (change->is_ending || change_has_ended(change))
		return;
	if (err)
		change->err = *err;
	change->is_ending = true;
	/* "Refused" promises that this run changed nothing. */
	change->end_state = state == CHANGE_REFUSED && change->wrote_anything ? CHANGE_FAILED : state;
	lease_release(change, end_now);
}

static void end_stopped(struct change *change)
{
	struct err err;

	err_set(&err, ERR_CANCELLED, "stopped: {reason}", "reason",
		change->stop_reason ? change->stop_reason : "by the operator", NULL);
	run_end(change, CHANGE_STOPPED, &err);
}

static void end_steps(struct change *change)
{
	struct err err;

	if (!plan_batch_is_whole(change, &err)) {
		run_end(change, CHANGE_FAILED, &err);
		return;
	}
	change->verify_started = clock_wall();
	journal_run_state(change->context.journal, change->run_id, change_state_name(CHANGE_VERIFYING), NULL, NULL,
			  NULL, on_noted, change);
	change_move(change, CHANGE_VERIFYING);
	if (change->undo_of)
		verify_undo_start(change);
	else
		verify_start(change);
}

static char *request_text(const struct plan_step *step)
{
	const struct step *shown = &step->shown;
	json_t *request;
	char *text;

	if (step->part && step->part->mark)
		return ssh_command_request(step);
	if (!shown->method)
		return NULL;
	request = json_pack("{s:s, s:s, s:s?, s:s?}", "method", shown->method, "path", shown->path, "contentType",
			    shown->content_type, "body", shown->body);
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return text;
}

static void note_intent(struct change *change, const struct plan_step *step)
{
	auto_free char *image = before_image(step);
	auto_free char *request = request_text(step);

	change->waits_for_journal = true;
	journal_step_intent(change->context.journal, change->run_id, step->shown.number, request, image, on_intended,
			    change);
}

void run_step_made(struct change *change, struct plan_step *step, const json_t *document)
{
	const char *uid = document_uid(document);
	json_t *touch = json_array_get(step->touched, 0);

	if (uid && json_is_true(json_object_get(touch, "made"))) {
		json_object_set_new(touch, "uid", json_string(uid));
		run_step_image(change, step);
	}
}

void run_step_image(struct change *change, const struct plan_step *step)
{
	auto_free char *image = before_image(step);

	journal_step_image(change->context.journal, change->run_id, step->shown.number, image, on_noted, change);
}

static void note_result(struct change *change, const struct plan_step *step, const char *audit_id)
{
	journal_step_result(change->context.journal, change->run_id, step->shown.number,
			    step_state_names[step->shown.state], step->shown.outcome, audit_id, on_noted, change);
}

void run_step_finished(struct change *change, struct plan_step *step, enum step_state state, const char *outcome,
		       const char *audit_id)
{
	free(step->shown.outcome);
	step->shown.outcome = outcome ? xstrdup(outcome) : NULL;
	step->shown.state = state;
	step->shown.ended_ms = clock_monotonic_ms();
	if (state == STEP_DONE) {
		step->shown.progress = 100;
		audit_step(change, step);
	}
	change->step_is_running = false;
	fault_point("step.ended", NULL);
	note_result(change, step, audit_id);
	if (outcome)
		change_output(change, step->shown.number, outcome);
	if (state == STEP_FAILED && !step->is_optional && !plan_batch_goes_on(change, step)) {
		struct err err;

		err_set(&err, step->was_refused ? ERR_CONFLICT : ERR_INVALID, "{title}: {reason}", "title",
			step->shown.title, "reason", outcome, NULL);
		run_end(change, step->was_refused ? CHANGE_REFUSED : step->can_be_resumed ? CHANGE_STOPPED
										      : CHANGE_FAILED, &err);
		return;
	}
	change->current++;
	run_next(change);
}

static void end_without_lock(struct change *change)
{
	struct err err;

	err_set(&err, ERR_CONFLICT, "the lock was lost: somebody else may work on the same objects", NULL);
	run_end(change, CHANGE_FAILED, &err);
}

/* Nothing was done of what was intended. */
static void withdraw_intent(struct change *change, struct plan_step *step)
{
	journal_step_result(change->context.journal, change->run_id, step->shown.number,
			    step_state_names[STEP_PENDING], NULL, NULL, on_noted, change);
}

/* Of a batch all have the same title: the target tells them apart. */
static void say_begun(struct change *change, const struct step *step)
{
	auto_free char *text = step->unit ? xasprintf("%s: %s", step->title, step->target) : xstrdup(step->title);

	change_output(change, step->number, text);
}

static void start_step(struct change *change, struct plan_step *step)
{
	step->shown.state = STEP_RUNNING;
	step->shown.started_ms = clock_monotonic_ms();
	change->step_is_running = true;
	say_begun(change, &step->shown);
	step->ops->start(change, step);
}

static bool is_write(const struct plan_step *step)
{
	return step->shown.method || step->pods || step->shown.argv;
}

/* The intent is on the disk, or cannot be written: then nothing is done. */
static void on_intended(void *data, const struct err *err)
{
	struct change *change = data;
	struct plan_step *step = change->steps[change->current];

	change->waits_for_journal = false;
	if (change->is_ending || change_has_ended(change))
		return;
	if (err) {
		run_end(change, CHANGE_FAILED, err);
		return;
	}
	fault_point("step.intended", NULL);
	if (change->stop_wanted || (change->lease_is_lost && is_write(step))) {
		withdraw_intent(change, step);
		if (change->stop_wanted)
			end_stopped(change);
		else
			end_without_lock(change);
		return;
	}
	start_step(change, step);
}

static void run_next(struct change *change)
{
	if (change->is_ending || change_has_ended(change))
		return;
	if (change->stop_wanted) {
		end_stopped(change);
		return;
	}
	while (change->current < change->step_count && change->steps[change->current]->shown.state == STEP_SKIPPED)
		change->current++;
	if (change->current == change->step_count) {
		end_steps(change);
		return;
	}
	if (is_write(change->steps[change->current]) && !lease_may_write(change, run_next))
		return;
	note_intent(change, change->steps[change->current]);
}

/* Every target still looks as it was previewed; else nothing is written at all. */
static void looked_again(struct change *change)
{
	if (!change->was_begun) {
		run_end(change, CHANGE_FAILED, NULL);
		return;
	}
	fault_point("run.looked", NULL);
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];
		struct err err;

		if (!step->was_refused)
			continue;
		err_set(&err, ERR_CONFLICT, "{object} changed since the preview: nothing was written", "object",
			step->shown.target, NULL);
		err_hint(&err, "look at a new preview", NULL);
		run_end(change, CHANGE_REFUSED, &err);
		return;
	}
	if (change->err.code != ERR_NONE)
		run_end(change, CHANGE_REFUSED, NULL);
	else if (change->stop_wanted)
		end_stopped(change);
	else
		lease_take(change, run_next);
}

/* What was to go is gone already: fewer is fine (decisions.md 21). */
static void judge_look(struct change *change, struct plan_step *step, enum step_match match)
{
	if (match == MATCH_AFTER && step->ops->takes_absence && step->ops->match) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is gone already", NULL);
		return;
	}
	step->was_refused = match != MATCH_BEFORE;
}

static void on_look(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;

	if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND)
		judge_look(change, step, step_match_result(step, result));
	else if (change->err.code == ERR_NONE)
		change->err = result->err;
	if (--change->pending == 0)
		looked_again(change);
}

/* Nothing is written to the cluster by a run that the journal does not know. */
static void on_begun(void *data, const struct err *err)
{
	struct change *change = data;

	change->was_begun = !err;
	if (err)
		change->err = *err;
	else
		fault_point("run.begun", NULL);
	if (--change->pending == 0)
		looked_again(change);
}

static void look_again(struct change *change)
{
	change->pending = 1;
	/* The journal's disk and the cluster are asked at the same time. */
	change->pending++;
	begin_journal(change);
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];
		struct call_request request = {.door = CALL_READ, .on_done = on_look, .data = step};

		if (step->ops->is_bound && step->shown.state != STEP_SKIPPED)
			step->was_refused = !step->ops->is_bound(change, step);
		if (!step->shown.method || step->shown.state == STEP_SKIPPED || step->follows)
			continue;
		request.path = step->target->path;
		change->pending++;
		change_call(change, &request);
	}
	if (--change->pending == 0)
		looked_again(change);
}

int change_run(struct change *change, struct err *err)
{
	if (change->state != CHANGE_CONFIRMED)
		return err_set(err, ERR_REFUSED, "only a confirmed change can run: this one is {state}", "state",
			       change_state_name(change->state), NULL);
	if (confirm_latch(change, err) < 0)
		return -1;
	if (!change->context.journal)
		return err_set(err, ERR_REFUSED, "there is no journal: nothing is changed without one", NULL);
	if (make_run_id(change, err) < 0)
		return -1;
	node_permit(change);
	change->err = (struct err){0};
	change_move(change, CHANGE_RUNNING);
	look_again(change);
	return 0;
}

static void on_patience_over(void *data)
{
	struct change *change = data;

	change->timer = NULL;
	change_cancel_calls(change, change->steps[change->current]);
	change->wrote_anything = true;
	end_stopped(change);
}

static void stop_now(struct change *change)
{
	struct plan_step *step = change->step_is_running ? change->steps[change->current] : NULL;

	if (!step || change->is_ending)
		return;
	if (step->ops->stop)
		step->ops->stop(change, step);
	else if (!change->timer)
		change->timer = loop_timer(change->context.loop, STOP_PATIENCE_MS, on_patience_over, change);
}

void change_stop(struct change *change, enum change_stop how, const char *reason)
{
	if (change->state != CHANGE_RUNNING && change->state != CHANGE_VERIFYING)
		return;
	if (!change->stop_reason && reason)
		change->stop_reason = xstrdup(reason);
	change->stop_wanted = true;
	change->stop_how = how;
	if (change->state == CHANGE_VERIFYING) {
		verify_stop(change);
		end_stopped(change);
	} else if (lease_is_watching(change)) {
		end_stopped(change);
	} else if (how == STOP_NOW) {
		stop_now(change);
	}
	change_changed(change);
}
