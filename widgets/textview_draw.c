/* Scrolling, searching and drawing of textview.h. */
#include "widgets/textview_private.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/search.h"

/* A view that was never drawn moves by this page. */
enum { USUAL_ROWS = 20, USUAL_WIDTH = 80, STEP_LEFT = 8 };

static int page_rows(const struct textview *view)
{
	return view->seen_rows > 0 ? view->seen_rows : USUAL_ROWS;
}

static int rows_of(const struct textview *view, size_t line)
{
	return textview_line_rows(view, textview_line(view, line));
}

/* Moves a position by rows, within the text. */
static void step_rows(const struct textview *view, size_t *line, int *row, long rows)
{
	while (rows > 0 && *line < view->count) {
		if (*row + 1 < rows_of(view, *line)) {
			(*row)++;
		} else if (*line + 1 < view->count) {
			(*line)++;
			*row = 0;
		} else {
			return;
		}
		rows--;
	}
	while (rows < 0) {
		if (*row > 0) {
			(*row)--;
		} else if (*line > 0) {
			(*line)--;
			*row = rows_of(view, *line) - 1;
		} else {
			return;
		}
		rows++;
	}
}

/* The position at which the last row of the text is the last row of the page. */
static void end_position(const struct textview *view, size_t *line, int *row)
{
	*line = view->count ? view->count - 1 : 0;
	*row = view->count ? rows_of(view, *line) - 1 : 0;
	step_rows(view, line, row, -(long)(page_rows(view) - 1));
}

static bool is_behind(size_t line, int row, size_t other_line, int other_row)
{
	return line > other_line || (line == other_line && row > other_row);
}

static void show_cursor(struct textview *view)
{
	size_t line = view->top;
	int row = view->top_row;
	size_t last = view->cursor;
	int last_row;

	if (view->cursor < view->top || (view->cursor == view->top && view->top_row > 0)) {
		view->top = view->cursor;
		view->top_row = 0;
		return;
	}
	step_rows(view, &line, &row, page_rows(view) - 1);
	last_row = rows_of(view, view->cursor) - 1;
	if (!is_behind(last, last_row, line, row))
		return;
	step_rows(view, &last, &last_row, -(long)(page_rows(view) - 1));
	view->top = last;
	view->top_row = last_row;
	/* A line taller than the page is shown from its start. */
	if (view->top == view->cursor)
		view->top_row = 0;
}

/* Brings top into the text, and to the end while following. */
static void settle(struct textview *view)
{
	size_t line;
	int row;

	if (!view->wrap_width)
		textview_set_width(view, USUAL_WIDTH);
	if (!view->count) {
		view->top = view->cursor = 0;
		view->top_row = 0;
		return;
	}
	if (view->cursor >= view->count || (view->has_cursor && view->follow))
		view->cursor = view->count - 1;
	end_position(view, &line, &row);
	if (view->follow || is_behind(view->top, view->top_row, line, row)) {
		view->top = line;
		view->top_row = row;
	}
	if (view->top_row >= rows_of(view, view->top))
		view->top_row = 0;
	if (view->has_cursor && !view->follow)
		show_cursor(view);
}

static long rows_for(const struct textview *view, enum movement movement)
{
	int page = page_rows(view);
	int half = page > 1 ? page / 2 : 1;

	switch (movement) {
	case MOVEMENT_UP:
		return -1;
	case MOVEMENT_DOWN:
		return 1;
	case MOVEMENT_HALF_UP:
		return -half;
	case MOVEMENT_HALF_DOWN:
		return half;
	case MOVEMENT_PAGE_UP:
		return page > 1 ? -(page - 1) : -1;
	case MOVEMENT_PAGE_DOWN:
		return page > 1 ? page - 1 : 1;
	default:
		return 0;
	}
}

static void move_cursor(struct textview *view, enum movement movement)
{
	long by = rows_for(view, movement);
	size_t last = view->count ? view->count - 1 : 0;

	if (movement == MOVEMENT_HOME)
		view->cursor = 0;
	else if (movement == MOVEMENT_END)
		view->cursor = last;
	else if (by < 0)
		view->cursor -= (size_t)-by < view->cursor ? (size_t)-by : view->cursor;
	else
		view->cursor = view->cursor + (size_t)by < last ? view->cursor + (size_t)by : last;
}

