/* Detail: evidence, explanation, plan and run of the selected symptom, or what is known of the selected object. */
#include "tui/view_detail.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/text_view.h"

struct detail_view {
	struct text_view base;		/* text: the tab, or the output of a run */
	struct textview steps;		/* run: above the output */
	enum detail_tab tab;
	bool all;			/* plan: with requests and the lines that do the same by hand */
	int rule;			/* row of the line between steps and output, at the last draw; 0 none */
	char shown[400];		/* what the text is about, to go to its top when that changes */
};

static const char *const tab_names[DETAIL_TAB_COUNT] = {
	[DETAIL_EVIDENCE] = N_("Evidence"),
	[DETAIL_EXPLAIN] = N_("explain"),
	[DETAIL_PLAN] = N_("plan"),
	[DETAIL_RUN] = N_("run"),
};

static struct detail_view *detail_of(struct console *console)
{
	return (struct detail_view *)console->panes[PANE_DETAIL];
}

static bool is_run_tab(const struct detail_view *detail)
{
	const struct change *change = fix_change(detail->base.view.console->fix);

	return detail->tab == DETAIL_RUN && change && change_state(change) > CHANGE_PREVIEWED;
}

static void fill_nothing(struct textview *text, const char *id)
{
	textview_add(text, ROLE_DIM, translate(id));
}

static void fill_no_plan(struct detail_view *detail)
{
	char key[KEY_TEXT_SIZE];

	textview_addf(&detail->base.text, ROLE_DIM,
		      translate("%s on a symptom makes its plan; planning changes nothing"),
		      world_key(console_world(detail->base.view.console), ACTION_FIX, key));
}

static void fill_no_run(struct detail_view *detail)
{
	char key[KEY_TEXT_SIZE];

	world_key(console_world(detail->base.view.console), ACTION_FIX, key);
	textview_addf(&detail->base.text, ROLE_DIM,
		      translate("nothing ran yet: %s on a symptom makes a plan, %s on the plan runs it"), key, key);
}

static const struct check *check_by_id(const struct world *world, const char *id)
{
	for (size_t i = 0; world->symptoms && i < symptoms_check_count(world->symptoms); i++) {
		const struct check *check = symptoms_check_at(world->symptoms, i);

		if (!strcmp(check->runbook->id, id))
			return check;
	}
	return NULL;
}

static void fill_evidence(struct detail_view *detail)
{
	struct console *console = detail->base.view.console;
	struct selection selection;
	const struct finding *finding = NULL;
	const struct record *record = NULL;
	const struct check *check = NULL;

	if (console_subject(console, &selection)) {
		if (selection.is_finding && console->world.symptoms)
			finding = symptoms_finding_by_key(console->world.symptoms, selection.finding_key);
		else if (selection.is_check)
			check = check_by_id(&console->world, selection.finding_key);
		else
			record = console_record(console, &selection);
	}
	if (finding)
		evidence_text(&detail->base.text, &console->world, finding);
	else if (record)
		describe_text(&detail->base.text, &console->world, record, false);
	else if (check)
		check_text(&detail->base.text, &console->world, check);
	else if (console->subject == PANE_SYMPTOMS && console->world.symptoms && !world_is_loading(&console->world) &&
		 symptoms_check_count(console->world.symptoms))
		checks_text(&detail->base.text, &console->world);
	else
		fill_nothing(&detail->base.text, "select a symptom, a node or a pod");
}

static void fill_explain(struct detail_view *detail)
{
	struct console *console = detail->base.view.console;
	const struct finding *finding = console_finding(console);

	if (finding)
		explain_text(&detail->base.text, &console->world, finding);
	else
		fill_nothing(&detail->base.text, "select a symptom: this explains what it is");
}

static void fill_plan(struct detail_view *detail)
{
	struct console *console = detail->base.view.console;
	const struct change *change = fix_change(console->fix);
	auto_free char *how_to_run = fix_how_to_run(console);

	if (change)
		plan_text(&detail->base.text, &console->world, change, detail->all, how_to_run);
	else
		fill_no_plan(detail);
}

