#include "probes/kube/proto_scan_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

struct reader {
	struct record_builder *builder;
	const char *start;
	uint64_t offset;	/* of start in the transfer */
	struct err *err;
	bool in_list;		/* within a repeated group */
	size_t item;		/* index within the first one */
};

/* A key of a map; "" elsewhere. */
struct key {
	const char *text;
	size_t length;
};
static const struct key no_key = {"", 0};

static int fail(const struct reader *reader, const char *at, const char *what)
{
	return proto_error(reader->err, what, reader->offset + (uint64_t)(at - reader->start));
}

static int read_fields(struct reader *reader, struct proto_plan *plan, struct proto_slice message);

static void add_extra(struct reader *reader, const struct field_node *node, const char *text)
{
	size_t length = strlen(text);

	if (node->extra < 0)
		return;
	memcpy(record_builder_room(reader->builder), text, length);
	record_builder_extra(reader->builder, node, reader->item,
			     record_builder_keep(reader->builder, length));
}

static void set_text(struct reader *reader, const struct field_node *node, struct key key,
		     struct proto_slice bytes)
{
	const char *text;
	size_t length;

	if (!node->action_count && node->extra < 0)
		return;
	length = proto_text(bytes, field_node_text_limit(node), record_builder_room(reader->builder));
	text = record_builder_keep(reader->builder, length);
	record_builder_set_text(reader->builder, node, key.text, key.length, text);
	if (node->extra >= 0)
		record_builder_extra(reader->builder, node, reader->item, text);
}

static void set_int(struct reader *reader, const struct field_node *node, int64_t number)
{
	char text[24];

	record_builder_set_int(reader->builder, node, number);
	if (node->extra < 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64, number);
	add_extra(reader, node, text);
}

static void set_bool(struct reader *reader, const struct field_node *node, bool value)
{
	record_builder_set_bool(reader->builder, node, value);
	add_extra(reader, node, value ? "true" : "false");
}

static int read_time(struct reader *reader, const struct field_node *node, struct proto_slice message,
		     bool has_micro)
{
	const char *start = message.at;
	struct proto_time time;
	const char *why;
	char text[40];
	int result = proto_time_read(message, &time, &why);

	if (result < 0)
		return fail(reader, start, why);
	if (result > 0)
		return 0;
	record_builder_set_time(reader->builder, node, time.seconds);
	if (node->extra < 0)
		return 0;
	clock_format(time.seconds, text);
	if (has_micro)
		snprintf(text + strlen(text) - 1, 10, ".%06dZ", (int)(time.nanoseconds / 1000));
	add_extra(reader, node, text);
	return 0;
}

/* A quantity's text is field 1 of its message. */
static int read_quantity(struct reader *reader, const struct field_node *node, struct key key,
			 struct proto_slice message)
{
	struct proto_value value;
	const char *why;
	int found;

	while ((found = proto_next(&message, &value, &why)) > 0) {
		if (value.number == 1 && value.wire == WIRE_BYTES)
			set_text(reader, node, key, value.bytes);
	}
	return found < 0 ? fail(reader, message.at, why) : 0;
}

static int read_int_or_string(struct reader *reader, const struct field_node *node,
			      struct proto_slice message)
{
	struct proto_slice text = {message.at, message.at};
	struct proto_value value;
	const char *why;
	uint64_t type = 0;
	int32_t number = 0;
	int found;

	while ((found = proto_next(&message, &value, &why)) > 0) {
		if (value.number == 1 && value.wire == WIRE_VARINT)
			type = value.varint;
		else if (value.number == 2 && value.wire == WIRE_VARINT)
			number = (int32_t)value.varint;
		else if (value.number == 3 && value.wire == WIRE_BYTES)
			text = value.bytes;
	}
	if (found < 0)
		return fail(reader, message.at, why);
	if (type == 0)
		set_int(reader, node, number);
	else if (type == 1)
		set_text(reader, node, no_key, text);
	return 0;
}

static int read_message(struct reader *reader, const struct proto_step *step, const struct field_node *node,
			struct proto_slice message)
{
	if (node->mount)
		record_builder_item(reader->builder, node->mount);
	record_builder_set_present(reader->builder, node);
	add_extra(reader, node, "{}");
	return step->plan ? read_fields(reader, step->plan, message) : 0;
}

static void read_varint(struct reader *reader, const struct proto_field *field, const struct field_node *node,
			uint64_t varint)
{
	int64_t number = field->type == PROTO_INT32 ? (int32_t)varint : (int64_t)varint;

	if (field->zero_is_absent && !number)
		return;
	if (field->type == PROTO_BOOL)
		set_bool(reader, node, varint != 0);
	else
		set_int(reader, node, number);
}

