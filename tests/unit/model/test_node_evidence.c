/* What runbooks read on nodes: one command at a time and node, and why it could not be read. */
#include <stdio.h>

#include "tests/unit/model/node_fakes.h"

#include "probes/model/node_evidence.h"
#include "probes/net/loop.h"

static struct loop *loop;
static struct evidence_store *store;
static struct node_evidence *reading;
static struct node_reader reader;

static int setup(void **state)
{
	(void)state;
	fake_call_count = 0;
	if (loop_new(&loop, NULL) < 0)
		return -1;
	store = evidence_store_new();
	reading = node_evidence_new(loop, store, &fake_source, (const struct check_set *)&fake_pool);
	reader = node_evidence_reader(reading);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	node_evidence_free(reading);
	evidence_store_free(store);
	loop_free(loop);
	return 0;
}

static void want(const char *node, const char *key, const char *word, bool sudo)
{
	json_t *argv = json_pack("[s,s]", word, "x");
	struct evidence_request request = {
		.type = EVIDENCE_NODE, .path = (char *)(uintptr_t)node, .argv = argv, .sudo = sudo};

	assert_int_equal(reader.read(reader.data, &request, key, NULL), 0);
	json_decref(argv);
	loop_turn(loop, 0);
	loop_turn(loop, 10);
}

static void finish(const char *node, int exit_status, const char *out, const char *error_out)
{
	struct node_call *call = call_to(node);
	const struct node_answer answer = {
		.trouble = NODE_FINE,
		.exit_status = exit_status,
		.out = out,
		.out_length = strlen(out),
		.error_out = error_out,
		.error_out_length = strlen(error_out),
	};

	assert_non_null(call);
	call->is_open = false;
	call->on_read(call->data, &answer);
	loop_turn(loop, 0);
	loop_turn(loop, 10);
}

static enum err_code code_of(const char *key)
{
	const struct evidence *evidence = evidence_get(store, key);

	assert_non_null(evidence);
	return evidence->code;
}

static void what_was_read_is_kept(void **state)
{
	const struct evidence *evidence;

	(void)state;
	want("a", "k", "cat", true);
	assert_true(call_to("a")->sudo);
	assert_string_equal(call_to("a")->line, "cat x ");
	assert_false(reader.is_idle(reader.data));
	finish("a", 1, "one \xff two\x01\n", "");
	assert_true(reader.is_idle(reader.data));
	evidence = evidence_get(store, "k");
	assert_int_equal(json_integer_value(json_object_get(evidence->document, "exit")), 1);
	assert_string_equal(json_string_value(json_object_get(evidence->document, "text")), "one \xef\xbf\xbd two\x01\n");
}

static void a_node_gets_one_command_at_a_time(void **state)
{
	(void)state;
	want("a", "k1", "cat", false);
	want("a", "k2", "df", false);
	want("a", "k1", "cat", false);
	want("b", "k3", "cat", false);
	assert_int_equal(fake_call_count, 2);
	finish("a", 0, "", "");
	assert_int_equal(fake_call_count, 3);
	assert_string_equal(call_to("a")->line, "df x ");
	finish("a", 0, "", "");
	finish("b", 0, "", "");
	assert_true(reader.is_idle(reader.data));
}

static void eight_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		want(name, name, "cat", false);
	}
	assert_int_equal(fake_call_count, 8);
	finish("n3", 0, "", "");
	assert_int_equal(fake_call_count, 9);
}

static void what_tells_nothing_could_not_be_checked(void **state)
{
	static const struct {
		int exit_status;
		const char *error_out;
		bool sudo;
		enum err_code code;
	} cases[] = {
		{1, "sudo: a password is required\n", true, ERR_FORBIDDEN},
		{1, "sudo: a password is required\n", false, ERR_NONE},
		{1, "grep: no match\n", true, ERR_NONE},
		{124, "", false, ERR_TIMEOUT},
		{126, "permission denied", false, ERR_NOT_FOUND},
		{127, "cat: not found", false, ERR_NOT_FOUND},
		{-1, "", false, ERR_IO},
		{2, "", false, ERR_NONE},
	};

	(void)state;
	for (size_t i = 0; i < array_length(cases); i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%zu", i);
		want("a", key, "cat", cases[i].sudo);
		finish("a", cases[i].exit_status, "", cases[i].error_out);
		assert_int_equal(code_of(key), cases[i].code);
	}
}

