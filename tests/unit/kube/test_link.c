/* The link: what it waits for, signs of life, going on after a sleep, what is no failure. */
#include "tests/unit/kube/reflector_stage.h"

#include "probes/kube/heartbeat.h"

struct beats {
	int good;
	int bad;
};

static void on_beat(void *data, const struct err *err)
{
	struct beats *beats = data;

	if (err)
		beats->bad++;
	else
		beats->good++;
}

static void test_a_quiet_server_is_asked(void **state)
{
	const struct kube_client_options options = {.quiet_ms = 300};
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"resourceVersion=100", 200, NULL, EVENT("MODIFIED", NODE("a", "101")), .stays = true},
		{"/version", 200, NULL, "{\"gitVersion\":\"v1.34.4\"}", .repeats = true},
	};
	struct heartbeat *heartbeat;
	struct beats beats = {0};
	struct stage stage;
	int64_t second_ms;

	(void)state;
	stage_open_with(&stage, steps, array_length(steps), &options);
	heartbeat = heartbeat_new(stage.client, on_beat, &beats);
	RUN_UNTIL(&stage, stage.records == 2);
	/* The first is the client's own question. */
	RUN_UNTIL(&stage, serve_count(&stage.server, "/version") == 1);
	assert_int_equal(beats.good, 0);
	RUN_UNTIL(&stage, beats.good == 2);
	assert_int_equal(beats.bad, 0);
	/* No faster than the silence. */
	second_ms = clock_monotonic_ms();
	RUN_UNTIL(&stage, beats.good == 4);
	assert_true(clock_monotonic_ms() - second_ms >= 550);
	heartbeat_free(heartbeat);
	stage_close(&stage);
}

/* A kernel that takes connections for a process that does not: TCP is well, and nobody answers. */
static int deaf_listener(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return listener;
}

static struct kubeconfig_view *view_of(const char *scheme, int port)
{
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	view->context = xstrdup("c");
	view->cluster = xstrdup("c");
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	view->name_space = xstrdup("default");
	view->server = xasprintf("%s://127.0.0.1:%d", scheme, port);
	return view;
}

static void wait_on_deaf(const char *scheme, enum link_wait layer)
{
	const struct kube_client_options options = {.quiet_ms = 50, .request_timeout_ms = 2000};
	int64_t start = clock_monotonic_ms();
	struct heartbeat *heartbeat;
	struct beats beats = {0};
	struct kube_client *client;
	struct loop *loop;
	bool was_waiting = false;
	int port;
	int listener = deaf_listener(&port);

	assert_int_equal(loop_new(&loop, NULL), 0);
	assert_int_equal(kube_client_new(loop, view_of(scheme, port), &options, &client, NULL), 0);
	assert_int_equal(kube_link(client)->waits_for, LINK_NOTHING);
	heartbeat = heartbeat_new(client, on_beat, &beats);
	while (!beats.bad && clock_monotonic_ms() < start + 60000) {
		const struct link_state *link = kube_link(client);

		if (link->waits_for == layer && clock_monotonic_ms() - link->waits_since_ms > 100) {
			was_waiting = true;
			assert_int_equal(link->code, ERR_NONE);
		}
		loop_turn(loop, 20);
	}
	assert_true(was_waiting);
	assert_int_equal(beats.bad, 1);
	assert_int_equal(kube_link(client)->code, ERR_TIMEOUT);
	assert_int_equal((enum link_wait)kube_link(client)->layer, layer);
	heartbeat_free(heartbeat);
	kube_client_free(client);
	loop_free(loop);
	close(listener);
}

static void test_the_layer_that_is_waited_for(void **state)
{
	(void)state;
	wait_on_deaf("http", LINK_ANSWER);
	wait_on_deaf("https", LINK_TLS);
}

struct answer {
	int count;
	long status;
};

static void on_answer(void *data, const struct kube_result *result)
{
	struct answer *answer = data;

	answer->count++;
	answer->status = result->status;
}

