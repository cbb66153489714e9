#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "probes/base/map.h"

enum { KEYS = 5000 };

static void test_what_is_put_is_found(void **state)
{
	static char keys[KEYS][16];
	struct map map = {0};
	size_t position = 0;
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		snprintf(keys[i], sizeof(keys[i]), "uid-%d", i);
		assert_null(map_put(&map, keys[i], keys[i]));
	}
	for (int i = 0; i < KEYS; i += 2)
		assert_ptr_equal(map_remove(&map, keys[i]), keys[i]);
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(map_get(&map, keys[i]), i % 2 ? keys[i] : NULL);
	while (map_next(&map, &position))
		seen++;
	assert_int_equal(seen, KEYS / 2);
	assert_int_equal(map.count, KEYS / 2);
	map_release(&map);
}

static void test_an_empty_key_is_a_key(void **state)
{
	struct map map = {0};
	char empty[] = "";
	int value;

	(void)state;
	assert_null(map_get(&map, ""));
	assert_null(map_put(&map, empty, &value));
	assert_ptr_equal(map_get(&map, ""), &value);
	assert_ptr_equal(map_remove(&map, ""), &value);
	assert_null(map_get(&map, ""));
	map_release(&map);
}

/* Slots of removed keys must not fill the table for ever. */
static void test_a_long_life_stays_small(void **state)
{
	static char keys[64][16];
	struct map map = {0};

	(void)state;
	for (int round = 0; round < 10000; round++) {
		char *key = keys[round % 64];

		snprintf(key, sizeof(keys[0]), "k%d", round % 64);
		map_put(&map, key, key);
		if (round % 64 == 63) {
			for (int i = 0; i < 64; i++)
				map_remove(&map, keys[i]);
		}
	}
	assert_true(map.capacity <= 512);
	map_release(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_put_is_found),
		cmocka_unit_test(test_an_empty_key_is_a_key),
		cmocka_unit_test(test_a_long_life_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
