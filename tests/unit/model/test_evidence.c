#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/memory.h"
#include "probes/model/evidence.h"

static void test_keys_tell_requests_apart(void **state)
{
	const struct evidence_request get = {.type = EVIDENCE_GET, .path = (char[]){"/api/v1/nodes/n"}};
	const struct evidence_request log = {.type = EVIDENCE_LOG, .path = (char[]){"ns/pod/c"}, .tail_lines = 10};
	struct evidence_request other = log;
	auto_free char *get_key = evidence_key(&get);
	auto_free char *log_key = evidence_key(&log);
	auto_free char *longer_key = NULL;
	auto_free char *previous_key = NULL;

	(void)state;
	other.tail_lines = 20;
	longer_key = evidence_key(&other);
	other = log;
	other.previous = true;
	previous_key = evidence_key(&other);
	assert_string_equal(get_key, "get:/api/v1/nodes/n");
	assert_int_equal(strncmp(log_key, "log:ns/pod/c", strlen("log:ns/pod/c")), 0);
	assert_string_not_equal(log_key, longer_key);
	assert_string_not_equal(log_key, previous_key);
}

static void test_put_replaces(void **state)
{
	struct evidence_store *store = evidence_store_new();
	const struct evidence *evidence;
	struct err err = {0};
	uint64_t version = evidence_version(store);

	(void)state;
	assert_null(evidence_get(store, "get:/x"));
	evidence_put(store, "get:/x", json_pack("{s:i}", "a", 1), NULL, NULL, 1000);
	assert_true(evidence_version(store) > version);
	version = evidence_version(store);
	evidence = evidence_get(store, "get:/x");
	assert_int_equal(json_integer_value(json_object_get(evidence->document, "a")), 1);
	assert_int_equal(evidence->code, ERR_NONE);

	err_set(&err, ERR_NOT_FOUND, "{path} is gone", "path", "/x", NULL);
	evidence_put(store, "get:/x", NULL, NULL, &err, 2000);
	evidence = evidence_get(store, "get:/x");
	assert_null(evidence->document);
	assert_int_equal(evidence->code, ERR_NOT_FOUND);
	assert_string_equal(message_value(&evidence->err.what, "path"), "/x");
	assert_int_equal(evidence->collected_at, 2000);
	assert_true(evidence_version(store) > version);

	evidence_put(store, "log:a/b/c", NULL, xstrdup("lines"), NULL, 2000);
	assert_string_equal(evidence_get(store, "log:a/b/c")->text, "lines");
	evidence_store_free(store);
}

static void test_failures_are_asked_again_sooner(void **state)
{
	struct evidence_store *store = evidence_store_new();
	struct err err = {0};

	(void)state;
	evidence_put(store, "good", json_object(), NULL, NULL, 1000);
	assert_true(evidence_is_fresh(evidence_get(store, "good"), 1599));
	assert_false(evidence_is_fresh(evidence_get(store, "good"), 1600));
	assert_int_equal(evidence_stale_at(evidence_get(store, "good")), 1600);
	err_set(&err, ERR_TIMEOUT, "too slow", NULL);
	evidence_put(store, "slow", NULL, NULL, &err, 1000);
	assert_true(evidence_is_fresh(evidence_get(store, "slow"), 1059));
	assert_false(evidence_is_fresh(evidence_get(store, "slow"), 1060));
	err_set(&err, ERR_FORBIDDEN, "no", NULL);
	evidence_put(store, "no", NULL, NULL, &err, 1000);
	assert_true(evidence_is_fresh(evidence_get(store, "no"), 1060));
	evidence_store_free(store);
}

static bool is_kept(void *data, const char *key)
{
	(void)data;
	return !strncmp(key, "get:/kept", strlen("get:/kept"));
}

/* A minute for what nobody needs, and no more of it than 64; what is needed stays however old it is. */
static void test_sweep(void **state)
{
	struct evidence_store *store = evidence_store_new();
	size_t left = 0;

	(void)state;
	evidence_put(store, "get:/kept", json_object(), NULL, NULL, 1000);
	evidence_put(store, "get:/young", json_object(), NULL, NULL, 1990);
	evidence_put(store, "get:/old", json_object(), NULL, NULL, 1930);
	evidence_store_sweep(store, is_kept, NULL, 2000);
	assert_non_null(evidence_get(store, "get:/kept"));
	assert_non_null(evidence_get(store, "get:/young"));
	assert_null(evidence_get(store, "get:/old"));
	for (int i = 0; i < 200; i++) {
		auto_free char *key = xasprintf("get:/many/%d", i);

		evidence_put(store, key, NULL, xstrdup("text"), NULL, 2000 + i % 10);
	}
	evidence_store_sweep(store, is_kept, NULL, 2010);
	for (int i = 0; i < 200; i++) {
		auto_free char *key = xasprintf("get:/many/%d", i);

		left += evidence_get(store, key) != NULL;
	}
	assert_int_equal(left, 64);
	assert_non_null(evidence_get(store, "get:/many/199"));	/* the latest stay */
	assert_non_null(evidence_get(store, "get:/kept"));
	evidence_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_tell_requests_apart),
		cmocka_unit_test(test_put_replaces),
		cmocka_unit_test(test_failures_are_asked_again_sooner),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
