#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/client_path.h"
#include "probes/kube/client_private.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/loop.h"

/* Nobody listens on port 1: requests that pass a door fail later, which no test here waits for. */
struct bench {
	struct loop *loop;
	struct kube_client *client;
	struct write_token *token;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct kubeconfig_view *view = xcalloc(1, sizeof(*view));

	view->server = xstrdup("http://127.0.0.1:1");
	view->user = xstrdup("u");
	view->file = xstrdup("f");
	assert_int_equal(loop_new(&bench->loop, NULL), 0);
	assert_int_equal(kube_client_new(bench->loop, view, NULL, &bench->client, NULL), 0);
	bench->token = write_token_new("digest");
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	write_token_free(bench->token);
	kube_client_free(bench->client);
	loop_free(bench->loop);
	free(bench);
	return 0;
}

static void expect_nothing(void *data, const struct kube_result *result)
{
	(void)data;
	(void)result;
}

static struct kube_request request_of(const char *method, const char *path, const char *body)
{
	return (struct kube_request){.method = method, .path = path, .body = body, .on_done = expect_nothing};
}

static void test_reading_door_reads_only(void **state)
{
	static const char *const refused[][2] = {
		{"POST", "/api/v1/pods"},
		{"DELETE", "/api/v1/namespaces/x/pods/y"},
		{"get", "/api/v1/pods"},
		{"GET", "/api/v1/namespaces/x/pods/y/exec?command=rm"},
		{"GET", "/api/v1/namespaces/x/pods/y/%65xec?command=rm"},
		{"GET", "/api/v1/namespaces/x/pods/y%2Fexec?command=rm"},
		{"GET", "/api/v1/namespaces/x/pods/y/attach"},
		{"GET", "/api/v1/namespaces/x/pods/y/portforward"},
		{"GET", "/api/v1/namespaces/x/services/y/proxy/delete"},
		{"GET", "/api/v1/nodes/n/proxy/run/x"},
		{"GET", "/api/v1/nodes/n/proxy/stats/summary/x"},
		{"GET", "/api/v1/nodes/n/proxy"},
		{"GET", "/api/v1/pods/../nodes"},
		{"GET", "/api/v1/pods/%2e%2e/nodes"},
		{"GET", "/api/v1//nodes"},
		{"GET", "/api/v1/nodes#x"},
		{"GET", "/api/v1/nodes x"},
		{"GET", "/api/v1/nodes\r\nX: y"},
		{"GET", "/api/v1/nodes/%zz"},
		{"GET", "/api/v1/nodes/%00"},
		{"GET", "http://elsewhere/api/v1/nodes"},
	};
	static const char *const passed[] = {
		"/version", "/api/v1/nodes?limit=500", "/api/v1/namespaces/x/pods/exec",
		"/api/v1/namespaces/proxy",
		"/api/v1/nodes/n/proxy/stats/summary", "/api/v1/nodes/n/proxy/metrics/cadvisor",
		"/api/v1/namespaces/x/pods/y/log?tailLines=5",
		"/apis/apps/v1/namespaces/x/daemonsets/attach/status",
	};
	struct bench *bench = *state;
	struct err err;

	for (size_t i = 0; i < array_length(refused); i++) {
		struct kube_request request = request_of(refused[i][0], refused[i][1], NULL);

		if (kube_read(bench->client, &request, NULL, &err) != -1)
			fail_msg("%s %s passed", refused[i][0], refused[i][1]);
		assert_int_equal(err.code, ERR_REFUSED);
	}
	for (size_t i = 0; i < array_length(passed); i++) {
		struct kube_request request = request_of("GET", passed[i], NULL);

		if (kube_read(bench->client, &request, NULL, &err) != 0)
			fail_msg("%s did not pass", passed[i]);
	}
}

static void assert_asked(struct bench *bench, const char *method, const char *path, const char *body,
			 const char *sent_path, const char *sent_body)
{
	struct kube_request request = request_of(method, path, body);
	struct kube_slot *slot;

	assert_int_equal(kube_ask(bench->client, &request, &slot, NULL), 0);
	assert_string_equal(slot->path, sent_path);
	if (sent_body)
		assert_string_equal(slot->body, sent_body);
	kube_cancel(slot);
}

