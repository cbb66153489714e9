/* Many nodes asked at once: what is known of each, how far it is, and who says the same. */
#include <stdio.h>

#include "tests/unit/model/node_fakes.h"

#include "probes/base/buffer.h"
#include "probes/model/node_groups.h"
#include "probes/model/node_survey.h"
#include "probes/model/snapshot.h"
#include "probes/net/loop.h"

static struct loop *loop;
static struct node_survey *survey;

static int setup(void **state)
{
	(void)state;
	fake_call_count = 0;
	return loop_new(&loop, NULL) < 0 || node_survey_new(loop, "checks", &fake_source, &survey, NULL) < 0;
}

static int teardown(void **state)
{
	(void)state;
	node_survey_free(survey);
	loop_free(loop);
	return 0;
}

static void ask(const char *node)
{
	assert_int_equal(node_survey_ask(survey, node, "u1", NULL, NULL), 0);
}

static const struct survey_node *node(const char *name)
{
	const struct survey_node *found = node_survey_find(survey, name);

	assert_non_null(found);
	return found;
}

static void a_node_is_not_asked_twice_at_once(void **state)
{
	(void)state;
	ask("a");
	ask("a");
	assert_int_equal(fake_call_count, 1);
	answer_checks(call_to("a"), CHECK_OK, "fine", NULL);
	assert_true(node_survey_is_idle(survey));
	ask("a");
	assert_int_equal(fake_call_count, 2);
}

static void answers_stay_when_the_next_asking_fails(void **state)
{
	uint64_t version;

	(void)state;
	ask("a");
	answer_checks(call_to("a"), CHECK_BAD, "91%", NULL);
	assert_int_equal(node("a")->count, 4);
	version = node_survey_version(survey);
	ask("a");
	fail_call(call_to("a"), NODE_UNREACHABLE, "node {node}: no route");
	assert_true(node_survey_version(survey) > version);
	assert_true(node("a")->has_failed);
	assert_int_equal(node("a")->trouble, NODE_UNREACHABLE);
	assert_int_equal(survey_answer_find(node("a"), "disk")->verdict, SURVEY_BAD);
	assert_string_equal(survey_answer_find(node("a"), "disk")->text, "91%");
}

static void one_check_leaves_the_others_alone_and_in_order(void **state)
{
	(void)state;
	assert_int_equal(node_survey_ask(survey, "a", "u1", "memory", NULL), 0);
	answer_checks(call_to("a"), CHECK_OK, "m", NULL);
	assert_int_equal(node_survey_ask(survey, "a", "u1", "disk", NULL), 0);
	answer_checks(call_to("a"), CHECK_OK, "d", NULL);
	assert_int_equal(node("a")->count, 2);
	assert_string_equal(node("a")->answers[0].check, "disk");
	assert_string_equal(node("a")->answers[1].text, "m");
}