/* A value of another wire type than its field's counts as absent. */
static int read_value(struct reader *reader, const struct proto_step *step, const struct field_node *node,
		      struct key key, const struct proto_value *value)
{
	const struct proto_field *field = step->field;
	bool is_number = field->type == PROTO_BOOL || field->type == PROTO_INT32 ||
			 field->type == PROTO_INT64;

	if (value->wire != (is_number ? WIRE_VARINT : WIRE_BYTES))
		return 0;
	switch ((enum proto_type)field->type) {
	case PROTO_STRING:
		if (!field->zero_is_absent || value->bytes.at < value->bytes.end)
			set_text(reader, node, key, value->bytes);
		return 0;
	case PROTO_TIME:
	case PROTO_MICRO_TIME:
		return read_time(reader, node, value->bytes, field->type == PROTO_MICRO_TIME);
	case PROTO_QUANTITY:
		return read_quantity(reader, node, key, value->bytes);
	case PROTO_INT_OR_STRING:
		return read_int_or_string(reader, node, value->bytes);
	case PROTO_MESSAGE:
		return read_message(reader, step, node, value->bytes);
	case PROTO_BOOL:
	case PROTO_INT32:
	case PROTO_INT64:
		break;
	}
	read_varint(reader, field, node, value->varint);
	return 0;
}

/* An item of a list; items of one list may have other fields between them. */
static int read_list_item(struct reader *reader, struct proto_step *step, const struct proto_value *value)
{
	const struct field_node *each = step->node->each;
	bool is_outermost = !reader->in_list;
	size_t index = step->seen++;
	int result;

	if (!index)
		add_extra(reader, step->node, "[]");
	if (!each)
		return 0;
	if (!index && each->mount)
		record_builder_forget(reader->builder, each->mount);
	reader->in_list = true;
	if (is_outermost)
		reader->item = index;
	result = read_value(reader, step, each, no_key, value);
	if (is_outermost) {
		reader->in_list = false;
		reader->item = 0;
	}
	return result;
}

/* An absent key or value of an entry is "". */
static int read_entry(struct reader *reader, struct proto_step *step, struct proto_slice entry)
{
	struct proto_slice none = {entry.at, entry.at};
	struct proto_value held = {.number = 2, .wire = WIRE_BYTES, .bytes = none};
	struct proto_slice key_bytes = none;
	const struct field_node *child;
	struct proto_value value;
	char decoded[NAME_LIMIT];
	struct key key = {decoded, 0};
	const char *why;
	int found;

	if (!step->seen++) {
		record_builder_set_present(reader->builder, step->node);
		add_extra(reader, step->node, "{}");
	}
	while ((found = proto_next(&entry, &value, &why)) > 0) {
		if (value.number == 1 && value.wire == WIRE_BYTES)
			key_bytes = value.bytes;
		else if (value.number == 2)
			held = value;
	}
	if (found < 0)
		return fail(reader, entry.at, why);
	key.length = proto_text(key_bytes, sizeof(decoded), decoded);
	child = field_node_child(step->node, key.text, key.length);
	return child ? read_value(reader, step, child, key, &held) : 0;
}

static int read_step(struct reader *reader, struct proto_step *step, const struct proto_value *value)
{
	switch ((enum proto_shape)step->field->shape) {
	case PROTO_LIST:
		return read_list_item(reader, step, value);
	case PROTO_MAP:
		return value->wire == WIRE_BYTES ? read_entry(reader, step, value->bytes) : 0;
	case PROTO_INLINE:
		return value->wire == WIRE_BYTES ? read_fields(reader, step->plan, value->bytes) : 0;
	case PROTO_ONE:
		break;
	}
	return read_value(reader, step, step->node, no_key, value);
}

/* Recursion is as deep as the tree of wanted fields, not as the message. */
static int read_fields(struct reader *reader, struct proto_plan *plan, struct proto_slice message)
{
	struct proto_value value;
	const char *why;
	int found;

	for (size_t i = 0; i < plan->count; i++)
		plan->steps[i].seen = 0;
	while ((found = proto_next(&message, &value, &why)) > 0) {
		size_t index = value.number < PROTO_NUMBERS ? plan->by_number[value.number] : 0;

		if (index && read_step(reader, &plan->steps[index - 1], &value) < 0)
			return -1;
	}
	return found < 0 ? fail(reader, message.at, why) : 0;
}

int proto_item_scan(struct record_builder *builder, struct proto_plan *plan, struct proto_slice item,
		    uint64_t offset, struct record **ret_record, struct err *err)
{
	struct reader reader = {.builder = builder, .start = item.at, .offset = offset, .err = err};

	/* The worst are times: four bytes become 28. A cut string's room reaches a little beyond. */
	record_builder_start(builder, 8 * (size_t)(item.end - item.at) + 64);
	if (read_fields(&reader, plan, item) < 0)
		return -1;
	*ret_record = record_builder_finish(builder);
	return 0;
}
