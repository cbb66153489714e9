/* Verdicts: what was not looked at is never called healthy. */
#include "probes/base/clock.h"
#include "tests/unit/symptoms/fixture.h"

static void assert_reason(const struct check *check, const char *part)
{
	struct buffer text = BUFFER_INIT(4096);

	message_format(&check->reason, NULL, &text);
	if (!strstr(buffer_text(&text), part))
		fail_msg("%s is not in: %s", part, buffer_text(&text));
	buffer_release(&text);
}

static void test_clear_needs_whole_lists(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_update(&fixture);
	for (size_t i = 0; i < symptoms_check_count(fixture.symptoms); i++)
		assert_int_equal(symptoms_check_at(fixture.symptoms, i)->verdict, VERDICT_COULD_NOT_CHECK);
	assert_reason(check_of(fixture.symptoms, "image-pull"), "pods");
	snapshot_set_state(fixture.snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "image-pull")->verdict, VERDICT_CLEAR);
	assert_int_equal(check_of(fixture.symptoms, "events")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_reason(check_of(fixture.symptoms, "events"), "events");
	snapshot_set_state(fixture.snapshot, KIND_EVENT, COLLECTION_CURRENT, NULL, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "events")->verdict, VERDICT_CLEAR);
	fixture_release(&fixture);
}

static void test_forbidden_names_verb_and_resource(void **state)
{
	struct fixture fixture;
	struct err err = {0};

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	err_set(&err, ERR_FORBIDDEN, "{message}", "message", "pods is forbidden: User \"nobody\"", NULL);
	snapshot_set_state(fixture.snapshot, KIND_POD, COLLECTION_FORBIDDEN, &err, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E03")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_reason(check_of(fixture.symptoms, "E03"), "cannot list pods: forbidden");
	assert_false(check_of(fixture.symptoms, "E03")->was_left_out);
	/* Of a needed kind that is not the subject's too. */
	put_node(&fixture, "n1");
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "crowded")->verdict, VERDICT_COULD_NOT_CHECK);
	fixture_release(&fixture);
}

static void test_failure_names_the_layer(void **state)
{
	struct fixture fixture;
	struct err err = {0};

	(void)state;
	fixture_init(&fixture, NULL);
	err_set(&err, ERR_CONNECT, "connection to {host} refused", "host", "h:6443", NULL);
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(fixture.snapshot, kind, COLLECTION_FAILED, &err, 1);
	fixture_update(&fixture);
	for (size_t i = 0; i < symptoms_check_count(fixture.symptoms); i++) {
		const struct check *check = symptoms_check_at(fixture.symptoms, i);

		assert_int_equal(check->verdict, VERDICT_COULD_NOT_CHECK);
		assert_reason(check, err_layer(ERR_CONNECT));
		assert_reason(check, "connection to h:6443 refused");
	}
	fixture_release(&fixture);
}

static void test_stale_keeps_what_was_found(void **state)
{
	struct fixture fixture;
	struct err err = {0};

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	put_pod(&fixture, &(struct pod){.name = "sick", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "slow", .not_ready = START - 100});
	fixture_update(&fixture);
	err_set(&err, ERR_TIMEOUT, "no answer", NULL);
	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
		snapshot_set_state(fixture.snapshot, kind, COLLECTION_STALE, &err, 1);
	fixture.now = START + 1000;
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "E03/Pod/web/sick"));
	assert_int_equal(check_of(fixture.symptoms, "E03")->verdict, VERDICT_HIT);
	assert_reason(check_of(fixture.symptoms, "E03"), "out of date");
	assert_int_equal(check_of(fixture.symptoms, "E07")->verdict, VERDICT_COULD_NOT_CHECK);
	/* Time alone proves nothing on old data. */
	assert_null(finding_of(&fixture, "not-ready/Pod/web/slow"));
	assert_int_equal(check_of(fixture.symptoms, "not-ready")->verdict, VERDICT_COULD_NOT_CHECK);
	fixture_states(&fixture, COLLECTION_CURRENT);
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "not-ready/Pod/web/slow"));
	assert_null(check_of(fixture.symptoms, "E03")->reason.id);
	/* A right that was taken away later. */
	err_set(&err, ERR_FORBIDDEN, "no", NULL);
	snapshot_set_state(fixture.snapshot, KIND_POD, COLLECTION_FORBIDDEN, &err, 1);
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "E03/Pod/web/sick"));
	assert_reason(check_of(fixture.symptoms, "E03"), "cannot list pods: forbidden");
	fixture_release(&fixture);
}

static void test_not_applicable(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E08")->verdict, VERDICT_NOT_APPLICABLE);
	put_deployment(&fixture, "kube-system", "typha");
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E08")->verdict, VERDICT_CLEAR);
	snapshot_remove(fixture.snapshot, KIND_DEPLOYMENT, "uid-typha");
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E08")->verdict, VERDICT_NOT_APPLICABLE);
	snapshot_set_state(fixture.snapshot, KIND_NODE, COLLECTION_ABSENT, NULL, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "crowded")->verdict, VERDICT_NOT_APPLICABLE);
	fixture_release(&fixture);
}

