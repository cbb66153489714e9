/*
 * The screen as data: a grid of cells. Everything is drawn into cells;
 * screen_show() brings them to the terminal, tests read them back. Nothing
 * here knows a terminal.
 *
 * Foreign text becomes shown text in the writer (decisions.md 4): pass raw
 * bytes to cells_put() and never prepare them. A character of two cells is
 * never cut in half; what remains of one at an edge, or under something drawn
 * over it, becomes a space.
 *
 * Coordinates are absolute; what lies outside of the grid or of the clip
 * rectangle is not drawn.
 */
#ifndef WIDGETS_CELLS_H
#define WIDGETS_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "widgets/glyph.h"
#include "widgets/rect.h"
#include "widgets/theme.h"

struct buffer;

enum { CELL_MARKS = 2 };

/* No padding: two cells are the same where memcmp() says so. */
struct cell {
	uint32_t text[1 + CELL_MARKS]; /* a character and its combining marks, 0 = none */
	uint8_t width;		       /* cells it takes: 1 or 2; 0 = right half of the one before */
	uint8_t role;
	uint8_t overlay; /* ROLE_NONE = none */
	uint8_t attributes;
};

struct cells {
	int rows;
	int columns;
	enum glyph_set glyphs;
	struct rect clip;
	struct cell *cell; /* rows * columns of them, row by row */
};

/* Blank cells of ROLE_NORMAL; the clip rectangle is the whole grid. */
void cells_init(struct cells *cells, int rows, int columns, enum glyph_set glyphs);
void cells_release(struct cells *cells);
/* Another size; everything is blank afterwards. */
void cells_resize(struct cells *cells, int rows, int columns);
/* Everything blank, the clip rectangle is the whole grid again. */
void cells_clear(struct cells *cells);
struct rect cells_area(const struct cells *cells);

/*
 * Narrows the clip rectangle to what it shares with rect and returns the
 * former one, which the caller puts back: "cells->clip = former;".
 */
struct rect cells_clip(struct cells *cells, struct rect rect);

/* How cells_put() places a text; or'ed with ATTRIBUTE_... of theme.h. */
enum {
	PUT_PAD = 0x100,      /* fill up to max_cells with spaces of the role */
	PUT_ELLIPSIS = 0x200, /* a text that is cut ends with … (~) */
	PUT_RIGHT = 0x400,    /* at the right end of max_cells; implies PUT_PAD */
	PUT_CENTRE = 0x800,   /* in the middle of max_cells; implies PUT_PAD */
	PUT_CUT_LEFT = 0x1000, /* a text that is too long loses its beginning: for paths and what is typed */
	PUT_CUT_MIDDLE = 0x2000 /* it loses its middle: for names that differ at their end */
};

/*
 * Writes raw text on one row, at most max_cells wide (less at the clip
 * rectangle), and returns the cells that it took, padding included. NULL is
 * an empty text.
 */
int cells_put(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
	      const char *raw);
/* The same for n bytes that need not end with a NUL. */
int cells_put_bytes(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
		    const char *raw, size_t n);
/* printf() into at most 1 KiB, then cells_put(): for our own short phrases. */
int cells_putf(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
	       const char *format, ...) __attribute__((format(printf, 7, 8)));
/* One glyph of the grid's set. Returns 1. */
int cells_put_glyph(struct cells *cells, int row, int column, enum role role, enum glyph glyph);

/* Spaces of that role. */
void cells_fill(struct cells *cells, struct rect rect, enum role role);
/* Lays a role over cells that are there: the selected row, a match. */
void cells_overlay(struct cells *cells, struct rect rect, enum role overlay);
/* Changes the role of cells that are there, keeping their text: what lies behind a dialog, stale data. */
void cells_recolour(struct cells *cells, struct rect rect, enum role role);
/*
 * Overlays each occurrence of needle (raw; letters of either case) that is
 * seen on the rows of rect, and returns how many there were.
 */
int cells_highlight(struct cells *cells, struct rect rect, const char *needle, enum role overlay);

/* A frame: "┌ 1 Nodes 11/12 ready ─── 3s ┐". Texts are raw and may be NULL. */
struct box {
	const char *title; /* left, in the upper border */
	const char *note;  /* right, in the upper border; left out first when there is no room */
	const char *foot;  /* right, in the lower border */
	bool focused;
	enum role role;	     /* of the lines; 0 = ROLE_BORDER, or ROLE_BORDER_FOCUSED */
	enum role title_role; /* 0 = ROLE_TITLE, or ROLE_TITLE_FOCUSED */
	enum role note_role;  /* 0 = ROLE_DIM */
};

/*
 * Draws the lines of a box; the inside stays as it is. Lines join those that
 * are already there: two boxes that share a border get ├ ┤ ┬ ┴ ┼. Draw the
 * focused one last.
 */
void cells_box(struct cells *cells, struct rect rect, const struct box *box);
/* A horizontal rule that joins the borders at both ends of rect's first row: ├────┤. */
void cells_rule(struct cells *cells, struct rect rect, enum role role);

/* The cell, or NULL outside of the grid. */
const struct cell *cells_at(const struct cells *cells, int row, int column);
/* The text of a row, trailing spaces cut: for tests, copying and dumps. */
void cells_row_text(const struct cells *cells, int row, struct buffer *out);
/* All rows, each with a line break. */
void cells_text(const struct cells *cells, struct buffer *out);
/* Same size and same cells. */
bool cells_equal(const struct cells *a, const struct cells *b);
void cells_copy(struct cells *to, const struct cells *from);

#endif
