#include "probes/symptoms/finding.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_HIT] = "hit",
		[VERDICT_CLEAR] = "clear",
		[VERDICT_NOT_APPLICABLE] = "not_applicable",
		[VERDICT_COULD_NOT_CHECK] = "could_not_check",
	};

	return names[verdict];
}

void finding_object_init(struct finding_object *object, const struct record *record)
{
	object->kind = xstrdup(record ? record->kind->name : "");
	object->name_space = xstrdup(record ? record->name_space : "");
	object->name = xstrdup(record ? record->name : "");
	object->uid = xstrdup(record ? record->uid : "");
}

void finding_object_release(struct finding_object *object)
{
	free(object->kind);
	free(object->name_space);
	free(object->name);
	free(object->uid);
	*object = (struct finding_object){0};
}

int finding_object_compare(const struct finding_object *a, const struct finding_object *b)
{
	int order = strcmp(a->kind, b->kind);

	if (!order)
		order = strcmp(a->name_space, b->name_space);
	if (!order)
		order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->uid, b->uid);
}

void evidence_lines_free(struct evidence_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(lines[i].source);
		free(lines[i].text);
	}
	free(lines);
}

void finding_free(struct finding *finding)
{
	if (!finding)
		return;
	for (size_t i = 0; i < finding->object_count; i++)
		finding_object_release(&finding->objects[i]);
	for (size_t i = 0; i < finding->also_seen_count; i++)
		free(finding->also_seen[i]);
	evidence_lines_free(finding->evidence, finding->evidence_count);
	free(finding->objects);
	free(finding->also_seen);
	free(finding->key);
	free(finding->group_name);
	free(finding->came_back_after);
	free(finding);
}

const char *finding_text(const struct finding *finding, const char *language, const char *name)
{
	return finding->is_latent ? runbook_latent_text(finding->runbook, language, name)
				  : runbook_text(finding->runbook, language, name);
}

static bool lists_equal(const struct finding *a, const struct finding *b)
{
	for (size_t i = 0; i < a->object_count; i++)
		if (finding_object_compare(&a->objects[i], &b->objects[i]) != 0)
			return false;
	for (size_t i = 0; i < a->evidence_count; i++)
		if (strcmp(a->evidence[i].source, b->evidence[i].source) != 0 ||
		    strcmp(a->evidence[i].text, b->evidence[i].text) != 0 ||
		    a->evidence[i].alike != b->evidence[i].alike)
			return false;
	for (size_t i = 0; i < a->also_seen_count; i++)
		if (strcmp(a->also_seen[i], b->also_seen[i]) != 0)
			return false;
	return true;
}

bool finding_equal(const struct finding *a, const struct finding *b)
{
	return !strcmp(a->key, b->key) && a->runbook == b->runbook && a->severity == b->severity &&
	       a->confidence == b->confidence && a->since == b->since && a->is_system == b->is_system &&
	       a->is_latent == b->is_latent &&
	       !strcmp(a->group_name, b->group_name) && a->object_count == b->object_count &&
	       a->evidence_count == b->evidence_count && a->also_seen_count == b->also_seen_count &&
	       lists_equal(a, b);
}

int finding_compare(const struct finding *a, const struct finding *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->since != b->since)
		return !a->since || (b->since && a->since > b->since) ? 1 : -1;
	return strcmp(a->key, b->key);
}

bool message_equal(const struct message *a, const struct message *b)
{
	if (!a->id || !b->id)
		return a->id == b->id;
	return !strcmp(a->id, b->id) && a->used == b->used && !memcmp(a->values, b->values, a->used);
}
