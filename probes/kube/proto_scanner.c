/*
 * Splits a transfer of protobuf into items or events. An item says how long
 * it is before it begins, so nothing is looked at twice; pieces may end at
 * any byte. A list is one message whose items are handed on as they come.
 */
#include "probes/kube/scanner.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/proto_envelope.h"
#include "probes/kube/proto_scan_item.h"
#include "probes/kube/scan_limit.h"

enum {
	FRAME_HEAD = 4,			/* a big-endian length before each event of a watch */
	FRAME_MAX = SCAN_ITEM_MAX + 4096,	/* the object, and what is around it */
	EVENT_TYPE = 1,
	EVENT_OBJECT = 2,
	KIND_NAME_MAX = 128,
};

enum step {
	STEP_MAGIC,	/* before a document */
	STEP_FRAME,	/* before an event */
	STEP_TAG,
	STEP_LENGTH,
	STEP_NUMBER,	/* a number that nobody wants */
	STEP_SKIP,	/* bytes that nobody wants */
	STEP_TAKE,	/* bytes of a value */
};

/* What the bytes are that are taken. */
enum taking { TAKING_NOTHING, TAKING_EVENT, TAKING_OBJECT, TAKING_TYPE, TAKING_ENCODING, TAKING_META, TAKING_ITEM };

struct scanner {
	const struct field_table *table;
	enum scan_mode mode;
	struct scan_sink sink;
	struct record_builder *builder;
	struct proto_plan *plan;	/* NULL where nothing is wanted, which no kind of ours has */
	enum step step;
	enum taking taking;
	unsigned char head[4];		/* of a document or frame */
	size_t head_length;
	struct proto_varint varint;
	uint64_t number;		/* of the field that is read */
	uint64_t left;			/* bytes of the value still to come */
	bool in_list;			/* within the list, not the envelope */
	uint64_t list_left;		/* bytes of the list still to come */
	bool has_raw;
	bool has_meta;
	bool has_failed;
	struct buffer pending;		/* what came of the value in earlier pieces */
	uint64_t offset;		/* of the next byte in the transfer */
	uint64_t started;		/* offset of the value that is taken */
};

static struct scanner *proto_new(const struct field_table *table, enum scan_mode mode,
				 const struct scan_sink *sink)
{
	struct scanner *scanner = xcalloc(1, sizeof(*scanner));

	scanner->table = table;
	scanner->mode = mode;
	scanner->sink = *sink;
	scanner->builder = record_builder_new(table);
	scanner->plan = proto_plan_new(table->root, proto_schema(table->kind->id));
	scanner->step = mode == SCAN_WATCH ? STEP_FRAME : STEP_MAGIC;
	buffer_init(&scanner->pending, FRAME_MAX);
	return scanner;
}

static void proto_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	record_builder_free(scanner->builder);
	proto_plan_free(scanner->plan);
	buffer_release(&scanner->pending);
	free(scanner);
}

static int hand_on(struct scanner *scanner, enum watch_event event, struct proto_slice object, uint64_t offset,
		   struct err *err)
{
	struct record *record;

	if (object.end - object.at > SCAN_ITEM_MAX)
		return scan_too_large(err, offset, (uint64_t)(object.end - object.at));
	if (proto_item_scan(scanner->builder, scanner->plan, object, offset, &record, err) < 0)
		return -1;
	if (scanner->sink.on_record(scanner->sink.data, event, record) < 0)
		return scan_ended_by_sink(err);
	return 0;
}

/* The documents of a watch. */

static int take_bookmark(struct scanner *scanner, struct proto_slice object, struct err *err)
{
	struct proto_slice version;
	bool initial_end;
	auto_free char *text = NULL;
	const char *why;

	if (proto_bookmark_read(object, &version, &initial_end, &why) < 0)
		return proto_error(err, why, scanner->started);
	text = proto_text_copy(version, NAME_LIMIT);
	if (scanner->sink.on_bookmark)
		scanner->sink.on_bookmark(scanner->sink.data, text, initial_end);
	return 0;
}

static int take_status(struct scanner *scanner, struct proto_slice object, struct err *err)
{
	struct proto_status status;
	auto_free char *reason = NULL;
	auto_free char *message = NULL;
	const char *why;

	if (proto_status_read(object, &status, &why) < 0)
		return proto_error(err, why, scanner->started);
	reason = proto_text_copy(status.reason, SCAN_STATUS_TEXT_MAX);
	message = proto_text_copy(status.message, SCAN_STATUS_TEXT_MAX);
	if (scanner->sink.on_status)
		scanner->sink.on_status(scanner->sink.data, status.code, reason, message);
	return 0;
}

