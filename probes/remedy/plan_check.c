#include <fnmatch.h>
#include <string.h>
#include <time.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/maintenance.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/plan_check.h"

static const struct plan_check *const checks[] = {
	&permissions_check, &field_owner_check, &parameter_known_check,
	&same_tag_check,    &registry_images_check, &condition_check,
	&delivery_check,    &parameter_unlike_check, &space_check,
};

static const struct plan_check *check_find(const json_t *definition)
{
	const char *name = json_string_value(json_object_get(definition, "check"));

	for (size_t i = 0; name && i < array_length(checks); i++) {
		if (!strcmp(checks[i]->name, name))
			return checks[i];
	}
	return NULL;
}

void plan_check_steps(struct change *change, const json_t *definition,
		      void (*visit)(struct change *change, struct plan_step *step, void *data), void *data)
{
	const json_t *ids = json_object_get(definition, "ofSteps");

	for (size_t i = 0; i < change->step_count; i++) {
		bool named = !ids;
		size_t at;
		json_t *id;

		json_array_foreach((json_t *)(uintptr_t)ids, at, id)
			named = named || !strcmp(json_string_value(id) ? json_string_value(id) : "",
						 change->steps[i]->id);
		if (named)
			visit(change, change->steps[i], data);
	}
}

void plan_check_reason(struct buffer *reasons, const char *text)
{
	if (reasons->length)
		buffer_add_text(reasons, "; ");
	buffer_add_text(reasons, text);
}

bool plan_check_fits(const json_t *patterns, const char *text)
{
	size_t i;
	json_t *pattern;

	json_array_foreach((json_t *)(uintptr_t)patterns, i, pattern) {
		if (json_is_string(pattern) && fnmatch(json_string_value(pattern), text, 0) == 0)
			return true;
	}
	return false;
}

struct precondition *plan_add_precondition(struct change *change, const char *text, bool is_blocking)
{
	struct precondition *precondition;

	change->preconditions = xreallocarray(change->preconditions, change->precondition_count + 1,
					      sizeof(*change->preconditions));
	precondition = &change->preconditions[change->precondition_count++];
	*precondition = (struct precondition){.text = xstrdup(text), .ok = TRUTH_TRUE, .is_blocking = is_blocking};
	return precondition;
}

static bool has_check(const json_t *definitions, const char *name)
{
	size_t i;
	json_t *definition;

	json_array_foreach((json_t *)(uintptr_t)definitions, i, definition) {
		const char *check = json_string_value(json_object_get(definition, "check"));

		if (check && !strcmp(check, name))
			return true;
	}
	return false;
}

void plan_check_ask(struct change *change)
{
	const json_t *definitions = json_object_get(change->document, "preconditions");
	size_t i;
	json_t *definition;

	json_array_foreach((json_t *)(uintptr_t)definitions, i, definition) {
		const struct plan_check *check = check_find(definition);

		if (check && check->ask)
			check->ask(change, definition);
	}
	/* Asked for every plan, whether its runbook says so or not. */
	if (!has_check(definitions, permissions_check.name))
		permissions_check.ask(change, NULL);
	sudo_ask(change);
	lease_look(change);
}

static void judge(struct change *change, const struct plan_check *check, const json_t *definition, const char *text,
		  bool is_blocking)
{
	struct precondition *precondition = plan_add_precondition(change, text, is_blocking);

	if (check) {
		check->judge(change, definition, precondition);
		return;
	}
	precondition->ok = TRUTH_UNKNOWN;
	precondition->reason = change_say(change, "this version does not know the check", NULL);
}

static void deny(const struct change *change, const char *label, struct buffer *denied)
{
	for (const char *const *pattern = change->context.deny_objects; *pattern; pattern++) {
		if (fnmatch(*pattern, label, FNM_CASEFOLD) == 0) {
			plan_check_reason(denied, label);
			return;
		}
	}
}

