#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/loop.h"

struct bench {
	struct loop *loop;
	int calls;
	int order[16];
	struct timer *victim;
	struct descriptor_watch *watch;
	struct descriptor_watch *other;
	int pipe[2];
};

struct mark {
	struct bench *bench;
	int number;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	assert_int_equal(pipe(bench->pipe), 0);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	loop_free(bench->loop);
	close(bench->pipe[0]);
	close(bench->pipe[1]);
	free(bench);
	return 0;
}

static void note(void *data)
{
	struct mark *mark = data;

	mark->bench->order[mark->bench->calls++] = mark->number;
}

static void count(void *data)
{
	struct bench *bench = data;

	bench->calls++;
}

static void test_timers_run_in_the_order_of_their_times(void **state)
{
	struct bench *bench = *state;
	struct mark marks[6];
	static const int64_t delays[6] = {30, 0, 20, 0, 10, 20};
	static const int expected[6] = {1, 3, 4, 2, 5, 0};
	int turns = 0;

	for (int i = 0; i < 6; i++) {
		marks[i] = (struct mark){bench, i};
		loop_timer(bench->loop, delays[i], note, &marks[i]);
	}
	while (bench->calls < 6 && turns++ < 1000)
		loop_turn(bench->loop, 1000);
	assert_memory_equal(bench->order, expected, sizeof(expected));
}

static void test_next_timer_shortens_the_wait(void **state)
{
	struct bench *bench = *state;
	int64_t start = clock_monotonic_ms();

	loop_timer(bench->loop, 20, count, bench);
	assert_int_equal(loop_turn(bench->loop, 30000), 1);
	assert_in_range(clock_monotonic_ms() - start, 20, 29000);
}

static void test_cancelled_timers_stay_silent(void **state)
{
	struct bench *bench = *state;
	struct timer *timers[64];

	for (int i = 0; i < 64; i++)
		timers[i] = loop_timer(bench->loop, (i * 37) % 8, count, bench);
	for (int i = 0; i < 64; i += 2)
		timer_cancel(timers[i]);
	timer_cancel(NULL);
	/* All are due, and what is due comes in one turn. */
	for (int64_t end = clock_monotonic_ms() + 12; clock_monotonic_ms() < end;)
		loop_turn(bench->loop, 1);
	loop_turn(bench->loop, 0);
	assert_int_equal(bench->calls, 32);
}

static void cancel_victim(void *data)
{
	struct bench *bench = data;

	timer_cancel(take_pointer(bench->victim));
	bench->calls++;
}

static void test_timer_cancels_another_that_is_due(void **state)
{
	struct bench *bench = *state;

	loop_timer(bench->loop, 0, cancel_victim, bench);
	bench->victim = loop_timer(bench->loop, 0, count, bench);
	loop_turn(bench->loop, 0);
	loop_turn(bench->loop, 0);
	assert_int_equal(bench->calls, 1);
}

static void again(void *data)
{
	struct bench *bench = data;

	bench->calls++;
	loop_timer(bench->loop, 0, again, bench);
}

static void test_timer_that_sets_itself_does_not_hold_the_turn(void **state)
{
	struct bench *bench = *state;

	loop_timer(bench->loop, 0, again, bench);
	loop_turn(bench->loop, 0);
	assert_in_range(bench->calls, 1, 2);
}

static void read_one(void *data, int ready)
{
	struct bench *bench = data;
	char byte;

	assert_int_equal(ready, WATCH_READ);
	assert_int_equal(read(bench->pipe[0], &byte, 1), 1);
	bench->calls++;
}

static void test_descriptor_calls_back_while_ready(void **state)
{
	struct bench *bench = *state;

	bench->watch = loop_watch(bench->loop, bench->pipe[0], WATCH_READ, read_one, bench);
	assert_int_equal(write(bench->pipe[1], "ab", 2), 2);
	assert_int_equal(loop_turn(bench->loop, 1000), 1);
	assert_int_equal(loop_turn(bench->loop, 1000), 1);
	assert_int_equal(loop_turn(bench->loop, 0), 0);
	assert_int_equal(bench->calls, 2);
}

static void hang_up(void *data, int ready)
{
	struct bench *bench = data;

	assert_true(ready & WATCH_READ);
	bench->calls++;
	descriptor_watch_cancel(bench->watch);
	descriptor_watch_cancel(bench->other);
	bench->watch = loop_watch(bench->loop, bench->pipe[0], WATCH_READ, hang_up, bench);
	bench->other = NULL;
}

static void test_descriptor_callback_replaces_itself_and_cancels_another(void **state)
{
	struct bench *bench = *state;

	bench->watch = loop_watch(bench->loop, bench->pipe[0], WATCH_READ, hang_up, bench);
	bench->other = loop_watch(bench->loop, bench->pipe[0], WATCH_READ, hang_up, bench);
	close(bench->pipe[1]);
	bench->pipe[1] = dup(bench->pipe[0]);
	assert_int_equal(loop_turn(bench->loop, 1000), 1);
	assert_int_equal(loop_turn(bench->loop, 1000), 1);
	assert_int_equal(bench->calls, 2);
}

static void test_two_loops_live_side_by_side(void **state)
{
	struct bench *bench = *state;
	struct loop *second;

	assert_int_equal(loop_new(&second, NULL), 0);
	loop_timer(second, 0, count, bench);
	loop_timer(second, 60000, count, bench);
	loop_turn(bench->loop, 0);
	assert_int_equal(bench->calls, 0);
	loop_turn(second, 0);
	assert_int_equal(bench->calls, 1);
	loop_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_timers_run_in_the_order_of_their_times, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_next_timer_shortens_the_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled_timers_stay_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_timer_cancels_another_that_is_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_timer_that_sets_itself_does_not_hold_the_turn, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_descriptor_calls_back_while_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptor_callback_replaces_itself_and_cancels_another,
						set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_two_loops_live_side_by_side, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
