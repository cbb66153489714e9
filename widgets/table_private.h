/* What table.c and table_draw.c share. */
#ifndef WIDGETS_TABLE_PRIVATE_H
#define WIDGETS_TABLE_PRIVATE_H

#include "widgets/table.h"

/* The caller's row at a place; place must be below table_places(). */
size_t table_row_at(const struct table *table, size_t place);
/* Its key, "" where it has none. */
const char *table_key_at(const struct table *table, size_t place);
/* Asks for a cell; text is never NULL afterwards. */
void table_get_cell(const struct table *table, size_t place, size_t column, struct table_cell *cell);

#endif
