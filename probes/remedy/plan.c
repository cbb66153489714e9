/*
 * Planning: read the targets, make the steps, then ask everything at once
 * (dry runs, access reviews, registries, budgets), then judge.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

static void plan_when_read(struct change *change);
static void plan_judge(struct change *change);

static void refuse(struct change *change, const struct err *err)
{
	change->err = *err;
	change_move(change, CHANGE_REFUSED);
}

void plan_answered(struct change *change)
{
	if (--change->pending == 0 && change->state == CHANGE_PLANNING)
		change->when_answered(change);
}

static int check_runbook(const struct change *change, const json_t *steps, struct err *err)
{
	const struct runbook *runbook = change->runbook;

	if (json_array_size(steps) == 0) {
		err_set(err, ERR_REFUSED, "{id} has no remedy that this program can carry out", "id",
			runbook->id, NULL);
		err_hint(err, "nks-triage explain {id} says what to do", "id", runbook->id, NULL);
		return -1;
	}
	if (!runbook->is_shipped && !runbook->is_trusted) {
		err_set(err, ERR_REFUSED, "the steps of {file} were not approved on this machine", "file",
			runbook->file,
			NULL);
		err_hint(err, "look at every step of it first, then approve it with :trust", NULL);
		return -1;
	}
	return 0;
}

/* --alternative names one of the ways that the runbook has. */
static int check_alternative(const struct change *change, struct err *err)
{
	const json_t *list = json_object_get(change->document, "alternatives");
	const char *wanted = change->context.alternative;
	size_t i;
	json_t *way;

	if (!wanted || change->undo_of)
		return 0;
	json_array_foreach((json_t *)(uintptr_t)list, i, way) {
		if (!strcmp(json_string_value(json_object_get(way, "id")), wanted))
			return 0;
	}
	return err_set(err, ERR_REFUSED, "{id} has no way {name}", "id", change->runbook->id, "name", wanted, NULL);
}

static bool has_target(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->target)
			return true;
	}
	return false;
}

static void on_target(struct change *change, void *data, const struct kube_result *result)
{
	struct target *target = data;

	if (result->code == ERR_NONE && json_is_object(result->document))
		target->document = json_deep_copy(result->document);
	else if (result->code == ERR_NONE)
		err_set(&target->err, ERR_PROTOCOL, "{object} came as something that is no JSON object", "object",
			target->label, NULL);
	else
		target->err = result->err;
	plan_answered(change);
}

static void read_targets(struct change *change)
{
	change->when_answered = plan_when_read;
	change->pending = 1;
	for (size_t i = 0; i < change->target_count; i++) {
		const struct call_request request = {
			.door = CALL_READ,
			.path = change->targets[i]->path,
			.on_done = on_target,
			.data = change->targets[i],
		};

		change->pending++;
		change_call(change, &request);
	}
	plan_answered(change);
}

static void plan_when_known(struct change *change)
{
	struct err err = {0};

	change->names_object = plan_names_object(change);
	if (plan_make_steps(change, &err) < 0) {
		refuse(change, &err);
		return;
	}
	if (change->only_target && !has_target(change)) {
		err_set(&err, ERR_REFUSED, "{id} has no step for {target}", "id", change->runbook->id, "target",
			change->only_target, NULL);
		refuse(change, &err);
		return;
	}
	read_targets(change);
}

void plan_start(struct change *change)
{
	struct err err = {0};

	if (!change->finding && !change->undo_of) {
		change_move(change, CHANGE_NOTHING_TO_DO);
		return;
	}
	if (check_runbook(change, json_object_get(change->document, "steps"), &err) < 0 ||
	    check_alternative(change, &err) < 0 || plan_settings_check(change, &err) < 0) {
		refuse(change, &err);
		return;
	}
	plan_parameters(change);
	plan_fields(change, plan_when_known);
}

static bool has_work(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->shown.state == STEP_PENDING &&
		    (step->shown.method || step->shown.cannot_preview || step->ops->is_work))
			return true;
	}
	return false;
}

static bool has_advice(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->ops->only_tells)
			return true;
	}
	return false;
}

