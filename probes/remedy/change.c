/* Life and reading of a change; what happens in it is in plan*.c, run.c and verify.c. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/difference.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/node_work.h"
#include "probes/ssh/node_step.h"

static const char *untranslated(const char *id)
{
	return id;
}

static struct change *make(const struct change_context *context, const struct runbook *runbook)
{
	struct change *change = xcalloc(1, sizeof(*change));

	change->context = *context;
	if (!change->context.translate)
		change->context.translate = untranslated;
	if (!change->context.language)
		change->context.language = "en";
	change->runbook = runbook;
	change->state = CHANGE_PLANNING;
	return change;
}

struct change *change_new(const struct change_context *context, const struct runbook *runbook,
			  const struct finding *finding, const char *target,
			  void (*on_change)(void *data), void *data)
{
	struct change *change = make(context, runbook);

	change->document = json_incref(runbook->document);
	change->finding = finding ? finding_copy(finding) : NULL;
	change->only_target = target ? xstrdup(target) : NULL;
	plan_start(change);
	/* Whoever is told that it changed must have it in hand first. */
	change->on_change = on_change;
	change->on_change_data = data;
	return change;
}

/* The journal says "interrupted" of what goes on no more, so these two words are of what does. */
static void set_ended_run(struct change *change, const json_t *run)
{
	const char *state = json_string_value(json_object_get(run, "state"));

	if (state && strcmp(state, "running") != 0 && strcmp(state, "verifying") != 0)
		change->ended_run = xstrdup(json_string_value(json_object_get(run, "id")));
	change->was_interrupted = state && !strcmp(state, "interrupted");
}

struct change *change_new_undo(const struct change_context *context, const struct runbook *runbook, const json_t *run,
			       void (*on_change)(void *data), void *data)
{
	struct change *change = make(context, runbook);

	set_ended_run(change, run);
	change->document = undo_document(change, run);
	change->undo_of = json_string_value(json_object_get(change->document, "undoOf"));
	plan_start(change);
	change->on_change = on_change;
	change->on_change_data = data;
	return change;
}

struct change *change_new_resume(const struct change_context *context, const struct runbook *runbook,
				 const struct finding *finding, const json_t *run, const json_t *undone,
				 void (*on_change)(void *data), void *data)
{
	struct change *change = make(context, runbook);

	change->resume_of = xstrdup(json_string_value(json_object_get(run, "id")));
	set_ended_run(change, run);
	change->resumed_steps = json_deep_copy(json_object_get(run, "steps"));
	change->resumed_plan = json_deep_copy(json_object_get(run, "plan"));
	change->document = undone ? undo_document(change, undone) : json_incref(runbook->document);
	change->undo_of = json_string_value(json_object_get(change->document, "undoOf"));
	change->finding = finding && !undone ? finding_copy(finding) : NULL;
	plan_start(change);
	change->on_change = on_change;
	change->on_change_data = data;
	return change;
}

static void step_free(struct plan_step *step)
{
	struct step *shown = &step->shown;

	timer_cancel(step->timer);
	node_part_free(step->part);
	difference_free(shown->diff, shown->diff_count);
	json_decref(step->touched);
	free(shown->type);
	free(shown->title);
	free(shown->target);
	free(shown->target_uid);
	free(shown->why);
	free(shown->method);
	free(shown->path);
	free(shown->content_type);
	free(shown->body);
	free(shown->each_request);
	free(shown->cannot_preview);
	free(shown->kubectl);
	free(shown->owner_note);
	free(shown->outcome);
	free(shown->instruction);
	free(shown->watched);
	free(shown->doing);
	free(shown->node);
	argv_free(shown->argv);
	for (size_t i = 0; i < shown->command_count; i++) {
		argv_free(shown->commands[i].argv);
		free(shown->commands[i].note);
	}
	free(shown->commands);
	free(shown->content);
	free(shown->unified);
	json_decref(step->pods);
	json_decref(step->looked_for);
	secret_json_free(step->secret_body);
	free(step->refusal);
	free(step->reason);
	free(step->last_said);
	free(step->last_reasons);
	free(step);
}

static void free_plan(struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++)
		step_free(change->steps[i]);
	for (size_t i = 0; i < change->target_count; i++)
		target_free(change->targets[i]);
	for (size_t i = 0; i < change->field_object_count; i++)
		target_free(change->field_objects[i]);
	free(change->field_objects);
	for (size_t i = 0; i < change->precondition_count; i++) {
		free(change->preconditions[i].text);
		free(change->preconditions[i].reason);
	}
	for (size_t i = 0; i < change->image_count; i++) {
		registry_cancel(change->images[i].query);
		free(change->images[i].pending);
		free(change->images[i].image);
	}
	for (size_t i = 0; i < change->object_count; i++)
		finding_object_release(&change->objects[i]);
	for (size_t i = 0; i < change->conflict_count; i++)
		free(change->conflicts[i]);
	free(change->steps);
	free(change->targets);
	free(change->preconditions);
	free(change->permissions);
	free(change->images);
	free(change->objects);
	free(change->conflicts);
	json_decref(change->document);
	json_decref(change->resumed_steps);
	json_decref(change->resumed_plan);
	json_decref(change->parameters);
	json_decref(change->budgets);
	json_decref(change->impact);
	json_decref(change->moving);
	json_decref(change->claims);
	room_free(change->rooms);
	for (size_t i = 0; i < change->effect_count; i++)
		free(change->effects[i].text);
	free(change->effects);
	hypotheses_release(change);
}

