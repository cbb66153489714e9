/*
 * restore: puts back fields that an earlier run replaced. Three-way: what is
 * there now must be what that run made of it; where somebody changed it
 * since, both are shown and nothing is done.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

static bool is_value(const json_t *value, const json_t *wanted)
{
	return value ? json_equal(value, wanted) : json_is_null(wanted);
}

static char *value_text(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : xstrdup("-");
}

/* An item of a list is known by its value: what stands at its old place now says nothing. */
static int plan_item(struct plan_step *step, const char *path, json_t *before, json_t *after, struct err *err)
{
	auto_free char *list_path = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	const json_t *list = pointer_get(step_document(step), list_path);
	const char *name = json_string_value(json_object_get(after, "name"));
	size_t count = json_array_size(list);
	json_t *value = json_is_null(before) ? after : before;
	size_t at = step_find_item(list, value);
	auto_free char *place = pointer_index(list_path, json_is_null(before) ? at : count);

	if (json_is_null(before) && at < count) {
		step_touch_item(step, place, json_incref(value), NULL);
		return 0;
	}
	if (json_is_null(before) && name && step_find_name(list, name) < count)
		return err_set(err, ERR_CONFLICT, "somebody changed {name} in {path} since", "name", name, "path",
			       list_path, NULL);
	if (json_is_null(before) || at < count)
		return 0;
	if (list)
		step_touch_item(step, place, NULL, json_incref(value));
	else
		step_touch(step, list_path, NULL, json_pack("[O]", value));
	return 0;
}

static int plan_field(struct plan_step *step, const json_t *field, struct err *err)
{
	const char *path = json_string_value(json_object_get(field, "path"));
	json_t *before = json_object_get(field, "before");
	json_t *after = json_object_get(field, "after");
	const json_t *now = path ? pointer_get(step_document(step), path) : NULL;
	auto_free char *now_text = NULL;
	auto_free char *after_text = NULL;
	auto_free char *before_text = NULL;

	if (!path || !before || !after)
		return err_set(err, ERR_INVALID, "the journal holds no before-image for {object}", "object",
			       step->target->label, NULL);
	if (json_object_get(field, "item"))
		return plan_item(step, path, before, after, err);
	if (is_value(now, before))
		return 0;
	if (is_value(now, after)) {
		step_touch(step, path, json_incref(after), json_incref(before));
		return 0;
	}
	now_text = value_text(now);
	after_text = value_text(after);
	before_text = value_text(before);
	return err_set(err, ERR_CONFLICT,
		       "somebody changed {path} since: it is {now}, the run set {after}, before it was {before}",
		       "path", path, "now", now_text, "after", after_text, "before", before_text, NULL);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const char *uid = json_string_value(json_object_get(step->definition, "uid"));
	const json_t *fields = json_object_get(step->definition, "fields");

	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	if (!uid || strcmp(uid, step->shown.target_uid) != 0)
		return err_set(err, ERR_CONFLICT, "{object} was deleted and made again since", "object",
			       step->target->label, NULL);
	/* Backwards: what was put at the end of a list last goes first. */
	for (size_t i = json_array_size(fields); i-- > 0;) {
		if (plan_field(step, json_array_get(fields, i), err) < 0)
			return -1;
	}
	if (!step->touched) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it was before", NULL);
		return 0;
	}
	step_set_patch(change, step);
	return 0;
}

const struct step_ops restore_step = {
	.type = "restore",
	.needs_target = true,
	.plan = plan,
	.start = step_write,
};
