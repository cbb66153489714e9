/*
 * Parameters that are read from the finding's object ("fromField"), as it is
 * now: a service account, a finalizer. Of several objects all must say the
 * same, else there is no value.
 */
#include <fnmatch.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/target_kind.h"

/* Pods of one workload are copies of each other: so many are looked at. */
enum { OBJECTS_MAXIMUM = 20 };

static bool has_fields(const struct change *change)
{
	const char *name;
	json_t *definition;

	json_object_foreach(json_object_get(change->document, "parameters"), name, definition) {
		if (json_object_get(definition, "fromField"))
			return true;
	}
	return false;
}

static bool fits_one(const json_t *patterns, const char *text)
{
	size_t i;
	json_t *pattern;

	json_array_foreach((json_t *)(uintptr_t)patterns, i, pattern) {
		if (fnmatch(json_string_value(pattern), text, 0) == 0)
			return true;
	}
	return false;
}

static const char *value_in(const json_t *source, const json_t *document)
{
	const json_t *found = pointer_get(document, json_string_value(json_object_get(source, "pointer")));
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)found, i, item) {
		if (json_is_string(item) && !fits_one(json_object_get(source, "not"), json_string_value(item)))
			return json_string_value(item);
	}
	if (json_is_string(found) && *json_string_value(found))
		return json_string_value(found);
	return json_string_value(json_object_get(source, "otherwise"));
}

static void take_value(struct change *change, const char *name, const json_t *source)
{
	const char *value = NULL;

	for (size_t i = 0; i < change->field_object_count; i++) {
		const json_t *document = change->field_objects[i]->document;
		const char *one = document ? value_in(source, document) : NULL;

		if (!one || (value && strcmp(value, one) != 0))
			return;
		value = one;
	}
	if (value)
		json_object_set_new(change->parameters, name, json_string(value));
}

static void take_values(struct change *change)
{
	const char *name;
	json_t *definition;

	json_object_foreach(json_object_get(change->document, "parameters"), name, definition) {
		const json_t *source = json_object_get(definition, "fromField");

		if (source && !plan_is_given(change, name) && !plan_was_given(change, name))
			take_value(change, name, source);
	}
	change->when_fields_read(change);
}

static void on_object(struct change *change, void *data, const struct kube_result *result)
{
	struct target *object = data;

	if (result->code == ERR_NONE && json_is_object(result->document))
		object->document = json_deep_copy(result->document);
	plan_answered(change);
}

static void add_object(struct change *change, const struct finding_object *object)
{
	const struct kind *kind = target_kind_find(object->kind);
	struct target *read;

	if (!kind || change->field_object_count == OBJECTS_MAXIMUM)
		return;
	read = xcalloc(1, sizeof(*read));
	read->kind = kind;
	read->path = kind_path(kind, kind->namespaced ? object->name_space : NULL, object->name);
	change->field_objects = xreallocarray(change->field_objects, change->field_object_count + 1,
					      sizeof(struct target *));
	change->field_objects[change->field_object_count++] = read;
}

static void read_objects(struct change *change)
{
	change->when_answered = take_values;
	change->pending = 1;
	for (size_t i = 0; i < change->field_object_count; i++) {
		const struct call_request request = {
			.door = CALL_READ,
			.path = change->field_objects[i]->path,
			.on_done = on_object,
			.data = change->field_objects[i],
		};

		change->pending++;
		change_call(change, &request);
	}
	plan_answered(change);
}

void plan_fields(struct change *change, void (*next)(struct change *change))
{
	const struct finding_object *subject = plan_subject(change);

	if (!subject || !has_fields(change)) {
		next(change);
		return;
	}
	change->when_fields_read = next;
	for (size_t i = 0; i < change->finding->object_count; i++) {
		if (!strcmp(change->finding->objects[i].kind, subject->kind))
			add_object(change, &change->finding->objects[i]);
	}
	read_objects(change);
}
