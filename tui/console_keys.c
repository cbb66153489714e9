/* Keys of the console: to the dialog, the prompt, or through the keymap to an action. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/node_asking.h"
#include "tui/object_view.h"
#include "tui/view_detail.h"
#include "tui/view_runs.h"
#include "tui/view_events.h"

enum { TWICE_MS = 2000, BUTTON_ID_NO = 1, BUTTON_ID_YES };

static void feed_modal(struct console *console, const struct key *key)
{
	int id = console->modal.dialog ? dialog_feed(console->modal.dialog, key) :
					 menu_feed(console->modal.menu, key);

	console->is_dirty = true;
	/* Open and ignored are the same for both. */
	if (id != DIALOG_OPEN && id != DIALOG_IGNORED)
		console->modal.chosen(console, id);
}

static void stop_prompt(struct console *console)
{
	input_line_stop(&console->input);
	console->prompt = PROMPT_NONE;
	console->is_dirty = true;
}

static void accept_prompt(struct console *console)
{
	enum prompt_kind kind = console->prompt;
	auto_free char *line = xstrdup(input_line_text(&console->input));

	input_history_add(kind == PROMPT_COMMAND ? &console->command_history : &console->filter_history,
			  line);
	stop_prompt(console);
	if (kind == PROMPT_COMMAND)
		console_command(console, line);
}

static void cancel_prompt(struct console *console)
{
	struct view *view = console_focused(console);

	if (console->prompt == PROMPT_FILTER && view->ops->set_filter)
		view->ops->set_filter(view, console->filter_before);
	stop_prompt(console);
}

static void feed_prompt(struct console *console, const struct key *key)
{
	struct view *view = console_focused(console);

	console->is_dirty = true;
	switch (input_line_feed(&console->input, key)) {
	case INPUT_ACCEPTED:
		accept_prompt(console);
		break;
	case INPUT_CANCELLED:
		cancel_prompt(console);
		break;
	case INPUT_CHANGED:
		if (console->prompt == PROMPT_FILTER && view->ops->set_filter)
			view->ops->set_filter(view, input_line_text(&console->input));
		break;
	case INPUT_MOVED:
	case INPUT_IGNORED:
		break;
	}
}

static void interrupt(struct console *console, const struct key *key)
{
	bool is_second =
		console->interrupted_at && console->world.now_ms - console->interrupted_at < TWICE_MS;

	console->interrupted_at = console->world.now_ms;
	if (console_is_running(console)) {
		fix_ask_stop(console);
		return;
	}
	if (is_second) {
		console->request = REQUEST_QUIT;
		return;
	}
	if (console->modal.dialog || console->modal.menu)
		feed_modal(console, key);
	else if (console->prompt != PROMPT_NONE)
		cancel_prompt(console);
	else
		console_say(console, ROLE_INFO, translate("Ctrl-c again quits"));
}

void console_key(struct console *console, const struct key *key)
{
	enum action action = keymap_find(&console->keymap, key);

	if (action == ACTION_INTERRUPT)
		interrupt(console, key);
	else if (action == ACTION_REDRAW && console->prompt == PROMPT_NONE)
		console->request = REQUEST_REPAINT;
	else if (console->modal.dialog || console->modal.menu)
		feed_modal(console, key);
	else if (console->prompt != PROMPT_NONE)
		feed_prompt(console, key);
	else if (action != ACTION_NONE)
		console_act(console, action);
}

static void start_prompt(struct console *console, enum prompt_kind kind)
{
	struct view *view = console_focused(console);
	struct input_options options = {.prompt = kind == PROMPT_COMMAND ? ":" : "/"};

	if (kind == PROMPT_FILTER) {
		if (!view->ops->set_filter) {
			console_say(console, ROLE_INFO, translate("this view has nothing to filter"));
			return;
		}
		snprintf(console->filter_before, sizeof(console->filter_before), "%s",
			 view->ops->filter(view));
		options.initial = console->filter_before;
		options.history = &console->filter_history;
		options.maximum = 250;
		options.placeholder = translate("word  !word  status=Running  age<10m");
	} else {
		options.history = &console->command_history;
		options.complete = console_complete_command;
		options.context = console;
		options.placeholder = translate("command; Tab completes");
	}
	input_line_start(&console->input, &options);
	console->prompt = kind;
	console->is_dirty = true;
}