/* Freed in the middle of a run: the journal says so, the Lease expires by itself. */
static void note_abandoned(struct change *change)
{
	if (change->was_begun && !change_has_ended(change))
		journal_run_state(change->context.journal, change->run_id, change_state_name(CHANGE_STOPPED),
				  "the console ended", NULL, NULL, NULL, NULL);
	if (change->context.journal)
		journal_forget(change->context.journal, change);
}

void change_free(struct change *change)
{
	if (!change)
		return;
	change->on_change = NULL;
	note_abandoned(change);
	change_cancel_calls(change, NULL);
	node_work_cancel(change, NULL);
	space_questions_free(change);
	timer_cancel(change->timer);
	lease_free(change->lease);
	json_decref(change->found_lock);
	if (change->token)
		write_token_end(change->token);
	write_token_free(change->token);
	if (change->node_token)
		node_token_end(change->node_token);
	node_token_free(change->node_token);
	free_plan(change);
	finding_free(change->finding);
	for (size_t i = 0; i < change->output_count; i++)
		free(change->output[i].text);
	free(change->output);
	secrets_release(change);
	free(change->only_target);
	free(change->resume_of);
	free(change->ended_run);
	free(change->stop_reason);
	free(change);
}

bool change_has_journal(const struct change *change)
{
	return change->context.journal != NULL;
}

int64_t change_ended_ms(const struct change *change)
{
	return change->ended_ms;
}

enum change_state change_state(const struct change *change)
{
	return change->state;
}

const struct err *change_error(const struct change *change)
{
	return &change->err;
}

const struct runbook *change_runbook(const struct change *change)
{
	return change->runbook;
}

const char *change_run_id(const struct change *change)
{
	return change->run_id;
}

const char *change_digest(const struct change *change)
{
	return change->digest;
}

size_t change_step_count(const struct change *change)
{
	return change->step_count;
}

const struct step *change_step_at(const struct change *change, size_t index)
{
	return &change->steps[index]->shown;
}

size_t change_precondition_count(const struct change *change)
{
	return change->precondition_count;
}

const struct precondition *change_precondition_at(const struct change *change, size_t index)
{
	return &change->preconditions[index];
}

const struct blast_radius *change_blast_radius(const struct change *change)
{
	return &change->blast_radius;
}

size_t change_effect_count(const struct change *change)
{
	return change->effect_count;
}

const struct effect *change_effect_at(const struct change *change, size_t index)
{
	return &change->effects[index];
}

size_t change_object_count(const struct change *change)
{
	return change->object_count;
}

const struct finding_object *change_object_at(const struct change *change, size_t index)
{
	return &change->objects[index];
}

size_t change_conflict_count(const struct change *change)
{
	return change->conflict_count;
}

const char *change_conflict_at(const struct change *change, size_t index)
{
	return change->conflicts[index];
}

const char *change_alternative(const struct change *change)
{
	const json_t *first = json_array_get(json_object_get(change->document, "alternatives"), 0);
	const char *resumed = json_string_value(json_object_get(change->resumed_plan, "alternative"));

	if (change->context.alternative)
		return change->context.alternative;
	return resumed ? resumed : json_string_value(json_object_get(first, "id"));
}

const char *change_undo(const struct change *change)
{
	const json_t *undo = json_object_get(change->document, "undo");
	const char *coverage = json_string_value(json_object_get(undo, "coverage"));
	static const char *const names[] = {N_("full"), N_("partial")};

	for (size_t i = 0; coverage && i < array_length(names); i++)
		if (!strcmp(coverage, names[i]))
			return names[i];
	return N_("none");
}

bool change_stands_still(const struct change *change)
{
	return change->stands_still;
}

const char *change_undo_of(const struct change *change)
{
	return change->undo_of;
}

const char *change_resume_of(const struct change *change)
{
	return change->resume_of;
}

size_t change_output_count(const struct change *change)
{
	return change->output_count;
}

const struct output_line *change_output_at(const struct change *change, size_t index)
{
	return &change->output[index];
}

bool change_is_half_way(const struct change *change)
{
	bool was_begun = false;
	bool has_failed = false;

	for (size_t i = 0; i < change->step_count; i++) {
		was_begun = was_begun || change->steps[i]->was_done_before;
		has_failed = has_failed || change->steps[i]->shown.state == STEP_FAILED;
	}
	return change->wrote_anything || (was_begun && has_failed);
}

bool change_wrote_anything(const struct change *change)
{
	return change->wrote_anything;
}

bool change_is_settled(const struct change *change)
{
	return change->state != CHANGE_RUNNING && change->state != CHANGE_VERIFYING && !change->is_ending;
}
