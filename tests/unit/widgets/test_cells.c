#include "tests/unit/widgets/drawn.h"

static struct cells grid(int rows, int columns)
{
	struct cells cells;

	cells_init(&cells, rows, columns, GLYPHS_UTF8);
	return cells;
}

static void test_text_is_cut_and_padded_by_cell(void **state)
{
	struct cells cells = grid(8, 20);

	(void)state;
	assert_int_equal(cells_put(&cells, 0, 0, 8, ROLE_NORMAL, 0, "노드-1 상태"), 7);
	assert_row(&cells, 0, "노드-1");
	assert_int_equal(cells_put(&cells, 1, 0, 7, ROLE_NORMAL, PUT_ELLIPSIS, "ノード一覧"), 7);
	assert_row(&cells, 1, "ノード…");
	/* One cell before the ellipsis stays free where half of a wide character would be. */
	assert_int_equal(cells_put(&cells, 2, 0, 6, ROLE_NORMAL, PUT_ELLIPSIS, "ノード一覧"), 5);
	assert_row(&cells, 2, "ノー…");
	cells_put(&cells, 3, 0, 10, ROLE_NORMAL, PUT_RIGHT, "노드");
	assert_row(&cells, 3, "      노드");
	cells_put(&cells, 4, 0, 10, ROLE_NORMAL, PUT_CENTRE, "abcd");
	assert_row(&cells, 4, "   abcd");
	cells_put(&cells, 5, 0, 8, ROLE_NORMAL, PUT_CUT_LEFT | PUT_ELLIPSIS, "/var/lib/노드/x");
	assert_row(&cells, 5, "…/노드/x");
	cells_put(&cells, 6, 0, 18, ROLE_NORMAL, PUT_CUT_MIDDLE | PUT_ELLIPSIS, "nks-prod-default-worker-10");
	assert_row(&cells, 6, "nks-prod…worker-10");
	cells_put(&cells, 7, 0, 9, ROLE_NORMAL, PUT_CUT_MIDDLE | PUT_ELLIPSIS, "노드노드노드");
	assert_row(&cells, 7, "노드…노드");
	assert_whole(&cells);
	cells_release(&cells);
}

static void test_padding_is_drawn_in_the_role(void **state)
{
	struct cells cells = grid(1, 10);

	(void)state;
	assert_int_equal(cells_put(&cells, 0, 0, 6, ROLE_BAR, PUT_PAD, "ab"), 6);
	assert_int_equal(cells_at(&cells, 0, 5)->role, ROLE_BAR);
	assert_int_equal(cells_at(&cells, 0, 6)->role, ROLE_NORMAL);
	cells_release(&cells);
}

static void test_hostile_text_is_made_visible(void **state)
{
	struct cells cells = grid(3, 40);

	(void)state;
	cells_put(&cells, 0, 0, 40, ROLE_NORMAL, 0, "a\033[31mb\nc\xe2\x80\xae" "d\xff");
	assert_row(&cells, 0, "a\\x1b[31mb\\nc\\u202ed\\xff");
	/* %n and friends are text. */
	cells_put(&cells, 1, 0, 40, ROLE_NORMAL, 0, "%s%n%d");
	assert_row(&cells, 1, "%s%n%d");
	/* A flood of combining marks stays within its cell. */
	cells_put(&cells, 2, 0, 40, ROLE_NORMAL, 0, "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84x");
	assert_int_equal(cells_at(&cells, 2, 0)->text[0], 'e');
	assert_int_equal(cells_at(&cells, 2, 0)->text[CELL_MARKS], 0x302);
	assert_int_equal(cells_at(&cells, 2, 1)->text[0], 'x');
	cells_release(&cells);
}

static void test_long_text_of_any_kind_is_bounded(void **state)
{
	size_t n = 1 << 20;
	char *flood = xmalloc(n + 1);
	struct cells cells = grid(2, 10);

	(void)state;
	memset(flood, '\x01', n);
	flood[n] = '\0';
	assert_int_equal(cells_put(&cells, 0, 0, 10, ROLE_NORMAL, PUT_ELLIPSIS, flood), 10);
	assert_row(&cells, 0, "\\x01\\x01\\…");
	assert_int_equal(cells_put(&cells, 1, 0, 10, ROLE_NORMAL, PUT_CUT_LEFT, flood), 10);
	assert_row(&cells, 1, "01\\x01\\x01");
	free(flood);
	cells_release(&cells);
}

