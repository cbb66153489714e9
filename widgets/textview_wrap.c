/* How a line of a textview is cut into rows. Pure functions of text and width. */
#include "widgets/textview_private.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"

/* Cells up to the next place where the text at may be cut, counted up to most + 1. */
static int word_width(const char *text, size_t n, int most)
{
	int width = 0;
	uint32_t before = 0;

	for (size_t at = 0; at < n && width <= most;) {
		uint32_t c;

		at += text_decode(text + at, n - at, &c);
		if (before && text_may_break(before, c))
			break;
		width += text_cell_width(c);
		before = c;
	}
	return width;
}

/* A place to cut, found while going along a row. */
struct cut {
	size_t end;  /* behind what is seen */
	size_t next; /* where the next row begins */
};

/*
 * Goes along the row until it is full and keeps the last good place to cut.
 * Returns the byte at which it is full, or the text's length.
 */
static size_t walk_row(const char *text, size_t length, size_t start, int width, struct cut *last)
{
	size_t at = start;
	int used = 0;
	uint32_t before = 0;

	while (at < length) {
		uint32_t c;
		size_t bytes = text_decode(text + at, length - at, &c);
		int cells = text_cell_width(c);

		if (at > start && cells > 0 && c != ' ' && before != ' ' && text_may_break(before, c))
			*last = (struct cut){at, at};
		if (used + cells > width) {
			/* The space that is too much is where the row ends. */
			if (c == ' ')
				*last = (struct cut){at, at + bytes};
			return at;
		}
		if (c == ' ')
			*last = (struct cut){at, at + bytes};
		used += cells;
		before = cells ? c : before;
		at += bytes;
	}
	return length;
}

size_t textview_wrap_row(const struct textview_line *line, size_t at, int width, size_t *ret_next)
{
	struct cut cut = {at, at};
	size_t full;
	uint32_t c;

	if (at > 0)
		width -= line->indent < width / 2 ? line->indent : 0;
	width = width > 2 ? width : 2;
	full = walk_row(line->text, line->length, at, width, &cut);
	if (full >= line->length) {
		*ret_next = line->length;
		return line->length;
	}
	/* No good place, or a word that no row can hold: cut it here. */
	if (cut.next == at || cut.end == at ||
	    word_width(line->text + cut.next, line->length - cut.next, width) > width)
		cut = (struct cut){full, full};
	/* A row has at least one character, whatever the width. */
	if (cut.next == at)
		cut.end = cut.next = at + text_decode(line->text + at, line->length - at, &c);
	while (cut.next < line->length && line->text[cut.next] == ' ')
		cut.next++;
	*ret_next = cut.next;
	return cut.end;
}

int textview_line_rows(const struct textview *view, struct textview_line *line)
{
	size_t at = 0;
	int rows = 0;

	if (view->no_wrap || !line->length)
		return 1;
	if (line->wrapped)
		return line->wrapped;
	while (at < line->length) {
		textview_wrap_row(line, at, view->wrap_width, &at);
		rows++;
	}
	line->wrapped = rows;
	return rows;
}

void textview_set_width(struct textview *view, int width)
{
	width = width > 2 ? width : 2;
	if (width == view->wrap_width)
		return;
	view->wrap_width = width;
	view->top_row = 0;
	for (size_t i = 0; i < view->count; i++)
		textview_line(view, i)->wrapped = 0;
}
