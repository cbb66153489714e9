#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/digest.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"

static char folder[] = "/tmp/nks-triage-test-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	auto_free char *command = xasprintf("%s/f", folder);

	(void)state;
	unlink(command);
	return rmdir(folder);
}

static void test_digests_are_sha256(void **state)
{
	char hex[DIGEST_HEX_SIZE];
	json_t *one = json_pack("{s:i,s:[s,b]}", "b", 1, "a", "x", 1);
	json_t *two = json_pack("{s:[s,b],s:i}", "a", "x", 1, "b", 1);
	char other[DIGEST_HEX_SIZE];
	auto_free char *canonical = json_canonical(one);

	(void)state;
	digest_sha256("abc", 3, hex);	/* FIPS 180-2, appendix B.1 */
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(canonical, "{\"a\":[\"x\",true],\"b\":1}");
	digest_json(one, hex);
	digest_json(two, other);
	assert_string_equal(hex, other);
	json_decref(one);
	json_decref(two);
}

static void assert_decoded(const char *text, const char *expected)
{
	auto_free char *bytes = NULL;
	size_t length = 99;

	assert_int_equal(base64_decode(text, &bytes, &length, NULL), 0);
	assert_int_equal(length, strlen(expected));
	assert_string_equal(bytes, expected);
}

static void test_base64_of_rfc_4648(void **state)
{
	char *bytes = NULL;
	size_t length;

	(void)state;
	assert_decoded("", "");
	assert_decoded("Zg==", "f");
	assert_decoded("Zm8=", "fo");
	assert_decoded("Zm9v\nYmFy\n", "foobar");
	assert_int_equal(base64_decode("Zg=", &bytes, &length, NULL), -1);
	assert_int_equal(base64_decode("Z$==", &bytes, &length, NULL), -1);
	assert_null(bytes);
}

static void test_a_file_is_replaced_whole(void **state)
{
	auto_free char *path = xasprintf("%s/f", folder);
	auto_free char *text = NULL;
	size_t length;
	struct stat status;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_write(path, "first", 5, 0600, &err), 0);
	assert_int_equal(file_write(path, "second\n", 7, 0640, &err), 0);
	assert_int_equal(file_read(path, 7, &text, &length, &err), 0);
	assert_string_equal(text, "second\n");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

static void test_a_large_file_is_a_limit(void **state)
{
	auto_free char *path = xasprintf("%s/f", folder);
	char *text = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_write(path, "12345", 5, 0600, &err), 0);
	assert_int_equal(file_read(path, 4, &text, NULL, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_null(text);
}

static void test_broken_json_names_line_and_column(void **state)
{
	auto_free char *path = xasprintf("%s/f", folder);
	json_t *value = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(file_write(path, "{\n \"a\": tru\n}", 13, 0600, &err), 0);
	assert_int_equal(file_read_json(path, 1000, &value, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(message_value(&err.what, "line"), "2");
	assert_null(value);
	assert_int_equal(file_read_json("/nonexistent/x", 1000, &value, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests_are_sha256),
		cmocka_unit_test(test_base64_of_rfc_4648),
		cmocka_unit_test(test_a_file_is_replaced_whole),
		cmocka_unit_test(test_a_large_file_is_a_limit),
		cmocka_unit_test(test_broken_json_names_line_and_column),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
