/*
 * The pool's command runner, for the doors in this folder and for nobody else.
 */
#ifndef SSH_POOL_PRIVATE_H
#define SSH_POOL_PRIVATE_H

#include "probes/ssh/pool.h"

struct node_command_request {
	struct node_host host;
	const char *line;		/* for the remote shell; made by remote_line() or a check's script */
	const char *input;		/* standard input; NULL: none */
	size_t input_length;
	int timeout_ms;			/* of the command alone */
	size_t output_maximum;		/* of each stream; 0: 1 MiB */
	/* Pieces of output as they come (which: 1 or 2); may be NULL. */
	void (*on_output)(void *data, int which, const char *bytes, size_t n);
	/* Once, unless cancelled. */
	void (*on_done)(void *data, const struct node_answer *answer);
	/* Last of all, cancelled or not: data is not used any more. May be NULL. */
	void (*on_release)(void *data);
	void *data;
};

/* Copies the request. Never fails at once: every failure is an answer. */
struct node_call *pool_run(struct node_pool *pool, const struct node_command_request *request);
/* The words single-quoted, as one line that any POSIX shell, csh and fish read alike. Caller frees. */
char *remote_line(const char *const *argv);

#endif
