/* What a change says about the record that was there before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/model/snapshot.h"
#include "tests/unit/kube/scan.h"

static void put_pod(struct snapshot *snapshot, const struct field_table *table, const char *uid, int version,
		    const char *node)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"%s\",\"namespace\":\"ns\",\"name\":\"%s\",\"resourceVersion\":\"%d\"},"
		"\"spec\":{\"nodeName\":\"%s\"}}", uid, uid, version, node);
	struct record *record = scan_object(table, text);

	assert_non_null(record);
	snapshot_put(snapshot, record);
}

static void test_before(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_change change;

	(void)state;
	put_pod(snapshot, table, "a", 1, "n1");
	put_pod(snapshot, table, "a", 2, "n2");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_null(change.before);	/* nobody saw version 1 */
	assert_false(snapshot_take_change(snapshot, &change));

	put_pod(snapshot, table, "a", 3, "n3");
	put_pod(snapshot, table, "a", 4, "n4");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(record_pod(change.before)->node_name, "n2");
	assert_string_equal(record_pod(snapshot_by_uid(snapshot, "a"))->node_name, "n4");

	snapshot_remove(snapshot, KIND_POD, "a");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_true(change.removed);
	assert_string_equal(record_pod(change.before)->node_name, "n4");
	assert_string_equal(change.uid, "a");

	put_pod(snapshot, table, "b", 5, "n1");
	snapshot_remove(snapshot, KIND_POD, "b");	/* came and went: left in the queue for the leak check */
	snapshot_free(snapshot);
	field_table_free(table);
}

/* An object that changes ten thousand times is one change: from what was last looked at to what is now. */
static void test_storm(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_change change;

	(void)state;
	put_pod(snapshot, table, "calm", 1, "n1");
	put_pod(snapshot, table, "storm", 2, "first");
	while (snapshot_take_change(snapshot, &change))
		;
	for (int i = 0; i < 10000; i++)
		put_pod(snapshot, table, "storm", 3 + i, i % 2 ? "n1" : "n2");
	put_pod(snapshot, table, "calm", 20000, "n2");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(change.uid, "storm");
	assert_string_equal(record_pod(change.before)->node_name, "first");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(change.uid, "calm");
	assert_false(snapshot_take_change(snapshot, &change));
	snapshot_free(snapshot);
	field_table_free(table);
}

static void test_overflow(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_change change;
	char uid[16];

	(void)state;
	for (int round = 1; round <= 2; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(uid, sizeof(uid), "p%d", i);
			put_pod(snapshot, table, uid, round, "n");
			if (round == 1)
				snapshot_take_change(snapshot, &change);
		}
	}
	assert_true(snapshot_take_change(snapshot, &change));
	assert_true(change.everything);
	assert_null(change.before);
	assert_false(snapshot_take_change(snapshot, &change));
	snapshot_free(snapshot);
	field_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
