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

enum { UNDO_ROLLOUT_SECONDS = 300 };

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
const char *undo_request_uid(const json_t *body)
{
	size_t i;
	json_t *operation;

	json_array_foreach((json_t *)(uintptr_t)body, i, operation) {
		if (!strcmp(text_of(operation, "path"), "/metadata/uid"))
			return text_of(operation, "value");
	}
	return "";
}

/* What the run's image of a step says of how it is taken back. */
static bool image_says(const json_t *step, const char *member)
{
	return json_object_get(json_array_get(json_object_get(step, "before"), 0), member) != NULL;
}

/* A step that was written, or of which nobody knows: what it would have set may be there. */
static bool may_have_happened(const json_t *step)
{
	const char *state = text_of(step, "state");

	return strcmp(state, "pending") != 0 && strcmp(state, "skipped") != 0 &&
	       json_array_size(json_object_get(step, "before")) > 0 && !image_says(step, "onlyReads");
}

/* The way back itself says so: what reads the files that others put back (guide E07: update-grub). */
static bool goes_last(const json_t *step)
{
	const json_t *image = json_array_get(json_object_get(step, "before"), 0);

	return json_is_true(json_object_get(json_object_get(image, "wayBack"), "goesLast"));
}

/* A restart is taken back by the next one: last, so that the pods come up with what was put back. */
static bool is_restart(const json_t *step)
{
	const char *path = text_of(json_array_get(json_object_get(step, "before"), 0), "path");

	return !strncmp(path, "/spec/template/metadata/annotations", 35) || goes_last(step);
}

/* What the run made goes again, by its uid; what bears our mark where the journal never learnt the uid. */
static void set_deletion(json_t *definition, const json_t *made)
{
	json_object_set_new(definition, "type", json_string("delete"));
	if (json_object_get(made, "uid"))
		json_object_set(definition, "uid", json_object_get(made, "uid"));
	else
		json_object_del(definition, "uid");
	json_object_set_new(definition, "ours", json_true());
}

static void set_transform(json_t *definition, json_t *field)
{
	json_t *ini = json_object_get(field, "ini");

	json_object_set_new(definition, "type", json_string("transform"));
	json_object_set(definition, "path", json_object_get(field, "path"));
	json_object_set(definition, "section", json_object_get(ini, "section"));
	json_object_set(definition, "key", json_object_get(ini, "key"));
	json_object_set(definition, "restore", field);
}

/* "wayBack" in an image is the definition of the step that takes it back: for types that no field describes. */
static void set_way_back(json_t *definition, const json_t *step)
{
	json_t *field = json_array_get(json_object_get(step, "before"), 0);

	if (image_says(step, "wayBack"))
		json_object_update(definition, json_object_get(field, "wayBack"));
	else if (image_says(step, "made"))
		set_deletion(definition, field);
	else if (image_says(step, "ini"))
		set_transform(definition, field);
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
			       "title", "en", title, "uid", undo_request_uid(body), "fields",
			       json_object_get(step, "before"));
	json_decref(body);
	set_way_back(definition, step);
	return definition;
}

static void add_definitions(const struct change *change, const json_t *steps, bool restarts, json_t *definitions)
{
	for (size_t i = json_array_size(steps); i-- > 0;) {
		const json_t *step = json_array_get(steps, i);
		json_t *definition = may_have_happened(step) && is_restart(step) == restarts
					     ? restore_definition(change, step)
					     : NULL;

		if (definition)
			json_array_append_new(definitions, definition);
	}
}

static bool touches_template(const json_t *step)
{
	size_t i;
	json_t *field;

	json_array_foreach(json_object_get(step, "before"), i, field) {
		if (!strncmp(text_of(field, "path"), "/spec/template", strlen("/spec/template")))
			return true;
	}
	return false;
}

/* What was put back rolls out: that is waited for, once everything is put back. */
static void add_wait(const struct change *change, const json_t *step, json_t *definitions)
{
	const char *label = text_of(step, "target");
	auto_free char *id = xasprintf("wait-%lld", (long long)json_integer_value(json_object_get(step, "n")));
	auto_free char *after = xasprintf("undo-%lld", (long long)json_integer_value(json_object_get(step, "n")));
	auto_free char *title = change_say(change, "Wait until {object} has rolled out", "object", label, NULL);
	json_t *target = target_of(label);

	if (target)
		json_array_append_new(definitions,
				      json_pack("{s:s, s:s, s:o, s:{s:s}, s:[s], s:b, s:i}", "id", id, "type",
						"wait-rollout", "target", target, "title", "en", title, "onlyAfter",
						after, "mayStandStill", true, "timeoutSeconds",
						UNDO_ROLLOUT_SECONDS));
}

static void add_waits(const struct change *change, const json_t *steps, json_t *definitions)
{
	for (size_t i = json_array_size(steps); i-- > 0;) {
		const json_t *step = json_array_get(steps, i);

		if (may_have_happened(step) && touches_template(step))
			add_wait(change, step, definitions);
	}
}

/* Steps of these types change nothing, or are taken back by what comes before or after them. */
static bool changes_nothing(const char *type)
{
	static const char *const types[] = {"wait", "wait-rollout", "wait-replaced",
					     "check", "registry-check", "prompt", "advice"};

	for (size_t i = 0; i < array_length(types); i++) {
		if (!strcmp(type, types[i]))
			return true;
	}
	return false;
}

static bool was_started(const json_t *step)
{
	const char *state = text_of(step, "state");

	return strcmp(state, "pending") != 0 && strcmp(state, "skipped") != 0;
}

json_t *undo_leaves(const struct change *change, const json_t *steps)
{
	json_t *leaves = json_array();
	size_t i;
	json_t *step;

	json_array_foreach((json_t *)(uintptr_t)steps, i, step) {
		auto_free char *text = NULL;

		if (!was_started(step) || json_array_size(json_object_get(step, "before")) ||
		    !*text_of(step, "type") || changes_nothing(text_of(step, "type")))
			continue;
		text = change_say(change, "cannot be undone: {step} ({object})", "step",
				  *text_of(step, "title") ? text_of(step, "title") : text_of(step, "type"), "object",
				  text_of(step, "target"), NULL);
		json_array_append_new(leaves, json_string(text));
	}
	return leaves;
}

static void add_leaves(const struct change *change, const json_t *steps, json_t *definitions)
{
	json_t *leaves = undo_leaves(change, steps);
	size_t i;
	json_t *text;

	json_array_foreach(leaves, i, text) {
		auto_free char *id = xasprintf("left-%zu", i + 1);

		json_array_append_new(definitions, json_pack("{s:s, s:s, s:{s:O}, s:{s:O}}", "id", id, "type", "advice",
							     "title", "en", text, "instruction", "en", text));
	}
	json_decref(leaves);
}

json_t *undo_document(const struct change *change, const json_t *run)
{
	const json_t *steps = json_object_get(run, "steps");
	json_t *definitions = json_array();
	size_t count;

	add_definitions(change, steps, false, definitions);
	add_definitions(change, steps, true, definitions);
	add_waits(change, steps, definitions);
	count = json_array_size(definitions);
	add_leaves(change, steps, definitions);
	return json_pack("{s:s, s:o, s:O, s:{s:s}}", "undoOf", text_of(run, "id"), "steps", definitions, "leaves",
			 steps, "undo", "coverage", json_array_size(definitions) == count ? "full" : "partial");
}
