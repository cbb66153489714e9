/*
 * One whole JSON object to a record, and the few members of small documents
 * (list metadata, watch events, Status) that the scanner itself reads.
 * Internal to probes/kube/.
 */
#ifndef KUBE_JSON_SCAN_ITEM_H
#define KUBE_JSON_SCAN_ITEM_H

#include "probes/base/err.h"
#include "probes/kube/record_builder.h"

/* offset: of text within the transfer, for messages. The caller's *ret_record is for record_free(). */
int json_item_scan(struct record_builder *builder, const struct field_node *root, const char *text, size_t n,
		   uint64_t offset, struct record **ret_record, struct err *err);

struct json_slice {
	const char *text;	/* NULL: absent */
	size_t length;
};
/* The values of named members of an object, as they are written; the last one wins. names is NULL-terminated. */
int json_members(const char *text, size_t n, const char *const *names, struct json_slice *ret_values,
		 uint64_t offset, struct err *err);
/* A slice that is a string, decoded and cut to fit; "" for anything else. Caller frees. */
char *json_slice_text(struct json_slice slice, size_t limit);

/* "{what} at byte {byte}" */
int json_error(struct err *err, const char *what, uint64_t byte);

#endif
