/* For tests: protobuf as the API server writes it, by hand or from the JSON form of an object. */
#ifndef TESTS_UNIT_KUBE_PROTO_WRITE_H
#define TESTS_UNIT_KUBE_PROTO_WRITE_H

#include <jansson.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/kube/proto_schema.h"

static inline void put_varint(struct buffer *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buffer_add_byte(out, (char)(value | 0x80));
	buffer_add_byte(out, (char)value);
}

static inline void put_number(struct buffer *out, unsigned field, int64_t value)
{
	put_varint(out, field << 3);
	put_varint(out, (uint64_t)value);
}

static inline void put_bytes(struct buffer *out, unsigned field, const void *bytes, size_t n)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, n);
	buffer_add(out, bytes, n);
}

static inline void put_text(struct buffer *out, unsigned field, const char *text)
{
	put_bytes(out, field, text, strlen(text));
}

/* The inner message goes into the outer one and is forgotten. */
static inline void put_message(struct buffer *out, unsigned field, struct buffer *inner)
{
	put_bytes(out, field, buffer_text(inner), inner->length);
	buffer_release(inner);
}

static inline void put_document(struct buffer *out, const char *kind, struct buffer *raw)
{
	struct buffer type = BUFFER_INIT(1 << 10);

	put_text(&type, 1, "v1");
	put_text(&type, 2, kind);
	buffer_add(out, "k8s", 4);
	put_message(out, 1, &type);
	put_message(out, 2, raw);
	put_text(out, 3, "");
	put_text(out, 4, "");
}

static inline void put_event(struct buffer *out, const char *type, const char *kind, struct buffer *object)
{
	struct buffer document = BUFFER_INIT(32 << 20);
	struct buffer extension = BUFFER_INIT(32 << 20);
	struct buffer event = BUFFER_INIT(32 << 20);
	unsigned char head[4];

	put_document(&document, kind, object);
	put_message(&extension, 1, &document);
	put_text(&event, 1, type);
	put_message(&event, 2, &extension);
	for (int i = 0; i < 4; i++)
		head[i] = (unsigned char)(event.length >> (24 - 8 * i));
	buffer_add(out, head, 4);
	buffer_add(out, event.data, event.length);
	buffer_release(&event);
}

static inline void put_object(struct buffer *out, const struct proto_message *message, const json_t *object);

static inline void put_value(struct buffer *out, const struct proto_field *field, unsigned number,
			     const json_t *value)
{
	struct buffer inner = BUFFER_INIT(16 << 20);
	int64_t wall = 0;

	switch ((enum proto_type)field->type) {
	case PROTO_STRING:
		put_bytes(out, number, json_string_value(value), json_string_length(value));
		return;
	case PROTO_BOOL:
		put_number(out, number, json_is_true(value));
		return;
	case PROTO_INT32:
	case PROTO_INT64:
		put_number(out, number, json_integer_value(value));
		return;
	case PROTO_TIME:
	case PROTO_MICRO_TIME:
		if (json_is_string(value) && !clock_parse(json_string_value(value), &wall)) {
			put_number(&inner, 1, wall);
			put_number(&inner, 2, 0);
		}
		break;
	case PROTO_QUANTITY:
		put_text(&inner, 1, json_string_value(value));
		break;
	case PROTO_INT_OR_STRING:
		put_number(&inner, 1, json_is_string(value));
		put_number(&inner, 2, json_integer_value(value));
		put_text(&inner, 3, json_is_string(value) ? json_string_value(value) : "");
		break;
	case PROTO_MESSAGE:
		put_object(&inner, field->message, value);
		break;
	}
	put_message(out, number, &inner);
}

static inline void put_field(struct buffer *out, const struct proto_field *field, const json_t *value)
{
	struct buffer entry = BUFFER_INIT(1 << 20);
	const char *key;
	json_t *item;
	size_t index;

	if (!value || json_is_null(value))
		return;
	if (field->shape == PROTO_LIST) {
		json_array_foreach(value, index, item) {
			put_value(out, field, field->number, item);
		}
	} else if (field->shape == PROTO_MAP) {
		json_object_foreach((json_t *)value, key, item) {
			put_text(&entry, 1, key);
			put_value(&entry, field, 2, item);
			put_message(out, field->number, &entry);
		}
	} else {
		put_value(out, field, field->number, value);
	}
}

/* As the API server, writes zeros that JSON leaves out. */
static inline void put_object(struct buffer *out, const struct proto_message *message, const json_t *object)
{
	for (size_t i = 0; i < message->count; i++) {
		const struct proto_field *field = &message->fields[i];
		const json_t *value = json_object_get(object, field->name);

		if (field->shape == PROTO_INLINE)
			put_value(out, field, field->number, object);
		else if (!value && field->zero_is_absent && field->type == PROTO_STRING)
			put_text(out, field->number, "");
		else if (!value && field->zero_is_absent)
			put_number(out, field->number, 0);
		else
			put_field(out, field, value);
	}
}

#endif
