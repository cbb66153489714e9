#include "widgets/menu.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/dialog_private.h"
#include "widgets/input_line.h"
#include "widgets/search.h"
#include "widgets/table.h"

enum { LEAST_WIDTH = 40, MOST_WIDTH = 100, BORDERS = 4, FRAME_ROWS = 4 };

struct entry {
	int id; /* 0 = a heading */
	char *label;
	char *note;
	char *shortcut;
	char *reason; /* NULL = can be chosen */
	char key[16]; /* for the table */
};

struct menu {
	char *title;
	struct entry *entries;
	size_t count;
	size_t *seen; /* indexes of the entries that pass the filter */
	size_t seen_count;
	struct input_line filter;
	struct table table;
	struct table_column columns[3];
};

static const struct entry *entry_at(const struct menu *menu, size_t row)
{
	return &menu->entries[menu->seen[row]];
}

static size_t menu_row_count(void *context)
{
	return ((const struct menu *)context)->seen_count;
}

static const char *menu_row_key(void *context, size_t row)
{
	return entry_at(context, row)->key;
}

static void menu_cell(void *context, size_t row, size_t column, struct table_cell *cell)
{
	const struct entry *entry = entry_at(context, row);
	bool can = entry->reason == NULL;

	if (column == 0) {
		cell->text = entry->label;
		cell->role = !entry->id ? ROLE_HEADING : can ? ROLE_NORMAL : ROLE_DISABLED;
	} else if (column == 1) {
		cell->text = can ? entry->note : entry->reason;
		cell->role = can ? ROLE_DIM : ROLE_DISABLED;
	} else {
		cell->text = entry->shortcut;
		cell->role = can ? ROLE_KEY : ROLE_DISABLED;
	}
}

struct menu *menu_new(const char *raw_title)
{
	struct menu *menu = xcalloc(1, sizeof(*menu));
	const struct input_options options = {.prompt = "/", .placeholder = "", .maximum = 256};
	const struct table_source source = {
		.context = menu,
		.row_count = menu_row_count,
		.row_key = menu_row_key,
		.cell = menu_cell,
	};

	menu->title = xstrdup(raw_title);
	input_line_start(&menu->filter, &options);
	table_init(&menu->table, &source, menu->columns, array_length(menu->columns));
	menu->table.no_header = true;
	menu->columns[0] = (struct table_column){.title = "", .minimum = 8};
	menu->columns[1] = (struct table_column){.title = "", .minimum = 6, .weight = 1, .drop = 2};
	menu->columns[2] = (struct table_column){.title = "", .drop = 1, .align = TABLE_RIGHT};
	return menu;
}

void menu_free(struct menu *menu)
{
	if (!menu)
		return;
	for (size_t i = 0; i < menu->count; i++) {
		free(menu->entries[i].label);
		free(menu->entries[i].note);
		free(menu->entries[i].shortcut);
		free(menu->entries[i].reason);
	}
	free(menu->entries);
	free(menu->seen);
	free(menu->title);
	input_line_stop(&menu->filter);
	table_release(&menu->table);
	free(menu);
}

static bool passes(const struct entry *entry, const char *filter)
{
	if (!*filter)
		return true;
	return entry->id && (search_matches(entry->label, filter) || search_matches(entry->note, filter));
}

/* The cursor never stays on a heading: it goes on in its direction, or turns round at the end. */
static void leave_heading(struct menu *menu, enum movement direction)
{
	ptrdiff_t row = table_cursor_row(&menu->table);

	for (int tries = 0; tries < 2; tries++) {
		while (row != TABLE_NO_ROW && !entry_at(menu, (size_t)row)->id) {
			if (!table_move(&menu->table, direction))
				break;
			row = table_cursor_row(&menu->table);
		}
		direction = direction == MOVEMENT_UP ? MOVEMENT_DOWN : MOVEMENT_UP;
	}
}

static void apply_filter(struct menu *menu)
{
	const char *filter = input_line_text(&menu->filter);

	menu->seen_count = 0;
	for (size_t i = 0; i < menu->count; i++) {
		if (passes(&menu->entries[i], filter))
			menu->seen[menu->seen_count++] = i;
	}
	table_set_search(&menu->table, filter);
	table_update(&menu->table);
	leave_heading(menu, MOVEMENT_DOWN);
}

static void grow_column(struct table_column *column, const char *text, int most)
{
	int width = text_width(text);

	width = width < most ? width : most;
	if (width > column->ideal)
		column->ideal = width;
}

