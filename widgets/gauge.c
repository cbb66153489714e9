#include "widgets/gauge.h"

#include <stdio.h>
#include <string.h>

enum { MOST_WIDTH = 512 };

void gauge_draw(struct cells *cells, int row, int column, int width, int permille, enum role role)
{
	int filled;

	if (width <= 0 || width > MOST_WIDTH)
		return;
	permille = permille < 0 ? 0 : permille > 1000 ? 1000 : permille;
	filled = (permille * width + 500) / 1000;
	if (permille > 0 && !filled)
		filled = 1;
	if (permille < 1000 && filled == width)
		filled = width - 1;
	for (int i = 0; i < width; i++) {
		bool full = i < filled;

		cells_put_glyph(cells, row, column + i, full ? role : ROLE_GAUGE_EMPTY,
				full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY);
	}
}

enum role gauge_role(int permille, int warning, int critical)
{
	if (permille >= critical)
		return ROLE_CRITICAL;
	return permille >= warning ? ROLE_WARNING : ROLE_GAUGE;
}

/* A block of a quarter of the bar that goes to and fro. */
static void draw_wandering(struct cells *cells, int row, int column, int width, unsigned tick, enum role role)
{
	int block = width / 4 > 0 ? width / 4 : 1;
	int way = width - block;
	int at = way > 0 ? (int)(tick % (2U * (unsigned)way)) : 0;

	if (at > way)
		at = 2 * way - at;
	for (int i = 0; i < width; i++) {
		bool full = i >= at && i < at + block;

		cells_put_glyph(cells, row, column + i, full ? role : ROLE_GAUGE_EMPTY,
				full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY);
	}
}

void progress_draw(struct cells *cells, int row, int column, int width, int done, int total, unsigned tick,
		   enum role role)
{
	char count[32] = "";
	int bar;

	done = done < 0 ? 0 : done;
	if (total > 0)
		snprintf(count, sizeof(count), " %d/%d", done < total ? done : total, total);
	bar = width - 2 - (int)strlen(count);
	if (bar < 4 && total > 0) {
		cells_put(cells, row, column, width, role, PUT_PAD, count + 1);
		return;
	}
	if (bar < 1)
		return;
	cells_put(cells, row, column, 1, ROLE_DIM, 0, "[");
	if (total > 0)
		gauge_draw(cells, row, column + 1, bar, (int)(1000L * done / total), role);
	else
		draw_wandering(cells, row, column + 1, bar, tick, role);
	cells_put(cells, row, column + 1 + bar, 1, ROLE_DIM, 0, "]");
	cells_put(cells, row, column + 2 + bar, width - bar - 2, ROLE_NORMAL, PUT_PAD, count);
}

const char *spinner_text(enum glyph_set glyphs, unsigned tick)
{
	static const char *const turning[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
	static const char *const plain[] = {"|", "/", "-", "\\"};

	if (glyphs == GLYPHS_UTF8)
		return turning[tick % 10];
	return plain[tick % 4];
}
