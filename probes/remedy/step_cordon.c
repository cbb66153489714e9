/*
 * cordon, uncordon: a node takes no new pods, or takes them again. A cordon of
 * ours leaves a mark on the node; uncordon takes back only what bears it, so
 * that a node that somebody else keeps out stays out, also after a resume.
 */
#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

static const char unschedulable[] = "/spec/unschedulable";
static const char annotations[] = "/metadata/annotations";
static const char mark[] = "/metadata/annotations/nks-triage~1cordoned-for";

static char *kubectl_line(const struct change *change, const struct plan_step *step, const char *verb)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, verb);
	shell_add_word(&line, step->target->name);
	return buffer_detach(&line);
}

static void skip(struct change *change, struct plan_step *step, const char *id)
{
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, id, NULL);
}

static int check_node(struct change *change, struct plan_step *step, struct err *err)
{
	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (step->target->kind->id != KIND_NODE)
		return err_set(err, ERR_REFUSED, "{object} is no node", "object", step->target->label, NULL);
	if (step->target->document)
		return 0;
	*err = step->target->err;
	return -1;
}

static void set_line(struct change *change, struct plan_step *step, const char *verb)
{
	step_set_patch(change, step);
	free(step->shown.kubectl);
	step->shown.kubectl = kubectl_line(change, step, verb);
}

static int plan_cordon(struct change *change, struct plan_step *step, struct err *err)
{
	const json_t *now;

	if (step_is_for_nothing(change, step))
		return 0;
	if (check_node(change, step, err) < 0)
		return -1;
	now = pointer_get(step_document(step), unschedulable);
	if (json_is_true(now)) {
		skip(change, step, N_("takes no new pods already"));
		return 0;
	}
	step_touch(step, unschedulable, now ? json_false() : NULL, json_true());
	if (pointer_get(step_document(step), annotations))
		step_touch(step, mark, NULL, json_string(change->runbook->id));
	else
		step_touch(step, annotations, NULL,
			   json_pack("{s:s}", "nks-triage/cordoned-for", change->runbook->id));
	set_line(change, step, "cordon");
	return 0;
}

static int plan_uncordon(struct change *change, struct plan_step *step, struct err *err)
{
	const json_t *now;
	json_t *ours;

	if (step_is_for_nothing(change, step))
		return 0;
	if (check_node(change, step, err) < 0)
		return -1;
	now = pointer_get(step_document(step), unschedulable);
	ours = pointer_get(step_document(step), mark);
	if (!json_is_true(now) || !ours) {
		skip(change, step, json_is_true(now) ? N_("was kept out by somebody else: stays so")
						     : N_("takes new pods already"));
		return 0;
	}
	step_touch(step, unschedulable, json_true(), NULL);
	step_touch(step, mark, json_incref(ours), NULL);
	set_line(change, step, "uncordon");
	return 0;
}

const struct step_ops cordon_step = {
	.type = "cordon",
	.needs_target = true,
	.plan = plan_cordon,
	.start = step_write,
};

const struct step_ops uncordon_step = {
	.type = "uncordon",
	.needs_target = true,
	.plan = plan_uncordon,
	.start = step_write,
};
