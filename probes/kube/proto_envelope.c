#include "probes/kube/proto_envelope.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/scan_limit.h"

enum { MOST_CAUSES = 100 };

static const struct proto_slice nothing = {"", ""};

int proto_members(struct proto_slice message, struct proto_value *ret_values, size_t count,
		  const char **ret_why)
{
	struct proto_value value;
	int found;

	memset(ret_values, 0, count * sizeof(*ret_values));
	while ((found = proto_next(&message, &value, ret_why)) > 0) {
		if (value.number <= count)
			ret_values[value.number - 1] = value;
	}
	return found;
}

struct proto_slice proto_bytes(const struct proto_value *value)
{
	return value->number && value->wire == WIRE_BYTES ? value->bytes : nothing;
}

int64_t proto_number(const struct proto_value *value, int64_t otherwise)
{
	return value->number && value->wire == WIRE_VARINT ? (int64_t)value->varint : otherwise;
}

int proto_document_read(struct proto_slice document, struct proto_document *ret_document,
			const char **ret_why)
{
	struct proto_value values[UNKNOWN_CONTENT_TYPE];
	struct proto_value type[TYPE_META_KIND];
	struct proto_slice encoding;

	if (document.end - document.at < PROTO_MAGIC_SIZE ||
	    memcmp(document.at, PROTO_MAGIC, PROTO_MAGIC_SIZE) != 0) {
		*ret_why = "an object without its prefix";
		return -1;
	}
	document.at += PROTO_MAGIC_SIZE;
	if (proto_members(document, values, UNKNOWN_CONTENT_TYPE, ret_why) < 0 ||
	    proto_members(proto_bytes(&values[UNKNOWN_TYPE_META - 1]), type, TYPE_META_KIND, ret_why) < 0)
		return -1;
	encoding = proto_bytes(&values[UNKNOWN_ENCODING - 1]);
	if (encoding.at != encoding.end) {
		*ret_why = "an object in an encoding of its own";
		return -1;
	}
	ret_document->kind = proto_bytes(&type[TYPE_META_KIND - 1]);
	ret_document->raw = proto_bytes(&values[UNKNOWN_RAW - 1]);
	return 0;
}

int proto_bookmark_read(struct proto_slice object, struct proto_slice *ret_version, bool *ret_initial_end,
			const char **ret_why)
{
	enum { METADATA = 1, RESOURCE_VERSION = 6, ANNOTATIONS = 12 };
	struct proto_value metadata[METADATA];
	struct proto_value entry[2];
	struct proto_value value;
	struct proto_slice fields;
	int found;

	*ret_version = nothing;
	*ret_initial_end = false;
	if (proto_members(object, metadata, METADATA, ret_why) < 0)
		return -1;
	fields = proto_bytes(&metadata[0]);
	while ((found = proto_next(&fields, &value, ret_why)) > 0) {
		if (value.number == RESOURCE_VERSION)
			*ret_version = proto_bytes(&value);
		if (value.number != ANNOTATIONS)
			continue;
		if (proto_members(proto_bytes(&value), entry, 2, ret_why) < 0)
			return -1;
		if (proto_slice_is(proto_bytes(&entry[0]), "k8s.io/initial-events-end"))
			*ret_initial_end = proto_slice_is(proto_bytes(&entry[1]), "true");
	}
	return found;
}

enum { STATUS_MESSAGE = 3, STATUS_REASON = 4, STATUS_DETAILS = 5, STATUS_CODE = 6 };

int proto_status_read(struct proto_slice object, struct proto_status *ret_status, const char **ret_why)
{
	struct proto_value values[STATUS_CODE];

	if (proto_members(object, values, STATUS_CODE, ret_why) < 0)
		return -1;
	ret_status->code = (long)proto_number(&values[STATUS_CODE - 1], 0);
	ret_status->reason = proto_bytes(&values[STATUS_REASON - 1]);
	ret_status->message = proto_bytes(&values[STATUS_MESSAGE - 1]);
	return 0;
}

/* Empty texts are left out, as in JSON. */
static void set_text(json_t *object, const char *name, struct proto_slice bytes)
{
	auto_free char *text = proto_text_copy(bytes, SCAN_STATUS_TEXT_MAX);

	if (*text)
		json_object_set_new(object, name, json_string(text));
}

static json_t *causes_document(struct proto_slice details)
{
	enum { CAUSES = 4, CAUSE_FIELDS = 3 };
	static const char *const names[CAUSE_FIELDS] = {"reason", "message", "field"};
	json_t *causes = json_array();
	struct proto_value fields[CAUSE_FIELDS];
	struct proto_value value;
	const char *why;

	while (proto_next(&details, &value, &why) > 0 && json_array_size(causes) < MOST_CAUSES) {
		json_t *cause;

		if (value.number != CAUSES || proto_members(proto_bytes(&value), fields, CAUSE_FIELDS, &why) < 0)
			continue;
		cause = json_object();
		for (size_t i = 0; i < CAUSE_FIELDS; i++)
			set_text(cause, names[i], proto_bytes(&fields[i]));
		json_array_append_new(causes, cause);
	}
	return causes;
}

json_t *proto_status_document(const char *body, size_t n)
{
	struct proto_document document;
	struct proto_value values[STATUS_CODE];
	const char *why;
	json_t *status;

	if (proto_document_read((struct proto_slice){body, body + n}, &document, &why) < 0 ||
	    !proto_slice_is(document.kind, "Status") ||
	    proto_members(document.raw, values, STATUS_CODE, &why) < 0)
		return NULL;
	status = json_pack("{s:s,s:I,s:{s:o}}", "kind", "Status", "code",
			   (json_int_t)proto_number(&values[STATUS_CODE - 1], 0), "details", "causes",
			   causes_document(proto_bytes(&values[STATUS_DETAILS - 1])));
	set_text(status, "reason", proto_bytes(&values[STATUS_REASON - 1]));
	set_text(status, "message", proto_bytes(&values[STATUS_MESSAGE - 1]));
	return status;
}
