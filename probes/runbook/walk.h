/*
 * One evaluation of a condition while it runs: the facts that hold so far,
 * kept as references and written out only when the whole condition holds, so
 * that the many evaluations that find nothing allocate nothing. Internal to
 * probes/runbook/.
 */
#ifndef RUNBOOK_WALK_H
#define RUNBOOK_WALK_H

#include "probes/runbook/condition.h"
#include "probes/runbook/tree.h"

enum {
	FACTS_MAX = 48,
	/* objects of one join that bring their facts along; the others are objects only */
	FACTS_A_JOIN = 4,
	LINES_MAX = 64,
};

/* Something that was found: where, and the text there. */
struct fact {
	const struct record *record;	/* NULL: where is the whole source */
	const char *where;		/* "status.conditions[*].status"; borrowed from tree or constant */
	size_t item;			/* in the place of the first [*] */
	const char *member;		/* of collected evidence: the path within; NULL: the whole */
	const char *text;		/* borrowed from the record, or "" and number holds it */
	size_t length;			/* of a text that goes on; 0: all of it */
	char number[32];
	int64_t time;			/* when it began; 0 unknown */
};

struct walk {
	struct evaluation *evaluation;
	struct fact facts[FACTS_MAX];
	size_t fact_count;
	const struct record **objects;
	size_t object_count;
	size_t object_capacity;
	/* the first reason; id NULL: none, so that setting it back forgets the reason */
	struct message unknown;
	int64_t recheck_at;
	char *kept[8];			/* texts that facts borrow, made on the way */
	size_t kept_count;
	int quiet;			/* > 0: facts and objects are not wanted */
};

/* The object that a condition speaks of, and the item of its list that "each" has tied. */
struct frame {
	const struct record *record;	/* NULL: the cluster */
	const char *group;		/* NULL: nothing is tied */
	size_t item;
};

struct outcome {
	enum truth truth;
	int64_t since;		/* since when it holds; 0 unknown */
	size_t hits;		/* what count counts: sure, */
	size_t maybes;		/* and unknown */
};

void walk_init(struct walk *walk, struct evaluation *evaluation);
void walk_release(struct walk *walk);
/* Writes facts and objects to the evaluation. */
void walk_finish(struct walk *walk, enum truth truth);
void walk_add_fact(struct walk *walk, const struct fact *fact);
/* Takes the text and frees it with the walk; NULL where there is no room (it is freed). */
const char *walk_keep(struct walk *walk, char *text);
void walk_add_object(struct walk *walk, const struct record *record);
void walk_recheck(struct walk *walk, int64_t at);
/* Only the first reason is kept. */
void walk_unknown(struct walk *walk, const struct message *reason);
/* Where it stood, to go back to. */
struct walk_mark {
	size_t facts;
	size_t objects;
};
struct walk_mark walk_mark(const struct walk *walk);
void walk_back(struct walk *walk, struct walk_mark mark);

/* Since when the record has been so, by the nearest time that the API tells; 0 unknown. */
int64_t fact_time(const struct record *record, const char *path, size_t item);
/* The reason where a cluster has nothing of a kind, or a dump was made without it. */
extern const char walk_not_saved[];
/* Whether the kind was listed; else the reason is noted. */
bool walk_can_read(struct walk *walk, enum kind_id kind);

/* evaluate.c */
struct outcome walk_node(struct walk *walk, const struct node *node, struct frame frame);
/* containers.c, texts.c: conditions on containers, images, events and collected evidence. */
struct outcome walk_image(struct walk *walk, const struct node *node, struct frame frame);
struct outcome walk_waiting(struct walk *walk, const struct node *node, struct frame frame);
struct outcome walk_event(struct walk *walk, const struct node *node, struct frame frame);
/* What a message rule says of a text; TRUTH_UNKNOWN with the reason where its pattern is too slow. */
enum truth walk_text(struct walk *walk, struct message_rule *rule, const char *text, size_t length);
struct outcome walk_log(struct walk *walk, const struct node *node, struct frame frame);
struct outcome walk_check(struct walk *walk, const struct node *node, struct frame frame);

/*
 * document_path.c: the member of a collected object at a path, NULL if there is none. "spec.a.b";
 * "containers[name=calico-node]": the item of the list whose member is so; "volumes[{namespace}/{name}]":
 * a key that may hold dots, with the places of the subject filled.
 */
const json_t *document_member(const json_t *document, const char *path, const struct record *subject);
/* The path as it was taken, with the subject's names filled in. Caller frees. */
char *document_path_text(const char *path, const struct record *subject);

/* join.c: calls visit for each object that the join leads to, "that" apart. False: it could not be read. */
bool join_each(struct walk *walk, const struct node *join, const struct record *from,
	       void (*visit)(void *data, const struct record *to), void *data);

#endif
