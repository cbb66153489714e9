/*
 * Redirections of a command line (node_shell.h): < > >> 2> 2>> 2>&1 >&2, and
 * <<WORD. Files are the simulated node's.
 */
#ifndef SIM_NODE_REDIRECT_H
#define SIM_NODE_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/buffer.h"

struct shell;
struct shell_io;
struct word_reader;
struct words;

struct redirects {
	struct redirect {
		int from;	/* 0, 1 or 2 */
		int to;		/* 1 or 2; 0: path */
		bool append;
		char *path;
	} items[8];
	size_t count;
};

/* Reads one at `at`; false: there is none. */
bool redirect_read(struct word_reader *reader, struct redirects *redirects);
/* Runs with what they say in place of io. */
int redirect_run(struct shell *shell, const struct redirects *redirects, const struct shell_io *io,
		 int (*run)(struct shell *shell, const struct words *words, const struct shell_io *io),
		 const struct words *words);
/* Puts what was written where it belongs; 1: a file cannot be written. */
int redirect_output(struct shell *shell, const struct redirects *redirects, const struct shell_io *io,
		    const struct buffer *out, const struct buffer *error_out);
void redirects_release(struct redirects *redirects);

#endif
