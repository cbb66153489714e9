/* interfaces.md: plan -o json. */
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

static json_t *optional_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_string("?");
}

/* Values of a difference are JSON texts; absent ones are null. */
static json_t *value_json(const char *text)
{
	json_t *value = *text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	return value ? value : json_null();
}

static json_t *diff_json(const struct step *step)
{
	json_t *diff = json_array();

	for (size_t i = 0; i < step->diff_count; i++) {
		json_t *line = json_pack("{s:s, s:o, s:o}", "path", step->diff[i].path, "before",
					 value_json(step->diff[i].before), "after", value_json(step->diff[i].after));

		if (step->diff[i].by_server)
			json_object_set_new(line, "byServer", json_true());
		if (step->diff[i].asked)
			json_object_set_new(line, "asked", value_json(step->diff[i].asked));
		json_array_append_new(diff, line);
	}
	return diff;
}

static json_t *request_json(const struct step *step)
{
	if (!step->method)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o}", "method", step->method, "path", step->path, "contentType",
			 optional_text(step->content_type), "body", value_json(step->body ? step->body : ""));
}

static json_t *argv_json(char *const *words)
{
	json_t *argv = json_array();

	for (; *words; words++)
		json_array_append_new(argv, optional_text(*words));
	return argv;
}

static json_t *command_json(const struct step *step)
{
	json_t *commands = json_array();

	if (!step->argv) {
		json_decref(commands);
		return json_null();
	}
	for (size_t i = 0; i < step->command_count; i++)
		json_array_append_new(commands, json_pack("{s:o, s:o, s:b}", "argv", argv_json(step->commands[i].argv),
							  "note", optional_text(step->commands[i].note), "sudo",
							  step->commands[i].sudo));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "node", optional_text(step->node), "argv", argv_json(step->argv),
			 "commands", commands, "content", optional_text(step->content), "difference",
			 optional_text(step->unified));
}

static const char *step_state_name(enum step_state state)
{
	static const char *const names[] = {
		[STEP_PENDING] = "pending", [STEP_RUNNING] = "running", [STEP_DONE] = "done",
		[STEP_SKIPPED] = "skipped", [STEP_FAILED] = "failed",
	};

	return names[state];
}

static json_t *batch_json(const struct step *step)
{
	static const char *const waves[] = {"", "canary", "share", "rest"};

	if (!step->unit)
		return json_null();
	return json_pack("{s:s, s:i, s:i}", "wave", waves[step->wave], "target", step->unit, "of", step->unit_count);
}

static json_t *step_json(const struct step *step)
{
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, "
			 "s:o}", "n", step->number, "type", step->type, "title", optional_text(step->title), "target",
			 optional_text(step->target), "uid", optional_text(step->target_uid), "why",
			 optional_text(step->why), "reversible", step->reversible, "expectedSeconds",
			 step->expected_seconds, "request", request_json(step), "command", command_json(step),
			 "batch", batch_json(step), "instruction", optional_text(step->instruction), "diff",
			 diff_json(step),
			 "cannotPreview", optional_text(step->cannot_preview), "owner", optional_text(step->owner_note),
			 "kubectl", optional_text(step->kubectl ? step->kubectl : ""), "state",
			 step_state_name(step->state), "outcome", optional_text(step->outcome),
			 "eachRequest", optional_text(step->each_request));
}

static json_t *truth_json(enum truth truth)
{
	return truth == TRUTH_UNKNOWN ? json_null() : json_boolean(truth == TRUTH_TRUE);
}

static json_t *preconditions_json(const struct change *change)
{
	json_t *list = json_array();

	for (size_t i = 0; i < change->precondition_count; i++) {
		const struct precondition *precondition = &change->preconditions[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:b}", "text", optional_text(precondition->text),
						      "ok", truth_json(precondition->ok), "reason",
						      optional_text(precondition->reason), "blocking",
						      precondition->is_blocking));
	}
	return list;
}

static json_t *objects_json(const struct change *change)
{
	json_t *list = json_array();

	for (size_t i = 0; i < change->object_count; i++) {
		const struct finding_object *object = &change->objects[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}", "kind", object->kind, "namespace",
						      optional_text(object->name_space), "name",
						      optional_text(object->name), "uid", optional_text(object->uid)));
	}
	return list;
}

/* The counts, and beside them whatever else was found out. */
static json_t *radius_json(const struct change *change)
{
	const struct blast_radius *radius = &change->blast_radius;
	json_t *effects = json_array();
	json_t *object = json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "nodes", (int)radius->nodes, "pods",
				   (int)radius->pods, "workloads", (int)radius->workloads, "pdbBlocked",
				   (int)radius->pdb_blocked, "expectedSeconds", radius->expected_seconds, "effects",
				   effects);

	for (size_t i = 0; i < change->effect_count; i++)
		json_array_append_new(effects, optional_text(change->effects[i].text));
	if (change->impact)
		json_object_update(object, change->impact);
	return object;
}

json_t *change_plan_json(const struct change *change)
{
	json_t *steps = json_array();
	json_t *conflicts = json_array();
	auto_free char *why = change->err.code != ERR_NONE ? change_say_err(change, &change->err) : NULL;

	for (size_t i = 0; i < change->step_count; i++)
		json_array_append_new(steps, step_json(&change->steps[i]->shown));
	for (size_t i = 0; i < change->conflict_count; i++)
		json_array_append_new(conflicts, optional_text(change->conflicts[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "digest",
			 change->digest, "id", change->runbook->id, "state", change_state_name(change->state), "reason",
			 optional_text(why), "objects", objects_json(change), "steps", steps, "preconditions",
			 preconditions_json(change), "blastRadius", radius_json(change), "conflicts", conflicts,
			 "undo", change_undo(change), "notice", optional_text(change_node_notice(change)));
}
