#include "tests/unit/widgets/drawn.h"

#include "widgets/gauge.h"
#include "widgets/layout.h"

/* The frame of the console: two header lines, panes, one line of events. */
static const struct layout_part frame[] = {LAYOUT_FIXED(2), LAYOUT_SHARE(3, 1), LAYOUT_FIXED(1)};

static void assert_frame(int rows, int columns)
{
	struct rect rects[3];

	layout_rows((struct rect){0, 0, rows, columns}, 0, frame, 3, rects);
	assert_int_equal(rects[0].rows, 2);
	assert_int_equal(rects[1].row, 2);
	assert_int_equal(rects[1].rows, rows - 3);
	assert_int_equal(rects[2].row, rows - 1);
	assert_int_equal(rects[2].rows, 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(rects[i].columns, columns);
}

static void test_screens_of_all_sizes_are_filled(void **state)
{
	static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}, {12, 80}};

	(void)state;
	for (size_t i = 0; i < array_length(sizes); i++) {
		static const struct layout_part halves[] = {LAYOUT_SHARE(20, 2), LAYOUT_SHARE(20, 3)};
		struct rect rects[2];

		assert_frame(sizes[i][0], sizes[i][1]);
		layout_columns((struct rect){2, 0, sizes[i][0] - 3, sizes[i][1]}, 0, halves, 2, rects);
		assert_int_equal(rects[0].columns + rects[1].columns, sizes[i][1]);
		assert_int_equal(rects[1].column, rects[0].columns);
		assert_true(rects[1].columns >= rects[0].columns);
		assert_int_equal(rects[1].rows, sizes[i][0] - 3);
	}
}

static void test_parts_go_in_the_order_of_drop(void **state)
{
	static const struct layout_part parts[] = {
		{.minimum = 10},
		{.minimum = 10, .drop = 1},
		{.minimum = 10, .drop = 3},
		{.minimum = 10, .drop = 3},
	};
	int sizes[4];

	(void)state;
	layout_split(43, 1, parts, 4, sizes);
	assert_int_equal(sizes[3], 10);
	layout_split(42, 1, parts, 4, sizes);
	assert_int_equal(sizes[3], 0);
	assert_int_equal(sizes[2], 10);
	layout_split(31, 1, parts, 4, sizes);
	assert_int_equal(sizes[2], 0);
	assert_int_equal(sizes[1], 10);
	layout_split(20, 1, parts, 4, sizes);
	assert_int_equal(sizes[1], 0);
	assert_int_equal(sizes[0], 10);
}

static void test_ideal_comes_before_weight(void **state)
{
	static const struct layout_part parts[] = {
		{.minimum = 4, .ideal = 10},
		{.minimum = 4, .ideal = 6, .weight = 1},
		{.minimum = 4, .weight = 3},
	};
	int sizes[3];

	(void)state;
	assert_int_equal(layout_split(16, 0, parts, 3, sizes), 0);
	assert_int_equal(sizes[0], 6);
	assert_int_equal(sizes[1], 6);
	assert_int_equal(sizes[2], 4);
	assert_int_equal(layout_split(40, 0, parts, 3, sizes), 0);
	assert_int_equal(sizes[0], 10);
	assert_int_equal(sizes[0] + sizes[1] + sizes[2], 40);
	assert_int_equal(sizes[1], 11);
}

static void test_no_room_takes_from_the_last(void **state)
{
	static const struct layout_part parts[] = {LAYOUT_FIXED(2), LAYOUT_FIXED(5), LAYOUT_FIXED(1)};
	int sizes[3];

	(void)state;
	assert_int_equal(layout_split(4, 0, parts, 3, sizes), 0);
	assert_int_equal(sizes[0], 2);
	assert_int_equal(sizes[1], 2);
	assert_int_equal(sizes[2], 0);
	assert_int_equal(layout_split(0, 0, parts, 3, sizes), 0);
	assert_int_equal(sizes[0], 0);
	assert_int_equal(layout_split(-3, 1, parts, 3, sizes), 0);
	assert_int_equal(sizes[0], 0);
	assert_int_equal(layout_split(30, 0, parts, 3, sizes), 22);
}

static void test_rectangles(void **state)
{
	struct rect centre = rect_centre((struct rect){2, 0, 20, 80}, 10, 40);

	(void)state;
	assert_int_equal(centre.row, 7);
	assert_int_equal(centre.column, 20);
	centre = rect_centre((struct rect){0, 0, 5, 10}, 10, 40);
	assert_int_equal(centre.rows, 5);
	assert_int_equal(centre.columns, 10);
	assert_true(rect_is_empty(rect_inset((struct rect){0, 0, 2, 9}, 1, 1)));
	assert_true(rect_is_empty(rect_intersect((struct rect){0, 0, 2, 2}, (struct rect){2, 2, 4, 4})));
	assert_true(rect_contains((struct rect){1, 1, 1, 1}, 1, 1));
	assert_false(rect_contains((struct rect){1, 1, 1, 1}, 2, 1));
}

static void test_gauge_is_full_only_when_full(void **state)
{
	struct cells cells;

	(void)state;
	cells_init(&cells, 4, 10, GLYPHS_UTF8);
	gauge_draw(&cells, 0, 0, 10, 999, ROLE_GAUGE);
	assert_row(&cells, 0, "▇▇▇▇▇▇▇▇▇▁");
	gauge_draw(&cells, 1, 0, 10, 1, ROLE_GAUGE);
	assert_row(&cells, 1, "▇▁▁▁▁▁▁▁▁▁");
	gauge_draw(&cells, 2, 0, 10, 4000, ROLE_GAUGE);
	assert_row(&cells, 2, "▇▇▇▇▇▇▇▇▇▇");
	gauge_draw(&cells, 3, 0, 10, -4, ROLE_GAUGE);
	assert_row(&cells, 3, "▁▁▁▁▁▁▁▁▁▁");
	assert_int_equal(gauge_role(910, 850, 900), ROLE_CRITICAL);
	assert_int_equal(gauge_role(860, 850, 900), ROLE_WARNING);
	assert_int_equal(gauge_role(10, 850, 900), ROLE_GAUGE);
	cells_release(&cells);
}

static void test_progress(void **state)
{
	struct cells cells;

	(void)state;
	cells_init(&cells, 4, 16, GLYPHS_ASCII);
	progress_draw(&cells, 0, 0, 14, 2, 4, 0, ROLE_OK);
	assert_row(&cells, 0, "[####....] 2/4");
	progress_draw(&cells, 1, 0, 8, 2, 4, 0, ROLE_OK);
	assert_row(&cells, 1, "2/4");
	progress_draw(&cells, 2, 0, 10, 0, 0, 0, ROLE_OK);
	assert_row(&cells, 2, "[##......]");
	progress_draw(&cells, 3, 0, 10, 0, 0, 7, ROLE_OK);
	assert_row(&cells, 3, "[.....##.]");
	assert_string_equal(spinner_text(GLYPHS_ASCII, 5), "/");
	assert_int_equal(text_width(spinner_text(GLYPHS_UTF8, 99)), 1);
	cells_release(&cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_screens_of_all_sizes_are_filled),
		cmocka_unit_test(test_parts_go_in_the_order_of_drop),
		cmocka_unit_test(test_ideal_comes_before_weight),
		cmocka_unit_test(test_no_room_takes_from_the_last),
		cmocka_unit_test(test_rectangles),
		cmocka_unit_test(test_gauge_is_full_only_when_full),
		cmocka_unit_test(test_progress),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
