#include "tui/fix.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/journal.h"
#include "tui/change_facts.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/console.h"
#include "tui/node_plan_view.h"
#include "tui/remedy_context.h"
#include "tui/session.h"
#include "tui/view_detail.h"

enum { MOST_FACTS = 4096, MOST_SETTINGS = 16 };
enum button { BUTTON_ID_CANCEL = 1, BUTTON_ID_RUN, BUTTON_ID_AFTER_STEP, BUTTON_ID_NOW };

struct fix {
	struct console *console;
	struct journal *journal;
	struct change *change;
	char *finding_key;
	bool is_of_all;			/* of one plan over all findings of an entry */
	char *way;			/* what :way was given, cut into words; the change borrows them */
	const char *alternative;
	const char *settings[MOST_SETTINGS + 1];
	enum change_state seen;		/* to say each change of state once */
	char *digest;			/* what the dialog showed */
	size_t secret;			/* index of the value that is being asked for */
};

const struct change *fix_change(const struct fix *fix)
{
	return fix ? fix->change : NULL;
}

const char *fix_finding_key(const struct fix *fix)
{
	return fix && fix->finding_key ? fix->finding_key : "";
}

bool fix_is_active(const struct fix *fix)
{
	enum change_state state;

	if (!fix || !fix->change)
		return false;
	state = change_state(fix->change);
	return state == CHANGE_CONFIRMED || state == CHANGE_RUNNING || state == CHANGE_VERIFYING;
}

bool fix_is_settled(const struct fix *fix)
{
	return !fix || !fix->change || change_is_settled(fix->change);
}

void fix_stop(struct fix *fix, const char *reason)
{
	if (fix_is_active(fix))
		change_stop(fix->change, STOP_NOW, reason);
}

void fix_free(struct fix *fix)
{
	if (!fix)
		return;
	change_free(fix->change);
	journal_close(fix->journal);
	free(fix->finding_key);
	free(fix->way);
	free(fix->digest);
	free(fix);
}

static void say_outcome(struct fix *fix)
{
	struct console *console = fix->console;
	const char *id = change_runbook(fix->change)->id;
	char resume[KEY_TEXT_SIZE];
	char undo[KEY_TEXT_SIZE];

	switch (change_state(fix->change)) {
	case CHANGE_VERIFIED:
		if (change_stands_still(fix->change)) {
			console_sayf(console, ROLE_WARNING,
				     translate("%s: undone, but what was put back does not become ready"), id);
			break;
		}
		console_sayf(console, ROLE_OK,
			     change_undo_of(fix->change) ? translate("%s: undone, the fields are what they were")
							 : translate("%s: verified, the symptom is gone"),
			     id);
		break;
	case CHANGE_NOT_IMPROVED:
		console_sayf(console, ROLE_WARNING, translate("%s: done, but it did not improve"), id);
		break;
	case CHANGE_COULD_NOT_VERIFY:
		console_sayf(console, ROLE_WARNING,
			     translate("%s: done, but the result could not be verified"), id);
		break;
	case CHANGE_STOPPED:
	case CHANGE_FAILED:
		if (change_wrote_anything(fix->change))
			console_sayf(console, ROLE_ERROR,
				     translate("%s: stopped half way; %s goes on, %s takes it back"), id,
				     world_key(&console->world, ACTION_RESUME, resume),
				     world_key(&console->world, ACTION_UNDO, undo));
		else
			console_sayf(console, ROLE_ERROR, translate("%s: stopped before anything was changed"), id);
		break;
	case CHANGE_REFUSED:
		console_say_err(console, change_error(fix->change));
		break;
	case CHANGE_NOTHING_TO_DO:
		console_sayf(console, ROLE_OK, translate("%s: nothing to do"), id);
		break;
	default:
		break;
	}
}

static void on_stop_choice(struct console *console, int id);

static void on_change(void *data)
{
	struct fix *fix = data;

	fix->console->needs_update = true;
	fix->console->is_dirty = true;
	if (!fix->change || change_state(fix->change) == fix->seen)
		return;
	fix->seen = change_state(fix->change);
	/* There is nothing left to stop. */
	if (fix->console->modal.chosen == on_stop_choice && !fix_is_active(fix))
		console_close_modal(fix->console);
	say_outcome(fix);
}

static int open_journal(struct fix *fix, struct err *err)
{
	if (fix->journal)
		return 0;
	return journal_open(fix->console->invocation->state_dir, &fix->journal, err);
}

