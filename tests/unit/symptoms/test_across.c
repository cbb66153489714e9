/* What a runbook says of all its objects together: its findings as one, and what could not be looked at. */
#include "tests/unit/symptoms/fixture.h"

static void answer(struct fixture *fixture, const char *name, const char *text)
{
	struct evidence_request request = {.type = EVIDENCE_LOG};
	auto_free char *path = xasprintf("web/%s/c", name);
	auto_free char *key = NULL;
	struct err err = {0};

	/* As the runbook asks for it. */
	request.path = path;
	request.tail_lines = 50;
	key = evidence_key(&request);
	err_set(&err, ERR_TIMEOUT, "no answer", NULL);
	evidence_put(fixture->evidence, key, NULL, text ? xstrdup(text) : NULL, text ? NULL : &err, fixture->now);
}

static void open_three(struct fixture *fixture)
{
	fixture_init(fixture, NULL);
	fixture_states(fixture, COLLECTION_CURRENT);
	put_pod(fixture, &(struct pod){.name = "c", .labels = "ask"});
	put_pod(fixture, &(struct pod){.name = "a", .labels = "ask"});
	put_pod(fixture, &(struct pod){.name = "b", .labels = "ask"});
	put_pod(fixture, &(struct pod){.name = "calm"});
	fixture_update(fixture);
}

static void test_all_findings_as_one(void **state)
{
	struct fixture fixture;
	struct finding *whole;

	(void)state;
	open_three(&fixture);
	assert_null(symptoms_finding_of_all(fixture.symptoms, runbook_find(fixture.runbooks, "E10")));
	answer(&fixture, "c", "the disk is full\n");
	answer(&fixture, "a", "the disk is full\n");
	answer(&fixture, "b", "all is well\n");
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 2);
	whole = symptoms_finding_of_all(fixture.symptoms, runbook_find(fixture.runbooks, "E10"));
	assert_non_null(whole);
	assert_string_equal(whole->key, "E10");
	assert_int_equal(whole->object_count, 2);
	assert_string_equal(whole->objects[0].name, "a");
	assert_string_equal(whole->objects[1].name, "c");
	assert_int_equal(whole->severity, SEVERITY_WARNING);
	finding_free(whole);
	fixture_release(&fixture);
}

static void test_unjudged_are_named(void **state)
{
	struct fixture fixture;
	const struct runbook *runbook;
	struct unjudged *unjudged;
	bool judged = true;

	(void)state;
	open_three(&fixture);
	runbook = runbook_find(fixture.runbooks, "E10");
	answer(&fixture, "b", NULL);
	answer(&fixture, "a", NULL);
	answer(&fixture, "c", NULL);
	fixture_update(&fixture);
	assert_int_equal(symptoms_unjudged(fixture.symptoms, runbook, &unjudged, &judged), 3);
	free(unjudged);
	/* A pod that was never asked about is no answer. */
	assert_false(judged);
	answer(&fixture, "c", "all is well\n");
	fixture_update(&fixture);
	assert_int_equal(symptoms_unjudged(fixture.symptoms, runbook, &unjudged, &judged), 2);
	assert_true(judged);
	assert_string_equal(unjudged[0].object->name, "a");
	assert_string_equal(unjudged[1].object->name, "b");
	assert_non_null(unjudged[0].reason);
	assert_non_null(unjudged[0].reason->id);
	free(unjudged);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_findings_as_one),
		cmocka_unit_test(test_unjudged_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
