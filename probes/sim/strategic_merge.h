/*
 * Strategic merge patch: apimachinery's pkg/util/strategicpatch, with its
 * directives $patch, $retainKeys, $setElementOrder/LIST and
 * $deleteFromPrimitiveList/LIST. Which lists merge: merge_keys.h.
 *
 * As upstream, an element whose key is not in the list is appended: a patch
 * with a misspelt container name makes a new container.
 */
#ifndef SIM_STRATEGIC_MERGE_H
#define SIM_STRATEGIC_MERGE_H

#include <jansson.h>

#include "probes/base/err.h"

/*
 * Neither argument is changed; *ret_result is yours. ERR_INVALID: a directive
 * that contradicts itself; ERR_SERVER: an element without its merge key, which
 * a real server answers with 500.
 */
int strategic_merge(const json_t *original, const json_t *patch, json_t **ret_result, struct err *err);

#endif
