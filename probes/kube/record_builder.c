#include "probes/kube/record_builder.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/record_text.h"
#include "probes/kube/record_words.h"

enum { ROOM_KEPT = 1 << 20, BLOCK_STEP = 32 };

struct group {
	char *items;
	char *current;	/* the item that fields go to; the spare one when there are too many */
	size_t count;
	size_t capacity;
};

struct record_builder {
	const struct field_table *table;
	void *scan;
	struct group groups[GROUP_COUNT];
	char *pool;
	size_t pool_used;
	size_t pool_capacity;
	struct word_set *words;
	_Alignas(8) char spare[256];
};

_Static_assert(sizeof(struct container_status) <= 256, "the spare item holds any item");

struct record_builder *record_builder_new(const struct field_table *table)
{
	struct record_builder *builder = xcalloc(1, sizeof(*builder));

	builder->table = table;
	builder->scan = xcalloc(1, table->layout->scan_size);
	builder->words = word_set_new();
	return builder;
}

void record_builder_free(struct record_builder *builder)
{
	if (!builder)
		return;
	for (size_t i = 0; i < GROUP_COUNT; i++)
		free(builder->groups[i].items);
	word_set_free(builder->words);
	free(builder->pool);
	free(builder->scan);
	free(builder);
}

/* Numbers that the API leaves out when they are 0, and those that a kind does not have. */
static void set_defaults(struct record_builder *builder)
{
	struct workload_record *workload = builder->scan;

	switch (builder->table->kind->id) {
	case KIND_STATEFUL_SET:
	case KIND_REPLICA_SET:
		workload->unavailable = -1;
		workload->updated = builder->table->kind->id == KIND_REPLICA_SET ? -1 : 0;
		workload->misscheduled = -1;
		workload->wanted = 1;
		break;
	case KIND_DEPLOYMENT:
		workload->misscheduled = -1;
		workload->wanted = 1;
		break;
	default:
		break;
	}
}

void record_builder_start(struct record_builder *builder, size_t room)
{
	memset(builder->scan, 0, builder->table->layout->scan_size);
	((struct record *)builder->scan)->kind = builder->table->kind;
	set_defaults(builder);
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		builder->groups[i].count = 0;
		builder->groups[i].current = NULL;
	}
	word_set_forget(builder->words);
	builder->pool_used = 0;
	if (room > builder->pool_capacity || builder->pool_capacity > ROOM_KEPT) {
		free(builder->pool);
		builder->pool = xmalloc(room);
		builder->pool_capacity = room;
	}
}

static void add_item(struct record_builder *builder, enum field_group id)
{
	struct group *group = &builder->groups[id];
	size_t size = group_layouts[id].size;

	if (group->count == RECORD_MOST_ITEMS) {
		group->current = builder->spare;
		memset(group->current, 0, size);
		return;
	}
	if (group->count == group->capacity) {
		group->capacity = group->capacity ? group->capacity * 2 : 8;
		group->items = xreallocarray(group->items, group->capacity, size);
	}
	group->current = group->items + group->count++ * size;
	memset(group->current, 0, size);
}

void record_builder_item(struct record_builder *builder, const struct field_mount *mount)
{
	const struct group_layout *layout = &group_layouts[mount->group];

	if (mount->rows[0].type == FIELD_LIST)
		return; /* its strings are the items */
	add_item(builder, mount->group);
	if (layout->role_offset >= 0)
		memcpy(builder->groups[mount->group].current + layout->role_offset, &mount->role,
		       sizeof(mount->role));
}

static int item_role(const struct group_layout *layout, const char *item)
{
	int role = 0;

	if (layout->role_offset >= 0)
		memcpy(&role, item + layout->role_offset, sizeof(role));
	return role;
}

void record_builder_forget(struct record_builder *builder, const struct field_mount *mount)
{
	struct group *group = &builder->groups[mount->group];
	const struct group_layout *layout = &group_layouts[mount->group];
	size_t kept = 0;

	for (size_t i = 0; i < group->count; i++) {
		char *item = group->items + i * layout->size;

		if (item_role(layout, item) != mount->role)
			memmove(group->items + kept++ * layout->size, item, layout->size);
	}
	group->count = kept;
	group->current = NULL;
}

char *record_builder_room(struct record_builder *builder)
{
	return builder->pool + builder->pool_used;
}

const char *record_builder_keep(struct record_builder *builder, size_t length)
{
	char *text = builder->pool + builder->pool_used;
	const char *known = word_set_keep(builder->words, text, length);

	if (known != text)
		return known;
	text[length] = '\0';
	builder->pool_used += length + 1;
	return text;
}

/* The struct that an action fills, or NULL where its item never began. */
static char *target(struct record_builder *builder, const struct field_action *action)
{
	if (action->mount->group == GROUP_RECORD)
		return builder->scan;
	return builder->groups[action->mount->group].current;
}

