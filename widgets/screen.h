/*
 * The terminal: the only part that includes curses. Owns the alternate
 * screen, raw mode, colours, the cursor and the input; draws what
 * screen_show() is given and sends only what changed.
 *
 * Order: text_init(), install your own signal handlers, screen_open(), then
 * in each turn of the loop screen_read_key() until it returns 0, and
 * screen_show(). Wait for input on screen_input_fd() with poll(); never
 * block in here. One screen at a time: curses and the restoring of a crashed
 * terminal are per process.
 */
#ifndef WIDGETS_SCREEN_H
#define WIDGETS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/cells.h"
#include "widgets/keys.h"
#include "widgets/theme.h"

struct err;
struct screen;

/* Signals for which the terminal is restored before the process dies of them. */
enum {
	SCREEN_RESTORE_ON_CRASH = 1, /* SEGV, ABRT, BUS, FPE, ILL */
	SCREEN_RESTORE_ON_TERM = 2,  /* off where the application takes SIGTERM itself */
	SCREEN_RESTORE_ON_HUP = 4,
	SCREEN_RESTORE_ON_QUIT = 8,
};

struct screen_options {
	const char *term;	/* NULL = $TERM; xterm-256color is tried where that is unknown */
	int input;		/* descriptors; both 0 = standard input and output */
	int output;
	enum glyph_set glyphs;
	const char *background; /* theme_choose(): "light", "dark", NULL = guess */
	bool no_colour;		/* besides NO_COLOR in the environment */
	bool mouse;
	unsigned restore_on;	/* SCREEN_RESTORE_ON_... */
	int rows;		/* size where output is no terminal (tests); 0 = 24x80 */
	int columns;
};

/* Takes the terminal over. 0, or -1 (ERR_IO: no usable terminal type, or one that cannot move its cursor). */
int screen_open(struct screen **ret_screen, const struct screen_options *options, struct err *err);
/* Gives the terminal back as it was. NULL is fine. */
void screen_free(struct screen *screen);

int screen_rows(const struct screen *screen);
int screen_columns(const struct screen *screen);
enum glyph_set screen_glyphs(const struct screen *screen);
/* Colours of the terminal: 0, 8, 16, 256... */
int screen_colours(const struct screen *screen);
/* After SIGWINCH: asks for the size. True if it changed; the next screen_show() paints everything. */
bool screen_resize(struct screen *screen);

const struct theme *screen_theme(const struct screen *screen);
/* Copies the theme; the next screen_show() paints everything. */
void screen_set_theme(struct screen *screen, const struct theme *theme);

/* Brings the cells to the terminal; sends nothing where nothing changed. What does not fit is left out. */
void screen_show(struct screen *screen, const struct cells *cells);
/* Where the cursor is seen after the next screen_show(); row -1 hides it. */
void screen_set_cursor(struct screen *screen, int row, int column);
/* Ctrl-L: the next screen_show() paints everything, whatever is on the terminal. */
void screen_repaint(struct screen *screen);

/* For poll(): readable means that a key may be there. */
int screen_input_fd(const struct screen *screen);
/*
 * The next key. 1 and *ret_key, 0 when there is none now, -1 when the terminal
 * is gone (hung up, end of input): stop reading then, it will not come back.
 */
int screen_read_key(struct screen *screen, struct key *ret_key);

/*
 * Leaves the terminal to another program, or to the shell before
 * raise(SIGSTOP), and takes it back; the next screen_show() paints everything.
 */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);

/*
 * Copies raw text, made fit to show, to the operator's clipboard by OSC 52,
 * also through tmux and over SSH. 0, or -1 where it is longer than 74,994
 * bytes of base64 (the limit of common terminals) or the terminal has none.
 */
int screen_copy(struct screen *screen, const char *raw, size_t n);
/*
 * Puts the terminal back with write() and tcsetattr() only: may be called
 * from a signal handler, from memory_on_exhaustion() and before _exit().
 * Does nothing where no screen is open or it is suspended.
 */
void screen_restore_now(void);

#endif
