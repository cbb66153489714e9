#include "probes/kube/json_scan_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/json_scan_span.h"
#include "probes/kube/json_scan_text.h"

struct reader {
	struct record_builder *builder;
	const char *start;
	const char *at;
	const char *end;
	uint64_t offset;	/* of start in the transfer */
	struct err *err;
	bool in_list;		/* within a repeated group */
	size_t item;		/* index within the first one */
};

int json_error(struct err *err, const char *what, uint64_t byte)
{
	char place[24];

	snprintf(place, sizeof(place), "%" PRIu64, byte);
	err_set(err, ERR_PROTOCOL, "the answer is not valid JSON: {problem} at byte {byte}", "problem",
		what, "byte",
		place, NULL);
	err_hint(err, "something between this machine and the API server may have changed the answer", NULL);
	return -1;
}

static int fail(struct reader *reader, const char *what)
{
	return json_error(reader->err, what, reader->offset + (uint64_t)(reader->at - reader->start));
}

static void skip_space(struct reader *reader)
{
	while (reader->at < reader->end && json_is_space(*reader->at))
		reader->at++;
}

static int expect(struct reader *reader, char byte, const char *what)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != byte)
		return fail(reader, what);
	reader->at++;
	return 0;
}

/* At a quote: what is between the quotes, as it is written. */
static int read_raw(struct reader *reader, struct json_slice *ret_raw)
{
	const char *close = json_string_end(reader->at + 1, reader->end);

	if (!close)
		return fail(reader, "a string does not end");
	*ret_raw = (struct json_slice){reader->at + 1, (size_t)(close - reader->at - 1)};
	reader->at = close + 1;
	return 0;
}

static struct json_slice scalar_slice(struct reader *reader)
{
	const char *start = reader->at;

	while (reader->at < reader->end && !json_is_space(*reader->at) && !strchr(",:{}[]\"", *reader->at))
		reader->at++;
	return (struct json_slice){start, (size_t)(reader->at - start)};
}

static int skip_span(struct reader *reader)
{
	struct json_span span;
	size_t taken;

	json_span_start(&span);
	taken = json_span_feed(&span, reader->at, (size_t)(reader->end - reader->at));
	if (!span.done)
		return fail(reader, "an object or list does not end");
	reader->at += taken;
	return 0;
}

static int skip_value(struct reader *reader)
{
	struct json_slice ignored;

	skip_space(reader);
	if (reader->at == reader->end)
		return fail(reader, "a value is missing");
	if (*reader->at == '{' || *reader->at == '[')
		return skip_span(reader);
	if (*reader->at == '"')
		return read_raw(reader, &ignored);
	return scalar_slice(reader).length ? 0 : fail(reader, "a value is expected");
}

/* Reads on behind "{" or a member: 1 with the key, 0 at the end of the object, or -1. */
static int next_member(struct reader *reader, bool is_first, struct json_slice *ret_key)
{
	skip_space(reader);
	if (reader->at < reader->end && *reader->at == '}') {
		reader->at++;
		return 0;
	}
	if (!is_first && expect(reader, ',', "a comma or } is expected") < 0)
		return -1;
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != '"')
		return fail(reader, "a key is expected");
	if (read_raw(reader, ret_key) < 0 || expect(reader, ':', "a colon is expected") < 0)
		return -1;
	skip_space(reader);
	return 1;
}

static int read_string(struct reader *reader, const struct field_node *node, struct json_slice key)
{
	const char *start = reader->at;
	struct json_slice raw = {NULL, 0};
	const char *text;
	size_t length;

	if (read_raw(reader, &raw) < 0)
		return -1;
	if (!node->action_count && node->extra < 0)
		return 0;
	if (json_text_decode(raw.text, raw.length, field_node_text_limit(node), record_builder_room(reader->builder),
			     &length) < 0) {
		reader->at = start + 1 + length;
		return fail(reader, "a broken escape");
	}
	text = record_builder_keep(reader->builder, length);
	record_builder_set_text(reader->builder, node, key.text, key.length, text);
	if (node->extra >= 0)
		record_builder_extra(reader->builder, node, reader->item, text);
	return 0;
}

static const char *keep_copy(struct reader *reader, const char *text, size_t length)
{
	memcpy(record_builder_room(reader->builder), text, length);
	return record_builder_keep(reader->builder, length);
}

static bool is_literal(struct json_slice raw, const char *literal)
{
	return raw.length == strlen(literal) && !memcmp(raw.text, literal, raw.length);
}

/* Numbers, true, false, null. */
static int read_scalar(struct reader *reader, const struct field_node *node)
{
	struct json_slice raw = scalar_slice(reader);
	int64_t number;

	if (!raw.length)
		return fail(reader, "a value is expected");
	if (is_literal(raw, "null"))
		return 0;
	if (is_literal(raw, "true") || is_literal(raw, "false"))
		record_builder_set_bool(reader->builder, node, *raw.text == 't');
	else if (!json_text_is_number(raw.text, raw.length)) {
		reader->at = raw.text;
		return fail(reader, "a value is expected");
	} else if (!json_text_int(raw.text, raw.length, &number)) {
		record_builder_set_int(reader->builder, node, number);
	}
	if (node->extra >= 0)
		record_builder_extra(reader->builder, node, reader->item,
				     keep_copy(reader, raw.text,
					       raw.length < TEXT_LIMIT ? raw.length : TEXT_LIMIT));
	return 0;
}

