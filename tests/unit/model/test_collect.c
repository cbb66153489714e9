/* The collector against a server: what it asks, how often, and what it keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/collect.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/serve.h"

struct bench {
	struct server server;
	struct loop *loop;
	struct kube_client *client;
	struct evidence_store *store;
	struct collector *collector;
};

static void start(struct bench *bench, struct serve_step *steps, size_t count)
{
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	memset(bench, 0, sizeof(*bench));
	serve_start(&bench->server, steps, count);
	view->server = xasprintf("http://127.0.0.1:%d", bench->server.port);
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	assert_int_equal(kube_client_new(bench->loop, view, NULL, &bench->client, NULL), 0);
	bench->store = evidence_store_new();
	bench->collector = collector_new(bench->client, bench->store);
	assert_true(collector_is_idle(bench->collector));
}

static void stop(struct bench *bench)
{
	collector_free(bench->collector);
	evidence_store_free(bench->store);
	kube_client_free(bench->client);
	loop_free(bench->loop);
	serve_stop(&bench->server);
}

static void want(struct bench *bench, enum evidence_type type, const char *path)
{
	auto_free char *copy = xstrdup(path);
	const struct evidence_request request = {.type = type, .path = copy, .tail_lines = 7};

	collector_want(bench->collector, &request);
}

static void settle(struct bench *bench)
{
	int64_t deadline = clock_monotonic_ms() + 120000;

	while (!collector_is_idle(bench->collector) && clock_monotonic_ms() < deadline)
		loop_turn(bench->loop, 50);
	assert_true(collector_is_idle(bench->collector));
}

static void test_answers_are_kept_and_not_asked_again(void **state)
{
	struct serve_step steps[] = {
		{.path = "/api/v1/nodes/n", .status = 200, .body = "{\"kind\":\"Node\",\"spec\":{\"x\":1}}", .repeats = true},
		{.path = "/api/v1/namespaces/ns/pods/p/log", .status = 200, .body = "one\ntwo\n", .repeats = true},
	};
	struct bench bench;
	const struct evidence *evidence;

	(void)state;
	start(&bench, steps, array_length(steps));
	want(&bench, EVIDENCE_GET, "/api/v1/nodes/n");
	want(&bench, EVIDENCE_GET, "/api/v1/nodes/n");
	assert_false(collector_is_idle(bench.collector));
	want(&bench, EVIDENCE_LOG, "ns/p/c");
	settle(&bench);
	want(&bench, EVIDENCE_GET, "/api/v1/nodes/n");
	assert_true(collector_is_idle(bench.collector));
	assert_int_equal(serve_count(&bench.server, "GET /api/v1/nodes/n"), 1);
	evidence = evidence_get(bench.store, "get:/api/v1/nodes/n");
	assert_non_null(evidence);
	assert_int_equal(evidence->code, ERR_NONE);
	assert_string_equal(json_string_value(json_object_get(evidence->document, "kind")), "Node");
	evidence = evidence_get(bench.store, "log:ns/p/c?tail=7");
	assert_non_null(evidence);
	assert_string_equal(evidence->text, "one\ntwo\n");
	assert_int_equal(serve_count(&bench.server, "log?container=c&tailLines=7&limitBytes="), 1);
	stop(&bench);
}

static void test_failures_are_evidence_too(void **state)
{
	struct serve_step steps[] = {
		{.path = "/api/v1/nodes/n", .status = 403,
		 .body = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"nodes \\\"n\\\" is forbidden\",\"code\":403}"},
	};
	struct bench bench;
	const struct evidence *evidence;
	auto_free char *text = NULL;

	(void)state;
	start(&bench, steps, array_length(steps));
	want(&bench, EVIDENCE_GET, "/api/v1/nodes/n");
	settle(&bench);
	evidence = evidence_get(bench.store, "get:/api/v1/nodes/n");
	assert_null(evidence->document);
	assert_int_equal(evidence->code, ERR_FORBIDDEN);
	text = err_text(&evidence->err);
	assert_non_null(strstr(text, "forbidden"));
	stop(&bench);
}

static void test_secrets_lose_their_data(void **state)
{
	struct serve_step steps[] = {
		{.path = "/secrets/s", .status = 200,
		 .body = "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"annotations\":{"
			 "\"kubectl.kubernetes.io/last-applied-configuration\":\"{data: aHVudGVyMg==}\"}},"
			 "\"data\":{\"password\":\"aHVudGVyMg==\"},\"stringData\":{\"more\":\"hunter2\"}}"},
		{.path = "/secrets", .status = 200,
		 .body = "{\"kind\":\"SecretList\",\"items\":[{\"data\":{\"password\":\"aHVudGVyMg==\"}}]}"},
	};
	static const char *const paths[] = {"/api/v1/namespaces/ns/secrets/s", "/api/v1/namespaces/ns/secrets"};
	struct bench bench;

	(void)state;
	start(&bench, steps, array_length(steps));
	for (size_t i = 0; i < array_length(paths); i++) {
		auto_free char *key = xasprintf("get:%s", paths[i]);
		auto_free char *text = NULL;
		const struct evidence *evidence;

		want(&bench, EVIDENCE_GET, paths[i]);
		settle(&bench);
		evidence = evidence_get(bench.store, key);
		assert_non_null(evidence);
		assert_non_null(evidence->document);
		text = json_dumps(evidence->document, JSON_COMPACT);
		assert_null(strstr(text, "aHVudGVyMg"));
		assert_null(strstr(text, "hunter2"));
		assert_non_null(strstr(text, "\"dataKeys\":[\"password\""));
	}
	stop(&bench);
}

static void test_only_plain_reads_are_sent(void **state)
{
	static const char *const paths[] = {
		"/api/v1/namespaces/ns/pods/p/exec?command=sh",
		"/api/v1/namespaces/ns/pods/p/attach",
		"/api/v1/namespaces/ns/pods/p/portforward",
		"/api/v1/namespaces/ns/services/s/proxy/admin",
		"//elsewhere.example/api",
		"api/v1/nodes",
	};
	struct bench bench;

	(void)state;
	start(&bench, NULL, 0);
	for (size_t i = 0; i < array_length(paths); i++) {
		auto_free char *key = xasprintf("get:%s", paths[i]);

		want(&bench, EVIDENCE_GET, paths[i]);
		settle(&bench);
		assert_int_equal(evidence_get(bench.store, key)->code, ERR_REFUSED);
	}
	want(&bench, EVIDENCE_LOG, "ns/p");
	want(&bench, EVIDENCE_LOG, "ns/p/c/exec");
	settle(&bench);
	assert_int_equal(evidence_get(bench.store, "log:ns/p?tail=7")->code, ERR_REFUSED);
	assert_int_equal(serve_count(&bench.server, "GET /api/v1/namespaces"), 0);
	stop(&bench);
}

static void test_two_a_second(void **state)
{
	struct serve_step steps[] = {{.path = "/api/v1/nodes/", .status = 200, .body = "{}", .repeats = true}};
	struct bench bench;
	int64_t began = clock_monotonic_ms();
	int64_t third;

	(void)state;
	start(&bench, steps, array_length(steps));
	for (int i = 0; i < 3; i++) {
		auto_free char *path = xasprintf("/api/v1/nodes/n%d", i);

		want(&bench, EVIDENCE_GET, path);
	}
	while (serve_count(&bench.server, "/api/v1/nodes/") < 3 && clock_monotonic_ms() < began + 120000)
		loop_turn(bench.loop, 20);
	third = clock_monotonic_ms() - began;
	assert_int_equal(serve_count(&bench.server, "/api/v1/nodes/"), 3);
	assert_true(third >= 990);
	settle(&bench);
	/* Ended with requests that wait and one that is under way: nothing is called any more. */
	for (int i = 3; i < 9; i++) {
		auto_free char *path = xasprintf("/api/v1/nodes/n%d", i);

		want(&bench, EVIDENCE_GET, path);
	}
	stop(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_kept_and_not_asked_again),
		cmocka_unit_test(test_failures_are_evidence_too),
		cmocka_unit_test(test_secrets_lose_their_data),
		cmocka_unit_test(test_only_plain_reads_are_sent),
		cmocka_unit_test(test_two_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
