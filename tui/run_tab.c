/* A run as text: its steps with state and time, and what they say. */
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/fix.h"
#include "tui/world.h"
#include "widgets/gauge.h"
#include "widgets/textview.h"

static const struct {
	enum glyph glyph;
	enum role role;
} step_looks[] = {
	[STEP_PENDING] = {GLYPH_PENDING, ROLE_DIM},	 [STEP_RUNNING] = {GLYPH_RUNNING, ROLE_INFO},
	[STEP_DONE] = {GLYPH_DONE, ROLE_OK},		 [STEP_SKIPPED] = {GLYPH_NOT_APPLICABLE, ROLE_DIM},
	[STEP_FAILED] = {GLYPH_FAILED, ROLE_CRITICAL},
};

static enum role state_role(enum change_state state)
{
	switch (state) {
	case CHANGE_VERIFIED:
		return ROLE_OK;
	case CHANGE_NOT_IMPROVED:
	case CHANGE_COULD_NOT_VERIFY:
	case CHANGE_STOPPED:
		return ROLE_WARNING;
	case CHANGE_FAILED:
	case CHANGE_REFUSED:
		return ROLE_CRITICAL;
	default:
		return ROLE_INFO;
	}
}

static bool are_all_done(const struct change *change)
{
	for (size_t i = 0; i < change_step_count(change); i++) {
		enum step_state state = change_step_at(change, i)->state;

		if (state != STEP_DONE && state != STEP_SKIPPED)
			return false;
	}
	return true;
}

static const char *state_text(const struct change *change)
{
	enum change_state state = change_state(change);
	bool is_half_way = change_is_half_way(change);
	bool is_undo = change_undo_of(change) != NULL;

	switch (state) {
	case CHANGE_CONFIRMED:
		return N_("confirmed: starting");
	case CHANGE_RUNNING:
		return N_("running");
	case CHANGE_VERIFYING:
		return is_undo ? N_("verifying: are the fields what they were?")
			       : N_("verifying: does the symptom's own signature go away?");
	case CHANGE_VERIFIED:
		if (change_stands_still(change))
			return N_("undone, but what was put back does not become ready");
		if (is_undo)
			return N_("undone: the fields are what they were");
		return change_watch_seconds(change) ? N_("verified, watching: the symptom is gone")
						    : N_("verified: the symptom is gone");
	case CHANGE_NOT_IMPROVED:
		return is_undo ? N_("not undone: a field is not what it was")
			       : N_("did not improve: the symptom is still there");
	case CHANGE_COULD_NOT_VERIFY:
		return N_("could not verify the result");
	case CHANGE_STOPPED:
		if (is_half_way && are_all_done(change))
			return N_("stopped before the result was verified");
		return is_half_way ? N_("stopped half way") : N_("stopped before anything was changed");
	case CHANGE_FAILED:
		return is_half_way ? N_("failed half way") : N_("failed before anything was changed");
	default:
		return change_state_name(state);
	}
}

/* A step of which nobody knows how long it takes counts as a second. */
static int64_t weight_of(const struct step *step)
{
	return step->expected_seconds > 0 ? step->expected_seconds : 1;
}

/* What is done of a step in thousandths: as it says itself, else by its time. */
static int64_t share_done(const struct world *world, const struct step *step)
{
	int64_t share;

	if (step->state == STEP_DONE || step->state == STEP_SKIPPED)
		return 1000;
	if (step->state != STEP_RUNNING)
		return 0;
	if (step->progress >= 0)
		return step->progress * 10;
	share = (world->now_ms - step->started_ms) / weight_of(step);
	return share < 0 ? 0 : share < 900 ? share : 900;
}

/* Of the whole run, weighed by the expected times of its steps; ret_left in seconds, 0: nobody knows. */
static int percent_done(const struct world *world, const struct change *change, int64_t *ret_left)
{
	int64_t total = 0;
	int64_t left = 0;
	bool is_known = true;

	for (size_t i = 0; i < change_step_count(change); i++) {
		const struct step *step = change_step_at(change, i);

		total += weight_of(step);
		left += weight_of(step) * (1000 - share_done(world, step)) / 1000;
		is_known = is_known && (step->expected_seconds > 0 || share_done(world, step) == 1000);
	}
	*ret_left = is_known ? left : 0;
	return total ? (int)(100 * (total - left) / total) : 0;
}

