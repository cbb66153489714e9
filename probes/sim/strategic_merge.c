#include "probes/sim/strategic_merge.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_keys.h"

static const char order_prefix[] = "$setElementOrder/";
static const char delete_prefix[] = "$deleteFromPrimitiveList/";

static int merge_object(json_t *target, const json_t *patch, const char *parent, struct err *err);

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool is_directive(const char *name)
{
	return !strcmp(name, "$patch") || !strcmp(name, "$retainKeys") || has_prefix(name, order_prefix) ||
	       has_prefix(name, delete_prefix);
}

/* Position of an element with the same key (or, for plain values, the same value); the size where there is none. */
static size_t find_element(const json_t *list, const json_t *element, const char *key)
{
	size_t i;
	json_t *own;

	json_array_foreach(list, i, own)
		if (key ? json_equal(json_object_get(own, key), json_object_get(element, key)) &&
				  json_object_get(element, key)
			: json_equal(own, element))
			return i;
	return json_array_size(list);
}

static int check_keys(const json_t *list, const char *key, struct err *err)
{
	size_t i;
	json_t *element;

	json_array_foreach(list, i, element) {
		auto_free char *text = NULL;

		if (!strcmp(doc_text(element, "$patch"), "replace") || json_object_get(element, key))
			continue;
		text = doc_dump(element);
		return err_set(err, ERR_SERVER, "map: {element} does not contain declared merge key: {key}", "element",
			       text, "key", key, NULL);
	}
	return 0;
}

/* {"$patch": "replace"} among the elements: the others are the new list. */
static bool replaces_all(const json_t *patch)
{
	size_t i;
	json_t *element;

	json_array_foreach(patch, i, element)
		if (!strcmp(doc_text(element, "$patch"), "replace"))
			return true;
	return false;
}

static int merge_element(json_t *target, const json_t *element, const struct list_merge *merge, struct err *err)
{
	size_t at = find_element(target, element, merge->key);
	json_t *fresh;

	if (!strcmp(doc_text(element, "$patch"), "delete")) {
		while (at < json_array_size(target)) {
			json_array_remove(target, at);
			at = find_element(target, element, merge->key);
		}
		return 0;
	}
	if (at < json_array_size(target))
		return merge_object(json_array_get(target, at), element, merge->list, err);
	fresh = json_object();
	json_array_append_new(target, fresh);
	return merge_object(fresh, element, merge->list, err);
}

static int merge_keyed_list(json_t *target, const json_t *patch, const struct list_merge *merge, struct err *err)
{
	size_t i;
	json_t *element;

	if (check_keys(patch, merge->key, err))
		return -1;
	if (replaces_all(patch))
		json_array_clear(target);
	json_array_foreach(patch, i, element) {
		if (!strcmp(doc_text(element, "$patch"), "replace"))
			continue;
		if (merge_element(target, element, merge, err))
			return -1;
	}
	return 0;
}

static void merge_set(json_t *target, const json_t *patch)
{
	size_t i;
	json_t *value;

	json_array_foreach(patch, i, value)
		if (find_element(target, value, NULL) == json_array_size(target))
			json_array_append(target, value);
}

/* Upstream's mergeSortedSlice: what the order does not name keeps its place relative to what it names. */
static json_t *order_list(const json_t *list, const json_t *order, const json_t *before, const char *key)
{
	json_t *ordered = json_array();
	json_t *others = json_array();
	json_t *named = json_array();
	size_t i;
	size_t j = 0;
	json_t *element;

	json_array_foreach(order, i, element)
		if (find_element(list, element, key) < json_array_size(list))
			json_array_append(named, json_array_get(list, find_element(list, element, key)));
	json_array_foreach(list, i, element)
		if (find_element(order, element, key) == json_array_size(order))
			json_array_append(others, element);
	i = 0;
	while (i < json_array_size(others) || j < json_array_size(named)) {
		json_t *left = json_array_get(others, i);
		json_t *right = json_array_get(named, j);
		size_t left_at = left ? find_element(before, left, key) : SIZE_MAX;
		size_t right_at = right ? find_element(before, right, key) : SIZE_MAX;
		bool both = left && right && left_at < json_array_size(before) && right_at < json_array_size(before);

		if (!right || (both && left_at < right_at)) {
			json_array_append(ordered, left);
			i++;
		} else {
			json_array_append(ordered, right);
			j++;
		}
	}
	json_decref(others);
	json_decref(named);
	return ordered;
}

