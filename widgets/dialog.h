/*
 * A dialog over the screen: title, text, perhaps a name to type, buttons.
 * Built once, fed with keys until it says what was chosen.
 *
 *	struct dialog *d = dialog_new("Run this plan?");
 *	textview_add(dialog_body(d), ROLE_NORMAL, "...");
 *	dialog_expect(d, "Type the context to confirm", "prod-kr1");
 *	dialog_add_button(d, CANCEL, "Cancel", 0, BUTTON_CANCEL | BUTTON_START);
 *	dialog_add_button(d, RUN, "Run", 'y', BUTTON_DANGEROUS);
 *	chosen = dialog_feed(d, &key);
 *
 * The rules of decisions.md 30 are kept in here. A dangerous button is never
 * pressed by Enter or Space, only by its own letter; never by a jamo, a
 * pasted key or Alt or Ctrl with it. Without a text to type its letter works
 * wherever the focus is; with one, the text must be exact and the focus on
 * the button (Tab, or Enter in the line, moves there once the text is exact).
 */
#ifndef WIDGETS_DIALOG_H
#define WIDGETS_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "widgets/cells.h"
#include "widgets/input_line.h"
#include "widgets/keys.h"
#include "widgets/textview.h"

struct dialog;

enum {
	BUTTON_START = 1,     /* has the focus at first (a line to type goes before); else the way out has */
	BUTTON_CANCEL = 2,    /* Esc and Ctrl-C press it */
	BUTTON_DANGEROUS = 4, /* see above */
};

enum {
	DIALOG_OPEN = 0,     /* nothing chosen yet */
	DIALOG_CLOSED = -1,  /* Esc in a dialog that has no cancelling button */
	DIALOG_IGNORED = -2, /* not a key for a dialog; it stays open */
};

struct dialog *dialog_new(const char *raw_title);
void dialog_free(struct dialog *dialog);

/* The text, to be filled by the caller; borrowed from the dialog. */
struct textview *dialog_body(struct dialog *dialog);
/* Colours the border and title: ROLE_CRITICAL for a change, ROLE_INFO... */
void dialog_set_role(struct dialog *dialog, enum role role);
/*
 * A line to type. expected NULL: free text, and Enter in it presses the first
 * button that is neither cancelling nor dangerous.
 */
void dialog_expect(struct dialog *dialog, const char *raw_prompt, const char *expected);
/* The same for a value that must not be seen: shown as *. */
void dialog_ask(struct dialog *dialog, const struct input_options *options);
const char *dialog_input(const struct dialog *dialog);

/* id > 0. letter: 0 = none. Order is from left to right. */
void dialog_add_button(struct dialog *dialog, int id, const char *raw_label, char letter, unsigned flags);
/* The id of the button with the focus; 0: text or input has it. */
int dialog_focus(const struct dialog *dialog);

/* The id of the button that was pressed, or DIALOG_... */
int dialog_feed(struct dialog *dialog, const struct key *key);

/*
 * Draws in the middle of area, as large as the content needs; the text
 * scrolls where there is too little room, the buttons stay. *ret_row and
 * *ret_column: where the cursor belongs, row -1 where nothing is typed.
 */
void dialog_draw(struct dialog *dialog, struct cells *cells, struct rect area, int *ret_row, int *ret_column);

#endif
