/*
 * The runs that there are: those of this machine as the journal has them, and
 * those of other machines by the Leases that they hold (decisions.md 25). The
 * screen looks again by itself: the journal costs a look at a counter, the
 * Leases one small request every ten seconds.
 */
#ifndef TUI_RUNS_H
#define TUI_RUNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct runs;
struct session;

/* A run that goes on in another process, here or elsewhere. Texts are good until the next runs_refresh(). */
struct running {
	const char *id;
	const char *entry;
	const char *holder;	/* "root@bastion" */
	int done;		/* steps; -1 unknown */
	int steps;
	bool is_here;		/* on this machine: the journal has it */
};

/* session NULL: there is none. */
struct runs *runs_new(const char *state_dir, struct session *session);
void runs_free(struct runs *runs);
/* True: something is another than before. own: the run of this console, which is none of the others; "" none. */
bool runs_refresh(struct runs *runs, int64_t now_ms, const char *own);
/* Every run of the journal, newest first: as runs -o json; borrowed until the next runs_refresh(). NULL: none. */
const json_t *runs_list(struct runs *runs);
/* Why the journal cannot be read; code ERR_NONE: it can. */
const struct err *runs_error(const struct runs *runs);
size_t runs_elsewhere_count(const struct runs *runs);
const struct running *runs_elsewhere_at(const struct runs *runs, size_t index);

#endif
