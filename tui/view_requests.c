/* Every request and command that was sent, newest at the end: the ring of log.h. */
#include <stdio.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/text_view.h"
#include "tui/world.h"

static void fill(struct text_view *view)
{
	for (size_t i = 0; i < log_count(); i++) {
		const struct log_line *line = log_at(i);
		char time[16];

		world_clock(line->wall_ms / 1000, time, sizeof(time));
		textview_addf(&view->text, ROLE_DIM, "%s.%03d  ", time, (int)(line->wall_ms % 1000));
		textview_append(&view->text, ROLE_NORMAL, line->text);
		textview_indent(&view->text, 14);
	}
	if (!log_count())
		textview_add(&view->text, ROLE_DIM, translate("nothing was sent yet"));
	snprintf(view->title, sizeof(view->title), translate("Requests %zu"), log_count());
}

static struct view *new(struct console *console)
{
	struct text_view *view = text_view_new(console, &requests_view, sizeof(*view));

	view->fill = fill;
	textview_set_follow(&view->text, true);
	return &view->view;
}

const struct view_ops requests_view = {.name = "requests", .new = new, TEXT_VIEW_OPS};
