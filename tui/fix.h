/*
 * A fix on the screen: plan, preview, confirm dialog, run, stop dialog,
 * outcome. The engine is probes/remedy/change.h; here is only what the
 * operator sees and presses. One fix at a time.
 */
#ifndef TUI_FIX_H
#define TUI_FIX_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/remedy/change.h"
#include "tui/run_plan.h"

struct console;
struct fix;
struct textview;
struct world;

/* `f`: plans the finding, or goes on with its plan: to the confirm dialog, the run, a new plan. */
void fix_act(struct console *console, const struct finding *finding);
/* `:way NAME PARAMETER=VALUE...`: plans the selected symptom in another of its runbook's ways. */
void fix_plan_way(struct console *console, const char *way);
/* Plans the way back of a run of the journal, or what is left of it; then as any fix. */
void fix_plan_run(struct console *console, const char *run_id, enum run_way way);
/* One plan over all findings of an entry whose batch goes across them; the others are planned finding by finding. */
void fix_plan_all(struct console *console, const struct runbook *runbook);
/* The run of this console, while it is one; "" none. */
const char *fix_run_id(const struct fix *fix);
/* NULL: no fix was asked for. */
const struct change *fix_change(const struct fix *fix);
/* Key of the finding that it is for. */
const char *fix_finding_key(const struct fix *fix);
/* Writes are under way or planned: the program may not end, the context not change. */
bool fix_is_active(const struct fix *fix);
/* Ctrl-C in a run: after this step, now, or go on. */
void fix_ask_stop(struct console *console);
/* SIGHUP or SIGTERM in a run (decisions.md 24): stop now, with the reason for the journal. */
void fix_stop(struct fix *fix, const char *reason);
/* No write is under way any more. */
bool fix_is_settled(const struct fix *fix);
/* Ends what is there; nothing may be active. NULL is fine. */
void fix_free(struct fix *fix);

/* What runs the plan that is shown, as things stand: the key, and what has to come before. Caller frees. */
char *fix_how_to_run(const struct console *console);
/* Texts of the tabs: plan and preview (how_to_run: its second line); steps of a run; its output. */
void plan_text(struct textview *text, const struct world *world, const struct change *change, bool all,
	       const char *how_to_run);
/* rows: as many as there are to see it in; then what is done gets one line where it would take too many. 0: any. */
void run_steps_text(struct textview *text, const struct world *world, const struct change *change, int rows);
void run_output_text(struct textview *text, const struct world *world, const struct change *change);

#endif