static void a_node_that_refused_is_left_alone_until_told(void **state)
{
	(void)state;
	want("a", "k1", "cat", false);
	want("a", "k2", "cat", false);
	fail_call(call_to("a"), NODE_HOST_KEY_UNKNOWN, "node {node}: its host key is unknown");
	loop_turn(loop, 0);
	loop_turn(loop, 10);
	assert_int_equal(fake_call_count, 1);
	assert_int_equal(code_of("k2"), ERR_CONNECT);
	want("a", "k3", "cat", false);
	assert_int_equal(fake_call_count, 1);
	node_evidence_retry(reading, "b");
	want("a", "k4", "cat", false);
	assert_int_equal(fake_call_count, 1);
	node_evidence_retry(reading, "a");
	want("a", "k5", "cat", false);
	assert_int_equal(fake_call_count, 2);
}

static void what_does_not_read_is_refused(void **state)
{
	(void)state;
	want("a", "k", "reboot", true);
	assert_int_equal(code_of("k"), ERR_REFUSED);
	want("lost", "k2", "cat", true);
	assert_int_equal(code_of("k2"), ERR_NOT_FOUND);
	assert_int_equal(fake_call_count, 0);
	assert_true(reader.is_idle(reader.data));
}

static void want_check(const char *node, const char *key, const char *check)
{
	struct evidence_request request = {
		.type = EVIDENCE_NODE, .path = (char *)(uintptr_t)node, .check = check};

	assert_int_equal(reader.read(reader.data, &request, key, NULL), 0);
	loop_turn(loop, 0);
	loop_turn(loop, 10);
}

static void a_shipped_check_is_run_by_its_name(void **state)
{
	struct evidence_request unknown = {.type = EVIDENCE_NODE, .path = (char *)(uintptr_t)"a", .check = "nonsense"};
	const struct evidence *evidence;

	(void)state;
	want_check("a", "k1", "disk");
	assert_int_equal(call_to("a")->count, 1);
	assert_string_equal(call_to("a")->checks[0]->name, "disk");
	answer_checks(call_to("a"), CHECK_BAD, "91%", NULL);
	evidence = evidence_get(store, "k1");
	assert_string_equal(json_string_value(json_object_get(evidence->document, "text")), "91%");
	want_check("a", "k2", "memory");
	fail_call(call_to("a"), NODE_AUTH_REFUSED, "node {node}: not let in");
	assert_int_equal(code_of("k2"), ERR_CONNECT);
	want_check("b", "k3", "memory");
	answer_checks(call_to("b"), CHECK_COULD_NOT, "", NULL);
	assert_null(evidence_get(store, "k3")->document);
	assert_int_equal(reader.read(reader.data, &unknown, "k4", NULL), -1);
	assert_true(reader.is_idle(reader.data));
}

static void words_must_be_texts(void **state)
{
	json_t *argv = json_pack("[s,i]", "cat", 1);
	struct evidence_request request = {.type = EVIDENCE_NODE, .path = (char *)(uintptr_t)"a", .argv = argv};
	struct err err = {0};

	(void)state;
	assert_int_equal(reader.read(reader.data, &request, "k", &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	json_decref(argv);
}

static bool needs_second(void *data, const char *key)
{
	(void)data;
	return !strcmp(key, "k2");
}

static void what_waits_and_is_not_needed_goes(void **state)
{
	(void)state;
	want("a", "k1", "cat", false);
	want("a", "k2", "df", false);
	want("a", "k3", "ls", false);
	reader.forget(reader.data, needs_second, NULL);
	finish("a", 0, "", "");
	assert_string_equal(call_to("a")->line, "df x ");
	finish("a", 0, "", "");
	assert_null(call_to("a"));
	assert_true(reader.is_idle(reader.data));
}

static void freed_in_the_middle_nothing_is_called(void **state)
{
	(void)state;
	want("a", "k1", "cat", false);
	want("a", "k2", "cat", false);
	node_evidence_free(reading);
	assert_null(call_to("a"));
	reading = NULL;
	assert_null(evidence_get(store, "k1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_read_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_node_gets_one_command_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(eight_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_tells_nothing_could_not_be_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(a_node_that_refused_is_left_alone_until_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_read_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_shipped_check_is_run_by_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(words_must_be_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(what_waits_and_is_not_needed_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(freed_in_the_middle_nothing_is_called, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