static void set_number(struct record_builder *builder, const struct field_action *action, int64_t number)
{
	char *base = target(builder, action);

	if (base)
		memcpy(base + action->row->offset, &number, sizeof(number));
}

static void set_flag(struct record_builder *builder, const struct field_action *action, bool value)
{
	char *base = target(builder, action);

	if (base)
		memcpy(base + action->row->offset, &value, sizeof(value));
}

static void set_string(struct record_builder *builder, const struct field_action *action, const char *text)
{
	char *base = target(builder, action);

	if (base)
		memcpy(base + action->row->offset, &text, sizeof(text));
}

static void add_label(struct record_builder *builder, const struct field_action *action,
		      const struct field_node *node, const char *key, size_t key_length, const char *text)
{
	struct label label = {node->key, text};

	if (node->is_prefix) {
		memcpy(record_builder_room(builder), key, key_length);
		label.key = record_builder_keep(builder, key_length);
	}
	add_item(builder, action->mount->group);
	memcpy(builder->groups[action->mount->group].current, &label, sizeof(label));
}

static void apply_text(struct record_builder *builder, const struct field_action *action, const char *text)
{
	int64_t number;

	switch (action->row->type) {
	case FIELD_STRING:
		set_string(builder, action, text);
		break;
	case FIELD_LIST:
		add_item(builder, action->mount->group);
		memcpy(builder->groups[action->mount->group].current, &text, sizeof(text));
		break;
	case FIELD_IS:
		set_flag(builder, action, !strcmp(text, action->row->text));
		break;
	case FIELD_TIME:
		if (!time_parse(text, &number))
			set_number(builder, action, number);
		break;
	case FIELD_UNITS:
		if (!quantity_parse(text, 0, &number))
			set_number(builder, action, number);
		break;
	case FIELD_MILLI:
		if (!quantity_parse(text, 3, &number))
			set_number(builder, action, number);
		break;
	default:
		break;
	}
}

void record_builder_set_text(struct record_builder *builder, const struct field_node *node, const char *key,
			     size_t key_length, const char *text)
{
	for (size_t i = 0; i < node->action_count; i++) {
		const struct field_action *action = &node->actions[i];

		if (action->row->type == FIELD_LABEL)
			add_label(builder, action, node, key, key_length, text);
		else
			apply_text(builder, action, text);
	}
}

void record_builder_set_int(struct record_builder *builder, const struct field_node *node, int64_t number)
{
	for (size_t i = 0; i < node->action_count; i++) {
		const struct field_action *action = &node->actions[i];

		if (action->row->type == FIELD_INT || action->row->type == FIELD_UNITS)
			set_number(builder, action, number);
		else if (action->row->type == FIELD_MILLI && number < INT64_MAX / 1000 &&
			 number > INT64_MIN / 1000)
			set_number(builder, action, number * 1000);
	}
}

void record_builder_set_bool(struct record_builder *builder, const struct field_node *node, bool value)
{
	for (size_t i = 0; i < node->action_count; i++) {
		if (node->actions[i].row->type == FIELD_BOOL)
			set_flag(builder, &node->actions[i], value);
	}
}

void record_builder_set_time(struct record_builder *builder, const struct field_node *node, int64_t wall)
{
	for (size_t i = 0; i < node->action_count; i++) {
		if (node->actions[i].row->type == FIELD_TIME)
			set_number(builder, &node->actions[i], wall);
	}
}

void record_builder_set_present(struct record_builder *builder, const struct field_node *node)
{
	for (size_t i = 0; i < node->action_count; i++) {
		const struct field_action *action = &node->actions[i];
		enum container_state state = (enum container_state)action->row->number;
		char *base = target(builder, action);

		if (action->row->type == FIELD_STATE && base)
			memcpy(base + action->row->offset, &state, sizeof(state));
		else if (action->row->type == FIELD_FLAG)
			set_flag(builder, action, true);
	}
}

void record_builder_extra(struct record_builder *builder, const struct field_node *node, size_t item,
			  const char *text)
{
	struct extra_value extra = {(uint16_t)node->extra,
		(uint16_t)(item > UINT16_MAX ? UINT16_MAX : item), text};

	add_item(builder, GROUP_EXTRAS);
	memcpy(builder->groups[GROUP_EXTRAS].current, &extra, sizeof(extra));
}

/* Choosing between fields that say the same. */

static void choose_owner(struct record_builder *builder)
{
	struct record *record = builder->scan;
	const struct group *owners = &builder->groups[GROUP_OWNERS];

	for (size_t i = 0; i < owners->count; i++) {
		struct owner_reference owner;

		memcpy(&owner, owners->items + i * sizeof(owner), sizeof(owner));
		if (!owner.is_controller)
			continue;
		record->owner_uid = owner.uid;
		record->owner_kind = owner.kind;
		record->owner_name = owner.name;
		return;
	}
}

static bool is_set(const char *text)
{
	return text && *text;
}

