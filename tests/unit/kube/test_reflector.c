/* Lists, watches and their endings, answered by a script. */
/* Waits: for the pace at which lists and watches begin anew. */
/* Takes: 20 s */
#include "tests/unit/kube/reflector_stage.h"

#include "probes/kube/reflector_pace.h"
#include "probes/kube/scanner.h"
#include "tests/unit/kube/proto_write.h"

static void test_pages_then_watch_then_resume(void **state)
{
	struct serve_step steps[] = {
		{"continue=t%2B1", 200, NULL, LIST(NODE("c", "3"), "100"), .stays = false},
		{"limit=500", 200, NULL,
		 "{\"items\":[" NODE("a", "1") "," NODE("b", "2") "],\"metadata\":{\"resourceVersion\":\"100\","
		 "\"continue\":\"t+1\",\"remainingItemCount\":1}}", .stays = false},
		{"resourceVersion=100", 200, NULL,
		 EVENT("MODIFIED", NODE("a", "101")) EVENT("DELETED", NODE("b", "102")) BOOKMARK("110"), .stays = false},
		{"resourceVersion=110", 200, NULL, EVENT("ADDED", NODE("d", "120")), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.records == 5);
	assert_int_equal(stage.starts, 1);
	assert_int_equal(stage.pages, 2);
	assert_int_equal(stage.wholes, 1);
	assert_int_equal(stage.deletes, 1);
	assert_string_equal(stage.last_uid, "d");
	assert_int_equal(stage.state, REFLECTOR_WATCHING);
	/* A clean end is no failure. */
	assert_int_equal(stage.states[REFLECTOR_WAITING], 0);
	assert_true(serve_saw(&stage.server, "limit=500", "accept-encoding: gzip"));
	assert_false(serve_saw(&stage.server, "watch=1", "accept-encoding:"));
	assert_true(serve_saw(&stage.server, "watch=1", "allowWatchBookmarks=true"));
	assert_false(serve_saw(&stage.server, "limit=500", "resourceVersion"));
	stage_close(&stage);
}

static void test_expired_versions_list_again(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"resourceVersion=100", 200, NULL, ERROR_EVENT("410", "Expired"), .stays = true},
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "200"), .stays = false},
		{"resourceVersion=200", 410, NULL, "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Gone\"}", .stays = false},
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "300"), .stays = false},
		{"resourceVersion=300", 200, NULL, BOOKMARK("301"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, serve_count(&stage.server, "resourceVersion=300") == 1);
	assert_int_equal(stage.starts, 3);
	assert_int_equal(stage.wholes, 3);
	/* The data was never called doubtful. */
	assert_int_equal(stage.states[REFLECTOR_WAITING], 0);
	stage_close(&stage);
}

static void test_expired_page_starts_over(void **state)
{
	struct serve_step steps[] = {
		{"continue=t1", 410, NULL,
		 "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"metadata\":{\"continue\":\"inconsistent\"}}",
		 .stays = false},
		{"limit=500", 200, NULL,
		 "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"t1\"},\"items\":[" NODE("a", "1") "]}",
		 .stays = false},
		{"limit=500", 200, NULL, LIST(NODE("a", "1") "," NODE("b", "1"), "2"), .stays = false},
		{"resourceVersion=2", 200, NULL, BOOKMARK("3"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.wholes == 1);
	assert_int_equal(stage.starts, 2);
	assert_int_equal(serve_count(&stage.server, "inconsistent"), 0);
	stage_close(&stage);
}

static void test_forbidden_names_verb_and_resource(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 403, NULL, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"no\"}",
		 .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_FORBIDDEN);
	assert_non_null(strstr(stage.said, "list nodes"));
	run_for(&stage, 500);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	/* Ctrl-r asks at once. */
	reflector_reconnect(stage.reflector);
	RUN_UNTIL(&stage, serve_count(&stage.server, "limit=500") == 2);
	stage_close(&stage);
}

static void test_list_without_watch_is_no_failure(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "1"), .repeats = true},
		{"watch=1", 403, NULL, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"no\"}",
		 .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_POLLING);
	assert_non_null(strstr(stage.said, "may not watch nodes"));
	assert_int_equal(stage.wholes, 1);
	run_for(&stage, 500);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	assert_int_equal(serve_count(&stage.server, "watch=1"), 1);
	stage_close(&stage);
}

