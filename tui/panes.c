/* The panes and pages in the room that the header and the last line leave (decisions.md 40). */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"
#include "tui/console.h"

enum {
	WIDE_COLUMNS = 100,
	WIDE_ROWS = 30,
	STACKED_COLUMNS = 84,
	STACKED_ROWS = 45,
	SMALL_COLUMNS = 80,
	SMALL_ROWS = 24,
	LEAST_PANE_ROWS = 6,
	BORDER_CELLS = 8,
};

enum layout_kind { LAYOUT_STRIP, LAYOUT_SMALL, LAYOUT_STACKED, LAYOUT_WIDE };

static enum layout_kind layout_of(int rows, int columns)
{
	if (rows < SMALL_ROWS || columns < SMALL_COLUMNS)
		return LAYOUT_STRIP;
	if (columns <= STACKED_COLUMNS && rows > STACKED_ROWS)
		return LAYOUT_STACKED;
	if (columns < WIDE_COLUMNS || rows < WIDE_ROWS)
		return LAYOUT_SMALL;
	return LAYOUT_WIDE;
}

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static int wanted_rows(struct console *console, enum pane pane)
{
	struct view *view = console->panes[pane];

	return view->ops->wanted_rows ? view->ops->wanted_rows(view) : 1000;
}

static void draw_view(struct view *view, struct cells *cells, struct rect rect, bool focused)
{
	struct heading heading = {0};
	struct rect former = cells_clip(cells, rect);
	char note[sizeof(heading.foot) + sizeof(heading.note) + 2];
	struct box box = {.focused = focused};

	/* The view is drawn first: it knows only then how much of it can be seen. */
	view->ops->draw(view, cells, rect_inset(rect, 1, 1), focused);
	view->ops->heading(view, &heading);
	box.title = heading.title;
	/* Place and age stand above: the lower border may be the upper one of the next pane. */
	snprintf(note, sizeof(note), "%s%s%s", heading.foot, heading.foot[0] && heading.note[0] ? "  " : "",
		 heading.note);
	/* Age and trouble say more than the place. */
	if (heading.note[0] && text_width(heading.title) + text_width(note) + BORDER_CELLS > rect.columns)
		snprintf(note, sizeof(note), "%s", heading.note);
	box.note = note;
	/* Of several tabs the one that is open is marked, not the whole title. */
	if (heading.mark_length)
		box.title_role = ROLE_TITLE;
	if (heading.is_stale)
		box.note_role = ROLE_ERROR;
	cells_box(cells, rect, &box);
	if (heading.rule) {
		struct rect rule = {rect.row + 1 + heading.rule, rect.column, 1, rect.columns};

		cells_rule(cells, rule, focused ? ROLE_BORDER_FOCUSED : ROLE_BORDER);
	}
	if (heading.mark_length) {
		struct rect mark = {rect.row, rect.column + 2 + heading.mark_start, 1, heading.mark_length};

		cells_overlay(cells, rect_intersect(mark, rect_inset(rect, 0, 2)),
			      focused ? ROLE_TITLE_FOCUSED : ROLE_SELECTED_UNFOCUSED);
	}
	cells->clip = former;
}

struct placed {
	enum pane pane;
	struct rect rect;
};

/* The focused one last: its border lies over the others. */
static void draw_placed(struct console *console, struct cells *cells, const struct placed *placed,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (placed[i].pane != console->focus)
			draw_view(console->panes[placed[i].pane], cells, placed[i].rect, false);
	}
	for (size_t i = 0; i < count; i++) {
		if (placed[i].pane == console->focus)
			draw_view(console->panes[placed[i].pane], cells, placed[i].rect, true);
	}
}

/* Nodes over pods, symptoms over detail; neighbours one below the other share a border. */
static void draw_wide(struct console *console, struct cells *cells, struct rect rect)
{
	int left = rect.columns * 41 / 100;
	int nodes = wanted_rows(console, PANE_NODES) + 2;
	int symptoms = wanted_rows(console, PANE_SYMPTOMS) + 2;
	int events = console->focus == PANE_EVENTS ? clamp(rect.rows / 3, LEAST_PANE_ROWS, 16) : 0;
	int body = rect.rows - (events ? events - 1 : 0);
	int split = clamp(nodes, LEAST_PANE_ROWS, body * 43 / 100);
	/* A few symptoms leave their rows to the evidence. */
	int right_split = clamp(symptoms, LEAST_PANE_ROWS + 1, body * 43 / 100);
	const struct placed placed[] = {
		{PANE_NODES, {rect.row, rect.column, split, left}},
		{PANE_PODS, {rect.row + split - 1, rect.column, body - split + 1, left}},
		{PANE_SYMPTOMS, {rect.row, rect.column + left, right_split, rect.columns - left}},
		{PANE_DETAIL,
		 {rect.row + right_split - 1, rect.column + left, body - right_split + 1, rect.columns - left}},
		{PANE_EVENTS, {rect.row + body - 1, rect.column, events, rect.columns}},
	};

	draw_placed(console, cells, placed, events ? 5 : 4);
}

