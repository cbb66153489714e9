/* Events, beside what view.h says of every view. */
#ifndef TUI_VIEW_EVENTS_H
#define TUI_VIEW_EVENTS_H

#include "tui/view.h"

struct event_record;

/* Those of one object. */
struct view *events_view_about(struct console *console, const struct selection *about);
/* For the line at the bottom; good until the next update. NULL if there is none. */
const struct event_record *events_view_newest(struct view *view);

#endif