static void fill_run(struct detail_view *detail)
{
	struct console *console = detail->base.view.console;

	textview_clear(&detail->steps);
	if (!is_run_tab(detail)) {
		fill_no_run(detail);
		return;
	}
	run_steps_text(&detail->steps, &console->world, fix_change(console->fix),
		       (detail->steps.seen_rows + detail->base.text.seen_rows) * 2 / 3);
	run_output_text(&detail->base.text, &console->world, fix_change(console->fix));
}

/* Goes to the top where the text is about something else than before. */
static void note_subject(struct detail_view *detail)
{
	struct console *console = detail->base.view.console;
	struct selection selection;
	char about[400];

	if (detail->tab >= DETAIL_PLAN)
		snprintf(about, sizeof(about), "%d %s", (int)detail->tab, fix_finding_key(console->fix));
	else if (console_subject(console, &selection))
		snprintf(about, sizeof(about), "%d %s", (int)detail->tab,
			 selection.is_finding || selection.is_check ? selection.finding_key : selection.uid);
	else
		snprintf(about, sizeof(about), "%d", (int)detail->tab);
	if (!strcmp(about, detail->shown))
		return;
	snprintf(detail->shown, sizeof(detail->shown), "%s", about);
	textview_top(&detail->base.text);
	textview_set_follow(&detail->base.text, detail->tab == DETAIL_RUN);
}

static void fill(struct text_view *base)
{
	struct detail_view *detail = (struct detail_view *)base;

	switch (detail->tab) {
	case DETAIL_EVIDENCE:
		fill_evidence(detail);
		break;
	case DETAIL_EXPLAIN:
		fill_explain(detail);
		break;
	case DETAIL_PLAN:
		fill_plan(detail);
		break;
	case DETAIL_RUN:
		fill_run(detail);
		break;
	case DETAIL_TAB_COUNT:
		break;
	}
	note_subject(detail);
}

static void release(struct text_view *base)
{
	textview_release(&((struct detail_view *)base)->steps);
}

static struct view *new(struct console *console)
{
	struct text_view *view = text_view_new(console, &detail_view, sizeof(struct detail_view));

	view->fill = fill;
	view->release = release;
	textview_init(&((struct detail_view *)view)->steps, 200);
	return &view->view;
}

static void heading(struct view *base, struct heading *heading)
{
	struct detail_view *detail = (struct detail_view *)base;
	CLEANUP(buffer_release) struct buffer note = BUFFER_INIT(sizeof(heading->note) - 1);
	int at;

	text_view_heading(base, heading);
	if (detail->tab == DETAIL_EVIDENCE)
		world_link_note(&base->console->world, &note, &heading->is_stale);
	snprintf(heading->note, sizeof(heading->note), "%s", buffer_text(&note));
	heading->rule = detail->rule;
	at = snprintf(heading->title, sizeof(heading->title), "4 ");
	for (int i = 0; i < DETAIL_TAB_COUNT; i++) {
		const char *name = translate(tab_names[i]);

		if (i)
			at += snprintf(heading->title + at, sizeof(heading->title) - (size_t)at, " / ");
		if (i == (int)detail->tab) {
			heading->mark_start = text_width(heading->title);
			heading->mark_length = text_width(name);
		}
		at += snprintf(heading->title + at, sizeof(heading->title) - (size_t)at, "%s", name);
	}
	if (detail->base.search[0])
		snprintf(heading->title + at, sizeof(heading->title) - (size_t)at, " /%.40s",
			 detail->base.search);
}

