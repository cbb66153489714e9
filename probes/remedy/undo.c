/*
 * Undo: the journal's before-images become the steps of a change of its own.
 * Only fields that the run touched are put back, and only where nobody
 * changed them since (step_restore.c).
 */
#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* "Deployment/kube-system/x" or "Node/x" as the target of a definition. New reference, NULL where it is neither. */
static json_t *target_of(const char *label)
{
	const char *first = strchr(label, '/');
	const char *last = strrchr(label, '/');
	auto_free char *kind = first ? xstrndup(label, (size_t)(first - label)) : NULL;
	auto_free char *name_space = first && last > first ? xstrndup(first + 1, (size_t)(last - first) - 1) : NULL;

	if (!kind)
		return NULL;
	return json_pack("{s:s, s:s*, s:s}", "kind", kind, "namespace", name_space, "name", last + 1);
}

/* The uid that the run's request was bound to. */
static const char *uid_of(const json_t *body)
{
	size_t i;
	json_t *operation;

	json_array_foreach((json_t *)(uintptr_t)body, i, operation) {
		if (!strcmp(text_of(operation, "path"), "/metadata/uid"))
			return text_of(operation, "value");
	}
	return "";
}

/* A step that was written, or of which nobody knows: what it would have set may be there. */
static bool may_have_happened(const json_t *step)
{
	const char *state = text_of(step, "state");

	return strcmp(state, "pending") != 0 && strcmp(state, "skipped") != 0 &&
	       json_array_size(json_object_get(step, "before")) > 0;
}

static json_t *restore_definition(const struct change *change, const json_t *step)
{
	const char *label = text_of(step, "target");
	json_t *target = target_of(label);
	json_t *body = json_loads(text_of(json_object_get(step, "request"), "body"), 0, NULL);
	auto_free char *id = xasprintf("undo-%lld", (long long)json_integer_value(json_object_get(step, "n")));
	auto_free char *title = change_say(change, "Put back the fields of {object}", "object", label, NULL);
	json_t *definition;

	if (!target) {
		json_decref(body);
		return NULL;
	}
	definition = json_pack("{s:s, s:s, s:o, s:{s:s}, s:s, s:O}", "id", id, "type", "restore", "target", target,
			       "title", "en", title, "uid", uid_of(body), "fields", json_object_get(step, "before"));
	json_decref(body);
	return definition;
}

json_t *undo_document(const struct change *change, const json_t *run)
{
	const json_t *steps = json_object_get(run, "steps");
	json_t *definitions = json_array();

	for (size_t i = json_array_size(steps); i-- > 0;) {
		const json_t *step = json_array_get(steps, i);
		json_t *definition = may_have_happened(step) ? restore_definition(change, step) : NULL;

		if (definition)
			json_array_append_new(definitions, definition);
	}
	return json_pack("{s:s, s:o, s:{s:s}}", "undoOf", text_of(run, "id"), "steps", definitions, "undo", "coverage",
			 "full");
}
