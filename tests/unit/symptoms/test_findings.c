/* Grouping, the order of rules, absorption, severity, memory of findings. */
#include "probes/base/clock.h"
#include "tests/unit/symptoms/fixture.h"

static void start(struct fixture *fixture)
{
	fixture_init(fixture, NULL);
	fixture_states(fixture, COLLECTION_CURRENT);
}

static void test_groups(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture);
	put_deployment(&fixture, "web", "api");
	put_pod(&fixture, &(struct pod){.name = "api-a", .owner = "api-1", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "api-b", .owner = "api-1", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "lone", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "orphan", .owner = "gone-1", .labels = "hub"});
	put_pod(&fixture, &(struct pod){.name = "m1", .node = "n1", .labels = "mem"});
	put_pod(&fixture, &(struct pod){.name = "m2", .node = "n1", .labels = "mem", .name_space = "other"});
	put_pod(&fixture, &(struct pod){.name = "m3", .node = "n2", .labels = "mem"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 5);
	assert_int_equal(finding_of(&fixture, "E03/Deployment/web/api")->object_count, 2);
	assert_string_equal(finding_of(&fixture, "E03/Deployment/web/api")->group_name, "web/api");
	assert_non_null(finding_of(&fixture, "E03/Pod/web/lone"));
	assert_non_null(finding_of(&fixture, "E03/ReplicaSet/web/gone-1"));
	assert_int_equal(finding_of(&fixture, "E07/Node/n1")->object_count, 2);
	assert_string_equal(finding_of(&fixture, "E07/Node/n1")->group_name, "n1");
	assert_non_null(finding_of(&fixture, "E07/Node/n2"));
	/* Worst first, then by key where no age is known. */
	assert_string_equal(symptoms_finding_at(fixture.symptoms, 0)->key, "E07/Node/n1");
	assert_string_equal(symptoms_finding_at(fixture.symptoms, 2)->key, "E03/Deployment/web/api");

	/* The ReplicaSet that was not known before: its pods move to its Deployment. */
	put_deployment(&fixture, "web", "gone");
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "E03/Deployment/web/gone"));
	assert_null(finding_of(&fixture, "E03/ReplicaSet/web/gone-1"));
	/* A pod that moves to another node moves to another finding. */
	put_pod(&fixture, &(struct pod){.name = "m3", .node = "n1", .labels = "mem"});
	fixture_update(&fixture);
	assert_null(finding_of(&fixture, "E07/Node/n2"));
	assert_int_equal(finding_of(&fixture, "E07/Node/n1")->object_count, 3);
	fixture_release(&fixture);
}

static void test_order_of_rules(void **state)
{
	struct fixture fixture;
	const struct finding *memory;

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "both", .node = "n1", .labels = "hub mem"});
	put_pod(&fixture, &(struct pod){.name = "one", .node = "n1", .labels = "hub"});
	fixture_update(&fixture);
	memory = finding_of(&fixture, "E07/Node/n1");
	assert_int_equal(memory->object_count, 1);
	assert_true(has_object(memory, "both"));
	assert_true(has_also_seen(memory, "E03"));
	assert_null(finding_of(&fixture, "E03/Pod/web/both"));
	assert_int_equal(finding_of(&fixture, "E03/Pod/web/one")->also_seen_count, 0);
	/* What lost is seen all the same. */
	put_pod(&fixture, &(struct pod){.name = "one", .node = "n1"});
	fixture_update(&fixture);
	assert_int_equal(check_of(fixture.symptoms, "E03")->verdict, VERDICT_HIT);
	/* The stronger one goes: the weaker has the object again. */
	put_pod(&fixture, &(struct pod){.name = "both", .node = "n1", .labels = "hub"});
	fixture_update(&fixture);
	assert_non_null(finding_of(&fixture, "E03/Pod/web/both"));
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 1);
	fixture_release(&fixture);
}

static void test_absorption_object_by_object(void **state)
{
	struct fixture fixture;
	const struct finding *finding;

	(void)state;
	start(&fixture);
	put_deployment(&fixture, "kube-system", "typha");
	put_deployment(&fixture, "web", "api");
	put_pod(&fixture, &(struct pod){.name = "typha-a", .name_space = "kube-system", .owner = "typha-1",
					.waiting = "ErrImagePull", .not_ready = START - 3600});
	put_pod(&fixture, &(struct pod){.name = "api-a", .owner = "api-1", .waiting = "ErrImagePull"});
	put_pod(&fixture, &(struct pod){.name = "api-b", .owner = "api-1", .waiting = "ErrImagePull",
					.labels = "hub"});
	fixture_update(&fixture);

	finding = finding_of(&fixture, "E08");
	assert_non_null(finding);
	assert_true(has_object(finding, "typha"));
	assert_true(has_object(finding, "typha-a"));
	assert_true(has_also_seen(finding, "image-pull"));
	assert_true(has_also_seen(finding, "not-ready"));
	assert_null(finding_of(&fixture, "image-pull/Deployment/kube-system/typha"));
	assert_null(finding_of(&fixture, "not-ready/Pod/kube-system/typha-a"));

	finding = finding_of(&fixture, "E03/Deployment/web/api");
	assert_true(has_also_seen(finding, "image-pull"));
	finding = finding_of(&fixture, "image-pull/Deployment/web/api");
	assert_int_equal(finding->object_count, 1);
	assert_true(has_object(finding, "api-a"));
	assert_int_equal(check_of(fixture.symptoms, "not-ready")->verdict, VERDICT_HIT);

	/* An object of E08 that a stronger entry explains belongs to that one. */
	put_pod(&fixture, &(struct pod){.name = "typha-a", .name_space = "kube-system", .owner = "typha-1",
					.waiting = "ErrImagePull", .not_ready = START - 3600, .labels = "hub"});
	fixture_update(&fixture);
	assert_false(has_object(finding_of(&fixture, "E08"), "typha-a"));
	assert_true(has_object(finding_of(&fixture, "E08"), "typha"));
	assert_true(has_also_seen(finding_of(&fixture, "E03/Deployment/kube-system/typha"), "E08"));
	fixture_release(&fixture);
}

