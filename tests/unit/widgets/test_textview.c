#include "tests/unit/widgets/drawn.h"

#include "widgets/textview.h"

static void draw(struct textview *view, struct cells *cells, int rows, int columns)
{
	cells_release(cells);
	cells_init(cells, rows, columns, GLYPHS_ASCII);
	textview_draw(view, cells, cells_area(cells), true);
	assert_whole(cells);
	/* The scroll bar has its own test. */
	cells_fill(cells, (struct rect){0, columns - 1, rows, 1}, ROLE_NORMAL);
}

static void add_numbers(struct textview *view, int n)
{
	for (int i = 1; i <= n; i++)
		textview_addf(view, ROLE_NORMAL, "line %d", i);
}

static void test_words_are_wrapped_at_spaces(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	textview_add(&view, ROLE_NORMAL, "the quick brown fox jumps");
	textview_add(&view, ROLE_NORMAL, "");
	textview_add(&view, ROLE_NORMAL, "docker.io/calico/typha:v3.24.1 is long");
	draw(&view, &cells, 7, 13);
	assert_screen(&cells, "the quick\n"
			      "brown fox\n"
			      "jumps\n"
			      "\n"
			      "docker.io/ca\n"
			      "lico/typha:v\n"
			      "3.24.1 is\n");
	assert_int_equal(textview_rows(&view, 12), 8);
	cells_release(&cells);
	textview_release(&view);
}

static void test_wide_text_breaks_as_korean_and_japanese_do(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	textview_add(&view, ROLE_NORMAL, "노드의디스크가가득");
	textview_add(&view, ROLE_NORMAL, "ディスク満杯。再起動");
	textview_add(&view, ROLE_NORMAL, "ab 노드의디스크");
	draw(&view, &cells, 8, 14);
	assert_screen(&cells, "노드의디스크\n"
			      "가가득\n"
			      "ディスク満\n"
			      "杯。再起動\n"
			      "ab\n"
			      "노드의디스크\n"
			      "\n\n");
	/* Hangul ends at blanks, no row begins with a stop or a small kana, none ends with an open bracket. */
	textview_clear(&view);
	textview_add(&view, ROLE_NORMAL, "이미지가 (아닌) 오류가 있습니다. 샌드박스");
	textview_add(&view, ROLE_NORMAL, "コンテナは起動せず、「再試行」を繰り返します。");
	draw(&view, &cells, 9, 18);
	assert_screen(&cells, "이미지가 (아닌)\n"
			      "오류가 있습니다.\n"
			      "샌드박스\n"
			      "コンテナは起動せ\n"
			      "ず、「再試行」を\n"
			      "繰り返します。\n"
			      "\n\n\n");
	/* Even where not one character fits, drawing ends. */
	draw(&view, &cells, 3, 2);
	cells_release(&cells);
	textview_release(&view);
}

static void test_segments_have_roles_and_rows_an_indent(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	textview_add(&view, ROLE_CRITICAL, "X ");
	textview_append(&view, ROLE_STRONG, "calico node");
	textview_append_with(&view, ROLE_NORMAL, ATTRIBUTE_UNDERLINE, " is not ready");
	textview_indent(&view, 2);
	textview_tag(&view, 77);
	draw(&view, &cells, 3, 15);
	assert_screen(&cells, "X calico node\n"
			      "  is not ready\n"
			      "\n");
	assert_int_equal(cells_at(&cells, 0, 0)->role, ROLE_CRITICAL);
	assert_int_equal(cells_at(&cells, 0, 2)->role, ROLE_STRONG);
	assert_int_equal(cells_at(&cells, 1, 2)->attributes, ATTRIBUTE_UNDERLINE);
	assert_int_equal(textview_tag_at(&view, 0), 77);
	assert_string_equal(textview_text(&view, 0), "X calico node is not ready");
	cells_release(&cells);
	textview_release(&view);
}

