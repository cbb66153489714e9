/* What the look script may print; and the three scripts themselves, run by the sh of this machine. */
#include "tests/unit/remedy/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probes/remedy/node_mark.h"

static char mark[64];

struct ran {
	char out[4096];
	int status;
};

static pid_t spawn(const struct argv_words *words, int *ret_descriptor)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		execvp(words->items[0], words->items);
		_exit(126);
	}
	close(ends[1]);
	*ret_descriptor = ends[0];
	return child;
}

static void read_all(int descriptor, char *out, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < size && (got = read(descriptor, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(descriptor);
}

static struct ran run_words(struct argv_words *words)
{
	struct ran ran;
	int descriptor;
	int status;
	pid_t child = spawn(words, &descriptor);

	read_all(descriptor, ran.out, sizeof(ran.out));
	assert_int_equal(waitpid(child, &status, 0), child);
	ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	argv_release(words);
	return ran;
}

static struct ran start(const char *const *command)
{
	struct argv_words words = {0};

	mark_add_run(&words, mark, command);
	return run_words(&words);
}

static struct mark_look look(char out[4096])
{
	struct argv_words words = {0};
	struct mark_look found;
	struct ran ran;

	mark_add_look(&words, mark);
	ran = run_words(&words);
	assert_int_equal(ran.status, 0);
	memcpy(out, ran.out, sizeof(ran.out));
	mark_read(out, &found);
	return found;
}

static int forget(void **state)
{
	struct argv_words words = {0};

	(void)state;
	mark_add_forget(&words, mark);
	return run_words(&words).status;
}

static int name_mark(void **state)
{
	(void)state;
	snprintf(mark, sizeof(mark), "20261121T000000Z-%08lx-1", (unsigned long)getpid());
	return 0;
}

static void no_word_has_a_line_break(void **state)
{
	struct argv_words words = {0};

	(void)state;
	mark_add_run(&words, mark, (const char *const[]){"true", NULL});
	mark_add_look(&words, mark);
	mark_add_forget(&words, mark);
	for (size_t i = 0; i < words.count; i++)
		assert_null(strchr(words.items[i], '\n'));
	argv_release(&words);
}

static void a_command_ends_as_it_does_alone(void **state)
{
	char out[4096];
	struct mark_look found;
	struct ran ran;

	(void)state;
	assert_int_equal(look(out).state, MARK_NEVER);
	ran = start((const char *const[]){"sh", "-c", "echo \"$1\"; echo to the other >&2; exit 7", "x", "a  b'c\"$(id)",
					  NULL});
	assert_int_equal(ran.status, 7);
	assert_string_equal(ran.out, "a  b'c\"$(id)\nto the other\n");
	found = look(out);
	assert_int_equal(found.state, MARK_ENDED);
	assert_int_equal(found.exit_status, 7);
	assert_string_equal(found.output, "a  b'c\"$(id)\nto the other\n");
	assert_int_equal(strlen(found.boot_id), 36);
}

static void it_is_not_started_twice(void **state)
{
	char out[4096];
	struct ran ran;

	(void)state;
	assert_int_equal(start((const char *const[]){"true", NULL}).status, 0);
	ran = start((const char *const[]){"echo", "again", NULL});
	assert_int_equal(ran.status, MARK_REFUSED);
	assert_string_equal(ran.out, MARK_STARTED_TEXT "\n");
	assert_int_equal(forget(NULL), 0);
	assert_int_equal(look(out).state, MARK_NEVER);
}

static void wait_for(enum mark_state wanted)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	char out[4096];

	for (int i = 0; i < 5000; i++) {
		if (look(out).state == wanted)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("it is not so far: %s", out);
}

/* The connection's end takes the reader away: the command goes on, and its end is found out. */
static void it_goes_on_without_its_reader(void **state)
{
	struct argv_words words = {0};
	char out[4096];
	int descriptor;
	int status;
	pid_t child;
	char gate[] = "/tmp/nks-triage-test-XXXXXX";
	char script[128];
	struct mark_look found;

	(void)state;
	close(mkstemp(gate));
	snprintf(script, sizeof(script), "while [ -e %s ]; do sleep 0.05; done; yes | head -c 200000; exit 3", gate);
	mark_add_run(&words, mark, (const char *const[]){"sh", "-c", script, NULL});
	child = spawn(&words, &descriptor);
	argv_release(&words);
	wait_for(MARK_RUNNING);
	close(descriptor);
	kill(child, SIGHUP);
	unlink(gate);
	wait_for(MARK_ENDED);
	found = look(out);
	assert_int_equal(found.exit_status, 3);
	waitpid(child, &status, 0);
}

static void one_that_was_killed_says_so(void **state)
{
	struct argv_words words = {0};
	int descriptor;
	int status;
	pid_t child;

	(void)state;
	mark_add_run(&words, mark, (const char *const[]){"sleep", "1", NULL});
	child = spawn(&words, &descriptor);
	argv_release(&words);
	wait_for(MARK_RUNNING);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	close(descriptor);
	wait_for(MARK_BROKEN);
}

static void foreign_answers_are_unknown(void **state)
{
	static const char *const texts[] = {"", "boot ", "boot x\n", "boot x\nended\n", "ended 999\n", "ended -1\n",
					    "bash: nevermind\n", "neverland\n", "boot x\nrunningx\n"};
	struct mark_look found;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		mark_read(texts[i], &found);
		assert_int_equal(found.state, MARK_UNKNOWN);
	}
	mark_read("boot 1-2\nended 0\nout\n", &found);
	assert_int_equal(found.state, MARK_ENDED);
	assert_string_equal(found.boot_id, "1-2");
	assert_string_equal(found.output, "out\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_word_has_a_line_break),
		cmocka_unit_test_setup_teardown(a_command_ends_as_it_does_alone, name_mark, forget),
		cmocka_unit_test_setup_teardown(it_is_not_started_twice, name_mark, forget),
		cmocka_unit_test_setup_teardown(it_goes_on_without_its_reader, name_mark, forget),
		cmocka_unit_test_setup_teardown(one_that_was_killed_says_so, name_mark, forget),
		cmocka_unit_test(foreign_answers_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
