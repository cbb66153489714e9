#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/text.h"

static void assert_shown(const char *raw, size_t n, const char *expected)
{
	struct buffer out = BUFFER_INIT(4096);

	text_show(&out, raw, n);
	assert_string_equal(buffer_text(&out), expected);
	buffer_release(&out);
}

static void test_controls_become_escapes(void **state)
{
	(void)state;
	assert_shown("a\x1b[31mb", 7, "a\\x1b[31mb");
	assert_shown("a\0b", 3, "a\\x00b");
	assert_shown("x\xe2\x80\xaey", 5, "x\\u202ey");
	assert_shown("1\r\n2\t3", 6, "1\\r\\n2 3");
	assert_shown("\xff\xc0\xaf", 3, "\\xff\\xc0\\xaf");
	assert_shown("\xc2\x9b" "31m", 5, "\\u009b31m");
}

static void test_text_of_people_stays(void **state)
{
	(void)state;
	assert_shown("노드 ノード", strlen("노드 ノード"), "노드 ノード");
	assert_shown("e\xcc\x81\xcc\x82\xcc\x83", 7, "e\xcc\x81\xcc\x82");
}

static void test_width_counts_cells(void **state)
{
	int used;

	(void)state;
	assert_int_equal(text_width("노드-1"), 6);
	assert_int_equal(text_fit("노드-1", 3, &used), 3);
	assert_int_equal(used, 2);
	assert_int_equal(text_fit("abc", 5, &used), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_controls_become_escapes),
		cmocka_unit_test(test_text_of_people_stays),
		cmocka_unit_test(test_width_counts_cells),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
