/*
 * What the ways of changing an object (write.c, write_apply.c) share.
 */
#ifndef SIM_WRITE_PRIVATE_H
#define SIM_WRITE_PRIVATE_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/sim/managed_fields.h"

struct kind;
struct object;
struct request;

/* Who writes. The manager's words point into it. */
struct writer {
	char name[129];
	char api_version[64];
	struct manager manager;
};
void writer_init(struct writer *writer, const struct request *request, const char *operation);

/* The object as a client sees it, with kind and apiVersion. Yours. */
json_t *write_full_object(const struct kind *kind, const json_t *value);
/*
 * Check and complete a new object, or a new state of the present one. fields: those of the configuration where one was
 * applied, else NULL. NULL where the object may be stored.
 */
json_t *write_prepare_new(struct request *request, json_t *object, const json_t *fields);
json_t *write_prepare_change(struct request *request, json_t *object, const json_t *present, bool patching,
			     const json_t *fields);
/* Stores the object (stolen), or only shows it, and answers. present: NULL for a new one. */
void write_finish(struct request *request, unsigned int code, json_t *object, const struct object *present);

/* Server-side apply: makes or changes the object (NULL = there is none) as the configuration in the body says. */
void write_apply(struct request *request, const struct object *present);

#endif
