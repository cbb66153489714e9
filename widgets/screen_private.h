/* What the files of the screen share; nobody else includes this. */
#ifndef WIDGETS_SCREEN_PRIVATE_H
#define WIDGETS_SCREEN_PRIVATE_H

/* Without it curses.h defines macros (clear, move, box...) that hit other names. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <stdio.h>
#include <term.h>
#undef columns
#undef lines

#include "widgets/screen.h"

enum { SCREEN_MOST_PAIRS = 240 };

struct colour_pair {
	int foreground;
	int background;
};

struct screen {
	SCREEN *curses;
	WINDOW *keys; /* a pad of one cell: reading from it draws nothing */
	FILE *input;
	FILE *output;
	bool is_terminal;
	bool suspended;
	bool mouse;
	bool pasting; /* between the marks of a bracketed paste */
	bool has_paste;

	enum glyph_set glyphs;
	struct theme theme;
	int colours; /* 0 = none used */
	struct colour_pair pairs[SCREEN_MOST_PAIRS]; /* pair i + 1 */
	int pair_count;
	int most_pairs;

	struct cells last; /* what was shown */
	bool repaint;
	int cursor_row; /* -1 = hidden */
	int cursor_column;
	int shown_cursor_row;
	int shown_cursor_column;
};

/* keys read by curses but unknown to it; past every code of its own */
enum {
	CODE_PASTE_START = 4001,
	CODE_PASTE_END,
	CODE_CTRL_LEFT,
	CODE_CTRL_RIGHT,
};

/* screen_input.c */
void screen_init_input(struct screen *screen);

/* screen_restore.c: keeps what puts the terminal back; to be called when curses is set up. */
void restore_keep_terminal(int input, int output, unsigned restore_on);
void restore_prepare(const char *const *strings, size_t count);
void restore_arm(bool armed);
void restore_forget(void);

/* Writes all bytes to the terminal behind curses' back: sequences that it does not know. */
void screen_write(struct screen *screen, const char *bytes, size_t n);

#endif
