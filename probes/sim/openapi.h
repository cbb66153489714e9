/*
 * /openapi: no schemas, only what kubectl looks up before it sends a change:
 * that each kind's PATCH takes `dryRun` and `fieldValidation`, so that it
 * leaves both to the server. `kubectl explain` finds nothing here.
 */
#ifndef SIM_OPENAPI_H
#define SIM_OPENAPI_H

#include <stdbool.h>

struct request;

/* True where the path is one of these, and is answered. */
bool openapi_handle(struct request *request);

#endif
