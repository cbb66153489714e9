/* The runs: what is changed right now, here and elsewhere, and what was changed from this machine, newest first. */
#include "tui/view_runs.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/list_view.h"
#include "tui/runs.h"

enum column { RUN, ENTRY, STATE, STEPS, WHO, BEGAN, CONTEXT };
enum { RANK_ELSEWHERE, RANK_JOURNAL };

static const struct table_column columns[] = {
	[RUN] = {.title = "RUN", .minimum = 25},
	[ENTRY] = {.title = "ENTRY", .minimum = 5, .ideal = 12},
	[STATE] = {.title = "STATE", .minimum = 11, .ideal = 19},
	[STEPS] = {.title = "STEPS", .minimum = 5, .drop = 2},
	[WHO] = {.title = "WHO", .minimum = 6, .weight = 1, .drop = 3, .squeezes = true},
	[BEGAN] = {.title = "BEGAN", .minimum = 20, .drop = 1},
	[CONTEXT] = {.title = "CONTEXT", .minimum = 8, .weight = 1, .drop = 4, .squeezes = true},
};

static enum role state_role(const char *state)
{
	if (!strcmp(state, "verified") || !strcmp(state, "undone"))
		return ROLE_OK;
	if (!strcmp(state, "running") || !strcmp(state, "verifying"))
		return ROLE_INFO;
	if (!strcmp(state, "failed") || !strcmp(state, "stopped") || !strcmp(state, "interrupted"))
		return ROLE_CRITICAL;
	return ROLE_WARNING;
}

static bool is_elsewhere(const struct runs *runs, const char *id)
{
	for (size_t i = 0; i < runs_elsewhere_count(runs); i++) {
		if (!strcmp(runs_elsewhere_at(runs, i)->id, id))
			return true;
	}
	return false;
}

static void collect(struct list_view *list)
{
	struct runs *runs = list->view.console->runs;
	const json_t *entries = runs ? runs_list(runs) : NULL;

	for (size_t i = 0; runs && i < runs_elsewhere_count(runs); i++) {
		const struct running *running = runs_elsewhere_at(runs, i);
		const struct list_row row = {
			.item = running, .key = running->id, .rank = RANK_ELSEWHERE, .order = (int64_t)i};

		if (!running->is_here)
			list_view_add(list, &row);
		list->total += !running->is_here;
	}
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const struct list_row row = {
			.item = entry, .key = run_text(entry, "id"), .rank = RANK_JOURNAL, .order = (int64_t)i};

		list->total++;
		list_view_add(list, &row);
	}
}

static void steps_text(const json_t *entry, char *out, size_t size)
{
	const json_t *steps = json_object_get(entry, "steps");
	size_t done = 0;

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const char *state = run_text(json_array_get(steps, i), "state");

		done += !strcmp(state, "done") || !strcmp(state, "skipped");
	}
	snprintf(out, size, "%zu/%zu", done, json_array_size(steps));
}

/* "root@bastion", as the Lease of a run has it. */
static void who_text(const json_t *entry, char *out, size_t size)
{
	const char *sudo = run_text(entry, "sudoUser");

	snprintf(out, size, "%s%s%s@%s", run_text(entry, "osUser"), *sudo ? "/" : "", sudo, run_text(entry, "host"));
}

static void running_cell(const struct running *running, enum column column, struct table_cell *cell)
{
	cell->text = "";
	switch (column) {
	case RUN:
		cell->text = running->id;
		break;
	case ENTRY:
		cell->text = running->entry;
		cell->role = ROLE_STRONG;
		break;
	case STATE:
		cell->text = translate("running elsewhere");
		cell->role = ROLE_INFO;
		break;
	case STEPS:
		if (running->done >= 0)
			snprintf(cell->scratch, sizeof(cell->scratch), "%d/%d", running->done, running->steps);
		cell->text = cell->scratch;
		break;
	case WHO:
		cell->text = running->holder;
		break;
	case BEGAN:
	case CONTEXT:
		break;
	}
}

static void state_cell(const struct list_view *list, const json_t *entry, struct table_cell *cell)
{
	const char *state = run_text(entry, "state");

	cell->role = state_role(state);
	cell->text = is_elsewhere(list->view.console->runs, run_text(entry, "id")) ? translate("running elsewhere")
										   : translate(state);
}

