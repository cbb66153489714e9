/*
 * Finds the end of JSON values without looking into them, at memory speed.
 * Internal to probes/kube/.
 *
 * A span is an object or a list: brackets are counted outside of strings. It
 * may be fed in pieces of any size. What is inside is not checked: broken
 * text there is found by whoever reads it, or by nobody.
 */
#ifndef KUBE_JSON_SCAN_SPAN_H
#define KUBE_JSON_SCAN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 100 };

struct json_span {
	uint64_t in_string;	/* all bits set while inside a string */
	bool escaped;		/* the next byte follows a backslash */
	bool done;		/* the closing bracket was found */
	bool too_deep;		/* deeper than JSON_DEPTH_MAX: of no use any more */
	int depth;
};

/* Begins before the opening bracket, depth levels below the top. */
void json_span_start(struct json_span *span);
/* Takes bytes up to the end of the span and returns how many; all n where it did not end. */
size_t json_span_feed(struct json_span *span, const char *bytes, size_t n);
/* The same, byte by byte: what the quick way must agree with. */
size_t json_span_feed_plainly(struct json_span *span, const char *bytes, size_t n);

/* The closing quote of a string whose opening quote is just before at; NULL where it does not end before end. */
const char *json_string_end(const char *at, const char *end);

#endif