static void bar_text(const struct world *world, size_t done, size_t total, char *out, size_t size)
{
	enum { WIDTH = 20 };
	size_t full = total ? done * WIDTH / total : 0;
	size_t at = 0;

	for (size_t i = 0; i < WIDTH; i++) {
		const char *glyph = glyph_text(world->glyphs, i < full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY);

		at += (size_t)snprintf(out + at, size - at, "%s", glyph);
	}
}

static int64_t started_at(const struct change *change)
{
	for (size_t i = 0; i < change_step_count(change); i++) {
		if (change_step_at(change, i)->started_ms)
			return change_step_at(change, i)->started_ms;
	}
	return 0;
}

static bool is_over(enum change_state state)
{
	return state >= CHANGE_VERIFIED || state < CHANGE_CONFIRMED;
}

static void add_summary(struct textview *text, const struct world *world, const struct change *change)
{
	enum change_state state = change_state(change);
	size_t total = change_step_count(change);
	size_t done = 0;
	char bar[128];
	char elapsed[32];
	char rest[32];
	int64_t left;
	int percent;
	int64_t start = started_at(change);
	int64_t end = change_ended_ms(change) ? change_ended_ms(change) : world->now_ms;

	for (size_t i = 0; i < total; i++) {
		enum step_state step = change_step_at(change, i)->state;

		done += step == STEP_DONE || step == STEP_SKIPPED;
	}
	percent = percent_done(world, change, &left);
	bar_text(world, (size_t)percent, 100, bar, sizeof(bar));
	clock_age(start && end > start ? (end - start) / 1000 : 0, elapsed, sizeof(elapsed));
	textview_addf(text, ROLE_STRONG, "%s ", change_runbook(change)->id);
	textview_append(text, state_role(state), translate(state_text(change)));
	if (!is_over(state))
		textview_appendf(text, ROLE_INFO, " %s", spinner_text(world->glyphs,
								      (unsigned)(world->now_ms / 100)));
	textview_add(text, ROLE_GAUGE, bar);
	textview_appendf(text, ROLE_NORMAL, " %d%%  %zu/%zu  %s", percent, done, total, elapsed);
	if (state == CHANGE_RUNNING && left > 0) {
		clock_age(left, rest, sizeof(rest));
		textview_appendf(text, ROLE_DIM, translate("  about %s left"), rest);
	}
	if (change_run_id(change)[0]) {
		textview_append(text, ROLE_DIM, translate("  run "));
		textview_append(text, ROLE_DIM, change_run_id(change));
	}
}

/* What a person is asked to do, and what it is seen by. */
static void add_waiting(struct textview *text, const struct world *world, const struct step *step)
{
	if (step->state != STEP_RUNNING)
		return;
	if (step->instruction) {
		textview_addf(text, ROLE_STRONG, "     %s ", glyph_text(world->glyphs, GLYPH_ARROW_RIGHT));
		textview_append(text, ROLE_STRONG, step->instruction);
		textview_indent(text, 7);
	}
	if (step->watched && !(step->doing && !strcmp(step->doing, step->watched))) {
		textview_addf(text, ROLE_INFO, "     %s ",
			      spinner_text(world->glyphs, (unsigned)(world->now_ms / 100)));
		textview_append(text, ROLE_INFO, step->watched);
		textview_indent(text, 7);
	}
}

static void add_step(struct textview *text, const struct world *world, const struct step *step)
{
	int64_t end = step->ended_ms ? step->ended_ms : world->now_ms;
	char elapsed[32] = "";

	if (step->started_ms)
		clock_age((end - step->started_ms) / 1000, elapsed, sizeof(elapsed));
	textview_addf(text, step_looks[step->state].role, " %s ",
		      glyph_text(world->glyphs, step_looks[step->state].glyph));
	textview_appendf(text, step->state == STEP_RUNNING ? ROLE_STRONG : ROLE_NORMAL, "%d ", step->number);
	textview_append(text, step->state == STEP_RUNNING ? ROLE_STRONG : ROLE_NORMAL,
			step->title ? step->title : step->type);
	/* Of a batch all have the same title. */
	if (step->unit)
		textview_appendf(text, ROLE_NORMAL, "  %s", step->target);
	if (step->state == STEP_RUNNING && step->progress >= 0)
		textview_appendf(text, ROLE_INFO, "  %d%%", step->progress);
	if (*elapsed)
		textview_appendf(text, ROLE_DIM, "  %s", elapsed);
	/* "Deployment/x changed" says what the line said already. */
	if (step->outcome && (!step->target || strncmp(step->outcome, step->target, strlen(step->target)) != 0)) {
		textview_append(text, ROLE_DIM, "  ");
		textview_append(text, step->state == STEP_FAILED ? ROLE_CRITICAL : ROLE_DIM, step->outcome);
	}
	textview_indent(text, 5);
	if (step->state == STEP_RUNNING && step->doing) {
		textview_addf(text, ROLE_DIM, "     %s", step->doing);
		textview_indent(text, 7);
	}
	add_waiting(text, world, step);
}

