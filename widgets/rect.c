#include "widgets/rect.h"

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

bool rect_is_empty(struct rect rect)
{
	return rect.rows <= 0 || rect.columns <= 0;
}

bool rect_contains(struct rect rect, int row, int column)
{
	return row >= rect.row && row < rect.row + rect.rows && column >= rect.column &&
	       column < rect.column + rect.columns;
}

struct rect rect_intersect(struct rect a, struct rect b)
{
	struct rect both = {.row = larger(a.row, b.row), .column = larger(a.column, b.column)};

	both.rows = larger(0, smaller(a.row + a.rows, b.row + b.rows) - both.row);
	both.columns = larger(0, smaller(a.column + a.columns, b.column + b.columns) - both.column);
	return both;
}

struct rect rect_inset(struct rect rect, int rows, int columns)
{
	return (struct rect){
		.row = rect.row + rows,
		.column = rect.column + columns,
		.rows = larger(0, rect.rows - 2 * rows),
		.columns = larger(0, rect.columns - 2 * columns),
	};
}

struct rect rect_centre(struct rect area, int rows, int columns)
{
	rows = smaller(rows, area.rows);
	columns = smaller(columns, area.columns);
	return (struct rect){
		.row = area.row + (area.rows - rows) / 2,
		.column = area.column + (area.columns - columns) / 2,
		.rows = rows,
		.columns = columns,
	};
}
