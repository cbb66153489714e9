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

static struct field_table *tables[KIND_COUNT];

static int make_tables(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_COUNT; i++)
		tables[i] = field_table_new(kind_get((enum kind_id)i));
	return 0;
}

static int free_tables(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_COUNT; i++)
		field_table_free(tables[i]);
	return 0;
}

static void put(struct snapshot *snapshot, enum kind_id kind, const char *text)
{
	struct record *record = scan_object(tables[kind], text);

	assert_non_null(record);
	snapshot_put(snapshot, record);
}

static void put_pod(struct snapshot *snapshot, const char *uid, const char *name, const char *version,
		    const char *node,
		    const char *owner)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"%s\",\"namespace\":\"ns\",\"name\":\"%s\",\"resourceVersion\":\"%s\","
		"\"ownerReferences\":[{\"controller\":true,\"kind\":\"ReplicaSet\",\"name\":\"r\",\"uid\":\"%s\"}]},"
		"\"spec\":{\"nodeName\":\"%s\"}}", uid, name, version, owner, node);

	put(snapshot, KIND_POD, text);
}

static void put_event(struct snapshot *snapshot, int number, const char *type, const char *reason,
		      const char *about_uid,
		      int minute, const char *message)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{\"uid\":\"e%d\",\"namespace\":\"ns\",\"name\":\"e%d\"},\"type\":\"%s\",\"reason\":\"%s\","
		"\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"ns\",\"name\":\"web\",\"uid\":\"%s\"},"
		"\"lastTimestamp\":\"2026-11-21T%02d:%02d:00Z\",\"message\":\"%s\"}",
		number, number, type, reason, about_uid, minute / 60 % 24, minute % 60, message);

	put(snapshot, KIND_EVENT, text);
}

static void test_indexes_follow_changes(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	uint64_t version;

	(void)state;
	put_pod(snapshot, "u1", "a", "1", "n1", "rs");
	put_pod(snapshot, "u2", "b", "2", "n1", "rs");
	put_pod(snapshot, "u3", "c", "3", "", "rs");
	assert_int_equal(snapshot_all(snapshot, KIND_POD).count, 3);
	assert_int_equal(snapshot_pods_on_node(snapshot, "n1").count, 2);
	assert_int_equal(snapshot_owned_by(snapshot, "rs").count, 3);
	assert_string_equal(snapshot_by_name(snapshot, KIND_POD, "ns", "b")->uid, "u2");

	put_pod(snapshot, "u1", "a", "4", "n2", "rs");
	assert_int_equal(snapshot_pods_on_node(snapshot, "n1").count, 1);
	assert_string_equal(snapshot_pods_on_node(snapshot, "n1").items[0]->uid, "u2");
	assert_string_equal(snapshot_pods_on_node(snapshot, "n2").items[0]->uid, "u1");
	assert_string_equal(snapshot_by_uid(snapshot, "u1")->resource_version, "4");

	snapshot_remove(snapshot, KIND_NODE, "u1");
	assert_non_null(snapshot_by_uid(snapshot, "u1"));
	version = snapshot_version(snapshot);
	snapshot_remove(snapshot, KIND_POD, "u1");
	assert_true(snapshot_version(snapshot) > version);
	assert_null(snapshot_by_uid(snapshot, "u1"));
	assert_null(snapshot_by_name(snapshot, KIND_POD, "ns", "a"));
	assert_int_equal(snapshot_pods_on_node(snapshot, "n2").count, 0);
	assert_int_equal(snapshot_owned_by(snapshot, "rs").count, 2);
	assert_int_equal(snapshot_collection(snapshot, KIND_POD)->count, 2);

	/* The name was given to another object, and the deletion was not seen. */
	put_pod(snapshot, "u9", "b", "9", "n1", "rs");
	assert_null(snapshot_by_uid(snapshot, "u2"));
	assert_string_equal(snapshot_by_name(snapshot, KIND_POD, "ns", "b")->uid, "u9");
	snapshot_free(snapshot);
}

