/* Faults that have broken nothing yet: a warning with words of its own, which explains nobody's trouble. */
#include "tests/unit/symptoms/fixture.h"

static void put_daemon_set(struct fixture *fixture, const char *image)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"uid-ds\",\"namespace\":\"web\",\"name\":\"ds\",\"resourceVersion\":\"%d\"},\"spec\":{"
		"\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}},\"status\":{}}",
		++fixture->version, image);

	fixture_put(fixture, KIND_DAEMON_SET, text);
}

static void start(struct fixture *fixture)
{
	fixture_init(fixture, NULL);
	fixture_states(fixture, COLLECTION_CURRENT);
}

static void warns_in_its_own_words(void **state)
{
	struct fixture fixture;
	const struct finding *finding;

	(void)state;
	start(&fixture);
	put_daemon_set(&fixture, "quay.io/a/b:1");
	fixture_update(&fixture);
	finding = finding_of(&fixture, "E05");
	assert_non_null(finding);
	assert_true(finding->is_latent);
	assert_int_equal(finding->severity, SEVERITY_WARNING);
	assert_int_equal(finding->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(finding_text(finding, "en", "title"), "it will");
	assert_string_equal(finding_text(finding, "ko", "symptom"), "later");
	assert_string_equal(finding_text(finding, "en", "cause"), "c");
	assert_int_equal(check_of(fixture.symptoms, "E05")->verdict, VERDICT_HIT);
	put_daemon_set(&fixture, "docker.io/a/b:1");
	fixture_update(&fixture);
	assert_null(finding_of(&fixture, "E05"));
	assert_int_equal(check_of(fixture.symptoms, "E05")->verdict, VERDICT_CLEAR);
	fixture_release(&fixture);
}

static void becomes_the_fault_itself(void **state)
{
	struct fixture fixture;
	const struct finding *finding;

	(void)state;
	start(&fixture);
	put_daemon_set(&fixture, "quay.io/a/b:1");
	put_pod(&fixture, &(struct pod){.name = "p", .labels = "gone"});
	fixture_update(&fixture);
	finding = finding_of(&fixture, "E05");
	assert_false(finding->is_latent);
	assert_int_equal(finding->severity, SEVERITY_CRITICAL);
	assert_string_equal(finding_text(finding, "en", "title"), "t");
	/* What a fix would change belongs to it still. */
	assert_true(has_object(finding, "ds") && has_object(finding, "p"));
	put_pod(&fixture, &(struct pod){.name = "p"});
	fixture_update(&fixture);
	assert_true(finding_of(&fixture, "E05")->is_latent);
	fixture_release(&fixture);
}

static void explains_nothing(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture);
	put_daemon_set(&fixture, "quay.io/a/b:1");
	put_pod(&fixture, &(struct pod){.name = "p", .waiting = "ErrImagePull"});
	fixture_update(&fixture);
	assert_true(finding_of(&fixture, "E05")->is_latent);
	assert_non_null(finding_of(&fixture, "image-pull/Pod/web/p"));
	assert_int_equal(finding_of(&fixture, "E05")->also_seen_count, 0);
	fixture_release(&fixture);
}

static void is_verified_by_its_own_signs(void **state)
{
	struct fixture fixture;
	struct message reason;

	(void)state;
	start(&fixture);
	put_daemon_set(&fixture, "quay.io/a/b:1");
	fixture_update(&fixture);
	assert_int_equal(symptoms_still_holds(fixture.symptoms, fixture.snapshot, fixture.evidence,
					      finding_of(&fixture, "E05"), fixture.now, &reason), TRUTH_TRUE);
	put_daemon_set(&fixture, "docker.io/a/b:1");
	assert_int_equal(symptoms_still_holds(fixture.symptoms, fixture.snapshot, fixture.evidence,
					      finding_of(&fixture, "E05"), fixture.now, &reason), TRUTH_FALSE);
	fixture_release(&fixture);
}

static void needs_the_kind_of_its_signs(void **state)
{
	struct fixture fixture;
	struct err err = {0};

	(void)state;
	start(&fixture);
	err_set(&err, ERR_FORBIDDEN, "no", NULL);
	snapshot_set_state(fixture.snapshot, KIND_DAEMON_SET, COLLECTION_FORBIDDEN, &err, 1);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E05")->verdict, VERDICT_COULD_NOT_CHECK);
	fixture_release(&fixture);
}

/* Evidence that was not read by choice is no failure to look (decisions.md 12). */
static void choices_are_told_from_failures(void **state)
{
	struct fixture fixture;
	struct err err = {0};
	auto_free char *key = NULL;

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "a", .labels = "ask"});
	fixture_update(&fixture);
	key = evidence_key(symptoms_wanted_at(fixture.symptoms, 0));
	err_set(&err, ERR_FORBIDDEN, "no", NULL);
	evidence_put(fixture.evidence, key, NULL, NULL, &err, fixture.now);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E10")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_false(check_of(fixture.symptoms, "E10")->was_left_out);
	err_set(&err, ERR_REFUSED, "no SSH to the nodes is configured", NULL);
	evidence_put(fixture.evidence, key, NULL, NULL, &err, fixture.now);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E10")->verdict, VERDICT_COULD_NOT_CHECK);
	assert_true(check_of(fixture.symptoms, "E10")->was_left_out);
	fixture_release(&fixture);
}

/* A fault that was found says what it could not look at besides. */
static void a_hit_names_what_was_not_read(void **state)
{
	struct fixture fixture;
	struct err err = {0};
	auto_free char *key = NULL;
	CLEANUP(buffer_release) struct buffer reason = BUFFER_INIT(512);

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "a", .node = "n1", .labels = "sure"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_wanted_count(fixture.symptoms), 1);
	key = evidence_key(symptoms_wanted_at(fixture.symptoms, 0));
	err_set(&err, ERR_REFUSED, "no SSH to the nodes is configured", NULL);
	evidence_put(fixture.evidence, key, NULL, NULL, &err, fixture.now);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "with-support")->verdict, VERDICT_HIT);
	assert_false(check_of(fixture.symptoms, "with-support")->was_left_out);
	message_format(&check_of(fixture.symptoms, "with-support")->reason, NULL, &reason);
	assert_string_equal(buffer_text(&reason), "node:n1 [\"df\"]: left out: no SSH to the nodes is configured");
	evidence_put(fixture.evidence, key, json_pack("{s:i, s:s}", "exit", 0, "text", ""), NULL, NULL, fixture.now);
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "with-support")->verdict, VERDICT_HIT);
	assert_null(check_of(fixture.symptoms, "with-support")->reason.id);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warns_in_its_own_words),
		cmocka_unit_test(becomes_the_fault_itself),
		cmocka_unit_test(explains_nothing),
		cmocka_unit_test(is_verified_by_its_own_signs),
		cmocka_unit_test(needs_the_kind_of_its_signs),
		cmocka_unit_test(choices_are_told_from_failures),
		cmocka_unit_test(a_hit_names_what_was_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
