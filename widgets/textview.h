/*
 * Text to read: evidence, a plan, a log, YAML, help. Lines of segments with
 * roles, wrapped by cell (at spaces where there are any, anywhere in Korean
 * and Japanese), scrolled, searched, followed. At most max_lines are kept;
 * older ones are dropped and counted.
 *
 *	textview_clear(&view);
 *	textview_add(&view, ROLE_HEADING, "Why");
 *	textview_add(&view, ROLE_NORMAL, "image ");
 *	textview_append(&view, ROLE_STRONG, image);
 *
 * Texts are raw; they become shown text when they are added. Clearing and
 * filling again keeps the place that is seen.
 */
#ifndef WIDGETS_TEXTVIEW_H
#define WIDGETS_TEXTVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "widgets/cells.h"
#include "widgets/keys.h"

enum { TEXTVIEW_LINE_BYTES = 16 << 10 }; /* what a line is cut at */

struct textview_segment {
	uint32_t end; /* byte offset behind it */
	uint8_t role;
	uint8_t attributes;
};

struct textview_line {
	char *text; /* shown text */
	uint32_t length;
	uint16_t segment_count;
	uint16_t indent; /* cells before the rows that a wrap makes */
	int wrapped;	 /* rows at wrap_width, 0 = not known */
	uint64_t tag;	 /* the caller's */
	struct textview_segment *segments;
};

struct textview {
	struct textview_line *lines; /* a ring of max_lines */
	size_t capacity;
	size_t first; /* index of the oldest in the ring */
	size_t count;
	size_t max_lines;
	uint64_t dropped; /* lines lost since the last clear */

	size_t top;	   /* line at the top */
	int top_row;	   /* row within it */
	int left;	   /* cells to the left that are not seen, without wrap */
	int wrap_width;	   /* width that "wrapped" was counted for */
	int seen_rows;	   /* at the last draw */
	bool no_wrap;
	bool follow;	   /* stay at the end as lines come; scrolling up pauses, going to the end resumes */
	bool tails;	   /* follow was wanted: going to the end turns it on again */
	bool has_cursor;   /* a line is selected; moves go line by line */
	size_t cursor;
	ptrdiff_t match;   /* line that the search is at, -1 = none */
	char *search;	   /* owned */
};

void textview_init(struct textview *view, size_t max_lines);
void textview_release(struct textview *view);
/* No lines; place, wrap, follow and search stay. */
void textview_clear(struct textview *view);

/* A new line. A line break in it is shown as \n: for several lines there is textview_add_lines(). */
void textview_add(struct textview *view, enum role role, const char *raw);
void textview_addf(struct textview *view, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void textview_add_bytes(struct textview *view, enum role role, const char *raw, size_t n);
/* Lines end at \n; one at the very end adds no empty line. */
void textview_add_lines(struct textview *view, enum role role, const char *raw);
/* More text, of another role, on the last line. */
void textview_append(struct textview *view, enum role role, const char *raw);
void textview_append_with(struct textview *view, enum role role, unsigned attributes, const char *raw);
void textview_appendf(struct textview *view, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* For the last line: cells that its wrapped rows are set in, and what the caller wants to find again. */
void textview_indent(struct textview *view, int cells);
void textview_tag(struct textview *view, uint64_t tag);

size_t textview_count(const struct textview *view);
/* Shown text of a line, borrowed; "" outside. */
const char *textview_text(const struct textview *view, size_t line);
uint64_t textview_tag_at(const struct textview *view, size_t line);
/* The line under the cursor, or the first one seen. */
size_t textview_current(const struct textview *view);

bool textview_move(struct textview *view, enum movement movement);
void textview_top(struct textview *view);
/* Scrolls so that the line is seen. */
void textview_show_line(struct textview *view, size_t line);
void textview_set_follow(struct textview *view, bool follow);
void textview_set_wrap(struct textview *view, bool wrap);
/* The first and last line seen, counted from 1, for "12-40/300" in a border. */
void textview_position(const struct textview *view, size_t *ret_first, size_t *ret_last);

/*
 * Highlights raw text and goes to the first occurrence at or below the top;
 * NULL or "" ends it. False if there is none.
 */
bool textview_set_search(struct textview *view, const char *needle);
bool textview_search_next(struct textview *view, bool backwards);

void textview_draw(struct textview *view, struct cells *cells, struct rect rect, bool focused);
/* Rows that the whole text takes at a width. */
int textview_rows(struct textview *view, int width);

#endif
