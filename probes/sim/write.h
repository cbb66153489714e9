/*
 * create, update and patch.
 *
 * A change is made on a copy: parsed or patched, checked (uid, resourceVersion,
 * names, members, immutable fields), completed (defaults, generation,
 * managedFields), and then stored, or only shown where dryRun=All.
 */
#ifndef SIM_WRITE_H
#define SIM_WRITE_H

#include <jansson.h>
#include <stdbool.h>

struct request;

void write_create(struct request *request);
/* verb: "update" or "patch"; of the object or its status subresource. */
void write_change(struct request *request, const char *verb);

/* dryRun=All in the query. */
bool is_dry_run(const struct request *request);
/* The body as a JSON object, or NULL: then it was answered. Yours. */
json_t *read_body(struct request *request);

#endif
