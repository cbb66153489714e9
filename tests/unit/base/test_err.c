#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/base/text.h"

static void test_values_are_named_and_sanitised(void **state)
{
	struct err err = {0};
	char *text;

	(void)state;
	assert_int_equal(err_set(&err, ERR_IO, "cannot read {path}: {reason}", "path", "a\x1b[2Jb", "reason", "gone",
				 NULL),
			 -1);
	err_hint(&err, "give {flag}", "flag", "--kubeconfig", NULL);
	text = err_text(&err);
	assert_string_equal(text, "cannot read a\\x1b[2Jb: gone (give --kubeconfig)");
	free(text);
	assert_string_equal(message_value(&err.what, "reason"), "gone");
	assert_null(message_value(&err.what, "flag"));
}

static const char *translation(const char *id)
{
	return strcmp(id, "{n} of {all}") ? id : "{all} 중 {n} {unknown} {";
}

static void test_a_translation_may_turn_the_places_round(void **state)
{
	struct message message;
	struct buffer out = BUFFER_INIT(100);

	(void)state;
	message_set(&message, "{n} of {all}", "n", "3", "all", "12", NULL);
	message_format(&message, translation, &out);
	assert_string_equal(buffer_text(&out), "12 중 3 {unknown} {");
	buffer_release(&out);
}

static void test_a_long_value_is_cut_and_the_next_left_out(void **state)
{
	static char large[5000];
	struct message message;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	message_set(&message, "{a}{b}", "a", large, "b", "later", NULL);
	assert_true(strlen(message_value(&message, "a")) > 400);
	assert_null(message_value(&message, "b"));
	message_set(&message, "{a}", "a", NULL, NULL);
	assert_string_equal(message_value(&message, "a"), "?");
}

static void test_nobody_has_to_care(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x", NULL), -1);
	err_hint(NULL, "y", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_named_and_sanitised),
		cmocka_unit_test(test_a_translation_may_turn_the_places_round),
		cmocka_unit_test(test_a_long_value_is_cut_and_the_next_left_out),
		cmocka_unit_test(test_nobody_has_to_care),
	};

	text_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
