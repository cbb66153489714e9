/* The server's own dry run of a step's request, against the object as it was read. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/difference.h"
#include "probes/remedy/step.h"

/*
 * A webhook with side effects makes a dry run fail without refusing the
 * change (apiserver: "admission webhook … does not support dry run", 400).
 */
static bool is_no_refusal(const struct kube_result *result)
{
	const char *said = result->body ? result->body : "";

	return result->status == 400 && strstr(said, "does not support dry run");
}

static void on_dry_run(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	auto_free char *said = NULL;

	if (result->code == ERR_NONE && json_is_object(result->document)) {
		/* Steps that know better what they change have said it. */
		if (!step->shown.diff) {
			difference_make(step->target->document, result->document, &step->shown.diff,
					&step->shown.diff_count);
			plan_mark_admission(step);
		}
		step_learn(step, result->document);
		plan_answered(change);
		return;
	}
	said = result->code == ERR_NONE ? change_say(change, "the server's answer is no object", NULL)
					: change_say_err(change, &result->err);
	step->shown.cannot_preview = change_say(change, "cannot be previewed: {reason}", "reason", said, NULL);
	/* Permissions say it themselves, with all that is missing. */
	if (!is_no_refusal(result) && result->code != ERR_FORBIDDEN) {
		auto_free char *text = change_say(change,
						  "The server takes the change of {object} in a dry run",
						  "object", step->target->label, NULL);
		struct precondition *precondition = plan_add_precondition(change, text, true);

		precondition->ok = result->code == ERR_CONFLICT || result->code == ERR_INVALID ? TRUTH_FALSE
											      : TRUTH_UNKNOWN;
		precondition->reason = take_pointer(said);
	}
	plan_answered(change);
}

void plan_preview(struct change *change, struct plan_step *step)
{
	char *body = step_body(change, step, false);
	const struct call_request request = {
		.door = CALL_ASK,
		.method = step->shown.method,
		.path = step->shown.path,
		.content_type = step->shown.content_type,
		.body = body,
		.on_done = on_dry_run,
		.data = step,
	};

	change->pending++;
	change_call(change, &request);
	secret_free(body);
}
