/*
 * Verification of a fix: does the signature still hold? Asked of the objects
 * of the finding, and of those that took their place: a pod that was
 * recreated and fails as its forerunner did is the same fault.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

static bool is_own(const struct finding *finding, const struct record *record)
{
	for (size_t i = 0; i < finding->object_count; i++)
		if (!strcmp(finding->objects[i].uid, record->uid))
			return true;
	return false;
}

/*
 * A finding of the whole cluster has every object for its group: one that it never named, and that cannot be looked
 * at, says nothing of those that were mended.
 */
static bool belongs(const struct finding *finding, const struct snapshot *snapshot, const struct record *record,
		    enum truth truth)
{
	auto_free char *key = NULL;
	auto_free char *name = NULL;

	if (is_own(finding, record))
		return true;
	if (truth == TRUTH_UNKNOWN && finding->runbook->group == GROUP_CLUSTER)
		return false;
	group_of(finding->runbook, snapshot, record, &key, &name);
	return !strcmp(key, finding->key);
}

/* TRUTH_FALSE: on none of the finding's objects of this kind. */
static enum truth holds_on_kind(const struct symptoms *symptoms, const struct snapshot *snapshot,
				const struct evidence_store *evidence, const struct finding *finding,
				enum kind_id kind, int64_t now, struct message *ret_reason)
{
	struct record_list all = snapshot_all(snapshot, kind);
	enum truth answer = TRUTH_FALSE;

	for (size_t i = 0; i < all.count && answer != TRUTH_TRUE; i++) {
		CLEANUP(evaluation_release) struct evaluation evaluation;
		enum truth truth;
		struct answer ignored;

		evaluation_init(&evaluation, snapshot, evidence, now, symptoms->system_namespaces);
		truth = signature_evaluate(finding->runbook, all.items[i], &evaluation, &ignored);
		if (truth == TRUTH_FALSE || !belongs(finding, snapshot, all.items[i], truth))
			continue;
		answer = truth;
		if (truth == TRUTH_UNKNOWN)
			*ret_reason = evaluation.unknown;
	}
	return answer;
}

enum truth symptoms_still_holds(const struct symptoms *symptoms, const struct snapshot *snapshot,
				const struct evidence_store *evidence, const struct finding *finding, int64_t now,
				struct message *ret_reason)
{
	enum truth answer = TRUTH_FALSE;

	if (!runbook_is_current(symptoms, finding->runbook, snapshot, ret_reason))
		return TRUTH_UNKNOWN;
	for (enum kind_id kind = 0; kind < KIND_COUNT && answer != TRUTH_TRUE; kind++) {
		enum truth one;

		if (!runbook_is_about(finding->runbook, kind))
			continue;
		one = holds_on_kind(symptoms, snapshot, evidence, finding, kind, now, ret_reason);
		if (one != TRUTH_FALSE)
			answer = one;
	}
	return answer;
}
