/* What an API server refuses. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/document.h"
#include "probes/sim/status.h"
#include "probes/sim/validate.h"

static const char deployment[] =
	"{'metadata':{'name':'a'},'spec':{'replicas':1,'selector':{'matchLabels':{'app':'a'}},'template':{'metadata':"
	"{'labels':{'app':'a'}},'spec':{'containers':[{'name':'c','image':'x'}]}}}}";

/* The message of the Status for an object after a change at a path; "" where it is valid. Caller frees. */
static char *complaint(enum kind_id kind, const char *object, const char *before)
{
	json_t *value = document(object);
	json_t *was = before ? document(before) : NULL;
	json_t *causes = validate_object(kind_at(kind), value, was);
	json_t *status = status_invalid(kind_at(kind), "a", causes);
	char *text = xstrdup(json_array_size(causes) ? doc_text(status, "message") : "");

	assert_int_equal(status_code(status), 422);
	json_decref(status);
	json_decref(causes);
	json_decref(value);
	json_decref(was);
	return text;
}

static void assert_complaint(enum kind_id kind, const char *object, const char *before, const char *expected)
{
	auto_free char *text = complaint(kind, object, before);

	assert_string_equal(text, expected);
}

static void test_workloads(void **state)
{
	(void)state;
	assert_complaint(KIND_DEPLOYMENT, deployment, deployment, "");
	assert_complaint(KIND_DEPLOYMENT,
			 "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'app':'b'}},'template':{'metadata':"
			 "{'labels':{'app':'b'}},'spec':{'containers':[{'name':'c','image':'x'}]}}}}", deployment,
			 "Deployment.apps \"a\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: "
			 "field is immutable");
	assert_complaint(KIND_DEPLOYMENT,
			 "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'app':'a'}},'template':{'metadata':"
			 "{'labels':{'app':'a'}},'spec':{'containers':[{'name':'c','image':'x'},{'name':'c'}]}}}}",
			 deployment,
			 "Deployment.apps \"a\" is invalid: [spec.template.spec.containers[1].name: Duplicate value: \"c\", "
			 "spec.template.spec.containers[1].image: Required value]");
	assert_complaint(KIND_DAEMON_SET,
			 "{'metadata':{'name':'a'},'spec':{'selector':{'matchLabels':{'app':'a'}},'template':{'metadata':"
			 "{'labels':{'app':'b'}},'spec':{'containers':[{'name':'c','image':'x'}]}}}}", NULL,
			 "DaemonSet.apps \"a\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: "
			 "`selector` does not match template `labels`");
	assert_complaint(KIND_POD, "{'metadata':{'name':'a'},'spec':{'containers':[{'name':'c','image':'x','env':[{'name':"
				   "'E','value':'1','valueFrom':{}}]}]}}", NULL,
			 "Pod \"a\" is invalid: spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be "
			 "specified when `value` is not empty");
}

static void test_pods_change_little(void **state)
{
	static const char before[] = "{'metadata':{'name':'a'},'spec':{'nodeName':'n','containers':[{'name':'c','image':"
				     "'x'}]}}";
	auto_free char *text = complaint(KIND_POD, "{'metadata':{'name':'a'},'spec':{'nodeName':'m','containers':"
						   "[{'name':'c','image':'x'}]}}", before);

	(void)state;
	assert_complaint(KIND_POD, "{'metadata':{'name':'a'},'spec':{'nodeName':'n','containers':[{'name':'c','image':"
				   "'y'}]}}", before, "");
	assert_non_null(strstr(text, "spec: Forbidden: pod updates may not change fields other than"));
}

static void test_names(void **state)
{
	(void)state;
	assert_true(validate_name("a"));
	assert_true(validate_name("calico-node.17a2"));
	assert_false(validate_name(""));
	assert_false(validate_name("A"));
	assert_false(validate_name("a_b"));
	assert_false(validate_name("-a"));
	assert_false(validate_name("a."));
}

static void test_unknown_members(void **state)
{
	json_t *object = document("{'kind':'Deployment','metadata':{'name':'a','lables':{}},'spec':{'template':{'spec':"
				  "{'containers':[{'name':'c','imagee':'x','livenessProbe':{'anything':1}}]}}}}");

	(void)state;
	assert_document(unknown_fields(kind_at(KIND_DEPLOYMENT), object),
			"['metadata.lables','spec.template.spec.containers[0].imagee']");
	json_decref(object);
}

static void test_wrong_types(void **state)
{
	json_t *object = document("{'spec':{'template':{'spec':{'containers':[{'name':'c','image':7}]}}}}");
	auto_free char *text = wrong_type(kind_at(KIND_DEPLOYMENT), object);

	(void)state;
	assert_string_equal(text, "json: cannot unmarshal number into Go struct field "
				  "Deployment.spec.template.spec.containers[0].image of type string");
	json_decref(object);
	object = document(deployment);
	assert_null(wrong_type(kind_at(KIND_DEPLOYMENT), object));
	json_decref(object);
}

static void test_statuses(void **state)
{
	json_t *conflict = status_conflict(kind_at(KIND_DAEMON_SET), "x", NULL);

	(void)state;
	assert_document(conflict, "{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':"
				  "'Operation cannot be fulfilled on daemonsets.apps \\\"x\\\": the object has been modified; please "
				  "apply your changes to the latest version and try again','reason':'Conflict','details':"
				  "{'name':'x','group':'apps','kind':'daemonsets'},'code':409}");
	assert_document(status_not_found(kind_at(KIND_POD), "p"),
			"{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':'pods \\\"p\\\" not "
			"found','reason':'NotFound','details':{'name':'p','kind':'pods'},'code':404}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workloads),
		cmocka_unit_test(test_pods_change_little),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown_members),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
