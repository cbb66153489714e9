/*
 * Protobuf as bytes: fields of a message, texts and times in them. Internal
 * to probes/kube/. Groups (wire types 3 and 4) are refused: the API has none.
 */
#ifndef KUBE_PROTO_WIRE_H
#define KUBE_PROTO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

enum proto_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct proto_slice {
	const char *at;
	const char *end;
};

struct proto_value {
	uint64_t number;	/* of the field */
	enum proto_wire wire;
	uint64_t varint;	/* WIRE_VARINT */
	struct proto_slice bytes;	/* WIRE_BYTES */
};

/*
 * A varint that comes byte by byte; zero it to begin. 1 when it is whole, 0
 * for more, -1 where it has more than 64 bits.
 */
struct proto_varint {
	uint64_t value;
	unsigned shift;
};
int proto_varint_feed(struct proto_varint *varint, unsigned char byte);

/* Splits a tag; NULL, or what is wrong with it. */
const char *proto_tag(uint64_t tag, uint64_t *ret_number, enum proto_wire *ret_wire);

/* The next field: 1, or 0 at the end; -1 with *ret_why, and slice stays before what is broken. */
int proto_next(struct proto_slice *slice, struct proto_value *ret_value, const char **ret_why);

/*
 * The text as a record keeps it: invalid bytes and NULs become U+FFFD, cut at
 * a character to limit bytes. out needs min(limit, 3 * length of bytes).
 * Returns the length written.
 */
size_t proto_text(struct proto_slice bytes, size_t limit, char *out);
/* The same, as a string. Caller frees. */
char *proto_text_copy(struct proto_slice bytes, size_t limit);
bool proto_slice_is(struct proto_slice bytes, const char *text);

struct proto_time {
	int64_t seconds;
	int64_t nanoseconds;
};
/* 0; 1 where the time is null or no year of four digits; -1 with *ret_why. */
int proto_time_read(struct proto_slice message, struct proto_time *ret_time, const char **ret_why);

/* "the answer is not valid protobuf: {problem} at byte {byte}" */
int proto_error(struct err *err, const char *what, uint64_t byte);

#endif