static void on_quit_choice(struct console *console, int id)
{
	console_close_modal(console);
	if (id == BUTTON_ID_YES)
		console->request = REQUEST_QUIT;
}

static void quit(struct console *console)
{
	struct dialog *dialog;

	if (console_pop(console))
		return;
	if (console_is_running(console)) {
		console_say(console, ROLE_WARNING, translate("a fix is running: Ctrl-c asks how to stop it"));
		return;
	}
	dialog = dialog_new(translate("Quit nks-triage?"));
	textview_add(dialog_body(dialog), ROLE_NORMAL,
		     translate("Watching ends; nothing in the cluster is changed by that."));
	dialog_add_button(dialog, BUTTON_ID_NO, translate("Stay"), 'n', BUTTON_CANCEL);
	dialog_add_button(dialog, BUTTON_ID_YES, translate("Quit"), 'y', BUTTON_START);
	console_show_dialog(console, dialog, on_quit_choice);
}

/* One step: filter, page, zoom, from the detail pane to its list. Never out of the program. */
static void back(struct console *console)
{
	struct view *view = console_focused(console);

	if (view->ops->filter && view->ops->filter(view)[0])
		view->ops->set_filter(view, "");
	else if (!console_pop(console) && console->focus == PANE_DETAIL)
		console_focus(console, console->subject);
	console->is_dirty = true;
}

static void open(struct console *console)
{
	struct view *view = console_focused(console);
	struct selection selection;

	if (view->ops->act(view, ACTION_OPEN))
		return;
	if (!console_selection(console, &selection) || selection.is_check) {
		if (view->ops == &symptoms_view)
			console_open_page(console, &checks_view);
		return;
	}
	if (console->page_count || view->ops == &events_view)
		console_act(console, ACTION_DESCRIBE);
	else if (console->focus != PANE_DETAIL)
		detail_view_show(console, DETAIL_EVIDENCE);
}

static void step_pane(struct console *console, int by)
{
	if (console->page_count)
		return;
	console_focus(console, (enum pane)(((int)console->focus + by + PANE_COUNT) % PANE_COUNT));
}

static void go_to_pane(struct console *console, enum pane pane)
{
	while (console->page_count)
		view_free(console->pages[--console->page_count]);
	console_focus(console, pane);
}

static void on_arm_choice(struct console *console, int id)
{
	console_close_modal(console);
	if (id == BUTTON_ID_YES)
		console_arm(console, console->wanted_seconds);
}

/* Protected contexts need their name typed (decisions.md 30). */
static void ask_to_arm(struct console *console)
{
	const char *context = console->world.kubeconfig->context;
	auto_free char *prompt = xasprintf(translate("type %s, then Tab and y: "), context);
	struct dialog *dialog = dialog_new(translate("Allow changes to a protected context?"));

	dialog_set_role(dialog, ROLE_CRITICAL);
	textview_add(dialog_body(dialog), ROLE_NORMAL, translate("context "));
	textview_append(dialog_body(dialog), ROLE_BANNER, context);
	textview_add(dialog_body(dialog), ROLE_NORMAL, translate("server "));
	textview_append(dialog_body(dialog), ROLE_NORMAL, console->world.kubeconfig->server);
	textview_addf(dialog_body(dialog), ROLE_NORMAL,
		      translate("Changes are allowed for %lld minutes, and each is asked for first."),
		      (long long)console->wanted_seconds / 60);
	dialog_expect(dialog, prompt, context);
	dialog_add_button(dialog, BUTTON_ID_YES, translate("Allow"), 'y', BUTTON_DANGEROUS);
	dialog_add_button(dialog, BUTTON_ID_NO, translate("Cancel"), 'n', BUTTON_START | BUTTON_CANCEL);
	console_show_dialog(console, dialog, on_arm_choice);
}

