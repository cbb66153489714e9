#include "tui/list_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"

enum { ROOMY_COLUMNS = 90 };

static size_t row_count(void *context)
{
	return ((struct list_view *)context)->count;
}

static const char *row_key(void *context, size_t row)
{
	return ((struct list_view *)context)->rows[row].key;
}

static void row_cell(void *context, size_t row, size_t column, struct table_cell *cell)
{
	struct list_view *list = context;

	list->list->cell(list, &list->rows[row], column, cell);
}

static enum role row_role(void *context, size_t row)
{
	(void)row;
	return ((struct list_view *)context)->is_stale ? ROLE_STALE : ROLE_NONE;
}

struct view *list_view_new(struct console *console, const struct view_ops *ops,
			   const struct list_ops *list_ops,
			   int number)
{
	struct list_view *list = xcalloc(1, sizeof(*list));
	const struct table_source source = {
		.context = list,
		.row_count = row_count,
		.row_key = row_key,
		.cell = row_cell,
		.row_role = row_role,
	};

	list->view = (struct view){.ops = ops, .console = console};
	list->list = list_ops;
	list->number = number;
	table_init(&list->table, &source, list_ops->columns, list_ops->column_count);
	return &list->view;
}

void list_view_free(struct view *view)
{
	struct list_view *list = (struct list_view *)view;

	table_release(&list->table);
	free(list->rows);
	free(list->empty);
	free(list);
}

struct cell_context {
	struct list_view *list;
	const struct list_row *row;
	struct table_cell cell;
};

static const char *cell_text(void *context, size_t column)
{
	struct cell_context *cell = context;

	cell->cell = (struct table_cell){.role = ROLE_NORMAL};
	cell->list->list->cell(cell->list, cell->row, column, &cell->cell);
	return cell->cell.text ? cell->cell.text : "";
}

static bool is_wanted(struct list_view *list, const struct list_row *row)
{
	struct cell_context context = {.list = list, .row = row};
	const char *names[TABLE_MOST_COLUMNS];

	if (!list->filter.count)
		return true;
	for (size_t i = 0; i < list->list->column_count; i++)
		names[i] = list->list->columns[i].title;
	return filter_matches(&list->filter, names, list->list->column_count, cell_text, &context);
}

void list_view_add(struct list_view *list, const struct list_row *row)
{
	if (!is_wanted(list, row)) {
		list->hidden++;
		return;
	}
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 64;
		list->rows = xreallocarray(list->rows, list->capacity, sizeof(*list->rows));
	}
	list->rows[list->count++] = *row;
}

/* worker-2 comes before worker-10. */
static int compare_texts(const char *a, const char *b)
{
	return strverscmp(a ? a : "", b ? b : "");
}

static int compare_rows(const void *left, const void *right)
{
	const struct list_row *a = left;
	const struct list_row *b = right;
	int order;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	order = compare_texts(a->first, b->first);
	if (!order)
		order = compare_texts(a->second, b->second);
	return order ? order : compare_texts(a->key, b->key);
}

static void set_empty_text(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);
	struct buffer out = BUFFER_INIT(1024);

	if (list->hidden)
		buffer_addf(&out, translate("the filter hides all %zu rows; Esc ends it"), list->hidden);
	else if (list->list->kind != KIND_COUNT)
		world_empty(world, list->list->kind, &out);
	if (!out.length)
		buffer_add_text(&out, translate(list->list->nothing));
	free(list->empty);
	list->empty = buffer_detach(&out);
	list->table.empty_text = list->empty;
}

void list_view_update(struct view *view)
{
	struct list_view *list = (struct list_view *)view;

	list->count = 0;
	list->hidden = 0;
	list->good = 0;
	list->total = 0;
	list->longest = 0;
	if (console_world(view->console)->snapshot) {
		list->node_prefix = world_node_prefix(console_world(view->console));
		list->list->collect(list);
	}
	if (list->count)
		qsort(list->rows, list->count, sizeof(*list->rows), compare_rows);
	set_empty_text(list);
	table_update(&list->table);
	/* Nobody chose this row: the worst one is it. */
	if (!list->was_moved && !list->table.frozen)
		table_move(&list->table, MOVEMENT_HOME);
}

/* How old the rows are; greys them where their source is lost. */
static void add_note(struct list_view *list, struct buffer *note)
{
	const struct world *world = console_world(list->view.console);

	list->is_stale = false;
	if (list->list->kind != KIND_COUNT && world->snapshot)
		world_note(world, list->list->kind, note, &list->is_stale);
	else
		world_link_note(world, note, &list->is_stale);
}

void list_view_heading(struct view *view, struct heading *heading)
{
	struct list_view *list = (struct list_view *)view;
	CLEANUP(buffer_release) struct buffer note = BUFFER_INIT(sizeof(heading->note) - 1);
	char title[100];
	int used = 0;

	list->list->title(list, title, sizeof(title));
	if (list->number)
		used = snprintf(heading->title, sizeof(heading->title), "%d ", list->number);
	used += snprintf(heading->title + used, sizeof(heading->title) - (size_t)used, "%s", title);
	if (list->filter.count && used < (int)sizeof(heading->title))
		snprintf(heading->title + used, sizeof(heading->title) - (size_t)used,
			 translate(" (%zu hidden) /%.40s"),
			 list->hidden, list->filter.text);
	add_note(list, &note);
	snprintf(heading->note, sizeof(heading->note), "%s", buffer_text(&note));
	heading->is_stale = list->is_stale;
	if (list->count && (int)list->count > list->table.seen_rows && list->table.seen_rows > 0)
		snprintf(heading->foot, sizeof(heading->foot), "%zu/%zu", list->table.cursor + 1,
			 list->count);
}

