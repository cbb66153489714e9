/*
 * Reading checks on nodes. What may be read is data (the files of assets/checks/): a
 * name, an argv, a parser from a fixed table, limits (decisions.md 18, 31).
 * All checks that are wanted of a node run in one channel, as one script of
 * quoted lines, each with its own deadline and cap, each followed by a marker.
 *
 * The remote command is "sh -s", so that the login shell may be any; the script is its input. Two lines a command:
 *
 *   sudo -n timeout -k 2 10 env LC_ALL=C PATH=… sha256sum /etc/logrotate.d/docker </dev/null
 *   s=$?; printf '\n%s %s %s\n' NONCE 3 "$s"; printf '\n%s %s %s\n' NONCE 3 "$s" >&2
 *
 * and one like the second before all of them, with s=0 and the word "start" in the number's place: what login scripts
 * print comes before it.
 *
 * ("sudo -n" where the check says so). NONCE is 32 hex digits, new each time and in no argv, so that no output can
 * forge a marker; the number counts commands from 0; both streams get the marker.
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
/* In "en", "ko" or "ja"; English for others. */
const char *check_title(const struct check *check, const char *language);
/* A sign that a check looks for, by its id ("disk-full"); NULL: none such. */
const char *check_sign_title(const struct check *check, const char *sign, const char *language);
bool check_sign_is_bad(const struct check *check, const char *sign);

enum check_verdict { CHECK_OK, CHECK_BAD, CHECK_NOT_APPLICABLE, CHECK_COULD_NOT };

/* What one check found on one node. */
struct check_result {
	const struct check *check;
	enum check_verdict verdict;
	/* the id of what holds, the worst first: "disk-full"; NULL: none. Borrowed from check */
	const char *sign;
	bool is_critical;	/* of CHECK_BAD: the severity of that sign */
	struct err reason;	/* of CHECK_COULD_NOT and CHECK_NOT_APPLICABLE */
	/* what the parsers made of the outputs, by the names of the reads: {"disk":{"worst":…}}; NULL: nothing */
	json_t *value;
	char *text;		/* one raw line for a person, e.g. "/var/lib/docker 91% of 100 GiB"; hostile */
	int exit_status;	/* of the first command that did not answer; else 0 */
	json_t *signs;		/* {"disk-full":true,…}: every sign of the check; NULL with CHECK_COULD_NOT */
};

/*
 * As evidence: {"verdict":"ok"|"bad"|"not-applicable","sign":id or null,"signs":{…},"value":{…},"text":"…"}; NULL where
 * it could not be checked. A new reference.
 */
json_t *check_result_document(const struct check_result *result);

struct check_run {		/* borrowed for the call */
	const struct node_answer *answer;	/* of the channel as a whole; its texts are not kept */
	const struct check_result *results;	/* one for each check that was wanted, in that order */
	size_t count;
};

/* Runs these checks on one node. on_done once, unless cancelled. */
struct node_call *node_check(struct node_pool *pool, const struct node_host *host, const struct check *const *checks,
			     size_t count, void (*on_done)(void *data, const struct check_run *run), void *data);
/*
 * A reading command that an approved runbook collects (evidence "node-check"). Refused (NULL, err) unless its argv is
 * one of the listed reading ones (check_allowed.c), with sudo or without: the login user may be root.
 */
struct node_call *node_read(struct node_pool *pool, const struct node_host *host, const char *const *argv, bool sudo,
			    void (*on_done)(void *data, const struct node_answer *answer), void *data,
			    struct err *err);

/* A parser alone: pure, of hostile text; for tests and fuzzing. NULL: err says what was not understood. */
json_t *check_parse(const char *parser, const char *text, size_t n, struct err *err);

/* The line for sudoers(5) that grants what node_read() sends of this with sudo. Caller frees. */
char *node_read_sudoers_line(const char *user, const char *const *argv);

#endif