void console_ask_to_arm(struct console *console, int64_t seconds)
{
	const char *reason = console_read_only_reason(console);

	console->wanted_seconds = seconds;
	if (reason)
		console_say(console, ROLE_WARNING, translate(reason));
	else if (!console->world.kubeconfig)
		console_say(console, ROLE_WARNING, translate("no cluster to change"));
	else if (console->world.is_protected && !console_is_armed(console))
		ask_to_arm(console);
	else
		console_arm(console, seconds);
}

static void copy(struct console *console)
{
	struct view *view = console_focused(console);
	struct buffer out = BUFFER_INIT(64 << 10);

	if (view->ops->copy)
		view->ops->copy(view, &out);
	if (!out.length) {
		buffer_release(&out);
		console_say(console, ROLE_INFO, translate("nothing to copy here"));
		return;
	}
	free(console->clipboard);
	console->clipboard = buffer_detach(&out);
	console->request = REQUEST_COPY;
}

static void on_menu_choice(struct console *console, int id)
{
	console_close_modal(console);
	if (id > ACTION_NONE && id < ACTION_COUNT)
		console_act(console, (enum action)id);
}

/* Why an action cannot be done now; NULL if it can. */
static const char *obstacle(struct console *console, enum action action)
{
	unsigned flags = action_info(action)->flags;
	struct selection selection;

	if (flags & NEEDS_SYMPTOM && !console_finding(console) &&
	    !(action == ACTION_FIX && fix_change(console->fix)))
		return translate("select a symptom first");
	if (flags & NEEDS_OBJECT && (!console_selection(console, &selection) || !selection.is_object))
		return translate("select an object first");
	if (flags & NEEDS_POD && strcmp(selection.kind, "Pod") != 0)
		return translate("only pods have logs");
	return NULL;
}

static bool is_for_selection(const struct action_info *info)
{
	return info->group == GROUP_CHANGING || info->flags & (NEEDS_SYMPTOM | NEEDS_OBJECT | NEEDS_POD);
}

static void show_menu(struct console *console)
{
	struct menu *menu = menu_new(translate("Actions for the selection"));

	for (int group = GROUP_LOOKING; group <= GROUP_CHANGING; group++) {
		menu_add_heading(menu, translate(action_group_title((enum action_group)group)));
		for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
			const struct action_info *info = action_info((enum action)i);
			char key[KEY_TEXT_SIZE];

			if ((int)info->group != group || i == ACTION_MENU || !is_for_selection(info))
				continue;
			keymap_first(&console->keymap, (enum action)i, key);
			menu_add(menu, i, info->name, translate(info->help), key, obstacle(console,
											   (enum action)i));
		}
	}
	console_show_menu(console, menu, on_menu_choice);
}

static void look_closer(struct console *console, enum action action)
{
	struct selection selection;

	console_selection(console, &selection);
	switch (action) {
	case ACTION_EVENTS:
		console_push(console, events_view_about(console, &selection));
		break;
	case ACTION_DESCRIBE:
		console_push(console, describe_view_new(console, &selection));
		break;
	case ACTION_TIMELINE:
		console_push(console, timeline_view_new(console, &selection));
		break;
	case ACTION_YAML:
		console_push(console, yaml_view_new(console, &selection));
		break;
	case ACTION_LOGS:
		console_push(console, log_view_new(console, &selection));
		break;
	case ACTION_PREVIOUS_LOGS:
		console_push(console, previous_log_view_new(console, &selection));
		break;
	default:
		break;
	}
}

