/* What steps that patch an object share: the fields touched, the patch that binds them, its kubectl line. */
#include <ctype.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"
#include "probes/remedy/target_kind.h"

enum { LINE_MAXIMUM = 64 << 10 };

const json_t *step_document(const struct plan_step *step)
{
	return step->target->planned ? step->target->planned : step->target->document;
}

void step_touch(struct plan_step *step, const char *path, json_t *before, json_t *after)
{
	if (!step->touched)
		step->touched = json_array();
	json_array_append_new(step->touched, json_pack("{s:s, s:o, s:o}", "path", path, "before",
						       before ? before : json_null(), "after",
						       after ? after : json_null()));
}

void step_touch_item(struct plan_step *step, const char *path, json_t *before, json_t *after)
{
	step_touch(step, path, before, after);
	json_object_set_new(json_array_get(step->touched, json_array_size(step->touched) - 1), "item", json_true());
}

size_t step_find_item(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item) {
		if (json_equal(item, value))
			return i;
	}
	return json_array_size(list);
}

size_t step_find_name(const json_t *list, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item) {
		const char *own = json_string_value(json_object_get(item, "name"));

		if (own && !strcmp(own, name))
			return i;
	}
	return json_array_size(list);
}

static const char *touched_path(const json_t *touch)
{
	return json_string_value(json_object_get(touch, "path"));
}

static bool same(const json_t *value, const json_t *wanted)
{
	return value ? json_equal(value, wanted) : json_is_null(wanted);
}

/* Calls visit for each "…/N/name" along a pointer, where the document's item has a name. */
static bool visit_names(const json_t *document, const char *pointer,
			bool (*visit)(void *data, const char *name_path, json_t *name), void *data)
{
	for (const char *at = strchr(pointer + 1, '/'); at; at = strchr(at + 1, '/')) {
		auto_free char *item = xstrndup(pointer, (size_t)(at - pointer));
		auto_free char *name_path = pointer_child(item, "name");
		const char *last = strrchr(item, '/') + 1;
		json_t *name = *last && strspn(last, "0123456789") == strlen(last) ? pointer_get(document, name_path)
										    : NULL;

		if (json_is_string(name) && !visit(data, name_path, name))
			return false;
	}
	return true;
}

/* The list that holds the item of a touched path. */
static const json_t *list_of(const json_t *document, const json_t *touch)
{
	const char *path = touched_path(touch);
	auto_free char *list = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return pointer_get(document, list);
}

/* An item is there or not, whatever its place. */
static void match_item(const json_t *document, const json_t *touch, bool *ret_before, bool *ret_after)
{
	const json_t *list = list_of(document, touch);
	const json_t *before = json_object_get(touch, "before");
	const json_t *after = json_object_get(touch, "after");
	const char *name = json_string_value(json_object_get(after, "name"));
	size_t count = json_array_size(list);

	if (json_is_null(after)) {
		*ret_before = step_find_item(list, before) < count;
		*ret_after = !*ret_before;
		return;
	}
	*ret_after = step_find_item(list, after) < count;
	*ret_before = !*ret_after && (!name || step_find_name(list, name) == count);
}

static bool name_is_same(void *data, const char *name_path, json_t *name)
{
	return same(pointer_get(data, name_path), name);
}

enum step_match step_match(const struct plan_step *step, const json_t *document)
{
	bool before = true;
	bool after = true;
	size_t i;
	json_t *touch;

	if (!same(pointer_get(document, "/metadata/uid"), pointer_get(step->target->document, "/metadata/uid")))
		return MATCH_OTHER;
	json_array_foreach(step->touched, i, touch) {
		const json_t *value = pointer_get(document, touched_path(touch));
		bool is_before = same(value, json_object_get(touch, "before"));
		bool is_after = same(value, json_object_get(touch, "after"));

		if (json_object_get(touch, "item"))
			match_item(document, touch, &is_before, &is_after);
		else if (!visit_names(step->target->document, touched_path(touch), name_is_same,
				      (void *)(uintptr_t)document))
			return MATCH_OTHER;
		before = before && is_before;
		after = after && is_after;
	}
	if (after)
		return MATCH_AFTER;
	return before ? MATCH_BEFORE : MATCH_OTHER;
}

/* Learnt is the value of a place that is the same place still; admission that puts the old value back is no value. */
static bool learn_touch(const struct plan_step *step, json_t *touch, const json_t *document)
{
	json_t *value = pointer_get(document, touched_path(touch));

	if (json_object_get(touch, "item") || !visit_names(step->target->document, touched_path(touch), name_is_same,
							    (void *)(uintptr_t)document))
		return false;
	if (same(value, json_object_get(touch, "after")) || same(value, json_object_get(touch, "before")))
		return false;
	json_object_set_new(touch, "after", value ? json_deep_copy(value) : json_null());
	return true;
}

bool step_learn(struct plan_step *step, const json_t *document)
{
	bool learnt = false;
	size_t i;
	json_t *touch;

	/* What is masked is compared by rules of its own. */
	if (step->ops->body || step->ops->match || step->secret_body ||
	    !same(pointer_get(document, "/metadata/uid"), pointer_get(step->target->document, "/metadata/uid")))
		return false;
	json_array_foreach(step->touched, i, touch)
		learnt = learn_touch(step, touch, document) || learnt;
	return learnt;
}

