/* What table.c and table_draw.c share. */
#ifndef WIDGETS_TABLE_PRIVATE_H
#define WIDGETS_TABLE_PRIVATE_H

#include "widgets/rect.h"
#include "widgets/table.h"

/* The widest bar of a cell with a gauge; more eats the row. */
enum { TABLE_MOST_GAUGE = 12 };

/* The caller's row at a place; place must be below table_places(). */
size_t table_row_at(const struct table *table, size_t place);
/* Its key, "" where it has none. */
const char *table_key_at(const struct table *table, size_t place);
/* Asks for a cell; text is never NULL afterwards. */
void table_get_cell(const struct table *table, size_t place, size_t column, struct table_cell *cell);

/* Cells of raw text once it is shown. */
int table_text_width(const char *raw);
/* Where the columns are in area; 0 columns wide = not shown. Measures what the cells hold. */
void table_lay_out(struct table *table, struct rect area, struct rect rects[TABLE_MOST_COLUMNS]);

#endif