/* A kind that is not named is believed to be ours. */
static bool is_our_kind(const struct scanner *scanner, struct proto_slice kind, const char *ending)
{
	auto_free char *ours = xasprintf("%s%s", scanner->table->kind->name, ending);

	return kind.at == kind.end || proto_slice_is(kind, ours);
}

static int take_object(struct scanner *scanner, struct proto_slice type, struct proto_document document,
		       uint64_t offset, struct err *err)
{
	if (proto_slice_is(type, "ERROR"))
		return take_status(scanner, document.raw, err);
	if (!is_our_kind(scanner, document.kind, ""))
		return proto_error(err, "a watch event of another kind", scanner->started);
	if (proto_slice_is(type, "ADDED"))
		return hand_on(scanner, WATCH_ADDED, document.raw, offset, err);
	if (proto_slice_is(type, "MODIFIED"))
		return hand_on(scanner, WATCH_MODIFIED, document.raw, offset, err);
	if (proto_slice_is(type, "DELETED"))
		return hand_on(scanner, WATCH_DELETED, document.raw, offset, err);
	if (proto_slice_is(type, "BOOKMARK"))
		return take_bookmark(scanner, document.raw, err);
	return proto_error(err, "a watch event of an unknown type", scanner->started);
}

static int take_event(struct scanner *scanner, struct proto_slice event, struct err *err)
{
	struct proto_value values[EVENT_OBJECT];
	struct proto_value extension[1];
	struct proto_document document;
	const char *why;

	if (proto_members(event, values, EVENT_OBJECT, &why) < 0 ||
	    proto_members(proto_bytes(&values[EVENT_OBJECT - 1]), extension, 1, &why) < 0 ||
	    proto_document_read(proto_bytes(&extension[0]), &document, &why) < 0)
		return proto_error(err, why, scanner->started);
	return take_object(scanner, proto_bytes(&values[EVENT_TYPE - 1]), document,
			   document.raw.at == document.raw.end
				   ? scanner->started
				   : scanner->started + (uint64_t)(document.raw.at - event.at),
			   err);
}

/* The documents of a list. */

static int take_meta(struct scanner *scanner, struct proto_slice meta, struct err *err)
{
	enum { RESOURCE_VERSION = 2, CONTINUE = 3, REMAINING = 4 };
	struct proto_value values[REMAINING];
	auto_free char *version = NULL;
	auto_free char *token = NULL;
	const char *why;

	if (proto_members(meta, values, REMAINING, &why) < 0)
		return proto_error(err, why, scanner->started);
	version = proto_text_copy(proto_bytes(&values[RESOURCE_VERSION - 1]), NAME_LIMIT);
	token = proto_text_copy(proto_bytes(&values[CONTINUE - 1]), SCAN_TOKEN_MAX);
	scanner->has_meta = true;
	if (scanner->sink.on_list_meta)
		scanner->sink.on_list_meta(scanner->sink.data, version, token,
					   (long)proto_number(&values[REMAINING - 1], -1));
	return 0;
}

static int no_list(const struct scanner *scanner, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "the answer is no list of {kind}: it has no items", "kind",
		       scanner->table->kind->name, NULL);
}

static int take_type(struct scanner *scanner, struct proto_slice type, struct err *err)
{
	struct proto_value values[TYPE_META_KIND];
	struct proto_slice kind;
	const char *why;

	if (proto_members(type, values, TYPE_META_KIND, &why) < 0)
		return proto_error(err, why, scanner->started);
	kind = proto_bytes(&values[TYPE_META_KIND - 1]);
	if (is_our_kind(scanner, kind, scanner->mode == SCAN_LIST ? "List" : ""))
		return 0;
	if (scanner->mode == SCAN_LIST)
		return no_list(scanner, err);
	return proto_error(err, "an object of another kind", scanner->started);
}

/* A value is whole. */
static int take_whole(struct scanner *scanner, struct proto_slice value, struct err *err)
{
	enum taking taking = scanner->taking;

	scanner->taking = TAKING_NOTHING;
	scanner->step = taking == TAKING_EVENT ? STEP_FRAME : STEP_TAG;
	switch (taking) {
	case TAKING_EVENT:
		return take_event(scanner, value, err);
	case TAKING_TYPE:
		return take_type(scanner, value, err);
	case TAKING_META:
		return take_meta(scanner, value, err);
	case TAKING_ENCODING:
		return value.at == value.end
			       ? 0
			       : proto_error(err, "an object in an encoding of its own", scanner->started);
	case TAKING_OBJECT:
	case TAKING_ITEM:
		return hand_on(scanner, WATCH_ADDED, value, scanner->started, err);
	case TAKING_NOTHING:
		break;
	}
	bug("a value that nobody takes");
}

