/*
 * $XDG_CONFIG_HOME/nks-triage/config.json (decisions.md 37), schema in
 * assets/config.schema.json. An unknown key or a wrong type is an error with
 * file and line. The program never writes this file.
 */
#ifndef TUI_CONFIGURATION_H
#define TUI_CONFIGURATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

struct configuration {
	char *file;
	bool exists;
	bool read_only;
	char **protected_contexts;	/* patterns as in fnmatch(); NULL-terminated; default "*prod*" */
	char **deny_objects;		/* "Kind/namespace/name" patterns that no fix may touch */
	char **system_namespaces;
	char **registries;		/* hosts that registry checks may ask, beside the runbooks' own */
	json_t *maintenance;		/* windows as written; checked by the loader */
	json_t *ssh;			/* as written, for node_access.h; checked by the loader; NULL: none */
	json_t *keys;			/* action -> key names */
	bool audit_events;	/* an Event on each object that a fix touched */
	int history_days;
	int history_max_mib;
};

/* A missing file gives the defaults. */
int configuration_load(const char *file, struct configuration **ret_configuration, struct err *err);
void configuration_free(struct configuration *configuration);

#endif
