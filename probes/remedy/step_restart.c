/*
 * restart: a rollout without another change, as kubectl rollout restart does
 * it: by the time in an annotation of the pod template. It is not idempotent,
 * so it is done only where nothing else rolled the pods ("onlyAfter", guide
 * 0.5 rule 7). The time is that of the confirmation; the plan has "${now}".
 */
#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"
#include "probes/remedy/target_kind.h"

static const char annotations[] = "/spec/template/metadata/annotations";
static const char restarted[] = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";

static char *kubectl_restart(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "rollout");
	shell_add_word(&line, "restart");
	step_add_object_words(step, &line);
	return buffer_detach(&line);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	json_t *old;

	if (!step->target->document && step->target->err.code == ERR_NOT_FOUND) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is not in this cluster", NULL);
		return 0;
	}
	if (step_is_for_nothing(change, step))
		return 0;
	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	if (!target_kind_rolls_out(step->target->kind))
		return err_set(err, ERR_REFUSED, "{object} rolls nothing out", "object", step->target->label, NULL);
	old = pointer_get(step_document(step), restarted);
	if (pointer_get(step_document(step), annotations))
		step_touch(step, restarted, old ? json_incref(old) : NULL, json_string("${now}"));
	else
		step_touch(step, annotations, NULL,
			   json_pack("{s:s}", "kubectl.kubernetes.io/restartedAt", "${now}"));
	step_set_patch(change, step);
	free(step->shown.kubectl);
	step->shown.kubectl = kubectl_restart(change, step);
	return 0;
}

const struct step_ops restart_step = {
	.type = "restart",
	.needs_target = true,
	.takes_absence = true,
	.plan = plan,
	.start = step_write,
};
