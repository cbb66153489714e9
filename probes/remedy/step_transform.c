/*
 * transform: one value inside a Secret is parsed, changed in one place and
 * written back, bound to the bytes that were read. What cannot be understood
 * as a whole is never written over (guide E10: the published script replaces
 * the credentials by what it wanted to add). Neither the old nor the new
 * bytes are shown, logged or kept: of both only keyed digests.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/ini.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

static const char masked[] = "<redacted>";

static const char *member(const json_t *definition, const char *name)
{
	const char *text = json_string_value(json_object_get(definition, name));

	return text ? text : "";
}

/* The value at the step's path, decoded. Caller frees with secret_free(). */
static int read_value(const struct plan_step *step, const json_t *document, char **ret_text, struct err *err)
{
	const char *encoded = json_string_value(pointer_get(document, member(step->definition, "path")));
	size_t length = 0;

	if (!encoded || !*encoded)
		return err_set(err, ERR_REFUSED, "{object} has no {path}", "object", step->target->label, "path",
			       member(step->definition, "path"), NULL);
	if (base64_decode(encoded, ret_text, &length, err) < 0)
		return -1;
	if (length && strlen(*ret_text) == length)
		return 0;
	secret_free(*ret_text);
	*ret_text = NULL;
	return err_set(err, ERR_REFUSED, "the configuration cannot be understood: it is left alone", NULL);
}

static json_t *patch_of(const struct plan_step *step, const char *before, const char *after)
{
	json_t *patch = json_array();

	patch_test(patch, "/metadata/uid", json_string(step->shown.target_uid));
	patch_test(patch, member(step->definition, "path"), json_string(before));
	patch_replace(patch, member(step->definition, "path"), json_string(after));
	return patch;
}

static char *kubectl_line(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "patch");
	step_add_object_words(step, &line);
	shell_add_word(&line, "--type=json");
	shell_add_word(&line, "--patch-file");
	shell_add_word(&line, "FILE");
	return buffer_detach(&line);
}

/* What is shown and confirmed: the key, never its neighbours. */
static void show(struct plan_step *step, const char *before, const char *after)
{
	struct step_diff *line = xcalloc(1, sizeof(*line));
	json_t *patch = patch_of(step, masked, masked);

	line->path = xasprintf("%s [%s] %s", member(step->definition, "path"), member(step->definition, "section"),
			       member(step->definition, "key"));
	line->before = before ? xasprintf("\"%s\"", before) : xstrdup("");
	line->after = after ? xasprintf("\"%s\"", after) : xstrdup("");
	step->shown.diff = line;
	step->shown.diff_count = 1;
	step->shown.method = xstrdup("PATCH");
	step->shown.path = xasprintf("%s?fieldManager=nks-triage&fieldValidation=Strict", step->target->path);
	step->shown.content_type = xstrdup("application/json-patch+json");
	step->shown.body = json_dumps(patch, JSON_COMPACT);
	json_decref(patch);
}

/* Digests of both sides, and the way back. */
static int note(struct change *change, struct plan_step *step, const char *old_text, const struct ini_change *new_text,
		struct err *err)
{
	auto_free char *before = NULL;
	auto_free char *after = NULL;
	json_t *touch;

	if (secret_digest(change, old_text, strlen(old_text), &before, err) < 0 ||
	    secret_digest(change, new_text->text, strlen(new_text->text), &after, err) < 0)
		return -1;
	step_touch(step, member(step->definition, "path"), json_string(before), json_string(after));
	touch = json_array_get(step->touched, 0);
	json_object_set_new(touch, "ini", json_pack("{s:s, s:s, s:s*, s:b}", "section",
						    member(step->definition, "section"), "key",
						    member(step->definition, "key"), "before", new_text->before,
						    "addedSection", new_text->adds_section));
	return 0;
}

static void set_body(struct plan_step *step, const char *new_text)
{
	const char *before = json_string_value(pointer_get(step->target->document, member(step->definition, "path")));
	char *after = base64_encode(new_text, strlen(new_text));

	step->secret_body = patch_of(step, before, after);
	secret_free(after);
}

