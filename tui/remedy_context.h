/*
 * What the remedy engine works with, out of a session: the same for the
 * screen and for the commands.
 */
#ifndef TUI_REMEDY_CONTEXT_H
#define TUI_REMEDY_CONTEXT_H

#include "probes/remedy/change.h"
#include "tui/session.h"

/* journal may be NULL: then a change can be planned but not run. Everything is borrowed from the session. */
void remedy_context_make(const struct session *session, struct journal *journal, struct change_context *ret_context);

#endif
