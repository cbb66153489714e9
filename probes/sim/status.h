/*
 * metav1.Status: what an API server says instead of an object, with its
 * wording (apimachinery pkg/api/errors).
 */
#ifndef SIM_STATUS_H
#define SIM_STATUS_H

#include <jansson.h>

#include "probes/sim/kinds.h"

/* A failure without details. The reason follows from the code. Yours. */
json_t *status_new(int code, const char *message);
/* details.kind, .group, .name of a resource; name may be "". */
void status_about(json_t *status, const struct kind *kind, const char *name);
void status_add_cause(json_t *status, const char *reason, const char *message, const char *field);
/* The reason that goes with a code ("NotFound"), or another one where the code has several. */
void status_set_reason(json_t *status, const char *reason);

json_t *status_not_found(const struct kind *kind, const char *name);
json_t *status_already_exists(const struct kind *kind, const char *name);
/* why is the text after `Operation cannot be fulfilled on KIND "NAME": `; NULL = the object has been modified. */
json_t *status_conflict(const struct kind *kind, const char *name, const char *why);
/* causes: array of {reason, message, field}, as validate.h collects them. Borrowed. */
json_t *status_invalid(const struct kind *kind, const char *name, const json_t *causes);
json_t *status_expired(const char *message);
/* What this release does not simulate: 501. */
json_t *status_not_simulated(const char *what);
int status_code(const json_t *status);

#endif