static bool act_on_screen(struct console *console, enum action action)
{
	switch (action) {
	case ACTION_COMMAND:
		start_prompt(console, PROMPT_COMMAND);
		return true;
	case ACTION_FILTER:
		start_prompt(console, PROMPT_FILTER);
		return true;
	case ACTION_HELP:
		console_open_page(console, &help_view);
		return true;
	case ACTION_REQUESTS:
		console_open_page(console, &requests_view);
		return true;
	case ACTION_NODE_CHECKS:
		console_open_node_checks(console);
		return true;
	case ACTION_RECHECK:
		console_recheck(console);
		return true;
	case ACTION_HOST_KEYS:
		console_ask_host_keys(console);
		return true;
	case ACTION_MENU:
		show_menu(console);
		return true;
	case ACTION_COPY:
		copy(console);
		return true;
	case ACTION_COMPACT:
		console->compact = !console->compact;
		return true;
	case ACTION_SAVE_VIEW:
		console->request = REQUEST_SAVE_VIEW;
		return true;
	case ACTION_RECONNECT:
		console->request = REQUEST_RECONNECT;
		return true;
	case ACTION_REDRAW:
		console->request = REQUEST_REPAINT;
		return true;
	case ACTION_SUSPEND:
		console->request = REQUEST_SUSPEND;
		return true;
	case ACTION_QUIT:
		quit(console);
		return true;
	default:
		return false;
	}
}

static bool act_on_panes(struct console *console, enum action action)
{
	switch (action) {
	case ACTION_BACK:
		back(console);
		return true;
	case ACTION_OPEN:
		open(console);
		return true;
	case ACTION_NEXT_PANE:
	case ACTION_PREVIOUS_PANE:
		step_pane(console, action == ACTION_NEXT_PANE ? 1 : -1);
		return true;
	case ACTION_PANE_1:
	case ACTION_PANE_2:
	case ACTION_PANE_3:
	case ACTION_PANE_4:
	case ACTION_PANE_5:
		go_to_pane(console, (enum pane)((int)action - ACTION_PANE_1));
		return true;
	case ACTION_ZOOM:
		console->zoomed = !console->zoomed;
		return true;
	case ACTION_HISTORY_BACK:
		console_go_back(console, -1);
		return true;
	case ACTION_LAST_VIEW:
		console_go_to_last(console);
		return true;
	case ACTION_HISTORY_FORWARD:
		console_go_back(console, 1);
		return true;
	default:
		return false;
	}
}

void console_act(struct console *console, enum action action)
{
	struct view *view = console_focused(console);
	const char *reason = obstacle(console, action);
	unsigned flags = action_info(action)->flags;

	console->is_dirty = true;
	console_forget_said(console);
	if (reason) {
		console_say(console, ROLE_WARNING, reason);
		return;
	}
	if (act_on_screen(console, action) || act_on_panes(console, action))
		return;
	if (action == ACTION_FIX) {
		fix_act(console, console_finding(console));
	} else if (action == ACTION_UNDO || action == ACTION_RESUME) {
		runs_view_act(console, action == ACTION_UNDO ? RUN_UNDO : RUN_RESUME, "");
	} else if (action == ACTION_ARM) {
		if (console_is_armed(console))
			console_disarm(console);
		else
			console_ask_to_arm(console, ARMED_SECONDS);
	} else if (action == ACTION_EXPLAIN) {
		detail_view_show(console, DETAIL_EXPLAIN);
	} else if (flags & NEEDS_OBJECT) {
		look_closer(console, action);
	} else if (!view->ops->act(view, action) && (action == ACTION_LEFT || action == ACTION_RIGHT) &&
		   !console->page_count) {
		detail_view_turn(console, action == ACTION_LEFT ? -1 : 1);
	}
	if (flags & IS_MOVEMENT && !console->page_count && console->focus == console->subject)
		console->panes[PANE_DETAIL]->ops->update(console->panes[PANE_DETAIL]);
}
