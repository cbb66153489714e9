#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/credential_exec.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/job.h"

static char version[] = "client.authentication.k8s.io/v1";
static char command[] = "plugin";
static char user[] = "operator";
static char file[] = "~/.kube/config";
static char server[] = "https://k8s.example.org";
static char config[] = "{\"n\":1}";

static void test_a_plugin_that_hangs_is_told_with_what_it_said(void **state)
{
	struct kubeconfig_exec exec = {.api_version = version, .command = command};
	struct kubeconfig_view view = {.exec = &exec, .user = user, .file = file};
	struct buffer out = BUFFER_INIT(100);
	struct buffer error_out = BUFFER_INIT(100);
	struct job_result result = {.exit_code = -1, .signal = 15, .timed_out = true, .out = &out, .error_out = &error_out};
	struct exec_answer answer;
	struct err err = {0};
	auto_free char *text = NULL;

	(void)state;
	buffer_add_text(&error_out, "open the browser at\nhttps://login.example.org\n\n");
	assert_int_equal(exec_read(&view, &result, &answer, &err), -1);
	text = err_text(&err);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_non_null(strstr(text, "the credential plugin plugin did not end in time; it said: open the browser at "
				     "https://login.example.org (run it by hand"));
	buffer_release(&error_out);
}

static void test_expiry_is_read(void **state)
{
	struct kubeconfig_exec exec = {.api_version = version, .command = command};
	struct kubeconfig_view view = {.exec = &exec, .user = user, .file = file};
	struct buffer out = BUFFER_INIT(1000);
	struct buffer error_out = BUFFER_INIT(100);
	struct job_result result = {.out = &out, .error_out = &error_out};
	struct exec_answer answer;

	(void)state;
	buffer_add_text(&out, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":"
			      "{\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T01:00:00+00:00\"}}");
	assert_int_equal(exec_read(&view, &result, &answer, NULL), 0);
	assert_string_equal(answer.token, "t");
	assert_int_equal(answer.expires, 3600);
	exec_answer_release(&answer);
	assert_null(answer.token);
	buffer_release(&out);
}

static void test_cluster_information_only_where_it_is_asked_for(void **state)
{
	struct kubeconfig_exec exec = {.api_version = version, .command = command, .cluster_config = config};
	struct kubeconfig_view view = {.exec = &exec, .user = user, .file = file, .server = server};
	auto_free char *without = exec_information(&view, false);
	auto_free char *with = NULL;

	(void)state;
	exec.provide_cluster_info = true;
	with = exec_information(&view, false);
	assert_string_equal(without, "KUBERNETES_EXEC_INFO={\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"
				     "\"ExecCredential\",\"spec\":{\"interactive\":false}}");
	assert_non_null(strstr(with, "\"cluster\":{\"server\":\"https://k8s.example.org\",\"config\":{\"n\":1}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plugin_that_hangs_is_told_with_what_it_said),
		cmocka_unit_test(test_expiry_is_read),
		cmocka_unit_test(test_cluster_information_only_where_it_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