/*
 * The tests of the request hold still. An item that is there, but elsewhere in its list, is what the server would
 * refuse: somebody else was there.
 */
static bool tests_hold(const struct plan_step *step, const json_t *document)
{
	bool is_whole = step->shown.body && !step->ops->body && !step->secret_body;
	json_t *patch = is_whole ? json_loads(step->shown.body, 0, NULL) : NULL;
	bool hold = true;
	size_t i;
	json_t *operation;

	json_array_foreach(patch, i, operation) {
		if (!strcmp(json_string_value(json_object_get(operation, "op")), "test"))
			hold = hold && same(pointer_get(document, touched_path(operation)),
					    json_object_get(operation, "value"));
	}
	json_decref(patch);
	return hold;
}

enum step_match step_match_result(const struct plan_step *step, const struct kube_result *result)
{
	const json_t *document = result->code == ERR_NONE ? result->document : NULL;
	enum step_match match;

	if (step->ops->match)
		return step->ops->match(step, document);
	match = document ? step_match(step, document) : MATCH_OTHER;
	return match == MATCH_BEFORE && !tests_hold(step, document) ? MATCH_OTHER : match;
}

static bool add_name_test(void *data, const char *name_path, json_t *name)
{
	json_t *patch = data;
	size_t i;
	json_t *operation;

	json_array_foreach(patch, i, operation) {
		if (!strcmp(touched_path(operation), name_path))
			return true;
	}
	patch_test(patch, name_path, json_incref(name));
	return true;
}

static bool has_test(const json_t *patch, const char *path)
{
	size_t i;
	json_t *operation;

	json_array_foreach((json_t *)(uintptr_t)patch, i, operation) {
		if (!strcmp(touched_path(operation), path))
			return true;
	}
	return false;
}

/*
 * A field that is absent must still be: a test for null says so (evanphx/json-patch, which kube-apiserver uses, takes
 * an absent member for null). There is no such test for a place in a list: then the whole list is bound.
 */
static void test_old_value(const struct plan_step *step, json_t *patch, const json_t *touch)
{
	const char *path = touched_path(touch);
	json_t *before = json_object_get(touch, "before");
	auto_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	json_t *list = pointer_get(step_document(step), parent);

	if (json_is_null(before) && json_is_array(list) && !has_test(patch, parent))
		patch_test(patch, parent, json_incref(list));
	else if (!json_is_null(before) || !json_is_array(list))
		patch_test(patch, path, json_incref(before));
}

/* JSON Patch from step->touched: test uid, names at list indexes, old values; then the changes. New reference. */
static json_t *json_patch(const struct plan_step *step)
{
	json_t *patch = json_array();
	size_t i;
	json_t *touch;

	patch_test(patch, "/metadata/uid", json_string(step->shown.target_uid));
	json_array_foreach(step->touched, i, touch)
		visit_names(step_document(step), touched_path(touch), add_name_test, patch);
	json_array_foreach(step->touched, i, touch)
		test_old_value(step, patch, touch);
	json_array_foreach(step->touched, i, touch) {
		json_t *before = json_object_get(touch, "before");
		json_t *after = json_object_get(touch, "after");

		if (json_is_null(after))
			patch_remove(patch, touched_path(touch));
		else if (json_is_null(before))
			patch_add(patch, touched_path(touch), json_incref(after));
		else
			patch_replace(patch, touched_path(touch), json_incref(after));
	}
	return patch;
}

void step_add_object_words(const struct plan_step *step, struct buffer *line)
{
	const struct kind *kind = step->target->kind;
	bool is_plain = !*kind->group || target_kind_rolls_out(kind);
	auto_free char *object = xasprintf("%s%s%s/%s", kind->name, is_plain ? "" : ".", is_plain ? "" : kind->group,
					   step->target->name);

	for (char *at = object; *at != '/'; at++)
		*at = (char)tolower((unsigned char)*at);
	shell_add_word(line, object);
	if (!kind->namespaced)
		return;
	shell_add_word(line, "--namespace");
	shell_add_word(line, step->target->name_space);
}

static char *kubectl_patch(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_MAXIMUM);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "patch");
	step_add_object_words(step, &line);
	shell_add_word(&line, "--type=json");
	shell_add_word(&line, "--field-manager=nks-triage");
	shell_add_word(&line, "--patch");
	shell_add_word(&line, step->shown.body);
	return buffer_detach(&line);
}

void step_set_patch(struct change *change, struct plan_step *step)
{
	json_t *patch = json_patch(step);

	step->shown.method = xstrdup("PATCH");
	step->shown.path = xasprintf("%s?fieldManager=nks-triage&fieldValidation=Strict", step->target->path);
	step->shown.content_type = xstrdup("application/json-patch+json");
	step->shown.body = json_dumps(patch, JSON_COMPACT);
	step->shown.kubectl = kubectl_patch(change, step);
	json_decref(patch);
}
