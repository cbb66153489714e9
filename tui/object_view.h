/*
 * Pages about one object: describe and timeline from what is known, YAML and
 * logs read from the server when they are opened.
 */
#ifndef TUI_OBJECT_VIEW_H
#define TUI_OBJECT_VIEW_H

#include "tui/view.h"

struct view *describe_view_new(struct console *console, const struct selection *selection);
struct view *timeline_view_new(struct console *console, const struct selection *selection);
/* Values of Secrets, and what managedFields fill the screen with, are left out. */
struct view *yaml_view_new(struct console *console, const struct selection *selection);
/* Followed. */
struct view *log_view_new(struct console *console, const struct selection *selection);
/* Those of the container before its last restart. */
struct view *previous_log_view_new(struct console *console, const struct selection *selection);

#endif
