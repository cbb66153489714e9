/*
 * metadata.managedFields: who set which field, by kubernetes-sigs/structured-merge-diff's
 * FieldsV1 ("f:name" for members, `k:{"name":"x"}` for elements of keyed lists, "v:..." for
 * elements of sets, "." for the thing itself).
 *
 * A simplification: what a writer changed becomes its own and nobody else's
 * any more. For server-side apply see apply.h.
 */
#ifndef SIM_MANAGED_FIELDS_H
#define SIM_MANAGED_FIELDS_H

#include <jansson.h>
#include <stdint.h>

/* The fields of a whole object but for metadata's own (name, uid...), kind and apiVersion. Yours. */
json_t *fields_of(const json_t *object);
/* The fields whose values differ between two states of an object. Yours. */
json_t *fields_changed(const json_t *before, const json_t *after);
json_t *fields_union(const json_t *a, const json_t *b);
json_t *fields_without(const json_t *a, const json_t *b);
/* What both hold. What contains a field is not that field. Yours. */
json_t *fields_common(const json_t *a, const json_t *b);

/* The fields of the first that the second does not name, be it that it names what holds them. Yours. */
json_t *fields_unnamed(const json_t *before, const json_t *now);

struct manager {
	const char *name;
	const char *operation;	/* "Update", "Apply" */
	const char *api_version;
	const char *sub;	/* "status" or "" */
};

/* One entry of the list; fields is stolen. Yours. */
json_t *managed_entry(const struct manager *manager, int64_t wall, json_t *fields);
/* Takes the fields of an object that are no more from whoever owned them. */
void managed_forget(json_t *metadata, const json_t *gone);
/* Gives the changed fields to the manager in a private metadata object. */
void managed_record(json_t *metadata, const struct manager *manager, int64_t wall, const json_t *changed);

#endif
