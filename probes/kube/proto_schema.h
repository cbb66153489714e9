/*
 * Which number a field of the API has in protobuf. Internal to probes/kube/.
 *
 * The tree of wanted fields (fields_rows.h) names fields as JSON does; this
 * schema says for each such name its number and type (k8s.io/api and
 * apimachinery, generated.proto and types.go; numbers are never given again).
 * It has no rows for bytes, rare volume sources and volume claim templates:
 * a kind of which such a path is wanted is read as JSON.
 */
#ifndef KUBE_PROTO_SCHEMA_H
#define KUBE_PROTO_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "probes/kube/record.h"

enum proto_type {
	PROTO_STRING,
	PROTO_BOOL,
	PROTO_INT32,
	PROTO_INT64,
	PROTO_TIME,		/* a message: 1 seconds, 2 nanoseconds; empty for null */
	PROTO_MICRO_TIME,
	PROTO_QUANTITY,		/* a message: 1 its text */
	PROTO_INT_OR_STRING,	/* a message: 1 type (0 number, 1 string), 2 number, 3 string */
	PROTO_MESSAGE,
};

enum proto_shape {
	PROTO_ONE,
	PROTO_LIST,
	PROTO_MAP,	/* entries: 1 key (a string), 2 value */
	PROTO_INLINE,	/* a message whose fields stand beside it in JSON */
};

struct proto_message;

struct proto_field {
	const char *name;	/* in JSON; "" of an inlined message */
	uint8_t number;
	uint8_t type;		/* enum proto_type */
	uint8_t shape;		/* enum proto_shape */
	uint8_t zero_is_absent;	/* JSON leaves out what protobuf writes as 0, false or "" */
	const struct proto_message *message;	/* PROTO_MESSAGE */
};

struct proto_message {
	const char *name;	/* "PodSpec" */
	const struct proto_field *fields;
	size_t count;
};

/* NULL: of a kind that only runbooks read; it is read as JSON. */
const struct proto_message *proto_schema(enum kind_id kind);

#endif
