#include "tui/text_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"

struct text_view *text_view_new(struct console *console, const struct view_ops *ops, size_t size)
{
	struct text_view *view = xcalloc(1, size);

	view->view = (struct view){.ops = ops, .console = console};
	textview_init(&view->text, TEXT_VIEW_LINES);
	return view;
}

void text_view_free(struct view *base)
{
	struct text_view *view = (struct text_view *)base;

	if (view->release)
		view->release(view);
	textview_release(&view->text);
	free(view);
}

void text_view_update(struct view *base)
{
	struct text_view *view = (struct text_view *)base;

	if (!view->fill)
		return;
	textview_clear(&view->text);
	view->fill(view);
}

void text_view_heading(struct view *base, struct heading *heading)
{
	struct text_view *view = (struct text_view *)base;
	size_t first;
	size_t last;

	if (view->search[0])
		snprintf(heading->title, sizeof(heading->title), "%.100s /%.40s", view->title, view->search);
	else
		snprintf(heading->title, sizeof(heading->title), "%s", view->title);
	textview_position(&view->text, &first, &last);
	if (view->text.seen_rows > 0 && (first > 1 || last < textview_count(&view->text)))
		snprintf(heading->foot, sizeof(heading->foot), "%zu-%zu/%zu", first, last,
			 textview_count(&view->text));
}

struct rect text_view_margin(struct rect rect)
{
	if (rect.columns > 20) {
		rect.column++;
		rect.columns--;
	}
	return rect;
}

void text_view_draw(struct view *base, struct cells *cells, struct rect rect, bool focused)
{
	textview_draw(&((struct text_view *)base)->text, cells, text_view_margin(rect), focused);
}

bool text_view_act(struct view *base, enum action action)
{
	struct text_view *view = (struct text_view *)base;
	enum movement movement = action_movement(action);

	if (movement != MOVEMENT_NONE) {
		textview_move(&view->text, movement);
		return true;
	}
	switch (action) {
	case ACTION_WRAP:
		textview_set_wrap(&view->text, view->text.no_wrap);
		return true;
	case ACTION_NEXT_MATCH:
	case ACTION_PREVIOUS_MATCH:
		if (!textview_search_next(&view->text, action == ACTION_PREVIOUS_MATCH))
			console_say(base->console, ROLE_WARNING, translate("not found"));
		return true;
	default:
		return false;
	}
}

const char *text_view_filter(struct view *base)
{
	return ((struct text_view *)base)->search;
}

void text_view_set_filter(struct view *base, const char *text)
{
	struct text_view *view = (struct text_view *)base;

	snprintf(view->search, sizeof(view->search), "%s", text);
	textview_set_search(&view->text, text);
}

void text_view_copy(struct view *base, struct buffer *out)
{
	struct text_view *view = (struct text_view *)base;

	buffer_add_text(out, textview_text(&view->text, textview_current(&view->text)));
}