void list_view_draw(struct view *view, struct cells *cells, struct rect rect, bool focused)
{
	struct list_view *list = (struct list_view *)view;
	CLEANUP(buffer_release) struct buffer note = BUFFER_INIT(160);

	add_note(list, &note);
	list->drawn_columns = rect.columns;
	table_draw(&list->table, cells, rect, focused);
	list->drawn_columns = 0;
}

const char *list_view_node_name(const struct list_view *list, const char *name)
{
	bool is_short = list->drawn_columns && list->drawn_columns < ROOMY_COLUMNS;

	return is_short && strlen(name) > list->node_prefix ? name + list->node_prefix : name;
}

enum movement action_movement(enum action action)
{
	switch (action) {
	case ACTION_UP:
		return MOVEMENT_UP;
	case ACTION_DOWN:
		return MOVEMENT_DOWN;
	case ACTION_HALF_UP:
		return MOVEMENT_HALF_UP;
	case ACTION_HALF_DOWN:
		return MOVEMENT_HALF_DOWN;
	case ACTION_PAGE_UP:
		return MOVEMENT_PAGE_UP;
	case ACTION_PAGE_DOWN:
		return MOVEMENT_PAGE_DOWN;
	case ACTION_TOP:
		return MOVEMENT_HOME;
	case ACTION_BOTTOM:
		return MOVEMENT_END;
	case ACTION_LEFT:
		return MOVEMENT_LEFT;
	case ACTION_RIGHT:
		return MOVEMENT_RIGHT;
	default:
		return MOVEMENT_NONE;
	}
}

bool list_view_act(struct view *view, enum action action)
{
	struct list_view *list = (struct list_view *)view;
	enum movement movement = action_movement(action);

	if (movement == MOVEMENT_LEFT || movement == MOVEMENT_RIGHT)
		return false;
	if (movement != MOVEMENT_NONE) {
		table_move(&list->table, movement);
		list->was_moved = true;
		return true;
	}
	if (action == ACTION_MARK) {
		table_toggle_mark(&list->table);
		return true;
	}
	return false;
}

bool list_view_selection(struct view *view, struct selection *selection)
{
	struct list_view *list = (struct list_view *)view;
	ptrdiff_t row = table_cursor_row(&list->table);

	*selection = (struct selection){0};
	if (row == TABLE_NO_ROW || (size_t)row >= list->count || !list->list->selection)
		return false;
	return list->list->selection(list, &list->rows[row], selection);
}

bool list_view_select(struct view *view, const char *key)
{
	((struct list_view *)view)->was_moved = true;
	return table_select_key(&((struct list_view *)view)->table, key);
}

const char *list_view_filter(struct view *view)
{
	return ((struct list_view *)view)->filter.text;
}

void list_view_set_filter(struct view *view, const char *text)
{
	struct list_view *list = (struct list_view *)view;

	filter_parse(&list->filter, text);
	list_view_update(view);
}

static void copy_row(struct list_view *list, const struct list_row *row, struct buffer *out)
{
	struct cell_context context = {.list = list, .row = row};
	const char *gap = out->length ? "\n" : "";

	for (size_t i = 0; i < list->list->column_count; i++) {
		const char *text = cell_text(&context, i);

		if (!*text)
			continue;
		buffer_addf(out, "%s%s", gap, text);
		gap = "  ";
	}
}

/* The marked rows; without marks the one under the cursor. */
void list_view_copy(struct view *view, struct buffer *out)
{
	struct list_view *list = (struct list_view *)view;
	ptrdiff_t row = table_cursor_row(&list->table);

	if (!table_mark_count(&list->table)) {
		if (row != TABLE_NO_ROW && (size_t)row < list->count)
			copy_row(list, &list->rows[row], out);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (table_is_marked(&list->table, list->rows[i].key))
			copy_row(list, &list->rows[i], out);
	}
}

void list_view_freeze(struct view *view, bool frozen)
{
	table_freeze(&((struct list_view *)view)->table, frozen);
}

int list_view_wanted_rows(struct view *view)
{
	struct list_view *list = (struct list_view *)view;

	return (int)(list->count < 1000 ? list->count : 1000) + (list->table.no_header ? 0 : 1);
}

void selection_set(struct selection *selection, const char *kind, const char *name_space, const char *name,
		   const char *uid)
{
	selection->is_object = true;
	snprintf(selection->kind, sizeof(selection->kind), "%s", kind);
	snprintf(selection->name_space, sizeof(selection->name_space), "%s", name_space);
	snprintf(selection->name, sizeof(selection->name), "%s", name);
	snprintf(selection->uid, sizeof(selection->uid), "%s", uid);
}
