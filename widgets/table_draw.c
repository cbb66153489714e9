#include "widgets/table_private.h"

#include <string.h>

#include "widgets/gauge.h"

enum { LEAST_GAUGE = 3 }; /* less says nothing */

/* Where the columns are. */
struct columns {
	struct rect rects[TABLE_MOST_COLUMNS];
};

static unsigned placement(const struct table_column *column)
{
	return PUT_ELLIPSIS | (column->align == TABLE_RIGHT ? PUT_RIGHT : 0U) |
	       (column->cut_middle ? PUT_CUT_MIDDLE : 0U);
}

static void draw_header(const struct table *table, struct cells *cells, struct rect rect,
			const struct columns *columns)
{
	cells_fill(cells, (struct rect){rect.row, rect.column, 1, rect.columns}, ROLE_HEADER);
	for (size_t i = 0; i < table->column_count; i++) {
		if (columns->rects[i].columns > 0)
			cells_put(cells, rect.row, columns->rects[i].column, columns->rects[i].columns,
				  ROLE_HEADER, placement(&table->columns[i]), table->columns[i].title);
	}
}

/* "▇▇▇▇▇▁ 88%"; the text alone where there is no room for a bar. */
static void draw_gauge_cell(struct cells *cells, int row, struct rect place, const struct table_cell *cell,
			    enum role role)
{
	int text = table_text_width(cell->text);
	int bar = place.columns - text - (text > 0 ? 1 : 0);

	bar = bar < TABLE_MOST_GAUGE ? bar : TABLE_MOST_GAUGE;
	if (bar < LEAST_GAUGE) {
		cells_put(cells, row, place.column, place.columns, role, PUT_ELLIPSIS | cell->attributes,
			  cell->text);
		return;
	}
	gauge_draw(cells, row, place.column, bar, cell->gauge_permille, cell->gauge_role);
	cells_put(cells, row, place.column + bar + 1, place.columns - bar - 1, role, cell->attributes,
		  cell->text);
}

static void draw_row(const struct table *table, struct cells *cells, struct rect line, size_t place,
		     const struct columns *columns)
{
	enum role row_role = ROLE_NONE;
	struct table_cell cell;

	if (table->source.row_role)
		row_role = table->source.row_role(table->source.context, table_row_at(table, place));
	for (size_t i = 0; i < table->column_count; i++) {
		struct rect at = columns->rects[i];
		enum role role;

		if (at.columns <= 0)
			continue;
		table_get_cell(table, place, i, &cell);
		role = row_role < ROLE_COUNT ? row_role : cell.role;
		if (cell.has_gauge)
			draw_gauge_cell(cells, line.row, at, &cell, role);
		else
			cells_put(cells, line.row, at.column, at.columns, role,
				  placement(&table->columns[i]) | cell.attributes, cell.text);
	}
	if (table->marks.count && table_is_marked(table, table_key_at(table, place)))
		cells_put_glyph(cells, line.row, line.column, ROLE_MARKED, GLYPH_MARK);
	else if (!table->no_cursor && place == table->cursor)
		cells_put_glyph(cells, line.row, line.column, ROLE_STRONG, GLYPH_CURSOR);
}

static void draw_scroll_bar(struct cells *cells, struct rect data, size_t count, size_t top)
{
	int rows = data.rows;
	int thumb = (int)((size_t)rows * (size_t)rows / count);
	size_t way = count - (size_t)rows;
	int at;

	thumb = thumb > 0 ? thumb : 1;
	at = (int)((top * (size_t)(rows - thumb) + way / 2) / way);
	for (int i = 0; i < thumb; i++)
		cells_put_glyph(cells, data.row + at + i, data.column + data.columns - 1, ROLE_SCROLL,
				GLYPH_SCROLL_THUMB);
}

/* The cursor is seen, and no row of the screen stays empty while there are rows above. */
static void settle_top(struct table *table, size_t count)
{
	size_t rows = table->seen_rows > 0 ? (size_t)table->seen_rows : 1;
	size_t last_top = count > rows ? count - rows : 0;

	if (table->cursor >= count)
		table->cursor = count ? count - 1 : 0;
	if (!table->no_cursor && table->cursor < table->top)
		table->top = table->cursor;
	if (!table->no_cursor && table->cursor >= table->top + rows)
		table->top = table->cursor - rows + 1;
	if (table->top > last_top)
		table->top = last_top;
}

void table_draw(struct table *table, struct cells *cells, struct rect rect, bool focused)
{
	int header = table->no_header || rect.rows < 2 ? 0 : 1;
	struct rect data = {rect.row + header, rect.column, rect.rows - header, rect.columns};
	struct rect former = cells_clip(cells, rect);
	size_t count = table_places(table);
	struct columns columns;

	table->seen_rows = data.rows;
	settle_top(table, count);
	/* One cell on the left for cursor and mark, one on the right for the scroll bar. */
	table_lay_out(table, (struct rect){rect.row, rect.column + 1, 1, rect.columns - 2}, columns.rects);
	cells_fill(cells, rect, ROLE_NORMAL);
	if (header)
		draw_header(table, cells, rect, &columns);
	if (!count && table->empty_text)
		cells_put(cells, data.row, data.column + 1, data.columns - 2, ROLE_DIM, PUT_ELLIPSIS,
			  table->empty_text);
	for (int i = 0; i < data.rows && table->top + (size_t)i < count; i++) {
		size_t place = table->top + (size_t)i;
		struct rect line = {data.row + i, data.column, 1, data.columns};

		draw_row(table, cells, line, place, &columns);
		if (!table->no_cursor && place == table->cursor)
			cells_overlay(cells, line, focused ? ROLE_SELECTED : ROLE_SELECTED_UNFOCUSED);
	}
	if (table->search)
		cells_highlight(cells, data, table->search, ROLE_MATCH);
	if (data.rows > 0 && count > (size_t)data.rows)
		draw_scroll_bar(cells, data, count, table->top);
	cells->clip = former;
}
