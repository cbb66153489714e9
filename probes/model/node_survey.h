/*
 * What the nodes themselves say: the shipped checks (probes/ssh/node_check.h)
 * run on many nodes at once, and the latest answer of each check of each node
 * with its time. Pure data for whoever shows it; the pool does the work.
 *
 * A node is known by its name; with another uid it is another machine, and
 * what was known of the old one is forgotten.
 */
#ifndef MODEL_NODE_SURVEY_H
#define MODEL_NODE_SURVEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/model/node_source.h"

struct check_set;
struct loop;
struct node_survey;
struct snapshot;

enum survey_verdict { SURVEY_BAD, SURVEY_COULD_NOT, SURVEY_OK, SURVEY_NOT_APPLICABLE, SURVEY_VERDICTS };
/* As reports have it: "hit", "could_not_check", "clear", "not_applicable". */
const char *survey_verdict_name(enum survey_verdict verdict);

struct survey_answer {
	const char *check;	/* its name */
	enum survey_verdict verdict;
	bool is_critical;	/* of BAD: the severity of its sign */
	const char *sign;	/* the id of what holds ("disk-full"); NULL: none; of the shipped check */
	struct err *reason;	/* of COULD_NOT and NOT_APPLICABLE; else NULL */
	json_t *value;		/* what its parser read; NULL: nothing, or it is not kept */
	char *text;		/* one raw line; hostile; never NULL */
	int64_t measured_at;	/* wall */
};

/* The disk as it was measured: the latest of many, oldest first. */
enum { SURVEY_TREND_MOST = 48, SURVEY_TREND_SECONDS = 600 };

struct survey_trend {
	struct {
		int64_t at;	/* wall */
		int disk;	/* thousandths */
	} points[SURVEY_TREND_MOST];
	size_t count;
};

struct survey_node {
	char *name;
	char *uid;
	char *address;		/* that was connected to; "" none yet */
	struct node_call *call;	/* NULL: nothing is under way */
	enum node_trouble trouble;	/* of the latest asking */
	struct err err;		/* of trouble, or why it could not be asked at all */
	int64_t asked_ms;	/* monotonic time of the latest asking; 0: never asked */
	int64_t answered_at;	/* wall time of its end, however it ended; 0: none yet */
	int64_t took_ms;
	bool has_failed;	/* the latest asking did */
	struct survey_answer *answers;	/* in the order of the checks; those that were never had are left out */
	size_t count;
	struct survey_trend trend;
	struct node_survey *owner;
	unsigned round;		/* of survey_progress */
};

/* Shares in thousandths of the fullest; -1 not known. */
struct survey_gauges {
	int disk;
	int inodes;
	int memory;
	char disk_path[128];	/* where: a mount point, raw; "" not known */
	int64_t measured_at;	/* of the oldest of them; 0: nothing is known */
};

/* The checks are read from a folder (assets/checks). Borrows loop and source. */
int node_survey_new(struct loop *loop, const char *checks, const struct node_source *source,
		    struct node_survey **ret_survey, struct err *err);
/* Cancels what is under way. NULL is fine. */
void node_survey_free(struct node_survey *survey);

/*
 * Keeps what parsers read of every check: lists of mounts and lines of journals, for commands that print them. Without
 * it only what gauges need is kept, so that a thousand nodes stay small.
 */
void node_survey_keep_values(struct node_survey *survey);
/* Borrowed. */
const struct check_set *node_survey_checks(const struct node_survey *survey);
size_t node_survey_check_count(const struct node_survey *survey);
const char *node_survey_check_name(const struct node_survey *survey, size_t index);
/* What it is called in a language. */
const char *node_survey_check_title(const struct node_survey *survey, const char *name, const char *language);
/* What holds, in a language; "" for no sign. */
const char *node_survey_sign_title(const struct node_survey *survey, const char *check, const char *sign,
				   const char *language);
bool node_survey_has_check(const struct node_survey *survey, const char *name);

/*
 * Asks a node for a check, or for all (NULL). One that is being asked is not asked twice. -1: there is no such
 * check.
 */
int node_survey_ask(struct node_survey *survey, const char *node, const char *uid, const char *check, struct err *err);
/* Begins a round: progress counts what is asked from here on. */
void node_survey_start_round(struct node_survey *survey);
/* The nodes of the latest round. */
struct survey_progress {
	size_t total;
	size_t done;
	size_t failed;
	const struct survey_node *slowest;	/* of those that answered; NULL: none */
	int64_t started_ms;			/* monotonic */
};
void node_survey_progress(const struct node_survey *survey, struct survey_progress *ret_progress);
/*
 * What is to count of a check on a node: NULL while the node is being asked in this round and what is known of it
 * is of before, or nothing is.
 */
const struct survey_answer *node_survey_answer(const struct node_survey *survey, const struct survey_node *node,
					       const char *check);
bool node_survey_is_idle(const struct node_survey *survey);

/* By name ("node-2" before "node-10"). Borrowed until the next asking or forgetting. */
size_t node_survey_count(const struct node_survey *survey);
const struct survey_node *node_survey_at(const struct node_survey *survey, size_t index);
const struct survey_node *node_survey_find(const struct node_survey *survey, const char *node);
const struct survey_answer *survey_answer_find(const struct survey_node *node, const char *check);
/* Its value is read by survey_gauges_read(). */
bool survey_is_gauge(const char *check);
void survey_gauges_read(const struct survey_node *node, struct survey_gauges *ret_gauges);
/*
 * How fast the disk fills, in thousandths an hour (negative: it empties), from what was measured here over
 * *ret_seconds. 0 where it did not change, or less than ten minutes are known.
 */
int survey_trend_an_hour(const struct survey_node *node, int64_t *ret_seconds);
void survey_trend_add(struct survey_trend *trend, int disk, int64_t at);
/* Nodes that the snapshot does not have any more go; so does what is known of another uid. */
void node_survey_sweep(struct node_survey *survey, const struct snapshot *snapshot);
/* Grows with every change. */
uint64_t node_survey_version(const struct node_survey *survey);

/* {"nodes":[…]} as `nodes -o json` prints it (interfaces.md), of one check or of all (NULL). New reference. */
json_t *node_survey_to_json(const struct node_survey *survey, const char *check);

#endif
