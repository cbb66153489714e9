/*
 * PATCH bodies: which of the patch formats, and the Status of one that does not apply.
 */
#ifndef SIM_PATCH_H
#define SIM_PATCH_H

#include <jansson.h>

#include "probes/base/err.h"

struct request;

/* The object after the patch in the request's body (yours), or NULL: then it was answered. */
json_t *patch_apply(struct request *request, const json_t *object);
/* The Status of a patch that was not applied, by its error's code. Yours. */
json_t *patch_refusal(const struct err *err);

#endif
