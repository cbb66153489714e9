#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/clock.h"

static void assert_time(const char *text, int64_t expected)
{
	int64_t wall = -1;

	assert_int_equal(clock_parse(text, &wall), 0);
	assert_int_equal(wall, expected);
}

static void test_times_of_the_api_are_read(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:00Z", 0);
	assert_time("2026-11-21T08:54:47Z", 1795251287);
	assert_time("2026-11-21T17:54:47+09:00", 1795251287);
	assert_time("2026-11-21T08:54:47.123456Z", 1795251287);
	assert_time("1969-12-31T23:59:59Z", -1);
}

static void test_other_texts_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",		       "2026-11-21",		"2026-11-21T08:54Z",   "2026-13-21T08:54:47Z",
		"2026-11-21T25:54:47Z", "2026-11-21T08:54:47",	"2026-11-21T08:54:47.Z", "2026-11-21T08:54:47+0900",
		"2026-11-21T08:54:47Zx", "21 Nov 2026",		"2026-11-2108:54:47Z",
	};
	int64_t wall = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (clock_parse(wrong[i], &wall) == 0)
			fail_msg("accepted \"%s\"", wrong[i]);
	}
	assert_int_equal(wall, 7);
}

static void test_format_is_the_inverse(void **state)
{
	char text[21];

	(void)state;
	clock_format(1795251287, text);
	assert_string_equal(text, "2026-11-21T08:54:47Z");
	clock_format(INT64_MAX, text);
	assert_string_equal(text, "0000-00-00T00:00:00Z");
}

/* Expected texts follow the table of duration_test.go in k8s.io/apimachinery. */
static void test_ages_are_those_of_kubectl(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} ages[] = {
		{-2, "<invalid>"}, {-1, "0s"},	{0, "0s"},	{1, "1s"},	{70, "70s"},	{119, "119s"},
		{120, "2m"},	   {190, "3m10s"}, {600, "10m"}, {2820, "47m"},	{3600 * 3, "3h"}, {11700, "3h15m"},
		{28800, "8h"},	   {40000, "11h"}, {172800, "2d"}, {176400, "2d1h"}, {86400 * 8, "8d"},
		{86400 * 729, "729d"}, {86400 * 730LL, "2y"}, {86400LL * 800, "2y70d"}, {86400LL * 365 * 8, "8y"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		clock_age(ages[i].seconds, text, sizeof(text));
		assert_string_equal(text, ages[i].text);
	}
}

/* Monotonic, without suspensions, wall: in milliseconds. */
static struct clock_reading reading(int64_t monotonic_ms, int64_t running_ms, int64_t wall_ms)
{
	return (struct clock_reading){monotonic_ms, running_ms, wall_ms};
}

static void test_a_sleep_is_noticed(void **state)
{
	const struct clock_reading before = reading(100000, 50000, 1795255200000);
	struct clock_reading now;

	(void)state;
	/* A laptop's lid for an hour, in a wait of a second. */
	now = reading(3701000, 51000, 1795258801000);
	assert_int_equal(clock_missed_ms(&before, &now, 1000, 15000), 3600000);
	assert_int_equal(clock_set_by(&before, &now), 0);
	/* A process that was stopped for a minute. */
	now = reading(161000, 111000, 1795255261000);
	assert_int_equal(clock_missed_ms(&before, &now, 1000, 15000), 60000);
	/* A busy machine, a long wait that was meant. */
	now = reading(114000, 64000, 1795255214000);
	assert_int_equal(clock_missed_ms(&before, &now, 1000, 15000), 0);
	now = reading(160000, 110000, 1795255260000);
	assert_int_equal(clock_missed_ms(&before, &now, 60000, 15000), 0);
}

static void test_a_clock_that_is_set_is_noticed(void **state)
{
	const struct clock_reading before = reading(100000, 50000, 1795255200000);
	struct clock_reading now;

	(void)state;
	now = reading(101000, 51000, 1795255201000 + 3600000);
	assert_int_equal(clock_set_by(&before, &now), 3600);
	assert_int_equal(clock_missed_ms(&before, &now, 1000, 15000), 0);
	now = reading(101000, 51000, 1795255201000 - 86400000);
	assert_int_equal(clock_set_by(&before, &now), -86400);
	assert_int_equal(clock_missed_ms(&before, &now, 1000, 15000), 0);
	/* Slewed, not set. */
	now = reading(101000, 51000, 1795255201500);
	assert_int_equal(clock_set_by(&before, &now), 0);
}

static void test_the_clocks_of_this_machine_run(void **state)
{
	struct clock_reading before;
	struct clock_reading now;

	(void)state;
	clock_read(&before);
	clock_read(&now);
	assert_true(now.monotonic_ms >= before.monotonic_ms && now.running_ms >= before.running_ms);
	assert_true(before.monotonic_ms + 1 >= before.running_ms);
	assert_int_equal(clock_missed_ms(&before, &now, 0, 15000), 0);
	assert_int_equal(clock_set_by(&before, &now), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_of_the_api_are_read),
		cmocka_unit_test(test_other_texts_are_refused),
		cmocka_unit_test(test_format_is_the_inverse),
		cmocka_unit_test(test_ages_are_those_of_kubectl),
		cmocka_unit_test(test_a_sleep_is_noticed),
		cmocka_unit_test(test_a_clock_that_is_set_is_noticed),
		cmocka_unit_test(test_the_clocks_of_this_machine_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
