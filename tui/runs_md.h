/*
 * Runs of the journal as GitHub's Markdown, for an incident note: what was
 * done, by whom, when, with what result, and the values before and after.
 */
#ifndef TUI_RUNS_MD_H
#define TUI_RUNS_MD_H

#include <jansson.h>
#include <stdio.h>

/* runs: of journal_runs(). */
void runs_print_md(FILE *out, const json_t *runs);

#endif
