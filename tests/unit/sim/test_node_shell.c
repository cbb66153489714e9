/* Lines that come over SSH, as a simulated node reads them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/node_run.h"
#include "probes/sim/node_shell.h"

struct answer {
	struct buffer out;
	struct buffer error_out;
	int status;
	int64_t milliseconds;
};

static void answer_release(struct answer *answer)
{
	buffer_release(&answer->out);
	buffer_release(&answer->error_out);
}

static struct answer run_line(const char *line)
{
	struct answer answer = {.out = BUFFER_INIT(1 << 20), .error_out = BUFFER_INIT(1 << 20)};
	struct machine machine = {.state = json_pack("{s:{s:{s:s}}}", "files", "/", "type", "directory"),
				  .owned = json_object(),
				  .name = (char *)(uintptr_t)"node-1"};
	struct cluster *cluster = cluster_new(1);
	struct shell shell = {.cluster = cluster, .machine = &machine, .login = "centos", .variables = json_object(), .is_root = true};
	const struct shell_io io = {.input = "in\n", .input_length = 3, .out = &answer.out,
				    .error_out = &answer.error_out};

	answer.status = shell_run(&shell, line, &io);
	answer.milliseconds = shell.milliseconds;
	json_decref(shell.variables);
	json_decref(machine.state);
	json_decref(machine.owned);
	json_decref(machine.faults);
	cluster_free(cluster);
	return answer;
}

static void assert_line(const char *line, int status, const char *out)
{
	CLEANUP(answer_release) struct answer answer = run_line(line);

	if (strcmp(buffer_text(&answer.out), out) || answer.status != status)
		print_message("%s: %d %s%s\n", line, answer.status, buffer_text(&answer.out),
			      buffer_text(&answer.error_out));
	assert_string_equal(buffer_text(&answer.out), out);
	assert_int_equal(answer.status, status);
}

static void test_words(void **state)
{
	(void)state;
	assert_line("printf '%s|' a 'b c' \"d e\" f\\ g '' x'y'\"z\"", 0, "a|b c|d e|f g||xyz|");
	assert_line("printf '%s|' 'it'\\''s' \"a\\\"b\\$c\"", 0, "it's|a\"b$c|");
	assert_line("a=1 b='2 3'; printf '%s|' $a $b \"$b\" ${c:-no} \"${a}x\"", 0, "1|2|3|2 3|no|1x|");
	assert_line("x=$(printf 'p q'); printf '%s|' \"$x\" $x", 0, "p q|p|q|");
	assert_line("echo a#b # a comment", 0, "a#b\n");
	assert_line("'echo' 'quoted command'", 0, "quoted command\n");
}

static void test_lists(void **state)
{
	(void)state;
	assert_line("true; false", 1, "");
	assert_line("false || echo a && echo b", 0, "a\nb\n");
	assert_line("true && false || echo c", 0, "c\n");
	assert_line("false && echo no; echo $?", 0, "1\n");
	assert_line("! true || echo yes", 0, "yes\n");
	assert_line("{ echo a; echo b; } | cat", 0, "a\nb\n");
	assert_line("(exit 4); echo $?; exit 5; echo never", 5, "4\n");
	assert_line("if false; then echo 1; elif true; then echo 2; else echo 3; fi", 0, "2\n");
	assert_line("if true; then :; fi\necho after", 0, "after\n");
	assert_line("echo a\necho b\n\n", 0, "a\nb\n");
	assert_line("", 0, "");
}

static void test_redirections(void **state)
{
	(void)state;
	assert_line("echo a >/f; echo b >>/f; cat /f </dev/null", 0, "a\nb\n");
	assert_line("echo x >/dev/null; cat /nowhere 2>&1", 1, "cat: /nowhere: No such file or directory\n");
	assert_line("cat", 0, "in\n");
	assert_line("cat </dev/null", 0, "");
	assert_line("{ echo a; echo b; } >/g; wc -l /g", 0, "2 /g\n");
}

static void test_scripts(void **state)
{
	(void)state;
	assert_line("sh -c 'echo $0 $1 $#' name 'a b' c", 0, "name a b 2\n");
	assert_line("sh -c 'printf \"%s|\" \"$@\"' name 'a b' c", 0, "a b|c|");
	assert_line("sh -c 'exit 3'", 3, "");
	assert_line("sudo -n timeout -k 2 10 env LC_ALL=C PATH=/bin echo wrapped", 0, "wrapped\n");
}

static void test_refused(void **state)
{
	(void)state;
	assert_line("no-such-command a b", 127, "");
	assert_line("timeout 5 no-such", 127, "");
	assert_line("env no-such", 127, "");
	assert_line("sudo -n no-such", 1, "");
	/* What belongs to a shell is no program. */
	assert_line("timeout 5 exit 3", 127, "");
	assert_line("/usr/bin/cd /", 127, "");
	for (size_t i = 0; i < 8; i++) {
		static const char *const lines[] = {"echo 'open", "echo \"open", "echo $(open", "ls *.c", "echo `x`", "( true",
						    "if true; then echo", "echo a; ;; b"};
		CLEANUP(answer_release) struct answer answer = run_line(lines[i]);

		assert_int_equal(answer.status, SHELL_SYNTAX);
		assert_non_null(strstr(buffer_text(&answer.error_out), "Syntax error"));
	}
}

static void test_time(void **state)
{
	CLEANUP(answer_release) struct answer slept = run_line("sleep 2; sleep 0.5");
	CLEANUP(answer_release) struct answer ended = run_line("timeout 3 sleep infinity");
	CLEANUP(answer_release) struct answer endless = run_line("sleep infinity");

	(void)state;
	assert_int_equal(slept.milliseconds, 2500);
	assert_int_equal(ended.milliseconds, 3000);
	assert_int_equal(ended.status, 124);
	assert_int_equal(endless.milliseconds, -1);
}

static void test_input(void **state)
{
	static const char *const wanting[] = {"cat", "sh", "sh -s", "'sh' '-s'", "install -m 0644 /dev/stdin /x", "tee /x",
					      "sudo -n sh", "cat; true", "cat >/x", "sha256sum -", "sh - a"};
	static const char *const others[] = {"cat /x", "true", "sh -c 'cat /x'", "cat /etc/x | sha256sum", "echo a | cat",
					     "df -P", "category", "sh /x"};

	(void)state;
	for (size_t i = 0; i < array_length(wanting); i++)
		assert_true(node_line_wants_input(wanting[i]));
	for (size_t i = 0; i < array_length(others); i++)
		assert_false(node_line_wants_input(others[i]));
}

/* Whatever comes, it ends, and nothing of it is run: there is nothing here that could. */
static void test_any_bytes(void **state)
{
	static const char letters[] = "ab $(){}|&;<>'\"\\`*?!#=\n0 if then fi echo sh -c 2>&1";
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char line[48];
		size_t n = 0;

		while (n + 1 < sizeof(line) && (n < 4 || seed % 29)) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			line[n++] = letters[(seed >> 33) % (sizeof(letters) - 1)];
		}
		line[n] = '\0';
		CLEANUP(answer_release) struct answer answer = run_line(line);

		assert_in_range(answer.status, 0, 255);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_lists), cmocka_unit_test(test_redirections),
		cmocka_unit_test(test_scripts), cmocka_unit_test(test_refused), cmocka_unit_test(test_time),
		cmocka_unit_test(test_input), cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
