/*
 * field-owner: nobody owns the fields that would put them back: an add-on
 * manager, or any server-side apply but the exceptions (guide 0.4). Other
 * owners are noted on the step.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/field_owner.h"
#include "probes/remedy/plan_check.h"

enum { OWNERS = 16 };

struct look {
	const json_t *definition;
	struct buffer refused;
};

/* Who makes objects and writes their status owns nothing that a fix fights over. */
static bool is_ordinary(const char *manager)
{
	static const char *const ordinary[] = {"kubectl", "nks-triage", "kube-controller-manager", "kubelet",
					       "kube-apiserver", "before-first-apply"};

	/* Whoever applies a manifest will do so again. */
	if (!strcmp(manager, "kubectl-client-side-apply"))
		return false;
	for (size_t i = 0; i < array_length(ordinary); i++) {
		if (!strncmp(manager, ordinary[i], strlen(ordinary[i])))
			return true;
	}
	return false;
}

static bool is_refused(const json_t *definition, const struct field_owner *owner)
{
	/* What an earlier run of ours set, or took back, is nobody else's: "nks-*" names the managers of add-ons. */
	if (!strcmp(owner->manager, "nks-triage"))
		return false;
	return plan_check_fits(json_object_get(definition, "managers"), owner->manager) ||
	       (owner->applies && !plan_check_fits(json_object_get(definition, "except"), owner->manager));
}

static void look_at_field(struct change *change, struct plan_step *step, const char *path, struct look *look)
{
	struct field_owner owners[OWNERS];
	size_t count = field_owners(step->target->document, path, owners, OWNERS);

	for (size_t i = 0; i < count && i < OWNERS; i++) {
		auto_free char *text = NULL;

		if (is_refused(look->definition, &owners[i])) {
			text = change_say(change,
					  "{field} of {object} belongs to {manager}, which would put it back: "
					  "update the add-on in the console, or change it where that manager "
					  "gets it from",
					  "field", path, "object", step->target->label, "manager",
					  owners[i].manager, NULL);
			if (!strstr(buffer_text(&look->refused), owners[i].manager))
				plan_check_reason(&look->refused, text);
		}
	}
}

static void note_owner(const struct change *change, const struct field_owner *owner, struct buffer *notes)
{
	const char *operation = owner->applies ? "Apply" : "Update";
	auto_free char *text = NULL;

	if (is_ordinary(owner->manager))
		return;
	text = change_say(change, "{manager} manages what this changes ({operation})", "manager", owner->manager,
			  "operation", operation, NULL);
	if (!strstr(buffer_text(notes), text))
		plan_check_reason(notes, text);
}

/* Other owners are named on the step, whether its runbook judges them or not. */
void plan_note_owners(struct change *change, struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer notes = BUFFER_INIT(4096);
	size_t i;
	json_t *touch;

	if (!step->target || !step->target->document || step->shown.state == STEP_SKIPPED)
		return;
	if (step->shown.owner_note)
		buffer_add_text(&notes, step->shown.owner_note);
	json_array_foreach(step->touched, i, touch) {
		struct field_owner owners[OWNERS];
		const char *path = json_string_value(json_object_get(touch, "path"));
		size_t count = field_owners(step->target->document, path, owners, OWNERS);

		for (size_t at = 0; at < count && at < OWNERS; at++)
			note_owner(change, &owners[at], &notes);
	}
	if (!notes.length)
		return;
	free(step->shown.owner_note);
	step->shown.owner_note = buffer_detach(&notes);
}

static void look_at_step(struct change *change, struct plan_step *step, void *data)
{
	size_t i;
	json_t *touch;

	if (!step->target || !step->target->document)
		return;
	json_array_foreach(step->touched, i, touch)
		look_at_field(change, step, json_string_value(json_object_get(touch, "path")), data);
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	struct look look = {.definition = definition, .refused = BUFFER_INIT(8192)};

	plan_check_steps(change, definition, look_at_step, &look);
	if (look.refused.length) {
		precondition->ok = TRUTH_FALSE;
		precondition->reason = buffer_detach(&look.refused);
	}
	buffer_release(&look.refused);
}

const struct plan_check field_owner_check = {
	.name = "field-owner",
	.judge = judge,
};
