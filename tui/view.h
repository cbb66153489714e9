/*
 * A view is one file that ends in one const struct view_ops, listed in
 * views.c. Views show data of the world and own cursor, filter and texts.
 * Keys become actions before a view sees them; drawing does no I/O.
 *
 * Order: new, then update whenever the data, the filter or the language
 * changed, then draw; free at the end. update is always called between a
 * change of the snapshot and the next act or draw, so that a view may keep
 * record pointers from one update to the next.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/actions.h"
#include "widgets/cells.h"
#include "widgets/keys.h"
#include "widgets/rect.h"

struct buffer;
struct console;
struct view;

/* What the cursor is on. Texts are copies, cut if need be. */
struct selection {
	bool is_object;
	bool is_finding;
	bool is_check;		/* one that could not look; finding_key is its runbook's id */
	char kind[64];
	char name_space[256];
	char name[256];
	char uid[64];
	char finding_key[320];
};

struct heading {
	char title[160];	/* "1 Nodes 11/12 ready" */
	char note[160];		/* right in the border: age of the data, "forbidden: ..." */
	char foot[80];		/* "12-40/300" */
	int mark_start;		/* cells of the title that are marked: the tab that is open */
	int mark_length;
	int rule;		/* row of the view that a line crosses from border to border; 0 none */
	bool is_stale;
};

struct view_ops {
	const char *name;	/* as `:` knows it */
	/* NULL: there is one about an object only. */
	struct view *(*new)(struct console *console);
	/* Another about the same object, for the history; NULL: it is about none. */
	struct view *(*new_about)(struct console *console, const struct selection *about);
	/* The object that this one is about. False, or NULL: none. */
	bool (*about)(struct view *view, struct selection *about);
	void (*free)(struct view *view);
	void (*update)(struct view *view);
	void (*heading)(struct view *view, struct heading *heading);
	void (*draw)(struct view *view, struct cells *cells, struct rect rect, bool focused);
	/* True if the view took the action. */
	bool (*act)(struct view *view, enum action action);
	/* NULL: nothing can be selected. */
	bool (*selection)(struct view *view, struct selection *selection);
	/* Puts the cursor on the object with this uid or finding with this key; NULL: has no cursor. */
	bool (*select)(struct view *view, const char *key);
	/* The filter as typed: "" for none. NULL: cannot be filtered. */
	const char *(*filter)(struct view *view);
	void (*set_filter)(struct view *view, const char *text);
	/* Adds the row or line under the cursor, for the clipboard. NULL: none. */
	void (*copy)(struct view *view, struct buffer *out);
	/* Keeps the order of rows while a dialog is open. NULL: has none. */
	void (*freeze)(struct view *view, bool frozen);
	/* Lines or rows it would like to have. NULL: as many as it gets. */
	int (*wanted_rows)(struct view *view);
};

/* The first member of every view. */
struct view {
	const struct view_ops *ops;
	struct console *console;
};

struct view *view_new(const struct view_ops *ops, struct console *console);
void view_free(struct view *view);
/* By name, for `:`; NULL if there is none. */
const struct view_ops *view_find(const char *name);
extern const struct view_ops *const views[];	/* NULL-terminated */

extern const struct view_ops nodes_view;
extern const struct view_ops symptoms_view;
extern const struct view_ops system_pods_view;
extern const struct view_ops pods_view;
extern const struct view_ops detail_view;
extern const struct view_ops events_view;
extern const struct view_ops requests_view;
extern const struct view_ops help_view;
extern const struct view_ops checks_view;
extern const struct view_ops runs_view;
extern const struct view_ops info_view;

#endif
