#include "tests/unit/widgets/drawn.h"

#include "widgets/dialog.h"

enum { CANCEL = 1, RUN, NOTE };

static int feed(struct dialog *dialog, const char *name)
{
	struct key key = key_of(name);

	return dialog_feed(dialog, &key);
}

static void type(struct dialog *dialog, const char *text)
{
	for (; *text; text++) {
		struct key key = key_character((unsigned char)*text);

		assert_int_equal(dialog_feed(dialog, &key), DIALOG_OPEN);
	}
}

static struct dialog *confirmation(const char *expected)
{
	struct dialog *dialog = dialog_new("Run this plan?");

	textview_add(dialog_body(dialog), ROLE_NORMAL, "prod-kr1 as ops");
	if (expected)
		dialog_expect(dialog, "Type the context", expected);
	dialog_add_button(dialog, CANCEL, "Cancel", 0, BUTTON_CANCEL | BUTTON_START);
	dialog_add_button(dialog, RUN, "Run", 'y', BUTTON_DANGEROUS);
	return dialog;
}

static void test_enter_never_runs(void **state)
{
	struct dialog *dialog = confirmation(NULL);

	(void)state;
	assert_int_equal(dialog_focus(dialog), CANCEL);
	feed(dialog, "tab");
	assert_int_equal(dialog_focus(dialog), RUN);
	assert_int_equal(feed(dialog, "enter"), DIALOG_OPEN);
	assert_int_equal(feed(dialog, "space"), DIALOG_OPEN);
	assert_int_equal(feed(dialog, "y"), RUN);
	feed(dialog, "left");
	assert_int_equal(feed(dialog, "enter"), CANCEL);
	assert_int_equal(feed(dialog, "y"), RUN);
	dialog_free(dialog);
}

static void test_what_is_not_the_letter_itself_never_runs(void **state)
{
	struct dialog *dialog = confirmation(NULL);
	struct key pasted = {.sym = KEYSYM_CHARACTER, .code_point = 'y', .pasted = true};

	(void)state;
	assert_int_equal(feed(dialog, "ㅛ"), DIALOG_OPEN);
	assert_int_equal(dialog_feed(dialog, &pasted), DIALOG_OPEN);
	assert_int_not_equal(feed(dialog, "ctrl-y"), RUN);
	assert_int_not_equal(feed(dialog, "alt-y"), RUN);
	assert_int_not_equal(feed(dialog, "Y"), RUN);
	assert_int_equal(feed(dialog, "y"), RUN);
	dialog_free(dialog);
}

static void test_the_name_must_be_typed_exactly(void **state)
{
	struct dialog *dialog = confirmation("prod-kr1");

	(void)state;
	assert_int_equal(dialog_focus(dialog), 0);
	type(dialog, "prod-kr");
	assert_int_equal(feed(dialog, "enter"), DIALOG_OPEN);
	/* Tab passes Run over as long as the name is not exact. */
	feed(dialog, "tab");
	assert_int_equal(dialog_focus(dialog), CANCEL);
	feed(dialog, "tab");
	assert_int_equal(dialog_focus(dialog), 0);
	type(dialog, "1y");
	assert_string_equal(dialog_input(dialog), "prod-kr1y");
	feed(dialog, "backspace");
	feed(dialog, "tab");
	/* On Cancel the letter does nothing, on Run it does. */
	assert_int_equal(feed(dialog, "y"), DIALOG_OPEN);
	feed(dialog, "tab");
	assert_int_equal(dialog_focus(dialog), RUN);
	assert_int_equal(feed(dialog, "enter"), DIALOG_OPEN);
	assert_int_equal(feed(dialog, "y"), RUN);
	dialog_free(dialog);
}

static void test_there_is_always_a_way_out(void **state)
{
	struct dialog *dialog = confirmation("prod-kr1");
	struct dialog *plain = dialog_new("Note");
	struct key pasted = {.sym = KEYSYM_ESCAPE, .pasted = true};

	(void)state;
	assert_int_equal(dialog_feed(dialog, &pasted), DIALOG_OPEN);
	assert_int_equal(feed(dialog, "esc"), CANCEL);
	assert_int_equal(feed(dialog, "ctrl-c"), CANCEL);
	assert_int_equal(feed(plain, "esc"), DIALOG_CLOSED);
	assert_int_equal(feed(plain, "f7"), DIALOG_IGNORED);
	dialog_free(dialog);
	dialog_free(plain);
	dialog_free(NULL);
}