static int finish_value(struct scanner *scanner, struct proto_slice bytes, struct err *err)
{
	int result;

	if (scanner->pending.length) {
		if (buffer_add(&scanner->pending, bytes.at, (size_t)(bytes.end - bytes.at)) < 0)
			return scan_too_large(err, scanner->started, FRAME_MAX);
		bytes = (struct proto_slice){scanner->pending.data,
					     scanner->pending.data + scanner->pending.length};
	}
	result = take_whole(scanner, bytes, err);
	if (scanner->pending.capacity > SCAN_PENDING_KEPT)
		buffer_release(&scanner->pending);
	else
		buffer_clear(&scanner->pending);
	return result;
}

/* What a field of the envelope or the list is to us. */
static enum taking wanted(const struct scanner *scanner)
{
	if (scanner->in_list) {
		if (scanner->number == LIST_ITEMS)
			return TAKING_ITEM;
		return scanner->number == LIST_META ? TAKING_META : TAKING_NOTHING;
	}
	switch (scanner->number) {
	case UNKNOWN_TYPE_META:
		return TAKING_TYPE;
	case UNKNOWN_RAW:
		return TAKING_OBJECT;
	case UNKNOWN_ENCODING:
		return TAKING_ENCODING;
	default:
		return TAKING_NOTHING;
	}
}

static int begin_raw(struct scanner *scanner, uint64_t length, struct err *err)
{
	if (scanner->has_raw)
		return proto_error(err, "a second object", scanner->offset);
	scanner->has_raw = true;
	if (scanner->mode != SCAN_LIST)
		return 1;
	scanner->in_list = true;
	scanner->list_left = length;
	scanner->step = STEP_TAG;
	return 0;
}

static int begin_value(struct scanner *scanner, uint64_t length, struct err *err)
{
	scanner->started = scanner->offset;
	scanner->taking = wanted(scanner);
	if (scanner->in_list && length > scanner->list_left)
		return proto_error(err, "a field is longer than what it is in", scanner->offset);
	if (scanner->taking == TAKING_OBJECT) {
		int result = begin_raw(scanner, length, err);

		if (result <= 0)
			return result;
	}
	scanner->left = length;
	if (scanner->taking != TAKING_NOTHING && length > SCAN_ITEM_MAX)
		return scan_too_large(err, scanner->started, length);
	scanner->step = scanner->taking == TAKING_NOTHING ? STEP_SKIP : STEP_TAKE;
	return 0;
}

static int begin_field(struct scanner *scanner, uint64_t tag, struct err *err)
{
	enum proto_wire wire = WIRE_VARINT;
	const char *why = proto_tag(tag, &scanner->number, &wire);

	if (why)
		return proto_error(err, why, scanner->offset);
	switch (wire) {
	case WIRE_VARINT:
		scanner->step = STEP_NUMBER;
		return 0;
	case WIRE_BYTES:
		scanner->step = STEP_LENGTH;
		return 0;
	case WIRE_FIXED32:
	case WIRE_FIXED64:
		break;
	}
	scanner->number = UINT64_MAX; /* such a field is none of ours */
	return begin_value(scanner, wire == WIRE_FIXED64 ? 8 : 4, err);
}

/* One byte of a tag, a length or a number. */
static int feed_varint(struct scanner *scanner, char byte, struct err *err)
{
	int result = proto_varint_feed(&scanner->varint, (unsigned char)byte);
	uint64_t value = scanner->varint.value;

	scanner->offset++;
	if (scanner->in_list)
		scanner->list_left--;
	if (result < 0)
		return proto_error(err, "a number of more than 64 bits", scanner->offset - 1);
	if (!result)
		return 0;
	scanner->varint = (struct proto_varint){0, 0};
	if (scanner->step == STEP_TAG)
		return begin_field(scanner, value, err);
	if (scanner->step == STEP_LENGTH)
		return begin_value(scanner, value, err);
	scanner->step = STEP_TAG;
	return 0;
}