static void test_severity_follows_the_namespace(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "u", .waiting = "ErrImagePull"});
	put_pod(&fixture, &(struct pod){.name = "s", .name_space = "kube-system", .waiting = "ErrImagePull"});
	fixture_update(&fixture);
	assert_int_equal(finding_of(&fixture, "image-pull/Pod/web/u")->severity, SEVERITY_WARNING);
	assert_false(finding_of(&fixture, "image-pull/Pod/web/u")->is_system);
	assert_int_equal(finding_of(&fixture, "image-pull/Pod/kube-system/s")->severity, SEVERITY_CRITICAL);
	assert_true(finding_of(&fixture, "image-pull/Pod/kube-system/s")->is_system);
	fixture_release(&fixture);
}

static void test_time_alone(void **state)
{
	struct fixture fixture;
	const struct finding *finding;

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "slow", .not_ready = START - 100});
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 0);
	assert_int_equal(fixture.next, START + 80);
	fixture.now = START + 79;
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 0);
	fixture.now = START + 80;
	fixture_update(&fixture);
	finding = finding_of(&fixture, "not-ready/Pod/web/slow");
	assert_non_null(finding);
	assert_int_equal(finding->since, START - 100);
	assert_int_equal(finding->first_seen, START + 80);
	assert_int_equal(fixture.next, 0);
	/* What it says about the pod changes, when it was seen first does not. */
	fixture.now = START + 500;
	put_pod(&fixture, &(struct pod){.name = "slow", .not_ready = START - 90, .node = "n1"});
	fixture_update(&fixture);
	finding = finding_of(&fixture, "not-ready/Pod/web/slow");
	assert_int_equal(finding->since, START - 90);
	assert_int_equal(finding->first_seen, START + 80);
	/* An exclusion takes it back. */
	put_pod(&fixture, &(struct pod){.name = "slow", .not_ready = START - 90, .labels = "planned"});
	fixture_update(&fixture);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 0);
	fixture_release(&fixture);
}

static void test_version_moves_with_meaning(void **state)
{
	struct fixture fixture;
	uint64_t version;

	(void)state;
	start(&fixture);
	put_pod(&fixture, &(struct pod){.name = "u", .waiting = "ErrImagePull"});
	fixture_update(&fixture);
	version = symptoms_version(fixture.symptoms);
	fixture_update(&fixture);
	put_pod(&fixture, &(struct pod){.name = "u", .waiting = "ErrImagePull"});	/* a heartbeat */
	fixture_update(&fixture);
	assert_int_equal(symptoms_version(fixture.symptoms), version);
	put_pod(&fixture, &(struct pod){.name = "u"});
	fixture_update(&fixture);
	assert_true(symptoms_version(fixture.symptoms) > version);
	assert_int_equal(symptoms_finding_count(fixture.symptoms), 0);
	fixture_release(&fixture);
}

static void test_evidence_lines_are_few_and_varied(void **state)
{
	struct fixture fixture;
	const struct finding *finding;
	bool has_message = false;
	size_t waiting = 0;

	(void)state;
	start(&fixture);
	put_deployment(&fixture, "web", "api");
	for (int i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "api-%02d", i);
		put_pod(&fixture, &(struct pod){.name = name, .owner = "api-1", .waiting = "ErrImagePull"});
	}
	fixture_update(&fixture);
	finding = finding_of(&fixture, "image-pull/Deployment/web/api");
	assert_int_equal(finding->object_count, 60);
	assert_true(finding->evidence_count > 0 && finding->evidence_count <= 20);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const char *text = finding->evidence[i].text;

		has_message |= strstr(text, "failed") != NULL;
		assert_null(strstr(text, "hush"));
		assert_null(strchr(text, '\n'));
	}
	assert_true(has_message);
	/* Sixty pods that say the same have one line that counts them. */
	for (size_t i = 0; i < finding->evidence_count; i++) {
		assert_null(strstr(finding->evidence[i].source, "metadata.name"));
		if (strstr(finding->evidence[i].text, "failed"))
			waiting += 1 + finding->evidence[i].alike;
	}
	assert_int_equal(waiting, 60);
	assert_true(finding->evidence_count < 5);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_order_of_rules),
		cmocka_unit_test(test_absorption_object_by_object),
		cmocka_unit_test(test_severity_follows_the_namespace),
		cmocka_unit_test(test_time_alone),
		cmocka_unit_test(test_version_moves_with_meaning),
		cmocka_unit_test(test_evidence_lines_are_few_and_varied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
