/* The detail pane: tabs about what is selected. Beside what view.h says of every view. */
#ifndef TUI_VIEW_DETAIL_H
#define TUI_VIEW_DETAIL_H

#include "tui/view.h"

struct check;
struct evidence_line;
struct finding;
struct record;
struct runbook;
struct textview;
struct world;

enum detail_tab { DETAIL_EVIDENCE, DETAIL_EXPLAIN, DETAIL_PLAN, DETAIL_RUN, DETAIL_TAB_COUNT };

/* Shows a tab and focuses the pane. */
void detail_view_show(struct console *console, enum detail_tab tab);
/* The tab that can be seen. */
enum detail_tab detail_view_tab(struct console *console);
/* One tab to the left or right. */
void detail_view_turn(struct console *console, int by);

/* Texts. */
void evidence_text(struct textview *text, const struct world *world, const struct finding *finding);
void evidence_line_text(struct textview *text, const struct world *world, const struct evidence_line *line);
/* A check that could not look, with all that share its reason. */
void check_text(struct textview *text, const struct world *world, const struct check *check);
/* Where nothing was found: every check with its verdict. */
void checks_text(struct textview *text, const struct world *world);
bool checks_alike(const struct check *a, const struct check *b);
void explain_text(struct textview *text, const struct world *world, const struct finding *finding);
/* What is known of an object, from its record: as `kubectl describe`, in short where not complete. */
void describe_text(struct textview *text, const struct world *world, const struct record *record, bool complete);

#endif
