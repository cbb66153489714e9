/*
 * A line that is being typed: filter, command, a name to confirm, a value
 * that must not be seen. All state is in the struct; the caller feeds keys:
 *
 *	input_line_start(&line, &options);
 *	switch (input_line_feed(&line, &key)) ...
 *	input_line_stop(&line);
 *
 * Keys: characters, Left Right Home End, Ctrl-e (end), Backspace Delete
 * Ctrl-d, Ctrl-w (word) Ctrl-u (all before), Up Down Ctrl-p Ctrl-n (history),
 * Tab S-Tab (completion), Enter, Esc Ctrl-c. Ctrl-a, Ctrl-b, Ctrl-k stay free
 * for tmux and screen. The text is raw UTF-8; a pasted line break is a space.
 */
#ifndef WIDGETS_INPUT_LINE_H
#define WIDGETS_INPUT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/cells.h"
#include "widgets/keys.h"

enum { INPUT_LINE_BYTES = 4096, INPUT_CANDIDATES = 256 };

/* Lines typed before, oldest first; the caller keeps one per kind of prompt. Zeros are empty and ready. */
struct input_history {
	char **lines;
	size_t count;
	size_t maximum; /* 0 = 200 */
};

void input_history_release(struct input_history *history);
/* Adds a copy; an earlier equal line goes. Empty lines are not kept. */
void input_history_add(struct input_history *history, const char *line);

/* What could stand from byte "start" to the cursor. */
struct input_candidates {
	size_t start;
	size_t count;
	char *texts[INPUT_CANDIDATES]; /* owned */
};

/* Adds a copy, unless there are too many. */
void input_candidates_add(struct input_candidates *candidates, const char *text);

struct input_options {
	const char *prompt;	 /* raw, borrowed; may be NULL */
	const char *initial;	 /* raw; may be NULL */
	const char *placeholder; /* seen while the line is empty; raw, borrowed */
	bool masked;		 /* shows * and keeps no history; memory is wiped when it stops */
	size_t maximum;		 /* bytes; 0 or more than INPUT_LINE_BYTES - 1 = that */
	struct input_history *history; /* borrowed; NULL = none */
	/* Sets start and adds candidates for text up to the cursor. NULL = none. */
	void (*complete)(void *context, const char *text, size_t cursor, struct input_candidates *candidates);
	void *context;
};

enum input_result {
	INPUT_IGNORED,	/* not a key for us */
	INPUT_CHANGED,	/* the text is another */
	INPUT_MOVED,	/* the cursor or the candidates */
	INPUT_ACCEPTED, /* Enter */
	INPUT_CANCELLED /* Esc */
};

struct input_line {
	struct input_options options;
	char text[INPUT_LINE_BYTES];
	size_t length;
	size_t cursor; /* byte offset, between characters */
	size_t history_at;
	char *kept; /* what was typed before Up, owned */
	struct input_candidates candidates;
	size_t candidate; /* the one shown; candidates.count = what was typed */
	char *typed;	  /* what was typed before Tab, owned */
};

void input_line_start(struct input_line *line, const struct input_options *options);
enum input_result input_line_feed(struct input_line *line, const struct key *key);
void input_line_stop(struct input_line *line);

const char *input_line_text(const struct input_line *line);
void input_line_set(struct input_line *line, const char *raw);
/* Prompt and text on one row; the end that has the cursor is seen. Returns the column for the cursor. */
int input_line_draw(const struct input_line *line, struct cells *cells, int row, int column, int width);
/* The candidates on one row with the chosen one highlighted; nothing where there are less than two. */
void input_line_draw_candidates(const struct input_line *line, struct cells *cells, int row, int column,
				int width);

#endif
