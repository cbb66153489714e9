/*
 * Planning: read the targets, make the steps, then ask everything at once
 * (dry runs, access reviews, registries, budgets), then judge.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/step.h"

static void plan_when_read(struct change *change);
static void plan_judge(struct change *change);

void plan_refuse(struct change *change, const struct err *err)
{
	change->err = *err;
	change_move(change, CHANGE_REFUSED);
}

void plan_answered(struct change *change)
{
	if (--change->pending == 0 && change->state == CHANGE_PLANNING)
		change->when_answered(change);
}

struct plan_step *plan_step_by_id(const struct change *change, const char *id)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (!strcmp(change->steps[i]->id, id))
			return change->steps[i];
	}
	return NULL;
}

static const char *text_of(const json_t *definition, const char *key)
{
	const char *text = json_string_value(json_object_get(definition, key));

	return text ? text : "";
}

/* --target leaves the steps of one object; steps without one stay. */
static bool is_left_out(const struct change *change, const struct target *target)
{
	return change->only_target && target && strcasecmp(target->label, change->only_target) != 0;
}

/* A step with a condition is left out where it does not hold; where nobody knows, there is no plan. */
static int is_wanted(struct change *change, const json_t *definition, bool *ret_wanted, struct err *err)
{
	auto_free char *reason = NULL;
	enum truth truth = TRUTH_TRUE;

	if (json_object_get(definition, "if"))
		truth = plan_condition(change, json_object_get(definition, "if"), NULL, &reason);
	*ret_wanted = truth == TRUTH_TRUE;
	if (truth != TRUTH_UNKNOWN)
		return 0;
	return err_set(err, ERR_REFUSED, "whether the step {step} is needed could not be checked: {reason}", "step",
		       text_of(definition, "id"), "reason", reason, NULL);
}

static int add_step(struct change *change, const json_t *definition, struct err *err)
{
	const struct step_ops *ops = step_type_find(text_of(definition, "type"));
	const json_t *target_definition = json_object_get(definition, "target");
	const struct finding_object *object =
		change->finding && change->finding->object_count ? &change->finding->objects[0] : NULL;
	const json_t *reversible = json_object_get(definition, "reversible");
	struct target *target = NULL;
	struct plan_step *step;
	bool wanted = true;

	if (is_wanted(change, definition, &wanted, err) < 0)
		return -1;
	if (!wanted)
		return 0;
	if (!ops)
		return err_set(err, ERR_REFUSED, "this version cannot carry out a step of the type {type}", "type",
			       text_of(definition, "type"), NULL);
	if (target_definition && plan_target(change, target_definition, object, &target, err) < 0)
		return -1;
	if (ops->needs_target && !target)
		return err_set(err, ERR_REFUSED, "the step {step} of the runbook names no target", "step",
			       text_of(definition, "id"), NULL);
	if (is_left_out(change, target))
		return 0;
	step = xcalloc(1, sizeof(*step));
	step->change = change;
	step->ops = ops;
	step->definition = definition;
	step->id = text_of(definition, "id");
	step->target = target;
	step->is_optional = json_is_true(json_object_get(definition, "optional"));
	step->shown.number = (int)change->step_count + 1;
	step->shown.type = xstrdup(ops->type);
	step->shown.title = xstrdup(change_localized(change, json_object_get(definition, "title")));
	step->shown.why = xstrdup(change_localized(change, json_object_get(definition, "why")));
	step->shown.target = xstrdup(target ? target->label : "");
	step->shown.target_uid = xstrdup("");
	step->shown.reversible = !reversible || json_is_true(reversible);
	step->shown.expected_seconds = (int)json_integer_value(json_object_get(definition, "expectedSeconds"));
	step->shown.progress = -1;
	change->steps = xreallocarray(change->steps, change->step_count + 1, sizeof(struct plan_step *));
	change->steps[change->step_count++] = step;
	return 0;
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

void plan_start(struct change *change)
{
	const json_t *steps = json_object_get(change->document, "steps");
	struct err err = {0};
	size_t i;
	json_t *definition;

	if (!change->finding && !change->undo_of) {
		change_move(change, CHANGE_NOTHING_TO_DO);
		return;
	}
	if (check_runbook(change, steps, &err) < 0) {
		plan_refuse(change, &err);
		return;
	}
	plan_parameters(change);
	json_array_foreach((json_t *)(uintptr_t)steps, i, definition) {
		if (add_step(change, definition, &err) < 0) {
			plan_refuse(change, &err);
			return;
		}
	}
	if (change->only_target && !has_target(change)) {
		err_set(&err, ERR_REFUSED, "{id} has no step for {target}", "id", change->runbook->id, "target",
			change->only_target, NULL);
		plan_refuse(change, &err);
		return;
	}
	read_targets(change);
}

static bool sends_anything(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->shown.method || change->steps[i]->shown.cannot_preview)
			return true;
	}
	return false;
}

static void add_object(struct change *change, const struct target *target)
{
	const char *uid = json_string_value(json_object_get(json_object_get(target->document, "metadata"), "uid"));

	change->objects = xreallocarray(change->objects, change->object_count + 1, sizeof(*change->objects));
	change->objects[change->object_count++] =
		object_key_make(target->kind->name, target->name_space, target->name, uid ? uid : "");
}

static void plan_steps(struct change *change)
{
	for (size_t i = 0; i < change->target_count; i++)
		add_object(change, change->targets[i]);
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];
		const json_t *document = step->target ? step->target->document : NULL;
		const char *uid = json_string_value(json_object_get(json_object_get(document, "metadata"), "uid"));
		struct err err = {0};

		if (uid) {
			free(step->shown.target_uid);
			step->shown.target_uid = xstrdup(uid);
		}
		if (step->ops->plan(change, step, &err) < 0)
			step->shown.cannot_preview = change_say_err(change, &err);
	}
}

static void plan_when_read(struct change *change)
{
	plan_steps(change);
	if (!sends_anything(change)) {
		change_move(change, CHANGE_NOTHING_TO_DO);
		return;
	}
	change->when_answered = plan_judge;
	change->pending = 1;
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->shown.method)
			plan_preview(change, change->steps[i]);
	}
	plan_check_ask(change);
	plan_impact_ask(change);
	plan_answered(change);
}

/* A target that could not be read for another reason than permission: the layer that failed is the reason. */
static const struct err *unread_target(const struct change *change)
{
	for (size_t i = 0; i < change->target_count; i++) {
		const struct target *target = change->targets[i];

		if (!target->document && target->err.code != ERR_FORBIDDEN)
			return &target->err;
	}
	return NULL;
}

static const char *first_without_request(const struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct step *step = &change->steps[i]->shown;

		if (step->state == STEP_PENDING && step->cannot_preview && !step->method &&
		    change->steps[i]->ops->start == step_write)
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
		plan_refuse(change, unread);
		return;
	}
	if (plan_is_blocked(change, &first)) {
		err_set(&err, ERR_REFUSED, "a precondition does not hold: {text}: {reason}", "text",
			first->text, "reason",
			first->reason, NULL);
		plan_refuse(change, &err);
		return;
	}
	if (reason) {
		err_set(&err, ERR_REFUSED, "a step cannot be planned: {reason}", "reason", reason, NULL);
		plan_refuse(change, &err);
		return;
	}
	plan_digest(change);
	change_move(change, CHANGE_PREVIEWED);
}
