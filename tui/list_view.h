/*
 * What the views with rows share: collecting, filtering, sorting, cursor,
 * marks, title with filter and hidden rows, stale and empty states. A view of
 * rows is a struct list_ops; its view_ops use the functions below.
 */
#ifndef TUI_LIST_VIEW_H
#define TUI_LIST_VIEW_H

#include "probes/kube/record.h"
#include "tui/filter.h"
#include "tui/view.h"
#include "widgets/table.h"

struct list_view;

struct list_row {
	const void *item;	/* a record, a finding...: good until the next update */
	const char *key;	/* uid or the like, borrowed from the item */
	int rank;		/* worse is smaller */
	int64_t order;		/* within a rank, ascending */
	const char *first;	/* then by these texts; may be NULL */
	const char *second;
};

struct list_ops {
	const struct table_column *columns;
	size_t column_count;
	enum kind_id kind;	/* whose collection says how current the rows are; KIND_COUNT: none */
	/* Calls list_view_add() for each row. */
	void (*collect)(struct list_view *list);
	void (*cell)(struct list_view *list, const struct list_row *row, size_t column,
		     struct table_cell *cell);
	/* "Nodes 11/12 ready": the title without number, filter and notes. */
	void (*title)(struct list_view *list, char *out, size_t size);
	/* What is said where there are no rows although everything is current; a message id. */
	const char *nothing;
	/* Fills in what a row stands for. NULL: no selection. */
	bool (*selection)(struct list_view *list, const struct list_row *row, struct selection *selection);
};

struct list_view {
	struct view view;
	const struct list_ops *list;
	int number;		/* of the pane in its title; 0 none */
	struct table table;
	struct list_row *rows;
	size_t count;
	size_t capacity;
	size_t hidden;		/* by the filter */
	struct filter filter;
	char *empty;		/* what the table says without rows */
	bool is_stale;
	bool was_moved;		/* by the operator: the cursor stays on its row; else on the first one */
	int drawn_columns;	/* while it is drawn: the width; else 0 */
	size_t node_prefix;	/* world_node_prefix(), taken at each update */
	size_t good;		/* counters for the title, set by collect */
	size_t total;
	size_t longest;		/* bytes of the longest name, where collect looks at that */
	char name_space[256];	/* only this one; "" all */
	struct selection about;	/* events: of this object alone, where is_object */
};

struct view *list_view_new(struct console *console, const struct view_ops *ops, const struct list_ops *list,
			   int number);
void list_view_add(struct list_view *list, const struct list_row *row);

/* Members for view_ops. */
void list_view_free(struct view *view);
void list_view_update(struct view *view);
void list_view_heading(struct view *view, struct heading *heading);
void list_view_draw(struct view *view, struct cells *cells, struct rect rect, bool focused);
bool list_view_act(struct view *view, enum action action);
bool list_view_selection(struct view *view, struct selection *selection);
bool list_view_select(struct view *view, const char *key);
const char *list_view_filter(struct view *view);
void list_view_set_filter(struct view *view, const char *text);
void list_view_copy(struct view *view, struct buffer *out);
void list_view_freeze(struct view *view, bool frozen);
int list_view_wanted_rows(struct view *view);

#define LIST_VIEW_OPS LIST_VIEW_OPS_BUT_UPDATE, .update = list_view_update
#define LIST_VIEW_OPS_BUT_UPDATE                                                                           \
	.free = list_view_free, .heading = list_view_heading,                                              \
	.draw = list_view_draw, .act = list_view_act, .selection = list_view_selection,                    \
	.select = list_view_select, .filter = list_view_filter, .set_filter = list_view_set_filter,        \
	.copy = list_view_copy, .freeze = list_view_freeze, .wanted_rows = list_view_wanted_rows

/* A node's name: without what all share where there is little room. Borrowed from name. */
const char *list_view_node_name(const struct list_view *list, const char *name);
/* A selection of an object. */
void selection_set(struct selection *selection, const char *kind, const char *name_space, const char *name,
		   const char *uid);
/* The movement of an action; MOVEMENT_NONE for others. */
enum movement action_movement(enum action action);

#endif
