#include "probes/sim/managed_fields.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_keys.h"

/* Members that a server sets by itself belong to no manager. */
static bool is_unmanaged(const char *path_name, int depth)
{
	static const char *const top[] = {"kind", "apiVersion"};
	static const char *const metadata[] = {"name", "namespace", "uid", "resourceVersion", "generation",
					       "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink",
					       "deletionGracePeriodSeconds"};

	if (depth == 0)
		for (size_t i = 0; i < array_length(top); i++)
			if (!strcmp(top[i], path_name))
				return true;
	if (depth == 1)
		for (size_t i = 0; i < array_length(metadata); i++)
			if (!strcmp(metadata[i], path_name))
				return true;
	return false;
}

static char *element_name(const char *key, const json_t *element)
{
	json_t *named = json_object();
	auto_free char *text = NULL;
	const json_t *protocol = json_object_get(element, "protocol");

	json_object_set(named, key, json_object_get(element, key));
	if (!strcmp(key, "containerPort") || !strcmp(key, "port"))
		json_object_set_new(named, "protocol", protocol ? json_copy((json_t *)(uintptr_t)protocol)
								: json_string("TCP"));
	text = json_dumps(named, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(named);
	return xasprintf("k:%s", text);
}

static json_t *fields_of_value(const json_t *value, const char *list_name, const char *parent, int depth,
			       bool in_metadata);

static json_t *fields_of_list(const json_t *list, const char *name, const char *parent, int depth)
{
	const struct list_merge *merge = merge_of_list(parent, name);
	json_t *fields = json_object();
	size_t i;
	json_t *element;

	if (!merge || !json_array_size(list))
		return fields;
	json_object_set_new(fields, ".", json_object());
	json_array_foreach(list, i, element) {
		auto_free char *own = NULL;
		json_t *inner;

		if (!merge->key) {
			auto_free char *text = doc_dump(element);

			own = xasprintf("v:%s", text);
			json_object_set_new(fields, own, json_object());
			continue;
		}
		own = element_name(merge->key, element);
		inner = fields_of_value(element, name, name, depth, false);
		json_object_set_new(inner, ".", json_object());
		json_object_set_new(fields, own, inner);
	}
	return fields;
}

static json_t *fields_of_value(const json_t *value, const char *list_name, const char *parent, int depth,
			       bool in_metadata)
{
	json_t *fields = json_object();
	const char *name;
	json_t *member;

	(void)list_name;
	if (!json_is_object(value))
		return fields;
	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		auto_free char *own = xasprintf("f:%s", name);

		if ((depth == 0 || in_metadata) && is_unmanaged(name, in_metadata ? 1 : depth))
			continue;
		if (json_is_array(member))
			json_object_set_new(fields, own, fields_of_list(member, name, parent, depth + 1));
		else
			json_object_set_new(fields, own, fields_of_value(member, name, name, depth + 1,
									 depth == 0 && !strcmp(name, "metadata")));
	}
	return fields;
}

json_t *fields_of(const json_t *object)
{
	json_t *fields = fields_of_value(object, "", "", 0, false);

	/* A name and a namespace alone are nobody's. */
	if (!json_object_size(json_object_get(fields, "f:metadata")))
		json_object_del(fields, "f:metadata");
	return fields;
}

/* The value that a field name names in an object or list, or NULL. */
static json_t *value_of(const json_t *value, const char *field)
{
	if (!strncmp(field, "f:", 2))
		return json_object_get(value, field + 2);
	if (!strncmp(field, "k:", 2)) {
		json_t *key = doc_parse(field + 2, strlen(field + 2), NULL);
		json_t *found = NULL;
		size_t i;
		json_t *element;

		json_array_foreach(value, i, element) {
			bool same = true;
			const char *name;
			json_t *wanted;

			json_object_foreach(key, name, wanted) {
				const json_t *have = json_object_get(element, name);

				same = same && (have ? json_equal(have, wanted) : !strcmp(name, "protocol"));
			}
			if (same)
				found = element;
		}
		json_decref(key);
		return found;
	}
	return NULL;
}

/* Keeps of `fields` (those of `after`) what differs from `before`. */
static json_t *keep_changed(const json_t *fields, const json_t *before, const json_t *after)
{
	json_t *kept = json_object();
	const char *name;
	json_t *inner;

	json_object_foreach((json_t *)(uintptr_t)fields, name, inner) {
		const json_t *was = value_of(before, name);
		const json_t *is = value_of(after, name);
		json_t *within;

		if (!strcmp(name, "."))
			continue;
		if (!strncmp(name, "v:", 2) || !was) {
			json_object_set(kept, name, inner);
			continue;
		}
		if (json_equal(was, is))
			continue;
		within = keep_changed(inner, was, is);
		/* A difference in what nobody manages leaves nothing within. */
		if (json_object_size(within) || !json_object_size(inner))
			json_object_set(kept, name, within);
		json_decref(within);
	}
	return kept;
}

