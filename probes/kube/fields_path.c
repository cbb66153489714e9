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
	bool is_tied;		/* to one item: the others are passed over */
	size_t tied_to;
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
	char *at = text + sizeof(text);

	if (number < 0)
		return true;
	*--at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return walk_text(walk, item, at);
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

static bool has_role(const struct group_layout *layout, const char *item, int role)
{
	return layout->role_offset < 0 ||
	       (int)*(const enum container_role *)(const void *)(item + layout->role_offset) == role;
}

static void walk_group(struct path_walk *walk, const struct field_path *path, const struct record *record)
{
	const struct group_layout *layout = &group_layouts[path->mount->group];
	const char *base = (const char *)record;
	const char *at = *(const char *const *)(const void *)(base + path->place->pointer);
	size_t count = *(const uint16_t *)(const void *)(base + path->place->count);
	size_t item = 0;
	size_t start = 0;

	/* Where the items have no roles, the tied one is where its number says. */
	if (walk->is_tied && layout->role_offset < 0) {
		start = item = walk->tied_to;
		at += start * layout->size;
	}
	for (size_t i = start; i < count; i++, at += layout->size) {
		bool goes_on = true;

		if (!has_role(layout, at, path->mount->role))
			continue;
		if (walk->is_tied && item != walk->tied_to)
			goes_on = item < walk->tied_to;
		else if (path->source == PATH_LIST)
			goes_on = walk_text(walk, item, *(const char *const *)(const void *)at);
		else
			goes_on = walk_member(walk, item, at, path->row);
		if (!goes_on)
			return;
		item++;
	}
}

static void walk_extras(struct path_walk *walk, const struct field_path *path, const struct record *record)
{
	for (size_t i = 0; i < record->extra_count; i++) {
		const struct extra_value *extra = &record->extras[i];

		if (extra->path == path->extra && (!walk->is_tied || extra->item == walk->tied_to) &&
		    !walk_text(walk, extra->item, extra->text))
			return;
	}
}

static size_t walk_path(struct path_walk *walk, const struct field_path *path, const struct record *record)
{
	const char *text;

	if (record->kind != path->kind)
		return 0;
	switch (path->source) {
	case PATH_LABEL:
	case PATH_ANNOTATION:
		text = path->source == PATH_LABEL ? record_label(record, path->key)
						  : record_annotation(record, path->key);
		if (text) {
			walk->visited = 1;
			walk->visit(walk->data, 0, text);
		}
		break;
	case PATH_EXTRA:
		walk_extras(walk, path, record);
		break;
	case PATH_LIST:
	case PATH_MEMBER:
		if (path->place)
			walk_group(walk, path, record);
		else
			walk_member(walk, 0, record, path->row);
		break;
	}
	return walk->visited;
}

size_t field_path_each(const struct field_path *path, const struct record *record,
		       bool (*visit)(void *data, size_t item, const char *value), void *data)
{
	struct path_walk walk = {.visit = visit, .data = data};

	return walk_path(&walk, path, record);
}

size_t field_path_item(const struct field_path *path, const struct record *record, size_t item,
		       bool (*visit)(void *data, size_t item, const char *value), void *data)
{
	struct path_walk walk = {.visit = visit, .data = data, .is_tied = true, .tied_to = item};

	return walk_path(&walk, path, record);
}

size_t field_path_most_items(const struct field_path *path, const struct record *record)
{
	const struct group_layout *layout;
	const char *base = (const char *)record;
	const char *at;
	size_t count;
	size_t items = 0;

	if (record->kind != path->kind || path->source == PATH_LABEL || path->source == PATH_ANNOTATION || !path->place)
		return SIZE_MAX;
	layout = &group_layouts[path->mount->group];
	at = *(const char *const *)(const void *)(base + path->place->pointer);
	count = *(const uint16_t *)(const void *)(base + path->place->count);
	for (size_t i = 0; i < count; i++, at += layout->size)
		items += has_role(layout, at, path->mount->role);
	return items;
}

const char *field_path_text(const struct field_path *path)
{
	return path->text;
}
