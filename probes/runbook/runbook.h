/*
 * Runbooks: entries of the guide and general symptoms as data
 * (a JSON file each in assets/runbooks/, then the operator's own; decisions.md 7 to 9, 18).
 *
 * Loading checks a file against the schema, compiles its conditions and
 * patterns, runs the patterns' own examples, and adds the paths it names to
 * the field tables. A broken file is one diagnostic "file:line: message"; the
 * others still load.
 */
#ifndef RUNBOOK_RUNBOOK_H
#define RUNBOOK_RUNBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/digest.h"
#include "probes/base/err.h"
#include "probes/kube/record.h"
#include "probes/model/cluster.h"

struct condition_tree;	/* condition.h */
struct node;		/* tree.h */

enum severity { SEVERITY_NONE, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum confidence { CONFIDENCE_SUSPECTED, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };
enum grouping { GROUP_OBJECT, GROUP_OWNER, GROUP_NODE, GROUP_CLUSTER };
enum remedy_kind { REMEDY_NONE, REMEDY_ADVICE, REMEDY_MANUAL, REMEDY_API, REMEDY_SSH };

struct confidence_rule {
	struct condition_tree *condition;
	enum confidence confidence;
};

struct severity_rule {
	struct condition_tree *condition;
	enum severity severity;
};

/* Objects of another kind that the runbook is about too, and its first signs on them. */
struct signature {
	enum kind_id subject;
	struct condition_tree *when;
	enum confidence confidence;
	struct condition_tree *confirm;		/* of latent signs alone; NULL: none */
};

/* What "collect" asks for, with places {namespace} {name} {node} … of the subject still to be filled. */
struct collect_item {
	const char *name;	/* conditions refer to it */
	json_t *definition;	/* borrowed from document */
	/* compiled joins, one after the other; from_count (internal to probes/runbook/) */
	struct node **from;
	size_t from_count;
	struct condition_tree *condition;	/* "if"; NULL: always */
};

struct runbook {
	const char *id;			/* "E08", or the slug of a general symptom */
	const char *slug;
	char *file;			/* where it was read */
	char digest[DIGEST_HEX_SIZE];	/* of the file's canonical JSON */
	/* a general symptom: id equals slug, absorbed by entries (decisions.md 10) */
	bool is_general;
	/* from assets/; steps of others are inert until trusted (decisions.md 18) */
	bool is_shipped;
	bool is_trusted;
	const char *replaces;		/* id, or NULL */
	int order;			/* rank in the order of rules (entries.md 0.2); lower wins */
	enum severity severity;
	enum severity severity_in_system;	/* in system namespaces */
	struct severity_rule *severity_rules;	/* first that holds, in the place of both */
	size_t severity_rule_count;
	enum grouping group;
	enum kind_id subject;
	enum remedy_kind remedy;	/* the strongest of its steps (decisions.md 19) */
	struct condition_tree *applies;		/* of the cluster: false is "not applicable"; NULL: always */
	struct condition_tree *when;
	struct signature *also;		/* also_count; confirm, exclude and rules are asked about the subject alone */
	size_t also_count;
	/* signs that the fault is there and has broken nothing yet: a warning; latent_count */
	struct signature *latent;
	size_t latent_count;
	struct condition_tree *confirm;		/* NULL: none */
	struct condition_tree **excludes;	/* exclude_count */
	size_t exclude_count;
	struct confidence_rule *confidence_rules;	/* first that holds; else likely */
	size_t confidence_rule_count;
	struct collect_item *collect;
	size_t collect_count;
	const char **absorbs;		/* slugs of general symptoms that it explains; NULL-terminated */
	const enum kind_id *needs;	/* kinds that must be listed for "clear"; need_count */
	size_t need_count;
	/* of preconditions, steps and verify: runbook_condition(); inner_count */
	struct condition_tree **inner;
	size_t inner_count;
	/* the whole file: texts, parameters, preconditions, steps, verify, undo */
	json_t *document;
};

struct runbook_set;

struct diagnostic {
	char *file;
	int line;		/* 1-based; 0 unknown */
	char *text;		/* English, one line, sanitised */
	bool is_warning;
};

struct runbook_load_options {
	const char *assets;		/* folder assets/ */
	const char *user_folder;	/* $XDG_CONFIG_HOME/nks-triage/runbooks; NULL: none */
	/* where trust is recorded; NULL: nothing is trusted but what is shipped */
	const char *state_folder;
};

/*
 * fields may be NULL (match, explain, lint: nothing is scanned); else the kinds that runbooks name are
 * marked as watched. Fails only where no runbook at all
 * can be had.
 */
int runbook_set_load(const struct runbook_load_options *options, struct field_set *fields,
		     struct runbook_set **ret_set, struct err *err);
void runbook_set_free(struct runbook_set *set);
/* Sorted: entries by order of rules, then general symptoms by id. */
size_t runbook_count(const struct runbook_set *set);
const struct runbook *runbook_at(const struct runbook_set *set, size_t index);
/* By id or slug, caseless; NULL if there is none. */
const struct runbook *runbook_find(const struct runbook_set *set, const char *id);
size_t runbook_diagnostic_count(const struct runbook_set *set);
const struct diagnostic *runbook_diagnostic_at(const struct runbook_set *set, size_t index);

/*
 * A text of the runbook in a language ("en", "ko", "ja"), English where it
 * is missing, NULL where English is missing too. name: "title", "symptom",
 * "cause", "evidence", "remedy", "risks", "limits", "guide", ... (schema).
 */
const char *runbook_text(const struct runbook *runbook, const char *language, const char *name);
/* Of {"en":..., "ko":...}: the language, else English, else "". Borrowed. */
const char *runbook_text_in(const json_t *texts, const char *language);
/* The same of the latent form; what it does not say itself is that of the fault. */
const char *runbook_latent_text(const struct runbook *runbook, const char *language, const char *name);
/*
 * The compiled form of a condition inside preconditions, steps or verify
 * ("if", "until", "when"): definition is that very JSON value, borrowed from
 * runbook->document. Compiled when the file is loaded. NULL: it is none.
 */
const struct condition_tree *runbook_condition(const struct runbook *runbook, const json_t *definition);
const char *severity_name(enum severity severity);	/* "critical" */
const char *confidence_name(enum confidence confidence);
const char *remedy_name(enum remedy_kind remedy);
/* The other way round; false where the text is no such name. */
bool severity_parse(const char *name, enum severity *ret_severity);
bool confidence_parse(const char *name, enum confidence *ret_confidence);

/*
 * lint: checks files or folders and says what is wrong with them; on_runbook
 * (may be NULL) gets each of them that is usable. Returns how many errors
 * there were.
 */
size_t runbook_lint(const char *const *paths, size_t path_count, const char *assets,
		    void (*on_diagnostic)(void *data, const struct diagnostic *diagnostic),
		    void (*on_runbook)(void *data, const struct runbook *runbook), void *data);
/* The first signs on objects of a kind; NULL: it is not about that kind. */
const struct condition_tree *runbook_when(const struct runbook *runbook, enum kind_id kind);
/* Whether objects of a kind are looked at, for the fault or for its latent form. */
bool runbook_is_about(const struct runbook *runbook, enum kind_id kind);
/* "acrossFindings" of its batch: a fix without a target is one plan over all its findings. */
bool runbook_plans_across(const struct runbook *runbook);
/* Sets the kinds that it is about, needs or reads. */
void runbook_kinds(const struct runbook *runbook, bool kinds[KIND_COUNT]);
/* The kinds that its conditions read, a line each: "Pod: status.phase ...". Caller frees. */
char *runbook_reads(const struct runbook *runbook);

/* match: which entry a text belongs to (decisions.md 13). */
struct text_match {
	const struct runbook *runbook;		/* NULL: none */
	enum confidence confidence;
	const struct runbook *also[8];
	size_t also_count;
};
void runbook_match_text(const struct runbook_set *set, const char *text, size_t length,
			struct text_match *ret_match);

#endif
