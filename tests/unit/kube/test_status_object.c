#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/status_object.h"

static char server[] = "https://k8s.example.org:6443";
static char user[] = "operator";
static char file[] = "~/.kube/config";
static const struct kubeconfig_view view = {.server = server, .user = user, .file = file};

static void assert_explained(long status, const char *document_text, enum err_code code, const char *expected)
{
	json_t *document = document_text ? json_loads(document_text, 0, NULL) : NULL;
	struct err err = {0};
	auto_free char *text = NULL;

	status_explain(status, document, &view, &err);
	text = err_text(&err);
	assert_int_equal(err.code, code);
	assert_string_equal(text, expected);
	json_decref(document);
}

static void test_statuses_become_errors(void **state)
{
	(void)state;
	assert_explained(403,
			 "{\"kind\":\"Status\",\"message\":\"nodes is forbidden: User \\\"v\\\" cannot list\","
			      "\"reason\":\"Forbidden\",\"code\":403}", ERR_FORBIDDEN,
			 "nodes is forbidden: User \"v\" cannot list (user operator needs a role that allows this)");
	assert_explained(401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}", ERR_UNAUTHORIZED,
			 "https://k8s.example.org:6443 does not accept the credentials of user operator (renew the credentials "
			 "of user operator in ~/.kube/config)");
	assert_explained(404, "{\"kind\":\"Status\",\"message\":\"pods \\\"x\\\" not found\"}", ERR_NOT_FOUND,
			 "pods \"x\" not found");
	assert_explained(503, NULL, ERR_SERVER,
			 "https://k8s.example.org:6443 answers with status 503 (it is no answer of a "
						"kube-apiserver; check the server's address and proxies)");
	assert_explained(302, NULL, ERR_PROTOCOL,
			 "https://k8s.example.org:6443 answers with status 302 (a proxy or login page "
						  "answers for the apiserver; check the server's address)");
	assert_explained(429,
			 "{\"kind\":\"Status\",\"message\":\"Cannot evict pod\",\"details\":{\"causes\":[{\"reason\":"
			      "\"DisruptionBudget\"}]}}", ERR_THROTTLED,
			 "Cannot evict pod (a PodDisruptionBudget allows no eviction now)");
}

static void test_codes(void **state)
{
	(void)state;
	assert_int_equal(status_code(400), ERR_INVALID);
	assert_int_equal(status_code(422), ERR_INVALID);
	assert_int_equal(status_code(409), ERR_CONFLICT);
	assert_int_equal(status_code(410), ERR_GONE);
	assert_int_equal(status_code(429), ERR_THROTTLED);
	assert_int_equal(status_code(500), ERR_SERVER);
	assert_int_equal(status_code(301), ERR_PROTOCOL);
}

static void test_hostile_statuses_do_no_harm(void **state)
{
	static const char *const documents[] = {
		"{\"kind\":\"Status\",\"message\":7,\"reason\":[],\"details\":\"x\"}",
		"{\"kind\":[]}",
		"[]",
		"{\"kind\":\"Status\",\"message\":\"{server} %s \\u001b[2J\",\"details\":{\"causes\":[7,{\"reason\":{}}]}}",
	};

	(void)state;
	for (size_t i = 0; i < array_length(documents); i++) {
		json_t *document = json_loads(documents[i], 0, NULL);
		struct err err = {0};
		auto_free char *text = NULL;

		assert_non_null(document);
		status_explain(500, document, &view, &err);
		text = err_text(&err);
		assert_null(strchr(text, '\x1b'));
		assert_false(status_object_has_cause(document, "DisruptionBudget"));
		assert_string_equal(status_object_reason(document), "");
		json_decref(document);
	}
	assert_false(status_object_is(NULL));
}

static void test_both_ends_of_long_messages_are_kept(void **state)
{
	auto_free char *long_part = xcalloc(1, 5001);
	auto_free char *text = NULL;
	struct err err = {0};
	json_t *document;

	(void)state;
	for (size_t i = 0; i < 5000; i += 2)
		memcpy(long_part + i, "\u00e4", 2);
	document = json_pack("{s:s,s:s++}", "kind", "Status", "message", "it is invalid: ", long_part,
			     ": unknown field spec.x");
	assert_non_null(document);
	status_explain(422, document, &view, &err);
	text = err_text(&err);
	assert_non_null(strstr(text, "it is invalid: \u00e4\u00e4"));
	assert_non_null(strstr(text, "\u00e4 ... \u00e4"));
	assert_non_null(strstr(text, "\u00e4: unknown field spec.x"));
	assert_null(strstr(text, "\\x"));
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses_become_errors),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_hostile_statuses_do_no_harm),
		cmocka_unit_test(test_both_ends_of_long_messages_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
