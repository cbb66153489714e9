/*
 * One verdict a runbook. "Clear" is said only of what was looked at whole
 * (decisions.md 12, entries.md 0.3).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

/* Why a kind could not be read, with the layer: "cannot list pods: TCP: connection refused". */
static void set_failure(struct message *reason, const char *id, const struct kind *kind, const struct err *err)
{
	CLEANUP(buffer_release) struct buffer why = BUFFER_INIT(300);

	message_format(&err->what, NULL, &why);
	message_set(reason, id, "resource", kind->resource, "layer", err_layer(err->code), "why", buffer_text(&why),
		    NULL);
}

/* A kind's data is listed and watched. Else false, and why. */
static bool collection_is_current(const struct snapshot *snapshot, enum kind_id id, struct message *ret_reason)
{
	const struct collection *collection = snapshot_collection(snapshot, id);
	const struct kind *kind = kind_get(id);
	char count[32];

	switch (collection->state) {
	case COLLECTION_CURRENT:
		if (!collection->dropped)
			return true;
		snprintf(count, sizeof(count), "%" PRIu64, collection->dropped);
		message_set(ret_reason, "{count} {resource} were dropped: there were too many to keep", "count", count,
			    "resource", kind->resource, NULL);
		return false;
	case COLLECTION_ABSENT:
		message_set(ret_reason, "there are no {resource} to look at", "resource", kind->resource, NULL);
		return false;
	case COLLECTION_FORBIDDEN:
		message_set(ret_reason, "cannot list {resource}: forbidden", "resource", kind->resource, NULL);
		return false;
	case COLLECTION_STALE:
		set_failure(ret_reason, "the list of {resource} is out of date: {layer}: {why}", kind,
			    &collection->err);
		return false;
	default:
		break;
	}
	if (collection->err.code != ERR_NONE)
		set_failure(ret_reason, "cannot list {resource}: {layer}: {why}", kind, &collection->err);
	else
		message_set(ret_reason, "{resource} are not listed yet", "resource", kind->resource, NULL);
	return false;
}

/* A cluster that has no such kind has no such object: that is an answer. Files that hold none say nothing. */
static bool is_known_to_be_none(const struct symptoms *symptoms, const struct snapshot *snapshot, enum kind_id kind)
{
	return snapshot_collection(snapshot, kind)->state == COLLECTION_ABSENT && !symptoms->options.is_offline;
}

bool runbook_is_current(const struct symptoms *symptoms, const struct runbook *runbook,
			const struct snapshot *snapshot, struct message *ret_reason)
{
	if (!collection_is_current(snapshot, runbook->subject, ret_reason))
		return false;
	for (size_t i = 0; i < runbook->need_count; i++)
		if (!is_known_to_be_none(symptoms, snapshot, runbook->needs[i]) &&
		    !collection_is_current(snapshot, runbook->needs[i], ret_reason))
			return false;
	return true;
}

/* Of the signs that could not be judged the first by name gives the reason. True if there is one. */
static bool find_unknown(const struct look *look, const struct rule *rule, struct message *ret_reason,
			 bool *ret_by_choice)
{
	bool is_offline = look->symptoms->options.is_offline;
	const struct sign *first = rule->by_truth[TRUTH_UNKNOWN];
	bool is_by_choice = true;

	for (const struct sign *sign = first; sign; sign = sign->next) {
		is_by_choice = is_by_choice && sign->unknown && unknown_is_by_choice(sign->unknown, is_offline);
		if (finding_object_compare(&sign->subject, &first->subject) < 0)
			first = sign;
	}
	*ret_by_choice = first && is_by_choice;
	if (first && first->unknown)
		*ret_reason = *first->unknown;
	else if (first)
		message_set(ret_reason, "{kind} {name} could not be judged", "kind", first->subject.kind, "name",
			    first->subject.name, NULL);
	return first != NULL;
}

/* Evidence of a subject that was asked for and is not there; true if there is some. */
static bool lacks_evidence(const struct look *look, const struct sign *sign, struct message *ret_reason)
{
	const struct record *record = snapshot_by_uid(look->snapshot, sign->subject.uid);
	const struct runbook *runbook = sign->rule->runbook;
	CLEANUP(evaluation_release) struct evaluation evaluation;
	struct evidence_request request;
	bool lacks = false;

	evaluation_init(&evaluation, look->snapshot, look->evidence, look->now, look->symptoms->system_namespaces);
	evaluation.runbook = runbook;
	for (size_t i = 0; record && !lacks && i < runbook->collect_count; i++) {
		const struct evidence *evidence = NULL;
		auto_free char *key = NULL;

		if (!collect_item_requests(&runbook->collect[i], record, &evaluation, &request, 1))
			continue;
		key = evidence_key(&request);
		if (look->evidence)
			evidence = evidence_get(look->evidence, key);
		lacks = !evidence || (evidence->code != ERR_NONE && evidence->code != ERR_NOT_FOUND);
		if (lacks)
			evidence_reason(evidence, &request, key, ret_reason);
		free(request.path);
	}
	return lacks;
}

/* The runbook's own subjects come first: a latent form's may have no node to read. */
static bool comes_before(const struct sign *one, const struct sign *other)
{
	const char *subject = kind_get(one->rule->runbook->subject)->name;
	bool is_subject = !strcmp(one->subject.kind, subject);

	if (is_subject != !strcmp(other->subject.kind, subject))
		return is_subject;
	return finding_object_compare(&one->subject, &other->subject) < 0;
}

