/*
 * The tree of wanted fields by numbers: what the protobuf scanner follows.
 * Internal to probes/kube/. A plan is its scanner's own: it counts in it.
 */
#ifndef KUBE_PROTO_PLAN_H
#define KUBE_PROTO_PLAN_H

#include <stdbool.h>

#include "probes/kube/fields_rows.h"
#include "probes/kube/proto_schema.h"

enum { PROTO_NUMBERS = 64 };	/* larger numbers than these no message of ours has */

struct proto_step {
	const struct proto_field *field;
	const struct field_node *node;	/* NULL for PROTO_INLINE */
	struct proto_plan *plan;	/* of a message of which more than its presence is wanted, or NULL */
	size_t seen;			/* how often in the message that is read */
};

struct proto_plan {
	struct proto_step *steps;
	size_t count;
	uint8_t by_number[PROTO_NUMBERS];	/* index of the step plus 1; 0: not wanted */
};

/* NULL where nothing of the message is wanted. */
struct proto_plan *proto_plan_new(const struct field_node *node, const struct proto_message *message);
void proto_plan_free(struct proto_plan *plan);

#endif
