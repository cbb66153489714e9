/* Borders of cells.h. */
#include "widgets/cells.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

/* Ways that lead out of a cell of a border. */
enum { UP = 1, RIGHT = 2, DOWN = 4, LEFT = 8 };

/* On text in a border: the line of a neighbour that shares the border leaves it alone; no theme sees it. */
enum { TEXT_IN_BORDER = 0x80 };

static const uint32_t line_codes[16] = {
	[LEFT | RIGHT] = 0x2500,	      [UP | DOWN] = 0x2502,
	[RIGHT | DOWN] = 0x250C,	      [LEFT | DOWN] = 0x2510,
	[RIGHT | UP] = 0x2514,		      [LEFT | UP] = 0x2518,
	[UP | DOWN | RIGHT] = 0x251C,	      [UP | DOWN | LEFT] = 0x2524,
	[LEFT | RIGHT | DOWN] = 0x252C,	      [LEFT | RIGHT | UP] = 0x2534,
	[UP | DOWN | LEFT | RIGHT] = 0x253C,
};

static unsigned ways_of(const struct cell *cell)
{
	uint32_t code = cell->text[0];

	if (cell->role != ROLE_BORDER && cell->role != ROLE_BORDER_FOCUSED)
		return 0;
	if (code == '-')
		return LEFT | RIGHT;
	if (code == '|')
		return UP | DOWN;
	/* An ASCII corner says nothing about its ways: it stays a corner. */
	if (code == '+')
		return UP | DOWN | LEFT | RIGHT;
	for (unsigned ways = 1; ways < 16; ways++) {
		if (line_codes[ways] == code)
			return ways;
	}
	return 0;
}

static void put_line(struct cells *cells, int row, int column, unsigned ways, enum role role)
{
	const struct cell *there = cells_at(cells, row, column);
	char text[5] = "";
	uint32_t code;

	if (!there || there->attributes & TEXT_IN_BORDER)
		return;
	ways |= ways_of(there);
	code = line_codes[ways];
	if (cells->glyphs == GLYPHS_ASCII)
		code = ways == (LEFT | RIGHT) ? '-' : ways == (UP | DOWN) ? '|' : '+';
	text_encode(code, text);
	cells_put(cells, row, column, 1, role, 0, text);
}

static void put_lines(struct cells *cells, struct rect rect, enum role role)
{
	int bottom = rect.row + rect.rows - 1;
	int right = rect.column + rect.columns - 1;

	for (int column = rect.column + 1; column < right; column++) {
		put_line(cells, rect.row, column, LEFT | RIGHT, role);
		put_line(cells, bottom, column, LEFT | RIGHT, role);
	}
	for (int row = rect.row + 1; row < bottom; row++) {
		put_line(cells, row, rect.column, UP | DOWN, role);
		put_line(cells, row, right, UP | DOWN, role);
	}
	put_line(cells, rect.row, rect.column, RIGHT | DOWN, role);
	put_line(cells, rect.row, right, LEFT | DOWN, role);
	put_line(cells, bottom, rect.column, RIGHT | UP, role);
	put_line(cells, bottom, right, LEFT | UP, role);
}

/* Cells that raw text takes when it is shown. */
static int raw_width(const char *raw)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4096);

	text_show(&shown, raw, strlen(raw));
	return text_width(buffer_text(&shown));
}

/* " text " in a border, between its corners. Returns the cells taken. */
static int put_border_text(struct cells *cells, int row, int column, int room, enum role role,
			   const char *raw)
{
	int used;

	if (room < 3)
		return 0;
	used = cells_put(cells, row, column, 1, role, TEXT_IN_BORDER, " ");
	used += cells_put(cells, row, column + 1, room - 2, role, TEXT_IN_BORDER | PUT_ELLIPSIS, raw);
	return used + cells_put(cells, row, column + used, 1, role, TEXT_IN_BORDER, " ");
}

static bool has_text(const char *text)
{
	return text && *text;
}

void cells_box(struct cells *cells, struct rect rect, const struct box *box)
{
	enum role usual = box->focused ? ROLE_BORDER_FOCUSED : ROLE_BORDER;
	enum role title_role = box->focused ? ROLE_TITLE_FOCUSED : ROLE_TITLE;
	enum role note_role = box->note_role ? box->note_role : ROLE_DIM;
	int inside = rect.columns - 2;
	int used = 0;

	if (rect.rows < 2 || rect.columns < 2)
		return;
	put_lines(cells, rect, box->role ? box->role : usual);
	if (has_text(box->title))
		used = put_border_text(cells, rect.row, rect.column + 1, inside,
				       box->title_role ? box->title_role : title_role, box->title);
	if (has_text(box->note)) {
		int width = raw_width(box->note) + 2;

		if (width <= inside - used - 1)
			put_border_text(cells, rect.row, rect.column + 1 + inside - width, width, note_role,
					box->note);
	}
	if (has_text(box->foot)) {
		int width = raw_width(box->foot) + 2;

		if (width <= inside)
			put_border_text(cells, rect.row + rect.rows - 1, rect.column + 1 + inside - width,
					width, note_role, box->foot);
	}
}

void cells_rule(struct cells *cells, struct rect rect, enum role role)
{
	int right = rect.column + rect.columns - 1;

	for (int column = rect.column + 1; column < right; column++)
		put_line(cells, rect.row, column, LEFT | RIGHT, role);
	if (rect.columns > 1) {
		put_line(cells, rect.row, rect.column, RIGHT, role);
		put_line(cells, rect.row, right, LEFT, role);
	}
}