static void test_hostile_lines_are_shown(void **state)
{
	struct textview view;
	char *flood = xmalloc(1 << 20);

	(void)state;
	textview_init(&view, 10);
	textview_add(&view, ROLE_NORMAL, "a\033]0;x\ab\nc");
	assert_string_equal(textview_text(&view, 0), "a\\x1b]0;x\\x07b\\nc");
	textview_add_lines(&view, ROLE_NORMAL, "one\r\n\ntwo\n");
	assert_int_equal(textview_count(&view), 4);
	assert_string_equal(textview_text(&view, 1), "one");
	assert_string_equal(textview_text(&view, 2), "");
	/* Cut at the most bytes of a line, never within a character. */
	for (size_t i = 0; i + 3 < 1 << 20; i += 3)
		memcpy(flood + i, "가", 3);
	textview_add_bytes(&view, ROLE_NORMAL, flood, 1 << 20);
	assert_in_range(strlen(textview_text(&view, 4)), TEXTVIEW_LINE_BYTES - 3, TEXTVIEW_LINE_BYTES);
	assert_int_equal(strlen(textview_text(&view, 4)) % 3, 0);
	textview_append(&view, ROLE_NORMAL, "가나다");
	assert_in_range(strlen(textview_text(&view, 4)), TEXTVIEW_LINE_BYTES - 3, TEXTVIEW_LINE_BYTES);
	free(flood);
	textview_release(&view);
}

static void test_old_lines_are_dropped_and_counted(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	add_numbers(&view, 90);
	draw(&view, &cells, 5, 20);
	textview_show_line(&view, 50);
	draw(&view, &cells, 5, 20);
	assert_int_equal(view.top, 49);
	for (int i = 0; i < 30; i++)
		textview_add(&view, ROLE_NORMAL, "more");
	assert_int_equal(textview_count(&view), 100);
	assert_int_equal(view.dropped, 20);
	assert_string_equal(textview_text(&view, 0), "line 21");
	/* What is seen stays. */
	draw(&view, &cells, 5, 20);
	assert_row(&cells, 0, "line 50");
	textview_clear(&view);
	assert_int_equal(view.dropped, 0);
	cells_release(&cells);
	textview_release(&view);
}

static void test_moving_ends_at_the_ends(void **state)
{
	struct cells cells = {0};
	struct textview view;
	size_t first;
	size_t last;

	(void)state;
	textview_init(&view, 100);
	add_numbers(&view, 30);
	draw(&view, &cells, 10, 20);
	assert_false(textview_move(&view, MOVEMENT_UP));
	assert_true(textview_move(&view, MOVEMENT_PAGE_DOWN));
	assert_int_equal(view.top, 9);
	assert_true(textview_move(&view, MOVEMENT_END));
	assert_int_equal(view.top, 20);
	assert_false(textview_move(&view, MOVEMENT_DOWN));
	textview_position(&view, &first, &last);
	assert_int_equal(first, 21);
	assert_int_equal(last, 30);
	assert_true(textview_move(&view, MOVEMENT_HALF_UP));
	assert_int_equal(view.top, 15);
	/* Filled again with less: the view comes back into the text. */
	textview_clear(&view);
	add_numbers(&view, 12);
	draw(&view, &cells, 10, 20);
	assert_row(&cells, 0, "line 3");
	textview_clear(&view);
	draw(&view, &cells, 10, 20);
	assert_false(textview_move(&view, MOVEMENT_END));
	cells_release(&cells);
	textview_release(&view);
}

static void test_filling_again_keeps_the_place(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	add_numbers(&view, 40);
	draw(&view, &cells, 10, 20);
	textview_move(&view, MOVEMENT_PAGE_DOWN);
	textview_clear(&view);
	add_numbers(&view, 40);
	draw(&view, &cells, 10, 20);
	assert_row(&cells, 0, "line 10");
	cells_release(&cells);
	textview_release(&view);
}

static void test_following_pauses_and_resumes(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	textview_set_follow(&view, true);
	add_numbers(&view, 20);
	draw(&view, &cells, 5, 20);
	assert_row(&cells, 4, "line 20");
	textview_move(&view, MOVEMENT_UP);
	textview_add(&view, ROLE_NORMAL, "new");
	draw(&view, &cells, 5, 20);
	assert_row(&cells, 4, "line 19");
	textview_move(&view, MOVEMENT_END);
	textview_add(&view, ROLE_NORMAL, "newer");
	draw(&view, &cells, 5, 20);
	assert_row(&cells, 4, "newer");
	cells_release(&cells);
	textview_release(&view);
}