static void test_asking_door_makes_every_change_a_dry_run(void **state)
{
	struct bench *bench = *state;

	assert_asked(bench, "PATCH", "/apis/apps/v1/namespaces/x/daemonsets/d", "{}",
		     "/apis/apps/v1/namespaces/x/daemonsets/d?dryRun=All&fieldManager=nks-triage&fieldValidation=Strict", "{}");
	assert_asked(bench, "POST", "/api/v1/namespaces/x/pods?fieldManager=me", "{}",
		     "/api/v1/namespaces/x/pods?fieldManager=me&dryRun=All&fieldValidation=Strict", "{}");
	assert_asked(bench, "POST", "/api/v1/namespaces/x/pods/y/eviction", "{}",
		     "/api/v1/namespaces/x/pods/y/eviction?dryRun=All", "{}");
	assert_asked(bench, "DELETE", "/api/v1/namespaces/x/pods/y", NULL,
		     "/api/v1/namespaces/x/pods/y?dryRun=All", NULL);
	assert_asked(bench, "DELETE", "/api/v1/namespaces/x/pods/y",
		     "{\"dryRun\":[],\"gracePeriodSeconds\":0}",
		     "/api/v1/namespaces/x/pods/y?dryRun=All",
		     "{\"dryRun\":[\"All\"],\"gracePeriodSeconds\":0}");
	assert_asked(bench, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{}",
		     "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{}");
}

static void test_asking_door_refuses_what_dry_run_does_not_stop(void **state)
{
	static const char *const refused[][3] = {
		{"GET", "/api/v1/pods", NULL},
		{"HEAD", "/api/v1/pods", NULL},
		{"POST", "/api/v1/namespaces/x/pods/y/exec?command=rm", "{}"},
		{"POST", "/api/v1/namespaces/x/serviceaccounts/y/token", "{}"},
		{"POST", "/api/v1/nodes/n/proxy/run/x", NULL},
		{"POST", "/logout", NULL},
		{"PATCH", "/api/v1/namespaces/x/pods/y?dryRun=", "{}"},
		{"PATCH", "/api/v1/namespaces/x/pods/y#", "{}"},
		{"DELETE", "/api/v1/namespaces/x/pods/y", "no JSON"},
		{"DELETE", "/api/v1/namespaces/x/pods/y", "{\"dryRun\":[],\"dryRun\":[\"All\"]}"},
		{"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/../x", "{}"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < array_length(refused); i++) {
		struct kube_request request = request_of(refused[i][0], refused[i][1], refused[i][2]);

		if (kube_ask(bench->client, &request, NULL, NULL) != -1)
			fail_msg("%s %s passed", refused[i][0], refused[i][1]);
	}
}

static int try_to_write(struct bench *bench, const struct write_token *token, const char *method,
			const char *path,
			const char *body)
{
	struct kube_request request = request_of(method, path, body);
	struct kube_slot *slot = NULL;

	if (kube_write(bench->client, token, &request, &slot, NULL) < 0)
		return -1;
	kube_cancel(slot);
	return 0;
}

static void test_writing_door_wants_a_living_token_for_this_very_request(void **state)
{
	static const char path[] = "/apis/apps/v1/namespaces/x/daemonsets/d";
	struct bench *bench = *state;

	write_token_permit(bench->token, "PATCH", path, "[1]");
	write_token_permit(bench->token, "PUT",
			   "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l", NULL);
	write_token_permit(bench->token, "POST", "/api/v1/namespaces/x/pods/y/exec", NULL);
	assert_int_equal(try_to_write(bench, NULL, "PATCH", path, "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH", path, "[1]"), 0);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH", path, "[2]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH", path, NULL), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH",
				      "/apis/apps/v1/namespaces/x/daemonsets/d?force=true", "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH",
				      "/apis/apps/v1/namespaces/x/daemonsets/d?", "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PUT", path, "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH",
				      "/apis/apps/v1/namespaces/x/daemonsets/d2", "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH",
				      "/apis/apps/v1/namespaces/x/daemonsets/%64", "[1]"), -1);
	assert_int_equal(try_to_write(bench, bench->token, "GET", path, NULL), -1);
	assert_int_equal(try_to_write(bench, bench->token, "PUT",
				      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l",
				      "{\"now\":1}"), 0);
	assert_int_equal(try_to_write(bench, bench->token, "POST", "/api/v1/namespaces/x/pods/y/exec", "{}"),
			 -1);
	write_token_end(bench->token);
	assert_int_equal(try_to_write(bench, bench->token, "PATCH", path, "[1]"), -1);
}

