/* The plan and its preview as text. */
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/fix.h"
#include "tui/world.h"
#include "widgets/gauge.h"
#include "widgets/textview.h"

static void add_state(struct textview *text, const struct world *world, const struct change *change)
{
	const struct err *error = change_error(change);
	enum change_state state = change_state(change);
	const struct runbook *runbook = change_runbook(change);

	textview_addf(text, ROLE_STRONG, "%s ", runbook->id);
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
				translate("planned and previewed by the server; nothing was changed"));
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
		enum glyph glyph =
			condition->ok == TRUTH_TRUE ? GLYPH_OK : condition->ok == TRUTH_FALSE ? GLYPH_FAILED :
													    GLYPH_COULD_NOT_CHECK;
		enum role role = condition->ok == TRUTH_TRUE ? ROLE_OK :
				 condition->is_blocking	     ? ROLE_CRITICAL :
							       ROLE_COULD_NOT_CHECK;

		textview_addf(text, role, " %s ", glyph_text(world->glyphs, glyph));
		textview_append(text, ROLE_NORMAL, condition->text ? condition->text : "");
		if (condition->reason && condition->reason[0]) {
			textview_append(text, ROLE_DIM, ": ");
			textview_append(text, role, condition->reason);
		}
		textview_indent(text, 3);
	}
}

static void add_effects(struct textview *text, const struct change *change)
{
	const struct blast_radius *radius = change_blast_radius(change);

	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Effect"));
	textview_addf(text, ROLE_NORMAL, translate(" %zu workloads, %zu pods, %zu nodes; undo: %s"),
		      radius->workloads,
		      radius->pods, radius->nodes, translate(change_undo(change)));
	if (radius->pdb_blocked)
		textview_addf(text, ROLE_WARNING, translate(" disruption budgets that allow none now: %zu"),
			      radius->pdb_blocked);
	for (size_t i = 0; i < change_conflict_count(change); i++) {
		textview_add(text, ROLE_WARNING, translate(" conflicts: "));
		textview_append(text, ROLE_NORMAL, change_conflict_at(change, i));
		textview_indent(text, 3);
	}
}

static void add_diff(struct textview *text, const struct step *step)
{
	for (size_t i = 0; i < step->diff_count; i++) {
		const struct step_diff *diff = &step->diff[i];

		textview_addf(text, ROLE_DIM, "     %s", diff->path);
		textview_indent(text, 7);
		if (diff->before && diff->before[0]) {
			textview_addf(text, ROLE_REMOVED, "     - %s", diff->before);
			textview_indent(text, 7);
		}
		if (diff->after && diff->after[0]) {
			textview_addf(text, ROLE_ADDED, "     + %s", diff->after);
			textview_indent(text, 7);
		}
	}
	if (step->cannot_preview) {
		textview_add(text, ROLE_WARNING, translate("     no preview: "));
		textview_append(text, ROLE_NORMAL, step->cannot_preview);
		textview_indent(text, 7);
	}
}

static void add_step(struct textview *text, const struct step *step)
{
	textview_addf(text, ROLE_STRONG, " %2d ", step->number);
	textview_append(text, ROLE_STRONG, step->title ? step->title : step->type);
	textview_appendf(text, ROLE_DIM, "  ~%ds", step->expected_seconds);
	if (!step->reversible)
		textview_append(text, ROLE_CRITICAL, translate("  cannot be undone"));
	textview_indent(text, 4);
	if (step->target && step->target[0]) {
		textview_addf(text, ROLE_DIM, "    %s ", step->type);
		textview_append(text, ROLE_NORMAL, step->target);
		textview_indent(text, 6);
	}
	if (step->why && step->why[0]) {
		textview_addf(text, ROLE_NORMAL, "    %s", step->why);
		textview_indent(text, 4);
	}
	if (step->owner_note) {
		textview_addf(text, ROLE_WARNING, "    %s", step->owner_note);
		textview_indent(text, 4);
	}
	add_diff(text, step);
	if (step->method) {
		textview_addf(text, ROLE_DIM, "    %s %s", step->method, step->path ? step->path : "");
		textview_indent(text, 6);
	}
	if (step->kubectl && step->kubectl[0]) {
		textview_addf(text, ROLE_COMMAND, "    $ %s", step->kubectl);
		textview_indent(text, 6);
	}
}

void plan_text(struct textview *text, const struct world *world, const struct change *change)
{
	enum change_state state = change_state(change);

	add_state(text, world, change);
	if (state == CHANGE_PREVIEWED)
		textview_add(text, ROLE_KEY,
			     translate("f runs this plan; it asks first. Changes must be allowed with F2."));
	add_preconditions(text, world, change);
	if (change_step_count(change)) {
		add_effects(text, change);
		textview_add(text, ROLE_NORMAL, "");
		textview_add(text, ROLE_HEADING, translate("Steps"));
	}
	for (size_t i = 0; i < change_step_count(change); i++)
		add_step(text, change_step_at(change, i));
	if (change_digest(change)[0]) {
		textview_add(text, ROLE_NORMAL, "");
		textview_add(text, ROLE_DIM, "digest: ");
		textview_append(text, ROLE_NORMAL, change_digest(change));
	}
}
