/*
 * Reading checks on nodes. What may be read is data (the files of assets/checks/): a
 * name, an argv, a parser from a fixed table, limits (decisions.md 18, 31).
 * All checks that are wanted of a node run in one channel, as one script of
 * quoted lines, each with its own deadline and cap, each followed by a marker.
 */
#ifndef SSH_NODE_CHECK_H
#define SSH_NODE_CHECK_H

#include <jansson.h>

#include "probes/ssh/pool.h"

struct check_set;	/* the shipped checks */
struct check;

int check_set_load(const char *folder, struct check_set **ret_set, struct err *err);
void check_set_free(struct check_set *set);
size_t check_count(const struct check_set *set);
const struct check *check_at(const struct check_set *set, size_t index);
const struct check *check_by_name(const struct check_set *set, const char *name);	/* NULL: none */
const char *check_name(const struct check *check);

enum check_verdict { CHECK_OK, CHECK_BAD, CHECK_NOT_APPLICABLE, CHECK_COULD_NOT };

/* What one check found on one node. */
struct check_result {
	const struct check *check;
	enum check_verdict verdict;
	struct err reason;	/* of CHECK_COULD_NOT and CHECK_NOT_APPLICABLE */
	json_t *value;		/* what the parser made of the output: {"filesystems":[…]}; NULL: nothing */
	char *text;		/* one raw line for a person, e.g. "/var/lib/docker 91% of 100 GiB"; hostile */
	int exit_status;
};

struct check_run {		/* borrowed for the call */
	const struct node_answer *answer;	/* of the channel as a whole */
	const struct check_result *results;	/* one for each check that was wanted, in that order */
	size_t count;
};

/* Runs these checks on one node. on_done once, unless cancelled. */
struct node_call *node_check(struct node_pool *pool, const struct node_host *host, const struct check *const *checks,
			     size_t count, void (*on_done)(void *data, const struct check_run *run), void *data);
/*
 * A reading command that an approved runbook collects (evidence "node-check"). Refused (NULL, err) unless its argv
 * begins with a command of the listed reading ones where sudo is asked for.
 */
struct node_call *node_read(struct node_pool *pool, const struct node_host *host, const char *const *argv, bool sudo,
			    void (*on_done)(void *data, const struct node_answer *answer), void *data,
			    struct err *err);

/* A parser alone: pure, of hostile text; for tests and fuzzing. NULL: err says what was not understood. */
json_t *check_parse(const char *parser, const char *text, size_t n, struct err *err);

#endif
