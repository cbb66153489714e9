/*
 * From a run of the journal to a change: its way back, or what is left of it.
 * What the commands and the screen share.
 */
#ifndef TUI_RUN_PLAN_H
#define TUI_RUN_PLAN_H

#include <jansson.h>

#include "probes/remedy/change.h"
#include "probes/remedy/journal.h"

struct session;

enum run_way { RUN_UNDO, RUN_RESUME };

struct run_plan {
	json_t *document;		/* of journal_runs() */
	const json_t *run;
	json_t *undone_document;
	const json_t *undone;		/* what an undo that is gone on with takes back; NULL: it is none */
	const struct runbook *runbook;
};

/*
 * Reads the run. Refused (ERR_REFUSED): it changed another cluster, or it goes on in another process. Release it with
 * run_plan_release(), also after an error.
 */
int run_plan_read(struct run_plan *plan, struct journal *journal, const struct session *session, const char *run_id,
		  struct err *err);
void run_plan_release(struct run_plan *plan);
/* Plans it; as change_new(). */
struct change *run_plan_change(const struct run_plan *plan, enum run_way way, const struct change_context *context,
			       void (*on_change)(void *data), void *data);
/* A member of a run, "" where there is none. */
const char *run_text(const json_t *run, const char *key);

#endif