static void end_without_work(struct change *change)
{
	struct err err;

	if (!plan_batch_is_whole(change, &err)) {
		refuse(change, &err);
		return;
	}
	if (!has_advice(change)) {
		if (change->resume_of && change->was_interrupted && change->context.journal)
			run_note_abandoned(change, N_("nothing is left of it to do"));
		change_move(change, CHANGE_NOTHING_TO_DO);
		return;
	}
	err_set(&err, ERR_REFUSED, "there is nothing to run for {id}: its remedy is advice", "id", change->runbook->id,
		NULL);
	refuse(change, &err);
}

static void add_object(struct change *change, const struct target *target)
{
	const char *uid = document_uid(target->document);

	change->objects = xreallocarray(change->objects, change->object_count + 1, sizeof(*change->objects));
	change->objects[change->object_count++] =
		object_key_make(target->kind->name, target->name_space, target->name, uid ? uid : "");
}

static void set_uid(struct plan_step *step)
{
	const json_t *document = step->target ? step->target->document : NULL;
	const char *uid = document_uid(document);

	if (!uid)
		return;
	free(step->shown.target_uid);
	step->shown.target_uid = xstrdup(uid);
}

static void plan_those(struct change *change, bool planned_last)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];
		struct err err = {0};

		if (step->ops->is_planned_last != planned_last)
			continue;
		set_uid(step);
		if (resume_has_done(change, step))
			continue;
		if (step->ops->plan(change, step, &err) < 0)
			step->shown.cannot_preview = change_say_err(change, &err);
		else if (step->shown.method && step->touched)
			plan_shadow(step);
	}
}

static void plan_steps(struct change *change)
{
	for (size_t i = 0; i < change->target_count; i++)
		add_object(change, change->targets[i]);
	plan_those(change, false);
	plan_those(change, true);
	plan_batch_leave_out(change);
}

static void plan_when_seen(struct change *change)
{
	plan_steps(change);
	if (!has_work(change)) {
		end_without_work(change);
		return;
	}
	change->when_answered = plan_judge;
	change->pending = 1;
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];

		if (step->shown.state == STEP_SKIPPED)
			continue;
		if (step->ops->preview)
			step->ops->preview(change, step);
		else if (step->shown.method && !step->follows)
			plan_preview(change, step);
	}
	plan_check_ask(change);
	plan_impact_ask(change);
	plan_answered(change);
}

/* What decides between several plans is asked first. */
static void plan_when_read(struct change *change)
{
	change->when_answered = plan_when_seen;
	change->pending = 1;
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->ops->prepare)
			change->steps[i]->ops->prepare(change, change->steps[i]);
	}
	registry_ask_noted(change);
	plan_answered(change);
}

/* A target that could not be read for another reason than permission: the layer that failed is the reason. */
static const struct err *unread_target(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];
		const struct target *target = step->target;

		if (!target || target->document || target->err.code == ERR_FORBIDDEN)
			continue;
		if (target->err.code != ERR_NOT_FOUND || !step->ops->takes_absence)
			return &target->err;
	}
	return NULL;
}

static const char *first_without_request(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct step *step = &change->steps[i]->shown;

		/* What writes is planned whole or not at all; other steps say it for themselves. */
		if (step->state == STEP_PENDING && step->cannot_preview && !step->method &&
		    (change->steps[i]->ops->start == step_write || change->steps[i]->ops->permit))
			return step->cannot_preview;
	}
	return NULL;
}

static void plan_judge(struct change *change)
{
	const struct precondition *first = NULL;
	const struct err *unread = unread_target(change);
	const char *reason = first_without_request(change);
	struct err err = {0};

	plan_check_judge(change);
	plan_impact_judge(change);
	plan_conflicts(change);
	if (unread) {
		refuse(change, unread);
		return;
	}
	if (plan_is_blocked(change, &first)) {
		err_set(&err, ERR_REFUSED, "a precondition does not hold: {text}: {reason}", "text",
			first->text, "reason",
			first->reason, NULL);
		refuse(change, &err);
		return;
	}
	if (reason) {
		err_set(&err, ERR_REFUSED, "a step cannot be planned: {reason}", "reason", reason, NULL);
		refuse(change, &err);
		return;
	}
	plan_digest(change);
	change_move(change, CHANGE_PREVIEWED);
}
