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

	for (size_t i = 0; i < array_length(ordinary); i++) {
		if (!strncmp(manager, ordinary[i], strlen(ordinary[i])))
			return true;
	}
	return false;
}

static bool is_refused(const json_t *definition, const struct field_owner *owner)
{
	return plan_check_fits(json_object_get(definition, "managers"), owner->manager) ||
	       (owner->applies && !plan_check_fits(json_object_get(definition, "except"), owner->manager));
}

static void look_at_field(struct change *change, struct plan_step *step, const char *path, struct look *look)
{
	struct field_owner owners[OWNERS];
	size_t count = field_owners(step->target->document, path, owners, OWNERS);

	for (size_t i = 0; i < count && i < OWNERS; i++) {
		const char *operation = owners[i].applies ? "Apply" : "Update";
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
		if (!is_ordinary(owners[i].manager) && !step->shown.owner_note)
			step->shown.owner_note = change_say(change,
							    "{manager} manages this field ({operation})",
							    "manager",
							    owners[i].manager, "operation", operation, NULL);
	}
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
