#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

static void test_empty_buffer_is_empty_text(void **state)
{
	struct buffer buffer = BUFFER_INIT(10);
	char *text;

	(void)state;
	assert_string_equal(buffer_text(&buffer), "");
	text = buffer_detach(&buffer);
	assert_string_equal(text, "");
	free(text);
}

static void test_maximum_keeps_what_fits(void **state)
{
	struct buffer buffer = BUFFER_INIT(5);

	(void)state;
	assert_int_equal(buffer_add_text(&buffer, "abc"), 0);
	assert_int_equal(buffer_add_text(&buffer, "defg"), -1);
	assert_string_equal(buffer_text(&buffer), "abcde");
	assert_true(buffer.overflowed);
	assert_int_equal(buffer_add_byte(&buffer, 'x'), -1);
	buffer_clear(&buffer);
	assert_false(buffer.overflowed);
	assert_int_equal(buffer_add_text(&buffer, "12345"), 0);
	buffer_release(&buffer);
}

static void test_consume_takes_from_the_front(void **state)
{
	struct buffer buffer = BUFFER_INIT(1000);

	(void)state;
	for (int i = 0; i < 100; i++)
		buffer_addf(&buffer, "%02d", i);
	assert_int_equal(buffer.length, 200);
	buffer_consume(&buffer, 190);
	assert_string_equal(buffer_text(&buffer), "9596979899");
	buffer_consume(&buffer, 50);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_buffer_is_empty_text),
		cmocka_unit_test(test_maximum_keeps_what_fits),
		cmocka_unit_test(test_consume_takes_from_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
