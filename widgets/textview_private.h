/* What textview.c and textview_draw.c share. */
#ifndef WIDGETS_TEXTVIEW_PRIVATE_H
#define WIDGETS_TEXTVIEW_PRIVATE_H

#include "widgets/textview.h"

/* The n-th line kept, 0 = the oldest. */
struct textview_line *textview_line(const struct textview *view, size_t n);
/* Rows of a line at view->wrap_width, counted when first asked. */
int textview_line_rows(const struct textview *view, struct textview_line *line);
/*
 * One row of a wrapped line that begins at byte "at": returns the byte behind
 * what is seen, *ret_next where the next row begins (the line's length at its end).
 */
size_t textview_wrap_row(const struct textview_line *line, size_t at, int width, size_t *ret_next);
/* Another width forgets all counts. */
void textview_set_width(struct textview *view, int width);

#endif