/* Connections may be dead: whoever waits on one of them asks again over another, long before the time is over. */
static void test_a_question_leaves_a_dead_connection(void **state)
{
	struct serve_step steps[] = {
		{"nodes/a", 200, NULL, "{", .stays = true},
		{"nodes/a", 200, NULL, NODE("a", "1"), .stays = false},
	};
	struct answer answer = {0};
	const struct kube_request request = {
		.method = "GET", .path = "/api/v1/nodes/a", .on_done = on_answer, .data = &answer};
	struct kube_slot *slot;
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	assert_int_equal(kube_read(stage.client, &request, &slot, NULL), 0);
	RUN_UNTIL(&stage, serve_count(&stage.server, "nodes/a") == 1);
	run_for(&stage, 100);
	assert_int_equal(answer.count, 0);
	kube_leave_connections(stage.client);
	RUN_UNTIL(&stage, answer.count == 1);
	assert_int_equal(answer.status, 200);
	assert_int_equal(serve_count(&stage.server, "nodes/a"), 2);
	stage_close(&stage);
}

static void test_a_watch_goes_on_from_its_version(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"resourceVersion=100", 200, NULL, EVENT("MODIFIED", NODE("a", "101")), .stays = true},
		{"resourceVersion=101", 200, NULL, EVENT("MODIFIED", NODE("a", "102")), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.records == 2);
	reflector_resume(stage.reflector);
	RUN_UNTIL(&stage, stage.records == 3);
	assert_int_equal(stage.wholes, 1);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	assert_int_equal(stage.states[REFLECTOR_WAITING], 0);
	stage_close(&stage);
}

static void test_a_back_off_ends_when_told(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 503, "Retry-After: 3600\r\n", "{\"kind\":\"Status\",\"code\":503}", .stays = false},
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"watch=1", 200, NULL, BOOKMARK("100"), .stays = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_WAITING || kube_link(stage.client)->code == ERR_SERVER);
	run_for(&stage, 300);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	reflector_resume(stage.reflector);
	RUN_UNTIL(&stage, stage.wholes == 1);
	stage_close(&stage);
}

/* What a user may not do or a server does not have does not change with the connection. */
static void test_refusals_are_left_alone(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 403, NULL, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"no\"}",
		 .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	RUN_UNTIL(&stage, stage.state == REFLECTOR_FORBIDDEN);
	reflector_resume(stage.reflector);
	run_for(&stage, 300);
	assert_int_equal(serve_count(&stage.server, "limit=500"), 1);
	stage_close(&stage);
}

/* A proxy that cuts what is old: each watch goes on, the link was never gone, and the version is not asked anew. */
static void test_a_cut_is_no_failure_of_the_link(void **state)
{
	struct serve_step steps[] = {
		{"limit=500", 200, NULL, LIST(NODE("a", "1"), "100"), .stays = false},
		{"resourceVersion=100", 200, NULL, EVENT("MODIFIED", NODE("a", "101")), .is_cut = true},
		{"resourceVersion=101", 200, NULL, EVENT("MODIFIED", NODE("a", "102")), .is_cut = true},
		{"resourceVersion=102", 200, NULL, EVENT("MODIFIED", NODE("a", "103")), .stays = true},
		{"/version", 200, NULL, "{\"gitVersion\":\"v1.34.4\"}", .repeats = true},
	};
	struct stage stage;

	(void)state;
	stage_open(&stage, steps, array_length(steps));
	while (stage.records < 4) {
		assert_int_equal(kube_link(stage.client)->code, ERR_NONE);
		loop_turn(stage.loop, 20);
	}
	assert_int_equal(stage.wholes, 1);
	assert_int_equal(stage.states[REFLECTOR_WAITING], 0);
	assert_int_equal(serve_count(&stage.server, "/version"), 1);
	stage_close(&stage);
}

static void test_versions_that_are_too_old(void **state)
{
	(void)state;
	assert_int_equal(kube_check_version("v1.21.14", NULL), -1);
	assert_int_equal(kube_check_version("v1.9.0-gke.1", NULL), -1);
	assert_int_equal(kube_check_version("v1.22.0", NULL), 0);
	assert_int_equal(kube_check_version("v1.34.4+k3s1", NULL), 0);
	assert_int_equal(kube_check_version("v2.0.0", NULL), 0);
	assert_int_equal(kube_check_version("", NULL), 0);
	assert_int_equal(kube_check_version("unknown.", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quiet_server_is_asked),
		cmocka_unit_test(test_the_layer_that_is_waited_for),
		cmocka_unit_test(test_a_question_leaves_a_dead_connection),
		cmocka_unit_test(test_a_watch_goes_on_from_its_version),
		cmocka_unit_test(test_a_back_off_ends_when_told),
		cmocka_unit_test(test_refusals_are_left_alone),
		cmocka_unit_test(test_a_cut_is_no_failure_of_the_link),
		cmocka_unit_test(test_versions_that_are_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