static void test_left_out(void **state)
{
	static const char *const only[] = {"e03", "image-pull", NULL};
	const struct symptoms_options options = {.only = only};
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, &options);
	fixture_states(&fixture, COLLECTION_CURRENT);
	put_pod(&fixture, &(struct pod){.name = "a", .labels = "hub mem", .waiting = "ErrImagePull"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 1);
	assert_non_null(finding_of(&fixture, "E03/Pod/web/a"));
	assert_int_equal(check_of(fixture.symptoms, "E07")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_true(check_of(fixture.symptoms, "E07")->was_left_out);
	assert_false(check_of(fixture.symptoms, "E03")->was_left_out);
	fixture_release(&fixture);
}

static void test_input_without_a_kind(void **state)
{
	const struct symptoms_options options = {.is_offline = true};
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, &options);
	fixture_states(&fixture, COLLECTION_ABSENT);
	snapshot_set_state(fixture.snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E03")->verdict, VERDICT_CLEAR);
	assert_int_equal(check_of(fixture.symptoms, "crowded")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_true(check_of(fixture.symptoms, "crowded")->was_left_out);
	assert_int_equal(check_of(fixture.symptoms, "events")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_true(check_of(fixture.symptoms, "events")->was_left_out);
	fixture_release(&fixture);
}

static void test_evidence_is_asked_for_and_decides(void **state)
{
	struct fixture fixture;
	const struct evidence_request *wanted;
	auto_free char *key = NULL;
	struct err err = {0};

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	put_pod(&fixture, &(struct pod){.name = "a"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 0);
	put_pod(&fixture, &(struct pod){.name = "a", .labels = "ask"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 1);
	wanted = symptoms_wanted_at(fixture.symptoms, 0);
	assert_int_equal(wanted->type, EVIDENCE_LOG);
	assert_string_equal(wanted->path, "web/a/c");
	assert_int_equal(wanted->tail_lines, 50);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 0);
	assert_int_equal(check_of(fixture.symptoms, "E10")->verdict, VERDICT_COULD_NOT_CHECK);

	key = evidence_key(wanted);
	err_set(&err, ERR_FORBIDDEN, "pods/log is forbidden", NULL);
	evidence_put(fixture.evidence, key, NULL, NULL, &err, fixture.now);
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 0);
	assert_int_equal(check_of(fixture.symptoms, "E10")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_int_equal(fixture.next, fixture.now + 600);

	evidence_put(fixture.evidence, key, NULL, xstrdup("x\nthe disk is full\n"), NULL, fixture.now);
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "E10/Pod/web/a"));
	evidence_put(fixture.evidence, key, NULL, xstrdup("all is well\n"), NULL, fixture.now);
	fixture_update(&fixture);
	assert_null(finding_of(&fixture, "E10/Pod/web/a"));
	assert_int_equal(check_of(fixture.symptoms, "E10")->verdict, VERDICT_CLEAR);
	/* Old evidence is fetched again. */
	fixture.now += 600;
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 1);
	/* Nobody asks for a pod that is gone. */
	snapshot_remove(fixture.snapshot, KIND_POD, "uid-a");
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 0);
	fixture_release(&fixture);
}

static void test_still_holds(void **state)
{
	struct fixture fixture;
	struct err err = {0};
	struct message reason = {0};
	const struct finding *finding;

	(void)state;
	fixture_init(&fixture, NULL);
	fixture_states(&fixture, COLLECTION_CURRENT);
	put_deployment(&fixture, "web", "api");
	put_pod(&fixture, &(struct pod){.name = "api-a", .owner = "api-1", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "elsewhere", .labels = "hub"});
	fixture_update(&fixture);
	finding = finding_of(&fixture, "E03/Deployment/web/api");
#define STILL symptoms_still_holds(fixture.symptoms, fixture.snapshot, fixture.evidence, finding, fixture.now, &reason)
	assert_int_equal(STILL, TRUTH_TRUE);
	/* No symptoms_update() from here on: the finding that is verified is the old one. */
	snapshot_remove(fixture.snapshot, KIND_POD, "uid-api-a");
	put_pod(&fixture, &(struct pod){.name = "api-b", .owner = "api-1"});
	assert_int_equal(STILL, TRUTH_FALSE);
	/* The pod that took its place fails as it did. */
	put_pod(&fixture, &(struct pod){.name = "api-b", .owner = "api-1", .labels = "hub"});
	assert_int_equal(STILL, TRUTH_TRUE);
	snapshot_remove(fixture.snapshot, KIND_POD, "uid-api-b");
	err_set(&err, ERR_CONNECT, "refused", NULL);
	snapshot_set_state(fixture.snapshot, KIND_POD, COLLECTION_STALE, &err, 1);
	assert_int_equal(STILL, TRUTH_UNKNOWN);
	assert_non_null(reason.id);
#undef STILL
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear_needs_whole_lists),
		cmocka_unit_test(test_forbidden_names_verb_and_resource),
		cmocka_unit_test(test_failure_names_the_layer),
		cmocka_unit_test(test_stale_keeps_what_was_found),
		cmocka_unit_test(test_not_applicable),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_input_without_a_kind),
		cmocka_unit_test(test_evidence_is_asked_for_and_decides),
		cmocka_unit_test(test_still_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