static int plan_set(struct change *change, struct plan_step *step, const char *old_text, struct err *err)
{
	const char *must_have = json_string_value(json_object_get(step->definition, "mustHaveSection"));
	struct ini_change new_text;
	int code = ini_set(old_text, must_have, member(step->definition, "section"), member(step->definition, "key"),
			   member(step->definition, "value"), &new_text, err);

	if (code == 0 && new_text.is_same) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it would be set already", NULL);
	} else if (code == 0) {
		code = note(change, step, old_text, &new_text, err);
		set_body(step, new_text.text);
		show(step, new_text.before, member(step->definition, "value"));
		step->shown.kubectl = kubectl_line(change, step);
	}
	ini_change_release(&new_text);
	return code;
}

/* Only what our run made of it is taken back, and only if that gives what was there before, byte for byte. */
static int plan_restore(struct change *change, struct plan_step *step, const char *now, struct err *err)
{
	const json_t *field = json_object_get(step->definition, "restore");
	const json_t *ini = json_object_get(field, "ini");
	const char *old_value = json_string_value(json_object_get(ini, "before"));
	auto_free char *now_digest = NULL;
	auto_free char *back_digest = NULL;
	char *back = NULL;

	if (secret_digest(change, now, strlen(now), &now_digest, err) < 0)
		return -1;
	if (!strcmp(now_digest, member(field, "before"))) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it was before", NULL);
		return 0;
	}
	if (strcmp(now_digest, member(field, "after")) != 0)
		return err_set(err, ERR_CONFLICT, "somebody changed {object} since: it is left alone", "object",
			       step->target->label, NULL);
	if (ini_restore(now, member(ini, "section"), member(ini, "key"), old_value,
			json_is_true(json_object_get(ini, "addedSection")), &back, err) < 0)
		return -1;
	if (secret_digest(change, back, strlen(back), &back_digest, err) < 0 ||
	    strcmp(back_digest, member(field, "before")) != 0) {
		secret_free(back);
		return err_set(err, ERR_REFUSED, "{object} could not be put back exactly: it is left alone", "object",
			       step->target->label, NULL);
	}
	step_touch(step, member(step->definition, "path"), json_string(now_digest), json_string(back_digest));
	set_body(step, back);
	show(step, member(step->definition, "value"), old_value);
	step->shown.kubectl = kubectl_line(change, step);
	secret_free(back);
	return 0;
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	char *text = NULL;
	int code;

	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	if (read_value(step, step->target->document, &text, err) < 0)
		return -1;
	code = json_object_get(step->definition, "restore") ? plan_restore(change, step, text, err)
							    : plan_set(change, step, text, err);
	secret_free(text);
	return code;
}

static char *body(const struct change *change, const struct plan_step *step, bool is_real)
{
	(void)change;
	(void)is_real;
	return step->secret_body ? json_dumps(step->secret_body, JSON_COMPACT) : xstrdup("");
}

static enum step_match match(const struct plan_step *step, const json_t *document)
{
	const json_t *touch = json_array_get(step->touched, 0);
	const char *uid = document_uid(document);
	auto_free char *digest = NULL;
	char *text = NULL;
	struct err ignored;
	enum step_match result = MATCH_OTHER;

	if (!uid || strcmp(uid, step->shown.target_uid) != 0 || read_value(step, document, &text, &ignored) < 0)
		return MATCH_OTHER;
	if (secret_digest(step->change, text, strlen(text), &digest, &ignored) == 0) {
		if (!strcmp(digest, member(touch, "after")))
			result = MATCH_AFTER;
		else if (!strcmp(digest, member(touch, "before")))
			result = MATCH_BEFORE;
	}
	secret_free(text);
	return result;
}

const struct step_ops transform_step = {
	.type = "transform",
	.needs_target = true,
	.plan = plan,
	.start = step_write,
	.body = body,
	.match = match,
};
