/*
 * From signs to findings. Per object the order of rules decides between
 * entries of the guide (entries.md 0.2); a general symptom goes, object by
 * object, to an entry that explains it; what lost is "also seen"
 * (decisions.md 10).
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

/* A finding under construction. */
struct draft {
	struct finding *finding;
	const struct rule *rule;
	struct sign **signs;
	size_t sign_count;
	struct map objects;		/* uid -> struct sign or record: has it already */
};

struct drafts {
	struct look *look;
	struct draft **items;
	size_t count;
	struct map by_key;
	struct map holders;		/* uid of a subject -> draft of the entry that it belongs to */
};

/* That an object is part of an entry's finding. */
struct part {
	const char *uid;
	struct draft *draft;
	size_t order;
};

static int compare_signs(const void *a, const void *b)
{
	const struct sign *const *one = a;
	const struct sign *const *other = b;

	return finding_object_compare(&(*one)->subject, &(*other)->subject);
}

/* The signs of a rule that hold, by name. Caller frees the array. */
static struct sign **signs_of(const struct rule *rule, size_t *ret_count)
{
	struct sign **signs = xcalloc(rule->truth_counts[TRUTH_TRUE] + 1, sizeof(*signs));
	size_t count = 0;

	for (struct sign *sign = rule->by_truth[TRUTH_TRUE]; sign; sign = sign->next)
		signs[count++] = sign;
	qsort(signs, count, sizeof(struct sign *), compare_signs);
	*ret_count = count;
	return signs;
}

static void add_also_seen(struct draft *draft, const char *id)
{
	struct finding *finding = draft->finding;

	for (size_t i = 0; i < finding->also_seen_count; i++)
		if (!strcmp(finding->also_seen[i], id))
			return;
	finding->also_seen = xreallocarray(finding->also_seen, finding->also_seen_count + 1, sizeof(char *));
	finding->also_seen[finding->also_seen_count++] = xstrdup(id);
}

static struct draft *draft_for(struct drafts *drafts, const struct rule *rule, const struct record *record)
{
	auto_free char *key = NULL;
	auto_free char *name = NULL;
	struct draft *draft;

	group_of(rule->runbook, drafts->look->snapshot, record, &key, &name);
	draft = map_get(&drafts->by_key, key);
	if (draft)
		return draft;
	draft = xcalloc(1, sizeof(*draft));
	draft->rule = rule;
	draft->finding = xcalloc(1, sizeof(*draft->finding));
	draft->finding->runbook = rule->runbook;
	draft->finding->key = take_pointer(key);
	draft->finding->group_name = take_pointer(name);
	map_put(&drafts->by_key, draft->finding->key, draft);
	drafts->items = xreallocarray(drafts->items, drafts->count + 1, sizeof(struct draft *));
	drafts->items[drafts->count++] = draft;
	return draft;
}

static void add_object(struct draft *draft, const struct record *record)
{
	struct finding *finding = draft->finding;

	if (map_get(&draft->objects, record->uid))
		return;
	finding->objects = xreallocarray(finding->objects, finding->object_count + 1, sizeof(*finding->objects));
	finding_object_init(&finding->objects[finding->object_count], record);
	finding->object_count++;
	map_put(&draft->objects, record->uid, draft);
}

static void add_sign(struct draft *draft, struct sign *sign, const struct record *record)
{
	draft->signs = xreallocarray(draft->signs, draft->sign_count + 1, sizeof(struct sign *));
	draft->signs[draft->sign_count++] = sign;
	add_object(draft, record);
}

/* Entries come in the order of rules: the first that holds on an object keeps it. */
static void draft_entry(struct drafts *drafts, const struct rule *rule)
{
	size_t count;
	auto_free struct sign **signs = signs_of(rule, &count);

	for (size_t i = 0; i < count; i++) {
		const struct record *record = snapshot_by_uid(drafts->look->snapshot, signs[i]->subject.uid);
		struct draft *holder = map_get(&drafts->holders, signs[i]->subject.uid);

		if (!record)
			continue;
		/* What has broken nothing explains no trouble of the object, nor is it explained by that. */
		if (signs[i]->is_latent) {
			add_sign(draft_for(drafts, rule, record), signs[i], record);
			continue;
		}
		if (holder) {
			add_also_seen(holder, rule->runbook->id);
			continue;
		}
		holder = draft_for(drafts, rule, record);
		add_sign(holder, signs[i], record);
		map_put(&drafts->holders, signs[i]->subject.uid, holder);
	}
}