/* A fault that was found without all that could have been looked at says so: of its first subject by name. */
static void name_unread_evidence(const struct look *look, const struct rule *rule, struct message *ret_reason)
{
	const struct sign *first = rule->by_truth[TRUTH_TRUE];

	if (!rule->runbook->collect_count)
		return;
	for (const struct sign *sign = first; sign; sign = sign->next)
		if (comes_before(sign, first))
			first = sign;
	if (first && first->wants_evidence)
		lacks_evidence(look, first, ret_reason);
}

/* With input from files: what was not saved was left out by choice (decisions.md 12). */
static bool is_left_out_of_input(const struct look *look, const struct runbook *runbook)
{
	if (!look->symptoms->options.is_offline)
		return false;
	if (snapshot_collection(look->snapshot, runbook->subject)->state == COLLECTION_ABSENT)
		return true;
	for (size_t i = 0; i < runbook->need_count; i++)
		if (snapshot_collection(look->snapshot, runbook->needs[i])->state == COLLECTION_ABSENT)
			return true;
	return false;
}

/* Objects of an input that say nothing about their health are not a list that failed. */
static void name_unjudged(const struct look *look, const struct runbook *runbook, struct message *reason)
{
	for (size_t i = 0; i <= runbook->need_count; i++) {
		enum kind_id id = i < runbook->need_count ? runbook->needs[i] : runbook->subject;
		const struct collection *collection = snapshot_collection(look->snapshot, id);

		if (collection->state == COLLECTION_FAILED && look->symptoms->options.is_offline)
			set_failure(reason, "not all {resource} could be judged: {why}", kind_get(id),
				    &collection->err);
	}
}

static void judge(const struct look *look, const struct rule *rule, struct check *check)
{
	const struct runbook *runbook = rule->runbook;
	enum collection_state subjects = snapshot_collection(look->snapshot, runbook->subject)->state;
	struct message reason = {0};

	*check = (struct check){.runbook = runbook, .was_left_out = rule->is_left_out};
	if (rule->is_left_out) {
		check->verdict = VERDICT_COULD_NOT_CHECK;
		message_set(&check->reason, "left out by --only", NULL);
	} else if (rule->truth_counts[TRUTH_TRUE]) {
		check->verdict = VERDICT_HIT;
		/* What was found stays found while the data is not current, but it is said. */
		if (!runbook_is_current(look->symptoms, runbook, look->snapshot, &reason))
			check->reason = reason;
		else
			name_unread_evidence(look, rule, &check->reason);
	} else if (subjects == COLLECTION_ABSENT && !look->symptoms->options.is_offline) {
		check->verdict = VERDICT_NOT_APPLICABLE;
		message_set(&check->reason, "the cluster has no {resource}", "resource",
			    kind_get(runbook->subject)->resource, NULL);
	} else if (runbook->applies && rule->applies == TRUTH_FALSE) {
		check->verdict = VERDICT_NOT_APPLICABLE;
		message_set(&check->reason, "the cluster has nothing that this is about", NULL);
	} else if (!runbook_is_current(look->symptoms, runbook, look->snapshot, &check->reason)) {
		check->verdict = VERDICT_COULD_NOT_CHECK;
		check->was_left_out |= is_left_out_of_input(look, runbook);
		name_unjudged(look, runbook, &check->reason);
	} else if (runbook->applies && rule->applies == TRUTH_UNKNOWN) {
		check->verdict = VERDICT_COULD_NOT_CHECK;
		check->reason = rule->not_read;
	} else {
		check->verdict = find_unknown(look, rule, &check->reason, &check->was_left_out)
					 ? VERDICT_COULD_NOT_CHECK
					 : VERDICT_CLEAR;
	}
}

/* What belongs to no namespace, or is looked at in kube-system alone. */
static bool is_shut(const struct look *look, enum kind_id id)
{
	const struct kind *kind = kind_get(id);

	return (!kind->namespaced || kind_is_metadata_only(kind)) &&
	       snapshot_collection(look->snapshot, id)->state == COLLECTION_FORBIDDEN;
}

/* Of the kinds that are outside of the namespace, is one forbidden that the runbook looks at? */
static bool is_shut_out(const struct look *look, const struct runbook *runbook)
{
	bool any = is_shut(look, runbook->subject);

	for (size_t i = 0; i < runbook->need_count; i++)
		any |= is_shut(look, runbook->needs[i]);
	return any;
}

/*
 * Who looks at one namespace (--namespace) chose not to look at the others, nor at what its rights do not
 * reach outside of it: no cause for exit code 5 (decisions.md 12). What is clear is clear in there.
 */
static void limit_to_namespace(const struct look *look, struct check *check)
{
	const char *name_space = look->symptoms->options.name_space;

	if (check->verdict == VERDICT_NOT_APPLICABLE && check->runbook->applies) {
		check->verdict = VERDICT_COULD_NOT_CHECK;
		check->was_left_out = true;
		message_set(&check->reason,
			    "nothing in namespace {namespace} says whether the cluster has what this is about",
			    "namespace", name_space, NULL);
	} else if (check->verdict == VERDICT_COULD_NOT_CHECK) {
		check->was_left_out |= is_shut_out(look, check->runbook);
	} else if (check->verdict == VERDICT_CLEAR && kind_get(check->runbook->subject)->namespaced) {
		message_set(&check->reason, "in namespace {namespace}", "namespace", name_space, NULL);
	}
}

void checks_update(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;

	for (size_t i = 0; i < symptoms->rule_count; i++) {
		struct check *check = &symptoms->checks[i];
		struct check now;

		judge(look, &symptoms->rules[i], &now);
		if (symptoms->options.name_space)
			limit_to_namespace(look, &now);
		if (now.verdict != check->verdict || !message_equal(&now.reason, &check->reason))
			symptoms->version++;
		*check = now;
	}
}