static void entry_cell(const struct list_view *list, const json_t *entry, enum column column, struct table_cell *cell)
{
	cell->text = cell->scratch;
	switch (column) {
	case RUN:
		cell->text = run_text(entry, "id");
		break;
	case ENTRY:
		snprintf(cell->scratch, sizeof(cell->scratch), "%s%s", run_text(entry, "entry"),
			 *run_text(entry, "undoes") ? translate(" undo") : "");
		cell->role = ROLE_STRONG;
		break;
	case STATE:
		state_cell(list, entry, cell);
		break;
	case STEPS:
		steps_text(entry, cell->scratch, sizeof(cell->scratch));
		break;
	case WHO:
		who_text(entry, cell->scratch, sizeof(cell->scratch));
		break;
	case BEGAN:
		world_moment(run_text(entry, "startedAt"), false, cell->scratch, sizeof(cell->scratch));
		cell->role = ROLE_DIM;
		break;
	case CONTEXT:
		cell->text = run_text(entry, "context");
		cell->role = ROLE_DIM;
		break;
	}
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	if (row->rank == RANK_ELSEWHERE)
		running_cell(row->item, (enum column)column, cell);
	else
		entry_cell(list, row->item, (enum column)column, cell);
}

static void title(struct list_view *list, char *out, size_t size)
{
	const struct runs *runs = list->view.console->runs;
	auto_free char *why = runs && runs_error(runs)->code != ERR_NONE ? message_text(&runs_error(runs)->what) : NULL;
	int at = snprintf(out, size, translate("Runs %zu"), list->total);

	if (why && at > 0 && (size_t)at < size)
		snprintf(out + at, size - (size_t)at, "  %s", why);
}

static const struct list_ops runs_list_ops = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_COUNT,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("nothing was changed from here yet"),
};

static struct view *new(struct console *console)
{
	return list_view_new(console, &runs_view, &runs_list_ops, 0);
}

/* "": none is selected, or one of another machine. */
static const char *selected_id(struct console *console)
{
	struct list_view *list = (struct list_view *)console_focused(console);
	ptrdiff_t at;

	if (list->view.ops != &runs_view || !list->count)
		return "";
	at = table_cursor_row(&list->table);
	return at >= 0 && (size_t)at < list->count && list->rows[at].rank == RANK_JOURNAL ? list->rows[at].key : "";
}

static bool act(struct view *view, enum action action)
{
	const char *id = selected_id(view->console);

	if (action != ACTION_OPEN)
		return list_view_act(view, action);
	if (*id)
		console_open_run(view->console, id);
	else if (((struct list_view *)view)->count)
		console_say(view->console, ROLE_INFO, translate("another machine runs it: its journal has the steps"));
	return true;
}

/* What can be done with it: half-way runs are gone on with, what was changed is taken back. */
static bool is_for(const json_t *entry, enum run_way way)
{
	const char *state = run_text(entry, "state");
	bool is_half_way = !strcmp(state, "stopped") || !strcmp(state, "failed") || !strcmp(state, "interrupted");

	if (way == RUN_RESUME)
		return is_half_way && !*run_text(entry, "resumedBy");
	return is_half_way || !strcmp(state, "verified") || !strcmp(state, "not_improved") ||
	       !strcmp(state, "could_not_verify");
}

static const char *last_for(struct console *console, enum run_way way)
{
	const json_t *entries = console->runs ? runs_list(console->runs) : NULL;
	const char *server = console->world.kubeconfig ? console->world.kubeconfig->server : "";

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);

		if (!strcmp(run_text(entry, "server"), server) && is_for(entry, way))
			return run_text(entry, "id");
	}
	return "";
}

void runs_view_act(struct console *console, enum run_way way, const char *run_id)
{
	auto_free char *id = NULL;

	if (!*run_id)
		run_id = console_focused(console)->ops == &runs_view ? selected_id(console) : run_page_id(console);
	if (!*run_id)
		run_id = last_for(console, way);
	if (!*run_id) {
		console_say(console, ROLE_INFO, way == RUN_UNDO ? translate("there is no run to take back")
								: translate("there is no run that stopped half way"));
		return;
	}
	/* The list that it is borrowed from may be read again meanwhile. */
	id = xstrdup(run_id);
	fix_plan_run(console, id, way);
}

const struct view_ops runs_view = {
	.name = "runs",
	.new = new,
	.free = list_view_free,
	.update = list_view_update,
	.heading = list_view_heading,
	.draw = list_view_draw,
	.act = act,
	.select = list_view_select,
	.filter = list_view_filter,
	.set_filter = list_view_set_filter,
	.copy = list_view_copy,
	.freeze = list_view_freeze,
	.wanted_rows = list_view_wanted_rows,
};
