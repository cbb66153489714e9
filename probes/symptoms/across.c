/*
 * What a runbook says of all its objects together: its findings as one, and
 * the objects that nothing could be said of.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

static bool has_object(const struct finding *finding, const struct finding_object *object)
{
	for (size_t i = 0; i < finding->object_count; i++) {
		if (!finding_object_compare(&finding->objects[i], object))
			return true;
	}
	return false;
}

static void add_objects(struct finding *whole, const struct finding *part)
{
	whole->objects = xreallocarray(whole->objects, whole->object_count + part->object_count + 1,
				       sizeof(*whole->objects));
	for (size_t i = 0; i < part->object_count; i++) {
		const struct finding_object *object = &part->objects[i];

		if (has_object(whole, object))
			continue;
		whole->objects[whole->object_count++] = (struct finding_object){
			.kind = xstrdup(object->kind),
			.name_space = xstrdup(object->name_space),
			.name = xstrdup(object->name),
			.uid = xstrdup(object->uid),
		};
	}
}

static int compare_objects(const void *a, const void *b)
{
	return finding_object_compare(a, b);
}

struct finding *symptoms_finding_of_all(const struct symptoms *symptoms, const struct runbook *runbook)
{
	struct finding *whole = NULL;

	for (size_t i = 0; i < symptoms->finding_count; i++) {
		const struct finding *finding = symptoms->findings[i];

		if (finding->runbook != runbook)
			continue;
		if (!whole) {
			whole = xcalloc(1, sizeof(*whole));
			whole->key = xstrdup(runbook->id);
			whole->group_name = xstrdup("");
			whole->runbook = runbook;
			whole->severity = finding->severity;
			whole->confidence = finding->confidence;
			whole->since = finding->since;
			whole->first_seen = finding->first_seen;
		}
		add_objects(whole, finding);
	}
	if (whole)
		qsort(whole->objects, whole->object_count, sizeof(*whole->objects), compare_objects);
	return whole;
}

static int compare_unjudged(const void *a, const void *b)
{
	const struct unjudged *one = a;
	const struct unjudged *other = b;

	return finding_object_compare(one->object, other->object);
}

static const struct rule *rule_of(const struct symptoms *symptoms, const struct runbook *runbook)
{
	for (size_t i = 0; i < symptoms->rule_count; i++) {
		if (symptoms->rules[i].runbook == runbook)
			return &symptoms->rules[i];
	}
	return NULL;
}

size_t symptoms_unjudged(const struct symptoms *symptoms, const struct runbook *runbook, struct unjudged **ret_unjudged,
			 bool *ret_judged)
{
	const struct rule *rule = rule_of(symptoms, runbook);
	size_t count = 0;

	*ret_unjudged = xcalloc((rule ? rule->truth_counts[TRUTH_UNKNOWN] : 0) + 1, sizeof(**ret_unjudged));
	for (const struct sign *sign = rule ? rule->by_truth[TRUTH_UNKNOWN] : NULL; sign; sign = sign->next)
		(*ret_unjudged)[count++] = (struct unjudged){&sign->subject, sign->unknown};
	qsort(*ret_unjudged, count, sizeof(**ret_unjudged), compare_unjudged);
	if (!ret_judged)
		return count;
	*ret_judged = false;
	/* Whose first signs do not hold has nothing to read, and says nothing about what can be read. */
	for (const struct sign *sign = rule ? rule->by_truth[TRUTH_FALSE] : NULL; sign; sign = sign->next)
		*ret_judged = *ret_judged || sign->wants_evidence;
	return count;
}
