#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/kube/kubeconfig.h"
#include "tui/change_facts.h"
#include "tui/command.h"
#include "tui/node_plan_text.h"
#include "tui/plan_text.h"

/* "   label  value" where there is a value. */
static void print_pair(FILE *out, const char *label, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, "      %s ", label);
	print_shown(out, value);
	fputc('\n', out);
}

/* What was asked for, or what the server adds of its own. */
static void print_lines(FILE *out, const struct step *step, bool by_server)
{
	for (size_t i = 0; i < step->diff_count; i++) {
		const struct step_diff *line = &step->diff[i];

		if (line->by_server != by_server)
			continue;
		fputs("      ", out);
		print_shown(out, line->path);
		fputc('\n', out);
		if (*line->before) {
			fputs("        - ", out);
			print_shown(out, line->before);
			fputc('\n', out);
		}
		if (*line->after) {
			fputs("        + ", out);
			print_shown(out, line->after);
			fputc('\n', out);
		}
		if (line->asked) {
			fprintf(out, "        %s ", translate("asked for:"));
			print_shown(out, line->asked);
			fputc('\n', out);
		}
	}
}

static void print_diff(FILE *out, const struct step *step)
{
	bool has_added = false;

	for (size_t i = 0; i < step->diff_count; i++)
		has_added = has_added || step->diff[i].by_server;
	print_lines(out, step, false);
	if (has_added)
		fprintf(out, "      %s\n", translate("the server adds, by default or admission:"));
	print_lines(out, step, true);
}

static void print_step(FILE *out, const struct step *step)
{
	fprintf(out, "  %2d. ", step->number);
	print_shown(out, step->title);
	if (step->state == STEP_SKIPPED)
		fprintf(out, " (%s)", translate("nothing to do"));
	fputc('\n', out);
	print_pair(out, translate("why:"), step->why);
	if (*step->target_uid) {
		fprintf(out, "      %s ", translate("on:"));
		print_shown(out, step->target);
		fputs("  uid ", out);
		print_shown(out, step->target_uid);
		fputc('\n', out);
	} else {
		print_pair(out, translate("on:"), step->target);
	}
	if (step->state == STEP_SKIPPED) {
		print_pair(out, translate("because it"), step->outcome);
		return;
	}
	if (step->expected_seconds > 0)
		fprintf(out, "      %s %d s%s\n", translate("takes about:"), step->expected_seconds,
			(step->method || step->argv) && !step->reversible ? translate("; cannot be undone") : "");
	print_pair(out, translate("note:"), step->owner_note);
	print_pair(out, step->argv ? translate("condition:") : translate("to do by hand:"), step->instruction);
	print_pair(out, translate("waits:"), step->watched);
	node_plan_print_commands(out, step);
	if (step->method) {
		fprintf(out, "      %s ", step->method);
		print_shown(out, step->path);
		fputc('\n', out);
		print_pair(out, translate("as:"), step->content_type);
		print_pair(out, translate("body:"), step->body);
	}
	print_pair(out, translate("for each:"), step->each_request);
	if (step->unified)
		node_plan_print_file(out, step);
	else
		print_diff(out, step);
	print_pair(out, "!", step->cannot_preview);
	print_pair(out, "$", step->kubectl);
}

static void print_precondition(FILE *out, const struct precondition *precondition)
{
	const char *word = translate("yes");

	if (precondition->ok != TRUTH_TRUE)
		word = precondition->ok == TRUTH_FALSE ? translate("NO") : translate("could not check");
	fprintf(out, "  %s: ", word);
	print_shown(out, precondition->text);
	if (precondition->reason) {
		fputs("\n      ", out);
		print_shown(out, precondition->reason);
		if (!precondition->is_blocking)
			fprintf(out, " (%s)", translate("does not stop the change"));
	}
	fputc('\n', out);
}

static void print_preconditions(FILE *out, const struct change *change)
{
	if (!change_precondition_count(change))
		return;
	fprintf(out, "\n%s\n", translate("Preconditions"));
	for (size_t i = 0; i < change_precondition_count(change); i++)
		print_precondition(out, change_precondition_at(change, i));
}

