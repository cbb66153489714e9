/* Selectors as kubernetes.io's page "Labels and Selectors" and the field selectors of core/v1. */
#include "tests/unit/sim/documents.h"

#include "probes/sim/selector.h"

static const char pod[] = "{'metadata':{'name':'a','namespace':'n','labels':{'app':'web','tier':'front','n':'7'}},"
			  "'spec':{'nodeName':'w1'},'status':{'phase':'Running'}}";

static void assert_labels(const char *text, bool expected)
{
	json_t *object = document(pod);
	struct selector selector;
	struct err err;

	if (selector_parse(text, &selector, &err))
		fail_msg("\"%s\" was refused", text);
	if (selector_matches(&selector, json_object_get(json_object_get(object, "metadata"), "labels")) != expected)
		fail_msg("\"%s\" should %smatch", text, expected ? "" : "not ");
	selector_release(&selector);
	json_decref(object);
}

static void test_labels(void **state)
{
	(void)state;
	assert_labels("", true);
	assert_labels("app=web", true);
	assert_labels("app==web,tier=front", true);
	assert_labels("app=web,tier=back", false);
	assert_labels("app!=web", false);
	assert_labels("missing!=web", true);
	assert_labels("missing=", false);
	assert_labels("app in (web, api)", true);
	assert_labels("app in (api)", false);
	assert_labels("app notin (api,db)", true);
	assert_labels("missing notin (api)", true);
	assert_labels("app notin (web)", false);
	assert_labels("tier", true);
	assert_labels("!tier", false);
	assert_labels("!missing , app = web", true);
	assert_labels("n>6", true);
	assert_labels("n<7", false);
	assert_labels("app>6", false);
}

static void test_labels_that_cannot_be_read(void **state)
{
	static const char *const wrong[] = {"app in web", "app in (a", "=x", "a=b c", "a,", "app near (x)", "!"};
	struct selector selector;

	(void)state;
	for (size_t i = 0; i < array_length(wrong); i++) {
		struct err err = {0};

		if (!selector_parse(wrong[i], &selector, &err) || err.code != ERR_INVALID)
			fail_msg("\"%s\" was accepted", wrong[i]);
	}
}

static void assert_object_form(const char *text, bool expected)
{
	json_t *selector = document(text);
	json_t *object = document(pod);

	if (label_selector_matches(selector, json_object_get(json_object_get(object, "metadata"), "labels")) != expected)
		fail_msg("%s should %smatch", text, expected ? "" : "not ");
	json_decref(selector);
	json_decref(object);
}

static void test_object_form(void **state)
{
	(void)state;
	assert_object_form("{}", true);
	assert_object_form("{'matchLabels':{'app':'web'}}", true);
	assert_object_form("{'matchLabels':{'app':'web','x':'y'}}", false);
	assert_object_form("{'matchExpressions':[{'key':'app','operator':'In','values':['web']}]}", true);
	assert_object_form("{'matchExpressions':[{'key':'app','operator':'NotIn','values':['web']}]}", false);
	assert_object_form("{'matchExpressions':[{'key':'zzz','operator':'NotIn','values':['web']}]}", true);
	assert_object_form("{'matchExpressions':[{'key':'app','operator':'Exists'}]}", true);
	assert_object_form("{'matchExpressions':[{'key':'app','operator':'DoesNotExist'}]}", false);
	assert_false(label_selector_matches(NULL, NULL));
}

static void assert_fields(enum kind_id kind, const char *text, const char *object, bool expected)
{
	json_t *value = document(object);
	struct selector selector;
	struct err err;

	if (field_selector_parse(text, kind_at(kind), &selector, &err))
		fail_msg("\"%s\" was refused", text);
	if (field_selector_matches(&selector, value) != expected)
		fail_msg("\"%s\" should %smatch", text, expected ? "" : "not ");
	selector_release(&selector);
	json_decref(value);
}

static void test_fields(void **state)
{
	static const char event[] = "{'metadata':{'name':'e'},'involvedObject':{'kind':'Pod','name':'p','uid':'u'},"
				    "'source':{'component':'kubelet'},'type':'Warning'}";

	(void)state;
	assert_fields(KIND_POD, "spec.nodeName=w1", pod, true);
	assert_fields(KIND_POD, "spec.nodeName==w1,status.phase!=Running", pod, false);
	assert_fields(KIND_POD, "spec.nodeName=", pod, false);
	assert_fields(KIND_POD, "metadata.name=a,metadata.namespace=n", pod, true);
	assert_fields(KIND_NODE, "spec.unschedulable=false", "{'metadata':{},'spec':{}}", true);
	assert_fields(KIND_NODE, "spec.unschedulable=true", "{'spec':{'unschedulable':true}}", true);
	assert_fields(KIND_EVENT, "involvedObject.uid=u,type=Warning,source=kubelet", event, true);
	assert_fields(KIND_EVENT_VIEW, "regarding.name=p,regarding.kind=Pod", event, true);
	assert_fields(KIND_EVENT, "involvedObject.name=other", event, false);
}

static void test_fields_that_are_not_offered(void **state)
{
	struct selector selector;
	struct err err = {0};
	auto_free char *text = NULL;

	(void)state;
	assert_int_equal(field_selector_parse("spec.foo=1", kind_at(KIND_POD), &selector, &err), -1);
	text = err_text(&err);
	assert_string_equal(text, "field label not supported: spec.foo");
	assert_int_equal(field_selector_parse("spec.foo=1", kind_at(KIND_CONFIG_MAP), &selector, &err), -1);
	free(text);
	text = err_text(&err);
	assert_string_equal(text, "\"spec.foo\" is not a known field selector: only \"metadata.name\", "
				  "\"metadata.namespace\"");
	assert_int_equal(field_selector_parse("metadata.namespace=x", kind_at(KIND_NODE), &selector, &err), -1);
	assert_int_equal(field_selector_parse("metadata.name", kind_at(KIND_POD), &selector, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_labels_that_cannot_be_read),
		cmocka_unit_test(test_object_form),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fields_that_are_not_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
