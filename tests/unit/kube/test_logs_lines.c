#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/kube/logs_lines.h"

static struct buffer seen = BUFFER_INIT(4096);

/* Each line as "timestamp|text;", "+" where it was cut. */
static void collect(void *data, const struct log_line_view *line)
{
	(void)data;
	buffer_addf(&seen, "%.23s|", line->timestamp);
	buffer_add(&seen, line->text, line->length);
	buffer_add_text(&seen, line->cut ? "+;" : ";");
}

static int set_up(void **state)
{
	static struct log_lines lines;

	buffer_release(&seen);
	log_lines_init(&lines, 40, collect, NULL);
	*state = &lines;
	return 0;
}

static int tear_down(void **state)
{
	log_lines_release(*state);
	buffer_release(&seen);
	return 0;
}

static void feed(struct log_lines *lines, const char *text)
{
	log_lines_feed(lines, text, strlen(text));
}

static void test_lines_come_whole_however_the_body_is_cut(void **state)
{
	static const char body[] = "2026-11-21T09:00:00.5Z first\r\nno stamp\n2026-11-21T09:00:01Z\n";
	struct log_lines *lines = *state;

	for (const char *at = body; *at; at++)
		log_lines_feed(lines, at, 1);
	feed(lines, "2026-11-21T09:00:02Z \x1b[31m\xff");
	log_lines_end(lines, true);
	assert_string_equal(buffer_text(&seen),
			    "2026-11-21T09:00:00.5Z|first;|no stamp;2026-11-21T09:00:01Z|;"
						"2026-11-21T09:00:02Z|\x1b[31m\xff;");
}

static void test_long_lines_are_cut_and_the_next_is_not(void **state)
{
	struct log_lines *lines = *state;

	for (int i = 0; i < 1000; i++)
		feed(lines, "0123456789");
	feed(lines, "\nshort\n");
	assert_non_null(strstr(buffer_text(&seen), "+;|short;"));
	assert_in_range(seen.length, 80, 100);
}

static void test_resumed_body_neither_repeats_nor_loses(void **state)
{
	struct log_lines *lines = *state;

	feed(lines, "2026-11-21T09:00:01.100000000Z a\n2026-11-21T09:00:01.200000000Z b\n"
		    "2026-11-21T09:00:01.200000000Z c\n2026-11-21T09:00:01.300000000Z ha");
	log_lines_end(lines, false);
	log_lines_resume(lines);
	assert_string_equal(lines->last, "2026-11-21T09:00:01.200000000Z");
	feed(lines, "2026-11-21T09:00:01.100000000Z a\n2026-11-21T09:00:01.200000000Z b\n"
		    "2026-11-21T09:00:01.200000000Z c\n2026-11-21T09:00:01.200000000Z d\n"
		    "2026-11-21T09:00:01.300000000Z half\n");
	log_lines_end(lines, true);
	assert_string_equal(buffer_text(&seen), "2026-11-21T09:00:01.100|a;2026-11-21T09:00:01.200|b;"
						"2026-11-21T09:00:01.200|c;2026-11-21T09:00:01.200|d;"
						"2026-11-21T09:00:01.300|half;");
}

static void test_the_same_moment_in_another_zone_is_the_same(void **state)
{
	struct log_lines *lines = *state;

	feed(lines, "2026-11-21T18:00:01.2+09:00 a\n");
	log_lines_resume(lines);
	feed(lines,
	     "2026-11-21T09:00:01.200Z a\n2026-11-21T09:00:01.1Z older\n2026-11-21T18:00:01.3+09:00 b\n");
	assert_string_equal(buffer_text(&seen), "2026-11-21T18:00:01.2+0|a;2026-11-21T18:00:01.3+0|b;");
}

static void test_a_clock_that_steps_back_loses_nothing_in_one_body(void **state)
{
	struct log_lines *lines = *state;

	feed(lines, "2026-11-21T09:00:05Z a\n2026-11-21T09:00:01Z b\n");
	assert_string_equal(buffer_text(&seen), "2026-11-21T09:00:05Z|a;2026-11-21T09:00:01Z|b;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines_come_whole_however_the_body_is_cut, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_long_lines_are_cut_and_the_next_is_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_resumed_body_neither_repeats_nor_loses, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_same_moment_in_another_zone_is_the_same, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_clock_that_steps_back_loses_nothing_in_one_body,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
