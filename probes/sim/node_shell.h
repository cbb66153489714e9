/*
 * The part of a POSIX shell's language that lines sent to nodes are written
 * in (decisions.md 31), read for a simulated node: quoted words, lists with
 * ; && || and new lines, pipes, redirections to the node's files, groups, if,
 * assignments, $name, $?, $1, "$@" and $(...). No globs, loops, functions or
 * jobs: those are a syntax error, 2.
 *
 * Commands are looked up in node_commands.h. Nothing is ever run here.
 */
#ifndef SIM_NODE_SHELL_H
#define SIM_NODE_SHELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"

struct cluster;
struct machine;

enum { SHELL_OUTPUT_MAXIMUM = 8 << 20, SHELL_SYNTAX = 2, SHELL_NOT_FOUND = 127 };

/* What a command reads and writes. */
struct shell_io {
	const char *input;
	size_t input_length;
	struct buffer *out;
	struct buffer *error_out;
};

/* What had been written when something began to take its time. */
struct shell_moment {
	int64_t milliseconds;	/* from the start of the line */
	size_t out;		/* bytes */
	size_t error_out;
};

enum { SHELL_MOMENTS_MAXIMUM = 64 };

struct shell_timeline {
	const struct shell_io *io;	/* of the line as a whole */
	struct shell_moment moments[SHELL_MOMENTS_MAXIMUM];
	size_t count;
};

struct shell {
	struct cluster *cluster;
	struct machine *machine;
	const char *login;	/* who logged in */
	bool is_root;		/* now: by sudo, or because root logged in */
	json_t *variables;	/* name -> text */
	char **arguments;	/* $1...; borrowed */
	size_t argument_count;
	const char *name;	/* $0 */
	int status;		/* $? */
	bool is_over;		/* exit, a signal, or a lost connection: nothing more is done */
	bool is_lost;
	char signal[16];
	int64_t milliseconds;	/* it has taken so far; -1: never ends */
	struct shell_timeline *timeline;	/* NULL: nobody wants to know */
	int depth;
};

/* Does what the text says; returns its exit status. The lock is held. */
int shell_run(struct shell *shell, const char *text, const struct shell_io *io);
/* Time passes for what runs in this shell. */
void shell_spend(struct shell *shell, int64_t milliseconds);
void shell_say(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
