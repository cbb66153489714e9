/*
 * What a plan says of the lock (lease.c): whether there can be one, and whether
 * somebody else holds it or left it behind. What that run changed is in the
 * preview, which is made from the objects as they are now.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"

static void on_read(struct change *change, void *data, const struct kube_result *result)
{
	const char *holder = json_string_value(pointer_get(result->document, "/spec/holderIdentity"));

	(void)data;
	/* Where it cannot be read the permissions say so. */
	if (result->code == ERR_NONE && holder && *holder)
		change->found_lock = json_deep_copy(result->document);
	plan_answered(change);
}

void lease_look(struct change *change)
{
	auto_free char *name = lease_name(change);
	auto_free char *path = xasprintf("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/%s", name);
	const struct call_request request = {.door = CALL_READ, .path = path, .on_done = on_read};

	change->pending++;
	change_call(change, &request);
}

static void judge_found(struct change *change, struct precondition *precondition)
{
	auto_free char *who = lease_holder_text(change, change->found_lock);

	if (lease_looks_abandoned(change->found_lock)) {
		precondition->reason = change_say(change,
						  "one was left behind by {who}: it is taken over if it does not move; "
						  "the preview begins at what that run left",
						  "who", who, NULL);
		return;
	}
	precondition->ok = TRUTH_FALSE;
	precondition->reason = change_say(change, "held now by {who}", "who", who, NULL);
}

/* Without the right to it the operator decides (decisions.md 25), by typing the name. */
void lease_judge(struct change *change)
{
	struct precondition *precondition = plan_add_precondition(
		change, change->context.translate("A lock (Lease in kube-system) keeps other consoles out "
						  "meanwhile"), false);

	for (size_t i = 0; i < change->permission_count; i++) {
		const struct permission *permission = &change->permissions[i];

		if (permission->is_blocking || strcmp(permission->question.resource, "leases") != 0 ||
		    permission->verdict == ACCESS_ALLOWED)
			continue;
		change->is_without_lock = true;
		precondition->ok = permission->verdict == ACCESS_DENIED ? TRUTH_FALSE : TRUTH_UNKNOWN;
		free(precondition->reason);
		precondition->reason = change_say(change,
						  "no right to {verb} leases: make sure that nobody else works on it; "
						  "the name {name} has to be typed",
						  "verb", permission->question.verb, "name",
						  change_name_to_type(change), NULL);
	}
	if (!precondition->reason && change->found_lock)
		judge_found(change, precondition);
}
