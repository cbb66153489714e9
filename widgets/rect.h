/*
 * A rectangle of cells: where something is drawn. Row and column count from 0
 * at the top left corner of the screen; a rectangle without rows or columns
 * is empty, and drawing into it does nothing.
 */
#ifndef WIDGETS_RECT_H
#define WIDGETS_RECT_H

#include <stdbool.h>

struct rect {
	int row;
	int column;
	int rows;
	int columns;
};

bool rect_is_empty(struct rect rect);
bool rect_contains(struct rect rect, int row, int column);
struct rect rect_intersect(struct rect a, struct rect b);
/* Smaller by so many rows at top and bottom, columns left and right; inside a border: rect_inset(r, 1, 1). */
struct rect rect_inset(struct rect rect, int rows, int columns);
/* A rectangle of that size (or less, if it does not fit) in the middle of area. */
struct rect rect_centre(struct rect area, int rows, int columns);

#endif
