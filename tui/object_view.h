/*
 * Pages about one object: describe and timeline from what is known, YAML and
 * logs read from the server when they are opened.
 */
#ifndef TUI_OBJECT_VIEW_H
#define TUI_OBJECT_VIEW_H

#include <stdbool.h>

#include "tui/view.h"

struct view *describe_view_new(struct console *console, const struct selection *selection);
struct view *timeline_view_new(struct console *console, const struct selection *selection);
/* Values of Secrets, and what managedFields fill the screen with, are left out. */
struct view *yaml_view_new(struct console *console, const struct selection *selection);
/* Followed, or those of the containers before their last restart. */
struct view *log_view_new(struct console *console, const struct selection *selection, bool previous);

#endif
