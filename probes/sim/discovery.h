/*
 * The documents that say what the API offers: /version, /api, /apis and
 * below, plain and aggregated, and the least of /openapi that kubectl needs
 * to learn that dry runs and field validation happen on the server.
 */
#ifndef SIM_DISCOVERY_H
#define SIM_DISCOVERY_H

#include <stdbool.h>

struct request;

/* True where the path is one of these, and is answered. */
bool discovery_handle(struct request *request);

#endif
