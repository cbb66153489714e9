/* Differences against what diff -u of GNU diffutils writes for the same texts. */
#include "tests/unit/remedy/cmocka_all.h"

#include <stdlib.h>

#include "probes/remedy/unified.h"

static void expect(const char *before, const char *after, const char *wanted)
{
	char *text = unified_make("/etc/x", before, after);

	assert_string_equal(text, wanted);
	free(text);
}

static void same_texts_differ_in_nothing(void **state)
{
	(void)state;
	expect("a\nb\n", "a\nb\n", "");
	expect(NULL, NULL, "");
	expect("", "", "");
}

static void one_line_in_the_middle(void **state)
{
	(void)state;
	expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	       "--- /etc/x\n+++ /etc/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void hunks_are_apart_where_six_lines_are_between(void **state)
{
	(void)state;
	expect("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	       "--- /etc/x\n+++ /etc/x\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
	expect("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	       "--- /etc/x\n+++ /etc/x\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}

static void a_file_that_comes_or_goes(void **state)
{
	(void)state;
	expect(NULL, "x\ny\n", "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1,2 @@\n+x\n+y\n");
	expect("x\n", NULL, "--- /etc/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
	expect(NULL, "", "--- /dev/null\n+++ /etc/x\n");
}

static void a_last_line_without_its_break(void **state)
{
	(void)state;
	expect("x", "x\n", "--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
}

static void lines_move_in_and_out(void **state)
{
	(void)state;
	expect("daily\nrotate 5\ncompress\n", "weekly\nrotate 5\nmaxsize 100M\ncompress\n",
	       "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,4 @@\n-daily\n+weekly\n rotate 5\n+maxsize 100M\n compress\n");
}

/* More lines than the table takes: all out, all in, and the same at both ends is still left alone. */
static void very_many_lines(void **state)
{
	enum { LINES = 3000 };
	char *before = calloc(LINES * 8 + 16, 1);
	char *after = calloc(LINES * 8 + 16, 1);
	char *text;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		sprintf(before + strlen(before), "a%d\n", i);
		sprintf(after + strlen(after), "b%d\n", i);
	}
	strcat(before, "end\n");
	strcat(after, "end\n");
	text = unified_make("f", before, after);
	assert_non_null(strstr(text, "@@ -1,3001 +1,3001 @@\n-a0\n"));
	assert_non_null(strstr(text, "-a2999\n+b0\n"));
	assert_non_null(strstr(text, "+b2999\n end\n"));
	free(text);
	free(before);
	free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_texts_differ_in_nothing),
		cmocka_unit_test(one_line_in_the_middle),
		cmocka_unit_test(hunks_are_apart_where_six_lines_are_between),
		cmocka_unit_test(a_file_that_comes_or_goes),
		cmocka_unit_test(a_last_line_without_its_break),
		cmocka_unit_test(lines_move_in_and_out),
		cmocka_unit_test(very_many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
