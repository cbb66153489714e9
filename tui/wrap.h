/*
 * Text broken into lines of a width in cells, for printing.
 */
#ifndef TUI_WRAP_H
#define TUI_WRAP_H

#include <stdio.h>

/*
 * Prints raw text as shown text, each line indented, none wider than cells; breaks at blanks, and
 * between wide characters.
 */
void print_wrapped(FILE *out, const char *raw, int indent, int cells);
/* Two texts side by side, each wrapped to its half of so many cells. */
void print_beside(FILE *out, const char *left, const char *right, int indent, int cells);

#endif