static void test_wide_characters_are_never_halved(void **state)
{
	struct cells cells = grid(2, 8);

	(void)state;
	cells_put(&cells, 0, 0, 8, ROLE_NORMAL, 0, "가나다라");
	cells_put(&cells, 0, 1, 1, ROLE_NORMAL, 0, "x");
	cells_put(&cells, 0, 4, 1, ROLE_NORMAL, 0, "y");
	assert_row(&cells, 0, " x나y 라");
	assert_whole(&cells);
	cells_put(&cells, 0, 1, 2, ROLE_NORMAL, 0, "하");
	assert_row(&cells, 0, " 하 y 라");
	assert_whole(&cells);
	cells_put(&cells, 1, 7, 4, ROLE_NORMAL, 0, "가");
	assert_row(&cells, 1, "");
	assert_whole(&cells);
	cells_release(&cells);
}

static void test_clip_keeps_drawing_inside(void **state)
{
	struct cells cells = grid(3, 10);
	struct rect former = cells_clip(&cells, (struct rect){1, 3, 1, 4});

	(void)state;
	cells_fill(&cells, cells_area(&cells), ROLE_BAR);
	cells_put(&cells, 0, 0, 10, ROLE_NORMAL, 0, "above");
	cells_put(&cells, 1, 0, 20, ROLE_NORMAL, 0, "가나다라마");
	cells_put(&cells, 1, -5, 20, ROLE_NORMAL, 0, "");
	assert_row(&cells, 0, "");
	assert_row(&cells, 1, "    다");
	assert_int_equal(cells_at(&cells, 1, 2)->role, ROLE_NORMAL);
	assert_int_equal(cells_at(&cells, 0, 4)->role, ROLE_NORMAL);
	assert_whole(&cells);
	cells.clip = former;
	cells_put(&cells, 2, 8, 10, ROLE_NORMAL, 0, "end");
	assert_row(&cells, 2, "        en");
	assert_int_equal(cells_put(&cells, 7, 0, 10, ROLE_NORMAL, 0, "below"), 0);
	cells_release(&cells);
}

static void test_highlight_finds_either_case_and_wide_text(void **state)
{
	struct cells cells = grid(2, 20);

	(void)state;
	cells_put(&cells, 0, 0, 20, ROLE_NORMAL, 0, "가나 Calico calICO");
	assert_int_equal(cells_highlight(&cells, cells_area(&cells), "calico", ROLE_MATCH), 2);
	assert_int_equal(cells_at(&cells, 0, 4)->overlay, ROLE_NONE);
	assert_int_equal(cells_at(&cells, 0, 5)->overlay, ROLE_MATCH);
	assert_int_equal(cells_at(&cells, 0, 10)->overlay, ROLE_MATCH);
	assert_int_equal(cells_at(&cells, 0, 11)->overlay, ROLE_NONE);
	assert_int_equal(cells_highlight(&cells, cells_area(&cells), "나", ROLE_MATCH), 1);
	assert_int_equal(cells_at(&cells, 0, 2)->overlay, ROLE_MATCH);
	assert_int_equal(cells_at(&cells, 0, 3)->overlay, ROLE_MATCH);
	assert_int_equal(cells_highlight(&cells, cells_area(&cells), "", ROLE_MATCH), 0);
	cells_release(&cells);
}

static void test_box_has_title_and_note(void **state)
{
	struct cells cells = grid(3, 26);
	const struct box box = {.title = "1 Nodes 11/12", .note = "3s", .foot = "1-5/9"};

	(void)state;
	cells_box(&cells, cells_area(&cells), &box);
	assert_screen(&cells, "┌ 1 Nodes 11/12 ───── 3s ┐\n"
			      "│                        │\n"
			      "└───────────────── 1-5/9 ┘\n");
	assert_int_equal(cells_at(&cells, 0, 3)->role, ROLE_TITLE);
	cells_release(&cells);
}

static void test_box_leaves_out_what_does_not_fit(void **state)
{
	struct cells cells = grid(2, 14);
	const struct box box = {.title = "노드 목록과 상태", .note = "3s"};

	(void)state;
	cells_box(&cells, cells_area(&cells), &box);
	assert_row(&cells, 0, "┌ 노드 목록… ┐");
	assert_whole(&cells);
	cells_clear(&cells);
	cells_box(&cells, (struct rect){0, 0, 1, 14}, &box);
	assert_row(&cells, 0, "");
	cells_release(&cells);
}

