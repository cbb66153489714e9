#include "tests/unit/remedy/cmocka_all.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/remedy/lease_process.h"

static void test_this_process_is_not_gone(void **state)
{
	auto_free char *mark = process_mark();

	(void)state;
	assert_string_not_equal(mark, "");
	assert_false(process_is_gone(mark));
}

/* The mark of a child, which writes it into a pipe and then waits to be killed. */
static pid_t start_child(char *mark, size_t size)
{
	int ends[2];
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		auto_free char *own = process_mark();

		(void)!write(ends[1], own, strlen(own));
		for (;;)
			pause();
	}
	assert_true(child > 0);
	n = read(ends[0], mark, size - 1);
	assert_true(n > 0);
	mark[n] = '\0';
	close(ends[0]);
	close(ends[1]);
	return child;
}

static void test_a_killed_process_is_gone_even_while_it_is_a_zombie(void **state)
{
	char mark[256];
	siginfo_t info;
	pid_t child = start_child(mark, sizeof(mark));

	(void)state;
	assert_false(process_is_gone(mark));
	kill(child, SIGSTOP);
	assert_false(process_is_gone(mark));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_true(process_is_gone(mark));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(process_is_gone(mark));
}

static void test_the_same_number_started_anew_is_another_process(void **state)
{
	auto_free char *mark = process_mark();
	char *last = strrchr(mark, ' ');

	(void)state;
	last[1] = last[1] == '9' ? '8' : '9';
	assert_true(process_is_gone(mark));
}

static void test_what_cannot_be_known_is_not_gone(void **state)
{
	auto_free char *mark = process_mark();
	auto_free char *elsewhere = xstrdup(mark);
	auto_free char *cut = xstrdup(mark);
	auto_free char *other_namespace = xstrdup(mark);

	(void)state;
	elsewhere[0] = elsewhere[0] == 'a' ? 'b' : 'a';
	*strrchr(cut, ' ') = '\0';
	strchr(other_namespace, '[')[1] = 'x';
	assert_false(process_is_gone(NULL));
	assert_false(process_is_gone(""));
	assert_false(process_is_gone(elsewhere));
	assert_false(process_is_gone(cut));
	assert_false(process_is_gone(other_namespace));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_process_is_not_gone),
		cmocka_unit_test(test_a_killed_process_is_gone_even_while_it_is_a_zombie),
		cmocka_unit_test(test_the_same_number_started_anew_is_another_process),
		cmocka_unit_test(test_what_cannot_be_known_is_not_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
