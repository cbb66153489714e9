/*
 * Commands on nodes, as the engine sees them: what gives them to it is
 * node_door.c, which goes through the doors of probes/ssh; a test may give
 * its own. Without one such steps are planned and refused. A command is an
 * argv, never a shell line (decisions.md 31); what changes something is part
 * of the confirmed plan word by word.
 */
#ifndef REMEDY_NODE_RUNNER_H
#define REMEDY_NODE_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/ssh/pool.h"

struct argv_words;
struct node_token;

struct node_command {
	const char *node;		/* name of the Node object */
	const char *uid;		/* its uid; "" not known */
	const char *const *argv;	/* NULL-terminated */
	const char *input;		/* its standard input; NULL: none */
	int timeout_seconds;
	bool sudo;			/* of read(): with "sudo -n" before it */
};

typedef void node_done(void *data, const struct node_answer *answer);

struct node_runner {
	void *data;
	/* Why no command can run on this node from here; NULL: it can, as far as is known. Borrowed. */
	const char *(*why_not)(void *data, const char *node);
	/*
	 * read(): argv without sudo, timeout and env, which it adds itself; only reads. run(): argv as it is sent; what
	 * the token permits. on_done is called once, from the loop, unless cancelled. Returns what cancel() takes;
	 * NULL: err says why.
	 */
	void *(*read)(void *data, const struct node_command *command, node_done *on_done, void *done_data,
		      struct err *err);
	void *(*run)(void *data, const struct node_token *token, const struct node_command *command,
		     node_done *on_done, void *done_data, struct err *err);
	void (*cancel)(void *data, void *running);
	/* Who commands run as there; caller frees; NULL: not known. */
	char *(*user)(void *data, const char *node);
	/* Adds how a line for ssh says where that is: "-p 2222 user@address". False: it is not known. */
	bool (*add_destination)(void *data, const char *node, struct argv_words *words);
};

#endif
