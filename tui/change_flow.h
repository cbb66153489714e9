/*
 * A change on the command line, from its preview to its exit code: what
 * `fix`, `undo` and `resume` share.
 */
#ifndef TUI_CHANGE_FLOW_H
#define TUI_CHANGE_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/buffer.h"
#include "tui/change_command.h"
#include "tui/secret_files.h"

struct change_flow {
	struct change_command *command;
	const char *digest;		/* --confirm; NULL: not given */
	const char *name;		/* --confirm-name */
	struct secret_files *secrets;	/* NULL: none are given */
	bool dry_run;
	const char *nothing;		/* message id: what to say where there is nothing to do */
	size_t printed;			/* output lines so far */
	int terminal;			/* /dev/tty; -1: none */
	struct buffer answer;
	bool answered;
};

/* digest, name, dry_run and nothing are set already. The change must be planned before change_flow_go(). */
void change_flow_init(struct change_flow *flow, struct change_command *command);
void change_flow_release(struct change_flow *flow);
/* Prints, asks, runs; returns the exit code of interfaces.md. */
int change_flow_go(struct change_flow *flow);

#endif
