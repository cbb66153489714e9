/*
 * Several steps of one plan may change the same object: each is planned
 * against what the ones before it leave. The server's dry run knows only the
 * object as it is; for a later step the difference is worked out here, and
 * the preview says so.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/difference.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

static void set_in_object(json_t *object, const char *pointer, json_t *value)
{
	const char *token = strrchr(pointer, '/') + 1;
	auto_free char *key = pointer_key(token);

	if (json_is_null(value))
		json_object_del(object, key);
	else
		json_object_set(object, key, value);
}

static void set_in_list(json_t *list, const char *pointer, const json_t *touch)
{
	size_t index = (size_t)strtoul(strrchr(pointer, '/') + 1, NULL, 10);
	json_t *after = json_object_get(touch, "after");

	if (json_is_null(after))
		json_array_remove(list, index);
	else if (json_is_null(json_object_get(touch, "before")))
		json_array_insert(list, index, after);
	else
		json_array_set(list, index, after);
}

static void apply(json_t *document, const json_t *touch)
{
	const char *pointer = json_string_value(json_object_get(touch, "path"));
	auto_free char *parent_path = xstrndup(pointer, (size_t)(strrchr(pointer, '/') - pointer));
	json_t *parent = pointer_get(document, parent_path);

	if (json_is_object(parent))
		set_in_object(parent, pointer, json_object_get(touch, "after"));
	else if (json_is_array(parent))
		set_in_list(parent, pointer, touch);
}

/* The number of the step before this one that changes the same object; 0: none. */
static int earlier_change(const struct plan_step *step)
{
	const struct change *change = step->change;
	int number = 0;

	for (size_t i = 0; i < change->step_count && change->steps[i] != step; i++) {
		if (change->steps[i]->target == step->target && change->steps[i]->touched)
			number = change->steps[i]->shown.number;
	}
	return number;
}

void plan_shadow(struct plan_step *step)
{
	json_t *after;
	int earlier = earlier_change(step);
	size_t i;
	json_t *touch;

	if (!step_document(step) || step->ops->body)
		return;
	after = json_deep_copy(step_document(step));
	json_array_foreach(step->touched, i, touch)
		apply(after, touch);
	if (earlier) {
		auto_free char *number = xasprintf("%d", earlier);

		step->follows = true;
		step->shown.cannot_preview =
			change_say(step->change,
				   "the server cannot preview this before step {number} was done: worked out from what "
				   "that step leaves",
				   "number", number, NULL);
		difference_make(step_document(step), after, &step->shown.diff, &step->shown.diff_count);
	}
	json_decref(step->target->planned);
	step->target->planned = after;
}
