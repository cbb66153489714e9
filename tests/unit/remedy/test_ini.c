#include "tests/unit/remedy/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/ini.h"

static void assert_set(const char *text, const char *wanted, const char *before, bool adds_section)
{
	struct ini_change change;
	struct err err;
	char *back = NULL;

	assert_int_equal(ini_set(text, "Global", "BlockStorage", "rescan-on-resize", "true", &change, &err), 0);
	assert_string_equal(change.text, wanted);
	if (before)
		assert_string_equal(change.before, before);
	else
		assert_null(change.before);
	assert_int_equal(change.adds_section, adds_section);
	assert_int_equal(change.is_same, !strcmp(text, wanted));
	if (!change.is_same) {
		assert_int_equal(ini_restore(change.text, "BlockStorage", "rescan-on-resize", change.before,
					     change.adds_section, &back, &err), 0);
		assert_string_equal(back, text);
	}
	free(back);
	ini_change_release(&change);
}

static void test_the_key_goes_where_its_section_is(void **state)
{
	(void)state;
	assert_set("[Global]\nuser = x\n[BlockStorage]\nbs-version = v3\n",
		   "[Global]\nuser = x\n[BlockStorage]\nrescan-on-resize = true\nbs-version = v3\n", NULL, false);
	assert_set("[Global]\nuser = x\n", "[Global]\nuser = x\n[BlockStorage]\nrescan-on-resize = true\n", NULL, true);
	assert_set("; c\n[Global]\n[blockstorage]\n[Networking]\n",
		   "; c\n[Global]\n[blockstorage]\nrescan-on-resize = true\n[Networking]\n", NULL, false);
}

static void test_another_value_is_replaced_and_put_back(void **state)
{
	(void)state;
	assert_set("[Global]\n[BlockStorage]\n  Rescan-On-Resize=no\nx=1\n",
		   "[Global]\n[BlockStorage]\n  Rescan-On-Resize=true\nx=1\n", "no", false);
}

static void test_what_is_right_stays_byte_for_byte(void **state)
{
	(void)state;
	assert_set("[Global]\na = 1 \\\n 2\n[BlockStorage]\nrescan-on-resize = true\n",
		   "[Global]\na = 1 \\\n 2\n[BlockStorage]\nrescan-on-resize = true\n", "true", false);
}

static void test_what_is_not_understood_is_refused(void **state)
{
	static const char *const broken[] = {
		"", "\n", "user = x\n[Global]\n", "[Global\nuser = x\n", "[Global]\n{json: true}\n",
		"[BlockStorage]\nx = 1\n", "null", "[]\n[Global]\n", "[Global]\n= x\n",
	};
	struct ini_change change;
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_length(broken); i++) {
		if (ini_set(broken[i], "Global", "BlockStorage", "k", "v", &change, &err) == 0)
			fail_msg("understood: %s", broken[i]);
	}
}

static void test_what_somebody_took_out_is_not_restored(void **state)
{
	struct err err;
	char *back = NULL;

	(void)state;
	assert_int_equal(ini_restore("[Global]\n[BlockStorage]\n", "BlockStorage", "k", NULL, false, &back, &err), -1);
	assert_null(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_key_goes_where_its_section_is),
		cmocka_unit_test(test_another_value_is_replaced_and_put_back),
		cmocka_unit_test(test_what_is_right_stays_byte_for_byte),
		cmocka_unit_test(test_what_is_not_understood_is_refused),
		cmocka_unit_test(test_what_somebody_took_out_is_not_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
