#include "tests/unit/remedy/cmocka_all.h"

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"

/* The examples of RFC 6901, section 5. */
static void test_pointers_find_what_the_rfc_says(void **state)
{
	json_t *document = json_of("{'foo':['bar','baz'],'':0,'a/b':1,'c%d':2,'m~n':8,' ':7}");

	(void)state;
	assert_ptr_equal(pointer_get(document, ""), document);
	assert_int_equal(json_array_size(pointer_get(document, "/foo")), 2);
	assert_string_equal(json_string_value(pointer_get(document, "/foo/0")), "bar");
	assert_int_equal(json_integer_value(pointer_get(document, "/")), 0);
	assert_non_null(pointer_get(document, "/"));
	assert_int_equal(json_integer_value(pointer_get(document, "/a~1b")), 1);
	assert_int_equal(json_integer_value(pointer_get(document, "/c%d")), 2);
	assert_int_equal(json_integer_value(pointer_get(document, "/m~0n")), 8);
	assert_int_equal(json_integer_value(pointer_get(document, "/ ")), 7);
	json_decref(document);
}

static void test_pointers_find_nothing_else(void **state)
{
	json_t *document = json_of("{'foo':['bar','baz'],'n':null}");

	(void)state;
	assert_null(pointer_get(document, "/foo/2"));
	assert_null(pointer_get(document, "/foo/01"));
	assert_null(pointer_get(document, "/foo/-"));
	assert_null(pointer_get(document, "/foo/x"));
	assert_null(pointer_get(document, "/bar"));
	assert_null(pointer_get(document, "foo"));
	assert_null(pointer_get(document, "/foo/0/bar"));
	assert_true(json_is_null(pointer_get(document, "/n")));
	json_decref(document);
}

static void test_children_are_escaped(void **state)
{
	auto_free char *path = pointer_child("/metadata/annotations", "a/b~c");
	auto_free char *index = pointer_index("/spec", 12);
	json_t *document = json_of("{'metadata':{'annotations':{'a/b~c':'found'}}}");

	(void)state;
	assert_string_equal(path, "/metadata/annotations/a~1b~0c");
	assert_string_equal(index, "/spec/12");
	assert_string_equal(json_string_value(pointer_get(document, path)), "found");
	json_decref(document);
}

static void test_patches_are_in_order(void **state)
{
	json_t *patch = json_array();
	json_t *wanted = json_of("[{'op':'test','path':'/a','value':1},{'op':'replace','path':'/a','value':2},"
				 "{'op':'add','path':'/b','value':null},{'op':'remove','path':'/c'}]");

	(void)state;
	patch_test(patch, "/a", json_integer(1));
	patch_replace(patch, "/a", json_integer(2));
	patch_add(patch, "/b", json_null());
	patch_remove(patch, "/c");
	assert_true(json_equal(patch, wanted));
	json_decref(patch);
	json_decref(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointers_find_what_the_rfc_says),
		cmocka_unit_test(test_pointers_find_nothing_else),
		cmocka_unit_test(test_children_are_escaped),
		cmocka_unit_test(test_patches_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