static void test_free_text_is_accepted_with_enter(void **state)
{
	struct dialog *dialog = dialog_new("Save");

	(void)state;
	dialog_expect(dialog, "File", NULL);
	dialog_add_button(dialog, CANCEL, "Cancel", 0, BUTTON_CANCEL);
	dialog_add_button(dialog, RUN, "Delete", 'd', BUTTON_DANGEROUS);
	dialog_add_button(dialog, NOTE, "Save", 0, 0);
	type(dialog, "d");
	assert_int_equal(feed(dialog, "enter"), NOTE);
	assert_string_equal(dialog_input(dialog), "d");
	dialog_free(dialog);
}

static void test_it_is_drawn_in_the_middle(void **state)
{
	struct dialog *dialog = confirmation("prod-kr1");
	struct cells cells;
	int row;
	int column;

	(void)state;
	type(dialog, "pro");
	cells_init(&cells, 10, 60, GLYPHS_UTF8);
	cells_put(&cells, 0, 0, 10, ROLE_CRITICAL, 0, "behind");
	dialog_draw(dialog, &cells, cells_area(&cells), &row, &column);
	assert_screen(&cells, "behind\n"
			      "     ┌ Run this plan? ────────────────────────────────┐\n"
			      "     │ prod-kr1 as ops                                │\n"
			      "     │                                                │\n"
			      "     │ Type the context                               │\n"
			      "     │ pro                                            │\n"
			      "     │                                                │\n"
			      "     │            [ Cancel ]  [ Run (y) ]             │\n"
			      "     └────────────────────────────────────────────────┘\n"
			      "\n");
	assert_int_equal(row, 5);
	assert_int_equal(column, 10);
	assert_int_equal(cells_at(&cells, 0, 0)->role, ROLE_DISABLED);
	assert_int_equal(cells_at(&cells, 3, 20)->overlay, ROLE_DIALOG);
	assert_int_equal(cells_at(&cells, 5, 20)->overlay, ROLE_NONE);
	/* Run looks as if it could not be pressed until the name is exact. */
	assert_int_equal(cells_at(&cells, 7, 32)->role, ROLE_DISABLED);
	type(dialog, "d-kr1");
	feed(dialog, "enter");
	feed(dialog, "tab");
	dialog_draw(dialog, &cells, cells_area(&cells), &row, &column);
	assert_int_equal(row, -1);
	assert_int_equal(cells_at(&cells, 7, 32)->role, ROLE_BUTTON_DANGEROUS);
	cells_release(&cells);
	dialog_free(dialog);
}

static void test_long_text_scrolls_and_the_buttons_stay(void **state)
{
	struct dialog *dialog = confirmation(NULL);
	struct cells cells;
	int row;
	int column;

	(void)state;
	for (int i = 2; i <= 40; i++)
		textview_addf(dialog_body(dialog), ROLE_NORMAL, "line %d", i);
	cells_init(&cells, 8, 60, GLYPHS_ASCII);
	dialog_draw(dialog, &cells, cells_area(&cells), &row, &column);
	feed(dialog, "end");
	dialog_draw(dialog, &cells, cells_area(&cells), &row, &column);
	assert_row(&cells, 4, "     | line 40                                       #|");
	assert_row(&cells, 6, "     |            [ Cancel ]  [ Run (y) ]             |");
	assert_row(&cells, 7, "     +-------------------------------------- 37-40/40 +");
	for (int rows = 0; rows < 8; rows++) {
		cells_resize(&cells, rows, 12);
		dialog_draw(dialog, &cells, cells_area(&cells), &row, &column);
		assert_whole(&cells);
	}
	cells_release(&cells);
	dialog_free(dialog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter_never_runs),
		cmocka_unit_test(test_what_is_not_the_letter_itself_never_runs),
		cmocka_unit_test(test_the_name_must_be_typed_exactly),
		cmocka_unit_test(test_there_is_always_a_way_out),
		cmocka_unit_test(test_free_text_is_accepted_with_enter),
		cmocka_unit_test(test_it_is_drawn_in_the_middle),
		cmocka_unit_test(test_long_text_scrolls_and_the_buttons_stay),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
