/*
 * The match language: conditions of runbooks, evaluated on the snapshot and
 * on collected evidence. Pure: no I/O, no clock (now is given).
 *
 * Truth has three values: what could not be read is unknown, with the reason;
 * all/any/none combine them as Kleene's logic does, so that a thing not
 * looked at is never called healthy.
 */
#ifndef RUNBOOK_CONDITION_H
#define RUNBOOK_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/kube/record.h"
#include "probes/model/evidence.h"
#include "probes/model/snapshot.h"

struct collect_item;
struct condition_tree;
struct runbook;

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

struct evidence_line {
	char *source;	/* "Pod/kube-system/x status.containerStatuses[0].state.waiting.message" */
	char *text;	/* raw, but for secrets that a message holds (redact.h) */
	size_t alike;	/* in a finding: other pods, events or nodes that say the same and have no line */
};

struct evaluation {
	/* in */
	const struct snapshot *snapshot;
	const struct evidence_store *evidence;	/* NULL: nothing was collected */
	const struct runbook *runbook;
	int64_t now;				/* wall */
	const char *const *system_namespaces;	/* NULL-terminated */
	/* out, for evaluation_release() */
	struct evidence_line *lines;
	size_t line_count;
	char **objects;				/* uids of joined objects that a true join matched */
	size_t object_count;
	int64_t recheck_at;			/* wall time when the verdict may change by itself; 0 never */
	struct message unknown;			/* why, when the truth is unknown */
	int64_t since;				/* earliest time that the matched facts name; 0 unknown */
};

void evaluation_init(struct evaluation *evaluation, const struct snapshot *snapshot,
		     const struct evidence_store *evidence, int64_t now,
		     const char *const *system_namespaces);
void evaluation_release(struct evaluation *evaluation);
/* subject may be NULL for cluster-wide conditions. */
enum truth condition_evaluate(const struct condition_tree *tree, const struct record *subject,
			      struct evaluation *evaluation);
/*
 * The reason why a truth is unknown is a choice, not a failure (decisions.md 12): no SSH, a runbook that nobody
 * approved, or evidence that files (is_offline) do not hold.
 */
bool unknown_is_by_choice(const struct message *unknown, bool is_offline);
/* Why what was asked for is not there; evidence NULL: it never came. request may be NULL. */
void evidence_reason(const struct evidence *evidence, const struct evidence_request *request, const char *key,
		     struct message *ret_reason);
/*
 * What a collect item asks for, for a subject: one request for each object
 * that its "from" leads to, in order of name, at most its limit. Conditions
 * look evidence up by the same requests' keys. Returns the number written to
 * ret_requests; the caller frees each one's path.
 */
size_t collect_item_requests(const struct collect_item *item, const struct record *subject,
			     struct evaluation *evaluation, struct evidence_request *ret_requests,
			     size_t maximum);
/*
 * Inverse of joins (decisions.md 14): may a change of this record change what
 * the tree says about other subjects? Calls mark for each such subject's uid,
 * or once with NULL for "all subjects of the runbook". To be asked for the
 * record before the change and for the one after it. context: as for
 * condition_evaluate(); it is not written to.
 */
void condition_mark_dependents(const struct condition_tree *tree, const struct evaluation *context,
			       const struct record *changed, void (*mark)(void *data, const char *uid),
			       void *data);

#endif
