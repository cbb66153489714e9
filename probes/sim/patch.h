/*
 * PATCH bodies: which of the patch formats, and the Status of one that does not apply.
 */
#ifndef SIM_PATCH_H
#define SIM_PATCH_H

#include <jansson.h>

struct request;

/* The object after the patch in the request's body (yours), or NULL: then it was answered. */
json_t *patch_apply(struct request *request, const json_t *object);

#endif
