/*
 * patch: sets fields of one object. The runbook writes a merge patch, a
 * strategic one (lists of named items are merged by name, "$patch":"delete"
 * takes an item out, "$deleteFromPrimitiveList/…" a plain value) or JSON Patch
 * operations. What is sent is always a JSON Patch that is worked out here
 * against the object as it is, with tests for its uid, the names at the list
 * indexes and the old values: a field that somebody moves is never lost
 * (decisions.md 20).
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"
#include "probes/remedy/target_kind.h"

enum { MERGE_DEPTH = 32 };

struct merge {
	struct change *change;
	struct plan_step *step;
	bool is_strategic;
	struct err *err;
};

static const char delete_values[] = "$deleteFromPrimitiveList/";

static int merge_object(struct merge *merge, const char *path, const json_t *patch, const json_t *live, int depth);

/* The value with its places filled and without directives. New reference; NULL: an error was set. */
static json_t *fill(struct merge *merge, const json_t *value)
{
	auto_free char *text = NULL;
	json_t *filled;
	const char *key;
	size_t i;
	json_t *member;

	if (json_is_string(value)) {
		if (plan_fill(merge->change, json_string_value(value), plan_subject(merge->change), &text,
			      merge->err) < 0)
			return NULL;
		return json_string(text);
	}
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref((json_t *)(uintptr_t)value);
	filled = json_is_object(value) ? json_object() : json_array();
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		json_t *one = *key == '$' || json_is_null(member) ? json_null() : fill(merge, member);

		if (!one) {
			json_decref(filled);
			return NULL;
		}
		if (!json_is_null(one))
			json_object_set(filled, key, one);
		json_decref(one);
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, member) {
		if (json_array_append_new(filled, fill(merge, member)) == 0)
			continue;
		json_decref(filled);
		return NULL;
	}
	return filled;
}

static int merge_value(struct merge *merge, const char *path, const json_t *patch, const json_t *live)
{
	json_t *wanted = fill(merge, patch);

	if (!wanted)
		return -1;
	if (live && json_equal(live, wanted)) {
		json_decref(wanted);
		return 0;
	}
	step_touch(merge->step, path, live ? json_incref((json_t *)(uintptr_t)live) : NULL, wanted);
	return 0;
}

static int remove_values(struct merge *merge, const char *path, const json_t *values, const json_t *live)
{
	size_t i;
	json_t *value;

	json_array_foreach((json_t *)(uintptr_t)values, i, value) {
		json_t *wanted = fill(merge, value);
		size_t at;

		if (!wanted)
			return -1;
		at = step_find_item(live, wanted);
		if (at < json_array_size(live)) {
			auto_free char *item = pointer_index(path, at);

			step_touch_item(merge->step, item, json_incref(wanted), NULL);
		}
		json_decref(wanted);
	}
	return 0;
}

static bool is_list_of_named(const json_t *list)
{
	return json_is_string(json_object_get(json_array_get(list, 0), "name"));
}

static bool ends_in(const char *path, const char *end)
{
	size_t length = strlen(path);

	return length >= strlen(end) && !strcmp(path + length - strlen(end), end);
}

/* Items that the step puts at the end of the list already. */
static size_t added_before(const struct plan_step *step, const char *list)
{
	size_t length = strlen(list);
	size_t count = 0;
	size_t i;
	json_t *touch;

	json_array_foreach(step->touched, i, touch) {
		const char *path = json_string_value(json_object_get(touch, "path"));

		count += json_object_get(touch, "item") && json_is_null(json_object_get(touch, "before")) &&
			 !strncmp(path, list, length) && path[length] == '/' && !strchr(path + length + 1, '/');
	}
	return count;
}

static int merge_named(struct merge *merge, const char *path, const json_t *item, const json_t *live, int depth)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	const char *directive = json_string_value(json_object_get(item, "$patch"));
	bool is_deletion = directive && !strcmp(directive, "delete");
	auto_free char *filled = NULL;
	auto_free char *place = NULL;
	json_t *wanted;
	size_t at;

	if (plan_fill(merge->change, name ? name : "", plan_subject(merge->change), &filled, merge->err) < 0)
		return -1;
	at = step_find_name(live, filled);
	place = pointer_index(path, at);
	if (at < json_array_size(live) && is_deletion)
		step_touch_item(merge->step, place, json_incref(json_array_get(live, at)), NULL);
	else if (at < json_array_size(live))
		return merge_object(merge, place, item, json_array_get(live, at), depth + 1);
	if (is_deletion)
		return 0;
	if (ends_in(path, "/containers") || ends_in(path, "/initContainers"))
		return err_set(merge->err, ERR_REFUSED, "{object} has no container {name}", "object",
			       merge->step->target->label, "name", filled, NULL);
	wanted = fill(merge, item);
	if (!wanted)
		return -1;
	free(place);
	place = pointer_index(path, at + added_before(merge->step, path));
	step_touch_item(merge->step, place, NULL, wanted);
	return 0;
}

