#include "probes/sim/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/managed_fields.h"
#include "probes/sim/status.h"
#include "probes/sim/strategic_merge.h"
#include "probes/sim/validate.h"

/* "f:spec" is ".spec", `k:{"name":"one"}` is `[name="one"]`, `v:"x"` is `[="x"]`, as fieldpath prints them. */
static char *path_step(const char *path, const char *field)
{
	struct buffer text = BUFFER_INIT(8 << 10);
	const char *name;
	const char *separator = "[";
	json_t *key;
	json_t *value;

	if (!strncmp(field, "f:", 2))
		return xasprintf("%s.%s", path, field + 2);
	if (!strncmp(field, "v:", 2))
		return xasprintf("%s[=%s]", path, field + 2);
	key = doc_parse(field + 2, strlen(field + 2), NULL);
	buffer_add_text(&text, path);
	json_object_foreach(key, name, value) {
		auto_free char *shown = doc_dump(value);

		buffer_addf(&text, "%s%s=%s", separator, name, shown);
		separator = ",";
	}
	buffer_add_text(&text, "]");
	json_decref(key);
	return buffer_detach(&text);
}

static json_t *conflict_new(const json_t *entry, const char *field)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "manager", doc_text(entry, "manager"), "operation",
			 doc_text(entry, "operation"), "apiVersion", doc_text(entry, "apiVersion"), "subresource",
			 doc_text(entry, "subresource"), "field", field);
}

static bool is_leaf(const json_t *fields)
{
	return json_object_size(fields) <= (json_object_get(fields, ".") ? 1 : 0);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_conflicts(json_t *conflicts, const json_t *entry, const json_t *fields, const char *path)
{
	auto_free const char **names = xcalloc(json_object_size(fields), sizeof(*names));
	size_t count = 0;
	const char *name;
	json_t *inner;

	json_object_foreach((json_t *)(uintptr_t)fields, name, inner)
		if (strcmp(name, "."))
			names[count++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	/* Members first, then what is within members. */
	for (size_t i = 0; i < 2 * count; i++) {
		auto_free char *own = path_step(path, names[i % count]);

		inner = json_object_get(fields, names[i % count]);
		if (is_leaf(inner) != (i < count))
			continue;
		if (!is_leaf(inner))
			add_conflicts(conflicts, entry, inner, own);
		else
			json_array_append_new(conflicts, conflict_new(entry, own));
	}
}

static bool is_own(const json_t *entry, const struct manager *manager)
{
	return !strcmp(doc_text(entry, "manager"), manager->name) &&
	       !strcmp(doc_text(entry, "operation"), manager->operation) &&
	       !strcmp(doc_text(entry, "subresource"), manager->sub);
}

static size_t element_at(const json_t *list, const char *field)
{
	json_t *key = doc_parse(field + 2, strlen(field + 2), NULL);
	size_t i;
	json_t *element;
	size_t found = json_array_size(list);

	json_array_foreach(list, i, element) {
		bool same = true;
		const char *name;
		json_t *wanted;

		if (field[0] == 'v')
			same = json_equal(element, key);
		else
			json_object_foreach(key, name, wanted) {
				const json_t *have = json_object_get(element, name);

				/* The protocol is TCP where none is named. */
				same = same && (have ? json_equal(have, wanted) : !strcmp(name, "protocol"));
			}
		if (same) {
			found = i;
			break;
		}
	}
	json_decref(key);
	return found;
}

static bool is_empty(const json_t *value)
{
	return (json_is_object(value) && !json_object_size(value)) || (json_is_array(value) && !json_array_size(value));
}

/* Takes the fields out of a private value. A container that this leaves empty goes too. */
static void remove_fields(json_t *value, const json_t *fields)
{
	const char *name;
	json_t *inner;

	json_object_foreach((json_t *)(uintptr_t)fields, name, inner) {
		bool whole = !json_object_size(inner) || json_object_get(inner, ".");

		if (!strncmp(name, "f:", 2)) {
			json_t *member = json_object_get(value, name + 2);

			if (member && !(whole && !json_is_array(member)))
				remove_fields(member, inner);
			if ((whole && !json_is_array(member)) || !json_object_size(inner) || is_empty(member))
				json_object_del(value, name + 2);
		} else if (strcmp(name, ".")) {
			size_t at = element_at(value, name);

			if (at < json_array_size(value) && whole)
				json_array_remove(value, at);
			else if (at < json_array_size(value))
				remove_fields(json_array_get(value, at), inner);
		}
	}
}

/* What the manager applied before, names no more, and nobody else owns. */
static json_t *abandoned(const json_t *entries, const struct manager *manager, const json_t *fields)
{
	json_t *gone = json_object();
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry) {
		if (!is_own(entry, manager))
			continue;
		json_decref(gone);
		gone = fields_unnamed(json_object_get(entry, "fieldsV1"), fields);
	}
	json_array_foreach(entries, i, entry) {
		json_t *left;

		if (is_own(entry, manager))
			continue;
		left = fields_without(gone, json_object_get(entry, "fieldsV1"));
		json_decref(gone);
		gone = left;
	}
	return gone;
}

static void find_conflicts(const json_t *entries, const struct manager *manager, const json_t *taken,
			   json_t *conflicts)
{
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry) {
		json_t *common;

		if (is_own(entry, manager))
			continue;
		common = fields_common(json_object_get(entry, "fieldsV1"), taken);
		add_conflicts(conflicts, entry, common, "");
		json_decref(common);
	}
}

