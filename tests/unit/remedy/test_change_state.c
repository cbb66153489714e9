#include "tests/unit/remedy/cmocka_all.h"

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

struct move {
	enum change_state from;
	enum change_state to;
};

/* The drawing in change_state.c, arrow by arrow. */
static const struct move drawn[] = {
	{CHANGE_PLANNING, CHANGE_PREVIEWED},	    {CHANGE_PLANNING, CHANGE_REFUSED},
	{CHANGE_PLANNING, CHANGE_NOTHING_TO_DO},    {CHANGE_PREVIEWED, CHANGE_CONFIRMED},
	{CHANGE_PREVIEWED, CHANGE_REFUSED},	    {CHANGE_CONFIRMED, CHANGE_RUNNING},
	{CHANGE_CONFIRMED, CHANGE_REFUSED},	    {CHANGE_RUNNING, CHANGE_VERIFYING},
	{CHANGE_RUNNING, CHANGE_STOPPED},	    {CHANGE_RUNNING, CHANGE_FAILED},
	{CHANGE_RUNNING, CHANGE_REFUSED},	    {CHANGE_VERIFYING, CHANGE_VERIFIED},
	{CHANGE_VERIFYING, CHANGE_NOT_IMPROVED},    {CHANGE_VERIFYING, CHANGE_COULD_NOT_VERIFY},
	{CHANGE_VERIFYING, CHANGE_STOPPED},	    {CHANGE_VERIFIED, CHANGE_UNDONE},
	{CHANGE_NOT_IMPROVED, CHANGE_UNDONE},	    {CHANGE_COULD_NOT_VERIFY, CHANGE_UNDONE},
	{CHANGE_STOPPED, CHANGE_UNDONE},	    {CHANGE_FAILED, CHANGE_UNDONE},
};

static bool is_drawn(enum change_state from, enum change_state to)
{
	for (size_t i = 0; i < array_length(drawn); i++) {
		if (drawn[i].from == from && drawn[i].to == to)
			return true;
	}
	return false;
}

static void test_only_drawn_moves_are_possible(void **state)
{
	(void)state;
	for (int from = CHANGE_PLANNING; from <= CHANGE_UNDONE; from++) {
		for (int to = CHANGE_PLANNING; to <= CHANGE_UNDONE; to++)
			assert_int_equal(change_may_move((enum change_state)from, (enum change_state)to),
					 is_drawn((enum change_state)from, (enum change_state)to));
	}
}

static void test_nothing_runs_that_was_not_confirmed(void **state)
{
	(void)state;
	for (int from = CHANGE_PLANNING; from <= CHANGE_UNDONE; from++) {
		if (from != CHANGE_CONFIRMED)
			assert_false(change_may_move((enum change_state)from, CHANGE_RUNNING));
		if (from != CHANGE_PREVIEWED)
			assert_false(change_may_move((enum change_state)from, CHANGE_CONFIRMED));
	}
}

static void test_names_follow_as_states_do(void **state)
{
	(void)state;
	for (int from = CHANGE_PLANNING; from <= CHANGE_UNDONE; from++) {
		for (int to = CHANGE_PLANNING; to <= CHANGE_UNDONE; to++)
			assert_int_equal(change_state_may_follow(change_state_name((enum change_state)from),
								 change_state_name((enum change_state)to)),
					 is_drawn((enum change_state)from, (enum change_state)to));
	}
	assert_false(change_state_may_follow("no state", "running"));
	assert_false(change_state_may_follow("verified", "no state"));
}

/* What has no way on but to be taken back has ended. */
static void test_an_ended_change_moves_in_the_journal_alone(void **state)
{
	struct change change = {0};

	(void)state;
	for (int at = CHANGE_PLANNING; at <= CHANGE_UNDONE; at++) {
		bool has_way = false;

		for (int to = CHANGE_PLANNING; to < CHANGE_UNDONE; to++)
			has_way = has_way || is_drawn((enum change_state)at, (enum change_state)to);
		change.state = (enum change_state)at;
		assert_int_equal(change_has_ended(&change), !has_way);
	}
}

static void test_states_have_names_of_their_own(void **state)
{
	(void)state;
	for (int one = CHANGE_PLANNING; one <= CHANGE_UNDONE; one++) {
		for (int other = one + 1; other <= CHANGE_UNDONE; other++)
			assert_string_not_equal(change_state_name((enum change_state)one),
						change_state_name((enum change_state)other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_drawn_moves_are_possible),
		cmocka_unit_test(test_nothing_runs_that_was_not_confirmed),
		cmocka_unit_test(test_names_follow_as_states_do),
		cmocka_unit_test(test_an_ended_change_moves_in_the_journal_alone),
		cmocka_unit_test(test_states_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
