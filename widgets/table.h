/*
 * A table that pulls: it asks for the number of rows, the key of a row and
 * the cells that are seen, and owns only cursor, scroll position, marks and
 * the order while that is frozen. Rows belong to the caller.
 *
 * A key is a string that stays with a row while it moves (the object's uid).
 * After the data changed the caller calls table_update(): the cursor stays on
 * its key; where that is gone, at its place. While frozen (a dialog is open)
 * rows keep their places, rows that went are left out and new ones wait.
 *
 * Rows in this interface are indexes of the caller's unless "place" is said,
 * which is the position on the screen's list.
 */
#ifndef WIDGETS_TABLE_H
#define WIDGETS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/map.h"
#include "widgets/cells.h"
#include "widgets/keys.h"

struct table;

enum { TABLE_NO_ROW = -1, TABLE_MOST_COLUMNS = 24 };

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT,
};

struct table_column {
	const char *title; /* raw; "" for none */
	/*
	 * A column is as wide as its title and the cells under it, at most
	 * ideal (0: no limit). Where that does not fit, those with a drop go
	 * (the highest first; 0 stays; those that squeeze last), then texts
	 * are cut, down to minimum cells. What is left goes by weight.
	 */
	int minimum;
	int ideal;
	int weight;
	int drop;
	enum table_align align;
	int whole;	   /* cells of text that are not cut while there are columns with a drop that can go */
	bool squeezes;	   /* with a drop: shown even if the texts of others are cut for it */
	bool only_filled;  /* left out where none of its cells has a text */
	bool cut_middle;   /* what is cut keeps its beginning and its end: names that differ at their end */
};

/* What the caller fills for one cell; zeroed but for role and scratch before it is asked. */
struct table_cell {
	const char *text;  /* raw, borrowed until the next call; NULL = "" ; may point to scratch */
	enum role role;	   /* set to ROLE_NORMAL */
	unsigned attributes;
	bool has_gauge;	   /* a bar of gauge_permille before the text, where there is room */
	int gauge_permille;
	enum role gauge_role;
	char scratch[256];
};

struct table_source {
	void *context;
	size_t (*row_count)(void *context);
	/* Borrowed until the data changes; "" and NULL are taken as no key. */
	const char *(*row_key)(void *context, size_t row);
	void (*cell)(void *context, size_t row, size_t column, struct table_cell *cell);
	/* Role for the whole row over what cell() says (stale, disabled), or ROLE_NONE. May be NULL. */
	enum role (*row_role)(void *context, size_t row);
};

struct table {
	struct table_source source;
	const struct table_column *columns; /* borrowed */
	size_t column_count;
	const char *empty_text; /* shown where there are no rows; raw, borrowed, may be NULL */
	bool no_header;
	bool no_cursor; /* moves scroll */
	bool loading;	/* rows still arrive: a cursor that was never moved stays at the top */

	size_t cursor;	      /* place */
	size_t top;	      /* first place seen */
	int seen_rows;	      /* rows of data at the last draw: the size of a page */
	int contents[TABLE_MOST_COLUMNS]; /* cells of the widest text seen in each column since the last update */
	int measured_width;   /* the width of the table that contents were taken at; 0 = not measured */
	char *cursor_key;     /* owned */
	bool moved;	      /* the operator chose this row */
	struct map marks;     /* of owned strings */
	char *search;	      /* owned, NULL = none */
	bool frozen;
	char **frozen_keys;   /* owned, in order */
	size_t frozen_count;
	size_t *order;	      /* owned: rows by place, while frozen */
	size_t order_count;
};

void table_init(struct table *table, const struct table_source *source, const struct table_column *columns,
		size_t column_count);
void table_release(struct table *table);

/* The caller's rows changed: anchors the cursor and drops marks of rows that are gone. */
void table_update(struct table *table);
/* Keeps or gives free the order of rows. */
void table_freeze(struct table *table, bool frozen);

/* The row under the cursor, or TABLE_NO_ROW. */
ptrdiff_t table_cursor_row(const struct table *table);
/* Its key, or NULL. Borrowed from the table. */
const char *table_cursor_key(const struct table *table);
/* Puts the cursor on a key. False if there is no such row: nothing changes. */
bool table_select_key(struct table *table, const char *key);
/* True if something moved. */
bool table_move(struct table *table, enum movement movement);
/* Rows that can be seen now: row_count(), or fewer while frozen. */
size_t table_places(const struct table *table);

/* Marks or unmarks the row under the cursor and moves down, as Space does. */
void table_toggle_mark(struct table *table);
size_t table_mark_count(const struct table *table);
bool table_is_marked(const struct table *table, const char *key);

/* Highlights raw text in all cells; NULL or "" ends it. */
void table_set_search(struct table *table, const char *needle);

/* Draws header, rows that fit and, where not all do, a scroll bar in the last column. */
void table_draw(struct table *table, struct cells *cells, struct rect rect, bool focused);

#endif
