#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/fields.h"
#include "probes/kube/fields_rows.h"

/* One walk over the values of a path. */
struct path_walk {
	bool (*visit)(void *data, size_t item, const char *value);
	void *data;
	size_t visited;
};

/* False ends the walk. "" is an absent value. */
static bool walk_text(struct path_walk *walk, size_t item, const char *text)
{
	if (!*text)
		return true;
	walk->visited++;
	return walk->visit(walk->data, item, text);
}

static bool walk_number(struct path_walk *walk, size_t item, int64_t number)
{
	char text[32];

	if (number < 0)
		return true;
	snprintf(text, sizeof(text), "%" PRId64, number);
	return walk_text(walk, item, text);
}

static bool walk_time(struct path_walk *walk, size_t item, int64_t wall)
{
	char text[21];

	if (!wall)
		return true;
	clock_format(wall, text);
	return walk_text(walk, item, text);
}

static bool gate_is_open(const void *base, enum field_gate gate)
{
	const struct container_status *status = base;

	switch (gate) {
	case GATE_WAITING:
		return status->state == STATE_WAITING;
	case GATE_RUNNING:
		return status->state == STATE_RUNNING;
	case GATE_TERMINATED:
		return status->state == STATE_TERMINATED;
	case GATE_LAST:
		return status->has_last;
	case GATE_NONE:
	case GATE_LOSSY:
		break;
	}
	return true;
}

static bool walk_member(struct path_walk *walk, size_t item, const void *base, const struct field_row *row)
{
	const char *member = (const char *)base + row->offset;

	if (!gate_is_open(base, row->gate))
		return true;
	switch (row->type) {
	case FIELD_STRING:
		return walk_text(walk, item, *(const char *const *)(const void *)member);
	case FIELD_BOOL:
		return walk_text(walk, item, *(const bool *)member ? "true" : "false");
	case FIELD_INT:
		return walk_number(walk, item, *(const int64_t *)(const void *)member);
	case FIELD_TIME:
		return walk_time(walk, item, *(const int64_t *)(const void *)member);
	default:
		bug("a path to a member that has no text");
	}
}

static void walk_group(struct path_walk *walk, const struct field_path *path, const struct record *record)
{
	const struct group_layout *layout = &group_layouts[path->mount->group];
	const char *base = (const char *)record;
	const char *at = *(const char *const *)(const void *)(base + path->place->pointer);
	size_t count = *(const uint16_t *)(const void *)(base + path->place->count);
	size_t item = 0;

	for (size_t i = 0; i < count; i++, at += layout->size) {
		if (layout->role_offset >= 0 &&
		    (int)*(const enum container_role *)(const void *)(at + layout->role_offset) != path->mount->role)
			continue;
		if (path->source == PATH_LIST) {
			if (!walk_text(walk, item, *(const char *const *)(const void *)at))
				return;
		} else if (!walk_member(walk, item, at, path->row)) {
			return;
		}
		item++;
	}
}

static void walk_extras(struct path_walk *walk, const struct field_path *path, const struct record *record)
{
	for (size_t i = 0; i < record->extra_count; i++) {
		const struct extra_value *extra = &record->extras[i];

		if (extra->path == path->extra && !walk_text(walk, extra->item, extra->text))
			return;
	}
}

size_t field_path_each(const struct field_path *path, const struct record *record,
		       bool (*visit)(void *data, size_t item, const char *value), void *data)
{
	struct path_walk walk = {.visit = visit, .data = data};
	const char *text;

	if (record->kind != path->kind)
		return 0;
	switch (path->source) {
	case PATH_LABEL:
	case PATH_ANNOTATION:
		text = path->source == PATH_LABEL ? record_label(record, path->key)
						  : record_annotation(record, path->key);
		if (text) {
			walk.visited = 1;
			visit(data, 0, text);
		}
		break;
	case PATH_EXTRA:
		walk_extras(&walk, path, record);
		break;
	case PATH_LIST:
	case PATH_MEMBER:
		if (path->place)
			walk_group(&walk, path, record);
		else
			walk_member(&walk, 0, record, path->row);
		break;
	}
	return walk.visited;
}

const char *field_path_text(const struct field_path *path)
{
	return path->text;
}
