/*
 * Splits a transfer into items or events and hands each, whole, to the item
 * reader. A watch event is kept until it is whole because its "object" may
 * come before its "type". The position within the document is a state, so
 * that pieces may end anywhere.
 */
#include "probes/kube/scanner.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/json_scan_item.h"
#include "probes/kube/json_scan_span.h"
#include "probes/kube/json_scan_text.h"
#include "probes/kube/scan_limit.h"

enum { KEY_MAX = 1024 };

enum step {
	STEP_DOCUMENT,		/* before a document */
	STEP_FIRST_KEY,		/* of a list: a key or } */
	STEP_KEY,
	STEP_COLON,
	STEP_VALUE,
	STEP_AFTER_VALUE,
	STEP_FIRST_ITEM,	/* an item or ] */
	STEP_ITEM,
	STEP_AFTER_ITEM,
	STEP_END,		/* nothing but white space may follow */
};

/* What the bytes belong to while a value is taken. */
enum taking {
	TAKING_NOTHING,
	TAKING_DOCUMENT,	/* a watch event, or the object */
	TAKING_ITEM,
	TAKING_META,
	TAKING_KEY,
	TAKING_STRING,		/* a string that nobody wants */
	TAKING_SPAN,		/* an object or list that nobody wants */
	TAKING_SCALAR,
};

struct scanner {
	const struct field_table *table;
	enum scan_mode mode;
	struct scan_sink sink;
	struct record_builder *builder;
	enum step step;
	enum taking taking;
	struct json_span span;
	bool escaped;			/* within a string */
	struct buffer pending;		/* what came of the value in earlier pieces */
	uint64_t offset;		/* of the piece that is fed */
	uint64_t started;		/* offset where the value that is taken began */
	enum { KEY_OTHER, KEY_ITEMS, KEY_METADATA } key;
	bool has_items;
	bool has_meta;
	bool has_failed;
};

static struct scanner *json_new(const struct field_table *table, enum scan_mode mode,
				const struct scan_sink *sink)
{
	struct scanner *scanner = xcalloc(1, sizeof(*scanner));

	scanner->table = table;
	scanner->mode = mode;
	scanner->sink = *sink;
	scanner->builder = record_builder_new(table);
	buffer_init(&scanner->pending, SCAN_ITEM_MAX);
	return scanner;
}

static void json_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	record_builder_free(scanner->builder);
	buffer_release(&scanner->pending);
	free(scanner);
}

static int hand_on(struct scanner *scanner, enum watch_event event, struct json_slice object, uint64_t offset,
		   struct err *err)
{
	struct record *record;

	if (json_item_scan(scanner->builder, scanner->table->root, object.text, object.length, offset,
			   &record,
			   err) < 0)
		return -1;
	if (scanner->sink.on_record(scanner->sink.data, event, record) < 0)
		return scan_ended_by_sink(err);
	return 0;
}

static long slice_long(struct json_slice slice, long otherwise)
{
	int64_t number;

	if (!slice.text || json_text_int(slice.text, slice.length, &number) < 0)
		return otherwise;
	return (long)number;
}

static int take_meta(struct scanner *scanner, struct json_slice meta, struct err *err)
{
	static const char *const names[] = {"resourceVersion", "continue", "remainingItemCount", NULL};
	struct json_slice values[3];
	auto_free char *version = NULL;
	auto_free char *token = NULL;

	if (json_members(meta.text, meta.length, names, values, scanner->started, err) < 0)
		return -1;
	version = json_slice_text(values[0], NAME_LIMIT);
	token = json_slice_text(values[1], SCAN_TOKEN_MAX);
	scanner->has_meta = true;
	if (scanner->sink.on_list_meta)
		scanner->sink.on_list_meta(scanner->sink.data, version, token, slice_long(values[2], -1));
	return 0;
}