static void test_versions(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	uint64_t version;

	(void)state;
	snapshot_list_start(snapshot, KIND_POD);
	put_pod(snapshot, "u1", "a", "100", "n1", "");
	snapshot_list_end(snapshot, KIND_POD);
	version = snapshot_version(snapshot);
	put_pod(snapshot, "u1", "a", "100", "n1", "");
	assert_int_equal(snapshot_version(snapshot), version);
	put_pod(snapshot, "u1", "a", "99", "old", "");
	assert_string_equal(record_pod(snapshot_by_uid(snapshot, "u1"))->node_name, "n1");
	put_pod(snapshot, "u1", "a", "99", "old", "");
	assert_string_equal(record_pod(snapshot_by_uid(snapshot, "u1"))->node_name, "n1");
	/* One list that is behind is not believed, but the object stays; a second one is. */
	for (int i = 0; i < 2; i++) {
		snapshot_list_start(snapshot, KIND_POD);
		put_pod(snapshot, "u1", "a", "99", "old", "");
		snapshot_list_end(snapshot, KIND_POD);
		assert_string_equal(record_pod(snapshot_by_uid(snapshot, "u1"))->node_name, i ? "old" : "n1");
	}
	/* Versions that are no numbers cannot be compared: the later one counts. */
	put_pod(snapshot, "u1", "a", "x-1", "n3", "");
	assert_string_equal(record_pod(snapshot_by_uid(snapshot, "u1"))->node_name, "n3");
	snapshot_free(snapshot);
}

static void test_lists_sweep(void **state)
{
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	snapshot_list_start(snapshot, KIND_POD);
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		put_pod(snapshot, name, name, "1", "n1", "rs");
	}
	assert_false(snapshot_collection(snapshot, KIND_POD)->listed_once);
	snapshot_list_end(snapshot, KIND_POD);
	assert_true(snapshot_collection(snapshot, KIND_POD)->listed_once);
	put(snapshot, KIND_NODE, "{\"metadata\":{\"uid\":\"node\",\"name\":\"n1\"}}");
	snapshot_list_start(snapshot, KIND_POD);
	put_pod(snapshot, "p7", "p7", "1", "n1", "rs");
	put_pod(snapshot, "p50", "p50", "2", "n1", "rs");
	put_pod(snapshot, "fresh", "fresh", "2", "n1", "rs");
	assert_int_equal(snapshot_all(snapshot, KIND_POD).count, 101);
	snapshot_list_end(snapshot, KIND_POD);
	assert_int_equal(snapshot_all(snapshot, KIND_POD).count, 3);
	assert_int_equal(snapshot_pods_on_node(snapshot, "n1").count, 3);
	assert_int_equal(snapshot_all(snapshot, KIND_NODE).count, 1);
	snapshot_free(snapshot);
}

static void test_owners(void **state)
{
	struct snapshot *snapshot = snapshot_new();

	(void)state;
	put(snapshot, KIND_DEPLOYMENT,
	    "{\"metadata\":{\"uid\":\"dep\",\"namespace\":\"ns\",\"name\":\"web\"}}");
	put(snapshot, KIND_REPLICA_SET,
	    "{\"metadata\":{\"uid\":\"rs\",\"namespace\":\"ns\",\"name\":\"web-1\","
		"\"ownerReferences\":[{\"controller\":true,\"kind\":\"Deployment\",\"name\":\"web\",\"uid\":\"dep\"}]}}");
	put_pod(snapshot, "u1", "a", "1", "n1", "rs");
	put_pod(snapshot, "u2", "b", "1", "n1", "gone");
	assert_string_equal(snapshot_root_owner(snapshot, snapshot_by_uid(snapshot, "u1"))->uid, "dep");
	assert_string_equal(snapshot_root_owner(snapshot, snapshot_by_uid(snapshot, "u2"))->uid, "u2");
	/* A ring of owners ends. */
	put_pod(snapshot, "x", "x", "1", "n1", "y");
	put_pod(snapshot, "y", "y", "1", "n1", "x");
	assert_non_null(snapshot_root_owner(snapshot, snapshot_by_uid(snapshot, "x")));
	snapshot_free(snapshot);
}

