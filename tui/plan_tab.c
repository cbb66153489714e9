/* The plan and its preview as text. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/change_facts.h"
#include "tui/command.h"
#include "tui/fix.h"
#include "tui/node_plan_view.h"
#include "tui/world.h"
#include "widgets/gauge.h"
#include "widgets/textview.h"

/* Two images side by side in the narrowest pane. */
enum { MOST_DIFF_CELLS = 58, MOST_FACTS = 4096 };

static void add_state(struct textview *text, const struct world *world, const struct change *change)
{
	const struct err *error = change_error(change);
	enum change_state state = change_state(change);
	const struct runbook *runbook = change_runbook(change);

	textview_addf(text, ROLE_STRONG, "%s ", runbook->id);
	if (change_undo_of(change))
		textview_appendf(text, ROLE_STRONG, translate("to take back run %s: "), change_undo_of(change));
	else if (change_resume_of(change))
		textview_appendf(text, ROLE_STRONG, translate("to go on with run %s: "), change_resume_of(change));
	switch (state) {
	case CHANGE_PLANNING:
		textview_append(text, ROLE_INFO,
				translate("planning: reading targets, asking for permissions, dry runs "));
		textview_append(text, ROLE_INFO, spinner_text(world->glyphs,
							      (unsigned)(world->now_ms / 100)));
		break;
	case CHANGE_NOTHING_TO_DO:
		textview_append(text, ROLE_OK,
				translate("nothing to do: every target already has what the plan would set"));
		break;
	case CHANGE_REFUSED:
		textview_append(text, ROLE_ERROR, translate("refused"));
		break;
	case CHANGE_PREVIEWED:
		textview_append(text, ROLE_OK,
				translate("planned and previewed; nothing was changed"));
		break;
	default:
		textview_append(text, ROLE_INFO, translate(change_state_name(state)));
		break;
	}
	if (error && error->code != ERR_NONE) {
		auto_free char *what = message_text(&error->what);
		auto_free char *hint = message_text(&error->hint);

		textview_add(text, ROLE_ERROR, what);
		if (*hint)
			textview_add(text, ROLE_NORMAL, hint);
	}
}

static void add_preconditions(struct textview *text, const struct world *world, const struct change *change)
{
	size_t count = change_precondition_count(change);

	if (!count)
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Preconditions"));
	for (size_t i = 0; i < count; i++) {
		const struct precondition *condition = change_precondition_at(change, i);
		enum glyph glyph = condition->ok == TRUTH_TRUE	? GLYPH_OK :
				   condition->ok == TRUTH_FALSE ? GLYPH_FAILED :
								  GLYPH_COULD_NOT_CHECK;
		enum role role = condition->ok == TRUTH_TRUE ? ROLE_OK :
				 condition->is_blocking	     ? ROLE_CRITICAL :
							       ROLE_COULD_NOT_CHECK;

		textview_addf(text, role, " %s ", glyph_text(world->glyphs, glyph));
		textview_append(text, ROLE_NORMAL, condition->text ? condition->text : "");
		if (condition->reason && condition->reason[0]) {
			textview_append(text, ROLE_DIM, ": ");
			textview_append(text, role == ROLE_CRITICAL ? role : ROLE_NORMAL, condition->reason);
		}
		textview_indent(text, 3);
	}
}

/* Warnings first: a narrow pane shows the top. */
static void add_effect_lines(struct textview *text, const struct world *world, const struct change *change,
			     bool warnings)
{
	for (size_t i = 0; i < change_effect_count(change); i++) {
		const struct effect *effect = change_effect_at(change, i);

		if (effect->is_warning != warnings)
			continue;
		textview_addf(text, warnings ? ROLE_WARNING : ROLE_DIM, " %s ",
			      glyph_text(world->glyphs, warnings ? GLYPH_WARNING : GLYPH_PENDING));
		textview_append(text, ROLE_NORMAL, effect->text);
		textview_indent(text, 3);
	}
}

static void add_effects(struct textview *text, const struct world *world, const struct change *change)
{
	CLEANUP(buffer_release) struct buffer reach = BUFFER_INIT(MOST_FACTS);
	CLEANUP(buffer_release) struct buffer undo = BUFFER_INIT(MOST_FACTS);
	const struct blast_radius *radius = change_blast_radius(change);
	char time[32];

	change_reach_text(change, false, &reach);
	change_undo_text(change, world->language, &undo);
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Effect"));
	textview_addf(text, ROLE_NORMAL, " %s", buffer_text(&reach));
	if (undo.length) {
		textview_addf(text, strcmp(change_undo(change), "full") != 0 ? ROLE_WARNING : ROLE_NORMAL, " %s",
			      buffer_text(&undo));
		textview_indent(text, 3);
	}
	if (radius->expected_seconds > 0) {
		clock_age(radius->expected_seconds, time, sizeof(time));
		textview_addf(text, ROLE_NORMAL, translate(" takes about %s"), time);
	}
	add_effect_lines(text, world, change, true);
	add_effect_lines(text, world, change, false);
	for (size_t i = 0; i < change_conflict_count(change); i++) {
		textview_add(text, ROLE_WARNING, translate(" conflicts: "));
		textview_append(text, ROLE_NORMAL, change_conflict_at(change, i));
		textview_indent(text, 3);
	}
}

