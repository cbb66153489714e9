/* The views: a file each, a line each in this list. */
#include <string.h>

#include "tui/view.h"
#include "tui/view_node_checks.h"

const struct view_ops *const views[] = {
	&nodes_view,
	&symptoms_view,
	&system_pods_view,
	&detail_view,
	&events_view,
	&pods_view,
	&checks_view,
	&node_checks_view,
	&runs_view,
	&requests_view,
	&info_view,
	&help_view,
	NULL,
};

struct view *view_new(const struct view_ops *ops, struct console *console)
{
	return ops->new(console);
}

void view_free(struct view *view)
{
	if (view)
		view->ops->free(view);
}

const struct view_ops *view_find(const char *name)
{
	for (size_t i = 0; views[i]; i++) {
		if (!strcmp(views[i]->name, name))
			return views[i];
	}
	return NULL;
}
