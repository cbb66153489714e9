/*
 * A batch: the commands of all checks that are wanted of one node as one
 * script, and its output taken apart again (node_check.h shows the form).
 * Pure but for the nonce; node_check.c sends it. Internal to probes/ssh/.
 */
#ifndef SSH_CHECK_BATCH_H
#define SSH_CHECK_BATCH_H

#include "probes/base/buffer.h"
#include "probes/ssh/check_set.h"

enum { NONCE_SIZE = 33, MARKER_MAXIMUM = 64 };

/* What became of one command. */
struct batch_output {
	struct buffer texts[2];	/* standard output and error, each up to the read's maximum */
	bool has_ended[2];	/* the marker came */
	int exit_status;
	int64_t ended_at_ms;	/* wall time when the marker came on the standard output */
};

struct batch_command {
	size_t check;		/* index in the batch */
	const struct check_read *read;
	const struct check_command *command;
	struct batch_output output;
};

/* One of the two streams while it comes. */
struct batch_stream {
	bool has_started;	/* what login scripts print comes before the first marker */
	size_t current;		/* the command whose output comes now */
	char held[MARKER_MAXIMUM + 2];	/* a line end and what may be a marker after it */
	size_t held_length;
};

struct check_batch {
	const struct check **checks;
	size_t wanted;		/* the first ones; after them those that say what applies */
	size_t count;
	enum node_runtime runtime;
	enum node_family family;
	struct batch_command *commands;
	size_t command_count;
	char nonce[NONCE_SIZE];
	struct batch_stream streams[2];
};

/* nonce NULL: a random one. The checks outlive the batch. */
void batch_init(struct check_batch *batch, const struct check *const *checks, size_t count, const char *runtime,
		const char *os_image, const char *nonce);
void batch_release(struct check_batch *batch);
/* For the standard input of "sh -s". Caller frees. */
char *batch_script(const struct check_batch *batch);
/* What the commands may need in all. */
int batch_timeout_ms(const struct check_batch *batch);
/* Bytes of a stream (1 or 2) as they come; now_ms: wall time. */
void batch_feed(struct check_batch *batch, int which, const char *bytes, size_t n, int64_t now_ms);
/* What was found; results has batch->wanted places, for check_result_release(). */
void batch_judge(const struct check_batch *batch, const struct node_answer *answer, struct check_result *results);
void check_result_release(struct check_result *result);

/*
 * A command as it is sent: sudo -n (where asked for), timeout -k 2 N, env LC_ALL=C PATH=…, and the words. Caller
 * frees the list; the words are borrowed, but for the number of seconds, whose place is seconds.
 */
const char **wrapped_argv(const char *const *argv, bool sudo, int timeout_seconds, char seconds[12]);
/* The line of /etc/sudoers that permits exactly this command to the login user. Caller frees. */
char *sudoers_line(const char *user, const char *const *argv, int timeout_seconds);

/* check_judge.c: one check of an ended batch; facts: what is known of the node, filled by "runtime" and "os". */
struct node_facts {
	enum node_runtime runtime;
	enum node_family family;
};
void judge_check(const struct check_batch *batch, size_t index, const struct node_answer *answer,
		 struct node_facts *facts,
		 struct check_result *result);
/* Whether something for one runtime and family is for this node. */
bool facts_fit(const struct node_facts *facts, enum node_runtime runtime, enum node_family family);

/* check_failure.c: why a command did not answer. */
void explain_failure(const struct batch_command *command, const struct node_answer *answer, struct err *ret_reason);
bool is_not_installed(const struct batch_output *output);
bool is_missing_file(const struct batch_output *output);

/* check_value.c: the member at "a.b" or "list[key=value].c"; NULL: none. */
const json_t *value_member(const json_t *value, const char *path);
/* Whether a sign's tests all hold. */
bool value_has_sign(const json_t *value, const struct check_sign *sign);
/* The summary with its places filled. Caller frees. */
char *value_summary(const json_t *value, const char *summary);
/* check_derive.c */
void value_derive(json_t *value, enum check_derive derive, int64_t clock_read_at_ms);

#endif
