/* Cells to curses: colours, attributes, and only the rows that changed. */
#include "widgets/screen_private.h"

#include <string.h>
#include <wchar.h>

/* A colour that this terminal does not have is its own. */
static int usable(const struct screen *screen, int colour)
{
	return colour >= screen->colours ? -1 : colour;
}

/* The number of the pair for two colours, made when it is first used; 0 = the terminal's own. */
static short pair_for(struct screen *screen, const struct style *style)
{
	int foreground = usable(screen, style->foreground);
	int background = usable(screen, style->background);

	if (!screen->colours || (foreground < 0 && background < 0))
		return 0;
	for (int i = 0; i < screen->pair_count; i++) {
		if (screen->pairs[i].foreground == foreground && screen->pairs[i].background == background)
			return (short)(i + 1);
	}
	if (screen->pair_count >= screen->most_pairs)
		return 0;
	if (init_pair((short)(screen->pair_count + 1), (short)foreground, (short)background) == ERR)
		return 0;
	screen->pairs[screen->pair_count++] = (struct colour_pair){foreground, background};
	return (short)screen->pair_count;
}

static attr_t curses_attributes(const struct style *style)
{
	attr_t attributes = A_NORMAL;

	if (style->attributes & ATTRIBUTE_BOLD)
		attributes |= A_BOLD;
	if (style->attributes & ATTRIBUTE_DIM)
		attributes |= A_DIM;
	if (style->attributes & ATTRIBUTE_REVERSE)
		attributes |= A_REVERSE;
	if (style->attributes & ATTRIBUTE_UNDERLINE)
		attributes |= A_UNDERLINE;
	return attributes;
}

static void show_cell(struct screen *screen, int row, int column, const struct cell *cell)
{
	struct style style = theme_style(&screen->theme, (enum role)cell->role, (enum role)cell->overlay,
					 cell->attributes);
	wchar_t text[2 + CELL_MARKS] = {0};
	cchar_t character;

	for (size_t i = 0; i <= CELL_MARKS; i++)
		text[i] = (wchar_t)cell->text[i];
	if (setcchar(&character, text, curses_attributes(&style), pair_for(screen, &style), NULL) == ERR)
		setcchar(&character, L"?", curses_attributes(&style), 0, NULL);
	mvadd_wch(row, column, &character);
}

static void show_row(struct screen *screen, const struct cells *cells, int row)
{
	int columns = cells->columns < COLS ? cells->columns : COLS;

	for (int column = 0; column < columns; column++) {
		const struct cell *cell = cells_at(cells, row, column);

		if (cell->width == 2 && column + 1 >= columns) {
			struct cell space = *cell;

			memset(space.text, 0, sizeof(space.text));
			space.text[0] = ' ';
			show_cell(screen, row, column, &space);
		} else if (cell->width) {
			show_cell(screen, row, column, cell);
		}
	}
}

static bool row_changed(const struct screen *screen, const struct cells *cells, int row)
{
	return memcmp(cells_at(cells, row, 0), cells_at(&screen->last, row, 0),
		      (size_t)cells->columns * sizeof(struct cell)) != 0;
}

/* Returns whether there is anything to send. */
static bool show_rows(struct screen *screen, const struct cells *cells)
{
	bool same_size = cells->rows == screen->last.rows && cells->columns == screen->last.columns;
	bool all = screen->repaint || !same_size;
	bool changed = all;

	if (all)
		werase(stdscr);
	if (screen->repaint)
		clearok(stdscr, TRUE);
	for (int row = 0; row < cells->rows && row < LINES && cells->columns > 0; row++) {
		if (!all && !row_changed(screen, cells, row))
			continue;
		show_row(screen, cells, row);
		changed = true;
	}
	screen->repaint = false;
	if (changed)
		cells_copy(&screen->last, cells);
	return changed;
}

static bool cursor_changed(const struct screen *screen)
{
	if (screen->cursor_row != screen->shown_cursor_row)
		return true;
	return screen->cursor_row >= 0 && screen->cursor_column != screen->shown_cursor_column;
}

void screen_show(struct screen *screen, const struct cells *cells)
{
	bool changed;

	if (screen->suspended)
		return;
	changed = show_rows(screen, cells);
	if (cursor_changed(screen)) {
		curs_set(screen->cursor_row >= 0 ? 1 : 0);
		screen->shown_cursor_row = screen->cursor_row;
		screen->shown_cursor_column = screen->cursor_column;
		changed = true;
	}
	if (!changed)
		return;
	if (screen->cursor_row >= 0)
		wmove(stdscr, screen->cursor_row, screen->cursor_column);
	wnoutrefresh(stdscr);
	doupdate();
}
