/*
 * Answers that are not what was asked for: Status objects in JSON and
 * protobuf, pages of proxies, and what credential plugins say.
 */
#include <jansson.h>

#include "probes/kube/credential_exec.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/proto_envelope.h"
#include "probes/kube/status_object.h"
#include "probes/net/job.h"
#include "tests/fuzz/fuzz.h"

static const long statuses[] = {400, 401, 403, 404, 406, 409, 410, 422, 429, 500, 503, 504, 302, 0};

static void explain(const struct kubeconfig_view *view, long status, const json_t *document, const char *type)
{
	struct err err = {0};

	status_explain(status, document, view, &err);
	fuzz_check_error(&err);
	status_explain_foreign(type, view, &err);
	fuzz_check_error(&err);
	(void)status_object_has_cause(document, "DisruptionBudget");
	check(status_object_reason(document), "no reason at all");
}

static void read_plugin(const struct kubeconfig_view *view, struct fuzz_input input)
{
	struct buffer text = BUFFER_INIT(1 << 20);
	struct job_result result = {.out = &text, .error_out = &text};
	struct exec_answer answer = {0};
	struct err err = {0};

	buffer_add(&text, input.bytes, input.left);
	if (exec_read(view, &result, &answer, &err) < 0) {
		fuzz_check_error(&err);
	} else {
		check(answer.token || answer.certificate_pem, "an answer without anything");
		check(!answer.certificate_pem == !answer.key_pem, "half a pair");
		exec_answer_release(&answer);
	}
	result.exit_code = 1;
	check(exec_read(view, &result, &answer, &err) < 0, "a plugin that failed");
	fuzz_check_error(&err);
	buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char server[] = "https://203.0.113.7:6443", user[] = "admin", file[] = "config", name[] = "plugin";
	static char version[] = "client.authentication.k8s.io/v1";
	struct kubeconfig_exec exec = {.api_version = version, .command = name};
	struct kubeconfig_view view = {.server = server, .user = user, .file = file, .exec = &exec};
	struct fuzz_input input = {(const char *)data, size};
	long status = statuses[fuzz_choose(&input, array_length(statuses))];
	auto_free char *text = xstrndup(input.bytes, input.left);
	json_t *document = json_loadb(input.bytes, input.left, JSON_ALLOW_NUL, NULL);
	json_t *from_protobuf = proto_status_document(input.bytes, input.left);

	explain(&view, status, document, text);
	explain(&view, status, from_protobuf, NULL);
	read_plugin(&view, input);
	json_decref(document);
	json_decref(from_protobuf);
	return 0;
}