static void test_writes_name_their_manager_where_that_is_known(void **state)
{
	struct bench *bench = *state;
	struct kube_request request = request_of("DELETE", "/api/v1/namespaces/x/pods/y", "{}");
	struct kube_slot *slot;

	write_token_permit(bench->token, "DELETE", "/api/v1/namespaces/x/pods/y", "{}");
	write_token_permit(bench->token, "POST", "/api/v1/namespaces/x/pods/y/eviction", "{}");
	write_token_permit(bench->token, "PATCH", "/api/v1/nodes/n?fieldValidation=Warn", "{}");
	assert_int_equal(kube_write(bench->client, bench->token, &request, &slot, NULL), 0);
	assert_string_equal(slot->path, "/api/v1/namespaces/x/pods/y");
	request.method = "POST";
	request.path = "/api/v1/namespaces/x/pods/y/eviction";
	assert_int_equal(kube_write(bench->client, bench->token, &request, &slot, NULL), 0);
	assert_string_equal(slot->path, "/api/v1/namespaces/x/pods/y/eviction");
	request.method = "PATCH";
	request.path = "/api/v1/nodes/n?fieldValidation=Warn";
	assert_int_equal(kube_write(bench->client, bench->token, &request, &slot, NULL), 0);
	assert_string_equal(slot->path, "/api/v1/nodes/n?fieldValidation=Warn&fieldManager=nks-triage");
}

static void test_names_are_escaped(void **state)
{
	auto_free char *plain = kube_escape("calico-node.v1_2~");
	auto_free char *odd = kube_escape("a/b?c#d%e \x01é");
	auto_free char *dots = kube_escape("..");

	(void)state;
	assert_string_equal(plain, "calico-node.v1_2~");
	assert_string_equal(odd, "a%2Fb%3Fc%23d%25e%20%01%C3%A9");
	assert_string_equal(dots, "%2E%2E");
}

static void assert_parts(const char *path, const char *resource, const char *name, const char *subresource)
{
	struct client_path parsed;

	assert_int_equal(client_path_parse(path, &parsed, NULL), 0);
	assert_string_equal(parsed.resource, resource);
	assert_string_equal(parsed.name, name);
	assert_string_equal(parsed.subresource, subresource);
	client_path_release(&parsed);
}

static void test_paths_are_understood_as_the_server_does(void **state)
{
	(void)state;
	assert_parts("/api/v1/namespaces/x/pods/y/log?a=b", "pods", "y", "log");
	assert_parts("/api/v1/namespaces/x/pods", "pods", "", "");
	assert_parts("/api/v1/namespaces/x", "namespaces", "x", "");
	assert_parts("/api/v1/namespaces/x/status", "namespaces", "x", "status");
	assert_parts("/api/v1/namespaces/x/finalize/", "namespaces", "x", "finalize");
	assert_parts("/apis/apps/v1/daemonsets", "daemonsets", "", "");
	assert_parts("/apis/apps/v1", "", "", "");
	assert_parts("/version", "", "", "");
	assert_parts("/", "", "", "");
	assert_true(client_path_has_query("/x?a=1&watch=1", "watch"));
	assert_true(client_path_has_query("/x?watch", "watch"));
	assert_false(client_path_has_query("/x?awatch=1", "watch"));
	assert_false(client_path_has_query("/watch", "watch"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reading_door_reads_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_asking_door_makes_every_change_a_dry_run, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_asking_door_refuses_what_dry_run_does_not_stop, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_writing_door_wants_a_living_token_for_this_very_request,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_writes_name_their_manager_where_that_is_known, set_up,
						tear_down),
		cmocka_unit_test(test_names_are_escaped),
		cmocka_unit_test(test_paths_are_understood_as_the_server_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