static int take_bookmark(struct scanner *scanner, struct json_slice object, uint64_t offset, struct err *err)
{
	static const char *const object_names[] = {"metadata", NULL};
	static const char *const meta_names[] = {"resourceVersion", "annotations", NULL};
	static const char *const annotation_names[] = {"k8s.io/initial-events-end", NULL};
	struct json_slice meta;
	struct json_slice values[2];
	struct json_slice ended = {NULL, 0};
	auto_free char *version = NULL;

	if (json_members(object.text, object.length, object_names, &meta, offset, err) < 0)
		return -1;
	if (!meta.text || *meta.text != '{')
		return json_error(err, "a bookmark without metadata", offset);
	if (json_members(meta.text, meta.length, meta_names, values, offset, err) < 0)
		return -1;
	if (values[1].text && *values[1].text == '{' &&
	    json_members(values[1].text, values[1].length, annotation_names, &ended, offset, err) < 0)
		return -1;
	version = json_slice_text(values[0], NAME_LIMIT);
	if (scanner->sink.on_bookmark)
		scanner->sink.on_bookmark(scanner->sink.data, version,
					  ended.length == 6 && !memcmp(ended.text, "\"true\"", 6));
	return 0;
}

static int take_status(struct scanner *scanner, struct json_slice object, uint64_t offset, struct err *err)
{
	static const char *const names[] = {"code", "reason", "message", NULL};
	struct json_slice values[3];
	auto_free char *reason = NULL;
	auto_free char *message = NULL;

	if (json_members(object.text, object.length, names, values, offset, err) < 0)
		return -1;
	reason = json_slice_text(values[1], SCAN_STATUS_TEXT_MAX);
	message = json_slice_text(values[2], SCAN_STATUS_TEXT_MAX);
	if (scanner->sink.on_status)
		scanner->sink.on_status(scanner->sink.data, slice_long(values[0], 0), reason, message);
	return 0;
}

static int take_event(struct scanner *scanner, struct json_slice event, struct err *err)
{
	static const char *const names[] = {"type", "object", NULL};
	struct json_slice values[2];
	auto_free char *type = NULL;
	uint64_t offset;

	if (json_members(event.text, event.length, names, values, scanner->started, err) < 0)
		return -1;
	type = json_slice_text(values[0], 32);
	if (!values[1].text || *values[1].text != '{')
		return json_error(err, "a watch event without an object", scanner->started);
	offset = scanner->started + (uint64_t)(values[1].text - event.text);
	if (!strcmp(type, "ADDED"))
		return hand_on(scanner, WATCH_ADDED, values[1], offset, err);
	if (!strcmp(type, "MODIFIED"))
		return hand_on(scanner, WATCH_MODIFIED, values[1], offset, err);
	if (!strcmp(type, "DELETED"))
		return hand_on(scanner, WATCH_DELETED, values[1], offset, err);
	if (!strcmp(type, "BOOKMARK"))
		return take_bookmark(scanner, values[1], offset, err);
	if (!strcmp(type, "ERROR"))
		return take_status(scanner, values[1], offset, err);
	return json_error(err, "a watch event of an unknown type", scanner->started);
}

static void take_key(struct scanner *scanner, struct json_slice key)
{
	scanner->key = KEY_OTHER;
	if (key.length == 7 && !memcmp(key.text, "\"items\"", 7))
		scanner->key = KEY_ITEMS;
	else if (key.length == 10 && !memcmp(key.text, "\"metadata\"", 10))
		scanner->key = KEY_METADATA;
}

/* A value is whole. */
static int take_whole(struct scanner *scanner, struct json_slice value, struct err *err)
{
	enum taking taking = scanner->taking;

	scanner->taking = TAKING_NOTHING;
	switch (taking) {
	case TAKING_DOCUMENT:
		if (scanner->mode == SCAN_WATCH) {
			scanner->step = STEP_DOCUMENT;
			return take_event(scanner, value, err);
		}
		scanner->step = STEP_END;
		return hand_on(scanner, WATCH_ADDED, value, scanner->started, err);
	case TAKING_ITEM:
		scanner->step = STEP_AFTER_ITEM;
		return hand_on(scanner, WATCH_ADDED, value, scanner->started, err);
	case TAKING_META:
		scanner->step = STEP_AFTER_VALUE;
		return take_meta(scanner, value, err);
	case TAKING_KEY:
		scanner->step = STEP_COLON;
		take_key(scanner, value);
		return 0;
	default:
		scanner->step = STEP_AFTER_VALUE;
		return 0;
	}
}