/* The head of a document or a frame. */
static int feed_head(struct scanner *scanner, char byte, struct err *err)
{
	uint64_t length = 0;

	scanner->head[scanner->head_length++] = (unsigned char)byte;
	scanner->offset++;
	if (scanner->head_length < sizeof(scanner->head))
		return 0;
	scanner->head_length = 0;
	if (scanner->step == STEP_MAGIC) {
		scanner->step = STEP_TAG;
		return memcmp(scanner->head, PROTO_MAGIC, PROTO_MAGIC_SIZE) == 0
			       ? 0
			       : proto_error(err, "it does not begin as an object does", 0);
	}
	for (size_t i = 0; i < FRAME_HEAD; i++)
		length = length << 8 | scanner->head[i];
	scanner->started = scanner->offset;
	if (length > FRAME_MAX)
		return scan_too_large(err, scanner->started, length);
	scanner->left = length;
	scanner->taking = TAKING_EVENT;
	scanner->step = STEP_TAKE;
	return 0;
}

/* The bytes of a value that are in this piece; returns how many. */
static size_t portion(struct scanner *scanner, size_t n)
{
	if (n > scanner->left)
		n = (size_t)scanner->left;
	scanner->left -= n;
	scanner->offset += n;
	if (scanner->in_list)
		scanner->list_left -= n;
	return n;
}

static int feed_bytes(struct scanner *scanner, const char *bytes, size_t n, size_t *ret_taken, struct err *err)
{
	size_t taken = portion(scanner, n);

	*ret_taken = taken;
	if (scanner->step == STEP_SKIP) {
		if (!scanner->left)
			scanner->step = STEP_TAG;
		return 0;
	}
	if (!scanner->left)
		return finish_value(scanner, (struct proto_slice){bytes, bytes + taken}, err);
	return buffer_add(&scanner->pending, bytes, taken) < 0
		       ? scan_too_large(err, scanner->started, FRAME_MAX) : 0;
}

/* The list ends where its length says, between two fields. */
static int leave_list(struct scanner *scanner, struct err *err)
{
	if (!scanner->in_list || scanner->list_left)
		return 0;
	if (scanner->step == STEP_TAG && !scanner->varint.shift) {
		scanner->in_list = false;
		return 0;
	}
	if (scanner->step == STEP_TAKE || scanner->step == STEP_SKIP)
		return 0;
	return proto_error(err, "the list ends within a field", scanner->offset);
}

static bool has_empty_value(const struct scanner *scanner)
{
	return (scanner->step == STEP_TAKE || scanner->step == STEP_SKIP) && !scanner->left;
}

static int feed(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	size_t at = 0;

	/* A value of no bytes is whole before the next byte comes, which may never be. */
	while (at < n || has_empty_value(scanner)) {
		size_t taken = 1;
		int result;

		if (scanner->step == STEP_TAKE || scanner->step == STEP_SKIP)
			result = feed_bytes(scanner, bytes + at, n - at, &taken, err);
		else if (scanner->step == STEP_MAGIC || scanner->step == STEP_FRAME)
			result = feed_head(scanner, bytes[at], err);
		else
			result = feed_varint(scanner, bytes[at], err);
		if (result < 0 || leave_list(scanner, err) < 0)
			return -1;
		at += taken;
	}
	return 0;
}

static int proto_feed(struct scanner *scanner, const char *bytes, size_t n, struct err *err)
{
	if (scanner->has_failed)
		return scan_given_up(err);
	if (feed(scanner, bytes, n, err) < 0) {
		scanner->has_failed = true;
		return -1;
	}
	return 0;
}

static int proto_finish(struct scanner *scanner, struct err *err)
{
	enum step end = scanner->mode == SCAN_WATCH ? STEP_FRAME : STEP_TAG;

	if (scanner->has_failed)
		return scan_given_up(err);
	if (scanner->step != end || scanner->in_list || scanner->varint.shift || scanner->head_length)
		return proto_error(err, "it ends too early", scanner->offset);
	if (scanner->mode == SCAN_WATCH)
		return 0;
	if (!scanner->has_raw)
		return scanner->mode == SCAN_LIST ? no_list(scanner, err)
						  : proto_error(err, "it holds no object", scanner->offset);
	if (scanner->mode == SCAN_LIST && !scanner->has_meta && scanner->sink.on_list_meta)
		scanner->sink.on_list_meta(scanner->sink.data, "", "", -1);
	return 0;
}

const struct scanner_ops proto_scanner_ops = {
	.content_type = "application/vnd.kubernetes.protobuf",
	.new = proto_new,
	.feed = proto_feed,
	.finish = proto_finish,
	.free = proto_free,
};
