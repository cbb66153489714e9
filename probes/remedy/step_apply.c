/*
 * apply: an object by server-side apply with our field manager, never forced:
 * fields that somebody else manages are a conflict, and a refusal. An object
 * that is there is bound by its uid. Values of Secrets are masked in every
 * text; {"$dockerConfig":…} stands for the credentials of a registry.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

static const char docker_config[] = "$dockerConfig";

/* How masked values are written: the placeholder of a preview, a word for the dry run, themselves. */
enum writing { WRITE_SHOWN, WRITE_DRY, WRITE_REAL };

static const char *masked_value(const struct change *change, const char *text, enum writing writing)
{
	size_t length = strlen(text);
	auto_free char *name = length > 2 && *text == '{' ? xstrndup(text + 1, length - 2) : NULL;
	const json_t *definition = json_object_get(json_object_get(change->document, "parameters"), name ? name : "");

	if (!json_is_true(json_object_get(definition, "masked")))
		return NULL;
	return writing == WRITE_REAL && secret_value(change, name) ? secret_value(change, name) : "<redacted>";
}

/* The text with its places filled. Caller frees with secret_free(). */
static char *write_text(const struct change *change, const char *text, enum writing writing)
{
	const char *masked = masked_value(change, text, writing);
	struct err ignored;
	char *filled = NULL;

	if (masked)
		return xstrdup(masked);
	return plan_fill(change, text, plan_subject(change), &filled, &ignored) == 0 ? filled : xstrdup("");
}

static char *member_text(const struct change *change, const json_t *config, const char *name, enum writing writing)
{
	const char *text = json_string_value(json_object_get(config, name));

	return write_text(change, text ? text : "", writing);
}

/* The file that docker login writes, for one registry, in base64 (kubernetes.io/dockerconfigjson). */
static json_t *write_docker_config(const struct change *change, const json_t *config, enum writing writing)
{
	char *server = member_text(change, config, "server", writing);
	char *username = member_text(change, config, "username", writing);
	char *password = member_text(change, config, "password", writing);
	char *pair = xasprintf("%s:%s", username, password);
	char *auth = base64_encode(pair, strlen(pair));
	json_t *document = json_pack("{s:{s:{s:s, s:s, s:s}}}", "auths", server, "username", username, "password",
				     password, "auth", auth);
	char *text = json_dumps(document, JSON_COMPACT);
	char *encoded = base64_encode(text ? text : "", text ? strlen(text) : 0);
	json_t *value = json_string(writing == WRITE_SHOWN ? "<redacted>" : encoded);

	secret_json_free(document);
	secret_free(server);
	secret_free(username);
	secret_free(password);
	secret_free(pair);
	secret_free(auth);
	secret_free(text);
	secret_free(encoded);
	return value;
}

static json_t *write_value(const struct change *change, const json_t *value, enum writing writing)
{
	json_t *written;
	const char *key;
	size_t i;
	json_t *member;

	if (json_is_string(value)) {
		char *text = write_text(change, json_string_value(value), writing);

		written = json_string(text);
		secret_free(text);
		return written;
	}
	if (json_object_get(value, docker_config))
		return write_docker_config(change, json_object_get(value, docker_config), writing);
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref((json_t *)(uintptr_t)value);
	written = json_is_object(value) ? json_object() : json_array();
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
		json_object_set_new(written, key, write_value(change, member, writing));
	json_array_foreach((json_t *)(uintptr_t)value, i, member)
		json_array_append_new(written, write_value(change, member, writing));
	return written;
}

static json_t *write_object(const struct change *change, const struct plan_step *step, enum writing writing)
{
	json_t *object = write_value(change, json_object_get(step->definition, "object"), writing);

	if (*step->shown.target_uid)
		json_object_set_new(json_object_get(object, "metadata"), "uid", json_string(step->shown.target_uid));
	return object;
}

static char *body(const struct change *change, const struct plan_step *step, bool is_real)
{
	json_t *object = write_object(change, step, is_real ? WRITE_REAL : WRITE_DRY);
	char *text = json_dumps(object, JSON_COMPACT);

	secret_json_free(object);
	return text;
}

static bool is_secret(const struct plan_step *step)
{
	return !strcmp(step->target->kind->name, "Secret");
}

/* A Secret's line reads its values from a file: none of them is ever an argument. */
static char *kubectl_apply(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(8192);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "apply");
	shell_add_word(&line, "--server-side");
	shell_add_word(&line, "--field-manager=nks-triage");
	shell_add_word(&line, "--filename");
	shell_add_word(&line, is_secret(step) ? "FILE" : "-");
	if (!is_secret(step)) {
		buffer_add_text(&line, " <<< ");
		/* The word is quoted by itself. */
		CLEANUP(buffer_release) struct buffer word = BUFFER_INIT(8192);

		shell_add_word(&word, step->shown.body);
		buffer_add_text(&line, buffer_text(&word));
	}
	return buffer_detach(&line);
}

/* What is there already, field by field, so that a second run has nothing to do. */
static bool holds(const json_t *wanted, const json_t *live)
{
	const char *key;
	json_t *member;

	if (!json_is_object(wanted))
		return live && json_equal(wanted, live);
	json_object_foreach((json_t *)(uintptr_t)wanted, key, member) {
		if (!holds(member, json_object_get(live, key)))
			return false;
	}
	return true;
}

static void note_made(struct plan_step *step)
{
	if (!step->touched)
		step->touched = json_array();
	json_array_append_new(step->touched,
			      json_pack("{s:s, s:n, s:n, s:b}", "path", "", "before", "after", "made", 1));
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	json_t *object;

	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document && step->target->err.code != ERR_NOT_FOUND) {
		*err = step->target->err;
		return -1;
	}
	if (is_secret(step) && step->target->document) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is there already: what it holds is left alone", NULL);
		return 0;
	}
	object = write_object(change, step, WRITE_SHOWN);
	step->shown.method = xstrdup("PATCH");
	step->shown.path = xasprintf("%s?fieldManager=nks-triage&fieldValidation=Strict", step->target->path);
	step->shown.content_type = xstrdup("application/apply-patch+yaml");
	step->shown.body = json_dumps(object, JSON_COMPACT);
	if (step->target->document && holds(object, step->target->document)) {
		free(step->shown.method);
		step->shown.method = NULL;
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it would be set already", NULL);
	}
	json_decref(object);
	if (!step->target->document)
		note_made(step);
	step->shown.kubectl = kubectl_apply(change, step);
	return 0;
}

/* Made by us: it bears our mark. The values of a Secret are not compared, its name and mark are. */
static enum step_match match(const struct plan_step *step, const json_t *document)
{
	const json_t *wanted = json_object_get(step->definition, "object");
	const json_t *type = json_object_get(wanted, "type");

	if (!document)
		return *step->shown.target_uid ? MATCH_OTHER : MATCH_BEFORE;
	if (!*step->shown.target_uid) {
		const char *manager = json_string_value(
			pointer_get(document, "/metadata/labels/app.kubernetes.io~1managed-by"));

		return manager && !strcmp(manager, "nks-triage") &&
		       (!type || json_equal(type, json_object_get(document, "type"))) ? MATCH_AFTER : MATCH_OTHER;
	}
	return step_match(step, document);
}

const struct step_ops apply_step = {
	.type = "apply",
	.needs_target = true,
	.takes_absence = true,
	.plan = plan,
	.start = step_write,
	.body = body,
	.match = match,
};
