#include "tui/console.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/demo.h"
#include "tui/fix.h"
#include "tui/node_asking.h"
#include "tui/runs.h"
#include "tui/session.h"
#include "tui/view_detail.h"

enum { MESSAGE_MS = 6000, MESSAGE_MS_PER_CELL = 30, MESSAGE_MS_AT_LEAST = 3000 };

static const struct view_ops *const pane_ops[PANE_COUNT] = {
	[PANE_NODES] = &nodes_view,	[PANE_SYMPTOMS] = &symptoms_view, [PANE_PODS] = &system_pods_view,
	[PANE_DETAIL] = &detail_view,	[PANE_EVENTS] = &events_view,
};

void console_init(struct console *console, const struct invocation *invocation, enum glyph_set glyphs)
{
	*console = (struct console){
		.invocation = invocation,
		.configuration = invocation->configuration,
		.focus = PANE_SYMPTOMS,
		.subject = PANE_SYMPTOMS,
		.lower = PANE_DETAIL,
		.compact = invocation->options->compact,
		.cursor_row = -1,
		.is_dirty = true,
		.needs_update = true,
	};
	console->world.glyphs = glyphs;
	console->world.language = invocation->options->language;
	console->world.server_version = "";
	console->world.name_space = invocation->options->name_space;
	console->world.system_namespaces = (const char *const *)console->configuration->system_namespaces;
	keymap_init(&console->keymap, console->configuration->keys);
	console->world.keymap = &console->keymap;
	for (int i = 0; i < PANE_COUNT; i++)
		console->panes[i] = view_new(pane_ops[i], console);
	console->history[console->history_count++] = (struct place){.focus = PANE_SYMPTOMS};
}

void console_release(struct console *console)
{
	console_close_modal(console);
	fix_free(console->fix);
	runs_free(console->runs);
	if (console->prompt != PROMPT_NONE)
		input_line_stop(&console->input);
	while (console->page_count)
		view_free(console->pages[--console->page_count]);
	for (int i = 0; i < PANE_COUNT; i++)
		view_free(console->panes[i]);
	input_history_release(&console->command_history);
	input_history_release(&console->filter_history);
	free(console->wanted_context);
	free(console->wanted_theme);
	free(console->clipboard);
	free(console->trusted_id);
	free(console->trusted_digest);
	host_keys_asked_free(console->host_keys);
}

static bool is_protected(const struct configuration *configuration, const char *context)
{
	for (char *const *pattern = configuration->protected_contexts; *pattern; pattern++) {
		if (fnmatch(*pattern, context, FNM_CASEFOLD) == 0)
			return true;
	}
	return false;
}

void console_attach(struct console *console, struct session *session, const struct err *err)
{
	struct world *world = &console->world;

	console->session = session;
	console->session_error.code = ERR_NONE;
	if (!session && err)
		console->session_error = *err;
	world->snapshot = session ? cluster_snapshot(session->cluster) : NULL;
	world->symptoms = session ? session->symptoms : NULL;
	world->evidence = session ? session->evidence : NULL;
	world->survey = session ? session->survey : NULL;
	world->runbooks = session ? session->runbooks : NULL;
	world->client = session ? session->client : NULL;
	world->kubeconfig = session ? kube_client_view(session->client) : NULL;
	world->link = session ? kube_link(session->client) : NULL;
	world->demo = session && session->demo ? demo_scenario(session->demo) : NULL;
	world->is_protected = world->kubeconfig &&
			      is_protected(console->configuration, world->kubeconfig->context);
	console->seen_snapshot = 0;
	console->seen_symptoms = 0;
	console->seen_host_keys = 0;
	console->seen_unasked = 0;
	console->needs_update = true;
	console->is_dirty = true;
	runs_free(console->runs);
	console->runs = runs_new(console->invocation ? console->invocation->state_dir : NULL, session);
}

static void update_views(struct console *console)
{
	for (int i = 0; i < PANE_COUNT; i++) {
		if (i != PANE_DETAIL)
			console->panes[i]->ops->update(console->panes[i]);
	}
	/* Detail asks the others for their selection. */
	console->panes[PANE_DETAIL]->ops->update(console->panes[PANE_DETAIL]);
	for (size_t i = 0; i < console->page_count; i++)
		console->pages[i]->ops->update(console->pages[i]);
}

