/*
 * Splits a length, or a rectangle, among parts: panes of the screen, columns
 * of a table. Pure functions.
 *
 * First parts are dropped while the minimum sizes do not fit, highest drop
 * first (the last of equals). Then each part gets its minimum, then the parts
 * grow evenly to their ideal sizes, then what is left goes by weight. Where
 * parts that may not be dropped still do not fit, the last ones lose.
 */
#ifndef WIDGETS_LAYOUT_H
#define WIDGETS_LAYOUT_H

#include <stddef.h>

#include "widgets/rect.h"

struct layout_part {
	int minimum;
	int ideal;  /* grows to this before weights count; below minimum = minimum */
	int weight; /* share of what is left then; 0 = none */
	int drop;   /* 0 = never dropped */
};

#define LAYOUT_FIXED(size) {.minimum = (size), .ideal = (size)}
#define LAYOUT_SHARE(least, share) {.minimum = (least), .weight = (share)}

/*
 * Writes the size of each part, 0 for those dropped. gap: cells between two
 * parts that are seen. Returns the cells that nobody took.
 */
int layout_split(int length, int gap, const struct layout_part *parts, size_t n, int *ret_sizes);
/* One below the other, or side by side; a part that was dropped has an empty rectangle. */
void layout_rows(struct rect area, int gap, const struct layout_part *parts, size_t n,
		 struct rect *ret_rects);
void layout_columns(struct rect area, int gap, const struct layout_part *parts, size_t n,
		    struct rect *ret_rects);

#endif
