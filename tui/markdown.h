/*
 * Foreign text in GitHub's Markdown: a ticket or an incident note.
 */
#ifndef TUI_MARKDOWN_H
#define TUI_MARKDOWN_H

#include <stdbool.h>
#include <stdio.h>

/* Plain text: nothing in it is taken for markup, nor for a mention of somebody. */
void markdown_plain(FILE *out, const char *raw);
/* A code span, fenced by more backticks than the text has in a row. In a table a bar must be escaped even there. */
void markdown_code(FILE *out, const char *raw, bool in_table);

#endif
