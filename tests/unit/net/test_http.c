/*
 * Transfers against a server in a thread that answers by path. What concerns TLS, proxies and silent servers is
 * tested on recording servers in tests/client/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/http.h"
#include "probes/net/loop.h"

struct bench {
	struct loop *loop;
	int listener;
	int port;
	pthread_t thread;
	int done;		/* calls of on_done */
	int heads;
	size_t bytes;
	long status;
	enum err_code code;
	bool aborted;
	int64_t retry_after_ms;
	char body[256];
	char warnings[256];
	char challenge[64];
	char error[256];
	struct http_slot *victim;
	bool start_in_body;
};

static void send_text(int connection, const char *text)
{
	assert_true(send(connection, text, strlen(text), MSG_NOSIGNAL) >= 0);
}

static void send_repeated(int connection, const char *text, int times)
{
	for (int i = 0; i < times; i++) {
		if (send(connection, text, strlen(text), MSG_NOSIGNAL) < 0)
			return;
	}
}

static void answer(int connection, const char *request)
{
	if (strstr(request, " /echo")) {
		auto_free char *text = xasprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nWarning: 299 - \"one \\\"q\\\"\"\r\n"
						 "warning: 299 - \"two\"\r\nContent-Length: %zu\r\n\r\n%s",
						 strlen(request), request);

		send_text(connection, text);
	} else if (strstr(request, " /busy")) {
		send_text(connection,
			  "HTTP/1.1 429 Too Many\r\nConnection: close\r\nRetry-After: 99999\r\nContent-Length: 4\r\n\r\nbusy");
	} else if (strstr(request, " /login")) {
		send_text(connection,
			  "HTTP/1.1 100 Continue\r\nAudit-ID: no\r\n\r\nHTTP/1.1 401 No\r\nConnection: close\r\n"
				      "WWW-Authenticate: Bearer realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
	} else if (strstr(request, " /headers")) {
		send_text(connection, "HTTP/1.1 200 OK\r\n");
		send_repeated(connection, "X-Much: 0123456789012345678901234567890123456789\r\n", 10000);
	} else if (strstr(request, " /cut")) {
		send_text(connection,
			  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nab");
		shutdown(connection, SHUT_RDWR);
	} else if (strstr(request, " /stall")) {
		send_text(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
	} else if (strstr(request, " /keep")) {
		char second[4096];

		/* The connection is kept, and ends when it is used again. */
		send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept");
		assert_true(recv(connection, second, sizeof(second), 0) > 0);
		shutdown(connection, SHUT_RDWR);
	} else if (strstr(request, " /big")) {
		send_text(connection,
			  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n");
		send_repeated(connection, "0123456789", 100000);
	} else {
		send_text(connection, "SSH-2.0-OpenSSH_9.2\r\n");
		shutdown(connection, SHUT_RDWR);
	}
}

/*
 * One connection at a time suffices: each ends before the next begins, or stays silent while its
 * test looks on.
 */
static void *serve(void *data)
{
	struct bench *bench = data;
	int open[32];
	size_t count = 0;
	int connection;

	while ((connection = accept(bench->listener, NULL, NULL)) >= 0) {
		char request[4096];
		ssize_t n = recv(connection, request, sizeof(request) - 1, 0);

		if (n > 0) {
			request[n] = '\0';
			answer(connection, request);
		}
		shutdown(connection, SHUT_RD);
		open[count++ % 32] = connection;
	}
	for (size_t i = 0; i < count; i++)
		close(open[i]);
	return NULL;
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	bench->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(bench->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(bench->listener, 16), 0);
	assert_int_equal(getsockname(bench->listener, (struct sockaddr *)&address, &length), 0);
	bench->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	loop_free(bench->loop);
	shutdown(bench->listener, SHUT_RDWR);
	pthread_join(bench->thread, NULL);
	close(bench->listener);
	free(bench);
	return 0;
}

static void on_done(void *data, const struct http_result *result)
{
	struct bench *bench = data;
	auto_free char *error = NULL;

	bench->done++;
	bench->status = result->status;
	bench->code = result->code;
	bench->aborted = result->aborted_by_callback;
	bench->retry_after_ms = result->retry_after_ms;
	snprintf(bench->body, sizeof(bench->body), "%s", buffer_text(result->body));
	snprintf(bench->warnings, sizeof(bench->warnings), "%s", result->warnings);
	snprintf(bench->challenge, sizeof(bench->challenge), "%s", result->challenge);
	if (result->code == ERR_NONE)
		return;
	assert_int_equal(result->err.code, result->code);
	error = err_text(&result->err);
	snprintf(bench->error, sizeof(bench->error), "%s", error);
}

static void on_head(void *data, long status, const char *content_type)
{
	struct bench *bench = data;

	assert_int_equal(status, 200);
	assert_non_null(content_type);
	bench->heads++;
}

static int count_bytes(void *data, const char *bytes, size_t n)
{
	struct bench *bench = data;

	assert_non_null(bytes);
	bench->bytes += n;
	return 0;
}

static struct http_slot *start(struct bench *bench, const char *path, struct http_request *request)
{
	auto_free char *url = xasprintf("http://127.0.0.1:%d%s", bench->port, path);

	if (!request->method)
		request->method = "GET";
	request->url = url;
	request->on_done = on_done;
	request->data = bench;
	return http_start(bench->loop, request);
}

static void turn_until_done(struct bench *bench, int done)
{
	int64_t end = clock_monotonic_ms() + 120000;

	while (bench->done < done && clock_monotonic_ms() < end)
		loop_turn(bench->loop, 1000);
	assert_int_equal(bench->done, done);
}

static void run(struct bench *bench, const char *path, struct http_request request)
{
	int done = bench->done;

	start(bench, path, &request);
	turn_until_done(bench, done + 1);
}

static void test_request_carries_what_was_asked_and_nothing_of_curl(void **state)
{
	struct bench *bench = *state;
	struct http_header header = {"Impersonate-User", "viewer"};

	run(bench, "/echo", (struct http_request){.method = "PATCH", .headers = &header, .header_count = 1,
						  .body = "{}", .body_length = 2,
						  .content_type = "application/merge-patch+json"});
	assert_int_equal(bench->status, 200);
	assert_int_equal(bench->code, ERR_NONE);
	assert_memory_equal(bench->body, "PATCH /echo HTTP/1.1\r\n", 22);
	assert_non_null(strstr(bench->body, "\r\nImpersonate-User: viewer\r\n"));
	assert_non_null(strstr(bench->body, "\r\nContent-Type: application/merge-patch+json\r\n"));
	assert_non_null(strstr(bench->body, "\r\nUser-Agent: nks-triage/"));
	assert_non_null(strstr(bench->body, "\r\n\r\n{}"));
	assert_null(strstr(bench->body, "Expect"));
	assert_null(strstr(bench->body, "Accept-Encoding"));
	assert_string_equal(bench->warnings, "one \"q\"\ntwo");
}

/* A kept connection that ends under a request says nothing about whether the server has read it. */
static void test_what_is_sent_once_is_not_repeated(void **state)
{
	struct bench *bench = *state;
	const struct http_request patch = {.method = "PATCH", .body = "{}", .body_length = 2, .sends_once = true};
	struct http_request repeated = patch;

	run(bench, "/keep", (struct http_request){0});
	assert_string_equal(bench->body, "kept");
	run(bench, "/echo", patch);
	assert_int_equal(bench->code, ERR_CONNECT);
	assert_int_equal(bench->status, 0);
	run(bench, "/echo", patch);
	assert_int_equal(bench->status, 200);
	assert_non_null(strstr(bench->body, "\r\nContent-Length: 2\r\n"));
	/* A question may be asked again. */
	repeated.sends_once = false;
	run(bench, "/keep", (struct http_request){0});
	run(bench, "/echo", repeated);
	assert_int_equal(bench->status, 200);
}

static void test_refusal_is_an_answer(void **state)
{
	struct bench *bench = *state;

	run(bench, "/busy", (struct http_request){.on_body = count_bytes, .on_head = on_head});
	assert_int_equal(bench->status, 429);
	assert_int_equal(bench->code, ERR_NONE);
	assert_string_equal(bench->body, "busy");
	assert_int_equal(bench->retry_after_ms, 60000);
	assert_int_equal(bench->heads, 0);
	assert_int_equal(bench->bytes, 0);
	run(bench, "/login", (struct http_request){0});
	assert_int_equal(bench->status, 401);
	assert_string_equal(bench->challenge, "Bearer realm=\"r\"");
}

static void test_limits_name_themselves(void **state)
{
	struct bench *bench = *state;

	run(bench, "/headers", (struct http_request){0});
	assert_int_equal(bench->code, ERR_LIMIT);
	assert_non_null(strstr(bench->error, "headers"));
	run(bench, "/big", (struct http_request){.body_maximum = 1000});
	assert_int_equal(bench->code, ERR_LIMIT);
	assert_non_null(strstr(bench->error, "1000 bytes"));
	run(bench, "/big", (struct http_request){.body_maximum = 1000, .on_body = count_bytes,
						 .on_head = on_head});
	assert_int_equal(bench->code, ERR_NONE);
	assert_int_equal(bench->bytes, 1000000);
	assert_int_equal(bench->heads, 1);
}

static void test_broken_answers_are_connection_errors(void **state)
{
	struct bench *bench = *state;

	run(bench, "/cut", (struct http_request){.on_body = count_bytes});
	assert_int_equal(bench->code, ERR_CONNECT);
	assert_int_equal(bench->status, 200);
	assert_int_equal(bench->bytes, 7);
	run(bench, "/ssh", (struct http_request){0});
	assert_int_equal(bench->code, ERR_PROTOCOL);
}

static void test_silent_stream_ends_and_total_time_is_limited(void **state)
{
	struct bench *bench = *state;

	run(bench, "/stall", (struct http_request){.kind = HTTP_STREAM, .idle_ms = 1500,
						   .on_body = count_bytes});
	assert_int_equal(bench->code, ERR_TIMEOUT);
	assert_int_equal(bench->bytes, 2);
	assert_non_null(strstr(bench->error, "nothing came"));
	run(bench, "/stall", (struct http_request){.timeout_ms = 1500});
	assert_int_equal(bench->code, ERR_TIMEOUT);
	assert_non_null(strstr(bench->error, "within 1.5 s"));
}

static void test_unusable_requests_fail_from_the_loop(void **state)
{
	struct bench *bench = *state;
	struct http_header header = {"X", "a\r\nEvil: b"};
	struct http_request request = {.headers = &header, .header_count = 1};

	start(bench, "/echo", &request);
	assert_int_equal(bench->done, 0);
	turn_until_done(bench, 1);
	assert_int_equal(bench->code, ERR_CONFIG);
	request = (struct http_request){.method = "GET", .url = "ftp://127.0.0.1/", .on_done = on_done,
					.data = bench};
	http_start(bench->loop, &request);
	turn_until_done(bench, 2);
	assert_int_equal(bench->code, ERR_CONFIG);
}

static void test_private_addresses_are_refused_on_demand(void **state)
{
	struct bench *bench = *state;

	run(bench, "/echo", (struct http_request){.public_only = true});
	assert_int_equal(bench->code, ERR_REFUSED);
	assert_int_equal(bench->status, 0);
}

static int abort_body(void *data, const char *bytes, size_t n)
{
	count_bytes(data, bytes, n);
	return -1;
}

static void test_reader_ends_its_transfer(void **state)
{
	struct bench *bench = *state;

	run(bench, "/big", (struct http_request){.on_body = abort_body});
	assert_true(bench->aborted);
	assert_int_equal(bench->code, ERR_CANCELLED);
	assert_in_range(bench->bytes, 1, 999999);
}

static int cancel_self(void *data, const char *bytes, size_t n)
{
	struct bench *bench = data;

	count_bytes(data, bytes, n);
	http_cancel(take_pointer(bench->victim));
	return 0;
}

static void test_transfer_cancels_itself_and_others(void **state)
{
	struct bench *bench = *state;
	struct http_request request = {.on_body = cancel_self};
	struct http_request plain = {0};
	struct http_slot *other;
	size_t bytes;

	bench->victim = start(bench, "/big", &request);
	while (!bench->bytes)
		loop_turn(bench->loop, 1000);
	bytes = bench->bytes;
	other = start(bench, "/stall", &plain);
	http_cancel(other);
	http_cancel(NULL);
	run(bench, "/echo", plain);
	assert_int_equal(bench->done, 1);
	assert_int_equal(bench->bytes, bytes);
}

static void start_another(void *data, const struct http_result *result)
{
	struct bench *bench = data;
	struct http_request request = {0};

	bench->done++;
	assert_int_equal(result->status, 200);
	http_cancel(take_pointer(bench->victim));
	start(bench, "/echo", &request);
}

static int start_in_body(void *data, const char *bytes, size_t n)
{
	struct bench *bench = data;
	struct http_request request = {0};

	if (!bench->bytes)
		start(bench, "/echo", &request);
	return count_bytes(data, bytes, n);
}

static void test_callbacks_start_transfers(void **state)
{
	struct bench *bench = *state;
	auto_free char *url = xasprintf("http://127.0.0.1:%d/echo", bench->port);
	struct http_request request = {.method = "GET", .url = url, .on_done = start_another, .data = bench};

	/* on_done that cancels its own slot and starts the next. */
	bench->victim = http_start(bench->loop, &request);
	turn_until_done(bench, 2);
	assert_int_equal(bench->status, 200);
	request = (struct http_request){.on_body = start_in_body};
	start(bench, "/big", &request);
	turn_until_done(bench, 4);
	assert_int_equal(bench->bytes, 1000000);
}

static void test_loop_ends_with_transfers_left(void **state)
{
	struct bench *bench = *state;
	struct http_request stall = {0};
	struct http_request bad = {0};

	start(bench, "/stall", &stall);
	start(bench, "\x01", &bad);
	loop_turn(bench->loop, 0);
	loop_free(bench->loop);
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request_carries_what_was_asked_and_nothing_of_curl,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusal_is_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits_name_themselves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_answers_are_connection_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silent_stream_ends_and_total_time_is_limited, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_unusable_requests_fail_from_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_private_addresses_are_refused_on_demand, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_reader_ends_its_transfer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_sent_once_is_not_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_transfer_cancels_itself_and_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_callbacks_start_transfers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_loop_ends_with_transfers_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
