/*
 * The evidence that signs ask for: what is missing or has grown old, each
 * item once, bounded; the rest follows when the first has come.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

enum { WANTED_MAXIMUM = 256, REQUESTS_OF_AN_ITEM = 20 };

struct wish_list {
	struct look *look;
	int64_t stale_at;		/* earliest end of freshness of what is there */
};

static void wish(struct wish_list *list, struct evidence_request *request)
{
	struct symptoms *symptoms = list->look->symptoms;
	char *key = evidence_key(request);
	const struct evidence *evidence = list->look->evidence ? evidence_get(list->look->evidence, key) : NULL;

	if (map_get(&symptoms->needed, key)) {
		free(key);
		free(request->path);
		return;
	}
	map_put(&symptoms->needed, key, key);
	if (evidence && evidence_is_fresh(evidence, list->look->now)) {
		int64_t stale_at = evidence_stale_at(evidence);

		if (!list->stale_at || stale_at < list->stale_at)
			list->stale_at = stale_at;
	} else if (symptoms->wanted_count < WANTED_MAXIMUM) {
		symptoms->wanted[symptoms->wanted_count++] = *request;
		return;
	}
	free(request->path);
}

static void wish_for(struct wish_list *list, const struct sign *sign)
{
	const struct look *look = list->look;
	const struct runbook *runbook = sign->rule->runbook;
	const struct record *record = snapshot_by_uid(look->snapshot, sign->subject.uid);
	struct evidence_request requests[REQUESTS_OF_AN_ITEM];

	if (!record)
		return;
	for (size_t i = 0; i < runbook->collect_count; i++) {
		CLEANUP(evaluation_release) struct evaluation evaluation;
		size_t count;

		evaluation_init(&evaluation, look->snapshot, look->evidence, look->now,
				look->symptoms->system_namespaces);
		evaluation.runbook = runbook;
		count = collect_item_requests(&runbook->collect[i], record, &evaluation, requests,
					      REQUESTS_OF_AN_ITEM);
		for (size_t j = 0; j < count; j++)
			wish(list, &requests[j]);
	}
}

static int compare_signs(const void *a, const void *b)
{
	return finding_object_compare(&(*(const struct sign *const *)a)->subject,
				      &(*(const struct sign *const *)b)->subject);
}

static void wish_for_rule(struct wish_list *list, const struct rule *rule)
{
	auto_free const struct sign **signs = NULL;
	const struct sign *sign;
	size_t position = 0;
	size_t count = 0;

	if (!rule->runbook->collect_count || !rule->signs.count)
		return;
	signs = xcalloc(rule->signs.count, sizeof(*signs));
	while ((sign = map_next(&rule->signs, &position)) != NULL)
		if (sign->wants_evidence)
			signs[count++] = sign;
	qsort(signs, count, sizeof(struct sign *), compare_signs);
	for (size_t i = 0; i < count; i++)
		wish_for(list, signs[i]);
}

void needed_release(struct symptoms *symptoms)
{
	size_t position = 0;
	char *key;

	while ((key = map_next(&symptoms->needed, &position)) != NULL)
		free(key);
	map_release(&symptoms->needed);
}

int64_t wanted_update(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;
	struct wish_list list = {.look = look};

	needed_release(symptoms);
	for (size_t i = 0; i < symptoms->wanted_count; i++)
		free(symptoms->wanted[i].path);
	symptoms->wanted_count = 0;
	if (!symptoms->wanted)
		symptoms->wanted = xcalloc(WANTED_MAXIMUM, sizeof(*symptoms->wanted));
	for (size_t i = 0; i < symptoms->rule_count; i++)
		wish_for_rule(&list, &symptoms->rules[i]);
	return list.stale_at;
}