static void test_events(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct record_list list;

	(void)state;
	put_pod(snapshot, "u1", "web", "1", "n1", "");
	put_event(snapshot, 1, "Warning", "Failed", "u1", 10, "m");
	put_event(snapshot, 2, "Warning", "BackOff", "u1", 5, "m");
	put_event(snapshot, 3, "Normal", "Pulled", "u1", 20, "m");
	put_event(snapshot, 4, "Normal", "Pulling", "u1", 21, "m");
	put_event(snapshot, 7, "Normal", "BackOff", "u1", 4, "m");
	put_event(snapshot, 5, "Warning", "Failed", "before", 1, "m");
	put_event(snapshot, 6, "Warning", "Failed", "", 15, "m");
	assert_int_equal(snapshot_all(snapshot, KIND_EVENT).count, 6);
	assert_int_equal(snapshot_events_of(snapshot, "Pod", "ns", "web").count, 6);
	list = snapshot_events_about(snapshot, snapshot_by_uid(snapshot, "u1"));
	assert_int_equal(list.count, 5);
	assert_string_equal(list.items[0]->uid, "e7");
	snapshot_remove(snapshot, KIND_EVENT, "e7");
	list = snapshot_events_about(snapshot, snapshot_by_uid(snapshot, "u1"));
	assert_string_equal(list.items[0]->uid, "e2");
	assert_string_equal(list.items[1]->uid, "e1");
	assert_string_equal(list.items[2]->uid, "e6");
	assert_string_equal(list.items[3]->uid, "e3");
	/* An event that happens again moves to the end. */
	put_event(snapshot, 2, "Warning", "BackOff", "u1", 30, "m");
	list = snapshot_events_about(snapshot, snapshot_by_uid(snapshot, "u1"));
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[3]->uid, "e2");
	snapshot_remove(snapshot, KIND_EVENT, "e2");
	assert_int_equal(snapshot_events_of(snapshot, "Pod", "ns", "web").count, 4);

	/* Nodes are known to events by name. */
	put(snapshot, KIND_NODE, "{\"metadata\":{\"uid\":\"nu\",\"name\":\"n1\"}}");
	put(snapshot, KIND_EVENT, "{\"metadata\":{\"uid\":\"ne\",\"namespace\":\"default\",\"name\":\"ne\"},"
		"\"type\":\"Warning\",\"involvedObject\":{\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"n1\"}}");
	assert_int_equal(snapshot_events_about(snapshot, snapshot_by_uid(snapshot, "nu")).count, 1);
	snapshot_free(snapshot);
}

static void test_events_are_capped(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	char message[8001];
	uint64_t dropped;
	struct record_list all;
	int64_t oldest = INT64_MAX;
	size_t bytes = 0;
	size_t newer = 0;

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	for (int i = 0; i < 2500; i++)
		put_event(snapshot, i, "Warning", "Failed", "u1", i * 7 % 1440, message);
	dropped = snapshot_collection(snapshot, KIND_EVENT)->dropped;
	all = snapshot_all(snapshot, KIND_EVENT);
	assert_true(dropped > 100);
	assert_int_equal(all.count + dropped, 2500);
	for (size_t i = 0; i < all.count; i++) {
		bytes += all.items[i]->size;
		if (record_event(all.items[i])->last < oldest)
			oldest = record_event(all.items[i])->last;
	}
	assert_true(bytes <= 16 << 20);
	assert_true(bytes > 15 << 20);
	/* What is left is what happened last: all that is newer than the oldest one left. */
	for (int i = 0; i < 2500; i++)
		newer += i * 7 % 1440 * 60 > oldest % 86400;
	assert_true(newer > all.count / 2);
	assert_true(newer <= all.count);
	snapshot_free(snapshot);
}

static void test_changes(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	struct snapshot_change change;

	(void)state;
	assert_false(snapshot_take_change(snapshot, &change));
	put_pod(snapshot, "u1", "a", "1", "n1", "");
	put_pod(snapshot, "u2", "b", "1", "n1", "");
	put_pod(snapshot, "u1", "a", "2", "n1", "");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(change.uid, "u1");
	assert_int_equal(change.kind, KIND_POD);
	put_pod(snapshot, "u1", "a", "3", "n1", "");
	snapshot_remove(snapshot, KIND_POD, "u2");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(change.uid, "u2");
	assert_true(change.removed);
	assert_true(snapshot_take_change(snapshot, &change));
	assert_string_equal(change.uid, "u1");
	assert_false(change.removed);
	assert_false(snapshot_take_change(snapshot, &change));

	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		put_pod(snapshot, name, name, "1", "n1", "");
	}
	assert_true(snapshot_take_change(snapshot, &change));
	assert_true(change.everything);
	assert_false(snapshot_take_change(snapshot, &change));
	put_pod(snapshot, "u1", "a", "4", "n1", "");
	assert_true(snapshot_take_change(snapshot, &change));
	assert_false(change.everything);
	assert_string_equal(change.uid, "u1");
	snapshot_free(snapshot);
}