/* "docker.io/calico/typha:v1" of a JSON text: strings without their quotes. */
static char *plain_value(const char *json)
{
	size_t length = json ? strlen(json) : 0;

	if (length >= 2 && json[0] == '"' && json[length - 1] == '"' && !strchr(json, '\\'))
		return xstrndup(json + 1, length - 2);
	return xstrndup(json ? json : "", length);
}

/* Before and after; the path says which field where all is shown. */
static void add_diff(struct textview *text, const struct world *world, const struct step_diff *diff, bool all)
{
	auto_free char *before = plain_value(diff->before);
	auto_free char *after = plain_value(diff->after);

	if (all) {
		textview_addf(text, ROLE_DIM, "     %s", diff->path);
		textview_indent(text, 7);
	}
	textview_add(text, ROLE_REMOVED, "     ");
	/* Two values tell each other what they are; one alone does not. */
	if (!all && *diff->path && !(*before && *after))
		textview_appendf(text, ROLE_DIM, "%s ", diff->path);
	if (*before)
		textview_appendf(text, ROLE_REMOVED, "- %s ", before);
	if (*before && *after && text_width(before) + text_width(after) > MOST_DIFF_CELLS)
		textview_add(text, ROLE_ADDED, "     ");
	if (*after)
		textview_appendf(text, ROLE_ADDED, "%s %s",
				 *before ? glyph_text(world->glyphs, GLYPH_ARROW_RIGHT) : "+", after);
	textview_indent(text, 7);
}

static void add_differences(struct textview *text, const struct world *world, const struct step *step, bool all)
{
	bool has_added = false;

	for (size_t i = 0; i < step->diff_count; i++) {
		has_added = has_added || step->diff[i].by_server;
		if (!step->diff[i].by_server)
			add_diff(text, world, &step->diff[i], all);
	}
	if (has_added) {
		textview_addf(text, ROLE_WARNING, "     %s ", glyph_text(world->glyphs, GLYPH_WARNING));
		textview_append(text, ROLE_NORMAL, translate("the server adds, by default or admission:"));
		textview_indent(text, 7);
	}
	for (size_t i = 0; i < step->diff_count; i++) {
		if (!step->diff[i].by_server)
			continue;
		add_diff(text, world, &step->diff[i], true);
		if (!step->diff[i].asked)
			continue;
		textview_addf(text, ROLE_WARNING, "       %s ", translate("asked for:"));
		textview_append(text, ROLE_NORMAL, step->diff[i].asked);
		textview_indent(text, 9);
	}
}

static void add_previews(struct textview *text, const struct world *world, const struct step *step, bool all)
{
	if (step->unified)
		node_plan_add_file(text, world, step);
	else
		add_differences(text, world, step, all);
	if (step->cannot_preview) {
		textview_addf(text, ROLE_WARNING, "     %s ", glyph_text(world->glyphs, GLYPH_COULD_NOT_CHECK));
		textview_append(text, ROLE_NORMAL, step->cannot_preview);
		textview_indent(text, 7);
	}
}

/* The request and the line that does the same by hand. */
static void add_requests(struct textview *text, const struct step *step)
{
	if (step->method) {
		textview_addf(text, ROLE_DIM, "     %s %s", step->method, step->path ? step->path : "");
		textview_indent(text, 7);
	}
	if (step->each_request) {
		textview_addf(text, ROLE_DIM, "     %s %s", translate("for each:"), step->each_request);
		textview_indent(text, 7);
	}
	if (step->kubectl && step->kubectl[0] && !step->argv) {
		textview_addf(text, ROLE_COMMAND, "     $ %s", step->kubectl);
		textview_indent(text, 7);
	}
}

/* What a person does, what is asked for, what runs on a node. */
static void add_by_hand(struct textview *text, const struct world *world, const struct step *step)
{
	if (step->instruction) {
		textview_addf(text, ROLE_WARNING, "     %s ", glyph_text(world->glyphs, GLYPH_ARROW_RIGHT));
		textview_append(text, ROLE_NORMAL, step->instruction);
		textview_indent(text, 7);
	}
	if (step->watched) {
		textview_addf(text, ROLE_DIM, "     %s", step->watched);
		textview_indent(text, 7);
	}
	if (step->argv) {
		textview_addf(text, ROLE_COMMAND, "     $ %s", step->kubectl ? step->kubectl : "");
		textview_indent(text, 7);
	}
}