/* Where one object has the fault itself, the group has. */
static bool is_latent(const struct draft *draft)
{
	for (size_t i = 0; i < draft->sign_count; i++)
		if (!draft->signs[i]->is_latent)
			return false;
	return draft->sign_count > 0;
}

/* Objects that belong to a finding besides its subjects, but for those that a stronger entry has as subjects. */
static void add_joined(struct drafts *drafts, struct draft *draft)
{
	for (size_t i = 0; i < draft->sign_count; i++)
		for (size_t j = 0; j < draft->signs[i]->joined_count; j++) {
			const char *uid = draft->signs[i]->joined[j];
			const struct record *record = snapshot_by_uid(drafts->look->snapshot, uid);
			struct draft *holder = map_get(&drafts->holders, uid);

			if (!record)
				continue;
			if (holder && holder->rule->index < draft->rule->index &&
			    !draft->rule->runbook->is_general && !is_latent(draft))
				add_also_seen(holder, draft->rule->runbook->id);
			else
				add_object(draft, record);
		}
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *one = a;
	const struct part *other = b;
	int order = strcmp(one->uid, other->uid);

	if (order)
		return order;
	return one->order < other->order ? -1 : one->order > other->order;
}

/* Which entries have which object, by uid, then in the order of rules. Caller frees. */
static struct part *index_parts(const struct drafts *drafts, size_t *ret_count)
{
	struct part *parts;
	size_t count = 0;

	for (size_t i = 0; i < drafts->count; i++)
		count += drafts->items[i]->finding->object_count;
	parts = xcalloc(count + 1, sizeof(*parts));
	*ret_count = count;
	count = 0;
	for (size_t i = 0; i < drafts->count; i++)
		for (size_t j = 0; j < drafts->items[i]->finding->object_count; j++)
			parts[count++] = (struct part){drafts->items[i]->finding->objects[j].uid,
						       drafts->items[i], i};
	qsort(parts, count, sizeof(*parts), compare_parts);
	return parts;
}

static bool absorbs(const struct runbook *entry, const char *slug)
{
	for (const char **absorbed = entry->absorbs; absorbed && *absorbed; absorbed++)
		if (!strcmp(*absorbed, slug))
			return true;
	return false;
}

static struct draft *find_explanation(const struct part *parts, size_t count, const char *uid, const char *slug)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(parts[middle].uid, uid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && !strcmp(parts[low].uid, uid); low++)
		if (absorbs(parts[low].draft->rule->runbook, slug) && !is_latent(parts[low].draft))
			return parts[low].draft;
	return NULL;
}

enum { OWNED_DEEP = 2 };	/* Deployment, ReplicaSet, Pod */

/* An entry that explains a pod which the workload controls explains what the workload lacks. */
static struct draft *find_below(const struct drafts *drafts, const struct part *parts, size_t count, const char *uid,
				const char *slug, int depth)
{
	struct record_list list = snapshot_owned_by(drafts->look->snapshot, uid);
	struct draft *found = NULL;

	for (size_t i = 0; i < list.count && !found; i++) {
		found = find_explanation(parts, count, list.items[i]->uid, slug);
		if (!found && depth > 1)
			found = find_below(drafts, parts, count, list.items[i]->uid, slug, depth - 1);
	}
	return found;
}

static void draft_general(struct drafts *drafts, const struct rule *rule, const struct part *parts,
			  size_t part_count)
{
	size_t count;
	auto_free struct sign **signs = signs_of(rule, &count);

	for (size_t i = 0; i < count; i++) {
		const struct record *record = snapshot_by_uid(drafts->look->snapshot, signs[i]->subject.uid);
		struct draft *explanation =
			find_explanation(parts, part_count, signs[i]->subject.uid, rule->runbook->slug);

		if (!record)
			continue;
		if (!explanation)
			explanation = find_below(drafts, parts, part_count, record->uid, rule->runbook->slug,
						 OWNED_DEEP);
		if (explanation) {
			add_object(explanation, record);
			add_also_seen(explanation, rule->runbook->id);
		} else {
			add_sign(draft_for(drafts, rule, record), signs[i], record);
		}
	}
}