static void an_unknown_check_is_refused(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(node_survey_ask(survey, "a", "u1", "nonsense", &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(fake_call_count, 0);
}

static void another_uid_is_another_machine(void **state)
{
	struct node_call *old;

	(void)state;
	ask("a");
	answer_checks(call_to("a"), CHECK_OK, "fine", NULL);
	ask("a");
	old = call_to("a");
	assert_int_equal(node_survey_ask(survey, "a", "u2", NULL, NULL), 0);
	assert_false(old->is_open);
	assert_int_equal(node("a")->count, 0);
	assert_string_equal(node("a")->uid, "u2");
	assert_false(node_survey_is_idle(survey));
	answer_checks(call_to("a"), CHECK_OK, "new", NULL);
	assert_true(node_survey_is_idle(survey));
}

static void nodes_that_are_gone_are_forgotten(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct node_call *call;

	(void)state;
	ask("a");
	call = call_to("a");
	node_survey_sweep(survey, snapshot);
	assert_int_equal(node_survey_count(survey), 0);
	assert_false(call->is_open);
	assert_true(node_survey_is_idle(survey));
	snapshot_free(snapshot);
}

static void who_is_no_host_fails_at_once(void **state)
{
	(void)state;
	ask("lost");
	assert_int_equal(fake_call_count, 0);
	assert_true(node("lost")->has_failed && node("lost")->answered_at > 0);
	assert_int_equal(node("lost")->err.code, ERR_NOT_FOUND);
}

static void progress_counts_the_round(void **state)
{
	struct survey_progress progress;

	(void)state;
	ask("before");
	node_survey_start_round(survey);
	ask("a");
	ask("b");
	ask("c");
	answer_checks(call_to("a"), CHECK_OK, "fine", NULL);
	fail_call(call_to("b"), NODE_TIMED_OUT, "node {node}: silence");
	node_survey_progress(survey, &progress);
	assert_int_equal(progress.total, 3);
	assert_int_equal(progress.done, 2);
	assert_int_equal(progress.failed, 1);
	assert_string_equal(progress.slowest->name, "a");
}

static void gauges_are_what_was_measured(void **state)
{
	struct survey_gauges gauges;

	(void)state;
	survey_gauges_read(NULL, &gauges);
	assert_int_equal(gauges.disk, -1);
	assert_int_equal(gauges.measured_at, 0);
	ask("a");
	answer_checks(call_to("a"), CHECK_OK, "",
		      json_pack("{s:{s:{s:s,s:i}},s:{s:{s:f}},s:{s:s}}", "disk", "worst", "mount", "/var", "usedPercent",
				91, "inodes", "worst", "usedPercent", 12.3, "memory", "usedPercent", "many"));
	survey_gauges_read(node("a"), &gauges);
	assert_int_equal(gauges.disk, 910);
	assert_string_equal(gauges.disk_path, "/var");
	assert_int_equal(gauges.inodes, 123);
	assert_int_equal(gauges.memory, -1);
	assert_true(gauges.measured_at > 0);
}

static void the_disk_has_a_trend(void **state)
{
	struct survey_node known = {0};
	int64_t seconds;

	(void)state;
	assert_int_equal(survey_trend_an_hour(&known, &seconds), 0);
	survey_trend_add(&known.trend, 500, 1000);
	survey_trend_add(&known.trend, -1, 1300);
	survey_trend_add(&known.trend, 510, 1599);
	assert_int_equal(survey_trend_an_hour(&known, &seconds), 0);
	survey_trend_add(&known.trend, 550, 1000 + 1800);
	assert_int_equal(survey_trend_an_hour(&known, &seconds), 100);
	assert_int_equal(seconds, 1800);
	for (int i = 0; i < 100; i++)
		survey_trend_add(&known.trend, 550, 3000 + i * 60);
	assert_int_equal(known.trend.count, SURVEY_TREND_MOST);
	assert_int_equal(survey_trend_an_hour(&known, &seconds), 0);
	assert_int_equal(seconds, (SURVEY_TREND_MOST - 1) * 60);
	survey_trend_add(&known.trend, 400, 10);
	assert_int_equal(known.trend.count, 1);
	/* Of an asking. */
	ask("a");
	answer_checks(call_to("a"), CHECK_OK, "",
		      json_pack("{s:{s:{s:s,s:i}}}", "disk", "worst", "mount", "/", "usedPercent", 91));
	assert_int_equal(node("a")->trend.points[0].disk, 910);
}

static void long_values_are_kept_only_for_who_prints_them(void **state)
{
	(void)state;
	ask("a");
	answer_checks(call_to("a"), CHECK_OK, "", json_pack("{s:i}", "n", 1));
	assert_non_null(survey_answer_find(node("a"), "memory")->value);
	assert_null(survey_answer_find(node("a"), "mounts")->value);
	node_survey_keep_values(survey);
	ask("a");
	answer_checks(call_to("a"), CHECK_OK, "", json_pack("{s:i}", "n", 1));
	assert_non_null(survey_answer_find(node("a"), "mounts")->value);
}

static void the_json_is_as_promised(void **state)
{
	json_t *document;
	const json_t *a;
	const json_t *check;

	(void)state;
	ask("b");
	ask("a");
	answer_checks(call_to("a"), CHECK_BAD, "bad \xff\x1b text", json_pack("{s:i}", "n", 1));
	fail_call(call_to("b"), NODE_AUTH_REFUSED, "node {node}: not let in");
	document = node_survey_to_json(survey, "disk");
	a = json_array_get(json_object_get(document, "nodes"), 0);
	check = json_array_get(json_object_get(a, "checks"), 0);
	assert_string_equal(json_string_value(json_object_get(a, "name")), "a");
	assert_string_equal(json_string_value(json_object_get(a, "address")), "10.0.0.1");
	assert_true(json_is_true(json_object_get(a, "reachable")));
	assert_true(json_is_null(json_object_get(a, "reason")));
	assert_int_equal(json_array_size(json_object_get(a, "checks")), 1);
	assert_string_equal(json_string_value(json_object_get(check, "verdict")), "hit");
	assert_string_equal(json_string_value(json_object_get(check, "text")), "bad \\xff\\x1b text");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(check, "value"), "n")), 1);
	a = json_array_get(json_object_get(document, "nodes"), 1);
	assert_true(json_is_false(json_object_get(a, "reachable")));
	assert_string_equal(json_string_value(json_object_get(a, "reason")), "node b: not let in");
	json_decref(document);
}

