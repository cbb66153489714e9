#include "tests/unit/widgets/drawn.h"

#include <stdio.h>

#include "widgets/table.h"

/* Rows of a caller: key, name, status; a NULL key ends them. */
struct row {
	const char *key;
	const char *name;
	const char *status;
};

struct list {
	struct row rows[64];
	size_t count;
};

static size_t list_count(void *context)
{
	return ((struct list *)context)->count;
}

static const char *list_key(void *context, size_t row)
{
	return ((struct list *)context)->rows[row].key;
}

static void list_cell(void *context, size_t row, size_t column, struct table_cell *cell)
{
	const struct row *r = &((struct list *)context)->rows[row];

	if (column == 0) {
		cell->text = r->name;
	} else if (column == 1) {
		cell->text = r->status;
		cell->role = ROLE_WARNING;
	} else {
		cell->has_gauge = true;
		cell->gauge_permille = 500;
		snprintf(cell->scratch, sizeof(cell->scratch), "%zu%%", row);
		cell->text = cell->scratch;
	}
}

static const struct table_column columns[] = {
	{.title = "NAME", .minimum = 6, .ideal = 10},
	{.title = "STATUS", .minimum = 6, .drop = 1},
	{.title = "DISK", .minimum = 3, .ideal = 8, .drop = 2},
};

static void set_up(struct list *list, struct table *table, const char *keys)
{
	static const struct row known[] = {
		{"a", "노드-a", "Ready"}, {"b", "node-b", "NotReady"}, {"c", "node-c", "Ready"},
		{"d", "node-d", "Ready"}, {"e", "node-e", "Ready"},    {"f", "node-f", "Ready"},
	};
	const struct table_source source = {
		.context = list, .row_count = list_count, .row_key = list_key, .cell = list_cell};

	list->count = 0;
	for (; *keys; keys++)
		list->rows[list->count++] = known[*keys - 'a'];
	if (table)
		table_init(table, &source, columns, 3);
}

static void assert_cursor(const struct table *table, const char *key)
{
	ptrdiff_t row = table_cursor_row(table);

	assert_string_equal(table_cursor_key(table), key);
	assert_string_equal(table->source.row_key(table->source.context, (size_t)row), key);
}

static void test_rows_are_drawn_in_columns(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "abc");
	cells_init(&cells, 5, 32, GLYPHS_UTF8);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_screen(&cells, " NAME    STATUS    DISK\n"
			      "›노드-a  Ready     ▇▇▇▁▁ 0%\n"
			      " node-b  NotReady  ▇▇▇▁▁ 1%\n"
			      " node-c  Ready     ▇▇▇▁▁ 2%\n"
			      "\n");
	assert_int_equal(cells_at(&cells, 1, 20)->overlay, ROLE_SELECTED);
	assert_int_equal(cells_at(&cells, 2, 9)->role, ROLE_WARNING);
	table_draw(&table, &cells, cells_area(&cells), false);
	assert_int_equal(cells_at(&cells, 1, 20)->overlay, ROLE_SELECTED_UNFOCUSED);
	assert_whole(&cells);
	cells_release(&cells);
	table_release(&table);
}

static const struct table_column named_columns[] = {
	{.title = "POD", .minimum = 8, .whole = 17, .cut_middle = true},
	{.title = "STATUS", .minimum = 6},
	{.title = "DISK", .minimum = 3, .ideal = 8, .drop = 2},
};

static void test_names_stay_whole_while_columns_can_go(void **state)
{
	struct list list = {.rows = {{"a", "calico-node-48lwg", "Running"}}, .count = 1};
	const struct table_source source = {
		.context = &list, .row_count = list_count, .row_key = list_key, .cell = list_cell};
	struct table table;
	struct cells cells;

	(void)state;
	table_init(&table, &source, named_columns, 3);
	cells_init(&cells, 2, 38, GLYPHS_UTF8);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 1, "›calico-node-48lwg  Running  ▇▇▇▁▁ 0%");
	/* The name is whole before the disk is shown. */
	cells_resize(&cells, 2, 28);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 1, "›calico-node-48lwg  Running");
	/* What is cut then keeps the end that tells it from others. */
	cells_resize(&cells, 2, 22);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 1, "›calico…-48lwg Runni…");
	cells_release(&cells);
	table_release(&table);
}

