#include "widgets/cells.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/search.h"

/* A screen is far narrower; what lies behind cannot be seen anyway. */
enum { MOST_RAW_BYTES = 16 << 10, MOST_SHOWN_BYTES = 6 * MOST_RAW_BYTES, MOST_CELLS = 1 << 22, LEAST_TAIL = 9 };

static const struct cell blank_cell = {.text = {' '}, .width = 1, .role = ROLE_NORMAL, .overlay = ROLE_NONE};

void cells_init(struct cells *cells, int rows, int columns, enum glyph_set glyphs)
{
	*cells = (struct cells){.glyphs = glyphs};
	cells_resize(cells, rows, columns);
}

void cells_release(struct cells *cells)
{
	free(cells->cell);
	*cells = (struct cells){.glyphs = cells->glyphs};
}

void cells_resize(struct cells *cells, int rows, int columns)
{
	size_t count;

	rows = rows > 0 ? rows : 0;
	columns = columns > 0 ? columns : 0;
	count = (size_t)rows * (size_t)columns;
	if (count > MOST_CELLS)
		bug("a grid larger than any screen");
	if (rows != cells->rows || columns != cells->columns || !cells->cell)
		cells->cell = xreallocarray(cells->cell, count ? count : 1, sizeof(*cells->cell));
	cells->rows = rows;
	cells->columns = columns;
	cells_clear(cells);
}

struct rect cells_area(const struct cells *cells)
{
	return (struct rect){.rows = cells->rows, .columns = cells->columns};
}

void cells_clear(struct cells *cells)
{
	size_t count = (size_t)cells->rows * (size_t)cells->columns;

	for (size_t i = 0; i < count; i++)
		cells->cell[i] = blank_cell;
	cells->clip = cells_area(cells);
}

struct rect cells_clip(struct cells *cells, struct rect rect)
{
	struct rect former = cells->clip;

	cells->clip = rect_intersect(former, rect);
	return former;
}

static struct cell *cell_at(struct cells *cells, int row, int column)
{
	return &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
}

const struct cell *cells_at(const struct cells *cells, int row, int column)
{
	if (!rect_contains(cells_area(cells), row, column))
		return NULL;
	return &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
}

static void make_space(struct cell *cell)
{
	*cell = (struct cell){.text = {' '}, .width = 1, .role = cell->role, .overlay = cell->overlay,
			      .attributes = cell->attributes};
}

/* Before a cell is overwritten: the other half of a wide character that lay there becomes a space. */
static void break_wide(struct cells *cells, int row, int column)
{
	struct cell *cell = cell_at(cells, row, column);

	if (cell->width == 0 && column > 0)
		make_space(cell - 1);
	if (cell->width == 2 && column + 1 < cells->columns)
		make_space(cell + 1);
}

static void set_cell(struct cells *cells, int row, int column, struct cell cell)
{
	if (!rect_contains(cells->clip, row, column))
		return;
	break_wide(cells, row, column);
	*cell_at(cells, row, column) = cell;
}

/* A wide character at the edge of the clip rectangle becomes a space on the side that is inside. */
static void set_wide(struct cells *cells, int row, int column, struct cell cell)
{
	struct cell space = cell;
	struct cell right = cell;

	if (rect_contains(cells->clip, row, column) && rect_contains(cells->clip, row, column + 1)) {
		set_cell(cells, row, column, cell);
		memset(right.text, 0, sizeof(right.text));
		right.width = 0;
		break_wide(cells, row, column + 1);
		*cell_at(cells, row, column) = cell;
		*cell_at(cells, row, column + 1) = right;
		return;
	}
	make_space(&space);
	set_cell(cells, row, column, space);
	set_cell(cells, row, column + 1, space);
}

static void add_mark(struct cells *cells, int row, int column, uint32_t mark)
{
	struct cell *cell;

	if (!rect_contains(cells->clip, row, column))
		return;
	cell = cell_at(cells, row, column);
	if (cell->width == 0 && column > 0)
		cell--;
	for (size_t i = 1; i <= CELL_MARKS; i++) {
		if (!cell->text[i]) {
			cell->text[i] = mark;
			return;
		}
	}
}

/* Where and how a run of shown text goes. */
struct pen {
	struct cells *cells;
	int row;
	int column;
	enum role role;
	unsigned attributes;
};

static struct cell pen_cell(const struct pen *pen, uint32_t code_point, int width)
{
	return (struct cell){
		.text = {code_point},
		.width = (uint8_t)width,
		.role = (uint8_t)pen->role,
		.overlay = ROLE_NONE,
		.attributes = (uint8_t)(pen->attributes & 0xFFU),
	};
}

