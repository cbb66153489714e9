#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/job.h"
#include "probes/net/loop.h"

struct run {
	struct loop *loop;
	bool done;
	int exit_code;
	int signal;
	bool timed_out;
	char out[256];
	char error_out[256];
	size_t out_length;
	size_t streamed;
};

static void on_done(void *data, const struct job_result *result)
{
	struct run *run = data;

	assert_false(run->done);
	run->done = true;
	run->exit_code = result->exit_code;
	run->signal = result->signal;
	run->timed_out = result->timed_out;
	run->out_length = result->out->length;
	snprintf(run->out, sizeof(run->out), "%s", buffer_text(result->out));
	snprintf(run->error_out, sizeof(run->error_out), "%s", buffer_text(result->error_out));
}

static void on_output(void *data, const char *bytes, size_t n)
{
	struct run *run = data;

	assert_non_null(bytes);
	run->streamed += n;
}

static void finish(struct run *run, struct job_request *request)
{
	int64_t end = clock_monotonic_ms() + 120000;

	request->on_done = on_done;
	request->data = run;
	assert_int_equal(job_start(run->loop, request, NULL, NULL), 0);
	while (!run->done && clock_monotonic_ms() < end)
		loop_turn(run->loop, 1000);
	assert_true(run->done);
}

static void shell(struct run *run, const char *script, bool dies_with_us)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct job_request request = {.argv = argv, .dies_with_us = dies_with_us};

	run->done = false;
	finish(run, &request);
}

static int set_up(void **state)
{
	struct run *run = xcalloc(1, sizeof(*run));

	assert_int_equal(loop_new(&run->loop, NULL), 0);
	*state = run;
	return 0;
}

static int tear_down(void **state)
{
	struct run *run = *state;

	loop_free(run->loop);
	free(run);
	return 0;
}

static void test_output_and_status_come_back(void **state)
{
	struct run *run = *state;

	for (int way = 0; way < 2; way++) {
		shell(run, "echo out; echo bad >&2; exit 3", way);
		assert_int_equal(run->exit_code, 3);
		assert_int_equal(run->signal, 0);
		assert_string_equal(run->out, "out\n");
		assert_string_equal(run->error_out, "bad\n");
	}
}

static void test_child_inherits_no_descriptor_and_no_terminal(void **state)
{
	struct run *run = *state;
	int leak = open("/dev/null", O_RDONLY);
	const char *ignored;

	assert_true(leak >= 0);
	signal(SIGPIPE, SIG_IGN);
	for (int way = 0; way < 2; way++) {
		shell(run,
		      "n=3; while [ $n -lt 40 ]; do [ -e /proc/$$/fd/$n ] && echo inherited $n; n=$((n + 1)); done; "
			   "readlink /proc/$$/fd/0; cat; cut -d' ' -f7 /proc/$$/stat; grep SigIgn /proc/$$/status", way);
		/* Field 7 of stat is the controlling terminal: none. */
		assert_memory_equal(run->out, "/dev/null\n0\nSigIgn:", 19);
		/* glibc leaves its own two signals, 32 and 33, ignored in a spawned child. */
		ignored = strstr(run->out, "SigIgn:");
		assert_non_null(ignored);
		assert_int_equal(strtoull(ignored + 7, NULL, 16) & 0x7fffffff, 0);
	}
	close(leak);
}

static void test_environment_is_added_and_replaced(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"sh", "-c", "echo $HOME $EXTRA", NULL};
	const char *environment[] = {"HOME=/elsewhere", "EXTRA=a b", NULL};
	struct job_request request = {.argv = argv, .environment = environment};

	finish(run, &request);
	assert_string_equal(run->out, "/elsewhere a b\n");
}