static int compare_objects(const void *a, const void *b)
{
	return finding_object_compare(a, b);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void finish(struct drafts *drafts, struct draft *draft)
{
	const char *const *system_namespaces = drafts->look->symptoms->system_namespaces;
	struct finding *finding = draft->finding;

	finding->is_latent = is_latent(draft);
	for (size_t i = 0; i < draft->sign_count; i++) {
		const struct sign *sign = draft->signs[i];
		bool is_system = namespace_is_system(system_namespaces, sign->subject.name_space);
		enum severity severity = is_system ? finding->runbook->severity_in_system : finding->runbook->severity;

		if (sign->severity != SEVERITY_NONE)
			severity = sign->severity;
		finding->is_system |= is_system;
		if (severity > finding->severity)
			finding->severity = severity;
		if (sign->confidence > finding->confidence)
			finding->confidence = sign->confidence;
		if (sign->since && (!finding->since || sign->since < finding->since))
			finding->since = sign->since;
	}
	qsort(finding->objects, finding->object_count, sizeof(*finding->objects), compare_objects);
	if (finding->also_seen_count)
		qsort(finding->also_seen, finding->also_seen_count, sizeof(char *), compare_texts);
	lines_choose(draft->signs, draft->sign_count, &finding->evidence, &finding->evidence_count);
}

static int compare_findings(const void *a, const void *b)
{
	return finding_compare(*(struct finding *const *)a, *(struct finding *const *)b);
}

/* The new findings take the place of the old; what lives on keeps its memory. */
static void replace_findings(struct look *look, struct finding **findings, size_t count)
{
	struct symptoms *symptoms = look->symptoms;
	bool is_same = count == symptoms->finding_count;
	struct map before = {0};

	for (size_t i = 0; i < symptoms->finding_count; i++)
		map_put(&before, symptoms->findings[i]->key, symptoms->findings[i]);
	for (size_t i = 0; i < count; i++) {
		struct finding *old = map_get(&before, findings[i]->key);

		findings[i]->first_seen = old ? old->first_seen : look->now;
		if (old)
			findings[i]->came_back_after = take_pointer(old->came_back_after);
		is_same = is_same && finding_equal(findings[i], symptoms->findings[i]);
	}
	map_release(&before);
	for (size_t i = 0; i < symptoms->finding_count; i++)
		finding_free(symptoms->findings[i]);
	free(symptoms->findings);
	symptoms->findings = findings;
	symptoms->finding_count = count;
	symptoms->generation++;
	if (!is_same)
		symptoms->version++;
}

static void take_findings(struct drafts *drafts)
{
	struct finding **findings = xcalloc(drafts->count + 1, sizeof(*findings));

	for (size_t i = 0; i < drafts->count; i++) {
		struct draft *draft = drafts->items[i];

		finish(drafts, draft);
		findings[i] = draft->finding;
		map_release(&draft->objects);
		free(draft->signs);
		free(draft);
	}
	qsort(findings, drafts->count, sizeof(struct finding *), compare_findings);
	replace_findings(drafts->look, findings, drafts->count);
}

void findings_assemble(struct look *look)
{
	struct symptoms *symptoms = look->symptoms;
	struct drafts drafts = {.look = look};
	auto_free struct part *parts = NULL;
	size_t part_count;
	size_t entries;

	for (size_t i = 0; i < symptoms->rule_count; i++)
		if (!symptoms->rules[i].runbook->is_general)
			draft_entry(&drafts, &symptoms->rules[i]);
	entries = drafts.count;
	for (size_t i = 0; i < entries; i++)
		add_joined(&drafts, drafts.items[i]);
	parts = index_parts(&drafts, &part_count);
	for (size_t i = 0; i < symptoms->rule_count; i++)
		if (symptoms->rules[i].runbook->is_general)
			draft_general(&drafts, &symptoms->rules[i], parts, part_count);
	for (size_t i = entries; i < drafts.count; i++)
		add_joined(&drafts, drafts.items[i]);
	take_findings(&drafts);
	map_release(&drafts.by_key);
	map_release(&drafts.holders);
	free(drafts.items);
}
