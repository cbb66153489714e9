/* Words for a remote shell, lists of jump hosts, and what a token permits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/net/loop.h"
#include "probes/ssh/jump.h"
#include "probes/ssh/node_step.h"
#include "probes/ssh/pool_private.h"

static void check_line(const char *const *argv, const char *expected)
{
	auto_free char *line = remote_line(argv);
	assert_string_equal(line, expected);
}

static void test_words_are_quoted(void **state)
{
	(void)state;
	check_line((const char *[]){"df", "-P", "/", NULL}, "'df' '-P' '/'");
	check_line((const char *[]){"a b", "$HOME", "`id`", "*", "", NULL}, "'a b' '$HOME' '`id`' '*' ''");
	check_line((const char *[]){"it's", NULL}, "'it'\\''s'");
	check_line((const char *[]){"'", NULL}, "\\'");
	check_line((const char *[]){"a!b", "\\", NULL}, "'a'\\!'b' \\\\");
	check_line((const char *[]){NULL}, "");
}

/* What sh makes of the line is the words again, for every byte but NUL and line breaks. */
static void test_a_shell_reads_the_words_back(void **state)
{
	(void)state;
	char every[256];
	size_t n = 0;
	for (int byte = 1; byte < 256; byte++)
		if (byte != '\n' && byte != '\r')
			every[n++] = (char)byte;
	every[n] = '\0';
	auto_free char *line = remote_line((const char *[]){"printf", "%s", every, NULL});
	FILE *shell = popen(line, "r");
	char back[512];
	size_t got = fread(back, 1, sizeof(back), shell);
	assert_int_equal(pclose(shell), 0);
	assert_int_equal(got, n);
	assert_memory_equal(back, every, n);
}

static void check_hop(const char *list, const char *before, const char *user, const char *host, int port)
{
	struct jump_hop hop;
	assert_int_equal(jump_hop_parse(list, &hop), 0);
	assert_string_equal(hop.before, before);
	if (user)
		assert_string_equal(hop.user, user);
	else
		assert_null(hop.user);
	assert_string_equal(hop.host, host);
	assert_int_equal(hop.port, port);
	jump_hop_release(&hop);
}

static void test_the_last_hop_of_a_list(void **state)
{
	(void)state;
	check_hop("bastion", "", NULL, "bastion", 0);
	check_hop("me@bastion:2222", "", "me", "bastion", 2222);
	check_hop("a,b@c:1,d", "a,b@c:1", NULL, "d", 0);
	check_hop("[fe80::1]:22", "", NULL, "fe80::1", 22);
	check_hop("[fe80::1]", "", NULL, "fe80::1", 0);
	check_hop("fe80::1", "", NULL, "fe80::1", 0);
	check_hop("ssh://me@host:3", "", "me", "host", 3);
	check_hop("me@realm@host", "", "me@realm", "host", 0);
	check_hop("first, second", "first", NULL, "second", 0);
}

static void test_what_is_no_list_of_hops(void **state)
{
	(void)state;
	static const char *const WRONG[] = {"",	     ",a",   "a,",	"@host", "host:",    "host:0",
					    "host:65536", "host:x", "[::1",	"[::1]x", "-oProxy", "a b"};
	struct jump_hop hop;
	for (size_t i = 0; i < array_length(WRONG); i++)
		if (jump_hop_parse(WRONG[i], &hop) == 0)
			fail_msg("\"%s\" was taken for a list of jump hosts", WRONG[i]);
}

/* The refusals alone: what is permitted runs, and is tested on real servers. */
struct pool_test {
	struct loop *loop;
	struct node_pool *pool;
};

static int set_up(void **state)
{
	static struct pool_test test;
	struct node_pool_settings settings = {.known_hosts = "/nonexistent/known_hosts", .config_file = "/dev/null"};
	*state = &test;
	return loop_new(&test.loop, NULL) != 0 || node_pool_new(test.loop, &settings, &test.pool, NULL) != 0;
}

static int tear_down(void **state)
{
	struct pool_test *test = *state;
	node_pool_free(test->pool);
	loop_free(test->loop);
	return 0;
}

static void on_done(void *data, const struct node_answer *answer)
{
	(void)data;
	(void)answer;
	fail();
}

static int ask(struct node_pool *pool, const struct node_token *token, const char *node, const char *const *argv,
	       const char *input)
{
	struct node_step_request request = {
		.host = {.name = node, .address = "127.0.0.1"},
		.argv = argv,
		.input = input,
		.timeout_seconds = 1,
		.on_done = on_done,
	};
	struct node_call *call;
	struct err err = {0};
	int result = node_step(pool, token, &request, &call, &err);
	if (result == 0)
		node_call_cancel(call);
	else
		assert_int_equal(err.code, ERR_REFUSED);
	return result;
}

static void test_a_token_permits_its_commands_alone(void **state)
{
	struct pool_test *test = *state;
	const char *const argv[] = {"sudo", "-n", "reboot", NULL};
	const char *const other[] = {"sudo", "-n", "poweroff", NULL};
	const char *const joined[] = {"sudo", "-n reboot", NULL};
	const char *const shorter[] = {"sudo", "-n", NULL};
	const char *const broken[] = {"sudo", "a\nb", NULL};
	const char *const empty[] = {NULL};
	struct node_token *token = node_token_new("digest");
	assert_int_equal(ask(test->pool, token, "n1", argv, NULL), -1);
	node_token_permit(token, "n1", argv, NULL);
	node_token_permit(token, "n2", argv, "input");
	node_token_permit(token, "n1", broken, NULL);
	node_token_permit(token, "n1", empty, NULL);
	assert_int_equal(ask(test->pool, token, "n1", argv, NULL), 0);
	assert_int_equal(ask(test->pool, token, "n2", argv, "input"), 0);
	assert_int_equal(ask(test->pool, token, "n2", argv, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n2", argv, "other"), -1);
	assert_int_equal(ask(test->pool, token, "n3", argv, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n1", other, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n1", joined, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n1", shorter, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n1", broken, NULL), -1);
	assert_int_equal(ask(test->pool, token, "n1", empty, NULL), -1);
	assert_int_equal(ask(test->pool, NULL, "n1", argv, NULL), -1);
	node_token_end(token);
	assert_int_equal(ask(test->pool, token, "n1", argv, NULL), -1);
	node_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_quoted),
		cmocka_unit_test(test_a_shell_reads_the_words_back),
		cmocka_unit_test(test_the_last_hop_of_a_list),
		cmocka_unit_test(test_what_is_no_list_of_hops),
		cmocka_unit_test_setup_teardown(test_a_token_permits_its_commands_alone, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