static void test_missing_program_is_an_error_at_once(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"nks-triage-no-such-program", NULL};
	const char *folder[] = {"/", NULL};
	struct job_request request = {.argv = argv};
	struct err err = {0};

	for (int way = 0; way < 2; way++) {
		request.dies_with_us = way;
		request.argv = argv;
		assert_int_equal(job_start(run->loop, &request, NULL, &err), -1);
		assert_string_equal(message_value(&err.what, "command"), argv[0]);
		request.argv = folder;
		assert_int_equal(job_start(run->loop, &request, NULL, &err), -1);
		assert_string_equal(message_value(&err.what, "reason"), strerror(EACCES));
	}
}

static void test_deadline_ends_the_whole_group(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"sh", "-c", "sleep 1000 & echo $!; wait", NULL};
	struct job_request request = {.argv = argv, .timeout_ms = 2000};

	finish(run, &request);
	assert_true(run->timed_out);
	assert_int_equal(run->signal, SIGTERM);
	assert_true(strtol(run->out, NULL, 10) > 1);
	while (kill((pid_t)strtol(run->out, NULL, 10), 0) == 0)
		loop_turn(run->loop, 10);
	assert_int_equal(errno, ESRCH);
}

static void test_end_is_not_held_up_by_a_grandchild_with_the_pipe(void **state)
{
	struct run *run = *state;
	int64_t start = clock_monotonic_ms();

	shell(run, "sleep 1000 & echo $!", false);
	assert_in_range(clock_monotonic_ms() - start, 0, 20000);
	assert_int_equal(kill((pid_t)strtol(run->out, NULL, 10), SIGKILL), 0);
}

static void test_output_is_capped_and_streamed_whole(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"sh", "-c", "head -c 300000 /dev/zero", NULL};
	struct job_request request = {.argv = argv, .output_maximum = 1000, .on_output = on_output};

	finish(run, &request);
	assert_int_equal(run->out_length, 1000);
	assert_int_equal(run->streamed, 300000);
	assert_int_equal(run->exit_code, 0);
}

static void test_cancelled_job_ends_without_a_call(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"sleep", "1000", NULL};
	struct job_request request = {.argv = argv, .on_done = on_done, .data = run};
	struct job *job;
	pid_t pid;

	assert_int_equal(job_start(run->loop, &request, &job, NULL), 0);
	pid = job_pid(job);
	job_cancel(job);
	job_cancel(NULL);
	while (kill(pid, 0) == 0)
		loop_turn(run->loop, 100);
	assert_false(run->done);
}

static void test_end_of_the_loop_ends_and_reaps_children(void **state)
{
	struct run *run = *state;
	const char *argv[] = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done", NULL};
	struct job_request request = {.argv = argv, .on_done = on_done, .data = run};
	struct job *job;
	pid_t pid;

	assert_int_equal(job_start(run->loop, &request, &job, NULL), 0);
	pid = job_pid(job);
	loop_free(run->loop);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(loop_new(&run->loop, NULL), 0);
}

/* A parent that starts a child and is killed: the child has to go too. */
static void test_child_dies_with_us(void **state)
{
	int report[2];
	pid_t grandchild = 0;
	pid_t middle;
	int64_t end;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(report), 0);
	middle = fork();
	if (middle == 0) {
		const char *argv[] = {"sleep", "1000", NULL};
		struct job_request request = {.argv = argv, .dies_with_us = true};
		struct loop *loop;
		struct job *job;

		if (loop_new(&loop, NULL) < 0 || job_start(loop, &request, &job, NULL) < 0)
			_exit(1);
		grandchild = job_pid(job);
		if (write(report[1], &grandchild, sizeof(grandchild)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(report[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	end = clock_monotonic_ms() + 120000;
	while (waitpid(grandchild, NULL, WNOHANG) == 0 && clock_monotonic_ms() < end)
		poll(NULL, 0, 5);
	assert_int_equal(kill(grandchild, 0), -1);
	close(report[0]);
	close(report[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output_and_status_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_child_inherits_no_descriptor_and_no_terminal, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_environment_is_added_and_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_program_is_an_error_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_ends_the_whole_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_is_not_held_up_by_a_grandchild_with_the_pipe, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_output_is_capped_and_streamed_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled_job_ends_without_a_call, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_of_the_loop_ends_and_reaps_children, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_child_dies_with_us, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