/* Keeps the part of a value that is wanted later. */
static int keep_pending(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	if (scanner->taking == TAKING_STRING || scanner->taking == TAKING_SPAN ||
	    scanner->taking == TAKING_SCALAR)
		return 0;
	if (scanner->taking == TAKING_KEY && scanner->pending.length + n > KEY_MAX)
		return json_error(err, "a key that is too long", scanner->started);
	if (buffer_add(&scanner->pending, bytes, n) < 0)
		return scan_too_large(err, scanner->started, scanner->pending.length + n);
	return 0;
}

static int finish_value(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	struct json_slice value = {bytes, n};
	int result;

	if (scanner->pending.length) {
		if (keep_pending(scanner, bytes, n, err) < 0)
			return -1;
		value = (struct json_slice){scanner->pending.data, scanner->pending.length};
	}
	if (value.length > SCAN_ITEM_MAX && scanner->taking != TAKING_SPAN && scanner->taking != TAKING_STRING)
		return scan_too_large(err, scanner->started, value.length);
	result = take_whole(scanner, value, err);
	if (scanner->pending.capacity > SCAN_PENDING_KEPT)
		buffer_release(&scanner->pending);
	else
		buffer_clear(&scanner->pending);
	return result;
}

/* How much of the bytes belongs to the string, its closing quote with it; *ret_ended where it is among them. */
static size_t feed_string(struct scanner *scanner, const char *bytes, size_t n, bool *ret_ended)
{
	for (size_t i = 0; i < n; i++) {
		if (scanner->escaped) {
			scanner->escaped = false;
		} else if (bytes[i] == '\\') {
			scanner->escaped = true;
		} else if (bytes[i] == '"') {
			*ret_ended = true;
			return i + 1;
		}
	}
	return n;
}

static size_t feed_scalar(const char *bytes, size_t n, bool *ret_ended)
{
	size_t at = 0;

	while (at < n && !json_is_space(bytes[at]) && bytes[at] != ',' && bytes[at] != '}')
		at++;
	*ret_ended = at < n;
	return at;
}

/* Goes on with the value that is taken. */
static int feed_value(struct scanner *scanner, const char *bytes, size_t n, size_t *ret_taken,
		      struct err *err)
{
	bool ended = false;

	switch (scanner->taking) {
	case TAKING_KEY:
	case TAKING_STRING:
		*ret_taken = feed_string(scanner, bytes, n, &ended);
		break;
	case TAKING_SCALAR:
		*ret_taken = feed_scalar(bytes, n, &ended);
		break;
	default:
		*ret_taken = json_span_feed(&scanner->span, bytes, n);
		ended = scanner->span.done;
		break;
	}
	if (scanner->span.too_deep)
		return scan_too_deep(err, scanner->started, JSON_DEPTH_MAX);
	if (ended)
		return finish_value(scanner, bytes, *ret_taken, err);
	return keep_pending(scanner, bytes, *ret_taken, err);
}

static void begin(struct scanner *scanner, enum taking taking, uint64_t offset)
{
	scanner->taking = taking;
	scanner->started = offset;
	scanner->escaped = false;
	json_span_start(&scanner->span);
}

/* What may stand where, for messages. */
static const char *expected(const struct scanner *scanner)
{
	switch (scanner->step) {
	case STEP_DOCUMENT:
		return "an object is expected";
	case STEP_FIRST_KEY:
	case STEP_KEY:
		return "a key is expected";
	case STEP_COLON:
		return "a colon is expected";
	case STEP_VALUE:
		return "a value is expected";
	case STEP_AFTER_VALUE:
		return "a comma or } is expected";
	case STEP_FIRST_ITEM:
	case STEP_ITEM:
		return "an item is expected";
	case STEP_AFTER_ITEM:
		return "a comma or ] is expected";
	case STEP_END:
		break;
	}
	return "more text after the end";
}

