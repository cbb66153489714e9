#include "probes/kube/proto_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"

/* 0001-01-01T00:00:00Z, Go's zero time, and 9999-12-31T23:59:59Z. */
static const int64_t first_second = -62135596800;
static const int64_t last_second = 253402300799;

int proto_varint_feed(struct proto_varint *varint, unsigned char byte)
{
	if (varint->shift == 63 && byte > 1)
		return -1;
	varint->value |= (uint64_t)(byte & 0x7f) << varint->shift;
	if (!(byte & 0x80))
		return 1;
	varint->shift += 7;
	return 0;
}

const char *proto_tag(uint64_t tag, uint64_t *ret_number, enum proto_wire *ret_wire)
{
	*ret_number = tag >> 3;
	switch (tag & 7) {
	case WIRE_VARINT:
	case WIRE_FIXED64:
	case WIRE_BYTES:
	case WIRE_FIXED32:
		*ret_wire = (enum proto_wire)(tag & 7);
		break;
	case 3:
	case 4:
		return "a group";
	default:
		return "an unknown wire type";
	}
	return *ret_number && *ret_number < 1U << 29 ? NULL : "a field without a valid number";
}

static int read_varint(const char **at, const char *end, uint64_t *ret_value, const char **ret_why)
{
	struct proto_varint varint = {0, 0};

	while (*at < end) {
		int result = proto_varint_feed(&varint, (unsigned char)*(*at)++);

		if (result > 0) {
			*ret_value = varint.value;
			return 0;
		}
		if (result < 0) {
			*ret_why = "a number of more than 64 bits";
			return -1;
		}
	}
	*ret_why = "a number does not end";
	return -1;
}

static int read_bytes(const char **at, const char *end, uint64_t length, struct proto_slice *ret_bytes,
		      const char **ret_why)
{
	if (length > (uint64_t)(end - *at)) {
		*ret_why = "a field is longer than what it is in";
		return -1;
	}
	*ret_bytes = (struct proto_slice){*at, *at + length};
	*at += length;
	return 0;
}

int proto_next(struct proto_slice *slice, struct proto_value *ret_value, const char **ret_why)
{
	const char *at = slice->at;
	uint64_t tag;
	uint64_t length = 0;

	if (at == slice->end)
		return 0;
	if (read_varint(&at, slice->end, &tag, ret_why) < 0)
		return -1;
	*ret_why = proto_tag(tag, &ret_value->number, &ret_value->wire);
	if (*ret_why)
		return -1;
	switch (ret_value->wire) {
	case WIRE_VARINT:
		if (read_varint(&at, slice->end, &ret_value->varint, ret_why) < 0)
			return -1;
		slice->at = at;
		return 1;
	case WIRE_FIXED64:
		length = 8;
		break;
	case WIRE_FIXED32:
		length = 4;
		break;
	case WIRE_BYTES:
		if (read_varint(&at, slice->end, &length, ret_why) < 0)
			return -1;
		break;
	}
	if (read_bytes(&at, slice->end, length, &ret_value->bytes, ret_why) < 0)
		return -1;
	slice->at = at;
	return 1;
}

/* Where plain ASCII ends, which most texts are. */
static const char *plain_end(const char *at, const char *end)
{
	while (at < end && (unsigned char)(*at - 1) < 0x7f)
		at++;
	return at;
}

size_t proto_text(struct proto_slice bytes, size_t limit, char *out)
{
	size_t length = 0;

	while (bytes.at < bytes.end) {
		const char *plain = plain_end(bytes.at, bytes.end);
		size_t n = (size_t)(plain - bytes.at);
		uint32_t code_point = 0xFFFD;
		char encoded[4];

		if (n > limit - length)
			n = limit - length;
		memcpy(out + length, bytes.at, n);
		length += n;
		bytes.at += n;
		if (bytes.at < plain || plain == bytes.end)
			break;
		if (*bytes.at)
			bytes.at += text_decode(bytes.at, (size_t)(bytes.end - bytes.at), &code_point);
		else
			bytes.at++;
		n = text_encode(code_point, encoded);
		if (n > limit - length)
			break;
		memcpy(out + length, encoded, n);
		length += n;
	}
	return length;
}

char *proto_text_copy(struct proto_slice bytes, size_t limit)
{
	size_t most = 3 * (size_t)(bytes.end - bytes.at);
	char *text = xmalloc((most < limit ? most : limit) + 1);

	text[proto_text(bytes, limit, text)] = '\0';
	return text;
}

bool proto_slice_is(struct proto_slice bytes, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(bytes.end - bytes.at) == length && !memcmp(bytes.at, text, length);
}

int proto_time_read(struct proto_slice message, struct proto_time *ret_time, const char **ret_why)
{
	struct proto_value value;
	int found;

	*ret_time = (struct proto_time){0, 0};
	if (message.at == message.end)
		return 1;
	while ((found = proto_next(&message, &value, ret_why)) > 0) {
		if (value.wire != WIRE_VARINT)
			continue;
		if (value.number == 1)
			ret_time->seconds = (int64_t)value.varint;
		else if (value.number == 2)
			ret_time->nanoseconds = (int64_t)value.varint;
	}
	if (found < 0)
		return -1;
	if (ret_time->nanoseconds < 0 || ret_time->nanoseconds > 999999999)
		return 1;
	return ret_time->seconds <= first_second || ret_time->seconds > last_second;
}

int proto_error(struct err *err, const char *what, uint64_t byte)
{
	char place[24];

	snprintf(place, sizeof(place), "%" PRIu64, byte);
	err_set(err, ERR_PROTOCOL, "the answer is not valid protobuf: {problem} at byte {byte}", "problem",
		what, "byte", place, NULL);
	err_hint(err, "something between this machine and the API server may have changed the answer", NULL);
	return -1;
}
