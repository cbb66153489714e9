/*
 * Compiled conditions. Internal to probes/runbook/.
 *
 * Strings and JSON values are borrowed from the runbook's document; field
 * paths from the field tables; message rules from the book.
 */
#ifndef RUNBOOK_TREE_H
#define RUNBOOK_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/kube/fields.h"
#include "probes/kube/image.h"
#include "probes/kube/record.h"
#include "probes/model/cluster.h"
#include "probes/runbook/messages.h"
#include "probes/runbook/report.h"
#include "probes/runbook/words.h"

enum node_type {
	NODE_ALL,
	NODE_ANY,
	NODE_NONE,
	NODE_UNREAD,
	NODE_FIELD,
	NODE_AGE,
	NODE_EACH,
	NODE_IMAGE,
	NODE_WAITING,
	NODE_EVENT,
	NODE_LOG,
	NODE_COUNT,
	NODE_FOR,
	NODE_JOIN,
	NODE_CHECK,
	NODE_DETECTOR,
};

enum operator {
	OPERATOR_EQ,
	OPERATOR_NE,
	OPERATOR_IN,
	OPERATOR_EXISTS,
	OPERATOR_ABSENT,
	OPERATOR_GT,
	OPERATOR_GE,
	OPERATOR_LT,
	OPERATOR_LE,
	OPERATOR_MATCHES,
	OPERATOR_PREFIX,
};

enum join_by {
	JOIN_NODE,
	JOIN_OWNER,
	JOIN_ROOT_OWNER,
	JOIN_OWNED,
	JOIN_NAME,
	JOIN_NAMESPACE,
	JOIN_LABELS,
	JOIN_OBJECT,
	JOIN_EVENTS,
	JOIN_ALL,
	JOIN_SELECTOR,
	JOIN_REFERENCE,
	JOIN_REFERRERS,
	JOIN_SUCCESSORS,
};

/* What is asked of an image reference; empty words ask nothing. */
struct image_rule {
	struct words registry;
	struct words path;
	struct words basename;
	struct words tag;
	bool is_set;
};

struct join_label {
	const char *key;
	const char *value;
};

struct detector;	/* detector.h */

struct node {
	enum node_type type;
	struct node **children;
	size_t child_count;
	/* of the object that the condition speaks of; KIND_COUNT: the cluster */
	enum kind_id kind;

	const struct field_path *path;	/* field, age, image ("in") */
	const struct field_path *other;	/* field: valueOf; age: plus */
	const char *group;		/* each: the path of the list */
	size_t *last_false;	/* all: the child that was false the last time; a guess, no part of the meaning */
	bool is_tied;			/* path begins with the list of the nearest "each" around it */
	enum operator op;
	struct words values;		/* field, check */
	char *fallback;			/* field: default */
	struct pattern *pattern;	/* field, check: matches */

	struct image_rule image;	/* image, waiting */
	struct image_rule image_not;

	struct message_rule *rule;	/* waiting, event, log; NULL: any text */
	struct words reasons;		/* waiting, event */
	struct words containers;
	struct words resolved_by;
	const char *event_type;
	const char *collect;		/* log, check: name of the item */
	const char *document_path;	/* check */

	int64_t number;			/* age, for, event: seconds; count: n; 0 where absent */

	enum kind_id to;		/* join */
	enum join_by by;
	struct words names;		/* "name"; the keys of "selector" */
	const char *name_space;		/* NULL: the same; "*": any */
	struct join_label *labels;
	size_t label_count;
	const struct field_path **selectors;	/* selector: one for each of names */
	const struct field_path *place;	/* check: a field of the subject in document_path; NULL: none */
	const struct field_path *far;	/* referrers: the field of the other object */
	bool is_object;

	const struct detector *detector;
};

struct condition_tree {
	struct node *root;
	const json_t *definition;
};

/* What compiling needs to know. */
struct check_set;	/* probes/ssh/node_check.h */

struct compilation {
	struct report *report;		/* its place is at the condition */
	const struct runbook *runbook;
	struct message_book *book;
	const struct field_set *fields;
	const json_t *collect;		/* the document's "collect" */
	const struct check_set *checks;	/* as in struct reading */
};

/* NULL after errors were reported. kind: of the subject, KIND_COUNT for the cluster. */
struct condition_tree *condition_compile(struct compilation *compilation, const json_t *definition,
					 enum kind_id kind);
void condition_tree_free(struct condition_tree *tree);
/* A join alone, as in "from" of a collect item. */
struct node *join_compile(struct compilation *compilation, const json_t *definition, enum kind_id kind);
void node_free(struct node *node);

#endif