/* Steps that are done in one line, where there is no room for all. Returns the first that is left to show. */
static size_t add_done(struct textview *text, const struct world *world, const struct change *change, int rows)
{
	enum { AROUND = 4 };	/* rows of the summary, and of what the running step says */
	size_t total = change_step_count(change);
	size_t done = 0;

	while (done < total && (change_step_at(change, done)->state == STEP_DONE ||
				change_step_at(change, done)->state == STEP_SKIPPED))
		done++;
	if (rows <= 0 || done < 3 || (int)total + AROUND <= rows)
		return 0;
	textview_addf(text, step_looks[STEP_DONE].role, " %s ",
		      glyph_text(world->glyphs, step_looks[STEP_DONE].glyph));
	textview_appendf(text, ROLE_NORMAL, translate("steps 1 to %zu are done"), done - 1);
	return done - 1;
}

/* It did not improve: what to look at next. */
static void add_hypotheses(struct textview *text, const struct change *change)
{
	size_t count = change_hypothesis_count(change);

	if (!count)
		return;
	textview_add(text, ROLE_HEADING, translate("Look next at"));
	for (size_t i = 0; i < count; i++) {
		const struct hypothesis *hypothesis = change_hypothesis_at(change, i);

		textview_addf(text, ROLE_STRONG, " %s ", hypothesis->id);
		textview_append(text, ROLE_NORMAL, hypothesis->why);
		textview_indent(text, 3);
	}
}

static void add_watch(struct textview *text, const struct change *change)
{
	int seconds = change_watch_seconds(change);
	char time[32];

	if (change_state(change) != CHANGE_VERIFIED || !seconds)
		return;
	clock_age(seconds, time, sizeof(time));
	textview_addf(text, ROLE_INFO, translate("watched for %s more: it says so here if it comes back"), time);
}

/* What the operator can do now that it is over. */
static void add_ways_on(struct textview *text, const struct world *world, const struct change *change)
{
	enum change_state state = change_state(change);
	char resume[KEY_TEXT_SIZE];
	char undo[KEY_TEXT_SIZE];
	char fix[KEY_TEXT_SIZE];
	bool has_stopped = state == CHANGE_STOPPED || state == CHANGE_FAILED;

	if (!has_stopped && (state < CHANGE_VERIFIED || state > CHANGE_COULD_NOT_VERIFY))
		return;
	world_key(world, ACTION_UNDO, undo);
	if (!change_wrote_anything(change)) {
		if (has_stopped && !change_undo_of(change) && !change_resume_of(change))
			textview_addf(text, ROLE_KEY, translate("%s plans it again"),
				      world_key(world, ACTION_FIX, fix));
	} else if (has_stopped) {
		textview_addf(text, ROLE_KEY, translate("%s goes on with it, %s takes back what was done"),
			      world_key(world, ACTION_RESUME, resume), undo);
	} else {
		textview_addf(text, ROLE_KEY, translate("%s takes it back"), undo);
	}
}

void run_steps_text(struct textview *text, const struct world *world, const struct change *change, int rows)
{
	const struct err *error = change_error(change);

	add_summary(text, world, change);
	for (size_t i = add_done(text, world, change, rows); i < change_step_count(change); i++)
		add_step(text, world, change_step_at(change, i));
	if (error && error->code != ERR_NONE) {
		auto_free char *what = message_text(&error->what);
		auto_free char *hint = message_text(&error->hint);

		textview_add(text, ROLE_ERROR, what);
		if (*hint)
			textview_add(text, ROLE_NORMAL, hint);
	}
	add_watch(text, change);
	add_hypotheses(text, change);
	add_ways_on(text, world, change);
}

void run_output_text(struct textview *text, const struct world *world, const struct change *change)
{
	(void)world;
	for (size_t i = 0; i < change_output_count(change); i++) {
		const struct output_line *line = change_output_at(change, i);
		char time[16];

		world_clock(line->wall_ms / 1000, time, sizeof(time));
		textview_addf(text, ROLE_DIM, "%s ", time);
		if (line->step)
			textview_appendf(text, ROLE_DIM, "%2d ", line->step);
		textview_append(text, ROLE_NORMAL, line->text);
		textview_indent(text, 9);
	}
}
