/*
 * Server-side apply: the fields that an applied configuration names become
 * its manager's, what the manager applied before and names no more is taken
 * away, and fields that others own and that would change are conflicts.
 * From kubernetes-sigs/structured-merge-diff (merge/update.go) and apimachinery
 * pkg/util/managedfields.
 *
 * A simplification: lists are merged as in a strategic merge patch, so that
 * new elements come last.
 */
#ifndef SIM_APPLY_H
#define SIM_APPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"

struct kind;
struct manager;

struct applied {
	json_t *fields;		/* that the configuration names */
	json_t *result;		/* the object with it */
	json_t *conflicts;	/* array of {manager, operation, apiVersion, subresource, field}; empty = none */
};

/*
 * live: the object as it is, NULL for a new one; config: as applied. Both are only read. The conflicts are those there
 * are whether or not they are forced. -1 where the configuration cannot be merged. To be released in either case.
 */
int apply_config(const json_t *live, const json_t *config, const struct manager *manager, struct applied *ret_applied,
		 struct err *err);
void applied_release(struct applied *applied);

/* The Status of a configuration that no merge is tried with: another version, unknown fields. NULL = fine. Yours. */
json_t *apply_check_config(const struct kind *kind, const json_t *config);

/* The Status of the conflicts: 409. Yours. */
json_t *apply_conflict_status(const json_t *conflicts);

/*
 * Writes metadata.managedFields of an object that was applied: the manager owns the fields, and others no longer
 * those of them that changed. Nothing changes where nothing is new.
 */
void apply_record(json_t *metadata, const struct manager *manager, int64_t wall, const json_t *fields,
		  const json_t *changed);

#endif
