/*
 * JSON Merge Patch, RFC 7396.
 */
#ifndef SIM_MERGE_PATCH_H
#define SIM_MERGE_PATCH_H

#include <jansson.h>

/* target may be NULL (absent). Neither is changed. Yours. */
json_t *merge_patch(const json_t *target, const json_t *patch);

#endif
