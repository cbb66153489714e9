/*
 * What a collect item asks for, for a subject. Internal to probes/runbook/;
 * collect_item_requests() of condition.h is the outer face.
 */
#ifndef RUNBOOK_COLLECTING_H
#define RUNBOOK_COLLECTING_H

#include "probes/runbook/condition.h"

enum { COLLECT_LIMIT = 20 };	/* as in the schema */

/* ret_requests has room for COLLECT_LIMIT; the caller frees each one's path. */
size_t collecting_requests(const struct runbook *runbook, const char *name, const struct record *subject,
			   struct evaluation *evaluation, struct evidence_request *ret_requests);

#endif
