/* Label selectors as disruption budgets have them. */
#include "tests/unit/remedy/cmocka_all.h"

#include "probes/remedy/label_selector.h"

static bool matches(const char *selector_text, const char *labels_text)
{
	json_t *selector = selector_text ? json_loads(selector_text, 0, NULL) : NULL;
	json_t *labels = json_loads(labels_text, 0, NULL);
	bool result = label_selector_matches(selector, labels);

	assert_true(!selector_text || selector);
	assert_non_null(labels);
	json_decref(selector);
	json_decref(labels);
	return result;
}

static void absent_is_nothing_and_empty_is_everything(void **state)
{
	(void)state;
	assert_false(matches(NULL, "{\"app\":\"web\"}"));
	assert_true(matches("{}", "{\"app\":\"web\"}"));
	assert_true(matches("{}", "{}"));
}

static void labels_must_all_be_there(void **state)
{
	(void)state;
	assert_true(matches("{\"matchLabels\":{\"app\":\"web\"}}", "{\"app\":\"web\",\"tier\":\"a\"}"));
	assert_false(matches("{\"matchLabels\":{\"app\":\"web\",\"tier\":\"b\"}}", "{\"app\":\"web\",\"tier\":\"a\"}"));
	assert_false(matches("{\"matchLabels\":{\"app\":\"web\"}}", "{}"));
}

#define EXPRESSION(operation, values) \
	"{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"" operation "\",\"values\":" values "}]}"

static void expressions_decide_too(void **state)
{
	(void)state;
	assert_true(matches(EXPRESSION("In", "[\"a\",\"b\"]"), "{\"tier\":\"b\"}"));
	assert_false(matches(EXPRESSION("In", "[\"a\"]"), "{\"tier\":\"b\"}"));
	assert_false(matches(EXPRESSION("In", "[\"a\"]"), "{}"));
	assert_true(matches(EXPRESSION("NotIn", "[\"a\"]"), "{\"tier\":\"b\"}"));
	assert_true(matches(EXPRESSION("NotIn", "[\"a\"]"), "{}"));
	assert_false(matches(EXPRESSION("NotIn", "[\"a\"]"), "{\"tier\":\"a\"}"));
	assert_true(matches(EXPRESSION("Exists", "[]"), "{\"tier\":\"\"}"));
	assert_false(matches(EXPRESSION("Exists", "[]"), "{}"));
	assert_true(matches(EXPRESSION("DoesNotExist", "[]"), "{}"));
	assert_false(matches(EXPRESSION("DoesNotExist", "[]"), "{\"tier\":\"a\"}"));
	assert_false(matches(EXPRESSION("Later", "[]"), "{\"tier\":\"a\"}"));
}

static void both_parts_must_hold(void **state)
{
	const char *both = "{\"matchLabels\":{\"app\":\"web\"},"
			   "\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"Exists\"}]}";

	(void)state;
	assert_true(matches(both, "{\"app\":\"web\",\"tier\":\"a\"}"));
	assert_false(matches(both, "{\"app\":\"web\"}"));
	assert_false(matches(both, "{\"tier\":\"a\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_is_nothing_and_empty_is_everything),
		cmocka_unit_test(labels_must_all_be_there),
		cmocka_unit_test(expressions_decide_too),
		cmocka_unit_test(both_parts_must_hold),
	};

	return cmocka_run_group_tests_name("label selectors", tests, NULL, NULL);
}