/* Everything that a plan is made in; false after saying why there can be none. */
static bool prepare(struct console *console, struct change_context *context)
{
	struct fix *fix = console->fix;
	struct err err;

	if (!console->session) {
		console_say(console, ROLE_WARNING, translate("no cluster to plan for"));
		return false;
	}
	if (!fix) {
		fix = console->fix = xcalloc(1, sizeof(*fix));
		fix->console = console;
	}
	/* Without a journal a plan can be read, and nothing more. */
	if (open_journal(fix, &err) < 0)
		console_say_err(console, &err);
	else
		journal_use(fix->journal, console->session->disk);
	remedy_context_make(console->session, fix->journal, context);
	context->read_only = console_read_only_reason(console) != NULL;
	context->read_only_reason = console_read_only_reason(console);
	context->is_protected = console->world.is_protected;
	context->language = console->world.language;
	return true;
}

/* What was planned before gives way. */
static struct fix *start_anew(struct console *console, const char *finding_key)
{
	struct fix *fix = console->fix;

	change_free(fix->change);
	fix->change = NULL;
	free(fix->finding_key);
	fix->finding_key = xstrdup(finding_key);
	fix->is_of_all = false;
	fix->seen = CHANGE_PLANNING;
	return fix;
}

/* "per-node mirror=harbor.example/base": one of the runbook's ways, and its parameters. */
static void take_way(struct fix *fix, const char *line)
{
	char *rest = NULL;
	size_t count = 0;

	free(fix->way);
	fix->way = xstrdup(line);
	fix->alternative = NULL;
	for (char *word = strtok_r(fix->way, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (!strchr(word, '='))
			fix->alternative = word;
		else if (count < MOST_SETTINGS)
			fix->settings[count++] = word;
	}
	fix->settings[count] = NULL;
}

/* way: as :way takes it; NULL: as the finding was planned before. */
static void plan(struct console *console, const struct finding *finding, const char *way)
{
	struct change_context context;
	struct fix *fix;
	bool is_other;

	if (!prepare(console, &context))
		return;
	is_other = strcmp(fix_finding_key(console->fix), finding->key) != 0;
	fix = start_anew(console, finding->key);
	fix->is_of_all = !strcmp(finding->key, finding->runbook->id) && runbook_plans_across(finding->runbook);
	if (way || is_other)
		take_way(fix, way ? way : "");
	context.alternative = fix->alternative;
	context.settings = fix->settings;
	fix->change = change_new(&context, finding->runbook, finding, NULL, on_change, fix);
	on_change(fix);
}

void fix_plan_run(struct console *console, const char *run_id, enum run_way way)
{
	CLEANUP(run_plan_release) struct run_plan plan = {0};
	struct change_context context;
	struct fix *fix;
	struct err err;

	if (fix_is_active(console->fix)) {
		console_say(console, ROLE_WARNING, translate("a fix is running: Ctrl-c asks how to stop it"));
		return;
	}
	if (!prepare(console, &context))
		return;
	if (!console->fix->journal)
		return;
	if (run_plan_read(&plan, console->fix->journal, console->session, run_id, &err) < 0) {
		console_say_err(console, &err);
		return;
	}
	fix = start_anew(console, run_id);
	fix->change = run_plan_change(&plan, way, &context, on_change, fix);
	on_change(fix);
	detail_view_show(console, DETAIL_PLAN);
}

const char *fix_run_id(const struct fix *fix)
{
	return fix_is_active(fix) ? change_run_id(fix->change) : "";
}

void fix_plan_all(struct console *console, const struct runbook *runbook)
{
	struct finding *whole;

	if (fix_is_active(console->fix)) {
		console_say(console, ROLE_WARNING, translate("a fix is running: Ctrl-c asks how to stop it"));
		return;
	}
	whole = console->world.symptoms ? symptoms_finding_of_all(console->world.symptoms, runbook) : NULL;
	if (!whole) {
		console_sayf(console, ROLE_INFO, "%s: %s", runbook->id, translate("nothing to do: it was not found"));
		return;
	}
	plan(console, whole, NULL);
	finding_free(whole);
	detail_view_show(console, DETAIL_PLAN);
}

/* It takes back or goes on with a run, or is of several symptoms: no single one stands for it. */
static bool stands_alone(const struct fix *fix)
{
	return fix && fix->change &&
	       (fix->is_of_all || change_undo_of(fix->change) || change_resume_of(fix->change));
}

/* "Deployment/kube-system/calico-typha  uid ..." for each object that the plan touches. */
static void add_objects(struct textview *body, const struct change *change)
{
	size_t count = change_object_count(change);
	enum { MOST = 8 };

	textview_add(body, ROLE_HEADING, translate("Changes"));
	for (size_t i = 0; i < count && i < MOST; i++) {
		const struct finding_object *object = change_object_at(change, i);
		auto_free char *name = world_object_name(object->kind, object->name_space, object->name);

		textview_addf(body, ROLE_STRONG, "  %s", name);
		textview_append(body, ROLE_DIM, "  uid ");
		textview_append(body, ROLE_DIM, object->uid);
		textview_indent(body, 4);
	}
	if (count > MOST)
		textview_addf(body, ROLE_DIM, translate("  and %zu more, as the plan lists them"),
			      count - MOST);
}

static void add_label(struct textview *body, const char *label)
{
	textview_addf(body, ROLE_DIM, "%-*s ", field_width(label, 12), label);
}

static void add_where(struct textview *body, const struct world *world)
{
	const struct kubeconfig_view *view = world->kubeconfig;

	add_label(body, translate("context"));
	textview_append(body, world->is_protected ? ROLE_BANNER : ROLE_STRONG, view ? view->context : "?");
	add_label(body, translate("server"));
	textview_append(body, ROLE_NORMAL, view ? view->server : "?");
	add_label(body, translate("user"));
	textview_append(body, ROLE_NORMAL, view ? (view->as_user ? view->as_user : view->user) : "?");
	textview_add(body, ROLE_NORMAL, "");
}

/* What is lost, stops or may be held up; the plan tells the rest. */
static void add_effects(struct textview *body, const struct change *change)
{
	enum { MOST = 5 };
	size_t shown = 0;
	size_t left = 0;

	for (size_t i = 0; i < change_effect_count(change); i++) {
		const struct effect *effect = change_effect_at(change, i);

		if (!effect->is_warning)
			continue;
		if (shown == MOST) {
			left++;
			continue;
		}
		shown++;
		textview_addf(body, ROLE_WARNING, "! %s", effect->text);
		textview_indent(body, 2);
	}
	if (left)
		textview_addf(body, ROLE_DIM, translate("  and %zu more, as the plan lists them"), left);
}

static void add_radius(struct textview *body, const struct change *change, const char *language)
{
	CLEANUP(buffer_release) struct buffer reach = BUFFER_INIT(MOST_FACTS);
	CLEANUP(buffer_release) struct buffer undo = BUFFER_INIT(MOST_FACTS);
	const struct blast_radius *radius = change_blast_radius(change);
	char time[32];

	change_reach_text(change, true, &reach);
	change_undo_text(change, language, &undo);
	textview_add(body, ROLE_NORMAL, "");
	textview_add(body, ROLE_NORMAL, buffer_text(&reach));
	if (radius->expected_seconds > 0) {
		clock_age(radius->expected_seconds, time, sizeof(time));
		textview_appendf(body, ROLE_NORMAL, translate("; about %s"), time);
	}
	add_effects(body, change);
	if (undo.length)
		textview_add(body, strcmp(change_undo(change), "full") != 0 ? ROLE_WARNING : ROLE_NORMAL,
			     buffer_text(&undo));
	textview_addf(body, ROLE_DIM, translate("digest %.16s..."), change_digest(change));
}

static void on_confirm_choice(struct console *console, int id)
{
	struct fix *fix = console->fix;
	auto_free char *typed = xstrdup(dialog_input(console->modal.dialog));
	char arm[KEY_TEXT_SIZE];
	char key[KEY_TEXT_SIZE];
	struct err err;

	console_close_modal(console);
	if (id != BUTTON_ID_RUN) {
		console_say(console, ROLE_INFO, translate("cancelled: nothing was changed"));
		return;
	}
	if (!console_is_armed(console)) {
		console_sayf(console, ROLE_WARNING, translate("read-only again: %s allows changes, then %s"),
			     world_key(&console->world, ACTION_ARM, arm), world_key(&console->world, ACTION_FIX, key));
		return;
	}
	if (change_confirm(fix->change, fix->digest, typed, &err) < 0 || change_run(fix->change, &err) < 0) {
		console_say_err(console, &err);
		return;
	}
	console_sayf(console, ROLE_INFO, translate("%s: running; Ctrl-c asks how to stop it"),
		     change_runbook(fix->change)->id);
	detail_view_show(console, DETAIL_RUN);
}

static char *question_of(const struct change *change)
{
	const char *id = change_runbook(change)->id;

	if (change_resume_of(change))
		return xasprintf(translate("Go on with run %s of %s?"), change_resume_of(change), id);
	if (change_undo_of(change))
		return xasprintf(translate("Take back run %s of %s?"), change_undo_of(change), id);
	return xasprintf(translate("Run the fix of %s?"), id);
}

static void ask_to_run(struct console *console)
{
	struct fix *fix = console->fix;
	const struct change *change = fix->change;
	auto_free char *title = question_of(change);
	struct dialog *dialog = dialog_new(title);
	struct textview *body = dialog_body(dialog);

	dialog_set_role(dialog, ROLE_CRITICAL);
	add_where(body, &console->world);
	add_objects(body, change);
	add_radius(body, change, console->world.language);
	node_plan_add_notice(body, change);
	textview_add(body, ROLE_NORMAL, "");
	if (change_needs_name(change)) {
		auto_free char *prompt = xasprintf(translate("type %s, then Tab and y: "),
						   change_name_to_type(change));

		dialog_expect(dialog, prompt, change_name_to_type(change));
	} else {
		textview_add(body, ROLE_DIM, translate("y runs it. Enter never does."));
	}
	/* Run first: from the typed name one Tab leads to it (decisions.md 30); the focus still starts on Cancel. */
	dialog_add_button(dialog, BUTTON_ID_RUN, translate("Run"), 'y', BUTTON_DANGEROUS);
	dialog_add_button(dialog, BUTTON_ID_CANCEL, translate("Cancel"), 'n', BUTTON_START | BUTTON_CANCEL);
	free(fix->digest);
	fix->digest = xstrdup(change_digest(change));
	console_show_dialog(console, dialog, on_confirm_choice);
}

static void ask_to_confirm(struct console *console);

static void on_secret(struct console *console, int id)
{
	struct fix *fix = console->fix;
	char *value = xstrdup(dialog_input(console->modal.dialog));
	struct err err;

	console_close_modal(console);
	if (id != BUTTON_ID_RUN)
		console_say(console, ROLE_INFO, translate("cancelled: nothing was changed"));
	else if (change_give_secret(fix->change, change_secret_name(fix->change, fix->secret), value, &err) < 0)
		console_say_err(console, &err);
	else
		ask_to_confirm(console);
	secret_free(value);
}

/* Asks for the next value that nobody may see; false: all were given. */
static bool ask_secret(struct console *console)
{
	struct fix *fix = console->fix;
	struct dialog *dialog;
	struct input_options options = {.masked = true};

	for (fix->secret = 0; fix->secret < change_secret_count(fix->change); fix->secret++) {
		if (!change_secret_is_given(fix->change, fix->secret))
			break;
	}
	if (fix->secret == change_secret_count(fix->change))
		return false;
	dialog = dialog_new(change_secret_name(fix->change, fix->secret));
	textview_add(dialog_body(dialog), ROLE_NORMAL, change_secret_description(fix->change, fix->secret));
	textview_add(dialog_body(dialog), ROLE_DIM,
		     translate("It is shown to nobody, kept in memory alone and wiped afterwards."));
	options.prompt = "";
	dialog_ask(dialog, &options);
	dialog_add_button(dialog, BUTTON_ID_RUN, translate("Take it"), 0, 0);
	dialog_add_button(dialog, BUTTON_ID_CANCEL, translate("Cancel"), 'n', BUTTON_CANCEL);
	console_show_dialog(console, dialog, on_secret);
	return true;
}

static void ask_to_confirm(struct console *console)
{
	if (!ask_secret(console))
		ask_to_run(console);
}


/* Planned while the journal could not be opened: it is tried again, and the plan is made anew with it. */
static bool has_journal(struct console *console, const struct finding *finding)
{
	struct err err;

	if (change_has_journal(console->fix->change))
		return true;
	if (open_journal(console->fix, &err) < 0)
		console_say_err(console, &err);
	else if (finding)
		plan(console, finding, NULL);
	return false;
}

static void confirm(struct console *console, const struct finding *finding)
{
	const char *reason = console_read_only_reason(console);
	char arm[KEY_TEXT_SIZE];
	char fix[KEY_TEXT_SIZE];

	if (reason)
		console_say(console, ROLE_WARNING, translate(reason));
	else if (!console_is_armed(console))
		console_sayf(console, ROLE_WARNING,
			     translate("read-only: %s allows changes for 15 minutes, then %s"),
			     world_key(&console->world, ACTION_ARM, arm), world_key(&console->world, ACTION_FIX, fix));
	else if (has_journal(console, finding))
		ask_to_confirm(console);
}

char *fix_how_to_run(const struct console *console)
{
	const char *reason = console_read_only_reason(console);
	char arm[KEY_TEXT_SIZE];
	char fix[KEY_TEXT_SIZE];

	world_key(&console->world, ACTION_FIX, fix);
	if (reason)
		return xstrdup(translate(reason));
	if (console_is_armed(console))
		return xasprintf(translate("%s runs this plan; it asks first."), fix);
	return xasprintf(translate("%s runs this plan; it asks first. Changes must be allowed with %s."), fix,
			 world_key(&console->world, ACTION_ARM, arm));
}

void fix_act(struct console *console, const struct finding *finding)
{
	struct fix *fix = console->fix;
	bool is_active = fix_is_active(fix);

	if (is_active) {
		detail_view_show(console, DETAIL_RUN);
		return;
	}
	/* Looking at such a plan, one means that. */
	if (stands_alone(fix) && detail_view_tab(console) == DETAIL_PLAN && console->focus == PANE_DETAIL)
		finding = NULL;
	if (!finding && !(fix && fix->change)) {
		console_say(console, ROLE_WARNING, translate("select a symptom first"));
		return;
	}
	if (fix && fix->change && (!finding || !strcmp(fix_finding_key(fix), finding->key)) &&
	    change_state(fix->change) <= CHANGE_PREVIEWED) {
		bool is_seen = detail_view_tab(console) == DETAIL_PLAN;

		detail_view_show(console, DETAIL_PLAN);
		if (is_seen && change_state(fix->change) == CHANGE_PREVIEWED)
			confirm(console, finding);
		else if (change_state(fix->change) != CHANGE_PREVIEWED && is_seen && finding &&
			 change_state(fix->change) != CHANGE_PLANNING)
			plan(console, finding, NULL);
		return;
	}
	if (!finding) {
		detail_view_show(console, DETAIL_RUN);
		return;
	}
	plan(console, finding, NULL);
	detail_view_show(console, DETAIL_PLAN);
}

void fix_plan_way(struct console *console, const char *way)
{
	const struct finding *finding = console_finding(console);

	if (fix_is_active(console->fix)) {
		console_say(console, ROLE_WARNING, translate("a fix is running: Ctrl-c asks how to stop it"));
	} else if (!finding) {
		console_say(console, ROLE_WARNING, translate("select a symptom first"));
	} else {
		plan(console, finding, way);
		detail_view_show(console, DETAIL_PLAN);
	}
}

static void on_stop_choice(struct console *console, int id)
{
	struct fix *fix = console->fix;

	console_close_modal(console);
	if (!fix_is_active(fix))
		return;
	if (id == BUTTON_ID_AFTER_STEP) {
		change_stop(fix->change, STOP_AFTER_STEP, "stopped by the operator");
		console_say(console, ROLE_WARNING, translate("it stops after this step"));
	} else if (id == BUTTON_ID_NOW) {
		change_stop(fix->change, STOP_NOW, "stopped by the operator");
		console_say(console, ROLE_WARNING,
			    translate("it stops now; a request in flight is let finish"));
	}
}

void fix_ask_stop(struct console *console)
{
	struct dialog *dialog = dialog_new(translate("Stop the running fix?"));
	struct textview *body = dialog_body(dialog);

	dialog_set_role(dialog, ROLE_WARNING);
	textview_add(body, ROLE_NORMAL,
		     translate("What is done stays done. The journal knows where it stopped; `resume` goes "
			       "on from there."));
	dialog_add_button(dialog, BUTTON_ID_CANCEL, translate("Go on"), 'g', BUTTON_START | BUTTON_CANCEL);
	dialog_add_button(dialog, BUTTON_ID_AFTER_STEP, translate("After this step"), 'a', 0);
	dialog_add_button(dialog, BUTTON_ID_NOW, translate("Now"), 'n', 0);
	console_show_dialog(console, dialog, on_stop_choice);
}
