#include "probes/symptoms/symptoms.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

static const char *const default_system_namespaces[] = {
	"kube-system", "kube-public", "kube-node-lease", "calico-system", "calico-apiserver", "tigera-operator", NULL,
};

static bool is_wanted(const struct runbook *runbook, const char *const *only)
{
	if (!only)
		return true;
	for (; *only; only++)
		if (!strcasecmp(*only, runbook->id) || !strcasecmp(*only, runbook->slug))
			return true;
	return false;
}

struct symptoms *symptoms_new(const struct runbook_set *runbooks, const struct symptoms_options *options)
{
	struct symptoms *symptoms = xcalloc(1, sizeof(*symptoms));

	if (options)
		symptoms->options = *options;
	symptoms->system_namespaces = symptoms->options.system_namespaces ? symptoms->options.system_namespaces
									  : default_system_namespaces;
	symptoms->rule_count = runbook_count(runbooks);
	symptoms->rules = xcalloc(symptoms->rule_count + 1, sizeof(*symptoms->rules));
	symptoms->checks = xcalloc(symptoms->rule_count + 1, sizeof(*symptoms->checks));
	for (size_t i = 0; i < symptoms->rule_count; i++) {
		struct rule *rule = &symptoms->rules[i];
		struct check *check = &symptoms->checks[i];

		rule->runbook = runbook_at(runbooks, i);
		rule->index = i;
		rule->is_left_out = !is_wanted(rule->runbook, symptoms->options.only);
		rule->look_at_everything = true;
		rule->look_whether_applies = true;
		rule->applies = TRUTH_UNKNOWN;
		check->runbook = rule->runbook;
		check->verdict = VERDICT_COULD_NOT_CHECK;
		check->was_left_out = rule->is_left_out;
		message_set(&check->reason, "not looked at yet", NULL);
	}
	return symptoms;
}

static void clear_dirty(struct rule *rule)
{
	size_t position = 0;
	char *key;

	while ((key = map_next(&rule->dirty, &position)) != NULL)
		free(key);
	map_release(&rule->dirty);
}

void symptoms_free(struct symptoms *symptoms)
{
	if (!symptoms)
		return;
	for (size_t i = 0; i < symptoms->rule_count; i++) {
		struct rule *rule = &symptoms->rules[i];
		struct sign *sign;
		size_t position = 0;

		while ((sign = map_next(&rule->signs, &position)) != NULL)
			sign_free(symptoms, sign);
		map_release(&rule->signs);
		clear_dirty(rule);
	}
	for (size_t i = 0; i < symptoms->finding_count; i++)
		finding_free(symptoms->findings[i]);
	for (size_t i = 0; i < symptoms->wanted_count; i++)
		free(symptoms->wanted[i].path);
	needed_release(symptoms);
	free(symptoms->findings);
	free(symptoms->wanted);
	free(symptoms->heap);
	free(symptoms->checks);
	free(symptoms->rules);
	free(symptoms);
}

/* While a kind that it needs was never listed whole, joins on half a list would lie: the rule waits. */
static bool is_waiting(const struct look *look, const struct rule *rule)
{
	const struct runbook *runbook = rule->runbook;

	if (snapshot_collection(look->snapshot, runbook->subject)->state == COLLECTION_NEVER)
		return true;
	for (size_t i = 0; i < runbook->need_count; i++)
		if (snapshot_collection(look->snapshot, runbook->needs[i])->state == COLLECTION_NEVER)
			return true;
	return false;
}

static void look_whether_applies(struct look *look, struct rule *rule)
{
	CLEANUP(evaluation_release) struct evaluation evaluation;

	evaluation_init(&evaluation, look->snapshot, look->evidence, look->now, look->symptoms->system_namespaces);
	rule->look_whether_applies = false;
	if (!rule->runbook->applies)
		return;
	evaluation.runbook = rule->runbook;
	rule->applies = condition_evaluate(rule->runbook->applies, NULL, &evaluation);
	if (rule->applies == TRUTH_UNKNOWN)
		rule->not_read = evaluation.unknown;
}

/* Signs whose subject is gone, when no single change said so. */
static void drop_the_gone(struct look *look, struct rule *rule)
{
	auto_free struct sign **gone = xcalloc(rule->signs.count + 1, sizeof(*gone));
	struct sign *sign;
	size_t position = 0;
	size_t count = 0;

	while ((sign = map_next(&rule->signs, &position)) != NULL)
		if (!snapshot_by_uid(look->snapshot, sign->subject.uid))
			gone[count++] = sign;
	while (count)
		sign_look(look, rule, gone[--count]->subject.uid, NULL);
}

/* Looks at the objects of a kind for several rules: object by object, for a record that is at hand costs half. */
static void look_at_kind(struct look *look, enum kind_id kind, struct rule *const *rules, size_t rule_count)
{
	auto_free struct rule **about = xcalloc(rule_count + 1, sizeof(*about));
	struct record_list all = snapshot_all(look->snapshot, kind);
	size_t count = 0;

	for (size_t i = 0; i < rule_count; i++)
		if (runbook_is_about(rules[i]->runbook, kind))
			about[count++] = rules[i];
	for (size_t i = 0; count && i < all.count; i++)
		for (size_t j = 0; j < count; j++)
			sign_look(look, about[j], all.items[i]->uid, all.items[i]);
}