static int merge_list(struct merge *merge, const char *path, const json_t *patch, const json_t *live, int depth)
{
	size_t i;
	json_t *item;

	if (!merge->is_strategic || !is_list_of_named(patch) || !json_is_array(live))
		return merge_value(merge, path, patch, live);
	json_array_foreach((json_t *)(uintptr_t)patch, i, item) {
		if (merge_named(merge, path, item, live, depth) < 0)
			return -1;
	}
	return 0;
}

static int merge_member(struct merge *merge, const char *path, const char *key, const json_t *patch,
			const json_t *parent, int depth)
{
	bool removes = merge->is_strategic && !strncmp(key, delete_values, strlen(delete_values));
	auto_free char *child = pointer_child(path, removes ? key + strlen(delete_values) : key);
	const json_t *live = json_object_get(parent, removes ? key + strlen(delete_values) : key);

	if (removes)
		return remove_values(merge, child, patch, live);
	if (*key == '$')
		return 0;
	if (json_is_null(patch)) {
		if (live)
			step_touch(merge->step, child, json_incref((json_t *)(uintptr_t)live), NULL);
		return 0;
	}
	if (json_is_object(patch) && json_is_object(live))
		return merge_object(merge, child, patch, live, depth + 1);
	if (json_is_array(patch))
		return merge_list(merge, child, patch, live, depth);
	return merge_value(merge, child, patch, live);
}

static int merge_object(struct merge *merge, const char *path, const json_t *patch, const json_t *live, int depth)
{
	const char *key;
	json_t *value;

	if (depth > MERGE_DEPTH)
		return err_set(merge->err, ERR_LIMIT, "a patch of the runbook is nested too deeply", NULL);
	json_object_foreach((json_t *)(uintptr_t)patch, key, value) {
		if (merge_member(merge, path, key, value, live, depth) < 0)
			return -1;
	}
	return 0;
}

/* add, replace and remove; tests are made here anyway. */
static int plan_operation(struct merge *merge, const char *base, const json_t *operation)
{
	const char *name = json_string_value(json_object_get(operation, "op"));
	const char *path = json_string_value(json_object_get(operation, "path"));
	auto_free char *filled = NULL;
	auto_free char *whole = NULL;
	const json_t *live;

	if (!name || !path || plan_fill(merge->change, path, plan_subject(merge->change), &filled, merge->err) < 0)
		return -1;
	whole = xasprintf("%s%s", base, filled);
	live = pointer_get(step_document(merge->step), whole);
	if (!strcmp(name, "remove")) {
		if (live)
			step_touch(merge->step, whole, json_incref((json_t *)(uintptr_t)live), NULL);
		return 0;
	}
	if (!strcmp(name, "add") || !strcmp(name, "replace"))
		return merge_value(merge, whole, json_object_get(operation, "value"), live);
	return err_set(merge->err, ERR_REFUSED, "a step of the runbook has an operation {name}", "name", name, NULL);
}

static int merge_all(struct merge *merge, const char *base)
{
	const json_t *patch = json_object_get(merge->step->definition, "patch");
	size_t i;
	json_t *operation;

	json_array_foreach((json_t *)(uintptr_t)patch, i, operation) {
		if (plan_operation(merge, base, operation) < 0)
			return -1;
	}
	if (!json_is_object(patch))
		return 0;
	return merge_object(merge, base, patch, pointer_get(step_document(merge->step), base), 0);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const char *type = json_string_value(json_object_get(step->definition, "patchType"));
	const char *at = json_string_value(json_object_get(step->definition, "at"));
	const char *base = at && !strcmp(at, "podTemplate") ? target_kind_template(step->target->kind) : "";
	struct merge merge = {.change = change, .step = step, .is_strategic = type && !strcmp(type, "strategic"),
			      .err = err};

	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	/* What is taken from an object that is being deleted may be the last thing that holds it. */
	if (pointer_get(step->target->document, "/metadata/deletionTimestamp"))
		step->shown.reversible = false;
	if (!base)
		return err_set(err, ERR_REFUSED, "{object} has no pod template", "object", step->target->label, NULL);
	if (merge_all(&merge, base) < 0)
		return -1;
	if (!step->touched) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it would be set already", NULL);
		return 0;
	}
	step_set_patch(change, step);
	return 0;
}

const struct step_ops patch_step = {
	.type = "patch",
	.needs_target = true,
	.plan = plan,
	.start = step_write,
};
