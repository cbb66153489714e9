/*
 * Reading scenarios, which may be put together from others.
 *
 *	include		["healthy", ...]: files of the same folder, in order; the file's own members come after them
 *	without		["Deployment/shop/web-api", ...]: workloads and objects of the included that are left out
 *
 * A member of the later one holds: numbers and texts replace; workloads and
 * objects of the same kind, namespace and name, and node groups and namespaces
 * of the same name, are merged (RFC 7396); of `registry` and `logs` (the first
 * that matches holds) the later ones come first; all other lists grow, by what
 * is not there already. A file is included once, however many name it.
 */
#ifndef SIM_SCENARIO_READ_H
#define SIM_SCENARIO_READ_H

#include <jansson.h>

#include "probes/base/err.h"

/* name: in the folder, or a path where it holds a slash. Yours. */
int scenario_read(const char *folder, const char *name, json_t **ret_scenario, struct err *err);

#endif