static void test_states(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	const struct collection *collection = snapshot_collection(snapshot, KIND_POD);
	uint64_t version = snapshot_version(snapshot);
	struct err err;

	(void)state;
	assert_int_equal(collection->state, COLLECTION_NEVER);
	snapshot_set_state(snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 5000);
	assert_int_equal(collection->proven_ms, 5000);
	assert_true(snapshot_version(snapshot) > version);
	version = snapshot_version(snapshot);
	snapshot_set_state(snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 6000);
	assert_int_equal(collection->proven_ms, 6000);
	assert_int_equal(snapshot_version(snapshot), version);
	err_set(&err, ERR_CONNECT, "refused", NULL);
	snapshot_set_state(snapshot, KIND_POD, COLLECTION_STALE, &err, 7000);
	assert_int_equal(collection->proven_ms, 6000);
	assert_int_equal(collection->err.code, ERR_CONNECT);
	snapshot_set_state(snapshot, KIND_POD, COLLECTION_CURRENT, NULL, 8000);
	assert_int_equal(collection->err.code, ERR_NONE);
	snapshot_free(snapshot);
}

/* Each record of the list is the present one, listed once, and owned by that owner. */
static void assert_owned(const struct snapshot *snapshot, const char *owner)
{
	struct record_list list = snapshot_owned_by(snapshot, owner);

	for (size_t i = 0; i < list.count; i++) {
		assert_ptr_equal(list.items[i], snapshot_by_uid(snapshot, list.items[i]->uid));
		assert_string_equal(list.items[i]->owner_uid, owner);
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(list.items[k], list.items[i]);
	}
}

/* A thousand random changes; then every index says what a plain list says. */
static void test_random_changes(void **state)
{
	struct snapshot *snapshot = snapshot_new();
	char expected[40][16] = {{0}};	/* pod number to node, "" absent */
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int number = (int)((seed = seed * 1664525U + 1013904223U) >> 16) % 40;
		char uid[16];
		char version[16];

		snprintf(uid, sizeof(uid), "u%d", number);
		snprintf(version, sizeof(version), "%d", i + 1);
		if ((seed >> 8) % 3 == 0) {
			snapshot_remove(snapshot, KIND_POD, uid);
			expected[number][0] = '\0';
		} else {
			snprintf(expected[number], sizeof(expected[number]), "n%d", (int)(seed >> 11) % 5);
			put_pod(snapshot, uid, uid, version, expected[number],
				(seed >> 9) % 2 ? "rs1" : "rs2");
		}
	}
	for (int node = 0; node < 5; node++) {
		size_t count = 0;
		char name[16];
		struct record_list list;

		snprintf(name, sizeof(name), "n%d", node);
		list = snapshot_pods_on_node(snapshot, name);
		for (int i = 0; i < 40; i++)
			count += !strcmp(expected[i], name);
		assert_int_equal(list.count, count);
		for (size_t i = 0; i < list.count; i++)
			assert_string_equal(record_pod(list.items[i])->node_name, name);
	}
	for (int i = 0; i < 40; i++) {
		char uid[16];

		snprintf(uid, sizeof(uid), "u%d", i);
		assert_int_equal(snapshot_by_uid(snapshot, uid) != NULL, expected[i][0] != '\0');
		assert_ptr_equal(snapshot_by_uid(snapshot, uid), snapshot_by_name(snapshot, KIND_POD, "ns",
										  uid));
	}
	assert_owned(snapshot, "rs1");
	assert_owned(snapshot, "rs2");
	assert_int_equal(snapshot_owned_by(snapshot, "rs1").count + snapshot_owned_by(snapshot, "rs2").count,
			 snapshot_all(snapshot, KIND_POD).count);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indexes_follow_changes),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_lists_sweep),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_are_capped),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests(tests, make_tables, free_tables);
}