static struct entry *add_entry(struct menu *menu, int id, const char *label, const char *note,
			       const char *shortcut, const char *reason)
{
	struct entry *entry;

	menu->entries = xreallocarray(menu->entries, menu->count + 1, sizeof(*menu->entries));
	menu->seen = xreallocarray(menu->seen, menu->count + 1, sizeof(*menu->seen));
	entry = &menu->entries[menu->count];
	*entry = (struct entry){
		.id = id,
		.label = xstrdup(label),
		.note = xstrdup(note ? note : ""),
		.shortcut = xstrdup(shortcut ? shortcut : ""),
		.reason = reason ? xstrdup(reason) : NULL,
	};
	snprintf(entry->key, sizeof(entry->key), "%zu", menu->count);
	menu->count++;
	grow_column(&menu->columns[0], label, 48);
	grow_column(&menu->columns[1], reason ? reason : entry->note, 60);
	grow_column(&menu->columns[2], entry->shortcut, 16);
	menu->columns[2].minimum = menu->columns[2].ideal;
	return entry;
}

void menu_add(struct menu *menu, int id, const char *raw_label, const char *raw_note, const char *shortcut,
	      const char *raw_reason)
{
	if (id <= 0)
		bug("a menu entry without an id");
	add_entry(menu, id, raw_label, raw_note, shortcut, raw_reason);
	apply_filter(menu);
}

void menu_add_heading(struct menu *menu, const char *raw_text)
{
	add_entry(menu, 0, raw_text, NULL, NULL, NULL);
	apply_filter(menu);
}

void menu_select(struct menu *menu, int id)
{
	for (size_t i = 0; i < menu->seen_count; i++) {
		if (entry_at(menu, i)->id == id)
			table_select_key(&menu->table, entry_at(menu, i)->key);
	}
}

int menu_cursor_id(const struct menu *menu)
{
	ptrdiff_t row = table_cursor_row(&menu->table);

	return row == TABLE_NO_ROW ? 0 : entry_at(menu, (size_t)row)->id;
}

const char *menu_filter(const struct menu *menu)
{
	return input_line_text(&menu->filter);
}

static int choose(const struct menu *menu)
{
	ptrdiff_t row = table_cursor_row(&menu->table);
	const struct entry *entry = row == TABLE_NO_ROW ? NULL : entry_at(menu, (size_t)row);

	return entry && entry->id && !entry->reason ? entry->id : MENU_OPEN;
}

static bool goes_up(enum movement movement)
{
	return movement == MOVEMENT_UP || movement == MOVEMENT_PAGE_UP || movement == MOVEMENT_HALF_UP;
}

static int escape(struct menu *menu)
{
	if (!*menu_filter(menu))
		return MENU_CLOSED;
	input_line_set(&menu->filter, "");
	apply_filter(menu);
	return MENU_OPEN;
}

int menu_feed(struct menu *menu, const struct key *key)
{
	enum movement movement = movement_from_key(key, false);
	enum input_result result;

	if (movement != MOVEMENT_NONE && movement != MOVEMENT_LEFT && movement != MOVEMENT_RIGHT) {
		table_move(&menu->table, movement);
		leave_heading(menu, goes_up(movement) ? MOVEMENT_UP : MOVEMENT_DOWN);
		return MENU_OPEN;
	}
	result = input_line_feed(&menu->filter, key);
	if (result == INPUT_CHANGED)
		apply_filter(menu);
	if (result == INPUT_CANCELLED)
		return key->sym == KEYSYM_ESCAPE ? escape(menu) : MENU_CLOSED;
	if (result == INPUT_ACCEPTED)
		return choose(menu);
	return result == INPUT_IGNORED ? MENU_IGNORED : MENU_OPEN;
}

static int wanted_width(const struct menu *menu)
{
	int width = 2;

	for (size_t i = 0; i < array_length(menu->columns); i++)
		width += menu->columns[i].ideal + 2;
	if (width < text_width(menu->title) + 2)
		width = text_width(menu->title) + 2;
	width = width > LEAST_WIDTH ? width : LEAST_WIDTH;
	return width < MOST_WIDTH ? width : MOST_WIDTH;
}

void menu_draw(struct menu *menu, struct cells *cells, struct rect area, int *ret_row, int *ret_column)
{
	const struct box box = {.title = menu->title, .focused = true};
	struct rect rect = rect_centre(area, (int)menu->count + FRAME_ROWS, wanted_width(menu) + BORDERS);
	struct rect inside = rect_inset(rect, 1, 2);
	struct rect list = {inside.row + 2, inside.column, inside.rows - 2, inside.columns};

	*ret_row = *ret_column = -1;
	if (inside.rows < 2 || inside.columns < 8)
		return;
	cells_recolour(cells, area, ROLE_DISABLED);
	cells_fill(cells, rect, ROLE_NORMAL);
	cells_box(cells, rect, &box);
	*ret_row = inside.row;
	*ret_column = input_line_draw(&menu->filter, cells, inside.row, inside.column, inside.columns);
	cells_rule(cells, (struct rect){inside.row + 1, rect.column, 1, rect.columns}, ROLE_BORDER_FOCUSED);
	table_draw(&menu->table, cells, list, true);
	dialog_lay_background(cells, rect);
}
