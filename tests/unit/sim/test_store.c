/* resourceVersions, histories and snapshots. */
#include "tests/unit/sim/documents.h"

#include "probes/base/buffer.h"
#include "probes/sim/document.h"
#include "probes/sim/store.h"

static struct object *put(struct store *store, const char *namespace, const char *name, const char *note)
{
	return store_put(store, KIND_CONFIG_MAP,
			 json_pack("{s:s, s:{s:s, s:s, s:s}, s:{s:s}}", "kind", "ConfigMap", "metadata", "namespace",
				   namespace, "name", name, "uid", name, "data", "note", note));
}

static int start(void **state)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store_init(store, 100);
	*state = store;
	return 0;
}

static int stop(void **state)
{
	store_release(*state);
	free(*state);
	return 0;
}

static void test_every_write_has_a_new_version(void **state)
{
	struct store *store = *state;
	struct object *a = put(store, "n", "a", "1");

	assert_int_equal(a->now->version, 101);
	assert_string_equal(doc_text(a->now->value, "metadata.resourceVersion"), "101");
	assert_null(doc_get(a->now->value, "kind"));
	put(store, "n", "b", "1");
	assert_ptr_equal(put(store, "n", "a", "2"), a);
	assert_int_equal(a->now->version, 103);
	assert_int_equal(store->tables[KIND_CONFIG_MAP].count, 2);
}

static void test_a_write_that_changes_nothing_is_none(void **state)
{
	struct store *store = *state;
	struct object *a = put(store, "n", "a", "1");

	put(store, "n", "a", "1");
	assert_int_equal(a->now->version, 101);
	assert_int_equal(store->version, 101);
}

static void test_old_revisions_stay_as_they_were(void **state)
{
	struct store *store = *state;
	struct revision *old = revision_keep(put(store, "n", "a", "1")->now);
	struct buffer text = BUFFER_INIT(1 << 10);

	put(store, "n", "a", "2");
	revision_add(old, kind_at(KIND_CONFIG_MAP), &text);
	assert_string_equal(buffer_text(&text),
			    "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"n\",\"name\":\"a\","
			    "\"uid\":\"a\",\"resourceVersion\":\"101\"},\"data\":{\"note\":\"1\"}}");
	buffer_release(&text);
	revision_drop(old);
}

static void test_namespaces_are_ranges(void **state)
{
	struct store *store = *state;
	size_t first;
	size_t end;

	put(store, "team-a", "x", "1");
	put(store, "team", "y", "1");
	put(store, "team", "x", "1");
	put(store, "team0", "x", "1");
	store_range(store, KIND_CONFIG_MAP, "team", &first, &end);
	assert_int_equal(end - first, 2);
	assert_string_equal(store->tables[KIND_CONFIG_MAP].objects[first]->key, "team/x");
	store_range(store, KIND_CONFIG_MAP, "", &first, &end);
	assert_int_equal(end - first, 4);
	assert_non_null(store_find(store, KIND_CONFIG_MAP, "team-a", "x"));
	assert_null(store_find(store, KIND_CONFIG_MAP, "team-a", "y"));
	assert_non_null(store_find_uid(store, "y"));
}

static void test_the_history_tells_what_happened_after_a_version(void **state)
{
	struct store *store = *state;
	struct history *history = &store->histories[KIND_CONFIG_MAP];
	uint64_t number;

	put(store, "n", "a", "1");		/* 101 */
	put(store, "n", "a", "2");		/* 102 */
	store_delete(store, put(store, "n", "b", "1"));	/* 103, 104 */
	number = history_after(history, 101);
	assert_int_equal(history_at(history, number)->type, CHANGE_MODIFIED);
	assert_int_equal(history_at(history, number)->now->version, 102);
	assert_int_equal(history_at(history, number)->before->version, 101);
	assert_int_equal(history_at(history, number + 2)->type, CHANGE_DELETED);
	assert_int_equal(history_at(history, number + 2)->now->version, 104);
	assert_null(history_at(history, number + 3));
	assert_int_equal(history_after(history, 104), history->next);
	assert_int_equal(history->floor, 100);
}

static void test_the_history_forgets(void **state)
{
	struct store *store = *state;
	struct history *history = &store->histories[KIND_CONFIG_MAP];

	for (int i = 0; i < HISTORY_SIZE + 10; i++)
		put(store, "n", "a", i % 2 ? "odd" : "even");
	assert_int_equal(history->next - history->first, HISTORY_SIZE);
	assert_int_equal(history->floor, 110);	/* the ten oldest are gone */
	assert_int_equal(history_at(history, history->first)->now->version, 111);
}

static void test_a_snapshot_does_not_change(void **state)
{
	struct store *store = *state;
	const struct snapshot *snapshot;

	put(store, "n", "a", "1");
	put(store, "n", "b", "1");
	snapshot = store_snapshot(store, KIND_CONFIG_MAP);
	assert_ptr_equal(store_snapshot(store, KIND_CONFIG_MAP), snapshot);
	put(store, "n", "a", "2");
	store_delete(store, store_find(store, KIND_CONFIG_MAP, "n", "b"));
	assert_int_equal(snapshot->count, 2);
	assert_string_equal(doc_text(snapshot->revisions[0]->value, "data.note"), "1");
	assert_ptr_equal(store_find_snapshot(store, KIND_CONFIG_MAP, 102), snapshot);
	assert_null(store_find_snapshot(store, KIND_CONFIG_MAP, 103));
	store_compact(store);
	assert_null(store_find_snapshot(store, KIND_CONFIG_MAP, 102));
	assert_int_equal(store->histories[KIND_CONFIG_MAP].floor, store->version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_write_has_a_new_version, start, stop),
		cmocka_unit_test_setup_teardown(test_a_write_that_changes_nothing_is_none, start, stop),
		cmocka_unit_test_setup_teardown(test_old_revisions_stay_as_they_were, start, stop),
		cmocka_unit_test_setup_teardown(test_namespaces_are_ranges, start, stop),
		cmocka_unit_test_setup_teardown(test_the_history_tells_what_happened_after_a_version, start, stop),
		cmocka_unit_test_setup_teardown(test_the_history_forgets, start, stop),
		cmocka_unit_test_setup_teardown(test_a_snapshot_does_not_change, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
