/* Helpers for tests of what is drawn. */
#ifndef TESTS_WIDGETS_DRAWN_H
#define TESTS_WIDGETS_DRAWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/cells.h"
#include "widgets/keys.h"

static inline void assert_row(const struct cells *cells, int row, const char *expected)
{
	struct buffer text = BUFFER_INIT(4096);

	cells_row_text(cells, row, &text);
	assert_string_equal(buffer_text(&text), expected);
	buffer_release(&text);
}

static inline void assert_screen(const struct cells *cells, const char *expected)
{
	struct buffer text = BUFFER_INIT(1 << 16);

	cells_text(cells, &text);
	assert_string_equal(buffer_text(&text), expected);
	buffer_release(&text);
}

/* Every wide character has its right half, every right half its left one. */
static inline void assert_whole(const struct cells *cells)
{
	for (int row = 0; row < cells->rows; row++) {
		for (int column = 0; column < cells->columns; column++) {
			const struct cell *cell = cells_at(cells, row, column);

			if (cell->width == 2) {
				assert_non_null(cells_at(cells, row, column + 1));
				assert_int_equal(cells_at(cells, row, column + 1)->width, 0);
			}
			if (cell->width == 0)
				assert_int_equal(cells_at(cells, row, column - 1)->width, 2);
		}
	}
}

static inline struct key key_of(const char *name)
{
	struct key key = {0};

	assert_int_equal(key_parse(name, &key), 0);
	return key;
}

#endif