static void choose_event(struct event_scan *scan)
{
	struct event_record *event = &scan->event;
	const int64_t last[] = {scan->series_last, scan->last_timestamp, scan->event_time,
		scan->first_timestamp,
				event->base.created};
	const int64_t first[] = {scan->first_timestamp, scan->event_time, event->base.created};

	event->component = is_set(scan->source_component) ? scan->source_component
							  : scan->reporting_component;
	event->host = is_set(scan->source_host) ? scan->source_host : scan->reporting_instance;
	event->count = scan->series_count > 0 ? scan->series_count : scan->plain_count;
	if (event->count <= 0)
		event->count = 1;
	for (size_t i = 0; i < array_length(last) && !event->last; i++)
		event->last = last[i];
	for (size_t i = 0; i < array_length(first) && !event->first; i++)
		event->first = first[i];
}

static void choose_revision(struct record_builder *builder)
{
	struct workload_scan *scan = builder->scan;
	const struct group *annotations = &builder->groups[GROUP_ANNOTATIONS];

	scan->workload.revision = scan->update_revision;
	for (size_t i = 0; i < annotations->count; i++) {
		struct label annotation;

		memcpy(&annotation, annotations->items + i * sizeof(annotation), sizeof(annotation));
		if (!strcmp(annotation.key, "deployment.kubernetes.io/revision"))
			scan->workload.revision = annotation.value;
	}
}

static void choose(struct record_builder *builder)
{
	choose_owner(builder);
	switch (builder->table->kind->id) {
	case KIND_EVENT:
		choose_event(builder->scan);
		break;
	case KIND_DAEMON_SET:
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_STATEFUL_SET:
		choose_revision(builder);
		break;
	default:
		break;
	}
}

/* Packing. */

static size_t aligned(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* Strings of the pool move with it; words and the table's keys stay where they are. */
static void relocate(const struct record_builder *builder, char *base, const uint16_t *offsets, size_t count,
		     char *pool)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;
		uintptr_t distance;

		memcpy(&text, base + offsets[i], sizeof(text));
		distance = (uintptr_t)text - (uintptr_t)builder->pool;
		if (!text)
			text = "";
		else if (distance < builder->pool_used)
			text = pool + distance;
		memcpy(base + offsets[i], &text, sizeof(text));
	}
}

/* Copies the items in the order of their roles and returns the end. */
static char *pack_group(const struct record_builder *builder, char *record, char *to, char *pool,
			const struct group_place *place)
{
	const struct group *group = &builder->groups[place->group];
	const struct group_layout *layout = &group_layouts[place->group];
	uint16_t count = (uint16_t)group->count;
	int roles = layout->role_offset >= 0 ? CONTAINER_EPHEMERAL + 1 : 1;
	char *at = to;

	memcpy(record + place->count, &count, sizeof(count));
	memcpy(record + place->pointer, &to, sizeof(to));
	for (int role = 0; role < roles; role++) {
		for (size_t i = 0; i < group->count; i++) {
			const char *item = group->items + i * layout->size;

			if (item_role(layout, item) != role)
				continue;
			memcpy(at, item, layout->size);
			relocate(builder, at, layout->strings, layout->string_count, pool);
			at += layout->size;
		}
	}
	return to + aligned(group->count * layout->size);
}

static size_t groups_size(const struct record_builder *builder, const struct group_place *places,
			  size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += aligned(builder->groups[places[i].group].count * group_layouts[places[i].group].size);
	return size;
}

/*
 * Objects come and go for weeks with names and messages of all lengths. In few
 * sizes, what one leaves the next can use; the allocator's own word before
 * each block is counted.
 */
static size_t block_size(size_t size)
{
	return ((size + sizeof(size_t) + BLOCK_STEP - 1) & ~(size_t)(BLOCK_STEP - 1)) - sizeof(size_t);
}

struct record *record_builder_finish(struct record_builder *builder)
{
	const struct kind_layout *layout = builder->table->layout;
	size_t arrays;
	size_t size;
	char *record;
	char *at;
	char *pool;

	choose(builder);
	arrays = groups_size(builder, common_places, common_place_count) +
		 groups_size(builder, layout->places, layout->place_count);
	size = aligned(layout->record_size) + arrays + builder->pool_used;
	record = xmalloc(block_size(size));
	memcpy(record, builder->scan, layout->record_size);
	at = record + aligned(layout->record_size);
	pool = at + arrays;
	for (size_t i = 0; i < common_place_count; i++)
		at = pack_group(builder, record, at, pool, &common_places[i]);
	for (size_t i = 0; i < layout->place_count; i++)
		at = pack_group(builder, record, at, pool, &layout->places[i]);
	if (builder->pool_used)
		memcpy(pool, builder->pool, builder->pool_used);
	relocate(builder, record, common_strings, common_string_count, pool);
	relocate(builder, record, layout->strings, layout->string_count, pool);
	((struct record *)(void *)record)->size = (uint32_t)size;
	return (struct record *)(void *)record;
}