static void names_are_folded(void **state)
{
	static const struct {
		const char *names[6];
		const char *folded;
	} cases[] = {
		{{"w-0", "w-1", "w-2"}, "w-[0-2]"},
		{{"w-0", "w-1", "w-3", "x"}, "w-[0-1,3], x"},
		{{"w-9", "w-10", "w-11"}, "w-[9-11]"},
		{{"w-09", "w-10"}, "w-[09-10]"},
		{{"w-9", "w-010"}, "w-[9,010]"},
		{{"only"}, "only"},
		{{"a-1", "b-1"}, "a-1, b-1"},
		{{"n-12345678901", "n-12345678902"}, "n-12345678901, n-12345678902"},
		{{"7", "8"}, "[7-8]"},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		CLEANUP(buffer_release) struct buffer out = BUFFER_INIT(200);
		size_t count = 0;

		while (count < 6 && cases[i].names[count])
			count++;
		node_names_fold(cases[i].names, count, &out);
		assert_string_equal(buffer_text(&out), cases[i].folded);
	}
}

static void who_says_the_same_stands_together(void **state)
{
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(200);
	struct node_groups groups;

	(void)state;
	for (int i = 0; i < 12; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w-%d", i);
		ask(name);
	}
	for (int i = 0; i < 11; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w-%d", i);
		if (i == 2 || i == 7)
			fail_call(call_to(name), NODE_UNREACHABLE, "node {node}: no route");
		else
			answer_checks(call_to(name), i == 5 ? CHECK_BAD : CHECK_OK, i == 9 ? "other" : "same", NULL);
	}
	node_groups_make(survey, "disk", &groups);
	assert_int_equal(groups.count, 4);
	assert_int_equal(groups.waiting, 1);
	assert_int_equal(groups.groups[0].verdict, SURVEY_BAD);
	assert_string_equal(groups.groups[0].nodes[0]->name, "w-5");
	assert_true(groups.groups[1].is_unreached);
	assert_int_equal(groups.groups[1].count, 2);
	assert_int_equal(groups.groups[2].count, 7);
	node_group_names(&groups.groups[2], &names);
	assert_string_equal(buffer_text(&names), "w-[0-1,3-4,6,8,10]");
	assert_string_equal(groups.groups[3].text, "other");
	node_groups_release(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_node_is_not_asked_twice_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_stay_when_the_next_asking_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(one_check_leaves_the_others_alone_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_check_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(another_uid_is_another_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_that_are_gone_are_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_no_host_fails_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(progress_counts_the_round, setup, teardown),
		cmocka_unit_test_setup_teardown(gauges_are_what_was_measured, setup, teardown),
		cmocka_unit_test_setup_teardown(the_disk_has_a_trend, setup, teardown),
		cmocka_unit_test_setup_teardown(long_values_are_kept_only_for_who_prints_them, setup, teardown),
		cmocka_unit_test_setup_teardown(the_json_is_as_promised, setup, teardown),
		cmocka_unit_test(names_are_folded),
		cmocka_unit_test_setup_teardown(who_says_the_same_stands_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
