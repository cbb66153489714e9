#include "tests/unit/remedy/cmocka_all.h"

#include "probes/base/memory.h"
#include "probes/remedy/maintenance.h"

struct row {
	const char *windows;
	int weekday;		/* 0: Sunday */
	int hour;
	int minute;
	bool open;
};

#define NIGHT "[{'days':['Fri'],'from':'22:00','to':'04:00'}]"
#define DAY "[{'days':['Mon','Sat'],'from':'09:30','to':'17:00'}]"
#define TWO "[{'from':'01:00','to':'02:00'},{'from':'03:00','to':'04:00'}]"

static const struct row rows[] = {
	{"[]", 3, 12, 0, true},
	{DAY, 1, 9, 29, false}, {DAY, 1, 9, 30, true}, {DAY, 1, 16, 59, true}, {DAY, 1, 17, 0, false},
	{DAY, 6, 12, 0, true}, {DAY, 2, 12, 0, false},
	{NIGHT, 5, 21, 59, false}, {NIGHT, 5, 22, 0, true}, {NIGHT, 6, 3, 59, true}, {NIGHT, 6, 4, 0, false},
	{NIGHT, 5, 3, 0, false}, {NIGHT, 6, 23, 0, false}, {NIGHT, 0, 1, 0, false},
	{TWO, 0, 1, 30, true}, {TWO, 0, 2, 30, false}, {TWO, 0, 3, 30, true},
};

static void test_windows_open_and_close(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(rows); i++) {
		struct tm local = {.tm_wday = rows[i].weekday, .tm_hour = rows[i].hour, .tm_min = rows[i].minute};
		json_t *windows = json_of(rows[i].windows);

		if (maintenance_is_open(windows, &local) != rows[i].open)
			fail_msg("row %zu: %s on day %d at %d:%02d", i, rows[i].windows, rows[i].weekday,
				 rows[i].hour, rows[i].minute);
		json_decref(windows);
	}
	assert_true(maintenance_is_open(NULL, &(struct tm){.tm_hour = 3}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows_open_and_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
