/*
 * delivery: whoever delivers the object from elsewhere will put back what a
 * step sets, at the latest with its next synchronisation. It is known by the
 * marks that the tools leave (Argo CD's tracking label and annotation, Flux's
 * ownership labels, Helm's release annotations) and by the field managers.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/plan_check.h"

static const struct {
	const char *pointer;
	const char *tool;
} marks[] = {
	{"/metadata/annotations/argocd.argoproj.io~1tracking-id", "Argo CD"},
	{"/metadata/labels/argocd.argoproj.io~1instance", "Argo CD"},
	{"/metadata/labels/kustomize.toolkit.fluxcd.io~1name", "Flux"},
	{"/metadata/labels/helm.toolkit.fluxcd.io~1name", "Flux"},
	{"/metadata/annotations/meta.helm.sh~1release-name", "Helm"},
	{"/metadata/labels/fleet.cattle.io~1bundle-name", "Fleet"},
};

static const struct {
	const char *manager;
	const char *tool;
} managers[] = {
	{"argocd", "Argo CD"},	{"kustomize-controller", "Flux"}, {"helm-controller", "Flux"},
	{"helm", "Helm"},	{"Helm", "Helm"},		  {"fleetagent", "Fleet"},
};

static const char *tool_of(const json_t *document)
{
	size_t i;
	json_t *entry;

	for (i = 0; i < array_length(marks); i++) {
		if (pointer_get(document, marks[i].pointer))
			return marks[i].tool;
	}
	json_array_foreach(pointer_get(document, "/metadata/managedFields"), i, entry) {
		const char *manager = json_string_value(json_object_get(entry, "manager"));

		for (size_t at = 0; manager && at < array_length(managers); at++) {
			if (!strncmp(manager, managers[at].manager, strlen(managers[at].manager)))
				return managers[at].tool;
		}
	}
	return NULL;
}

static void look_at_step(struct change *change, struct plan_step *step, void *data)
{
	struct buffer *found = data;
	const char *tool = step->target && step->touched ? tool_of(step->target->document) : NULL;
	auto_free char *text = NULL;

	if (!tool)
		return;
	text = change_say(change, "{tool} delivers {object} and will put it back: change it at its source, too", "tool",
			  tool, "object", step->target->label, NULL);
	plan_check_reason(found, text);
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	struct buffer found = BUFFER_INIT(4096);

	plan_check_steps(change, definition, look_at_step, &found);
	if (found.length) {
		precondition->ok = TRUTH_FALSE;
		precondition->reason = buffer_detach(&found);
	}
	buffer_release(&found);
}

const struct plan_check delivery_check = {
	.name = "delivery",
	.judge = judge,
};
