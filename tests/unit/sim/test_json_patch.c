/* The examples of RFC 6902, appendix A, and what Kubernetes' clients depend on. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/json_patch.h"

struct example {
	const char *name;
	const char *target;
	const char *patch;
	const char *result;	/* NULL: must fail with this code */
	enum err_code code;
};

static const struct example examples[] = {
	{"A.1 add a member", "{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]",
	 "{'baz':'qux','foo':'bar'}", ERR_NONE},
	{"A.2 add an element", "{'foo':['bar','baz']}", "[{'op':'add','path':'/foo/1','value':'qux'}]",
	 "{'foo':['bar','qux','baz']}", ERR_NONE},
	{"A.3 remove a member", "{'baz':'qux','foo':'bar'}", "[{'op':'remove','path':'/baz'}]", "{'foo':'bar'}",
	 ERR_NONE},
	{"A.4 remove an element", "{'foo':['bar','qux','baz']}", "[{'op':'remove','path':'/foo/1'}]",
	 "{'foo':['bar','baz']}", ERR_NONE},
	{"A.5 replace", "{'baz':'qux','foo':'bar'}", "[{'op':'replace','path':'/baz','value':'boo'}]",
	 "{'baz':'boo','foo':'bar'}", ERR_NONE},
	{"A.6 move a member", "{'foo':{'bar':'baz','waldo':'fred'},'qux':{'corge':'grault'}}",
	 "[{'op':'move','from':'/foo/waldo','path':'/qux/thud'}]",
	 "{'foo':{'bar':'baz'},'qux':{'corge':'grault','thud':'fred'}}", ERR_NONE},
	{"A.7 move an element", "{'foo':['all','grass','cows','eat']}",
	 "[{'op':'move','from':'/foo/1','path':'/foo/3'}]", "{'foo':['all','cows','eat','grass']}", ERR_NONE},
	{"A.8 test that holds", "{'baz':'qux','foo':['a',2,'c']}",
	 "[{'op':'test','path':'/baz','value':'qux'},{'op':'test','path':'/foo/1','value':2}]",
	 "{'baz':'qux','foo':['a',2,'c']}", ERR_NONE},
	{"A.9 test that fails", "{'baz':'qux'}", "[{'op':'test','path':'/baz','value':'bar'}]", NULL, ERR_INVALID},
	{"A.10 add a nested object", "{'foo':'bar'}", "[{'op':'add','path':'/child','value':{'grandchild':{}}}]",
	 "{'foo':'bar','child':{'grandchild':{}}}", ERR_NONE},
	{"A.11 unknown members are ignored", "{'foo':'bar'}",
	 "[{'op':'add','path':'/baz','value':'qux','xyz':123}]", "{'foo':'bar','baz':'qux'}", ERR_NONE},
	{"A.12 add to nothing", "{'foo':'bar'}", "[{'op':'add','path':'/baz/bat','value':'qux'}]", NULL, ERR_INVALID},
	{"A.14 escapes", "{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':10}]", "{'/':9,'~1':10}", ERR_NONE},
	{"A.15 a string is no number", "{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':'10'}]", NULL,
	 ERR_INVALID},
	{"A.16 append", "{'foo':['bar']}", "[{'op':'add','path':'/foo/-','value':['abc','def']}]",
	 "{'foo':['bar',['abc','def']]}", ERR_NONE},
	{"add replaces a member", "{'a':1}", "[{'op':'add','path':'/a','value':2}]", "{'a':2}", ERR_NONE},
	{"add replaces the whole", "{'a':1}", "[{'op':'add','path':'','value':{'b':2}}]", "{'b':2}", ERR_NONE},
	{"copy", "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]", "{'a':{'b':1},'c':{'b':1}}", ERR_NONE},
	{"numbers are compared by value", "{'a':1}", "[{'op':'test','path':'/a','value':1.0}]", "{'a':1}", ERR_NONE},
	{"members have no order", "{'a':{'x':1,'y':[1]}}", "[{'op':'test','path':'/a','value':{'y':[1],'x':1}}]",
	 "{'a':{'x':1,'y':[1]}}", ERR_NONE},
	{"elements have an order", "{'a':[1,2]}", "[{'op':'test','path':'/a','value':[2,1]}]", NULL, ERR_INVALID},
	{"an index beyond the end", "{'a':[1]}", "[{'op':'add','path':'/a/2','value':0}]", NULL, ERR_INVALID},
	{"no leading zeros", "{'a':[1,2]}", "[{'op':'remove','path':'/a/01'}]", NULL, ERR_INVALID},
	{"the end is no element", "{'a':[1,2]}", "[{'op':'remove','path':'/a/-'}]", NULL, ERR_INVALID},
	{"replace makes a member, as kube-apiserver's does", "{'a':1}", "[{'op':'replace','path':'/b','value':2}]",
	 "{'a':1,'b':2}", ERR_NONE},
	{"replace needs an element there", "{'a':[1]}", "[{'op':'replace','path':'/a/1','value':2}]", NULL, ERR_INVALID},
	{"not into itself", "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/b/c'}]", NULL, ERR_INVALID},
	{"all or nothing", "{'a':1}",
	 "[{'op':'replace','path':'/a','value':2},{'op':'test','path':'/a','value':1}]", NULL, ERR_INVALID},
	{"a null value is a value", "{'a':1}", "[{'op':'add','path':'/b','value':null}]", "{'a':1,'b':null}", ERR_NONE},
	{"an absent member is null for a test", "{'a':{}}",
	 "[{'op':'test','path':'/a/b','value':null},{'op':'add','path':'/a/b','value':1}]", "{'a':{'b':1}}", ERR_NONE},
	{"a present one is not", "{'a':1}", "[{'op':'test','path':'/a','value':null}]", NULL, ERR_INVALID},
	{"nor one whose parent is absent", "{}", "[{'op':'test','path':'/a/b','value':null}]", NULL, ERR_INVALID},
	{"nor an index beyond the end", "{'a':[]}", "[{'op':'test','path':'/a/0','value':null}]", NULL, ERR_INVALID},
	{"not an array", "{}", "{'op':'add'}", NULL, ERR_USAGE},
	{"unknown op", "{}", "[{'op':'frobnicate','path':'/a'}]", NULL, ERR_INVALID},
	{"no path", "{}", "[{'op':'add','value':1}]", NULL, ERR_USAGE},
	{"no value", "{}", "[{'op':'add','path':'/a'}]", NULL, ERR_USAGE},
	{"no from", "{}", "[{'op':'move','path':'/a'}]", NULL, ERR_USAGE},
	{"a label with a slash", "{'metadata':{'labels':{}}}",
	 "[{'op':'add','path':'/metadata/labels/app.kubernetes.io~1name','value':'x'}]",
	 "{'metadata':{'labels':{'app.kubernetes.io/name':'x'}}}", ERR_NONE},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(examples); i++) {
		const struct example *example = &examples[i];
		json_t *target = document(example->target);
		json_t *patch = document(example->patch);
		json_t *result = NULL;
		struct err err = {0};
		int code = json_patch(target, patch, &result, &err);

		if ((code == 0) != (example->result != NULL) || err.code != example->code)
			fail_msg("%s: returned %d, code %d", example->name, code, (int)err.code);
		if (!code)
			assert_document(result, example->result);
		assert_document(target, example->target);	/* untouched */
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
