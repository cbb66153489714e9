/* managedFields, in the notation of structured-merge-diff. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/document.h"
#include "probes/sim/managed_fields.h"

static const char object[] =
	"{'kind':'Pod','metadata':{'name':'a','uid':'u','labels':{'app':'x'},'finalizers':['f']},'spec':{'containers':"
	"[{'name':'c','image':'i','ports':[{'containerPort':80}]}],'tolerations':[{'key':'k'}]}}";

static void test_fields_of_an_object(void **state)
{
	json_t *value = document(object);

	(void)state;
	assert_document(fields_of(value),
			"{'f:metadata':{'f:labels':{'f:app':{}},'f:finalizers':{'.':{},'v:\\\"f\\\"':{}}},'f:spec':"
			"{'f:containers':{'.':{},'k:{\\\"name\\\":\\\"c\\\"}':{'.':{},'f:name':{},'f:image':{},'f:ports':"
			"{'.':{},'k:{\\\"containerPort\\\":80,\\\"protocol\\\":\\\"TCP\\\"}':{'.':{},'f:containerPort':{}}}}},"
			"'f:tolerations':{}}}");
	json_decref(value);
}

static void test_only_what_changed(void **state)
{
	json_t *before = document("{'spec':{'replicas':1,'containers':[{'name':'c','image':'i'},{'name':'d','image':'j'}]}}");
	json_t *after = document("{'spec':{'replicas':1,'containers':[{'name':'c','image':'z'},{'name':'d','image':'j'}]}}");

	(void)state;
	assert_document(fields_changed(before, after),
			"{'f:spec':{'f:containers':{'k:{\\\"name\\\":\\\"c\\\"}':{'f:image':{}}}}}");
	assert_document(fields_changed(before, before), "{}");
	json_decref(before);
	json_decref(after);
}

static void test_sets(void **state)
{
	json_t *a = document("{'f:x':{'f:a':{},'f:b':{}},'f:y':{}}");
	json_t *b = document("{'f:x':{'f:b':{}},'f:z':{}}");

	(void)state;
	assert_document(fields_union(a, b), "{'f:x':{'f:a':{},'f:b':{}},'f:y':{},'f:z':{}}");
	assert_document(fields_without(a, b), "{'f:x':{'f:a':{}},'f:y':{}}");
	assert_document(fields_without(a, a), "{}");
	json_decref(a);
	json_decref(b);
}

static void test_a_change_moves_ownership(void **state)
{
	struct manager first = {"helm", "Update", "apps/v1", ""};
	struct manager second = {"nks-triage", "Update", "apps/v1", ""};
	json_t *metadata = json_object();
	json_t *all = document("{'f:spec':{'f:a':{},'f:b':{}}}");
	json_t *one = document("{'f:spec':{'f:b':{}}}");

	(void)state;
	managed_record(metadata, &first, 1000, all);
	managed_record(metadata, &second, 2000, one);
	assert_document(metadata,
			"{'managedFields':[{'manager':'helm','operation':'Update','apiVersion':'apps/v1','time':"
			"'1970-01-01T00:16:40Z','fieldsType':'FieldsV1','fieldsV1':{'f:spec':{'f:a':{}}}},{'manager':'nks-triage',"
			"'operation':'Update','apiVersion':'apps/v1','time':'1970-01-01T00:33:20Z','fieldsType':'FieldsV1',"
			"'fieldsV1':{'f:spec':{'f:b':{}}}}]}");
	json_decref(all);
	json_decref(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_an_object),
		cmocka_unit_test(test_only_what_changed),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_a_change_moves_ownership),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
