/*
 * What the API wraps protobuf in: "k8s\0" and a runtime.Unknown around each
 * document, and the small messages that the scanner itself reads. Internal to
 * probes/kube/.
 */
#ifndef KUBE_PROTO_ENVELOPE_H
#define KUBE_PROTO_ENVELOPE_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/kube/proto_wire.h"

#define PROTO_MAGIC "k8s"	/* with its NUL */
enum { PROTO_MAGIC_SIZE = 4 };

enum {
	UNKNOWN_TYPE_META = 1,
	UNKNOWN_RAW = 2,
	UNKNOWN_ENCODING = 3,
	UNKNOWN_CONTENT_TYPE = 4,
	TYPE_META_KIND = 2,
	LIST_META = 1,
	LIST_ITEMS = 2,
};

/* A document that is whole: its kind and the object in it; both may be empty. 0, or -1 with *ret_why. */
struct proto_document {
	struct proto_slice kind;
	struct proto_slice raw;
};
int proto_document_read(struct proto_slice document, struct proto_document *ret_document,
			const char **ret_why);

/*
 * Named fields of a small message, by number: values[i] is what field i+1
 * holds, the last one wins; number 0 there where it is absent.
 */
int proto_members(struct proto_slice message, struct proto_value *ret_values, size_t count,
		  const char **ret_why);
/* Empty where the value is absent or no bytes. */
struct proto_slice proto_bytes(const struct proto_value *value);
int64_t proto_number(const struct proto_value *value, int64_t otherwise);

/* A bookmark's object: its resourceVersion, and whether it ends the initial events. */
int proto_bookmark_read(struct proto_slice object, struct proto_slice *ret_version, bool *ret_initial_end,
			const char **ret_why);

struct proto_status {
	long code;
	struct proto_slice reason;
	struct proto_slice message;
};
int proto_status_read(struct proto_slice object, struct proto_status *ret_status, const char **ret_why);
/* The answer that is an error, as the JSON form of its Status; NULL where it is none. Caller's reference. */
json_t *proto_status_document(const char *body, size_t n);

#endif
