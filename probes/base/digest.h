/*
 * SHA-256 and base64, by libcrypto; canonical JSON, by jansson.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"

enum { DIGEST_HEX_SIZE = 65 };	/* 64 hex digits and the NUL */

void digest_sha256(const void *bytes, size_t n, char out[DIGEST_HEX_SIZE]);
/* HMAC-SHA-256: for what may be compared but not guessed (decisions.md 27). */
void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t n, char out[DIGEST_HEX_SIZE]);
/* SHA-256 over canonical JSON: sorted keys, no white space (decisions.md 21). */
void digest_json(const json_t *value, char out[DIGEST_HEX_SIZE]);
/* Canonical JSON; caller frees. */
char *json_canonical(const json_t *value);
/* Standard base64 with padding, no line breaks. Caller frees. */
char *base64_encode(const void *bytes, size_t n);
/* Decodes standard base64, white space allowed. Caller frees *ret_bytes (NUL added, not counted). */
int base64_decode(const char *text, char **ret_bytes, size_t *ret_length, struct err *err);

#endif
