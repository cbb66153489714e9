#include "tests/unit/widgets/drawn.h"

#include "widgets/menu.h"

enum { DESCRIBE = 1, LOGS, DELETE };

static int feed(struct menu *menu, const char *name)
{
	struct key key = key_of(name);

	return menu_feed(menu, &key);
}

static struct menu *actions(void)
{
	struct menu *menu = menu_new("Actions");

	menu_add_heading(menu, "Look");
	menu_add(menu, DESCRIBE, "Describe", "what the API says", "d", NULL);
	menu_add(menu, LOGS, "Logs", "of 노드", "l", NULL);
	menu_add_heading(menu, "Change");
	menu_add(menu, DELETE, "Delete pod", NULL, "", "read-only: F2 arms");
	return menu;
}

static void test_headings_are_passed_over(void **state)
{
	struct menu *menu = actions();

	(void)state;
	assert_int_equal(menu_cursor_id(menu), DESCRIBE);
	feed(menu, "down");
	feed(menu, "down");
	assert_int_equal(menu_cursor_id(menu), DELETE);
	feed(menu, "up");
	assert_int_equal(menu_cursor_id(menu), LOGS);
	feed(menu, "home");
	assert_int_equal(menu_cursor_id(menu), DESCRIBE);
	assert_int_equal(feed(menu, "enter"), DESCRIBE);
	menu_free(menu);
}

static void test_what_cannot_be_done_is_listed_and_not_chosen(void **state)
{
	struct menu *menu = actions();
	struct cells cells;
	int row;
	int column;

	(void)state;
	menu_select(menu, DELETE);
	assert_int_equal(feed(menu, "enter"), MENU_OPEN);
	cells_init(&cells, 11, 60, GLYPHS_UTF8);
	menu_draw(menu, &cells, cells_area(&cells), &row, &column);
	assert_screen(&cells, "\n"
			      "        ┌ Actions ─────────────────────────────────┐\n"
			      "        │ /                                        │\n"
			      "        ├──────────────────────────────────────────┤\n"
			      "        │  Look                                    │\n"
			      "        │  Describe    what the API says        d  │\n"
			      "        │  Logs        of 노드                  l  │\n"
			      "        │  Change                                  │\n"
			      "        │ ›Delete pod  read-only: F2 arms          │\n"
			      "        └──────────────────────────────────────────┘\n"
			      "\n");
	assert_int_equal(row, 2);
	assert_int_equal(column, 11);
	cells_release(&cells);
	menu_free(menu);
}

static void test_typing_filters(void **state)
{
	struct menu *menu = actions();

	(void)state;
	feed(menu, "L");
	feed(menu, "o");
	assert_int_equal(menu_cursor_id(menu), LOGS);
	assert_int_equal(feed(menu, "enter"), LOGS);
	feed(menu, "x");
	assert_int_equal(menu_cursor_id(menu), 0);
	assert_int_equal(feed(menu, "enter"), MENU_OPEN);
	/* Esc gives the list back, and only then closes. */
	assert_int_equal(feed(menu, "esc"), MENU_OPEN);
	assert_string_equal(menu_filter(menu), "");
	assert_int_equal(menu_cursor_id(menu), DESCRIBE);
	assert_int_equal(feed(menu, "esc"), MENU_CLOSED);
	assert_int_equal(feed(menu, "ctrl-c"), MENU_CLOSED);
	assert_int_equal(feed(menu, "f9"), MENU_IGNORED);
	menu_free(menu);
}

static void test_any_size_can_be_drawn(void **state)
{
	struct menu *menu = actions();
	struct cells cells;
	int row;
	int column;

	(void)state;
	cells_init(&cells, 0, 0, GLYPHS_ASCII);
	for (int rows = 0; rows < 10; rows++) {
		cells_resize(&cells, rows, 5 * rows);
		menu_draw(menu, &cells, cells_area(&cells), &row, &column);
		assert_whole(&cells);
	}
	cells_release(&cells);
	menu_free(menu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headings_are_passed_over),
		cmocka_unit_test(test_what_cannot_be_done_is_listed_and_not_chosen),
		cmocka_unit_test(test_typing_filters),
		cmocka_unit_test(test_any_size_can_be_drawn),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
