/* The table of RFC 7396, appendix A. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/merge_patch.h"

static const struct {
	const char *original;
	const char *patch;
	const char *result;
} examples[] = {
	{"{'a':'b'}", "{'a':'c'}", "{'a':'c'}"},
	{"{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}"},
	{"{'a':'b'}", "{'a':null}", "{}"},
	{"{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}"},
	{"{'a':['b']}", "{'a':'c'}", "{'a':'c'}"},
	{"{'a':'c'}", "{'a':['b']}", "{'a':['b']}"},
	{"{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}"},
	{"{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}"},
	{"['a','b']", "['c','d']", "['c','d']"},
	{"{'a':'b'}", "['c']", "['c']"},
	{"{'a':'foo'}", "null", "null"},
	{"{'a':'foo'}", "'bar'", "'bar'"},
	{"{'e':null}", "{'a':1}", "{'e':null,'a':1}"},
	{"[1,2]", "{'a':'b','c':null}", "{'a':'b'}"},
	{"{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}"},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(examples); i++) {
		json_t *original = document(examples[i].original);
		json_t *patch = document(examples[i].patch);

		assert_document(merge_patch(original, patch), examples[i].result);
		assert_document(original, examples[i].original);
		json_decref(patch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