json_t *fields_changed(const json_t *before, const json_t *after)
{
	json_t *fields = fields_of(after);
	json_t *changed = keep_changed(fields, before, after);

	json_decref(fields);
	return changed;
}

json_t *fields_union(const json_t *a, const json_t *b)
{
	json_t *all = json_deep_copy(a);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)b, name, value) {
		const json_t *own = json_object_get(all, name);

		json_object_set_new(all, name, own ? fields_union(own, value) : json_deep_copy(value));
	}
	return all;
}

/*
 * What of a is not in b. by_owner: b says who owns fields, so a whole value in b takes all that is within, and a
 * container in a, named alone, is not what it contains; else both say which names there are.
 */
static json_t *left_over(const json_t *a, const json_t *b, bool by_owner)
{
	json_t *left = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)a, name, value) {
		const json_t *taken = json_object_get(b, name);
		json_t *rest;

		if (taken && by_owner && !json_object_size(taken))
			continue;
		if (!taken || (by_owner && !json_object_size(value))) {
			json_object_set(left, name, value);
			continue;
		}
		rest = left_over(value, taken, by_owner);
		if (json_object_size(rest) > (json_object_get(rest, ".") ? 1 : 0))
			json_object_set(left, name, rest);
		json_decref(rest);
	}
	return left;
}

json_t *fields_without(const json_t *a, const json_t *b)
{
	return left_over(a, b, true);
}

json_t *fields_unnamed(const json_t *before, const json_t *now)
{
	return left_over(before, now, false);
}

json_t *fields_common(const json_t *a, const json_t *b)
{
	json_t *common = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)a, name, value) {
		const json_t *other = json_object_get(b, name);
		json_t *within;

		if (!other || !strcmp(name, "."))
			continue;
		within = fields_common(value, other);
		if (json_object_size(within) || (!json_object_size(value) && !json_object_size(other)))
			json_object_set(common, name, within);
		json_decref(within);
	}
	return common;
}

json_t *managed_entry(const struct manager *manager, int64_t wall, json_t *fields)
{
	char time[21];
	json_t *entry;

	clock_format(wall, time);
	entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "manager", manager->name, "operation", manager->operation,
			  "apiVersion", manager->api_version, "time", time, "fieldsType", "FieldsV1", "fieldsV1",
			  fields);
	if (manager->sub[0])
		doc_set_text(entry, "subresource", manager->sub);
	return entry;
}

void managed_forget(json_t *metadata, const json_t *gone)
{
	const json_t *entries = json_object_get(metadata, "managedFields");
	json_t *kept = json_array();
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry) {
		json_t *left = fields_without(json_object_get(entry, "fieldsV1"), gone);
		json_t *copy = json_copy(entry);

		if (json_object_size(left))
			json_array_append(kept, copy);
		json_object_set_new(copy, "fieldsV1", left);
		json_decref(copy);
	}
	if (json_array_size(kept))
		json_object_set(metadata, "managedFields", kept);
	else
		json_object_del(metadata, "managedFields");
	json_decref(kept);
}

static bool is_manager(const json_t *entry, const struct manager *manager)
{
	return !strcmp(doc_text(entry, "manager"), manager->name) &&
	       !strcmp(doc_text(entry, "operation"), manager->operation) &&
	       !strcmp(doc_text(entry, "subresource"), manager->sub);
}

void managed_record(json_t *metadata, const struct manager *manager, int64_t wall, const json_t *changed)
{
	const json_t *entries = json_object_get(metadata, "managedFields");
	json_t *kept = json_array();
	json_t *own = json_object();
	size_t i;
	json_t *entry;

	if (!json_object_size(changed)) {
		json_decref(kept);
		json_decref(own);
		return;
	}
	json_array_foreach(entries, i, entry) {
		const json_t *fields = json_object_get(entry, "fieldsV1");
		json_t *left;
		json_t *copy;

		if (is_manager(entry, manager)) {
			json_decref(own);
			own = json_deep_copy(fields);
			continue;
		}
		left = fields_without(fields, changed);
		copy = json_copy(entry);
		if (json_object_size(left))
			json_array_append(kept, copy);
		json_object_set_new(copy, "fieldsV1", left);
		json_decref(copy);
	}
	json_array_append_new(kept, managed_entry(manager, wall, fields_union(own, changed)));
	json_decref(own);
	json_object_set_new(metadata, "managedFields", kept);
}