static void test_boxes_join_shared_borders(void **state)
{
	struct cells cells = grid(5, 16);

	(void)state;
	cells_box(&cells, (struct rect){0, 0, 3, 16}, &(struct box){.title = "A", .foot = "f"});
	cells_box(&cells, (struct rect){2, 0, 3, 8}, &(struct box){.title = "B"});
	cells_box(&cells, (struct rect){2, 7, 3, 9}, &(struct box){.title = "C"});
	assert_screen(&cells, "┌ A ───────────┐\n"
			      "│              │\n"
			      "├ B ───┬ C ─ f ┤\n"
			      "│      │       │\n"
			      "└──────┴───────┘\n");
	/* The focused box is drawn last; its border leaves the neighbour's title alone. */
	cells_box(&cells, (struct rect){0, 0, 3, 16}, &(struct box){.title = "A", .focused = true});
	assert_row(&cells, 2, "├ B ───┬ C ─ f ┤");
	assert_int_equal(cells_at(&cells, 2, 5)->role, ROLE_BORDER_FOCUSED);
	cells_release(&cells);
}

static void test_box_in_ascii(void **state)
{
	struct cells cells;

	(void)state;
	cells_init(&cells, 3, 12, GLYPHS_ASCII);
	cells_put(&cells, 0, 5, 4, ROLE_NORMAL, 0, "-|-");
	cells_box(&cells, cells_area(&cells), &(struct box){.title = "A"});
	cells_rule(&cells, (struct rect){1, 0, 1, 12}, ROLE_BORDER);
	assert_screen(&cells, "+ A -------+\n"
			      "+----------+\n"
			      "+----------+\n");
	cells_put(&cells, 1, 1, 6, ROLE_NORMAL, PUT_ELLIPSIS, "something");
	assert_row(&cells, 1, "+somet~----+");
	cells_release(&cells);
}

static void test_overlay_and_recolour_keep_the_text(void **state)
{
	struct cells cells = grid(1, 6);

	(void)state;
	cells_put(&cells, 0, 0, 6, ROLE_CRITICAL, ATTRIBUTE_BOLD, "abc");
	cells_overlay(&cells, (struct rect){0, 0, 1, 6}, ROLE_SELECTED);
	assert_int_equal(cells_at(&cells, 0, 0)->role, ROLE_CRITICAL);
	assert_int_equal(cells_at(&cells, 0, 5)->overlay, ROLE_SELECTED);
	cells_recolour(&cells, (struct rect){0, 0, 1, 6}, ROLE_STALE);
	assert_int_equal(cells_at(&cells, 0, 0)->role, ROLE_STALE);
	assert_int_equal(cells_at(&cells, 0, 0)->overlay, ROLE_NONE);
	assert_int_equal(cells_at(&cells, 0, 0)->attributes, 0);
	assert_row(&cells, 0, "abc");
	cells_release(&cells);
}

static void test_copies_compare_equal(void **state)
{
	struct cells a = grid(2, 5);
	struct cells b = grid(1, 1);

	(void)state;
	cells_put(&a, 0, 0, 5, ROLE_OK, 0, "가b");
	assert_false(cells_equal(&a, &b));
	cells_copy(&b, &a);
	assert_true(cells_equal(&a, &b));
	cells_put(&b, 1, 0, 5, ROLE_OK, 0, " ");
	assert_false(cells_equal(&a, &b));
	cells_release(&a);
	cells_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_cut_and_padded_by_cell),
		cmocka_unit_test(test_padding_is_drawn_in_the_role),
		cmocka_unit_test(test_hostile_text_is_made_visible),
		cmocka_unit_test(test_long_text_of_any_kind_is_bounded),
		cmocka_unit_test(test_wide_characters_are_never_halved),
		cmocka_unit_test(test_clip_keeps_drawing_inside),
		cmocka_unit_test(test_highlight_finds_either_case_and_wide_text),
		cmocka_unit_test(test_box_has_title_and_note),
		cmocka_unit_test(test_box_leaves_out_what_does_not_fit),
		cmocka_unit_test(test_boxes_join_shared_borders),
		cmocka_unit_test(test_box_in_ascii),
		cmocka_unit_test(test_overlay_and_recolour_keep_the_text),
		cmocka_unit_test(test_copies_compare_equal),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