static void draw(struct view *base, struct cells *cells, struct rect rect, bool focused)
{
	struct detail_view *detail = (struct detail_view *)base;
	struct rect top = rect;
	struct rect bottom = rect;
	int wanted;

	if (!is_run_tab(detail)) {
		detail->rule = 0;
		textview_draw(&detail->base.text, cells, text_view_margin(rect), focused);
		return;
	}
	/* The last column is the scroll bar's. */
	wanted = textview_rows(&detail->steps, text_view_margin(rect).columns - 1);
	top.rows = wanted <= rect.rows - 4 ? wanted : rect.rows * 2 / 3;
	textview_draw(&detail->steps, cells, text_view_margin(top), false);
	bottom.row = rect.row + top.rows;
	bottom.rows = rect.rows - top.rows;
	detail->rule = bottom.rows > 1 ? top.rows : 0;
	if (detail->rule) {
		bottom.row++;
		bottom.rows--;
	}
	textview_draw(&detail->base.text, cells, text_view_margin(bottom), focused);
}

static bool act(struct view *base, enum action action)
{
	if (action == ACTION_LEFT || action == ACTION_RIGHT) {
		detail_view_turn(base->console, action == ACTION_LEFT ? -1 : 1);
		return true;
	}
	if (action == ACTION_OPEN) {
		struct detail_view *detail = (struct detail_view *)base;

		if (detail->tab == DETAIL_PLAN && fix_change(base->console->fix)) {
			detail->all = !detail->all;
			text_view_update(base);
			return true;
		}
		if (detail->tab != DETAIL_EVIDENCE)
			return false;
		/* Evidence leads to the object. */
		console_act(base->console, ACTION_DESCRIBE);
		return true;
	}
	return text_view_act(base, action);
}

/* The step that the line belongs to; where there is none above, the first one below. */
static const struct step *step_at(const struct detail_view *detail, const struct change *change)
{
	const struct textview *text = &detail->base.text;
	size_t line = textview_current(text);
	uint64_t number = 0;

	for (size_t i = line + 1; i-- > 0 && !number;)
		number = textview_tag_at(text, i);
	for (size_t i = line; i < textview_count(text) && !number; i++)
		number = textview_tag_at(text, i);
	/* One that nobody can do by hand leads to the next. */
	for (; number && number <= change_step_count(change); number++) {
		const struct step *step = change_step_at(change, number - 1);

		if (step->kubectl && step->kubectl[0])
			return step;
	}
	return NULL;
}

/* Of a plan the whole line that does the step by hand, however it is wrapped or hidden here. */
static void copy(struct view *base, struct buffer *out)
{
	struct detail_view *detail = (struct detail_view *)base;
	const struct change *change = fix_change(base->console->fix);
	const struct step *step = detail->tab == DETAIL_PLAN && change ? step_at(detail, change) : NULL;

	if (step)
		buffer_add_text(out, step->kubectl);
	else
		text_view_copy(base, out);
}

static bool selection(struct view *base, struct selection *selection)
{
	return console_subject(base->console, selection);
}

void detail_view_turn(struct console *console, int by)
{
	struct detail_view *detail = detail_of(console);
	int tab = (int)detail->tab + by;

	if (tab < 0 || tab >= DETAIL_TAB_COUNT)
		return;
	detail->tab = (enum detail_tab)tab;
	text_view_update(&detail->base.view);
	console->is_dirty = true;
}

void detail_view_show(struct console *console, enum detail_tab tab)
{
	struct detail_view *detail = detail_of(console);

	detail->tab = tab;
	while (console->page_count)
		console_pop(console);
	console_focus(console, PANE_DETAIL);
	text_view_update(&detail->base.view);
	console->is_dirty = true;
}

enum detail_tab detail_view_tab(struct console *console)
{
	return console->focus == PANE_DETAIL && !console->page_count ? detail_of(console)->tab : DETAIL_TAB_COUNT;
}

const struct view_ops detail_view = {
	.name = "detail",
	.new = new,
	.free = text_view_free,
	.update = text_view_update,
	.heading = heading,
	.draw = draw,
	.act = act,
	.selection = selection,
	.filter = text_view_filter,
	.set_filter = text_view_set_filter,
	.copy = copy,
};
