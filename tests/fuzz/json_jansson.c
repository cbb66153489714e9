/*
 * One object, read by our scanner and by jansson: a record that both give is
 * the same, and where one refuses, so does the other.
 *
 * Where they differ by intent:
 * - What nobody wants is skipped unread (scanner.h), so broken text in there
 *   is not found. Jansson's refusal counts only for text that is read: see
 *   refusal_matters().
 * - A text of a log or an annotation may hold anything: invalid UTF-8, lone
 *   surrogates and control characters become U+FFFD or stay, jansson refuses.
 * - Numbers of more than 64 bits count as absent.
 * - Jansson overlooks a raw NUL behind a number; we refuse it.
 * - A key given twice: the server never sends it; both readings are then
 *   left alone.
 */
#include <jansson.h>

#include "probes/kube/json_scan_span.h"
#include "probes/kube/record_builder.h"
#include "tests/fuzz/scanned.h"

struct reference {
	struct record_builder *builder;
	bool in_list;
	size_t item;
	bool has_odd_number;	/* one whose text jansson does not keep */
};

static void take_value(struct reference *reference, const struct field_node *node, const char *key, size_t key_length,
		       const json_t *value);

static const char *keep(struct reference *reference, const char *text, size_t length)
{
	memcpy(record_builder_room(reference->builder), text, length);
	return record_builder_keep(reference->builder, length);
}

static void take_string(struct reference *reference, const struct field_node *node, const char *key, size_t key_length,
			const json_t *value)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(field_node_text_limit(node));
	const char *at = json_string_value(value);
	size_t left = json_string_length(value);
	const char *kept;

	if (!node->action_count && node->extra < 0)
		return;
	while (left) {
		uint32_t code_point;
		char encoded[4];
		size_t n = text_decode(at, left, &code_point);
		size_t length = text_encode(code_point ? code_point : 0xFFFD, encoded);

		if (text.length + length > text.maximum)
			break;
		buffer_add(&text, encoded, length);
		at += n;
		left -= n;
	}
	kept = keep(reference, buffer_text(&text), text.length);
	record_builder_set_text(reference->builder, node, key, key_length, kept);
	if (node->extra >= 0)
		record_builder_extra(reference->builder, node, reference->item, kept);
}

static void take_number(struct reference *reference, const struct field_node *node, const json_t *value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));

	/* "-0" and "1.0" are kept as they are written. */
	if (!json_is_integer(value) || !json_integer_value(value))
		reference->has_odd_number |= node->extra >= 0;
	if (!json_is_integer(value))
		return;
	record_builder_set_int(reference->builder, node, json_integer_value(value));
	if (node->extra >= 0)
		record_builder_extra(reference->builder, node, reference->item, keep(reference, text, (size_t)n));
}

static void take_object(struct reference *reference, const struct field_node *node, const json_t *value)
{
	const char *key;
	size_t length;
	json_t *member;

	if (node->mount)
		record_builder_item(reference->builder, node->mount);
	record_builder_set_present(reference->builder, node);
	if (node->extra >= 0)
		record_builder_extra(reference->builder, node, reference->item, keep(reference, "{}", 2));
	json_object_keylen_foreach((json_t *)(uintptr_t)value, key, length, member) {
		const struct field_node *child = node->child_count ? field_node_child(node, key, length) : NULL;

		if (child)
			take_value(reference, child, key, length, member);
	}
}

static void take_list(struct reference *reference, const struct field_node *node, const json_t *value)
{
	bool is_outermost = !reference->in_list;
	size_t index;
	json_t *item;

	if (node->extra >= 0)
		record_builder_extra(reference->builder, node, reference->item, keep(reference, "[]", 2));
	if (!node->each)
		return;
	if (node->each->mount)
		record_builder_forget(reference->builder, node->each->mount);
	reference->in_list = true;
	json_array_foreach(value, index, item) {
		if (is_outermost)
			reference->item = index;
		take_value(reference, node->each, "", 0, item);
	}
	if (is_outermost) {
		reference->in_list = false;
		reference->item = 0;
	}
}

static void take_value(struct reference *reference, const struct field_node *node, const char *key, size_t key_length,
		       const json_t *value)
{
	if (json_is_object(value)) {
		take_object(reference, node, value);
	} else if (json_is_array(value)) {
		take_list(reference, node, value);
	} else if (json_is_string(value)) {
		take_string(reference, node, key, key_length, value);
	} else if (json_is_number(value)) {
		take_number(reference, node, value);
	} else if (json_is_boolean(value)) {
		record_builder_set_bool(reference->builder, node, json_is_true(value));
		if (node->extra >= 0)
			record_builder_extra(reference->builder, node, reference->item,
					     json_is_true(value) ? keep(reference, "true", 4)
								 : keep(reference, "false", 5));
	}
}

static json_t *reference_record(const struct field_table *table, const json_t *document, size_t size,
				bool *ret_is_odd)
{
	struct reference reference = {.builder = record_builder_new(table)};
	struct record *record;
	json_t *json;

	record_builder_start(reference.builder, 3 * size + 64);
	take_value(&reference, table->root, "", 0, document);
	record = record_builder_finish(reference.builder);
	json = json_pack("[s,i,s,s,s,s,o]", "record", 0, record->uid, record->name, record->name_space,
			 record->resource_version, record_json(table, record));
	record_free(record);
	record_builder_free(reference.builder);
	*ret_is_odd = reference.has_odd_number;
	return json;
}

