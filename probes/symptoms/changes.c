/*
 * What has to be looked at in this update: subjects that changed, subjects
 * joined to what changed, subjects whose evidence came, and those whose time
 * has come.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

static void mark(struct rule *rule, const char *uid)
{
	char *key;

	if (rule->look_at_everything || map_get(&rule->dirty, uid))
		return;
	key = xstrdup(uid);
	map_put(&rule->dirty, key, key);
}

static void on_dependent(void *data, const char *uid)
{
	struct rule *rule = data;

	if (uid)
		mark(rule, uid);
	else
		rule->look_at_everything = true;
}

static void on_applies(void *data, const char *uid)
{
	struct rule *rule = data;

	(void)uid;
	rule->look_whether_applies = true;
}

static void mark_dependents_of(struct rule *rule, struct evaluation *context, const struct record *record)
{
	const struct runbook *runbook = rule->runbook;

	context->runbook = runbook;
	if (runbook->applies && !rule->look_whether_applies)
		condition_mark_dependents(runbook->applies, context, record, on_applies, rule);
	if (rule->look_at_everything)
		return;
	condition_mark_dependents(runbook->when, context, record, on_dependent, rule);
	for (size_t i = 0; i < runbook->also_count; i++)
		condition_mark_dependents(runbook->also[i].when, context, record, on_dependent, rule);
	for (size_t i = 0; i < runbook->latent_count; i++) {
		condition_mark_dependents(runbook->latent[i].when, context, record, on_dependent, rule);
		if (runbook->latent[i].confirm)
			condition_mark_dependents(runbook->latent[i].confirm, context, record, on_dependent, rule);
	}
	for (size_t i = 0; i < runbook->severity_rule_count; i++)
		condition_mark_dependents(runbook->severity_rules[i].condition, context, record, on_dependent, rule);
	if (runbook->confirm)
		condition_mark_dependents(runbook->confirm, context, record, on_dependent, rule);
	for (size_t i = 0; i < runbook->exclude_count; i++)
		condition_mark_dependents(runbook->excludes[i], context, record, on_dependent, rule);
	for (size_t i = 0; i < runbook->confidence_rule_count; i++)
		condition_mark_dependents(runbook->confidence_rules[i].condition, context, record, on_dependent,
					  rule);
}

static void look_at_all(struct rule *rule)
{
	rule->look_at_everything = true;
	rule->look_whether_applies = true;
}

/* Whether an object that was there before now belongs to another group than it did. */
static bool has_moved(const struct record *before, const struct record *now)
{
	if (!before || !now || before->kind->id != now->kind->id)
		return true;
	if (strcmp(before->owner_uid, now->owner_uid) != 0)
		return true;
	return now->kind->id == KIND_POD &&
	       strcmp(record_pod(before)->node_name, record_pod(now)->node_name) != 0;
}

static void take_change(struct look *look, const struct snapshot_change *change)
{
	const struct record *now = change->removed ? NULL : snapshot_by_uid(look->snapshot, change->uid);
	struct evaluation context;

	evaluation_init(&context, look->snapshot, look->evidence, look->now, look->symptoms->system_namespaces);
	if (change->kind != KIND_EVENT && has_moved(change->before, now))
		look->owners_changed = true;
	for (size_t i = 0; i < look->symptoms->rule_count; i++) {
		struct rule *rule = &look->symptoms->rules[i];

		if (rule->is_left_out)
			continue;
		if (runbook_is_about(rule->runbook, change->kind))
			mark(rule, change->uid);
		if (change->before)
			mark_dependents_of(rule, &context, change->before);
		if (now)
			mark_dependents_of(rule, &context, now);
	}
}

/* States of a collection between which conditions can tell no difference count as one. */
static int class_of(enum collection_state state)
{
	switch (state) {
	case COLLECTION_NEVER:
		return 0;
	case COLLECTION_CURRENT:
	case COLLECTION_STALE:
		return 1;
	default:
		return 2;
	}
}

static bool needs(const struct runbook *runbook, enum kind_id kind)
{
	if (runbook->subject == kind)
		return true;
	for (size_t i = 0; i < runbook->need_count; i++)
		if (runbook->needs[i] == kind)
			return true;
	return false;
}

static bool is_frozen(const struct look *look, const struct rule *rule)
{
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++) {
		const struct collection *collection = snapshot_collection(look->snapshot, kind);

		if (needs(rule->runbook, kind) && collection->state != COLLECTION_CURRENT &&
		    (collection->state == COLLECTION_STALE || collection->listed_once))
			return true;
	}
	return false;
}

static void take_states(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;
	bool is_new = !symptoms->was_updated;

	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++) {
		enum collection_state state = snapshot_collection(look->snapshot, kind)->state;

		is_new |= class_of(state) != class_of(symptoms->seen_states[kind]);
		symptoms->seen_states[kind] = state;
	}
	for (size_t i = 0; i < symptoms->rule_count; i++) {
		struct rule *rule = &symptoms->rules[i];
		bool was_frozen = rule->is_frozen;

		rule->is_frozen = is_frozen(look, rule);
		if (is_new || (was_frozen && !rule->is_frozen))
			look_at_all(rule);
	}
}

static void take_evidence(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;
	uint64_t version = look->evidence ? evidence_version(look->evidence) : 0;

	if (version == symptoms->seen_evidence)
		return;
	symptoms->seen_evidence = version;
	for (size_t i = 0; i < symptoms->rule_count; i++) {
		const struct sign *sign;
		size_t position = 0;

		while ((sign = map_next(&symptoms->rules[i].signs, &position)) != NULL)
			if (sign->wants_evidence)
				mark(sign->rule, sign->subject.uid);
	}
}

/* On data that is not current, time proves nothing: "not ready for three minutes" may have ended unseen. */
static void take_time(struct look *look)
{
	struct sign *sign;

	while ((sign = recheck_take(look->symptoms, look->now)) != NULL)
		if (!sign->rule->is_frozen)
			mark(sign->rule, sign->subject.uid);
}

void changes_take(struct look *look)
{
	struct snapshot_change change;

	take_states(look);
	while (snapshot_take_change(look->snapshot, &change)) {
		if (!change.everything) {
			take_change(look, &change);
			continue;
		}
		look->owners_changed = true;
		for (size_t i = 0; i < look->symptoms->rule_count; i++)
			look_at_all(&look->symptoms->rules[i]);
	}
	take_evidence(look);
	take_time(look);
	look->symptoms->was_updated = true;
}