int apply_config(const json_t *live, const json_t *config, const struct manager *manager, struct applied *ret_applied,
		 struct err *err)
{
	const json_t *entries = doc_get(live, "metadata.managedFields");
	json_t *fields = fields_of(config);
	json_t *changed;
	json_t *taken;
	json_t *gone;

	*ret_applied = (struct applied){.fields = fields, .conflicts = json_array()};
	/* What status says is the status subresource's, and only that is. */
	if (!manager->sub[0])
		json_object_del(fields, "f:status");
	if (!live) {
		ret_applied->result = json_deep_copy(config);
		return 0;
	}
	if (strategic_merge(live, config, &ret_applied->result, err))
		return -1;
	changed = fields_changed(live, ret_applied->result);
	taken = fields_common(changed, fields);
	find_conflicts(entries, manager, taken, ret_applied->conflicts);
	gone = abandoned(entries, manager, fields);
	remove_fields(ret_applied->result, gone);
	json_decref(gone);
	json_decref(taken);
	json_decref(changed);
	return 0;
}

void applied_release(struct applied *applied)
{
	json_decref(applied->fields);
	json_decref(applied->result);
	json_decref(applied->conflicts);
	*applied = (struct applied){0};
}

/* As Go prints a group and version: "apps/v1", "/v1". */
static const char *kind_group_version(const struct kind *kind, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", kind->group, kind->version);
	return out;
}

static json_t *undeclared_status(const struct kind *kind, const json_t *config, const json_t *unknown)
{
	struct buffer text = BUFFER_INIT(16 << 10);
	char api_version[64];
	json_t *status;
	size_t i;
	json_t *path;

	buffer_addf(&text, "failed to create typed patch object (%s/%s; %s, Kind=%s): ",
		    doc_text(config, "metadata.namespace"), doc_text(config, "metadata.name"),
		    kind_group_version(kind, api_version, sizeof(api_version)), kind->kind);
	if (json_array_size(unknown) > 1)
		buffer_add_text(&text, "errors:\n");
	json_array_foreach(unknown, i, path)
		buffer_addf(&text, "%s.%s: field not declared in schema%s", json_array_size(unknown) > 1 ? "  " : "",
			    json_string_value(path), i + 1 < json_array_size(unknown) ? "\n" : "");
	status = status_new(500, buffer_text(&text));
	doc_remove(status, "reason");
	buffer_release(&text);
	return status;
}

json_t *apply_check_config(const struct kind *kind, const json_t *config)
{
	char expected[64];
	json_t *unknown;
	json_t *status = NULL;

	kind_api_version(kind, expected, sizeof(expected));
	if (strcmp(doc_text(config, "apiVersion"), expected)) {
		auto_free char *message = xasprintf("Incorrect version specified in apply patch. Specified patch "
						    "version: %s, expected: %s", doc_text(config, "apiVersion"),
						    expected);

		return status_new(400, message);
	}
	if (doc_get(config, "metadata.managedFields"))
		return status_new(400, "metadata.managedFields must be nil");
	unknown = unknown_fields(kind, config);
	if (json_array_size(unknown))
		status = undeclared_status(kind, config, unknown);
	json_decref(unknown);
	return status;
}

