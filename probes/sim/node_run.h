/*
 * What a simulated node answers to a command line that came over SSH. The
 * line is read word by word (node_shell.h) and looked up in a table of the
 * commands that checks and repair steps use (node_commands.h); what is not
 * there is "not found", 127. Nothing is ever run on this machine.
 */
#ifndef SIM_NODE_RUN_H
#define SIM_NODE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/sim/node_shell.h"

struct cluster;

struct node_run_request {
	struct cluster *cluster;
	const char *node;
	const char *user;	/* who logged in */
	const char *line;
	const char *input;	/* all of its standard input */
	size_t input_length;
};

/* A struct of zeros is empty. */
struct node_run {
	struct buffer out;
	struct buffer error_out;
	int status;
	char signal[16];	/* "KILL": ended by it; "" by status */
	bool lost;		/* the connection breaks instead of an answer */
	int64_t milliseconds;	/* it takes so long; -1: for ever */
	struct shell_timeline timeline;	/* what of the output comes before that */
};

/* The command reads its standard input: run it when that has ended. */
bool node_line_wants_input(const char *line);
/* The lock is not held. */
void node_run(const struct node_run_request *request, struct node_run *ret_run);
void node_run_release(struct node_run *run);

#endif