static void print_reach(FILE *out, const struct change *change)
{
	CLEANUP(buffer_release) struct buffer reach = BUFFER_INIT(1024);
	const struct blast_radius *radius = change_blast_radius(change);

	change_reach_text(change, false, &reach);
	if (radius->pdb_blocked)
		buffer_addf(&reach, translate_count(radius->pdb_blocked, N_("; %zu disruption budget allows none"),
						    N_("; %zu disruption budgets allow none")), radius->pdb_blocked);
	fprintf(out, "\n%s %s\n", translate("Reaches:"), buffer_text(&reach));
	for (size_t i = 0; i < change_effect_count(change); i++) {
		const struct effect *effect = change_effect_at(change, i);

		fputs(effect->is_warning ? "  ! " : "  - ", out);
		print_shown(out, effect->text);
		fputc('\n', out);
	}
	if (radius->expected_seconds > 0) {
		char time[32];

		clock_age(radius->expected_seconds, time, sizeof(time));
		fprintf(out, "%s %s\n", translate("Takes about:"), time);
	}
	for (size_t i = 0; i < change_conflict_count(change); i++) {
		fprintf(out, "%s ", translate("May bring about:"));
		print_shown(out, change_conflict_at(change, i));
		fputc('\n', out);
	}
}

/* full, partial or none, and what the runbook warns of. */
static void print_undo(FILE *out, const struct change *change, const char *language)
{
	const json_t *undo = json_object_get(change_runbook(change)->document, "undo");
	const char *text = runbook_text_in(json_object_get(undo, "warning"), language);

	fprintf(out, "%s %s%s", translate("Undo:"), translate(change_undo(change)), *text ? ". " : "");
	print_shown(out, text);
	fputc('\n', out);
}

/* The ways to the same end, the one that is planned marked. */
static void print_alternatives(FILE *out, const struct change *change, const char *language)
{
	const json_t *list = json_object_get(change_runbook(change)->document, "alternatives");
	const char *chosen = change_alternative(change);
	size_t i;
	json_t *way;

	if (!chosen)
		return;
	fprintf(out, "\n%s\n", translate("Ways (--alternative chooses)"));
	json_array_foreach((json_t *)(uintptr_t)list, i, way) {
		const char *id = json_string_value(json_object_get(way, "id"));

		fprintf(out, "  %s %s: ", !strcmp(id, chosen) ? "*" : " ", id);
		print_shown(out, runbook_text_in(json_object_get(way, "title"), language));
		fputc('\n', out);
	}
}

static void print_where(FILE *out, const struct kubeconfig_view *view)
{
	fprintf(out, "%s ", translate("Context"));
	print_shown(out, view->context ? view->context : "?");
	fputs(" · ", out);
	print_shown(out, view->server ? view->server : "?");
	fprintf(out, " · %s ", translate("as"));
	print_shown(out, view->as_user ? view->as_user : view->user ? view->user : "?");
	fputc('\n', out);
}

void plan_print(FILE *out, const struct change *change, const struct kubeconfig_view *view, const char *language)
{
	const struct runbook *runbook = change_runbook(change);
	const char *title = runbook_text(runbook, language, "title");

	fprintf(out, "%s  ", runbook->id);
	print_shown(out, title ? title : runbook->slug);
	fputc('\n', out);
	print_where(out, view);
	print_alternatives(out, change, language);
	if (change_step_count(change))
		fprintf(out, "\n%s\n", translate("Steps"));
	for (size_t i = 0; i < change_step_count(change); i++) {
		node_plan_print_wave(out, i ? change_step_at(change, i - 1) : NULL, change_step_at(change, i));
		print_step(out, change_step_at(change, i));
	}
	print_preconditions(out, change);
	if (change_precondition_count(change)) {
		print_reach(out, change);
		print_undo(out, change, language);
		node_plan_print_notice(out, change);
	}
	if (*change_digest(change))
		fprintf(out, "\ndigest: %s\n", change_digest(change));
}

void plan_print_json(FILE *out, const struct change *change)
{
	json_t *plan = change_plan_json(change);

	print_json_shown(out, plan, JSON_INDENT(2));
	json_decref(plan);
}
