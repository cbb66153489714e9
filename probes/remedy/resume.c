/*
 * Going on with a run that stopped or whose process ended: the plan is made
 * anew from what the cluster shows, and each step that the journal knows is
 * first held against its target. What the step would have set is there: it
 * happened, whether or not its answer ever came, and is not done again.
 */
#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Steps of one type on one target are told apart by their order. */
static bool is_taken(const struct change *change, const json_t *entry)
{
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->resumed == entry)
			return true;
	}
	return false;
}

static const json_t *find_entry(const struct change *change, const struct plan_step *step)
{
	size_t i;
	json_t *entry;

	json_array_foreach(change->resumed_steps, i, entry) {
		if (!strcmp(text_of(entry, "type"), step->shown.type) &&
		    !strcmp(text_of(entry, "target"), step->shown.target) && !is_taken(change, entry))
			return entry;
	}
	return NULL;
}

/* The object that the request was bound to is gone: what a delete wanted. */
static bool has_gone(const struct plan_step *step, const json_t *body)
{
	const char *uid = json_string_value(pointer_get(body, "/preconditions/uid"));
	const char *now = document_uid(step->target->document);

	if (!uid || (!step->target->document && step->target->err.code != ERR_NOT_FOUND))
		return false;
	return !now || strcmp(uid, now) != 0;
}

static bool shows_in_fields(struct plan_step *step, const json_t *entry, const json_t *body)
{
	json_t *image = json_object_get(entry, "before");
	const char *uid = undo_request_uid(body);
	const char *now = document_uid(step->target->document);
	bool happened;

	if (!json_array_size(image) || !json_object_get(json_array_get(image, 0), "path") || !now ||
	    strcmp(uid, now) != 0)
		return false;
	step->touched = json_incref(image);
	happened = step_match(step, step->target->document) == MATCH_AFTER;
	json_decref(step->touched);
	step->touched = NULL;
	return happened;
}

/* Nothing but the journal shows it: "unless" would look at the node, and what only reads may do so again. */
static bool ended_well(const struct plan_step *step)
{
	return !strcmp(text_of(step->resumed, "state"), "done") && !json_object_get(step->definition, "unless") &&
	       !json_is_true(json_object_get(step->definition, "onlyReads"));
}

/* The object is the one that the run made: by its uid, or by our mark where the answer never came. */
static bool was_made(const struct plan_step *step, const json_t *made)
{
	const char *uid = json_string_value(json_object_get(made, "uid"));
	const char *now = document_uid(step->target->document);
	const char *manager = json_string_value(
		pointer_get(step->target->document, "/metadata/labels/app.kubernetes.io~1managed-by"));

	if (!now)
		return false;
	return uid ? !strcmp(uid, now) : manager && !strcmp(manager, "nks-triage");
}

static bool has_happened(struct plan_step *step)
{
	const json_t *image = json_array_get(json_object_get(step->resumed, "before"), 0);
	const char *method = text_of(json_object_get(step->resumed, "request"), "method");
	json_t *body;
	bool happened;

	if (step->ops == step_type_find("ssh-command"))
		return ended_well(step);
	/* Steps without a request of their own (waits, drains) look by themselves at what is left to do. */
	if (!*method || !step->target || !strcmp(text_of(step->resumed, "state"), "pending"))
		return false;
	if (json_is_true(json_object_get(image, "made")))
		return was_made(step, image);
	body = json_loads(text_of(json_object_get(step->resumed, "request"), "body"), 0, NULL);
	happened = !strcmp(method, "DELETE") ? has_gone(step, body) : shows_in_fields(step, step->resumed, body);
	json_decref(body);
	return happened;
}

void resume_controllers(const struct change *change, struct map *owners)
{
	size_t i;
	size_t at;
	json_t *entry;
	json_t *noted;

	json_array_foreach(change->resumed_steps, i, entry) {
		json_array_foreach(json_object_get(entry, "before"), at, noted) {
			const char *owner = json_string_value(json_object_get(noted, "owner"));

			if (owner)
				map_put(owners, owner, noted);
		}
	}
}

bool resume_has_done(struct change *change, struct plan_step *step)
{
	if (!change->resumed_steps)
		return false;
	step->resumed = find_entry(change, step);
	if (!step->resumed || !has_happened(step))
		return false;
	step->was_done_before = true;
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, "was done by run {run}", "run", change->resume_of, NULL);
	return true;
}