/* An evicted pod is touched, and so is what it is the pod of. */
static void deny_pods(const struct change *change, const struct plan_step *step, struct buffer *denied)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	size_t i;
	json_t *pod;

	json_array_foreach(step->pods, i, pod) {
		const char *uid = json_string_value(json_object_get(pod, "uid"));
		const struct record *record = uid ? snapshot_by_uid(snapshot, uid) : NULL;
		const struct record *root = record ? snapshot_root_owner(snapshot, record) : NULL;
		auto_free char *label = xasprintf("Pod/%s/%s", json_string_value(json_object_get(pod, "namespace")),
						  json_string_value(json_object_get(pod, "name")));
		auto_free char *owner = root && root != record ? xasprintf("%s/%s/%s", root->kind->name,
									   root->name_space, root->name)
							       : NULL;

		deny(change, label, denied);
		if (owner)
			deny(change, owner, denied);
	}
}

/* deny_objects of the configuration: no fix may touch them (decisions.md 37). */
static void judge_deny_list(struct change *change)
{
	CLEANUP(buffer_release) struct buffer denied = BUFFER_INIT(4096);
	struct precondition *precondition;

	if (!change->context.deny_objects || !change->context.deny_objects[0])
		return;
	for (size_t i = 0; i < change->target_count; i++)
		deny(change, change->targets[i]->label, &denied);
	for (size_t i = 0; i < change->step_count; i++)
		deny_pods(change, change->steps[i], &denied);
	precondition = plan_add_precondition(change, change->context.translate("No object is on the deny list of the "
									       "configuration"),
					     true);
	if (!denied.length)
		return;
	precondition->ok = TRUTH_FALSE;
	precondition->reason = buffer_detach(&denied);
}

/* Outside the windows a change is still possible, for whoever types the name out. */
static void judge_maintenance(struct change *change)
{
	time_t now = (time_t)clock_wall();
	struct precondition *precondition;
	struct tm local;

	if (json_array_size(change->context.maintenance) == 0 || !localtime_r(&now, &local))
		return;
	precondition = plan_add_precondition(change, change->context.translate("It is a time for maintenance"), false);
	if (maintenance_is_open(change->context.maintenance, &local))
		return;
	change->is_outside_maintenance = true;
	precondition->ok = TRUTH_FALSE;
	precondition->reason =
		change_say(change, "outside the windows of the configuration: the name {name} has to be typed",
			   "name", change_name_to_type(change), NULL);
}

/* Who delivers the objects from elsewhere is told of every plan; where nobody does and no runbook asks, nothing is. */
static void judge_delivery(struct change *change, const json_t *definitions)
{
	const char *text = change->context.translate("Nothing delivers these objects from elsewhere");
	struct precondition found = {.ok = TRUTH_TRUE};
	struct precondition *precondition;

	if (has_check(definitions, delivery_check.name))
		return;
	delivery_check.judge(change, NULL, &found);
	if (found.ok == TRUTH_TRUE)
		return;
	precondition = plan_add_precondition(change, text, false);
	precondition->ok = found.ok;
	precondition->reason = found.reason;
}

void plan_check_judge(struct change *change)
{
	const json_t *definitions = json_object_get(change->document, "preconditions");
	size_t i;
	json_t *definition;

	json_array_foreach((json_t *)(uintptr_t)definitions, i, definition) {
		const json_t *blocking = json_object_get(definition, "blocking");

		judge(change, check_find(definition), definition,
		      change_localized(change, json_object_get(definition, "title")),
		      !blocking || json_is_true(blocking));
	}
	if (!has_check(definitions, permissions_check.name))
		judge(change, &permissions_check, NULL,
		      change->context.translate("You may do what the steps need"), true);
	for (i = 0; i < change->step_count; i++)
		plan_note_owners(change, change->steps[i]);
	audit_judge(change);
	judge_delivery(change, definitions);
	judge_deny_list(change);
	sudo_judge(change);
	judge_maintenance(change);
	lease_judge(change);
}

bool plan_is_blocked(const struct change *change, const struct precondition **ret_first)
{
	for (size_t i = 0; i < change->precondition_count; i++) {
		if (change->preconditions[i].is_blocking && change->preconditions[i].ok != TRUTH_TRUE) {
			*ret_first = &change->preconditions[i];
			return true;
		}
	}
	return false;
}