static void test_columns_follow_their_content(void **state)
{
	struct list list = {.rows = {{"a", "n", "Ready"}, {"b", "n", "Ready"}}, .count = 2};
	const struct table_source source = {
		.context = &list, .row_count = list_count, .row_key = list_key, .cell = list_cell};
	struct table table;
	struct cells cells;

	(void)state;
	table_init(&table, &source, columns, 2);
	cells_init(&cells, 3, 38, GLYPHS_UTF8);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 0, " NAME  STATUS");
	list.rows[1] = (struct row){"b", "node-b", "NotReady,SchedulingDisabled"};
	table_update(&table);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 2, " node-b  NotReady,SchedulingDisabled");
	cells_release(&cells);
	table_release(&table);
}

static void test_columns_go_when_it_gets_narrow(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "ab");
	cells_init(&cells, 3, 18, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 0, " NAME    STATUS");
	cells_resize(&cells, 3, 14);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 0, " NAME");
	assert_row(&cells, 2, " node-b");
	cells_resize(&cells, 3, 2);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_whole(&cells);
	cells_release(&cells);
	table_release(&table);
}

static void test_cursor_stays_on_its_key(void **state)
{
	struct list list;
	struct table table;

	(void)state;
	set_up(&list, &table, "abcd");
	table_update(&table);
	assert_true(table_move(&table, MOVEMENT_DOWN));
	assert_true(table_move(&table, MOVEMENT_DOWN));
	assert_cursor(&table, "c");
	set_up(&list, NULL, "ecab");
	table_update(&table);
	assert_cursor(&table, "c");
	/* Gone: the cursor stays at its place. */
	set_up(&list, NULL, "eabd");
	table_update(&table);
	assert_cursor(&table, "a");
	set_up(&list, NULL, "");
	table_update(&table);
	assert_int_equal(table_cursor_row(&table), TABLE_NO_ROW);
	assert_null(table_cursor_key(&table));
	assert_false(table_move(&table, MOVEMENT_DOWN));
	set_up(&list, NULL, "fe");
	table_update(&table);
	assert_cursor(&table, "f");
	assert_true(table_select_key(&table, "e"));
	assert_false(table_select_key(&table, "x"));
	assert_cursor(&table, "e");
	table_release(&table);
}

static void test_an_untouched_cursor_stays_at_the_top_while_loading(void **state)
{
	struct list list;
	struct table table;

	(void)state;
	set_up(&list, &table, "cd");
	table.loading = true;
	table_update(&table);
	set_up(&list, NULL, "abcd");
	table_update(&table);
	assert_cursor(&table, "a");
	table_move(&table, MOVEMENT_DOWN);
	set_up(&list, NULL, "eabcd");
	table_update(&table);
	assert_cursor(&table, "b");
	table_release(&table);
}

static void test_frozen_rows_keep_their_places(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "abcd");
	table_update(&table);
	table_select_key(&table, "b");
	table_freeze(&table, true);
	set_up(&list, NULL, "fdcba");
	table_update(&table);
	assert_int_equal(table_places(&table), 4);
	cells_init(&cells, 5, 32, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 2, ">node-b  NotReady  ###.. 3%");
	assert_cursor(&table, "b");
	/* A row that went is left out. */
	set_up(&list, NULL, "dba");
	table_update(&table);
	assert_int_equal(table_places(&table), 3);
	assert_cursor(&table, "b");
	set_up(&list, NULL, "fdcba");
	table_freeze(&table, false);
	assert_int_equal(table_places(&table), 5);
	assert_cursor(&table, "b");
	assert_int_equal(table.cursor, 3);
	cells_release(&cells);
	table_release(&table);
}