static void pen_write(struct pen *pen, const char *shown, size_t n)
{
	int start = pen->column;

	for (size_t at = 0; at < n;) {
		uint32_t c;
		int width;

		at += text_decode(shown + at, n - at, &c);
		width = text_cell_width(c);
		if (width == 0 && pen->column == start)
			continue;
		if (width == 0)
			add_mark(pen->cells, pen->row, pen->column - 1, c);
		else if (width == 2)
			set_wide(pen->cells, pen->row, pen->column, pen_cell(pen, c, 2));
		else
			set_cell(pen->cells, pen->row, pen->column, pen_cell(pen, c, 1));
		pen->column += width;
	}
}

static void pen_spaces(struct pen *pen, int n)
{
	for (int i = 0; i < n; i++)
		set_cell(pen->cells, pen->row, pen->column++, pen_cell(pen, ' ', 1));
}

static void pen_ellipsis(struct pen *pen)
{
	uint32_t code = glyph_code(pen->cells->glyphs, GLYPH_ELLIPSIS);

	set_cell(pen->cells, pen->row, pen->column++, pen_cell(pen, code, 1));
}

/* The end of shown text that takes at most so many cells. */
static const char *text_tail(const char *shown, int cells)
{
	int excess = text_width(shown) - cells;

	while (*shown && excess > 0) {
		uint32_t c;

		shown += text_decode(shown, strlen(shown), &c);
		excess -= text_cell_width(c);
	}
	return shown;
}

/* Cells of the end that a name keeps: generated names and numbered ones differ there. */
static int tail_cells(int room)
{
	int half = (room + 1) / 2;

	if (room / 3 > LEAST_TAIL)
		return room / 3;
	return half < LEAST_TAIL ? half : LEAST_TAIL;
}

/* Writes what fits in limit cells, the end, the middle or the beginning cut. Returns the cells taken. */
static int pen_write_cut(struct pen *pen, const char *shown, int limit, unsigned how)
{
	bool ellipsis = (how & PUT_ELLIPSIS) && limit > 1;
	int room = ellipsis ? limit - 1 : limit;
	int tail = how & PUT_CUT_LEFT ? room : how & PUT_CUT_MIDDLE ? tail_cells(room) : 0;
	int start = pen->column;

	pen_write(pen, shown, text_fit(shown, room - tail, NULL));
	if (ellipsis)
		pen_ellipsis(pen);
	shown = text_tail(shown, tail);
	pen_write(pen, shown, strlen(shown));
	return pen->column - start;
}

static int put_shown(struct pen *pen, int limit, unsigned how, const char *shown)
{
	int width = text_width(shown);
	int before = 0;
	int used;

	if (width < limit && (how & PUT_RIGHT))
		before = limit - width;
	else if (width < limit && (how & PUT_CENTRE))
		before = (limit - width) / 2;
	pen_spaces(pen, before);
	if (width > limit) {
		used = pen_write_cut(pen, shown, limit, how);
	} else {
		pen_write(pen, shown, strlen(shown));
		used = before + width;
	}
	if (how & (PUT_PAD | PUT_RIGHT | PUT_CENTRE) && used < limit) {
		pen_spaces(pen, limit - used);
		used = limit;
	}
	return used;
}

int cells_put_bytes(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
		    const char *raw, size_t n)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(MOST_SHOWN_BYTES);
	struct pen pen = {cells, row, column, role, how};
	int edge = cells->clip.column + cells->clip.columns;
	int limit = max_cells < edge - column ? max_cells : edge - column;

	if (limit <= 0 || row < cells->clip.row || row >= cells->clip.row + cells->clip.rows)
		return 0;
	if (n > MOST_RAW_BYTES && how & PUT_CUT_LEFT) {
		raw += n - MOST_RAW_BYTES;
		n = MOST_RAW_BYTES;
	}
	text_show(&shown, raw, n < MOST_RAW_BYTES ? n : MOST_RAW_BYTES);
	return put_shown(&pen, limit, how, buffer_text(&shown));
}

int cells_put(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
	      const char *raw)
{
	raw = raw ? raw : "";
	return cells_put_bytes(cells, row, column, max_cells, role, how, raw, strlen(raw));
}

int cells_putf(struct cells *cells, int row, int column, int max_cells, enum role role, unsigned how,
	       const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return cells_put(cells, row, column, max_cells, role, how, text);
}

