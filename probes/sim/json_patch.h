/*
 * JSON Patch, RFC 6902, with JSON Pointer, RFC 6901.
 */
#ifndef SIM_JSON_PATCH_H
#define SIM_JSON_PATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/base/err.h"

/*
 * Applies all operations or none. ERR_USAGE: the patch is malformed; ERR_INVALID:
 * an operation does not apply, or a test failed. *ret_result is yours.
 */
int json_patch(const json_t *target, const json_t *patch, json_t **ret_result, struct err *err);
/* Equality as `test` means it: numbers by value, objects without order. */
bool json_same(const json_t *a, const json_t *b);

#endif
