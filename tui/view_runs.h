/* The page of runs, beside what view.h says of every view. */
#ifndef TUI_VIEW_RUNS_H
#define TUI_VIEW_RUNS_H

#include "tui/run_plan.h"

struct console;

/*
 * Plans the way back of a run, or what is left of it. run_id "": the selected one of the page, else the last that it
 * can be done with.
 */
void runs_view_act(struct console *console, enum run_way way, const char *run_id);

/* The run that the page on top is about; "": it is another page. Borrowed. */
const char *run_page_id(struct console *console);

#endif
