#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/logs.h"
#include "probes/net/loop.h"
#include "tests/unit/kube/serve.h"

#define POD(state) "{\"kind\":\"Pod\",\"status\":{\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"" state "\":{}}}]}}"

struct bench {
	struct server server;
	struct loop *loop;
	struct kube_client *client;
	struct pod_log *log;
	struct buffer lines;
	int links;
	int cuts;
	bool done;
	bool cancel_in_line;
	enum err_code code;
};

static struct bench *start(struct serve_step *steps, size_t count)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	serve_start(&bench->server, steps, count);
	view->server = xasprintf("http://127.0.0.1:%d", bench->server.port);
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	buffer_init(&bench->lines, 4096);
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	assert_int_equal(kube_client_new(bench->loop, view, NULL, &bench->client, NULL), 0);
	return bench;
}

static void stop(struct bench *bench)
{
	kube_client_free(bench->client);
	loop_free(bench->loop);
	serve_stop(&bench->server);
	buffer_release(&bench->lines);
	free(bench);
}

static void on_line(void *data, const struct log_line_view *line)
{
	struct bench *bench = data;

	buffer_add(&bench->lines, line->text, line->length);
	buffer_add_byte(&bench->lines, ';');
	if (bench->cancel_in_line) {
		pod_log_cancel(bench->log);
		bench->done = true;
	}
}

static void on_link(void *data, const struct err *err)
{
	struct bench *bench = data;

	bench->links += !err;
	bench->cuts += err != NULL;
}

static void on_done(void *data, const struct err *err)
{
	struct bench *bench = data;

	bench->done = true;
	bench->code = err ? err->code : ERR_NONE;
}

static void run(struct bench *bench, struct pod_log_request request)
{
	int64_t end = clock_monotonic_ms() + 120000;

	request.name_space = "ns";
	request.pod = "p";
	request.container = "c";
	request.on_line = on_line;
	request.on_link = on_link;
	request.on_done = on_done;
	request.data = bench;
	bench->done = false;
	assert_int_equal(pod_log_start(bench->client, &request, &bench->log, NULL), 0);
	while (!bench->done && clock_monotonic_ms() < end)
		loop_turn(bench->loop, 1000);
	assert_true(bench->done);
}

static void test_log_is_read_once(void **state)
{
	struct serve_step steps[] = {{.path = "/log", .status = 200, .headers = "X: y\r\n",
				      .body = "2026-11-21T09:00:00Z a\n2026-11-21T09:00:01Z b"}};
	struct bench *bench = start(steps, 1);

	(void)state;
	run(bench, (struct pod_log_request){.tail_lines = 5, .since_seconds = 60, .previous = true, .follow = true});
	assert_string_equal(buffer_text(&bench->lines), "a;b;");
	assert_int_equal(bench->code, ERR_NONE);
	assert_true(serve_saw(&bench->server, "/log", "GET /api/v1/namespaces/ns/pods/p/log?timestamps=true&container=c"
						      "&previous=true&limitBytes=8388608&tailLines=5&sinceSeconds=60 "));
	stop(bench);
}

static void test_followed_log_goes_on_after_a_cut_and_ends_with_its_container(void **state)
{
	struct serve_step steps[] = {
		{.path = "/log", .status = 200, .body = "2026-11-21T09:00:00.1Z a\n2026-11-21T09:00:00.2Z b\n2026",
		 .is_cut = true},
		{.path = "sinceTime=2026-11-21T09%3A00%3A00.2Z", .status = 200,
		 .body = "2026-11-21T09:00:00.1Z a\n2026-11-21T09:00:00.2Z b\n2026-11-21T09:00:00.3Z c\n"},
		{.path = "/pods/p ", .status = 200, .body = POD("running")},
		{.path = "sinceTime=2026-11-21T09%3A00%3A00.3Z", .status = 200,
		 .body = "2026-11-21T09:00:00.3Z c\n2026-11-21T09:00:00.4Z d\n"},
		{.path = "/pods/p ", .status = 200, .body = POD("terminated")},
	};
	struct bench *bench = start(steps, array_length(steps));

	(void)state;
	run(bench, (struct pod_log_request){.follow = true, .tail_lines = 10});
	assert_string_equal(buffer_text(&bench->lines), "a;b;c;d;");
	assert_int_equal(bench->code, ERR_NONE);
	assert_int_equal(bench->links, 3);
	assert_int_equal(bench->cuts, 1);
	stop(bench);
}

static void test_log_that_is_not_there_is_an_error(void **state)
{
	struct serve_step steps[] = {{.path = "/log", .status = 400, .body = "{\"kind\":\"Status\",\"message\":\"waiting\"}"}};
	struct bench *bench = start(steps, 1);

	(void)state;
	run(bench, (struct pod_log_request){.follow = true, .tail_lines = -1});
	assert_int_equal(bench->code, ERR_INVALID);
	assert_int_equal(serve_count(&bench->server, "/log"), 1);
	stop(bench);
}

static void test_reader_stops_at_a_line(void **state)
{
	struct serve_step steps[] = {{.path = "/log", .status = 200, .stays = true, .body = "a\nb\nc\n"}};
	struct bench *bench = start(steps, 1);

	(void)state;
	bench->cancel_in_line = true;
	run(bench, (struct pod_log_request){.follow = true, .tail_lines = -1});
	loop_turn(bench->loop, 0);
	assert_string_equal(buffer_text(&bench->lines), "a;");
	pod_log_cancel(NULL);
	stop(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_is_read_once),
		cmocka_unit_test(test_followed_log_goes_on_after_a_cut_and_ends_with_its_container),
		cmocka_unit_test(test_log_that_is_not_there_is_an_error),
		cmocka_unit_test(test_reader_stops_at_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