static void test_absent_kind(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage, NULL, 0);
	RUN_UNTIL(&stage, stage.state == REFLECTOR_ABSENT);
	assert_non_null(strstr(stage.said, "nodes"));
	stage_close(&stage);
}

static void test_short_watches_are_no_hot_loop(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST("", "1"), .repeats = true},
		{"watch=1", 200, NULL, "", .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WAITING);
	assert_non_null(strstr(stage.said, "ended at once"));
	run_for(&stage, 2000);
	assert_in_range(serve_count(&stage.server, "watch=1"), 2, 9);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	stage_close(&stage);
}

/* Also a server that says a word each time may not keep us busy. */
static void test_chatty_short_watches(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST("", "1"), .repeats = true},
		{"watch=1", 200, NULL, BOOKMARK("2"), .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	run_for(&stage, 2500);
	assert_in_range(serve_count(&stage.server, "watch=1"), 2, 4);
	stage_close(&stage);
}

static void test_retry_after_is_kept(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST("", "1"), .stays = false},
		{"watch=1", 429, "Retry-After: 2\r\n", "{\"kind\":\"Status\",\"code\":429}", .stays = false},
		{"watch=1", 200, NULL, BOOKMARK("2"), .stays = true},
	};
	struct stage stage;
	int64_t start = clock_monotonic_ms();

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, serve_count(&stage.server, "watch=1") == 2);
	assert_true(clock_monotonic_ms() - start >= 1900);
	assert_int_equal(stage.states[REFLECTOR_WAITING], 1);
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WATCHING);
	assert_int_equal(stage.starts, 1);
	stage_close(&stage);
}

static void test_broken_answers_recover(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, "{\"items\":[" NODE("a", "1"), .stays = false},
		{"limit=500", 200, NULL, "{\"items\":[" NODE("a", "1") ",{\"metadata\" 7", .is_cut = true},
		{"limit=500", 503, NULL, "upstream", .stays = false},
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "5"), .stays = false},
		{"resourceVersion=5", 200, NULL, EVENT("ADDED", NODE("b", "6")) "{\"type\":3}", .stays = true},
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "9"), .stays = false},
		{"resourceVersion=9", 200, NULL, BOOKMARK("10"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, serve_count(&stage.server, "resourceVersion=9") == 1);
	assert_int_equal(stage.wholes, 2);
	assert_int_equal(stage.states[REFLECTOR_WAITING], 4);
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WATCHING);
	stage_close(&stage);
}

/* Other ERROR events: the watch goes on from where it was, and after the third a list is made. */
static void test_error_events(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST("", "5"), .repeats = true},
		{"watch=1", 200, NULL, ERROR_EVENT("500", "InternalError"), .stays = true},
		{"watch=1", 200, NULL, ERROR_EVENT("500", "InternalError"), .stays = true},
		{"watch=1", 200, NULL, ERROR_EVENT("500", "InternalError"), .stays = true},
		{"watch=1", 200, NULL, BOOKMARK("7"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, serve_count(&stage.server, "watch=1") == 4);
	assert_int_equal(stage.wholes, 2);
	assert_non_null(strstr(stage.said, "InternalError"));
	stage_close(&stage);
}