static void draw_stacked(struct console *console, struct cells *cells, struct rect rect)
{
	int symptoms = clamp(wanted_rows(console, PANE_SYMPTOMS) + 2, LEAST_PANE_ROWS, rect.rows / 4);
	int nodes = clamp(wanted_rows(console, PANE_NODES) + 2, LEAST_PANE_ROWS, rect.rows / 4);
	int pods = clamp(wanted_rows(console, PANE_PODS) + 2, LEAST_PANE_ROWS, rect.rows / 4);
	int events = console->focus == PANE_EVENTS ? rect.rows / 5 : 0;
	int detail = rect.rows - symptoms - nodes - pods - events + 3 + (events > 0);
	int row = rect.row;
	struct placed placed[] = {
		{PANE_SYMPTOMS, {0, rect.column, symptoms, rect.columns}},
		{PANE_DETAIL, {0, rect.column, detail, rect.columns}},
		{PANE_NODES, {0, rect.column, nodes, rect.columns}},
		{PANE_PODS, {0, rect.column, pods, rect.columns}},
		{PANE_EVENTS, {0, rect.column, events, rect.columns}},
	};

	for (size_t i = 0; i < array_length(placed); i++) {
		placed[i].rect.row = row;
		row += placed[i].rect.rows - 1;
	}
	draw_placed(console, cells, placed, events ? 5 : 4);
}

/* Symptoms a third, the pane that is wanted below. */
static void draw_small(struct console *console, struct cells *cells, struct rect rect)
{
	int symptoms = clamp(rect.rows / 3, LEAST_PANE_ROWS - 1, rect.rows);
	const struct placed placed[] = {
		{PANE_SYMPTOMS, {rect.row, rect.column, symptoms, rect.columns}},
		{console->lower, {rect.row + symptoms - 1, rect.column, rect.rows - symptoms + 1,
			rect.columns}},
	};

	draw_placed(console, cells, placed, array_length(placed));
}

static void draw_panes(struct console *console, struct cells *cells, struct rect rect, enum layout_kind kind)
{
	switch (kind) {
	case LAYOUT_WIDE:
		draw_wide(console, cells, rect);
		break;
	case LAYOUT_STACKED:
		draw_stacked(console, cells, rect);
		break;
	case LAYOUT_SMALL:
		draw_small(console, cells, rect);
		break;
	case LAYOUT_STRIP:
		draw_view(console->panes[console->focus], cells, rect, true);
		break;
	}
}

/* No session: what is wrong and what to do, in the middle. */
static void draw_error(struct console *console, struct cells *cells, struct rect rect)
{
	auto_free char *what = message_text(&console->session_error.what);
	auto_free char *hint = message_text(&console->session_error.hint);
	struct box box = {.title = translate("No cluster"), .role = ROLE_ERROR};
	struct textview text;
	struct rect inner = rect_inset(rect, 2, 3);

	textview_init(&text, 100);
	textview_add(&text, ROLE_ERROR, err_layer(console->session_error.code));
	textview_append(&text, ROLE_STRONG, ": ");
	textview_append(&text, ROLE_STRONG, what);
	if (*hint)
		textview_add(&text, ROLE_NORMAL, hint);
	textview_add(&text, ROLE_NORMAL, "");
	textview_add(&text, ROLE_NORMAL,
		     translate("The console tries again as soon as the file changes, or with Ctrl-r."));
	textview_add(&text, ROLE_NORMAL,
		     translate("`:ctx NAME` takes another context, `nks-triage --demo` a simulated cluster; q quits."));
	cells_box(cells, rect, &box);
	textview_draw(&text, cells, inner, false);
	textview_release(&text);
}

static void panes_draw(struct console *console, struct cells *cells, struct rect rect)
{
	enum layout_kind kind = layout_of(cells->rows, cells->columns);

	if (rect_is_empty(rect))
		return;
	if (console->page_count)
		draw_view(console->pages[console->page_count - 1], cells, rect, true);
	else if (!console->session && console->session_error.code != ERR_NONE)
		draw_error(console, cells, rect);
	else if (console->zoomed)
		draw_view(console->panes[console->focus], cells, rect, true);
	else
		draw_panes(console, cells, rect, kind);
}

static void draw_modal(struct console *console, struct cells *cells, struct rect area)
{
	int row = -1;
	int column = 0;

	if (console->modal.dialog)
		dialog_draw(console->modal.dialog, cells, area, &row, &column);
	else if (console->modal.menu)
		menu_draw(console->modal.menu, cells, area, &row, &column);
	else
		return;
	console->cursor_row = row;
	console->cursor_column = column;
}

/* The last line; a message that is longer than it lies over the panes while it is shown. */
static void draw_last_lines(struct console *console, struct cells *cells, struct rect line)
{
	int rows = message_rows(console, line.columns);

	rows = rows < cells->rows / 2 ? rows : cells->rows / 2;
	if (rows > 1)
		message_draw(console, cells, (struct rect){line.row - rows + 1, 0, rows, line.columns});
	else
		status_line_draw(console, cells, line);
}

void console_draw(struct console *console, struct cells *cells)
{
	struct rect area = cells_area(cells);
	int header = header_rows(console, area.rows, area.columns);
	bool is_strip = layout_of(area.rows, area.columns) == LAYOUT_STRIP;
	/* A strip has no line to spare but for what must be said or typed. */
	bool has_line = area.rows > 3 && (!is_strip || console->prompt != PROMPT_NONE || console->message[0]);
	int failure = failure_rows(console, area.rows, area.columns);
	struct rect body = {header, 0, area.rows - header - failure - has_line, area.columns};
	struct rect line = {area.rows - 1, 0, 1, area.columns};

	cells_clear(cells);
	console->cursor_row = -1;
	if (header)
		header_draw(console, cells, (struct rect){0, 0, header, area.columns});
	panes_draw(console, cells, body);
	if (failure)
		failure_draw(console, cells, (struct rect){body.row + body.rows, 0, failure, area.columns});
	if (has_line)
		draw_last_lines(console, cells, line);
	if (console->prompt == PROMPT_COMMAND && has_line && area.rows > 4)
		input_line_draw_candidates(&console->input, cells, area.rows - 2, 0, area.columns);
	draw_modal(console, cells, area);
	console->is_dirty = false;
}
