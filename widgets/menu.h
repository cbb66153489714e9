/*
 * A list to choose from, in a box over the screen: actions for a selection,
 * contexts, namespaces. Typing filters; entries that cannot be chosen stay
 * in the list with their reason.
 */
#ifndef WIDGETS_MENU_H
#define WIDGETS_MENU_H

#include <stdbool.h>
#include <stddef.h>

#include "widgets/cells.h"
#include "widgets/keys.h"

struct menu;

enum {
	MENU_OPEN = 0,
	MENU_CLOSED = -1, /* Esc with an empty filter, or Ctrl-C */
	MENU_IGNORED = -2,
};

struct menu *menu_new(const char *raw_title);
void menu_free(struct menu *menu);

/*
 * id > 0; label and note are copied. shortcut: the key's name, shown on the
 * right ("" or NULL = none). reason: why it cannot be chosen, NULL = it can.
 */
void menu_add(struct menu *menu, int id, const char *raw_label, const char *raw_note, const char *shortcut,
	      const char *raw_reason);
/* A line between groups. */
void menu_add_heading(struct menu *menu, const char *raw_text);
/* Puts the cursor on an entry. */
void menu_select(struct menu *menu, int id);
int menu_cursor_id(const struct menu *menu);
const char *menu_filter(const struct menu *menu);

/* The id that Enter chose, or MENU_... A letter goes into the filter, never straight to an entry. */
int menu_feed(struct menu *menu, const struct key *key);
void menu_draw(struct menu *menu, struct cells *cells, struct rect area, int *ret_row, int *ret_column);

#endif
