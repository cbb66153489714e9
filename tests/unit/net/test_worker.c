#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/net/loop.h"
#include "probes/net/worker.h"

enum { MANY = 200 };

struct place {
	struct loop *loop;
	struct worker *worker;
};

struct item {
	struct work work;
	struct list *list;
	int number;
	pthread_t ran_in;
};

struct list {
	struct worker *worker;
	int ran[MANY];
	int ran_count;
	int done_count;
	int to_post;		/* more, each from the end of one before */
};

static int open_place(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	*state = place;
	return loop_new(&place->loop, NULL) < 0 ? -1 : worker_new(place->loop, &place->worker, NULL);
}

static int close_place(void **state)
{
	struct place *place = *state;

	worker_free(place->worker);
	loop_free(place->loop);
	free(place);
	return 0;
}

static void post(struct list *list, int number);

static void run(struct work *work)
{
	struct item *item = (struct item *)work;

	item->ran_in = pthread_self();
	item->list->ran[item->list->ran_count++] = item->number;
}

static void done(struct work *work)
{
	struct item *item = (struct item *)work;
	struct list *list = item->list;

	assert_false(pthread_equal(item->ran_in, pthread_self()));
	list->done_count++;
	if (list->to_post > 0) {
		list->to_post--;
		post(list, item->number + 1);
	}
	free(item);
}

static void post(struct list *list, int number)
{
	struct item *item = xcalloc(1, sizeof(*item));

	item->work.run = run;
	item->work.done = done;
	item->list = list;
	item->number = number;
	worker_post(list->worker, &item->work);
}

static void test_work_is_done_in_order_and_told_in_the_loop(void **state)
{
	struct place *place = *state;
	struct list list = {.worker = place->worker};

	for (int i = 0; i < MANY; i++)
		post(&list, i);
	while (list.done_count < MANY)
		loop_turn(place->loop, 1000);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(list.ran[i], i);
}

static void test_the_end_of_one_may_post_another(void **state)
{
	struct place *place = *state;
	struct list list = {.worker = place->worker, .to_post = MANY - 1};

	post(&list, 0);
	worker_drain(place->worker);
	assert_int_equal(list.done_count, MANY);
	assert_int_equal(list.ran[MANY - 1], MANY - 1);
}

static void test_what_was_posted_is_done_before_it_ends(void **state)
{
	struct place *place = *state;
	struct list list = {.worker = place->worker};

	for (int i = 0; i < MANY; i++)
		post(&list, i);
	worker_free(place->worker);
	place->worker = NULL;
	assert_int_equal(list.done_count, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_work_is_done_in_order_and_told_in_the_loop, open_place,
						close_place),
		cmocka_unit_test_setup_teardown(test_the_end_of_one_may_post_another, open_place, close_place),
		cmocka_unit_test_setup_teardown(test_what_was_posted_is_done_before_it_ends, open_place, close_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
