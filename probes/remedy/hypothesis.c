/* It did not improve: what else was seen on the same objects, and what the fix may have brought about. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

enum { MOST = 8 };

/* Takes why. The first reason for an id is kept. */
static void add(struct change *change, const char *id, char *why)
{
	for (size_t i = 0; i < change->hypothesis_count; i++) {
		if (!strcmp(change->hypotheses[i].id, id)) {
			free(why);
			return;
		}
	}
	if (change->hypothesis_count == MOST || !strcmp(id, change->runbook->id)) {
		free(why);
		return;
	}
	change->hypotheses = xreallocarray(change->hypotheses, change->hypothesis_count + 1,
					   sizeof(*change->hypotheses));
	change->hypotheses[change->hypothesis_count++] = (struct hypothesis){.id = xstrdup(id), .why = why};
}

static bool is_root_of(const struct snapshot *snapshot, const struct record *root, const char *uid)
{
	const struct record *record = snapshot_by_uid(snapshot, uid);

	return record && snapshot_root_owner(snapshot, record) == root;
}

/* One object in common, or one that took its place: a pod of the same workload. */
static bool shares_object(const struct change *change, const struct finding *other)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);

	for (size_t i = 0; i < change->finding->object_count; i++) {
		const char *uid = change->finding->objects[i].uid;
		const struct record *record = snapshot_by_uid(snapshot, uid);
		const struct record *root = record ? snapshot_root_owner(snapshot, record) : NULL;

		for (size_t at = 0; at < other->object_count; at++) {
			if (!strcmp(other->objects[at].uid, uid) ||
			    (root && is_root_of(snapshot, root, other->objects[at].uid)))
				return true;
		}
	}
	return false;
}

static char *title_of(const struct change *change, const struct finding *finding)
{
	const char *title = finding_text(finding, change->context.language, "title");

	return xstrdup(title ? title : finding->runbook->slug);
}

static void add_findings(struct change *change)
{
	const struct symptoms *symptoms = change->context.symptoms;

	for (size_t i = 0; i < symptoms_finding_count(symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(symptoms, i);

		if (finding->runbook != change->runbook && shares_object(change, finding))
			add(change, finding->runbook->id, title_of(change, finding));
	}
}

static void add_also_seen(struct change *change)
{
	for (size_t i = 0; i < change->finding->also_seen_count; i++) {
		const char *id = change->finding->also_seen[i];
		const struct runbook *runbook = runbook_find(change->context.runbooks, id);
		const char *title = runbook ? runbook_text(runbook, change->context.language, "title") : NULL;

		add(change, id, change_say(change, "{title} (also seen on these objects)", "title", title ? title : id,
					   NULL));
	}
}

void hypotheses_make(struct change *change)
{
	hypotheses_release(change);
	if (change->finding) {
		add_findings(change);
		add_also_seen(change);
	}
	for (size_t i = 0; i < change->conflict_count; i++) {
		const char *colon = strchr(change->conflicts[i], ':');
		auto_free char *id = xstrndup(change->conflicts[i], strcspn(change->conflicts[i], ":"));

		add(change, id, xstrdup(colon ? colon + 1 + strspn(colon + 1, " ") : ""));
	}
}

void hypotheses_release(struct change *change)
{
	for (size_t i = 0; i < change->hypothesis_count; i++) {
		free(change->hypotheses[i].id);
		free(change->hypotheses[i].why);
	}
	free(change->hypotheses);
	change->hypotheses = NULL;
	change->hypothesis_count = 0;
}

size_t change_hypothesis_count(const struct change *change)
{
	return change->hypothesis_count;
}

const struct hypothesis *change_hypothesis_at(const struct change *change, size_t index)
{
	return &change->hypotheses[index];
}