static void compare(const struct field_table *table, struct fuzz_input input, json_t *document, const json_t *said)
{
	bool is_odd;
	json_t *theirs = reference_record(table, document, input.left, &is_odd);
	json_t *ours = json_array_get(said, 0);

	check(json_array_size(said) == 1, "%zu records of one object", json_array_size(said));
	if (is_odd) {
		json_object_del(json_array_get(ours, 6), "extras");
		json_object_del(json_array_get(theirs, 6), "extras");
	}
	if (!json_equal(ours, theirs)) {
		json_dumpf(ours, stderr, JSON_INDENT(1));
		json_dumpf(theirs, stderr, JSON_INDENT(1));
		check(false, "jansson reads another record");
	}
	json_decref(theirs);
}

/* Where a text stands in the tree of wanted fields. */
struct walk {
	const struct field_node *stack[JSON_DEPTH_MAX + 2];	/* NULL: nobody wants it */
	bool is_list[JSON_DEPTH_MAX + 2];
	size_t depth;
	const struct field_node *value;		/* the node of the value that comes */
	bool is_key;				/* the next string is a key */
};

static void walk_open(struct walk *walk, bool is_list)
{
	const struct field_node *node = walk->value;

	if (node && (is_list ? !node->each : !node->child_count))
		node = NULL;
	walk->stack[walk->depth] = node;
	walk->is_list[walk->depth++] = is_list;
	walk->value = is_list && node ? node->each : NULL;
	walk->is_key = !is_list;
}

static void walk_close(struct walk *walk)
{
	const struct field_node *node;

	walk->depth--;
	walk->is_key = false;
	node = walk->depth ? walk->stack[walk->depth - 1] : NULL;
	walk->value = node && walk->is_list[walk->depth - 1] ? node->each : NULL;
}

/* A string from at on; returns the byte behind it, or the end. */
static size_t walk_string(struct walk *walk, const char *text, size_t at, size_t end)
{
	size_t from = ++at;

	while (at < end && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	if (at > end)
		at = end;
	if (walk->is_key && walk->depth) {
		const struct field_node *node = walk->stack[walk->depth - 1];

		/* A key with escapes may be any: what follows is left out of the judgement. */
		if (memchr(text + from, '\\', at - from))
			node = NULL;
		walk->value = node ? field_node_child(node, text + from, at - from) : NULL;
		walk->is_key = false;
	}
	return at < end ? at + 1 : end;
}

/*
 * Jansson stopped at a byte: up to there the text is JSON. True if what is
 * open there is read by us too, so that we have to find the same.
 */
static bool refusal_matters(const struct field_table *table, const char *text, size_t position)
{
	struct walk walk = {.value = table->root};
	size_t at = 0;

	/* Behind the bracket that it did not expect. */
	if (position && strchr("{}[],:", text[position - 1]))
		position--;
	while (at < position && walk.depth <= JSON_DEPTH_MAX) {
		char byte = text[at];

		if (byte == '"') {
			at = walk_string(&walk, text, at, position);
			continue;
		}
		if (byte == '{' || byte == '[')
			walk_open(&walk, byte == '[');
		else if ((byte == '}' || byte == ']') && walk.depth)
			walk_close(&walk);
		else if (byte == ',' && walk.depth)
			walk.is_key = !walk.is_list[walk.depth - 1];
		at++;
	}
	return walk.depth && walk.stack[walk.depth - 1] && !walk.is_key && (walk.is_list[walk.depth - 1] || walk.value);
}

/* Our leniency: what jansson found wrong is within a number or a string, which we take as it is. */
static bool is_within_value(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
	case json_error_null_character:
	case json_error_null_byte_in_key:
	case json_error_numeric_overflow:
	case json_error_duplicate_key:
		return true;
	case json_error_invalid_syntax:
		break;
	default:
		return false;
	}
	return strstr(error->text, "control character") || strstr(error->text, "Unicode") ||
	       strstr(error->text, "unexpected newline");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {(const char *)data, size};
	const struct field_table *table = scanned_table(fuzz_choose(&input, KIND_COUNT));
	struct err err = {0};
	json_error_t error;
	json_t *document = json_loadb(input.bytes, input.left, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	json_t *said = scanned_read(&json_scanner_ops, table, SCAN_OBJECT, input, input.left + 1, &err);

	if (document && json_is_object(document)) {
		check(err.code == ERR_NONE || err.code == ERR_LIMIT || memchr(input.bytes, '\0', input.left),
		      "jansson takes it: %s", err.what.id);
		if (err.code == ERR_NONE)
			compare(table, input, document, said);
	} else if (document) {
		check(err.code != ERR_NONE, "an object was made of something else");
	} else if (err.code == ERR_NONE && !is_within_value(&error)) {
		check(!refusal_matters(table, input.bytes, (size_t)error.position), "jansson refuses: %s", error.text);
	}
	json_decref(document);
	json_decref(said);
	return 0;
}
