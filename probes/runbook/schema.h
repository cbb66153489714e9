/*
 * JSON Schema, as much of draft 2020-12 as assets/runbook.schema.json uses:
 * type, const, enum, properties, required, additionalProperties,
 * propertyNames, minProperties, maxProperties, items, minItems, maxItems,
 * uniqueItems, minLength, maxLength, pattern, minimum, maximum, allOf,
 * if/then/else and $ref into the same document. A keyword beyond these is an
 * error of the schema, not a rule that is passed over.
 *
 * So the loader, lint and any other validator check one and the same file.
 */
#ifndef RUNBOOK_SCHEMA_H
#define RUNBOOK_SCHEMA_H

#include <jansson.h>

#include "probes/base/err.h"
#include "probes/runbook/report.h"

struct schema;

/* Reads and checks the schema itself. */
int schema_load(const char *path, struct schema **ret_schema, struct err *err);
void schema_free(struct schema *schema);
/* Adds an error for each rule that the value breaks. */
void schema_check(const struct schema *schema, json_t *value, struct report *report);

#endif
