#include "tests/unit/remedy/cmocka_all.h"

#include "probes/remedy/change.h"
#include "probes/remedy/difference.h"

static struct step_diff *lines;
static size_t count;

static void compare(const char *before, const char *after)
{
	json_t *old = json_of(before);
	json_t *new = json_of(after);

	difference_make(old, new, &lines, &count);
	json_decref(old);
	json_decref(new);
}

static void assert_line(size_t index, const char *path, const char *before, const char *after)
{
	assert_true(index < count);
	assert_string_equal(lines[index].path, path);
	assert_string_equal(lines[index].before, before);
	assert_string_equal(lines[index].after, after);
}

static void test_only_what_differs_is_a_line(void **state)
{
	(void)state;
	compare("{'spec':{'b':[{'image':'x'},{'image':'y'}],'a':1}}",
		"{'spec':{'b':[{'image':'x'},{'image':'z'}],'a':1}}");
	assert_int_equal(count, 1);
	assert_line(0, "/spec/b/1/image", "\"y\"", "\"z\"");
	difference_free(lines, count);
}

static void test_absent_sides_are_empty_and_sorted(void **state)
{
	(void)state;
	compare("{'z':1,'list':[1]}", "{'a':{'k':[1,2]},'list':[1,2]}");
	assert_int_equal(count, 3);
	assert_line(0, "/a", "", "{\"k\":[1,2]}");
	assert_line(1, "/list/1", "", "2");
	assert_line(2, "/z", "1", "");
	difference_free(lines, count);
}

static void test_what_moves_by_itself_is_left_out(void **state)
{
	(void)state;
	compare("{'metadata':{'generation':1,'resourceVersion':'5','managedFields':[],'labels':{'a':'1'}},'status':{'x':1}}",
		"{'metadata':{'generation':2,'resourceVersion':'6','managedFields':[1],'labels':{'a':'2'}},'status':{'x':2}}");
	assert_int_equal(count, 1);
	assert_line(0, "/metadata/labels/a", "\"1\"", "\"2\"");
	difference_free(lines, count);
}

static void test_a_name_that_only_begins_alike_is_kept(void **state)
{
	(void)state;
	compare("{'statusText':1}", "{'statusText':2}");
	assert_int_equal(count, 1);
	difference_free(lines, count);
}

static void test_secrets_are_masked(void **state)
{
	(void)state;
	compare("{'kind':'Secret','data':{'k':'b2xk'},'metadata':{'annotations':"
		"{'kubectl.kubernetes.io/last-applied-configuration':'b2xk'}},'type':'a'}",
		"{'kind':'Secret','data':{'k':'bmV3','n':'bmV3'},'metadata':{'annotations':"
		"{'kubectl.kubernetes.io/last-applied-configuration':'bmV3'}},'type':'b'}");
	assert_int_equal(count, 4);
	assert_line(0, "/data/k", "\"<redacted>\"", "\"<redacted>\"");
	assert_line(1, "/data/n", "", "\"<redacted>\"");
	assert_line(2, "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", "\"<redacted>\"",
		    "\"<redacted>\"");
	assert_line(3, "/type", "\"a\"", "\"b\"");
	difference_free(lines, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_differs_is_a_line),
		cmocka_unit_test(test_absent_sides_are_empty_and_sorted),
		cmocka_unit_test(test_what_moves_by_itself_is_left_out),
		cmocka_unit_test(test_a_name_that_only_begins_alike_is_kept),
		cmocka_unit_test(test_secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