static void add_step_title(struct textview *text, const struct world *world, const struct step *step)
{
	bool is_skipped = step->state == STEP_SKIPPED;
	char expected[32];

	clock_age(step->expected_seconds, expected, sizeof(expected));
	textview_addf(text, is_skipped ? ROLE_DIM : ROLE_INFO, " %s ",
		      glyph_text(world->glyphs, is_skipped ? GLYPH_NOT_APPLICABLE : GLYPH_PENDING));
	textview_appendf(text, is_skipped ? ROLE_DIM : ROLE_STRONG, "%d ", step->number);
	textview_append(text, is_skipped ? ROLE_DIM : ROLE_STRONG, step->title ? step->title : step->type);
	if (is_skipped)
		textview_append(text, ROLE_DIM, translate("  nothing to do"));
	else if (step->expected_seconds > 0)
		textview_appendf(text, ROLE_DIM, "  ~%s", expected);
	if ((step->method || step->argv) && !step->reversible && !is_skipped)
		textview_append(text, ROLE_CRITICAL, translate("  cannot be undone"));
	textview_indent(text, 5);
}

static void add_step(struct textview *text, const struct world *world, const struct step *step, bool all)
{
	add_step_title(text, world, step);
	textview_tag(text, (uint64_t)step->number);
	if (step->target && step->target[0]) {
		textview_addf(text, ROLE_NORMAL, "     %s", step->target);
		if (all)
			textview_appendf(text, ROLE_DIM, "  %s", step->type);
		textview_indent(text, 7);
	}
	if (step->why && step->why[0]) {
		textview_addf(text, ROLE_DIM, "     %s", step->why);
		textview_indent(text, 5);
	}
	if (step->owner_note) {
		textview_addf(text, ROLE_WARNING, "     %s", step->owner_note);
		textview_indent(text, 5);
	}
	add_by_hand(text, world, step);
	add_previews(text, world, step, all);
	if (all) {
		node_plan_add_commands(text, step);
		add_requests(text, step);
	}
}

static void add_steps(struct textview *text, const struct world *world, const struct change *change, bool all)
{
	char key[KEY_TEXT_SIZE];

	if (!change_step_count(change))
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Steps"));
	textview_append(text, ROLE_KEY, "  ");
	textview_append(text, ROLE_KEY, world_key(world, ACTION_OPEN, key));
	textview_append(text, ROLE_KEY, " ");
	textview_append(text, ROLE_DIM, all ? translate("hides requests and kubectl lines") :
					      translate("shows requests and kubectl lines"));
	textview_append(text, ROLE_KEY, "  ");
	textview_append(text, ROLE_KEY, world_key(world, ACTION_COPY, key));
	textview_append(text, ROLE_KEY, " ");
	textview_append(text, ROLE_DIM, translate("copies the first"));
	for (size_t i = 0; i < change_step_count(change); i++) {
		node_plan_add_wave(text, i ? change_step_at(change, i - 1) : NULL, change_step_at(change, i));
		add_step(text, world, change_step_at(change, i), all);
	}
}

/* Ways to the same end, the planned one marked; and what can be given in place of the runbook's own values. */
static void add_ways(struct textview *text, const struct world *world, const struct change *change, bool all)
{
	const json_t *document = change_runbook(change)->document;
	const json_t *list = json_object_get(document, "alternatives");
	const char *chosen = change_alternative(change);
	const char *name;
	json_t *parameter;

	if (!chosen || change_undo_of(change) || change_resume_of(change))
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Ways"));
	textview_append(text, ROLE_DIM, translate("  :way NAME plans another"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *way = json_array_get(list, i);
		const char *id = json_string_value(json_object_get(way, "id"));
		bool is_chosen = id && !strcmp(id, chosen);

		textview_addf(text, is_chosen ? ROLE_STRONG : ROLE_NORMAL, " %s %s  ", is_chosen ? "*" : " ",
			      id ? id : "?");
		textview_append(text, is_chosen ? ROLE_NORMAL : ROLE_DIM,
				runbook_text_in(json_object_get(way, "title"), world->language));
		textview_indent(text, 5);
	}
	if (!all)
		return;
	json_object_foreach(json_object_get(document, "parameters"), name, parameter) {
		const char *value = json_string_value(json_object_get(parameter, "default"));

		if (!value)
			continue;
		textview_addf(text, ROLE_DIM, "     %s=%s  ", name, value);
		textview_append(text, ROLE_DIM,
				runbook_text_in(json_object_get(parameter, "description"), world->language));
		textview_indent(text, 7);
	}
}

void plan_text(struct textview *text, const struct world *world, const struct change *change, bool all,
	       const char *how_to_run)
{
	add_state(text, world, change);
	if (change_state(change) == CHANGE_PREVIEWED)
		textview_add(text, ROLE_KEY, how_to_run);
	add_ways(text, world, change, all);
	add_steps(text, world, change, all);
	if (change_step_count(change))
		add_effects(text, world, change);
	add_preconditions(text, world, change);
	node_plan_add_notice(text, change);
	if (change_digest(change)[0]) {
		textview_add(text, ROLE_NORMAL, "");
		textview_add(text, ROLE_DIM, translate("digest: "));
		textview_append(text, ROLE_NORMAL, change_digest(change));
	}
}
