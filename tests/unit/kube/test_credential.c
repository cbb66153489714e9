#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/credential.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/loop.h"

static char server[] = "https://k8s.example.org";
static char plain_server[] = "http://k8s.example.org";
static char version[] = "client.authentication.k8s.io/v1";
static char shell[] = "sh";
static char dash_c[] = "-c";
static char user[] = "operator";
static char file[] = "f";

struct bench {
	char folder[32];
	char *runs;		/* the plugin writes a letter here each time */
	char *script;
	char *arguments[3];
	struct kubeconfig_exec exec;
	struct kubeconfig_view view;
	struct loop *loop;
	struct credential *credential;
	int called;
	int failed;
};

static struct bench *start(const char *command)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	memcpy(bench->folder, "/tmp/nks-triage-test-XXXXXX", 28);
	assert_non_null(mkdtemp(bench->folder));
	bench->runs = xasprintf("%s/runs", bench->folder);
	bench->script = xasprintf("printf x >> %s; %s", bench->runs, command);
	bench->arguments[0] = dash_c;
	bench->arguments[1] = bench->script;
	bench->exec = (struct kubeconfig_exec){.api_version = version, .command = shell, .arguments = bench->arguments};
	bench->view = (struct kubeconfig_view){.server = server, .user = user, .file = file, .exec = &bench->exec};
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	bench->credential = credential_new(bench->loop, &bench->view);
	return bench;
}

static void stop(struct bench *bench)
{
	credential_free(bench->credential);
	loop_free(bench->loop);
	unlink(bench->runs);
	assert_int_equal(rmdir(bench->folder), 0);
	free(bench->runs);
	free(bench->script);
	free(bench);
}

static void on_ready(void *data, const struct err *err)
{
	struct bench *bench = data;

	bench->called++;
	bench->failed += err != NULL;
}

static size_t count_runs(const struct bench *bench)
{
	struct stat status;

	return stat(bench->runs, &status) < 0 ? 0 : (size_t)status.st_size;
}

static void ask_and_wait(struct bench *bench, struct credential_waiter *waiters, int count)
{
	struct http_security security = {0};

	for (int i = 0; i < count; i++) {
		assert_int_equal(credential_get(bench->credential, &security, NULL), CREDENTIAL_WAIT);
		waiters[i] = (struct credential_waiter){.on_ready = on_ready, .data = bench};
		credential_wait(bench->credential, &waiters[i]);
	}
}

static void turn_until_called(struct bench *bench, int called)
{
	int64_t end = clock_monotonic_ms() + 120000;

	while (bench->called < called && clock_monotonic_ms() < end)
		loop_turn(bench->loop, 1000);
	assert_int_equal(bench->called, called);
}

#define ANSWER(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":" \
		       status "}'"

static void test_many_who_wait_share_one_run(void **state)
{
	struct bench *bench = start(ANSWER("{\"token\":\"t\"}"));
	struct http_security security = {0};
	struct credential_waiter waiters[4];

	(void)state;
	ask_and_wait(bench, waiters, 4);
	credential_wait_cancel(&waiters[1]);
	turn_until_called(bench, 3);
	assert_int_equal(bench->failed, 0);
	assert_int_equal(count_runs(bench), 1);
	assert_int_equal(credential_get(bench->credential, &security, NULL), CREDENTIAL_READY);
	assert_string_equal(security.bearer_token, "t");
	assert_true(credential_drop(bench->credential));
	ask_and_wait(bench, waiters, 1);
	turn_until_called(bench, 4);
	assert_int_equal(count_runs(bench), 2);
	stop(bench);
}

static void test_all_hear_of_a_failure_and_the_next_tries_again(void **state)
{
	struct bench *bench = start("exit 1");
	struct credential_waiter waiters[2];

	(void)state;
	ask_and_wait(bench, waiters, 2);
	turn_until_called(bench, 2);
	assert_int_equal(bench->failed, 2);
	assert_int_equal(count_runs(bench), 1);
	ask_and_wait(bench, waiters, 1);
	turn_until_called(bench, 3);
	assert_int_equal(count_runs(bench), 2);
	stop(bench);
}

static void test_end_while_the_plugin_runs(void **state)
{
	struct bench *bench = start("sleep 1000");
	struct credential_waiter waiters[2];

	(void)state;
	ask_and_wait(bench, waiters, 2);
	while (!count_runs(bench))
		loop_turn(bench->loop, 10);
	stop(bench);
	assert_null(waiters[0].credential);
}

static void test_plain_http_shows_nothing(void **state)
{
	struct bench *bench = start(ANSWER("{\"token\":\"t\"}"));
	struct http_security security = {0};

	(void)state;
	bench->view.server = plain_server;
	assert_int_equal(credential_get(bench->credential, &security, NULL), CREDENTIAL_READY);
	assert_null(security.bearer_token);
	assert_false(credential_drop(bench->credential));
	assert_int_equal(count_runs(bench), 0);
	stop(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_who_wait_share_one_run),
		cmocka_unit_test(test_all_hear_of_a_failure_and_the_next_tries_again),
		cmocka_unit_test(test_end_while_the_plugin_runs),
		cmocka_unit_test(test_plain_http_shows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