static char *manager_words(const json_t *conflict)
{
	const char *sub = doc_text(conflict, "subresource");
	bool is_update = !strcmp(doc_text(conflict, "operation"), "Update");

	return xasprintf("\"%s\"%s%s%s%s%s", doc_text(conflict, "manager"), sub[0] ? " with subresource \"" : "", sub,
			 sub[0] ? "\"" : "", is_update ? " using " : "",
			 is_update ? doc_text(conflict, "apiVersion") : "");
}

/* Conflicts of one manager lie side by side; managers are named in byte order. */
static void add_managers(const json_t *conflicts, struct buffer *text)
{
	const char *last = "";
	size_t count = json_array_size(conflicts);
	bool first = true;

	for (;;) {
		json_t *next = NULL;
		size_t i;
		json_t *conflict;

		json_array_foreach(conflicts, i, conflict)
			if (strcmp(doc_text(conflict, "words"), last) > 0 &&
			    (!next || strcmp(doc_text(conflict, "words"), doc_text(next, "words")) < 0))
				next = conflict;
		if (!next)
			return;
		last = doc_text(next, "words");
		buffer_addf(text, "%sconflicts with %s:", first ? "" : "\n", last);
		first = false;
		for (i = 0; i < count; i++) {
			conflict = json_array_get(conflicts, i);
			if (!strcmp(doc_text(conflict, "words"), last))
				buffer_addf(text, "\n- %s", doc_text(conflict, "field"));
		}
	}
}

json_t *apply_conflict_status(const json_t *conflicts)
{
	struct buffer text = BUFFER_INIT(64 << 10);
	json_t *named = json_deep_copy(conflicts);
	json_t *causes = json_array();
	json_t *status;
	size_t i;
	json_t *conflict;

	json_array_foreach(named, i, conflict) {
		auto_free char *words = manager_words(conflict);
		auto_free char *message = xasprintf("conflict with %s", words);

		doc_set_text(conflict, "words", words);
		json_array_append_new(causes, json_pack("{s:s, s:s, s:s}", "reason", "FieldManagerConflict", "message",
							message, "field", doc_text(conflict, "field")));
	}
	buffer_addf(&text, "Apply failed with %zu conflict%s: ", json_array_size(named),
		    json_array_size(named) == 1 ? "" : "s");
	if (json_array_size(named) == 1)
		buffer_addf(&text, "conflict with %s: %s", doc_text(json_array_get(named, 0), "words"),
			    doc_text(json_array_get(named, 0), "field"));
	else
		add_managers(named, &text);
	status = status_new(409, buffer_text(&text));
	status_set_reason(status, "Conflict");
	doc_set(status, "details.causes", causes);
	buffer_release(&text);
	json_decref(named);
	return status;
}

void apply_record(json_t *metadata, const struct manager *manager, int64_t wall, const json_t *fields,
		  const json_t *changed)
{
	const json_t *entries = json_object_get(metadata, "managedFields");
	json_t *taken = fields_common(changed, fields);
	json_t *kept = json_array();
	const json_t *own = NULL;
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry) {
		json_t *left;
		json_t *copy;

		if (is_own(entry, manager)) {
			own = entry;
			continue;
		}
		left = fields_without(json_object_get(entry, "fieldsV1"), taken);
		copy = json_copy(entry);
		if (json_object_size(left))
			json_array_append(kept, copy);
		json_object_set_new(copy, "fieldsV1", left);
		json_decref(copy);
	}
	if (own && !json_object_size(changed) && json_equal(json_object_get(own, "fieldsV1"), fields)) {
		json_decref(kept);
	} else {
		json_array_insert_new(kept, 0, managed_entry(manager, wall, json_deep_copy(fields)));
		json_object_set_new(metadata, "managedFields", kept);
	}
	json_decref(taken);
}