/* Begins the value of a member of the list. Returns how many bytes it took already, or -1. */
static int begin_value(struct scanner *scanner, char byte, uint64_t offset)
{
	if (scanner->key == KEY_ITEMS) {
		if (scanner->has_items && byte == '[')
			return -1;
		scanner->has_items = true;
	}
	if (scanner->key == KEY_ITEMS && byte == '[') {
		scanner->step = STEP_FIRST_ITEM;
		return 1;
	}
	if (byte == '{' || byte == '[') {
		begin(scanner, scanner->key == KEY_METADATA && byte == '{' ? TAKING_META : TAKING_SPAN,
			offset);
		return 0;
	}
	if (byte == '"') {
		begin(scanner, TAKING_STRING, offset);
		return 1;
	}
	if (!strchr("-0123456789tfn", byte) || !byte)
		return -1;
	begin(scanner, TAKING_SCALAR, offset);
	return 0;
}

/* A byte at a step; returns how many bytes it took (0: the value that began has it), or -1. */
static int take_step(struct scanner *scanner, char byte, uint64_t offset)
{
	switch (scanner->step) {
	case STEP_DOCUMENT:
		if (byte != '{')
			return -1;
		if (scanner->mode == SCAN_LIST) {
			scanner->step = STEP_FIRST_KEY;
			return 1;
		}
		begin(scanner, TAKING_DOCUMENT, offset);
		return 0;
	case STEP_FIRST_KEY:
	case STEP_KEY:
		if (byte == '}' && scanner->step == STEP_FIRST_KEY) {
			scanner->step = STEP_END;
			return 1;
		}
		if (byte != '"')
			return -1;
		begin(scanner, TAKING_KEY, offset);
		return buffer_add_byte(&scanner->pending, byte) < 0 ? -1 : 1;
	case STEP_COLON:
		scanner->step = STEP_VALUE;
		return byte == ':' ? 1 : -1;
	case STEP_VALUE:
		return begin_value(scanner, byte, offset);
	case STEP_AFTER_VALUE:
		scanner->step = byte == ',' ? STEP_KEY : STEP_END;
		return byte == ',' || byte == '}' ? 1 : -1;
	case STEP_FIRST_ITEM:
	case STEP_ITEM:
		if (byte == ']' && scanner->step == STEP_FIRST_ITEM) {
			scanner->step = STEP_AFTER_VALUE;
			return 1;
		}
		begin(scanner, TAKING_ITEM, offset);
		return byte == '{' ? 0 : -1;
	case STEP_AFTER_ITEM:
		scanner->step = byte == ',' ? STEP_ITEM : STEP_AFTER_VALUE;
		return byte == ',' || byte == ']' ? 1 : -1;
	case STEP_END:
		break;
	}
	return -1;
}

static int feed(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	size_t at = 0;

	while (at < n) {
		const char *what = expected(scanner);
		size_t taken = 1;
		int step;

		if (scanner->taking != TAKING_NOTHING) {
			if (feed_value(scanner, bytes + at, n - at, &taken, err) < 0)
				return -1;
			at += taken;
			continue;
		}
		if (json_is_space(bytes[at])) {
			at++;
			continue;
		}
		step = take_step(scanner, bytes[at], scanner->offset + at);
		if (step < 0)
			return json_error(err, what, scanner->offset + at);
		at += (size_t)step;
	}
	return 0;
}

static int json_feed(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	if (scanner->has_failed)
		return scan_given_up(err);
	if (feed(scanner, bytes, n, err) < 0) {
		scanner->has_failed = true;
		return -1;
	}
	scanner->offset += n;
	return 0;
}

static int json_finish(struct scanner *scanner, struct err *err)
{
	enum step end = scanner->mode == SCAN_WATCH ? STEP_DOCUMENT : STEP_END;

	if (scanner->has_failed)
		return scan_given_up(err);
	if (scanner->taking != TAKING_NOTHING || scanner->step != end)
		return json_error(err, "it ends too early", scanner->offset);
	if (scanner->mode == SCAN_LIST && !scanner->has_items)
		return err_set(err, ERR_PROTOCOL, "the answer is no list of {kind}: it has no items", "kind",
			       scanner->table->kind->name, NULL);
	if (scanner->mode == SCAN_LIST && !scanner->has_meta && scanner->sink.on_list_meta)
		scanner->sink.on_list_meta(scanner->sink.data, "", "", -1);
	return 0;
}

const struct scanner_ops json_scanner_ops = {
	.content_type = "application/json",
	.new = json_new,
	.feed = json_feed,
	.finish = json_finish,
	.free = json_free,
};
