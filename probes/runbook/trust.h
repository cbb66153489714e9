/*
 * Which runbook files are taken (decisions.md 18): nobody else may be able to
 * write them, and steps of a file that is not shipped run only after its
 * digest was approved on this machine. Approvals are in STATE/trusted.json:
 * {"format":1,"runbooks":{"<digest>":{"id":…,"file":…,"approvedAt":…}}}.
 */
#ifndef RUNBOOK_TRUST_H
#define RUNBOOK_TRUST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/runbook/runbook.h"

/*
 * An error says who else can write it. Shipped files may be writable by their group: installers
 * decide that.
 */
int trust_check_file(const char *path, bool is_shipped, struct err *err);
/* The approvals; NULL where there are none. A broken or foreign file is an error and approves nothing. */
int trust_load(const char *state_folder, json_t **ret_approvals, struct err *err);
bool trust_has(const json_t *approvals, const char *digest);
/*
 * Approves a loaded runbook of the set and lets the set know; digest is that of what was shown. Refused where
 * the set holds another by now.
 */
int runbook_set_trust(struct runbook_set *set, const char *id, const char *digest, const char *state_folder,
		      int64_t now, struct err *err);
/* Approves the file as it was loaded. */
int trust_add(const char *state_folder, struct runbook *runbook, int64_t now, struct err *err);

#endif