static bool move_sideways(struct textview *view, enum movement movement)
{
	int before = view->left;

	if (!view->no_wrap)
		return false;
	view->left += movement == MOVEMENT_RIGHT ? STEP_LEFT : -STEP_LEFT;
	if (view->left < 0)
		view->left = 0;
	if (view->left > TEXTVIEW_LINE_BYTES)
		view->left = TEXTVIEW_LINE_BYTES;
	return view->left != before;
}

bool textview_move(struct textview *view, enum movement movement)
{
	size_t top;
	int top_row;
	size_t cursor;
	bool was_following = view->follow;

	if (movement == MOVEMENT_LEFT || movement == MOVEMENT_RIGHT)
		return move_sideways(view, movement);
	settle(view);
	top = view->top;
	top_row = view->top_row;
	cursor = view->cursor;
	if (movement == MOVEMENT_HOME || rows_for(view, movement) < 0)
		view->follow = false;
	if (movement == MOVEMENT_END)
		view->follow = view->tails;
	if (view->has_cursor) {
		move_cursor(view, movement);
	} else if (movement == MOVEMENT_HOME) {
		view->top = 0;
		view->top_row = 0;
	} else if (movement == MOVEMENT_END) {
		end_position(view, &view->top, &view->top_row);
	} else {
		step_rows(view, &view->top, &view->top_row, rows_for(view, movement));
	}
	settle(view);
	return top != view->top || top_row != view->top_row || cursor != view->cursor ||
	       was_following != view->follow;
}

void textview_top(struct textview *view)
{
	view->top = view->cursor = 0;
	view->top_row = view->left = 0;
	view->match = -1;
	view->follow = false;
}

void textview_show_line(struct textview *view, size_t line)
{
	size_t last;
	int row;

	if (line >= view->count)
		return;
	settle(view);
	view->follow = false;
	view->cursor = line;
	last = view->top;
	row = view->top_row;
	step_rows(view, &last, &row, page_rows(view) - 1);
	if (line > view->top && line < last)
		return;
	/* With some lines above it, so that it can be understood. */
	view->top = line;
	view->top_row = 0;
	step_rows(view, &view->top, &view->top_row, -(long)(page_rows(view) / 3));
	settle(view);
}

void textview_set_follow(struct textview *view, bool follow)
{
	view->follow = view->tails = follow;
}

void textview_set_wrap(struct textview *view, bool wrap)
{
	view->no_wrap = !wrap;
	view->top_row = 0;
	view->left = 0;
}

void textview_position(const struct textview *view, size_t *ret_first, size_t *ret_last)
{
	size_t last = view->top;
	int row = view->top_row;

	if (!view->count) {
		*ret_first = *ret_last = 0;
		return;
	}
	if (last >= view->count)
		last = view->count - 1;
	*ret_first = last + 1;
	step_rows(view, &last, &row, page_rows(view) - 1);
	*ret_last = last + 1;
}

/* The next line from "line" on that has the needle, around the ends; count = none. */
static size_t find_line(const struct textview *view, size_t line, bool backwards)
{
	for (size_t i = 0; i < view->count; i++) {
		size_t at = (line + (backwards ? view->count - i : i)) % view->count;

		if (search_matches(textview_text(view, at), view->search))
			return at;
	}
	return view->count;
}

static bool go_to_match(struct textview *view, size_t from, bool backwards)
{
	size_t line = find_line(view, from, backwards);

	if (line >= view->count)
		return false;
	view->match = (ptrdiff_t)line;
	textview_show_line(view, line);
	return true;
}

bool textview_set_search(struct textview *view, const char *needle)
{
	free(view->search);
	view->search = needle && *needle ? xstrdup(needle) : NULL;
	view->match = -1;
	if (!view->search || !view->count)
		return false;
	return go_to_match(view, textview_current(view), false);
}

