/*
 * Which parts of an object become a record: one table a kind, built from our
 * own rows and the paths that loaded runbooks name (decisions.md 9). The same
 * table drives the scanners of JSON and of protobuf.
 *
 * Paths are written as in runbooks: "status.phase",
 * "status.conditions[*].type", "spec.template.spec.containers[*].image",
 * "metadata.labels[k8s-app]", "metadata.annotations[x.y/z]".
 */
#ifndef KUBE_FIELDS_H
#define KUBE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/kube/record.h"

struct field_table;
struct field_path;

struct field_table *field_table_new(const struct kind *kind);
void field_table_free(struct field_table *table);
const struct kind *field_table_kind(const struct field_table *table);
/*
 * Finds or adds a path and returns it, owned by the table. All paths must be
 * added before the first record is scanned; records must not outlive the
 * table, which owns the keys of their labels. A path that ends at an object
 * or a list gives "{}" or "[]", so that its presence can be asked for. An
 * error says what is wrong with the path.
 */
int field_table_want(struct field_table *table, const char *path, const struct field_path **ret_path,
		     struct err *err);

/*
 * Calls visit for each value at path in the record, in order; value is text
 * (numbers in decimal, booleans "true"/"false", times RFC 3339, absent values
 * are not visited). item is the index within the first repeated group, so
 * that conditions on the same container or condition can be tied together.
 * Returns how many were visited; visit returns false to stop.
 */
size_t field_path_each(const struct field_path *path, const struct record *record,
		       bool (*visit)(void *data, size_t item, const char *value), void *data);
/* The same for one item of the first repeated group. */
size_t field_path_item(const struct field_path *path, const struct record *record, size_t item,
		       bool (*visit)(void *data, size_t item, const char *value), void *data);
/* No item that has the path lies at this index or behind it; SIZE_MAX where that would cost a walk. */
size_t field_path_most_items(const struct field_path *path, const struct record *record);
const char *field_path_text(const struct field_path *path);

#endif
