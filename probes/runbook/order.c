#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/set.h"

/*
 * The order of rules (entries.md 0.2) from each file's "before": a runbook is
 * taken when nobody who is not taken yet comes before it; of several the
 * smaller id. Entries come before general symptoms.
 */

static bool is_before(const struct runbook *left, const struct runbook *right)
{
	size_t index;
	const json_t *id;

	json_array_foreach(json_object_get(left->document, "before"), index, id) {
		if (!strcmp(json_string_value(id), right->id))
			return true;
	}
	return false;
}

static bool comes_first(const struct runbook *left, const struct runbook *right)
{
	if (left->is_general != right->is_general)
		return right->is_general;
	return strcmp(left->id, right->id) < 0;
}

static bool is_blocked(const struct runbook_set *set, size_t taken, size_t candidate)
{
	for (size_t i = taken; i < set->count; i++) {
		if (i != candidate && is_before(set->runbooks[i], set->runbooks[candidate]))
			return true;
	}
	return false;
}

/* Index of the next one; set->count where all that are left wait for each other. */
static size_t next(const struct runbook_set *set, size_t taken)
{
	size_t best = set->count;

	for (size_t i = taken; i < set->count; i++) {
		if (is_blocked(set, taken, i))
			continue;
		if (best == set->count || comes_first(set->runbooks[i], set->runbooks[best]))
			best = i;
	}
	return best;
}

void set_order(struct runbook_set *set)
{
	for (size_t taken = 0; taken < set->count; taken++) {
		size_t best = next(set, taken);
		struct runbook *runbook;

		if (best == set->count) {
			set_add_diagnostic(set, set->runbooks[taken]->file, 0, true,
					   "\"before\" goes round in a circle through this runbook");
			best = taken;
		}
		runbook = set->runbooks[best];
		memmove(set->runbooks + taken + 1, set->runbooks + taken,
			(best - taken) * sizeof(struct runbook *));
		set->runbooks[taken] = runbook;
		runbook->order = (int)taken;
	}
}

/* Entries of the guide that have no file yet may be named. */
static bool is_guide_id(const char *id)
{
	return strlen(id) == 3 && id[0] == 'E' && strcmp(id, "E01") >= 0 && strcmp(id, "E16") <= 0;
}

static void check_ids(struct runbook_set *set, const struct runbook *runbook, const char *member)
{
	size_t index;
	const json_t *item;

	json_array_foreach(json_object_get(runbook->document, member), index, item) {
		const char *id = json_string_value(json_is_object(item) ? json_object_get(item, "id") : item);
		auto_free char *text = NULL;

		if (is_guide_id(id) || runbook_find(set, id))
			continue;
		text = xasprintf("\"%s\" names \"%s\", which no runbook has as id", member, id);
		set_add_diagnostic(set, runbook->file, 0, true, text);
	}
}

void set_check_ids(struct runbook_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		check_ids(set, set->runbooks[i], "before");
		check_ids(set, set->runbooks[i], "absorbs");
		check_ids(set, set->runbooks[i], "conflicts");
	}
}
