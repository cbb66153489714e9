/*
 * Commands on nodes, as the engine sees them: whoever can run them (SSH)
 * gives this to change_context. Without it such steps are planned, previewed
 * and refused. A command is an argv, never a shell line (decisions.md 31); it
 * is part of the confirmed plan word by word.
 */
#ifndef REMEDY_NODE_RUNNER_H
#define REMEDY_NODE_RUNNER_H

#include <stddef.h>

#include "probes/base/err.h"

struct node_command {
	const char *node;		/* name of the Node object */
	const char *address;		/* its InternalIP; "" unknown */
	const char *const *argv;	/* NULL-terminated, with sudo, timeout and env before the command itself */
	const char *input;		/* its standard input; NULL: none */
	int timeout_seconds;
};

struct node_result {
	enum err_code code;		/* ERR_NONE: it ran to its end, whatever exit_status says */
	struct err err;
	int exit_status;
	const char *output;		/* both streams, capped; borrowed for the call */
};

struct node_runner {
	void *data;
	/* Why no command can run on this node from here; NULL: it can. Borrowed. */
	const char *(*why_not)(void *data, const char *node);
	/* on_done is called once, from the loop, unless cancelled. Returns what cancel() takes; NULL: err says why. */
	void *(*run)(void *data, const struct node_command *command,
		     void (*on_done)(void *done_data, const struct node_result *result), void *done_data,
		     struct err *err);
	void (*cancel)(void *data, void *running);
};

#endif
