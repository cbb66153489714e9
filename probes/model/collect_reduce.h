/*
 * What is kept of a fetched object: facts, never secrets. Internal to
 * probes/model/.
 */
#ifndef MODEL_COLLECT_REDUCE_H
#define MODEL_COLLECT_REDUCE_H

#include <jansson.h>

#include "probes/model/evidence.h"

/*
 * A new document. Of a Secret: {"dataKeys":[names], "derived":{facts}} besides its metadata without
 * annotations; of the kubelet's summary the sizes of claims; else the object as it is.
 */
json_t *evidence_reduce(const struct evidence_request *request, const json_t *document);

#endif