static void test_search_highlights_and_goes_round(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	add_numbers(&view, 30);
	textview_add(&view, ROLE_NORMAL, "Failed to pull IMAGE");
	add_numbers(&view, 30);
	textview_add(&view, ROLE_NORMAL, "image again");
	draw(&view, &cells, 9, 30);
	assert_true(textview_set_search(&view, "image"));
	draw(&view, &cells, 9, 30);
	assert_row(&cells, 3, "Failed to pull IMAGE");
	assert_int_equal(cells_at(&cells, 3, 15)->overlay, ROLE_MATCH);
	assert_true(textview_search_next(&view, false));
	assert_int_equal(view.match, 61);
	assert_true(textview_search_next(&view, false));
	assert_int_equal(view.match, 30);
	assert_true(textview_search_next(&view, true));
	assert_int_equal(view.match, 61);
	assert_false(textview_set_search(&view, "nowhere"));
	assert_false(textview_search_next(&view, false));
	textview_set_search(&view, NULL);
	draw(&view, &cells, 9, 30);
	cells_release(&cells);
	textview_release(&view);
}

static void test_cursor_goes_line_by_line(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	view.has_cursor = true;
	textview_add(&view, ROLE_NORMAL, "a rather long first line of text");
	add_numbers(&view, 20);
	draw(&view, &cells, 5, 14);
	assert_int_equal(cells_at(&cells, 2, 0)->overlay, ROLE_SELECTED);
	assert_int_equal(cells_at(&cells, 3, 0)->overlay, ROLE_NONE);
	textview_move(&view, MOVEMENT_DOWN);
	assert_int_equal(textview_current(&view), 1);
	textview_move(&view, MOVEMENT_END);
	draw(&view, &cells, 5, 14);
	assert_row(&cells, 4, "line 20");
	assert_int_equal(cells_at(&cells, 4, 0)->overlay, ROLE_SELECTED);
	textview_move(&view, MOVEMENT_HOME);
	draw(&view, &cells, 5, 14);
	assert_row(&cells, 0, "a rather long");
	cells_release(&cells);
	textview_release(&view);
}

static void test_without_wrap_it_moves_sideways(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 10);
	textview_add(&view, ROLE_NORMAL, "0123456789가나다라");
	textview_set_wrap(&view, false);
	draw(&view, &cells, 2, 12);
	assert_screen(&cells, "0123456789\n\n");
	assert_true(textview_move(&view, MOVEMENT_RIGHT));
	draw(&view, &cells, 2, 12);
	assert_row(&cells, 0, "89가나다라");
	textview_move(&view, MOVEMENT_LEFT);
	assert_false(textview_move(&view, MOVEMENT_LEFT));
	cells_release(&cells);
	textview_release(&view);
}

static void test_scroll_bar_shows_the_place(void **state)
{
	struct cells cells = {0};
	struct textview view;

	(void)state;
	textview_init(&view, 100);
	add_numbers(&view, 100);
	cells_init(&cells, 10, 20, GLYPHS_ASCII);
	textview_draw(&view, &cells, cells_area(&cells), true);
	assert_int_equal(cells_at(&cells, 0, 19)->text[0], '#');
	textview_move(&view, MOVEMENT_END);
	textview_draw(&view, &cells, cells_area(&cells), true);
	assert_int_equal(cells_at(&cells, 9, 19)->text[0], '#');
	assert_int_equal(cells_at(&cells, 0, 19)->text[0], ' ');
	cells_release(&cells);
	textview_release(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_wrapped_at_spaces),
		cmocka_unit_test(test_wide_text_breaks_as_korean_and_japanese_do),
		cmocka_unit_test(test_segments_have_roles_and_rows_an_indent),
		cmocka_unit_test(test_hostile_lines_are_shown),
		cmocka_unit_test(test_old_lines_are_dropped_and_counted),
		cmocka_unit_test(test_moving_ends_at_the_ends),
		cmocka_unit_test(test_filling_again_keeps_the_place),
		cmocka_unit_test(test_following_pauses_and_resumes),
		cmocka_unit_test(test_search_highlights_and_goes_round),
		cmocka_unit_test(test_cursor_goes_line_by_line),
		cmocka_unit_test(test_without_wrap_it_moves_sideways),
		cmocka_unit_test(test_scroll_bar_shows_the_place),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
