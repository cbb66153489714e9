/*
 * One whole message of the API to a record. Internal to probes/kube/.
 */
#ifndef KUBE_PROTO_SCAN_ITEM_H
#define KUBE_PROTO_SCAN_ITEM_H

#include "probes/base/err.h"
#include "probes/kube/proto_plan.h"
#include "probes/kube/proto_wire.h"
#include "probes/kube/record_builder.h"

/* offset: of the item within the transfer, for messages. The caller's *ret_record is for record_free(). */
int proto_item_scan(struct record_builder *builder, struct proto_plan *plan, struct proto_slice item,
		    uint64_t offset, struct record **ret_record, struct err *err);

#endif