static void test_endless_list_is_given_up(void **state)
{
	struct serve_step steps[] = {
		{"limit=", 200, NULL,
		 "{\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"same\"},\"items\":[]}", .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WAITING);
	assert_non_null(strstr(stage.said, "does not end"));
	/* The first page is small, for a quick first row. */
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	assert_int_equal(serve_count(&stage.server, "limit=2000"), 1);
	stage_close(&stage);
}

static void test_pace(void **state)
{
	struct pace pace = {0};

	(void)state;
	for (int round = 0; round < 2000; round++) {
		int64_t bound = PACE_FIRST_MS;

		pace_forget(&pace);
		for (int i = 0; i < 10; i++) {
			assert_in_range(pace_after_failure(&pace, 1000, -1), PACE_LEAST_MS, bound);
			bound = bound * 2 > PACE_MOST_MS ? PACE_MOST_MS : bound * 2;
		}
	}
	assert_in_range(pace_after_failure(&pace, 1000, 45000), 45000, 45000 + PACE_FIRST_MS);
	/* Two minutes of health forget the past; less does not. */
	pace_note_healthy(&pace, 2000);
	pace_after_failure(&pace, 2000 + PACE_HEALTHY_MS - 1, -1);
	assert_true(pace.failures > 10);
	pace_note_healthy(&pace, 200000);
	pace_after_failure(&pace, 200000 + PACE_HEALTHY_MS, -1);
	assert_int_equal(pace.failures, 1);
}

#define PROTOBUF "application/vnd.kubernetes.protobuf"
#define WATCH_PROTOBUF PROTOBUF ";stream=watch"

static void put_node(struct buffer *out, const char *uid, const char *version)
{
	struct buffer meta = BUFFER_INIT(1 << 10);

	put_text(&meta, 1, uid);
	put_text(&meta, 5, uid);
	put_text(&meta, 6, version);
	put_message(out, 1, &meta);
}

static void put_status(struct buffer *out, int code, const char *reason, const char *message)
{
	put_text(out, 2, "Failure");
	put_text(out, 3, message);
	put_text(out, 4, reason);
	put_number(out, 6, code);
}

static void put_node_list(struct buffer *out, const char *uid, const char *version)
{
	struct buffer meta = BUFFER_INIT(1 << 10);
	struct buffer node = BUFFER_INIT(1 << 10);
	struct buffer list = BUFFER_INIT(1 << 10);

	put_text(&meta, 2, version);
	put_message(&list, 1, &meta);
	put_node(&node, uid, "1");
	put_message(&list, 2, &node);
	put_document(out, "NodeList", &list);
}

static struct serve_step proto_step(const char *path, const char *type, const struct buffer *body, bool stays)
{
	return (struct serve_step){.path = path, .status = 200, .body = body->data, .length = body->length,
		.type = type, .stays = stays};
}

static void test_protobuf(void **state)
{
	struct buffer lists[2] = {BUFFER_INIT(4096), BUFFER_INIT(4096)};
	struct buffer expired = BUFFER_INIT(4096);
	struct buffer events = BUFFER_INIT(4096);
	struct buffer inner = BUFFER_INIT(1024);
	struct serve_step steps[4];
	struct stage stage;

	(void)state;
	put_node_list(&lists[0], "a", "100");
	put_node_list(&lists[1], "a", "200");
	put_status(&inner, 410, "Expired", "too old resource version");
	put_event(&expired, "ERROR", "Status", &inner);
	put_node(&inner, "b", "201");
	put_event(&events, "ADDED", "Node", &inner);
	put_node(&inner, "b", "202");
	put_event(&events, "DELETED", "Node", &inner);
	steps[0] = proto_step("limit=500", PROTOBUF, &lists[0], false);
	steps[1] = proto_step("resourceVersion=100", WATCH_PROTOBUF, &expired, true);
	steps[2] = proto_step("limit=500", PROTOBUF, &lists[1], false);
	steps[3] = proto_step("resourceVersion=200", WATCH_PROTOBUF, &events, true);
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.deletes == 1);
	assert_int_equal(stage.starts, 2);
	assert_int_equal(stage.records, 3);
	assert_string_equal(stage.last_uid, "b");
	assert_int_equal(stage.states[REFLECTOR_WAITING], 0);
	assert_true(serve_saw(&stage.server, "limit=500", "Accept: " PROTOBUF ",application/json\r\n"));
	assert_true(serve_saw(&stage.server, "watch=1", "Accept: " PROTOBUF ",application/json\r\n"));
	stage_close(&stage);
	buffer_release(&lists[0]);
	buffer_release(&lists[1]);
	buffer_release(&expired);
	buffer_release(&events);
}

