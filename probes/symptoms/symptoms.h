/*
 * The symptoms engine: from snapshot and evidence to findings and checks, by
 * runbooks. Pure but for its own memory (first seen, what was found before):
 * it does no I/O and reads no clock.
 *
 * symptoms_update() looks only at subjects that changed, whose evidence
 * came, or whose time has come; it returns when to call again at the latest.
 * Findings and checks are borrowed until the next update. Worst first, then
 * oldest, then key: the same cluster gives the same order.
 */
#ifndef SYMPTOMS_SYMPTOMS_H
#define SYMPTOMS_SYMPTOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/model/evidence.h"
#include "probes/model/snapshot.h"
#include "probes/symptoms/finding.h"

struct symptoms;

struct symptoms_options {
	const char *const *only;		/* ids; NULL: all */
	const char *const *system_namespaces;	/* NULL-terminated; NULL: the default list */
	const char *name_space;			/* only this one was looked at; NULL: all; borrowed */
	bool is_offline;			/* the snapshot was read from files: an absent kind was not saved */
};

struct symptoms *symptoms_new(const struct runbook_set *runbooks, const struct symptoms_options *options);
void symptoms_free(struct symptoms *symptoms);

/* Returns the wall time of the next needed update, 0 if none. Changes are taken from the snapshot's queue. */
int64_t symptoms_update(struct symptoms *symptoms, struct snapshot *snapshot,
			const struct evidence_store *evidence, int64_t now);

size_t symptoms_finding_count(const struct symptoms *symptoms);
const struct finding *symptoms_finding_at(const struct symptoms *symptoms, size_t index);
const struct finding *symptoms_finding_by_key(const struct symptoms *symptoms, const char *key);
/*
 * It was mended by this run, verified at that time, and is there again (decisions.md 26). False: there is no such
 * finding, it is older than that, or it knows.
 */
bool symptoms_came_back(struct symptoms *symptoms, const char *key, const char *run_id, int64_t verified_at);
/*
 * All findings of a runbook as one, whose key is the runbook's id: for a plan over all of them
 * (runbook_plans_across()). NULL: there is none. The caller's, for finding_free().
 */
struct finding *symptoms_finding_of_all(const struct symptoms *symptoms, const struct runbook *runbook);
/*
 * The objects of which a runbook's evidence could not be read, by name, and why; both borrowed until the next update.
 * Returns how many; the caller frees the array. ret_judged (may be NULL): others were read and do not have the fault.
 */
struct unjudged {
	const struct finding_object *object;
	const struct message *reason;	/* NULL: unknown */
};
size_t symptoms_unjudged(const struct symptoms *symptoms, const struct runbook *runbook, struct unjudged **ret_unjudged,
			 bool *ret_judged);
size_t symptoms_check_count(const struct symptoms *symptoms);
const struct check *symptoms_check_at(const struct symptoms *symptoms, size_t index);
/* Grows when a finding or a check changes. */
uint64_t symptoms_version(const struct symptoms *symptoms);
/* Grows when the findings are other objects than before, though they may say the same: who kept one lets go of it. */
uint64_t symptoms_generation(const struct symptoms *symptoms);

/* Evidence that runbooks whose first signs hold want to have; borrowed until the next update. */
size_t symptoms_wanted_count(const struct symptoms *symptoms);
const struct evidence_request *symptoms_wanted_at(const struct symptoms *symptoms, size_t index);

/*
 * Does the signature of a runbook still hold, now, on these objects? For the
 * verification of a fix (entries.md 0.5): evaluated afresh, unknown when the
 * data is not current. ret_reason is written where it is unknown.
 */
enum truth symptoms_still_holds(const struct symptoms *symptoms, const struct snapshot *snapshot,
				const struct evidence_store *evidence, const struct finding *finding,
				int64_t now, struct message *ret_reason);

/* Whether a sign rests on the evidence of that key or asks for it. */
bool symptoms_need_evidence(const struct symptoms *symptoms, const char *key);

#endif