/* True if the data of the world is another than at the last call. */
static bool take_versions(struct console *console)
{
	const struct world *world = &console->world;
	uint64_t snapshot = world->snapshot ? snapshot_version(world->snapshot) : 0;
	uint64_t symptoms = world->symptoms ? symptoms_version(world->symptoms) : 0;
	uint64_t log = log_count() ? log_at(log_count() - 1)->number : 0;
	uint64_t generation = world->symptoms ? symptoms_generation(world->symptoms) : 0;
	uint64_t survey = world->survey ? node_survey_version(world->survey) : 0;
	/* Views keep findings until their next update, and those of before may be gone. */
	bool is_other = snapshot != console->seen_snapshot || symptoms != console->seen_symptoms ||
			generation != console->seen_generation || survey != console->seen_survey;

	if (log != console->seen_log && console->page_count)
		is_other = true;
	console->seen_snapshot = snapshot;
	console->seen_symptoms = symptoms;
	console->seen_generation = generation;
	console->seen_log = log;
	console->seen_survey = survey;
	return is_other;
}

/* Said once for each, where the header has no room for it. */
static void say_news_of_runs(struct console *console)
{
	const struct running *running =
		runs_elsewhere_count(console->runs) ? runs_elsewhere_at(console->runs, 0) : NULL;

	if (!running || !strcmp(console->said_run, running->id))
		return;
	snprintf(console->said_run, sizeof(console->said_run), "%s", running->id);
	console_sayf(console, ROLE_INFO, translate("%s is running elsewhere (%s): :runs shows it"), running->entry,
		     running->holder);
}

void console_refresh(struct console *console, int64_t now, int64_t now_ms)
{
	bool is_next_second = now != console->world.now;

	console->world.now = now;
	console->world.now_ms = now_ms;
	if (console->session) {
		console->world.server_version = kube_server_version(console->session->client);
		console->world.link = kube_link(console->session->client);
	}
	if (console->armed_until && now_ms >= console->armed_until && !console_is_running(console)) {
		console->armed_until = 0;
		console_say(console, ROLE_READ_ONLY,
			    translate("read-only again: the time for changes is over"));
	}
	if (console->message[0] && now_ms > console->message_until) {
		console->message[0] = '\0';
		console->is_dirty = true;
	}
	if (console->runs && runs_refresh(console->runs, now_ms, fix_run_id(console->fix))) {
		console->needs_update = true;
		say_news_of_runs(console);
	}
	console_note_unasked(console);
	console_note_host_keys(console);
	if (take_versions(console) || console->needs_update) {
		console->needs_update = false;
		console->is_dirty = true;
		update_views(console);
	} else if (is_next_second) {
		console->is_dirty = true;
		console->panes[PANE_DETAIL]->ops->update(console->panes[PANE_DETAIL]);
	}
}

const struct world *console_world(const struct console *console)
{
	return &console->world;
}

bool console_is_running(const struct console *console)
{
	return fix_is_active(console->fix);
}

struct view *console_focused(struct console *console)
{
	return console->page_count ? console->pages[console->page_count - 1] : console->panes[console->focus];
}

bool console_subject(struct console *console, struct selection *selection)
{
	struct view *view = console->panes[console->subject];

	*selection = (struct selection){0};
	return view->ops->selection && view->ops->selection(view, selection);
}

bool console_selection(struct console *console, struct selection *selection)
{
	struct view *view = console_focused(console);

	*selection = (struct selection){0};
	if (view->ops->selection && view->ops->selection(view, selection))
		return true;
	return console_subject(console, selection);
}

const struct finding *console_finding(struct console *console)
{
	const struct symptoms *symptoms = console->world.symptoms;
	struct view *list = console->panes[PANE_SYMPTOMS];
	struct selection selection = {0};

	if (!symptoms)
		return NULL;
	if (console->focus != PANE_SYMPTOMS && fix_finding_key(console->fix)[0] &&
	    detail_view_tab(console) >= DETAIL_PLAN && detail_view_tab(console) < DETAIL_TAB_COUNT) {
		const struct finding *finding = symptoms_finding_by_key(symptoms,
									fix_finding_key(console->fix));

		if (finding)
			return finding;
	}
	if (!list->ops->selection(list, &selection) || !selection.is_finding)
		return NULL;
	return symptoms_finding_by_key(symptoms, selection.finding_key);
}

