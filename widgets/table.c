#include "widgets/table_private.h"

#include <string.h>

#include "probes/base/memory.h"
#include "widgets/search.h"

void table_init(struct table *table, const struct table_source *source, const struct table_column *columns,
		size_t column_count)
{
	if (column_count > TABLE_MOST_COLUMNS)
		bug("a table of too many columns");
	*table = (struct table){.source = *source, .columns = columns, .column_count = column_count};
}

static void forget_frozen(struct table *table)
{
	for (size_t i = 0; i < table->frozen_count; i++)
		free(table->frozen_keys[i]);
	free(table->frozen_keys);
	free(table->order);
	table->frozen_keys = NULL;
	table->order = NULL;
	table->frozen_count = 0;
	table->order_count = 0;
	table->frozen = false;
}

static void clear_marks(struct table *table)
{
	size_t position = 0;
	char *key;

	while ((key = map_next(&table->marks, &position)))
		free(key);
	map_release(&table->marks);
}

void table_release(struct table *table)
{
	forget_frozen(table);
	clear_marks(table);
	free(table->cursor_key);
	free(table->search);
	table->cursor_key = NULL;
	table->search = NULL;
}

size_t table_places(const struct table *table)
{
	return table->frozen ? table->order_count : table->source.row_count(table->source.context);
}

size_t table_row_at(const struct table *table, size_t place)
{
	return table->frozen ? table->order[place] : place;
}

const char *table_key_at(const struct table *table, size_t place)
{
	const char *key = table->source.row_key(table->source.context, table_row_at(table, place));

	return key ? key : "";
}

void table_get_cell(const struct table *table, size_t place, size_t column, struct table_cell *cell)
{
	cell->text = NULL;
	cell->role = ROLE_NORMAL;
	cell->attributes = 0;
	cell->has_gauge = false;
	cell->gauge_permille = 0;
	cell->gauge_role = ROLE_GAUGE;
	table->source.cell(table->source.context, table_row_at(table, place), column, cell);
	if (!cell->text)
		cell->text = "";
}

static void remember_cursor(struct table *table)
{
	free(table->cursor_key);
	table->cursor_key = NULL;
	if (table->cursor < table_places(table))
		table->cursor_key = xstrdup(table_key_at(table, table->cursor));
}

/* The place of a key, or the number of places. The place "near" is looked at first. */
static size_t find_key(const struct table *table, const char *key, size_t near)
{
	size_t count = table_places(table);

	if (near < count && !strcmp(table_key_at(table, near), key))
		return near;
	for (size_t place = 0; place < count; place++) {
		if (!strcmp(table_key_at(table, place), key))
			return place;
	}
	return count;
}

static void anchor_cursor(struct table *table)
{
	size_t count = table_places(table);
	size_t place = count;

	if (table->loading && !table->moved)
		table->cursor = 0;
	else if (table->cursor_key && *table->cursor_key)
		place = find_key(table, table->cursor_key, table->cursor);
	if (place < count)
		table->cursor = place;
	else if (table->cursor >= count)
		table->cursor = count ? count - 1 : 0;
	remember_cursor(table);
}

/* Rows by key, as the pointer value row + 1; the keys are the caller's. */
static void index_rows(const struct table *table, struct map *rows)
{
	size_t count = table->source.row_count(table->source.context);

	for (size_t row = 0; row < count; row++) {
		const char *key = table->source.row_key(table->source.context, row);

		if (key && *key)
			map_put(rows, key, (void *)(row + 1));
	}
}

/* One mark is taken out in each round: a map must not change while it is gone through. */
static bool drop_one_mark(struct table *table, const struct map *rows)
{
	size_t position = 0;
	char *key;

	while ((key = map_next(&table->marks, &position))) {
		if (map_get(rows, key))
			continue;
		map_remove(&table->marks, key);
		free(key);
		return true;
	}
	return false;
}

static void reorder_frozen(struct table *table, const struct map *rows)
{
	table->order_count = 0;
	for (size_t i = 0; i < table->frozen_count; i++) {
		size_t found = (size_t)map_get(rows, table->frozen_keys[i]);

		if (found)
			table->order[table->order_count++] = found - 1;
	}
}

