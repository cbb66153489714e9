/* What dialog.c, dialog_draw.c and the menu share. */
#ifndef WIDGETS_DIALOG_PRIVATE_H
#define WIDGETS_DIALOG_PRIVATE_H

#include "widgets/dialog.h"

enum { MOST_BUTTONS = 8 };

/* The focus: a button's index, or one of these. */
enum { FOCUS_NONE = -2, FOCUS_INPUT = -1 };

struct button {
	int id;
	char *label;
	char letter;
	unsigned flags;
};

struct dialog {
	char *title;
	enum role role; /* of border and title; 0 = as a focused box */
	struct textview body;
	struct input_line *input;
	char *prompt;
	char *expected;
	struct button buttons[MOST_BUTTONS];
	size_t button_count;
	int focus;
};

/* True where there is nothing to type, or it was typed exactly. */
bool dialog_is_exact(const struct dialog *dialog);

/* The background of what lies over the screen, except where a part has one of its own. */
void dialog_lay_background(struct cells *cells, struct rect rect);

#endif
