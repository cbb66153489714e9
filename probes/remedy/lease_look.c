/*
 * What a plan says of the lock (lease.c): whether there can be one, and whether
 * somebody else holds it or left it behind. What that run changed is in the
 * preview, which is made from the objects as they are now.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/lease_record.h"

static void on_listed(struct change *change, void *data, const struct kube_result *result)
{
	json_t *objects = lease_objects(change);
	size_t i;
	json_t *document;

	(void)data;
	/* Where they cannot be read the permissions say so. */
	json_array_foreach(json_object_get(result->document, "items"), i, document) {
		if (!lease_is_lock(document) || !*lease_holder(document) || !lease_covers(document, objects))
			continue;
		/* Of several the one that is in the way. */
		if (change->found_lock && lease_looks_abandoned(document))
			continue;
		json_decref(change->found_lock);
		change->found_lock = json_deep_copy(document);
	}
	json_decref(objects);
	plan_answered(change);
}

void lease_look(struct change *change)
{
	const struct call_request request = {.door = CALL_READ, .path = LEASES_LIST, .on_done = on_listed};

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