static void look_at_dirty(struct look *look, struct rule *rule)
{
	size_t position = 0;
	char *uid;

	while ((uid = map_next(&rule->dirty, &position)) != NULL)
		sign_look(look, rule, uid, snapshot_by_uid(look->snapshot, uid));
	clear_dirty(rule);
}

/* True if all its subjects are to be looked at. */
static bool begin_look(struct look *look, struct rule *rule)
{
	if (rule->is_left_out) {
		clear_dirty(rule);
		return false;
	}
	if (is_waiting(look, rule)) {
		rule->look_at_everything = true;
		rule->look_whether_applies = true;
		clear_dirty(rule);
		return false;
	}
	if (rule->look_whether_applies)
		look_whether_applies(look, rule);
	if (!rule->look_at_everything) {
		look_at_dirty(look, rule);
		return false;
	}
	rule->look_at_everything = false;
	rule->has_more_unknown = false;
	clear_dirty(rule);
	drop_the_gone(look, rule);
	return true;
}

static void look_at_rules(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;
	auto_free struct rule **whole = xcalloc(symptoms->rule_count + 1, sizeof(*whole));
	size_t count = 0;

	for (size_t i = 0; i < symptoms->rule_count; i++)
		if (begin_look(look, &symptoms->rules[i]))
			whole[count++] = &symptoms->rules[i];
	for (enum kind_id kind = 0; count && kind < KIND_COUNT; kind++)
		look_at_kind(look, kind, whole, count);
}

/* Where the unknown subjects that have signs are known by now, the others are looked for. True if there are any. */
static bool find_more_unknown(struct symptoms *symptoms)
{
	bool any = false;

	for (size_t i = 0; i < symptoms->rule_count; i++) {
		struct rule *rule = &symptoms->rules[i];

		if (!rule->has_more_unknown || rule->truth_counts[TRUTH_UNKNOWN])
			continue;
		rule->look_at_everything = true;
		any = true;
	}
	return any;
}

int64_t symptoms_update(struct symptoms *symptoms, struct snapshot *snapshot,
			const struct evidence_store *evidence, int64_t now)
{
	struct look look = {.symptoms = symptoms, .snapshot = snapshot, .evidence = evidence, .now = now};
	uint64_t seen_evidence = symptoms->seen_evidence;
	int64_t next;
	bool again;

	changes_take(&look);
	look_at_rules(&look);
	again = find_more_unknown(symptoms);
	if (look.signs_changed || look.owners_changed)
		findings_assemble(&look);
	checks_update(&look);
	if (look.wanted_changed || symptoms->seen_evidence != seen_evidence ||
	    (symptoms->evidence_stale_at && now >= symptoms->evidence_stale_at))
		symptoms->evidence_stale_at = wanted_update(&look);
	next = symptoms->heap_count ? symptoms->heap[0]->recheck_at : 0;
	if (again)
		next = now;
	if (symptoms->evidence_stale_at && (!next || symptoms->evidence_stale_at < next))
		next = symptoms->evidence_stale_at;
	return next && next <= now ? now + 1 : next;
}

size_t symptoms_finding_count(const struct symptoms *symptoms)
{
	return symptoms->finding_count;
}

const struct finding *symptoms_finding_at(const struct symptoms *symptoms, size_t index)
{
	return symptoms->findings[index];
}

const struct finding *symptoms_finding_by_key(const struct symptoms *symptoms, const char *key)
{
	for (size_t i = 0; i < symptoms->finding_count; i++)
		if (!strcmp(symptoms->findings[i]->key, key))
			return symptoms->findings[i];
	return NULL;
}

bool symptoms_came_back(struct symptoms *symptoms, const char *key, const char *run_id, int64_t verified_at)
{
	for (size_t i = 0; i < symptoms->finding_count; i++) {
		struct finding *finding = symptoms->findings[i];

		if (strcmp(finding->key, key) != 0 || finding->came_back_after || finding->first_seen < verified_at)
			continue;
		finding->came_back_after = xstrdup(run_id);
		symptoms->version++;
		return true;
	}
	return false;
}

size_t symptoms_check_count(const struct symptoms *symptoms)
{
	return symptoms->rule_count;
}

const struct check *symptoms_check_at(const struct symptoms *symptoms, size_t index)
{
	return &symptoms->checks[index];
}

uint64_t symptoms_generation(const struct symptoms *symptoms)
{
	return symptoms->generation;
}

uint64_t symptoms_version(const struct symptoms *symptoms)
{
	return symptoms->version;
}

size_t symptoms_wanted_count(const struct symptoms *symptoms)
{
	return symptoms->wanted_count;
}

const struct evidence_request *symptoms_wanted_at(const struct symptoms *symptoms, size_t index)
{
	return &symptoms->wanted[index];
}

bool symptoms_need_evidence(const struct symptoms *symptoms, const char *key)
{
	return map_get(&symptoms->needed, key) != NULL;
}