bool textview_search_next(struct textview *view, bool backwards)
{
	size_t first;
	size_t last;
	size_t from;

	if (!view->search || !view->count)
		return false;
	textview_position(view, &first, &last);
	from = textview_current(view);
	/* From the last match, unless the operator has scrolled away from it. */
	if (view->match >= 0 && (size_t)view->match + 1 >= first && (size_t)view->match < last) {
		from = (size_t)view->match;
		from = backwards ? (from + view->count - 1) % view->count : (from + 1) % view->count;
	}
	return go_to_match(view, from, backwards);
}

int textview_rows(struct textview *view, int width)
{
	int rows = 0;

	textview_set_width(view, width);
	for (size_t i = 0; i < view->count; i++)
		rows += rows_of(view, i);
	return rows;
}

/* Bytes start to end of a line at row, column, each segment in its role. */
static void draw_bytes(const struct textview_line *line, struct cells *cells, int row, int column,
		       size_t start, size_t end)
{
	int edge = cells->clip.column + cells->clip.columns;
	size_t at = start;

	for (size_t i = 0; i < line->segment_count && at < end; i++) {
		const struct textview_segment *segment = &line->segments[i];
		size_t stop = segment->end < end ? segment->end : end;

		if (stop <= at)
			continue;
		column += cells_put_bytes(cells, row, column, edge - column, (enum role)segment->role,
					  segment->attributes, line->text + at, stop - at);
		at = stop;
	}
}

static int row_indent(const struct textview_line *line, int width)
{
	return line->indent < width / 2 ? line->indent : 0;
}

/* Rows of one line from "skip" on. Returns the rows drawn. */
static int draw_line(const struct textview *view, struct textview_line *line, struct cells *cells,
		     struct rect area, int skip)
{
	size_t at = 0;
	int drawn = 0;

	if (view->no_wrap || !line->length) {
		draw_bytes(line, cells, area.row, area.column - view->left, 0, line->length);
		return 1;
	}
	for (int row = 0; at < line->length && drawn < area.rows; row++) {
		size_t next;
		size_t end = textview_wrap_row(line, at, view->wrap_width, &next);

		if (row >= skip) {
			int indent = at > 0 ? row_indent(line, view->wrap_width) : 0;

			draw_bytes(line, cells, area.row + drawn, area.column + indent, at, end);
			drawn++;
		}
		at = next;
	}
	return drawn;
}

static void draw_scroll_bar(struct textview *view, struct cells *cells, struct rect rect)
{
	long total = 0;
	long above = view->top_row;
	long thumb;
	long at;

	for (size_t i = 0; i < view->count; i++) {
		if (i < view->top)
			above += rows_of(view, i);
		total += rows_of(view, i);
	}
	if (total <= rect.rows || rect.rows < 2)
		return;
	thumb = (long)rect.rows * rect.rows / total;
	thumb = thumb > 0 ? thumb : 1;
	at = (above * (rect.rows - thumb) + (total - rect.rows) / 2) / (total - rect.rows);
	for (long i = 0; i < thumb; i++)
		cells_put_glyph(cells, rect.row + (int)(at + i), rect.column + rect.columns - 1, ROLE_SCROLL,
				GLYPH_SCROLL_THUMB);
}

void textview_draw(struct textview *view, struct cells *cells, struct rect rect, bool focused)
{
	struct rect text = {rect.row, rect.column, rect.rows, rect.columns - 1};
	struct rect former = cells_clip(cells, rect);
	int skip;
	int row = 0;

	view->seen_rows = rect.rows;
	textview_set_width(view, text.columns);
	settle(view);
	cells_fill(cells, rect, ROLE_NORMAL);
	cells->clip = rect_intersect(former, text);
	skip = view->top_row;
	for (size_t i = view->top; i < view->count && row < rect.rows; i++) {
		struct rect rest = {text.row + row, text.column, text.rows - row, text.columns};
		int drawn = draw_line(view, textview_line(view, i), cells, rest, skip);

		if (view->has_cursor && i == view->cursor)
			cells_overlay(cells, (struct rect){rest.row, rest.column, drawn, rest.columns},
				      focused ? ROLE_SELECTED : ROLE_SELECTED_UNFOCUSED);
		row += drawn;
		skip = 0;
	}
	if (view->search)
		cells_highlight(cells, text, view->search, ROLE_MATCH);
	cells->clip = rect_intersect(former, rect);
	draw_scroll_bar(view, cells, rect);
	cells->clip = former;
}
