/*
 * JSON strings and scalars to C. Internal to probes/kube/.
 */
#ifndef KUBE_JSON_SCAN_TEXT_H
#define KUBE_JSON_SCAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes what is between the quotes. Each invalid byte of UTF-8, each lone
 * surrogate and each \u0000 becomes U+FFFD, so that the result is UTF-8
 * without NULs. At most limit bytes are written, never part of a character;
 * out needs min(limit, 3 * n) bytes. Returns the length written. A broken
 * escape gives -1 and *ret_length is its place in raw.
 */
int json_text_decode(const char *raw, size_t n, size_t limit, char *out, size_t *ret_length);
/* Whether it is a number in JSON's grammar. */
bool json_text_is_number(const char *raw, size_t n);
/* An integer, as JSON writes it; -1 for fractions, exponents and what does not fit. */
int json_text_int(const char *raw, size_t n, int64_t *ret_number);

static inline bool json_is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

#endif
