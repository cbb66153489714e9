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
	{CHANGE_VERIFYING, CHANGE_STOPPED},
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
	for (int from = CHANGE_PLANNING; from <= CHANGE_FAILED; from++) {
		for (int to = CHANGE_PLANNING; to <= CHANGE_FAILED; to++)
			assert_int_equal(change_may_move((enum change_state)from, (enum change_state)to),
					 is_drawn((enum change_state)from, (enum change_state)to));
	}
}

static void test_nothing_runs_that_was_not_confirmed(void **state)
{
	(void)state;
	for (int from = CHANGE_PLANNING; from <= CHANGE_FAILED; from++) {
		if (from != CHANGE_CONFIRMED)
			assert_false(change_may_move((enum change_state)from, CHANGE_RUNNING));
		if (from != CHANGE_PREVIEWED)
			assert_false(change_may_move((enum change_state)from, CHANGE_CONFIRMED));
	}
}

static void test_states_have_names_of_their_own(void **state)
{
	(void)state;
	for (int one = CHANGE_PLANNING; one <= CHANGE_FAILED; one++) {
		for (int other = one + 1; other <= CHANGE_FAILED; other++)
			assert_string_not_equal(change_state_name((enum change_state)one),
						change_state_name((enum change_state)other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_drawn_moves_are_possible),
		cmocka_unit_test(test_nothing_runs_that_was_not_confirmed),
		cmocka_unit_test(test_states_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
