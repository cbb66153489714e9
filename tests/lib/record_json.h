/* For tests: everything that a record holds, as JSON, by the tables that filled it. */
#ifndef TESTS_LIB_RECORD_JSON_H
#define TESTS_LIB_RECORD_JSON_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "probes/kube/fields_rows.h"

static inline void record_json_member(json_t *object, const char *base, const struct field_row *row)
{
	const char *member = base + row->offset;
	json_t *value = NULL;

	switch (row->type) {
	case FIELD_STRING:
		value = json_string(*(const char *const *)(const void *)member);
		break;
	case FIELD_LIST:
		value = json_string(*(const char *const *)(const void *)base);
		break;
	case FIELD_BOOL:
	case FIELD_IS:
	case FIELD_FLAG:
		value = json_boolean(*(const bool *)member);
		break;
	case FIELD_STATE:
		value = json_integer(*(const enum container_state *)(const void *)member);
		break;
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_UNITS:
	case FIELD_MILLI:
		value = json_integer(*(const int64_t *)(const void *)member);
		break;
	case FIELD_LABEL:
		return;
	}
	if (row->type != FIELD_STRING || **(const char *const *)(const void *)member)
		json_object_set_new(object, row->path, value);
	else
		json_decref(value);
}

static inline json_t *record_json_items(const struct record *record, const struct field_mount *mount,
					const struct group_place *place)
{
	const struct group_layout *layout = &group_layouts[place->group];
	const char *base = (const char *)record;
	const char *at = *(const char *const *)(const void *)(base + place->pointer);
	size_t count = *(const uint16_t *)(const void *)(base + place->count);
	json_t *items = json_array();

	for (size_t i = 0; i < count; i++, at += layout->size) {
		json_t *item;

		if (layout->role_offset >= 0 &&
		    (int)*(const enum container_role *)(const void *)(at + layout->role_offset) != mount->role)
			continue;
		item = json_object();
		for (size_t r = 0; r < mount->row_count; r++)
			record_json_member(item, at, &mount->rows[r]);
		json_array_append_new(items, item);
	}
	return items;
}

static inline void record_json_mount(json_t *object, const struct record *record,
				     const struct field_mount *mount, const struct kind_layout *layout)
{
	if (mount->group == GROUP_RECORD) {
		for (size_t i = 0; i < mount->row_count; i++) {
			if (mount->rows[i].offset < layout->record_size)
				record_json_member(object, (const char *)record, &mount->rows[i]);
		}
		return;
	}
	for (size_t i = 0; i < layout->place_count; i++) {
		if (layout->places[i].group == mount->group)
			json_object_set_new(object, mount->path,
					    record_json_items(record, mount, &layout->places[i]));
	}
}

static inline json_t *record_json_labels(const struct label *labels, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_pack("[s,s]", labels[i].key, labels[i].value));
	return all;
}

/* Members that are chosen from several fields. */
static inline void record_json_chosen(json_t *object, const struct record *record)
{
	const struct event_record *event;
	json_t *more;

	if (record->kind->id == KIND_EVENT) {
		event = record_event(record);
		more = json_pack("{s:s,s:s,s:I,s:I,s:I}", "component", event->component, "host", event->host,
				 "count", (json_int_t)event->count, "first", (json_int_t)event->first, "last",
				 (json_int_t)event->last);
	} else if (record_is_workload(record)) {
		more = json_pack("{s:s}", "revision", record_workload(record)->revision);
	} else {
		return;
	}
	json_object_update(object, more);
	json_decref(more);
}

static inline int record_json_by_path(const void *a, const void *b)
{
	const struct extra_value *left = *(const struct extra_value *const *)a;
	const struct extra_value *right = *(const struct extra_value *const *)b;

	if (left->path != right->path)
		return left->path < right->path ? -1 : 1;
	return (left > right) - (left < right);
}

/* By path: JSON and protobuf have the fields of an object in different orders. */
static inline json_t *record_json_extras(const struct field_table *table, const struct record *record)
{
	const struct extra_value **sorted = calloc(record->extra_count + 1U, sizeof(*sorted));
	json_t *all = json_array();

	for (size_t i = 0; i < record->extra_count; i++)
		sorted[i] = &record->extras[i];
	qsort(sorted, record->extra_count, sizeof(struct extra_value *), record_json_by_path);
	for (size_t i = 0; i < record->extra_count; i++) {
		for (size_t p = 0; p < table->path_count; p++) {
			if (table->paths[p]->source == PATH_EXTRA && table->paths[p]->extra == sorted[i]->path)
				json_array_append_new(all, json_pack("[s,i,s]", table->paths[p]->text,
								     sorted[i]->item, sorted[i]->text));
		}
	}
	free(sorted);
	return all;
}

static inline json_t *record_json(const struct field_table *table, const struct record *record)
{
	const struct kind_layout *layout = table->layout;
	json_t *object = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "owner_uid", record->owner_uid, "owner_kind",
				   record->owner_kind, "owner_name", record->owner_name, "labels",
				   record_json_labels(record->labels, record->label_count), "annotations",
				   record_json_labels(record->annotations, record->annotation_count),
				   "extras", record_json_extras(table, record));
	json_t *finalizers = json_array();

	for (size_t i = 0; i < record->finalizer_count; i++)
		json_array_append_new(finalizers, json_string(record->finalizers[i]));
	json_object_set_new(object, "finalizers", finalizers);
	for (size_t i = 0; i < common_mount_count; i++)
		record_json_mount(object, record, &common_mounts[i], layout);
	for (size_t i = 0; i < layout->mount_count; i++)
		record_json_mount(object, record, &layout->mounts[i], layout);
	record_json_chosen(object, record);
	return object;
}

#endif