static int read_value(struct reader *reader, const struct field_node *node, struct json_slice key);

/* A key as it is written is nearly always the key itself; one with escapes is decoded first. */
static int find_child(struct reader *reader, const struct field_node *node, struct json_slice *key,
		      char decoded[NAME_LIMIT], const struct field_node **ret_child)
{
	size_t length;

	if (memchr(key->text, '\\', key->length)) {
		if (json_text_decode(key->text, key->length, NAME_LIMIT, decoded, &length) < 0)
			return fail(reader, "a broken escape in a key");
		*key = (struct json_slice){decoded, length};
	}
	*ret_child = field_node_child(node, key->text, key->length);
	return 0;
}

static int read_object(struct reader *reader, const struct field_node *node)
{
	if (node->mount)
		record_builder_item(reader->builder, node->mount);
	record_builder_set_present(reader->builder, node);
	if (node->extra >= 0)
		record_builder_extra(reader->builder, node, reader->item, keep_copy(reader, "{}", 2));
	if (!node->child_count)
		return skip_span(reader);
	reader->at++;
	for (bool is_first = true;; is_first = false) {
		const struct field_node *child = NULL;
		struct json_slice key;
		char decoded[NAME_LIMIT];
		int found = next_member(reader, is_first, &key);

		if (found <= 0)
			return found;
		if (find_child(reader, node, &key, decoded, &child) < 0)
			return -1;
		if ((child ? read_value(reader, child, key) : skip_value(reader)) < 0)
			return -1;
	}
}

static int read_items(struct reader *reader, const struct field_node *each)
{
	bool is_outermost = !reader->in_list;
	const struct json_slice no_key = {"", 0};

	reader->in_list = true;
	for (size_t i = 0;; i++) {
		skip_space(reader);
		if (reader->at < reader->end && *reader->at == ']')
			break;
		if (i && expect(reader, ',', "a comma or ] is expected") < 0)
			return -1;
		if (is_outermost)
			reader->item = i;
		if (read_value(reader, each, no_key) < 0)
			return -1;
	}
	reader->at++;
	if (is_outermost) {
		reader->in_list = false;
		reader->item = 0;
	}
	return 0;
}

static int read_list(struct reader *reader, const struct field_node *node)
{
	if (node->extra >= 0)
		record_builder_extra(reader->builder, node, reader->item, keep_copy(reader, "[]", 2));
	if (!node->each)
		return skip_span(reader);
	if (node->each->mount)
		record_builder_forget(reader->builder, node->each->mount);
	reader->at++;
	return read_items(reader, node->each);
}

/* Recursion is as deep as the tree of wanted fields, not as the document. */
static int read_value(struct reader *reader, const struct field_node *node, struct json_slice key)
{
	skip_space(reader);
	if (reader->at == reader->end)
		return fail(reader, "a value is missing");
	switch (*reader->at) {
	case '{':
		return read_object(reader, node);
	case '[':
		return read_list(reader, node);
	case '"':
		return read_string(reader, node, key);
	default:
		return read_scalar(reader, node);
	}
}

int json_item_scan(struct record_builder *builder, const struct field_node *root, const char *text, size_t n,
		   uint64_t offset, struct record **ret_record, struct err *err)
{
	const struct json_slice no_key = {"", 0};
	struct reader reader = {.builder = builder, .start = text, .at = text, .end = text + n,
		.offset = offset,
				.err = err};

	/* Three bytes for each (U+FFFD for an invalid one), and what the room of a cut string reaches beyond. */
	record_builder_start(builder, 3 * n + 64);
	if (read_value(&reader, root, no_key) < 0)
		return -1;
	skip_space(&reader);
	if (reader.at != reader.end)
		return fail(&reader, "more text after an object");
	*ret_record = record_builder_finish(builder);
	return 0;
}

static int read_member(struct reader *reader, const char *const *names, struct json_slice key,
		       struct json_slice *values)
{
	const char *start = reader->at;

	if (skip_value(reader) < 0)
		return -1;
	for (size_t i = 0; names[i]; i++) {
		if (is_literal(key, names[i]))
			values[i] = (struct json_slice){start, (size_t)(reader->at - start)};
	}
	return 0;
}

int json_members(const char *text, size_t n, const char *const *names, struct json_slice *ret_values,
		 uint64_t offset, struct err *err)
{
	struct reader reader = {.start = text, .at = text, .end = text + n, .offset = offset, .err = err};

	for (size_t i = 0; names[i]; i++)
		ret_values[i] = (struct json_slice){NULL, 0};
	if (expect(&reader, '{', "an object is expected") < 0)
		return -1;
	for (bool is_first = true;; is_first = false) {
		struct json_slice key;
		int found = next_member(&reader, is_first, &key);

		if (found <= 0)
			return found;
		if (read_member(&reader, names, key, ret_values) < 0)
			return -1;
	}
}

char *json_slice_text(struct json_slice slice, size_t limit)
{
	char *text;
	size_t length;

	if (slice.length < 2 || slice.text[0] != '"')
		return xstrdup("");
	text = xmalloc((3 * slice.length < limit ? 3 * slice.length : limit) + 1);
	if (json_text_decode(slice.text + 1, slice.length - 2, limit, text, &length) < 0)
		length = 0;
	text[length] = '\0';
	return text;
}
