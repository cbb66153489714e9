/*
 * Inside of the symptoms engine; nobody else includes this.
 *
 *   rule     a runbook and what it found
 *   sign     a runbook that holds, may hold, or has to be looked at again
 *            later, on one subject. Subjects that are simply well have none,
 *            so that ten thousand healthy pods cost nothing.
 *   finding  made of signs: one a group, after the order of rules and the
 *            absorption of general symptoms (assemble.c)
 *
 * An update runs through these files: changes.c (what to look at), sign.c
 * (look), assemble.c (findings), checks.c (verdicts), wanted.c (evidence).
 */
#ifndef SYMPTOMS_SYMPTOMS_PRIVATE_H
#define SYMPTOMS_SYMPTOMS_PRIVATE_H

#include "probes/base/map.h"
#include "probes/symptoms/symptoms.h"

struct sign {
	struct rule *rule;
	struct finding_object subject;
	enum truth truth;		/* of when, confirm and not exclude together */
	struct sign *previous;		/* among those of its rule with the same truth */
	struct sign *next;
	enum confidence confidence;
	enum severity severity;		/* by a rule of the runbook; SEVERITY_NONE: none holds */
	bool is_latent;			/* nothing is broken yet */
	bool wants_evidence;		/* when holds */
	int64_t since;
	int64_t recheck_at;		/* 0: only when something changes */
	size_t heap_place;		/* 1-based place in the heap of rechecks; 0: not there */
	struct evidence_line *lines;
	size_t line_count;
	char **joined;			/* uids of other objects that belong to it */
	size_t joined_count;
	struct message *unknown;	/* why, where the truth is unknown; may be NULL */
};

enum { TRUTH_COUNT = TRUTH_UNKNOWN + 1 };

struct rule {
	const struct runbook *runbook;
	size_t index;			/* in the set: entries by order of rules, then general symptoms */
	bool is_left_out;
	bool look_at_everything;
	struct map dirty;		/* uid -> the same uid, owned: subjects to look at in this update */
	struct map signs;		/* subject's uid -> struct sign */
	struct sign *by_truth[TRUTH_COUNT];	/* the same, a list for each truth; most only wait for their time */
	size_t truth_counts[TRUTH_COUNT];
	bool has_more_unknown;		/* than there are signs for: one reason makes thousands unknown at once */
	enum truth applies;
	bool look_whether_applies;
	struct message not_read;	/* why applies is unknown */
	bool is_frozen;			/* its data is not current: time alone changes nothing */
};

struct symptoms {
	struct rule *rules;
	size_t rule_count;
	const char *const *system_namespaces;
	struct symptoms_options options;

	/* What the last update saw. */
	bool was_updated;
	enum collection_state seen_states[KIND_COUNT];
	uint64_t seen_evidence;

	struct sign **heap;		/* by recheck_at */
	size_t heap_count;
	size_t heap_capacity;

	struct finding **findings;
	size_t finding_count;
	struct check *checks;		/* rule_count */
	struct evidence_request *wanted;
	size_t wanted_count;
	struct map needed;		/* keys of evidence that signs rest on or ask for, owned */
	int64_t evidence_stale_at;	/* when evidence that is there should be fetched again; 0: none */
	uint64_t version;
	uint64_t generation;	/* of the findings */
};

/* What one update works with. */
struct look {
	struct symptoms *symptoms;
	struct snapshot *snapshot;
	const struct evidence_store *evidence;
	int64_t now;
	bool signs_changed;		/* a sign came, went or says something else */
	bool wanted_changed;		/* a sign that asks for evidence was looked at */
	bool owners_changed;		/* objects by which findings are grouped or named changed */
};

/* finding.c */
void finding_object_init(struct finding_object *object, const struct record *record);
int finding_object_compare(const struct finding_object *a, const struct finding_object *b);
void evidence_lines_free(struct evidence_line *lines, size_t count);
bool finding_equal(const struct finding *a, const struct finding *b);
/* Worst first, then oldest (unknown last), then key. */
int finding_compare(const struct finding *a, const struct finding *b);
bool message_equal(const struct message *a, const struct message *b);

/* recheck.c: the heap of signs that time alone may change */
void recheck_set(struct symptoms *symptoms, struct sign *sign, int64_t recheck_at);
/* The sign that is due, taken from the heap, or NULL. */
struct sign *recheck_take(struct symptoms *symptoms, int64_t now);

/* changes.c */
void changes_take(struct look *look);

/* sign.c */
void sign_free(struct symptoms *symptoms, struct sign *sign);
/* Looks at one subject; record NULL with uid set: it is gone. */
void sign_look(struct look *look, struct rule *rule, const char *uid, const struct record *record);
/* How a subject answers to a runbook besides its truth. */
struct answer {
	bool wants_evidence;			/* the first signs hold */
	const struct signature *latent;		/* the fault itself does not hold, but these signs do; else NULL */
};
/* The three-valued answer for a subject, and what it rests on, for evaluation_release(). */
enum truth signature_evaluate(const struct runbook *runbook, const struct record *subject,
			      struct evaluation *evaluation, struct answer *ret_answer);

/* group.c */
/* Key and name of the group that a subject belongs to; caller frees both. */
void group_of(const struct runbook *runbook, const struct snapshot *snapshot,
	      const struct record *record, char **ret_key, char **ret_name);
bool namespace_is_system(const char *const *system_namespaces, const char *name_space);

/* assemble.c */
void findings_assemble(struct look *look);

/* lines.c: the most telling lines of evidence of several signs, bounded */
void lines_choose(struct sign *const *signs, size_t sign_count, struct evidence_line **ret_lines, size_t *ret_count);

/* checks.c */
void checks_update(struct look *look);
bool runbook_is_current(const struct symptoms *symptoms, const struct runbook *runbook,
			const struct snapshot *snapshot, struct message *ret_reason);

/* wanted.c: returns the earliest time when evidence gets stale, 0 for none */
int64_t wanted_update(struct look *look);
void needed_release(struct symptoms *symptoms);

#endif