const struct record *console_record(struct console *console, const struct selection *selection)
{
	const struct kind *kind = kind_find(selection->kind);
	const struct record *record;

	if (!console->world.snapshot || !selection->is_object)
		return NULL;
	record = snapshot_by_uid(console->world.snapshot, selection->uid);
	/* The events of a node name the node where the uid belongs. */
	if (!record && kind)
		record = snapshot_by_name(console->world.snapshot, kind->id, selection->name_space,
					  selection->name);
	return record;
}

void console_say(struct console *console, enum role role, const char *text)
{
	snprintf(console->message, sizeof(console->message), "%s", text);
	console->message_role = role;
	/* Long ones take longer to read. */
	console->message_since = console->world.now_ms;
	console->message_until = console->world.now_ms + MESSAGE_MS +
				 MESSAGE_MS_PER_CELL * (int64_t)text_width(console->message);
	console->is_dirty = true;
}

void console_forget_said(struct console *console)
{
	if (console->world.now_ms - console->message_since >= MESSAGE_MS_AT_LEAST)
		console->message[0] = '\0';
}

void console_sayf(struct console *console, enum role role, const char *format, ...)
{
	char text[sizeof(console->message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	console_say(console, role, text);
}

void console_say_err(struct console *console, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);

	console_sayf(console, ROLE_ERROR, "%s%s%s", what, *hint ? "; " : "", hint);
}

enum console_request console_take_request(struct console *console)
{
	enum console_request request = console->request;

	console->request = REQUEST_NONE;
	return request;
}

static void freeze(struct console *console, bool frozen)
{
	for (int i = 0; i < PANE_COUNT; i++) {
		if (console->panes[i]->ops->freeze)
			console->panes[i]->ops->freeze(console->panes[i], frozen);
	}
	for (size_t i = 0; i < console->page_count; i++) {
		if (console->pages[i]->ops->freeze)
			console->pages[i]->ops->freeze(console->pages[i], frozen);
	}
}

void console_close_modal(struct console *console)
{
	if (!console->modal.dialog && !console->modal.menu)
		return;
	dialog_free(console->modal.dialog);
	menu_free(console->modal.menu);
	console->modal = (struct modal){0};
	console->is_dirty = true;
	freeze(console, false);
}

void console_show_dialog(struct console *console, struct dialog *dialog,
			 void (*chosen)(struct console *console, int id))
{
	console_close_modal(console);
	console->modal = (struct modal){.dialog = dialog, .chosen = chosen};
	console->is_dirty = true;
	freeze(console, true);
}

void console_show_menu(struct console *console, struct menu *menu, void (*chosen)(struct console *console,
										  int id))
{
	console_close_modal(console);
	console->modal = (struct modal){.menu = menu, .chosen = chosen};
	console->is_dirty = true;
	freeze(console, true);
}

static struct place place_now(const struct console *console)
{
	struct view *page = console->page_count ? console->pages[console->page_count - 1] : NULL;
	struct place place = {
		.page = page ? page->ops : NULL,
		.focus = console->focus,
		.zoomed = console->zoomed,
	};

	if (page && page->ops->about && !page->ops->about(page, &place.about))
		place.about = (struct selection){0};
	return place;
}

static bool place_equal(const struct place *a, const struct place *b)
{
	return a->page == b->page && a->focus == b->focus && a->zoomed == b->zoomed &&
	       !strcmp(a->about.kind, b->about.kind) && !strcmp(a->about.name_space, b->about.name_space) &&
	       !strcmp(a->about.name, b->about.name) && !strcmp(a->about.uid, b->about.uid);
}

static void note_place(struct console *console)
{
	struct place place = place_now(console);

	if (place_equal(&console->history[console->history_at], &place))
		return;
	if (console->history_at + 1 == CONSOLE_MOST_HISTORY) {
		memmove(console->history, console->history + 1,
			sizeof(console->history) - sizeof(*console->history));
		console->history_at--;
	}
	console->history_before = console->history_at;
	console->history[++console->history_at] = place;
	console->history_count = console->history_at + 1;
}

static void push(struct console *console, struct view *view)
{
	if (console->page_count == CONSOLE_MOST_PAGES) {
		view_free(console->pages[0]);
		memmove(console->pages, console->pages + 1, sizeof(console->pages) - sizeof(*console->pages));
		console->page_count--;
	}
	console->pages[console->page_count++] = view;
	view->ops->update(view);
	console->is_dirty = true;
}

void console_push(struct console *console, struct view *view)
{
	push(console, view);
	note_place(console);
}

static bool is_pane(const struct view_ops *ops, enum pane *ret_pane)
{
	for (int i = 0; i < PANE_COUNT; i++) {
		if (pane_ops[i] == ops) {
			*ret_pane = (enum pane)i;
			return true;
		}
	}
	return false;
}

void console_open_page(struct console *console, const struct view_ops *ops)
{
	enum pane pane;

	if (is_pane(ops, &pane)) {
		while (console->page_count)
			view_free(console->pages[--console->page_count]);
		console_focus(console, pane);
		return;
	}
	if (console->page_count && console->pages[console->page_count - 1]->ops == ops)
		return;
	console_push(console, view_new(ops, console));
}

bool console_pop(struct console *console)
{
	console->is_dirty = true;
	if (console->page_count) {
		view_free(console->pages[--console->page_count]);
		note_place(console);
		return true;
	}
	if (console->zoomed) {
		console->zoomed = false;
		note_place(console);
		return true;
	}
	return false;
}

static void focus(struct console *console, enum pane pane)
{
	console->focus = pane;
	if (pane != PANE_DETAIL)
		console->subject = pane;
	if (pane != PANE_SYMPTOMS)
		console->lower = pane;
	console->panes[PANE_DETAIL]->ops->update(console->panes[PANE_DETAIL]);
	console->is_dirty = true;
}

void console_focus(struct console *console, enum pane pane)
{
	focus(console, pane);
	note_place(console);
}

static void go_to_place(struct console *console, size_t at)
{
	const struct place *place = &console->history[at];

	while (console->page_count)
		view_free(console->pages[--console->page_count]);
	console->zoomed = place->zoomed;
	focus(console, place->focus);
	if (place->about.kind[0])
		push(console, place->page->new_about(console, &place->about));
	else if (place->page)
		push(console, view_new(place->page, console));
	console->history_before = console->history_at;
	console->history_at = at;
}

void console_go_back(struct console *console, int steps)
{
	size_t at = console->history_at;

	if ((steps < 0 && at < (size_t)-steps) || (steps > 0 &&
						   at + (size_t)steps >= console->history_count))
		console_say(console, ROLE_INFO, translate("no more views in the history"));
	else
		go_to_place(console, steps < 0 ? at - (size_t)-steps : at + (size_t)steps);
}

void console_go_to_last(struct console *console)
{
	if (console->history_before == console->history_at)
		console_say(console, ROLE_INFO, translate("no more views in the history"));
	else
		go_to_place(console, console->history_before);
}

bool console_is_armed(const struct console *console)
{
	return console->armed_until > console->world.now_ms && !console_read_only_reason(console);
}

const char *console_read_only_reason(const struct console *console)
{
	if (console->configuration->read_only)
		return N_("read-only: the configuration says so, and nothing overrides that");
	if (console->invocation->options->read_only)
		return N_("read-only: started with --read-only, and nothing overrides that");
	return NULL;
}

void console_arm(struct console *console, int64_t seconds)
{
	console->armed_until = console->world.now_ms + 1000 * seconds;
	console_sayf(console, ROLE_ARMED,
		     translate("armed: changes are allowed for %lld minutes; each is asked for first"),
		     (long long)(seconds + 59) / 60);
}

void console_disarm(struct console *console)
{
	console->armed_until = 0;
	console_say(console, ROLE_READ_ONLY, translate("read-only"));
}
