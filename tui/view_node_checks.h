/* Pages of what nodes say: all checks with who says what, and one check by its answers. */
#ifndef TUI_VIEW_NODE_CHECKS_H
#define TUI_VIEW_NODE_CHECKS_H

#include "tui/view.h"

/* The page of one check; "" for the nodes that could not be asked. */
struct view *node_check_view_new(struct console *console, const char *check);
/* The check that a view is the page of; NULL: it is none. */
const char *node_check_view_check(struct view *view);
extern const struct view_ops node_checks_view;
extern const struct view_ops node_check_view;

#endif