static void test_errors_in_protobuf(void **state)
{
	struct buffer inner = BUFFER_INIT(1024);
	struct buffer body = BUFFER_INIT(4096);
	struct serve_step step;
	struct stage stage;

	(void)state;
	put_status(&inner, 500, "InternalError", "etcd is not well");
	put_document(&body, "Status", &inner);
	step = proto_step("limit=500", PROTOBUF, &body, false);
	step.status = 500;
	step.repeats = true;
	stage_open(&stage, &step, 1);
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WAITING);
	assert_non_null(strstr(stage.said, "etcd is not well"));
	stage_close(&stage);
	buffer_release(&body);
}

/* Protobuf that cannot be read, or that the server does not have, is no dead end. */
static void test_json_instead_of_protobuf(void **state)
{
	static const int statuses[] = {200, 406};

	(void)state;
	for (size_t i = 0; i < array_length(statuses); i++) {
		struct serve_step steps[] = {
			{"limit=500", statuses[i], NULL, "k8s broken", .type = PROTOBUF},
			{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
			{"watch=1", 200, NULL, EVENT("ADDED", NODE("b", "101")), .stays = true},
		};
		struct stage stage;

		stage_open(&stage, steps, array_length(steps));
		RUN_UNTIL(&stage, stage.records == 2);
		assert_int_equal(stage.states[REFLECTOR_WAITING], 1);
		assert_true(serve_saw(&stage.server, "limit=500", "Accept: application/json\r\n"));
		assert_true(serve_saw(&stage.server, "watch=1", "Accept: application/json\r\n"));
		stage_close(&stage);
	}
}

static void test_no_protobuf_on_demand(void **state)
{
	const struct kube_client_options options = {.no_protobuf = true};
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"watch=1", 200, NULL, BOOKMARK("101"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open_with(&stage, steps, array_length(steps), &options);
	RUN_UNTIL(&stage, serve_count(&stage.server, "watch=1") == 1);
	assert_true(serve_saw(&stage.server, "limit=500", "Accept: application/json\r\n"));
	assert_false(serve_saw(&stage.server, "limit=500", "protobuf"));
	assert_false(serve_saw(&stage.server, "watch=1", "protobuf"));
	stage_close(&stage);
}

/* A kind whose numbers we do not know is never read as protobuf, whatever the server says it sends. */
static void test_protobuf_unasked(void **state)
{
	const struct kube_client_options options = {.no_protobuf = true};
	struct serve_step steps[] = {{"limit=500", 200, NULL, "k8s", .type = PROTOBUF, .repeats = true}};
	struct stage stage;

	(void)state;
	stage_open_with(&stage, steps, array_length(steps), &options);
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WAITING);
	assert_non_null(strstr(stage.said, "not valid JSON"));
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_then_watch_then_resume),
		cmocka_unit_test(test_expired_versions_list_again),
		cmocka_unit_test(test_expired_page_starts_over),
		cmocka_unit_test(test_forbidden_names_verb_and_resource),
		cmocka_unit_test(test_list_without_watch_is_no_failure),
		cmocka_unit_test(test_absent_kind),
		cmocka_unit_test(test_short_watches_are_no_hot_loop),
		cmocka_unit_test(test_chatty_short_watches),
		cmocka_unit_test(test_retry_after_is_kept),
		cmocka_unit_test(test_broken_answers_recover),
		cmocka_unit_test(test_error_events),
		cmocka_unit_test(test_endless_list_is_given_up),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_protobuf),
		cmocka_unit_test(test_errors_in_protobuf),
		cmocka_unit_test(test_json_instead_of_protobuf),
		cmocka_unit_test(test_no_protobuf_on_demand),
		cmocka_unit_test(test_protobuf_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
