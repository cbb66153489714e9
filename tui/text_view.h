/*
 * What the views with text share: scrolling, search, wrap, position. A view
 * of text fills its textview in update(); long documents are filled once.
 */
#ifndef TUI_TEXT_VIEW_H
#define TUI_TEXT_VIEW_H

#include "tui/view.h"
#include "widgets/textview.h"

enum { TEXT_VIEW_LINES = 20000 };

struct text_view {
	struct view view;
	struct textview text;
	char title[160];
	char search[256];
	/* Fills text again; NULL: it stays as it is. */
	void (*fill)(struct text_view *view);
	/* Frees what the view owns beside text. May be NULL. */
	void (*release)(struct text_view *view);
};

/* size: of the struct that begins with a text_view. */
struct text_view *text_view_new(struct console *console, const struct view_ops *ops, size_t size);

/* A cell between border and text, where there is room. */
struct rect text_view_margin(struct rect rect);

/* Members for view_ops. */
void text_view_free(struct view *view);
void text_view_update(struct view *view);
void text_view_heading(struct view *view, struct heading *heading);
void text_view_draw(struct view *view, struct cells *cells, struct rect rect, bool focused);
bool text_view_act(struct view *view, enum action action);
const char *text_view_filter(struct view *view);
void text_view_set_filter(struct view *view, const char *text);
void text_view_copy(struct view *view, struct buffer *out);

#define TEXT_VIEW_OPS                                                                                      \
	.free = text_view_free, .update = text_view_update, .heading = text_view_heading,                  \
	.draw = text_view_draw, .act = text_view_act, .filter = text_view_filter,                          \
	.set_filter = text_view_set_filter, .copy = text_view_copy

#endif