void table_update(struct table *table)
{
	struct map rows = {0};

	table->measured_width = 0;
	if (table->frozen || table->marks.count) {
		index_rows(table, &rows);
		if (table->frozen)
			reorder_frozen(table, &rows);
		while (table->marks.count && drop_one_mark(table, &rows))
			;
		map_release(&rows);
	}
	anchor_cursor(table);
}

void table_freeze(struct table *table, bool frozen)
{
	size_t count;

	if (frozen == table->frozen)
		return;
	if (!frozen) {
		forget_frozen(table);
		anchor_cursor(table);
		return;
	}
	count = table_places(table);
	table->frozen_keys = xcalloc(count ? count : 1, sizeof(*table->frozen_keys));
	table->order = xcalloc(count ? count : 1, sizeof(*table->order));
	for (size_t place = 0; place < count; place++) {
		table->frozen_keys[place] = xstrdup(table_key_at(table, place));
		table->order[place] = place;
	}
	table->frozen_count = table->order_count = count;
	table->frozen = true;
}

ptrdiff_t table_cursor_row(const struct table *table)
{
	if (table->no_cursor || table->cursor >= table_places(table))
		return TABLE_NO_ROW;
	return (ptrdiff_t)table_row_at(table, table->cursor);
}

const char *table_cursor_key(const struct table *table)
{
	if (table_cursor_row(table) == TABLE_NO_ROW)
		return NULL;
	/* Rows that came since the last update count only with the next one. */
	return table->cursor_key ? table->cursor_key : table_key_at(table, table->cursor);
}

bool table_select_key(struct table *table, const char *key)
{
	size_t place = find_key(table, key, table->cursor);

	if (place >= table_places(table))
		return false;
	table->cursor = place;
	table->moved = true;
	remember_cursor(table);
	return true;
}

static size_t moved_place(size_t at, size_t last, size_t page, enum movement movement)
{
	size_t half = page > 1 ? page / 2 : 1;

	switch (movement) {
	case MOVEMENT_UP:
		return at > 0 ? at - 1 : 0;
	case MOVEMENT_DOWN:
		return at < last ? at + 1 : last;
	case MOVEMENT_HALF_UP:
		return at > half ? at - half : 0;
	case MOVEMENT_HALF_DOWN:
		return at + half < last ? at + half : last;
	case MOVEMENT_PAGE_UP:
		return at > page ? at - page : 0;
	case MOVEMENT_PAGE_DOWN:
		return at + page < last ? at + page : last;
	case MOVEMENT_HOME:
		return 0;
	case MOVEMENT_END:
		return last;
	default:
		return at;
	}
}

bool table_move(struct table *table, enum movement movement)
{
	size_t count = table_places(table);
	size_t page = table->seen_rows > 1 ? (size_t)table->seen_rows : 1;
	size_t last = count ? count - 1 : 0;
	size_t *at = &table->cursor;
	size_t before;

	if (table->no_cursor) {
		at = &table->top;
		last = count > page ? count - page : 0;
	}
	before = *at;
	*at = moved_place(before < last ? before : last, last, page, movement);
	if (*at == before)
		return false;
	table->moved = true;
	if (!table->no_cursor)
		remember_cursor(table);
	return true;
}

void table_toggle_mark(struct table *table)
{
	const char *key = table_cursor_key(table);
	char *marked;

	if (!key || !*key)
		return;
	marked = map_remove(&table->marks, key);
	if (marked) {
		free(marked);
	} else {
		marked = xstrdup(key);
		map_put(&table->marks, marked, marked);
	}
	table->moved = true;
	table_move(table, MOVEMENT_DOWN);
}

size_t table_mark_count(const struct table *table)
{
	return table->marks.count;
}

bool table_is_marked(const struct table *table, const char *key)
{
	return map_get(&table->marks, key) != NULL;
}

void table_set_search(struct table *table, const char *needle)
{
	free(table->search);
	table->search = needle && *needle ? xstrdup(needle) : NULL;
}
