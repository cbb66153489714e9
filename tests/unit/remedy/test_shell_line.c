#include "tests/unit/remedy/cmocka_all.h"

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/shell_line.h"

static void assert_quoted(const char *word, const char *wanted)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	shell_add_word(&line, word);
	assert_string_equal(buffer_text(&line), wanted);
}

static void test_words_are_quoted_where_a_shell_would_read_them(void **state)
{
	(void)state;
	assert_quoted("deployment/calico-typha", "deployment/calico-typha");
	assert_quoted("--type=json", "--type=json");
	assert_quoted("", "''");
	assert_quoted("a b", "'a b'");
	assert_quoted("it's", "'it'\\''s'");
	assert_quoted("$(rm -rf /)", "'$(rm -rf /)'");
	assert_quoted("`id`;id|id&id>x<y", "'`id`;id|id&id>x<y'");
	assert_quoted("~root", "'~root'");
	assert_quoted("a*b?[c]{d}", "'a*b?[c]{d}'");
	assert_quoted("=ls", "'=ls'");
	assert_quoted("line\nbreak", "'line\nbreak'");
	assert_quoted("#x", "'#x'");
	assert_quoted("\xed\x95\x9c", "'\xed\x95\x9c'");
}

/* A real shell is asked: each hostile word must come out as it went in. */
static void test_a_shell_gives_the_words_back(void **state)
{
	static const char *const words[] = {"plain", "a b", "it's", "'''", "$HOME", "\\", "a\\'b", "-n", "*",
					    "!x", "\t", ""};

	(void)state;
	for (size_t i = 0; i < array_length(words); i++) {
		CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);
		char out[256] = "";
		FILE *shell;
		size_t n;

		shell_add_word(&line, "printf");
		shell_add_word(&line, "[%s]");
		shell_add_word(&line, words[i]);
		shell = popen(buffer_text(&line), "r");
		assert_non_null(shell);
		n = fread(out, 1, sizeof(out) - 1, shell);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(n, strlen(words[i]) + 2);
		assert_memory_equal(out + 1, words[i], strlen(words[i]));
	}
}

static void test_the_line_reaches_the_same_cluster_as_the_same_user(void **state)
{
	char *groups[] = {(char[]){"sre"}, (char[]){"a b"}, NULL};
	const struct kubeconfig_view view = {
		.context = (char[]){"prod kr1"}, .as_user = (char[]){"o'neil"}, .as_groups = groups};
	const struct kubeconfig_view inside = {.context = (char[]){"in-cluster"}};
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	(void)state;
	kubectl_add_start(&line, &view, "/tmp/my config");
	assert_string_equal(buffer_text(&line), "kubectl --kubeconfig '/tmp/my config' --context 'prod kr1' --as "
						"'o'\\''neil' --as-group sre --as-group 'a b'");
	buffer_clear(&line);
	kubectl_add_start(&line, &inside, NULL);
	assert_string_equal(buffer_text(&line), "kubectl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_quoted_where_a_shell_would_read_them),
		cmocka_unit_test(test_a_shell_gives_the_words_back),
		cmocka_unit_test(test_the_line_reaches_the_same_cluster_as_the_same_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