static void test_marks_belong_to_keys(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "abcd");
	table_update(&table);
	table_toggle_mark(&table);
	table_move(&table, MOVEMENT_DOWN);
	table_toggle_mark(&table);
	assert_int_equal(table_mark_count(&table), 2);
	set_up(&list, NULL, "dcba");
	table_update(&table);
	assert_true(table_is_marked(&table, "a") && table_is_marked(&table, "c"));
	assert_false(table_is_marked(&table, "b"));
	cells_init(&cells, 5, 32, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_equal(cells_at(&cells, 2, 0)->role, ROLE_MARKED);
	set_up(&list, NULL, "dba");
	table_update(&table);
	assert_int_equal(table_mark_count(&table), 1);
	assert_false(table_is_marked(&table, "c"));
	table_select_key(&table, "a");
	table_toggle_mark(&table);
	assert_int_equal(table_mark_count(&table), 0);
	cells_release(&cells);
	table_release(&table);
}

static void test_pages_and_ends(void **state)
{
	static char keys[50][8];
	struct list list = {.count = 50};
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "a");
	for (size_t i = 0; i < 50; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		list.rows[i] = (struct row){keys[i], keys[i], "x"};
	}
	list.count = 50;
	table_update(&table);
	cells_init(&cells, 11, 32, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	table_move(&table, MOVEMENT_PAGE_DOWN);
	assert_cursor(&table, "k10");
	table_move(&table, MOVEMENT_HALF_DOWN);
	assert_cursor(&table, "k15");
	table_move(&table, MOVEMENT_END);
	assert_cursor(&table, "k49");
	assert_false(table_move(&table, MOVEMENT_PAGE_DOWN));
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_equal(table.top, 40);
	/* The thumb of the scroll bar is at the bottom. */
	assert_int_equal(cells_at(&cells, 10, 31)->text[0], '#');
	assert_int_equal(cells_at(&cells, 1, 31)->text[0], ' ');
	table_move(&table, MOVEMENT_HOME);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_equal(table.top, 0);
	assert_int_equal(cells_at(&cells, 1, 31)->text[0], '#');
	/* A window that grows shows no empty rows at the end. */
	table_move(&table, MOVEMENT_END);
	cells_resize(&cells, 21, 32);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_equal(table.top, 30);
	cells_release(&cells);
	table_release(&table);
}

static void test_what_is_searched_is_shown(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "abcd");
	table_update(&table);
	table_set_search(&table, "노드");
	cells_init(&cells, 5, 32, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_equal(cells_at(&cells, 1, 1)->overlay, ROLE_MATCH);
	assert_int_equal(cells_at(&cells, 1, 5)->overlay, ROLE_SELECTED);
	table_set_search(&table, NULL);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_int_not_equal(cells_at(&cells, 1, 1)->overlay, ROLE_MATCH);
	cells_release(&cells);
	table_release(&table);
}

static void test_empty_table_says_so(void **state)
{
	struct list list;
	struct table table;
	struct cells cells;

	(void)state;
	set_up(&list, &table, "");
	table.empty_text = "no nodes";
	cells_init(&cells, 3, 32, GLYPHS_ASCII);
	table_draw(&table, &cells, cells_area(&cells), true);
	assert_row(&cells, 1, " no nodes");
	table_toggle_mark(&table);
	assert_int_equal(table_mark_count(&table), 0);
	cells_release(&cells);
	table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_drawn_in_columns),
		cmocka_unit_test(test_names_stay_whole_while_columns_can_go),
		cmocka_unit_test(test_columns_follow_their_content),
		cmocka_unit_test(test_columns_go_when_it_gets_narrow),
		cmocka_unit_test(test_cursor_stays_on_its_key),
		cmocka_unit_test(test_an_untouched_cursor_stays_at_the_top_while_loading),
		cmocka_unit_test(test_frozen_rows_keep_their_places),
		cmocka_unit_test(test_marks_belong_to_keys),
		cmocka_unit_test(test_pages_and_ends),
		cmocka_unit_test(test_what_is_searched_is_shown),
		cmocka_unit_test(test_empty_table_says_so),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