static int merge_list(json_t *target, const char *name, const json_t *value, const char *parent, struct err *err)
{
	const struct list_merge *merge = merge_of_list(parent, name);
	json_t *list = json_object_get(target, name);

	if (!merge) {
		json_object_set_new(target, name, json_deep_copy(value));
		return 0;
	}
	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(target, name, list);
	}
	if (!merge->key) {
		merge_set(list, value);
		return 0;
	}
	return merge_keyed_list(list, value, merge, err);
}

static int merge_member(json_t *target, const char *name, const json_t *value, const char *parent, struct err *err)
{
	json_t *own = json_object_get(target, name);

	if (json_is_null(value)) {
		json_object_del(target, name);
		return 0;
	}
	if (json_is_array(value))
		return merge_list(target, name, value, parent, err);
	if (!json_is_object(value)) {
		json_object_set_new(target, name, json_deep_copy(value));
		return 0;
	}
	if (!json_is_object(own)) {
		own = json_object();
		json_object_set_new(target, name, own);
	}
	if (!strcmp(doc_text(value, "$patch"), "delete")) {
		json_object_del(target, name);
		return 0;
	}
	return merge_object(own, value, name, err);
}

static int retain_keys(json_t *target, const json_t *patch, struct err *err)
{
	const json_t *keys = json_object_get(patch, "$retainKeys");
	const char *name;
	json_t *value;
	void *next;

	if (!keys)
		return 0;
	if (!json_is_array(keys))
		return err_set(err, ERR_INVALID, "invalid patch format of retainKeys", NULL);
	json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
		json_t *wanted = json_string(name);
		bool kept = find_element(keys, wanted, NULL) < json_array_size(keys);

		json_decref(wanted);
		if (!kept && !json_is_null(value) && !is_directive(name))
			return err_set(err, ERR_INVALID, "patch doesn't match $retainKeys list: {name}", "name", name,
				       NULL);
	}
	json_object_foreach_safe(target, next, name, value) {
		json_t *wanted = json_string(name);

		if (find_element(keys, wanted, NULL) == json_array_size(keys))
			json_object_del(target, name);
		json_decref(wanted);
	}
	return 0;
}

static void delete_from_set(json_t *target, const char *name, const json_t *values)
{
	json_t *list = json_object_get(target, name);
	size_t i;
	json_t *value;

	json_array_foreach(values, i, value)
		while (find_element(list, value, NULL) < json_array_size(list))
			json_array_remove(list, find_element(list, value, NULL));
}

static void apply_orders(json_t *target, const json_t *patch, const json_t *before, const char *parent)
{
	const char *name;
	json_t *order;

	json_object_foreach((json_t *)(uintptr_t)patch, name, order) {
		const char *list = name + sizeof(order_prefix) - 1;
		const struct list_merge *merge;

		if (!has_prefix(name, order_prefix) || !json_is_array(json_object_get(target, list)))
			continue;
		merge = merge_of_list(parent, list);
		if (merge)
			json_object_set_new(target, list,
					    order_list(json_object_get(target, list), order,
						       json_object_get(before, list), merge->key));
	}
}

/* Changes target, which is private. */
static int merge_object(json_t *target, const json_t *patch, const char *parent, struct err *err)
{
	const char *directive = doc_text(patch, "$patch");
	json_t *before;
	const char *name;
	json_t *value;
	int result;

	if (!strcmp(directive, "replace") || !strcmp(directive, "delete"))
		json_object_clear(target);
	else if (json_object_get(patch, "$patch") && strcmp(directive, "merge"))
		return err_set(err, ERR_INVALID, "unknown patch type found: {type}", "type", directive, NULL);
	if (!strcmp(directive, "delete"))
		return 0;
	before = json_deep_copy(target);
	result = retain_keys(target, patch, err);
	json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
		if (result)
			break;
		if (has_prefix(name, delete_prefix))
			delete_from_set(target, name + sizeof(delete_prefix) - 1, value);
		else if (!is_directive(name))
			result = merge_member(target, name, value, parent, err);
	}
	if (!result)
		apply_orders(target, patch, before, parent);
	json_decref(before);
	return result;
}

int strategic_merge(const json_t *original, const json_t *patch, json_t **ret_result, struct err *err)
{
	json_t *target;

	if (!json_is_object(patch))
		return err_set(err, ERR_INVALID, "Invalid JSON document", NULL);
	target = json_deep_copy(original);
	if (merge_object(target, patch, "", err)) {
		json_decref(target);
		return -1;
	}
	*ret_result = target;
	return 0;
}
