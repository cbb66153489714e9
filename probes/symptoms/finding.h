/*
 * Findings: what is wrong, on which objects, how we know, since when; and
 * checks: the verdict of every runbook, also where nothing was found.
 */
#ifndef SYMPTOMS_FINDING_H
#define SYMPTOMS_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/runbook/condition.h"
#include "probes/runbook/runbook.h"

struct finding_object {
	char *kind;
	char *name_space;	/* "" for cluster scope */
	char *name;
	char *uid;
};

struct finding {
	char *key;			/* id + group key: stable while the finding lives */
	const struct runbook *runbook;
	enum severity severity;
	enum confidence confidence;
	int64_t since;			/* from the objects; 0 unknown */
	int64_t first_seen;		/* by this process */
	bool is_system;			/* in a system namespace */
	bool is_latent;			/* nothing is broken yet: a warning with words of its own */
	char *group_name;		/* "web/api", "node-3"; "" for the cluster */
	struct finding_object *objects;	/* sorted by kind, namespace, name */
	size_t object_count;
	struct evidence_line *evidence;	/* bounded; the most telling first */
	size_t evidence_count;
	char **also_seen;		/* ids, sorted */
	size_t also_seen_count;
	char *came_back_after;		/* run id of a fix that was verified before it came back; NULL */
};

enum verdict { VERDICT_HIT, VERDICT_CLEAR, VERDICT_NOT_APPLICABLE, VERDICT_COULD_NOT_CHECK };

struct check {
	const struct runbook *runbook;
	enum verdict verdict;
	struct message reason;		/* id NULL where there is nothing to say */
	bool was_left_out;		/* by choice (--only, --no-ssh): no cause for exit code 5 (decisions.md 12) */
};

/* A text of its runbook, or of the runbook's latent form. */
const char *finding_text(const struct finding *finding, const char *language, const char *name);
void finding_object_release(struct finding_object *object);
/* One of one's own; those of the symptoms are theirs. */
void finding_free(struct finding *finding);
const char *verdict_name(enum verdict verdict);	/* "could_not_check" */

#endif
