#include "widgets/dialog_private.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/layout.h"

/* Lines of more cells are hard to read. */
enum { LEAST_WIDTH = 46, MOST_WIDTH = 104, BORDERS = 4, GAP_BUTTONS = 2 };

enum part {
	PART_BODY,
	PART_INPUT_GAP,
	PART_PROMPT,
	PART_INPUT,
	PART_BUTTON_GAP,
	PART_BUTTONS,
	PART_COUNT
};

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* "[ Run (y) ]" */
static int button_width(const struct button *button)
{
	return text_width(button->label) + 4 + (button->letter ? 4 : 0);
}

static int buttons_width(const struct dialog *dialog)
{
	int width = 0;

	for (size_t i = 0; i < dialog->button_count; i++)
		width += button_width(&dialog->buttons[i]) + (i > 0 ? GAP_BUTTONS : 0);
	return width;
}

/* Columns between the borders' inner padding that the content would like. */
static int wanted_width(const struct dialog *dialog)
{
	int width = larger(text_width(dialog->title) + 2, buttons_width(dialog));

	for (size_t i = 0; i < textview_count(&dialog->body); i++)
		width = larger(width, text_width(textview_text(&dialog->body, i)));
	return width;
}

/* Sizes of the parts within so many rows; the body gives way, buttons and input stay. */
static void set_parts(struct dialog *dialog, int width, struct layout_part parts[PART_COUNT])
{
	int body = textview_count(&dialog->body) ? textview_rows(&dialog->body, width) : 0;

	memset(parts, 0, PART_COUNT * sizeof(*parts));
	parts[PART_BODY] = (struct layout_part){.minimum = smaller(body, 2), .ideal = body, .drop = 1};
	if (dialog->input) {
		parts[PART_INPUT_GAP] = (struct layout_part){.minimum = 1, .ideal = 1, .drop = 4};
		parts[PART_PROMPT] = (struct layout_part){.minimum = 1, .ideal = 1, .drop = 3};
		parts[PART_INPUT] = (struct layout_part){.minimum = 1, .ideal = 1};
	}
	if (dialog->button_count) {
		parts[PART_BUTTON_GAP] = (struct layout_part){.minimum = 1, .ideal = 1, .drop = 6};
		parts[PART_BUTTONS] = (struct layout_part){.minimum = 1, .ideal = 1};
	}
}

static enum role button_role(const struct dialog *dialog, size_t at)
{
	const struct button *button = &dialog->buttons[at];

	if (button->flags & BUTTON_DANGEROUS && !dialog_is_exact(dialog))
		return ROLE_DISABLED;
	if (dialog->focus != (int)at)
		return ROLE_BUTTON;
	return button->flags & BUTTON_DANGEROUS ? ROLE_BUTTON_DANGEROUS : ROLE_BUTTON_FOCUSED;
}

static void draw_buttons(const struct dialog *dialog, struct cells *cells, struct rect rect)
{
	int column = rect.column + larger(0, (rect.columns - buttons_width(dialog)) / 2);

	for (size_t i = 0; i < dialog->button_count; i++) {
		const struct button *button = &dialog->buttons[i];
		enum role role = button_role(dialog, i);
		int room = rect.column + rect.columns - column;

		if (button->letter)
			column += cells_putf(cells, rect.row, column, room, role, 0, "[ %s (%c) ]",
					     button->label, button->letter);
		else
			column += cells_putf(cells, rect.row, column, room, role, 0, "[ %s ]", button->label);
		column += GAP_BUTTONS;
	}
}

void dialog_lay_background(struct cells *cells, struct rect rect)
{
	for (int row = rect.row; row < rect.row + rect.rows; row++) {
		for (int column = rect.column; column < rect.column + rect.columns; column++) {
			const struct cell *cell = cells_at(cells, row, column);

			if (!cell || cell->overlay != ROLE_NONE)
				continue;
			if (cell->role == ROLE_INPUT || cell->role == ROLE_BUTTON ||
			    cell->role == ROLE_BUTTON_FOCUSED || cell->role == ROLE_BUTTON_DANGEROUS ||
			    cell->role == ROLE_BANNER || cell->role == ROLE_ARMED)
				continue;
			cells_overlay(cells, (struct rect){row, column, 1, 1}, ROLE_DIALOG);
		}
	}
}

static void draw_frame(const struct dialog *dialog, struct cells *cells, struct rect area, struct rect rect,
		       int body_rows)
{
	struct box box = {.title = dialog->title, .focused = true, .role = dialog->role,
			  .title_role = dialog->role};
	char foot[64];
	size_t first;
	size_t last;

	cells_recolour(cells, area, ROLE_DISABLED);
	cells_fill(cells, rect, ROLE_NORMAL);
	textview_position(&dialog->body, &first, &last);
	if (body_rows > 0 && last - first + 1 < textview_count(&dialog->body)) {
		snprintf(foot, sizeof(foot), "%zu-%zu/%zu", first, last, textview_count(&dialog->body));
		box.foot = foot;
	}
	cells_box(cells, rect, &box);
}

void dialog_draw(struct dialog *dialog, struct cells *cells, struct rect area, int *ret_row, int *ret_column)
{
	struct layout_part parts[PART_COUNT];
	struct rect rects[PART_COUNT];
	int widest = smaller(area.columns - BORDERS, MOST_WIDTH);
	int inner = smaller(larger(wanted_width(dialog), LEAST_WIDTH), widest);
	int rows = 0;
	struct rect rect;

	*ret_row = *ret_column = -1;
	if (inner < 4 || area.rows < 3)
		return;
	set_parts(dialog, inner, parts);
	for (size_t i = 0; i < PART_COUNT; i++)
		rows += larger(parts[i].ideal, parts[i].minimum);
	rect = rect_centre(area, rows + 2, inner + BORDERS);
	layout_rows(rect_inset(rect, 1, 2), 0, parts, PART_COUNT, rects);
	dialog->body.seen_rows = rects[PART_BODY].rows;
	/* Its scroll bar lies in the padding at the right border. */
	rects[PART_BODY].columns++;
	draw_frame(dialog, cells, area, rect, rects[PART_BODY].rows);
	if (rects[PART_BODY].rows)
		textview_draw(&dialog->body, cells, rects[PART_BODY], true);
	if (rects[PART_PROMPT].rows)
		cells_put(cells, rects[PART_PROMPT].row, rects[PART_PROMPT].column, inner, ROLE_STRONG,
			  PUT_ELLIPSIS, dialog->prompt);
	if (rects[PART_INPUT].rows) {
		struct rect at = rects[PART_INPUT];
		int column = input_line_draw(dialog->input, cells, at.row, at.column, inner);

		if (dialog->focus == FOCUS_INPUT) {
			*ret_row = at.row;
			*ret_column = column;
		}
	}
	if (rects[PART_BUTTONS].rows)
		draw_buttons(dialog, cells, rects[PART_BUTTONS]);
	dialog_lay_background(cells, rect);
}
