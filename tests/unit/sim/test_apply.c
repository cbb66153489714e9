/* Server-side apply: merging, ownership, conflicts. */
#include "tests/unit/sim/documents.h"

#include "probes/base/err.h"
#include "probes/sim/apply.h"
#include "probes/sim/document.h"
#include "probes/sim/managed_fields.h"

static const struct manager ours = {"nks-triage", "Apply", "apps/v1", ""};
static const struct manager theirs = {"helm", "Update", "apps/v1", ""};
static const struct manager status = {"controller", "Update", "apps/v1", "status"};

/* An object that helm wrote. Yours. */
static json_t *written(const char *text)
{
	json_t *object = document(text);
	json_t *fields = fields_of(object);

	managed_record(json_object_get(object, "metadata"), &theirs, 1000, fields);
	json_decref(fields);
	return object;
}

static const char deployment[] =
	"{'metadata':{'name':'a','labels':{'x':'1'}},'spec':{'replicas':1,'containers':["
	"{'name':'c','image':'i','env':[{'name':'A','value':'1'}]},{'name':'d','image':'j'}]}}";

static void test_what_others_own_is_a_conflict(void **state)
{
	json_t *live = written(deployment);
	json_t *config = document("{'metadata':{'name':'a'},'spec':{'replicas':3,'containers':[{'name':'c','image':'i',"
				  "'env':[{'name':'A','value':'2'}]}]}}");
	struct applied applied;
	struct err err;

	(void)state;
	assert_int_equal(apply_config(live, config, &ours, &applied, &err), 0);
	/* The image is the same: shared, no conflict. */
	assert_document(json_incref(applied.conflicts),
			"[{'manager':'helm','operation':'Update','apiVersion':'apps/v1','subresource':'','field':"
			"'.spec.replicas'},{'manager':'helm','operation':'Update','apiVersion':'apps/v1','subresource':'',"
			"'field':'.spec.containers[name=\\\"c\\\"].env[name=\\\"A\\\"].value'}]");
	assert_document(json_incref(doc_get(applied.result, "spec")),
			"{'replicas':3,'containers':[{'name':'c','image':'i','env':[{'name':'A','value':'2'}]},"
			"{'name':'d','image':'j'}]}");
	applied_release(&applied);
	json_decref(config);
	json_decref(live);
}

static void test_words_of_conflicts(void **state)
{
	json_t *conflicts = document("[{'manager':'b','operation':'Apply','apiVersion':'v1','subresource':'','field':'.x'}]");
	json_t *answer = apply_conflict_status(conflicts);

	(void)state;
	assert_string_equal(doc_text(answer, "message"), "Apply failed with 1 conflict: conflict with \"b\": .x");
	json_decref(answer);
	json_array_append_new(conflicts, document("{'manager':'a','operation':'Update','apiVersion':'v1','subresource':"
						  "'status','field':'.y'}"));
	json_array_append_new(conflicts, document("{'manager':'b','operation':'Apply','apiVersion':'v1','subresource':'',"
						  "'field':'.z'}"));
	answer = apply_conflict_status(conflicts);
	assert_string_equal(doc_text(answer, "message"),
			    "Apply failed with 3 conflicts: conflicts with \"a\" with subresource \"status\" using v1:\n- .y\n"
			    "conflicts with \"b\":\n- .x\n- .z");
	assert_int_equal(doc_int(answer, "code"), 409);
	json_decref(answer);
	json_decref(conflicts);
}

/* Applies, and records it. */
static json_t *apply(const json_t *live, const char *text, const struct manager *manager, int64_t wall)
{
	json_t *config = document(text);
	struct applied applied;
	struct err err;
	json_t *changed;
	json_t *result;

	assert_int_equal(apply_config(live, config, manager, &applied, &err), 0);
	result = json_incref(applied.result);
	changed = fields_changed(live, result);
	apply_record(json_object_get(result, "metadata"), manager, wall, applied.fields, changed);
	json_decref(changed);
	applied_release(&applied);
	json_decref(config);
	return result;
}

static json_t *own_fields(const json_t *object, const char *manager)
{
	const json_t *entry = doc_find(doc_get(object, "metadata.managedFields"), "manager", manager);

	return entry ? json_incref(json_object_get(entry, "fieldsV1")) : json_null();
}

static void test_what_is_applied_no_more_goes(void **state)
{
	json_t *live = written(deployment);
	json_t *first = apply(live, "{'metadata':{'name':'a','labels':{'x':'2','y':'2'}},'spec':{'containers':[{'name':'e',"
				    "'image':'k'},{'name':'d','image':'j'}]}}", &ours, 2000);
	json_t *second = apply(first, "{'metadata':{'name':'a','labels':{'z':'3'}}}", &ours, 3000);

	(void)state;
	assert_document(json_incref(doc_get(first, "metadata.labels")), "{'x':'2','y':'2'}");
	/* The label x was taken from helm and went with y; the container d is still helm's, e was ours alone. */
	assert_document(json_incref(doc_get(second, "metadata.labels")), "{'z':'3'}");
	assert_document(json_incref(doc_get(second, "spec")), "{'replicas':1,'containers':[{'name':'c','image':'i','env':["
							      "{'name':'A','value':'1'}]},{'name':'d','image':'j'}]}");
	assert_document(own_fields(second, "nks-triage"), "{'f:metadata':{'f:labels':{'f:z':{}}}}");
	json_decref(second);
	json_decref(first);
	json_decref(live);
}

static void test_the_same_again_is_no_change(void **state)
{
	static const char config[] = "{'metadata':{'name':'a'},'spec':{'replicas':1}}";
	json_t *live = written(deployment);
	json_t *first = apply(live, config, &ours, 2000);
	json_t *second = apply(first, config, &ours, 3000);

	(void)state;
	assert_true(json_equal(first, second));
	assert_false(json_equal(first, live));
	json_decref(second);
	json_decref(first);
	json_decref(live);
}

static void test_status_is_not_applied_with_the_object(void **state)
{
	json_t *live = written("{'metadata':{'name':'a'},'spec':{'paused':true},'status':{'replicas':1}}");
	json_t *config = document("{'metadata':{'name':'a'},'spec':{'replicas':2},'status':{'replicas':9}}");
	struct applied applied;
	struct err err;

	(void)state;
	assert_int_equal(apply_config(live, config, &ours, &applied, &err), 0);
	assert_document(json_incref(applied.fields), "{'f:spec':{'f:replicas':{}}}");
	assert_int_equal(json_array_size(applied.conflicts), 0);
	applied_release(&applied);
	assert_int_equal(apply_config(live, config, &status, &applied, &err), 0);
	assert_non_null(doc_get(applied.fields, "f:status"));
	applied_release(&applied);
	json_decref(config);
	json_decref(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_others_own_is_a_conflict),
		cmocka_unit_test(test_words_of_conflicts),
		cmocka_unit_test(test_what_is_applied_no_more_goes),
		cmocka_unit_test(test_the_same_again_is_no_change),
		cmocka_unit_test(test_status_is_not_applied_with_the_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
