#include "probes/kube/credential_exec.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/net/job.h"

enum { STDERR_SHOWN = 300 };

void exec_answer_release(struct exec_answer *answer)
{
	secret_free(take_pointer(answer->token));
	secret_free(take_pointer(answer->certificate_pem));
	secret_free(take_pointer(answer->key_pem));
	answer->expires = 0;
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_object_set_new(object, key, json_string(value));
}

static json_t *cluster_information(const struct kubeconfig_view *view)
{
	json_t *cluster = json_object();

	set_text(cluster, "server", view->server);
	set_text(cluster, "tls-server-name", view->tls_server_name);
	set_text(cluster, "proxy-url", view->proxy_url);
	if (view->insecure_skip_verify)
		json_object_set_new(cluster, "insecure-skip-tls-verify", json_true());
	if (view->disable_compression)
		json_object_set_new(cluster, "disable-compression", json_true());
	if (view->ca_pem) {
		auto_free char *encoded = base64_encode(view->ca_pem, strlen(view->ca_pem));

		set_text(cluster, "certificate-authority-data", encoded);
	}
	if (view->exec->cluster_config)
		json_object_set_new(cluster, "config",
				    json_loads(view->exec->cluster_config, JSON_DECODE_ANY, NULL));
	return cluster;
}

char *exec_information(const struct kubeconfig_view *view, bool is_interactive)
{
	json_t *spec = json_pack("{s:b}", "interactive", is_interactive);
	auto_free char *text = NULL;
	json_t *information;

	if (view->exec->provide_cluster_info)
		json_object_set_new(spec, "cluster", cluster_information(view));
	information = json_pack("{s:s,s:s,s:o}", "apiVersion", view->exec->api_version, "kind",
				"ExecCredential", "spec",
				spec);
	text = json_dumps(information, JSON_COMPACT);
	json_decref(information);
	if (!text)
		bug("a credential plugin's information is no JSON");
	return xasprintf("KUBERNETES_EXEC_INFO=%s", text);
}

/* The end of what the plugin complained, on one line. */
static char *complaint(const struct buffer *error_out)
{
	const char *text = buffer_text(error_out);
	size_t length = strlen(text);
	size_t start;
	char *shown;

	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	start = length > STDERR_SHOWN ? length - STDERR_SHOWN : 0;
	shown = xstrndup(text + start, length - start);
	for (char *at = shown; *at; at++) {
		if (*at == '\n' || *at == '\r')
			*at = ' ';
	}
	return shown;
}

static int check_end(const struct kubeconfig_view *view, const struct job_result *result, struct err *err)
{
	auto_free char *said = complaint(result->error_out);
	char status[32];

	if (result->timed_out) {
		err_set(err, ERR_TIMEOUT,
			*said ? "the credential plugin {command} did not end in time; it said: {output}"
			      : N_("the credential plugin {command} did not end in time"), "command",
			view->exec->command, "output", said, NULL);
		err_hint(err, "run it by hand; it may wait for a sign-in or for the network", NULL);
		return -1;
	}
	if (result->exit_code == 0)
		return 0;
	if (result->signal)
		snprintf(status, sizeof(status), "signal %d", result->signal);
	else
		snprintf(status, sizeof(status), "status %d", result->exit_code);
	err_set(err, ERR_IO, *said ? "the credential plugin {command} ended with {status}: {output}"
				   : N_("the credential plugin {command} ended with {status}"), "command",
		view->exec->command, "status", status, "output", said, NULL);
	err_hint(err, view->exec->install_hint ? "{hint}" : N_("run it by hand, or sign in again"), "hint",
		 view->exec->install_hint, NULL);
	return -1;
}

static int bad_answer(const struct kubeconfig_view *view, const char *reason, struct err *err)
{
	err_set(err, ERR_IO,
		"the credential plugin {command} answers without a usable ExecCredential: {reason}",
		"command", view->exec->command, "reason", reason, NULL);
	err_hint(err, "check exec of user {user} in {file}", "user", view->user, "file", view->file, NULL);
	return -1;
}

static char *copy_text(const json_t *status, const char *key)
{
	const char *text = json_string_value(json_object_get(status, key));

	return text && *text ? xstrdup(text) : NULL;
}

static int read_status(const struct kubeconfig_view *view, const json_t *status, struct exec_answer *answer,
		       struct err *err)
{
	const char *expires = json_string_value(json_object_get(status, "expirationTimestamp"));

	if (!json_is_object(status))
		return bad_answer(view, "no status", err);
	answer->token = copy_text(status, "token");
	answer->certificate_pem = copy_text(status, "clientCertificateData");
	answer->key_pem = copy_text(status, "clientKeyData");
	if (!answer->certificate_pem != !answer->key_pem)
		return bad_answer(view, "a client certificate and its key come together or not at all", err);
	if (!answer->token && !answer->certificate_pem)
		return bad_answer(view, "neither token nor client certificate", err);
	if (expires && clock_parse(expires, &answer->expires) < 0)
		return bad_answer(view, "expirationTimestamp is no time", err);
	return 0;
}

/* Documents that held a secret: the strings inside are wiped before jansson frees them. */
static void wipe(json_t *status)
{
	static const char *const keys[] = {"token", "clientKeyData"};

	for (size_t i = 0; i < array_length(keys); i++) {
		json_t *value = json_object_get(status, keys[i]);

		if (json_is_string(value))
			explicit_bzero((void *)(uintptr_t)json_string_value(value),
				       json_string_length(value));
	}
}

int exec_read(const struct kubeconfig_view *view, const struct job_result *result,
	      struct exec_answer *ret_answer,
	      struct err *err)
{
	struct exec_answer answer = {0};
	const char *kind;
	const char *version;
	json_t *document;
	int failed;

	if (check_end(view, result, err) < 0)
		return -1;
	if (result->out->overflowed) {
		auto_free char *limit = xasprintf("it is longer than %zu bytes", result->out->maximum);

		return bad_answer(view, limit, err);
	}
	document = json_loadb(buffer_text(result->out), result->out->length, 0, NULL);
	if (!json_is_object(document)) {
		json_decref(document);
		return bad_answer(view, "no JSON", err);
	}
	kind = json_string_value(json_object_get(document, "kind"));
	version = json_string_value(json_object_get(document, "apiVersion"));
	if (!kind || strcmp(kind, "ExecCredential") != 0)
		failed = bad_answer(view, "another kind", err);
	else if (!version || strcmp(version, view->exec->api_version) != 0)
		failed = bad_answer(view, "another apiVersion than it was asked for", err);
	else
		failed = read_status(view, json_object_get(document, "status"), &answer, err);
	wipe(json_object_get(document, "status"));
	json_decref(document);
	if (failed < 0) {
		exec_answer_release(&answer);
		return -1;
	}
	*ret_answer = answer;
	return 0;
}
