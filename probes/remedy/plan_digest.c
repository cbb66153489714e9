/*
 * The digest that a confirmation names (decisions.md 21): SHA-256 over the
 * canonical JSON (sorted keys, no white space) of
 *
 * {"format":1, "runbook":{"id","digest"}, "undoOf": run|null, "context", "server", "user":{"name","as","groups"},
 *  "parameters":{name:value}, "alternative": id (only where the runbook has some),
 *  "steps":[{"type","target","uid","request":{"method","path","contentType","body"}|null,
 *            "command":{"node","argv","content","all":[argv]}|null, "changes":[{"path","before","after"}]}]}
 *
 * Steps are in order; those with nothing to set are left out. body is the
 * request's JSON, changes what the server's dry run makes, or the fields that
 * the request sets where it could not be previewed. No times, counts, Leases.
 */
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/change_private.h"

enum { PLAN_FORMAT = 1 };

static json_t *optional_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *user_json(const struct kubeconfig_view *view)
{
	json_t *groups = json_array();

	for (char **group = view->as_groups; group && *group; group++)
		json_array_append_new(groups, json_string(*group));
	return json_pack("{s:o, s:o, s:o}", "name", optional_text(view->user), "as", optional_text(view->as_user),
			 "groups", groups);
}

static json_t *request_json(const struct step *step)
{
	json_t *body;

	if (!step->method)
		return json_null();
	body = step->body ? json_loads(step->body, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	return json_pack("{s:s, s:s, s:o, s:o}", "method", step->method, "path", step->path, "contentType",
			 optional_text(step->content_type), "body", body ? body : json_null());
}

static json_t *argv_json(char *const *words)
{
	json_t *argv = json_array();

	for (; *words; words++)
		json_array_append_new(argv, json_string(*words));
	return argv;
}

static json_t *command_json(const struct step *step)
{
	json_t *all = json_array();

	if (!step->argv) {
		json_decref(all);
		return json_null();
	}
	for (size_t i = 0; i < step->command_count; i++)
		json_array_append_new(all, argv_json(step->commands[i].argv));
	return json_pack("{s:s, s:o, s:o, s:o}", "node", step->node, "argv", argv_json(step->argv), "content",
			 optional_text(step->content), "all", all);
}

static json_t *changes_json(const struct plan_step *step)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < step->shown.diff_count; i++) {
		const struct step_diff *line = &step->shown.diff[i];

		json_array_append_new(changes, json_pack("{s:s, s:s, s:s}", "path", line->path, "before", line->before,
							 "after", line->after));
	}
	if (step->shown.cannot_preview && step->touched)
		json_array_extend(changes, step->touched);
	return changes;
}

json_t *plan_binding(const struct change *change)
{
	const struct kubeconfig_view *view = kube_client_view(change->context.client);
	const char *alternative = change_alternative(change);
	json_t *steps = json_array();
	json_t *binding;

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (step->shown.state == STEP_SKIPPED)
			continue;
		json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "type", step->shown.type,
						       "target", step->shown.target, "uid", step->shown.target_uid,
						       "request", request_json(&step->shown), "command",
						       command_json(&step->shown), "changes", changes_json(step)));
	}
	binding = json_pack("{s:i, s:{s:s, s:s}, s:o, s:o, s:o, s:o, s:O, s:o}", "format", PLAN_FORMAT, "runbook", "id",
			 change->runbook->id, "digest", change->runbook->digest, "undoOf",
			 optional_text(change->undo_of), "context", optional_text(view->context),
			 "server", optional_text(view->server), "user", user_json(view), "parameters",
			 change->parameters, "steps", steps);
	if (alternative)
		json_object_set_new(binding, "alternative", json_string(alternative));
	return binding;
}

void plan_digest(struct change *change)
{
	json_t *binding = plan_binding(change);

	digest_json(binding, change->digest);
	json_decref(binding);
}
