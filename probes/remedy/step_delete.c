/*
 * delete: one object, bound to its uid, so that what takes its name later is
 * left alone. Of pods only those that a controller makes again.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/difference.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

static bool has_controller(const json_t *document)
{
	size_t i;
	json_t *owner;

	json_array_foreach(pointer_get(document, "/metadata/ownerReferences"), i, owner) {
		if (json_is_true(json_object_get(owner, "controller")))
			return true;
	}
	return false;
}

/* The mark that apply steps put on what they make. */
static bool is_ours(const json_t *document)
{
	const char *manager =
		json_string_value(pointer_get(document, "/metadata/labels/app.kubernetes.io~1managed-by"));

	return manager && !strcmp(manager, "nks-triage");
}

static void skip(struct change *change, struct plan_step *step, const char *id)
{
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, id, NULL);
}

static void set_request(struct change *change, struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);
	json_t *options = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "DeleteOptions",
				    "preconditions", "uid", step->shown.target_uid);

	step->shown.method = xstrdup("DELETE");
	step->shown.path = xstrdup(step->target->path);
	step->shown.content_type = xstrdup("application/json");
	step->shown.body = json_dumps(options, JSON_COMPACT);
	json_decref(options);
	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "delete");
	step_add_object_words(step, &line);
	step->shown.kubectl = buffer_detach(&line);
	step->shown.diff = xcalloc(1, sizeof(*step->shown.diff));
	step->shown.diff_count = 1;
	step->shown.diff[0].path = xstrdup("");
	step->shown.diff[0].before = xasprintf("\"%s\"", step->target->kind->name);
	step->shown.diff[0].after = xstrdup("");
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	const json_t *document = step->target->document;
	const char *wanted_uid = json_string_value(json_object_get(step->definition, "uid"));

	if (!document && step->target->err.code == ERR_NOT_FOUND) {
		skip(change, step, N_("is gone already"));
		return 0;
	}
	if (step_is_for_nothing(change, step))
		return 0;
	plan_permission(change, "get", step->target, "");
	plan_permission(change, "delete", step->target, "");
	if (!document) {
		*err = step->target->err;
		return -1;
	}
	if (wanted_uid && strcmp(wanted_uid, step->shown.target_uid) != 0)
		return err_set(err, ERR_CONFLICT, "{object} was deleted and made again since", "object",
			       step->target->label, NULL);
	if (json_object_get(step->definition, "ours") && !is_ours(document))
		return err_set(err, ERR_CONFLICT, "{object} is not the one that the run made", "object",
			       step->target->label, NULL);
	if (pointer_get(document, "/metadata/deletionTimestamp"))
		skip(change, step, N_("is being deleted already"));
	else if (step->target->kind->id == KIND_POD && !has_controller(document))
		skip(change, step, N_("no controller would make it again: delete and create it by hand"));
	else
		set_request(change, step);
	return 0;
}

/* Another uid under the name is not ours to look at: ours is gone. */
static enum step_match match(const struct plan_step *step, const json_t *document)
{
	const char *uid = document_uid(document);
	bool is_same = uid && !strcmp(uid, step->shown.target_uid);

	return is_same && !pointer_get(document, "/metadata/deletionTimestamp") ? MATCH_BEFORE : MATCH_AFTER;
}

const struct step_ops delete_step = {
	.type = "delete",
	.needs_target = true,
	.takes_absence = true,
	.is_irreversible = true,
	.plan = plan,
	.start = step_write,
	.match = match,
};