int cells_put_glyph(struct cells *cells, int row, int column, enum role role, enum glyph glyph)
{
	struct pen pen = {cells, row, column, role, 0};

	set_cell(cells, row, column, pen_cell(&pen, glyph_code(cells->glyphs, glyph), 1));
	return 1;
}

void cells_fill(struct cells *cells, struct rect rect, enum role role)
{
	struct cell space = blank_cell;

	space.role = (uint8_t)role;
	rect = rect_intersect(rect, cells->clip);
	for (int row = rect.row; row < rect.row + rect.rows; row++) {
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			set_cell(cells, row, column, space);
	}
}

void cells_overlay(struct cells *cells, struct rect rect, enum role overlay)
{
	rect = rect_intersect(rect, cells->clip);
	for (int row = rect.row; row < rect.row + rect.rows; row++) {
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			cell_at(cells, row, column)->overlay = (uint8_t)overlay;
	}
}

void cells_recolour(struct cells *cells, struct rect rect, enum role role)
{
	rect = rect_intersect(rect, cells->clip);
	for (int row = rect.row; row < rect.row + rect.rows; row++) {
		for (int column = rect.column; column < rect.column + rect.columns; column++) {
			struct cell *cell = cell_at(cells, row, column);

			cell->role = (uint8_t)role;
			cell->overlay = ROLE_NONE;
			cell->attributes = 0;
		}
	}
}

static void add_cell_text(const struct cell *cell, struct buffer *out)
{
	for (size_t i = 0; i <= CELL_MARKS && cell->text[i]; i++) {
		char bytes[4];

		buffer_add(out, bytes, text_encode(cell->text[i], bytes));
	}
}

/* Highlights on one row: the row's text is made, searched, and byte offsets are led back to columns. */
static int highlight_row(struct cells *cells, int row, struct rect rect, const char *needle,
			 enum role overlay)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(MOST_SHOWN_BYTES);
	auto_free int *columns = xcalloc((size_t)rect.columns * 4 * (1 + CELL_MARKS) + 1, sizeof(*columns));
	size_t length = 0;
	ptrdiff_t at;
	int found = 0;

	for (int column = rect.column; column < rect.column + rect.columns; column++) {
		size_t before = text.length;

		add_cell_text(cell_at(cells, row, column), &text);
		for (size_t i = before; i < text.length; i++)
			columns[i] = column;
	}
	columns[text.length] = rect.column + rect.columns;
	for (size_t from = 0; (at = search_find(buffer_text(&text), from, needle, &length)) >= 0; found++) {
		int first = columns[at];
		int behind = columns[(size_t)at + length];

		cells_overlay(cells, (struct rect){row, first, 1, behind - first}, overlay);
		from = (size_t)at + length;
	}
	return found;
}

int cells_highlight(struct cells *cells, struct rect rect, const char *needle, enum role overlay)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(MOST_SHOWN_BYTES);
	int found = 0;

	text_show(&shown, needle, strlen(needle));
	rect = rect_intersect(rect, cells->clip);
	if (!shown.length || rect_is_empty(rect))
		return 0;
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		found += highlight_row(cells, row, rect, shown.data, overlay);
	return found;
}

void cells_row_text(const struct cells *cells, int row, struct buffer *out)
{
	size_t end = out->length;

	if (row < 0 || row >= cells->rows)
		return;
	for (int column = 0; column < cells->columns; column++) {
		const struct cell *cell = cells_at(cells, row, column);

		add_cell_text(cell, out);
		if (cell->width && cell->text[0] != ' ')
			end = out->length;
	}
	if (out->length > end) {
		out->length = end;
		out->data[end] = '\0';
	}
}

void cells_text(const struct cells *cells, struct buffer *out)
{
	for (int row = 0; row < cells->rows; row++) {
		cells_row_text(cells, row, out);
		buffer_add_byte(out, '\n');
	}
}

bool cells_equal(const struct cells *a, const struct cells *b)
{
	size_t count = (size_t)a->rows * (size_t)a->columns;

	return a->rows == b->rows && a->columns == b->columns &&
	       (!count || !memcmp(a->cell, b->cell, count * sizeof(*a->cell)));
}

void cells_copy(struct cells *to, const struct cells *from)
{
	size_t count = (size_t)from->rows * (size_t)from->columns;

	if (to->rows != from->rows || to->columns != from->columns || !to->cell)
		cells_resize(to, from->rows, from->columns);
	to->glyphs = from->glyphs;
	if (count)
		memcpy(to->cell, from->cell, count * sizeof(*to->cell));
}
