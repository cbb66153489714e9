/* One run of the journal, whole: who, from where, its steps with what they set, verification, what it said. */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"
#include "tui/run_plan.h"
#include "tui/runs.h"
#include "tui/text_view.h"
#include "tui/view_runs.h"

struct run_page {
	struct text_view base;
	struct selection about;		/* name: the run's id */
};

static const json_t *entry_of(const struct run_page *page)
{
	struct runs *runs = page->base.view.console->runs;
	const json_t *entries = runs ? runs_list(runs) : NULL;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		if (!strcmp(run_text(json_array_get(entries, i), "id"), page->about.name))
			return json_array_get(entries, i);
	}
	return NULL;
}

static void add_fact(struct textview *text, const char *label, const char *value)
{
	const char *shown = translate(label);

	if (!*value)
		return;
	textview_addf(text, ROLE_DIM, "%-*s ", field_width(shown, 16), shown);
	textview_append(text, ROLE_NORMAL, value);
	textview_indent(text, 17);
}

static void add_time(struct textview *text, const char *label, const char *rfc3339)
{
	char moment[64];

	world_moment(rfc3339, true, moment, sizeof(moment));
	add_fact(text, label, moment);
}

static void add_facts(struct textview *text, const json_t *entry)
{
	const json_t *verification = json_object_get(entry, "verification");

	add_fact(text, N_("state"), translate(run_text(entry, "state")));
	add_fact(text, N_("note"), run_text(entry, "note"));
	add_fact(text, N_("takes back"), run_text(entry, "undoes"));
	add_fact(text, N_("undone by"), run_text(entry, "undoneBy"));
	add_fact(text, N_("goes on with"), run_text(entry, "resumes"));
	add_fact(text, N_("gone on with by"), run_text(entry, "resumedBy"));
	add_time(text, N_("began"), run_text(entry, "startedAt"));
	add_time(text, N_("ended"), run_text(entry, "endedAt"));
	add_fact(text, N_("context"), run_text(entry, "context"));
	add_fact(text, N_("server"), run_text(entry, "server"));
	add_fact(text, N_("as user"), run_text(entry, "user"));
	add_fact(text, N_("by"), run_text(entry, "osUser"));
	add_fact(text, N_("by sudo of"), run_text(entry, "sudoUser"));
	add_fact(text, N_("from"), run_text(entry, "host"));
	add_fact(text, N_("over SSH from"), run_text(entry, "client"));
	add_fact(text, N_("tool"), run_text(entry, "tool"));
	add_fact(text, N_("verified by"), run_text(verification, "by"));
	add_fact(text, N_("verification"), translate(run_text(verification, "result")));
	add_fact(text, N_("digest"), run_text(entry, "digest"));
}

static void add_value(struct textview *text, const char *sign, const json_t *value)
{
	auto_free char *shown = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	textview_addf(text, ROLE_DIM, "         %s ", sign);
	textview_append(text, ROLE_NORMAL, shown ? shown : "");
	textview_indent(text, 11);
}

static void add_step(struct textview *text, const json_t *step)
{
	const char *title = run_text(step, "title");
	size_t i;
	const json_t *field;

	textview_addf(text, ROLE_DIM, "  %2lld ", (long long)json_integer_value(json_object_get(step, "n")));
	textview_append(text, ROLE_STRONG, translate(run_text(step, "state")));
	textview_append(text, ROLE_NORMAL, "  ");
	textview_append(text, ROLE_NORMAL, *title ? title : run_text(step, "target"));
	textview_append(text, ROLE_DIM, "  ");
	textview_append(text, ROLE_DIM, run_text(step, "outcome"));
	textview_indent(text, 5);
	json_array_foreach(json_object_get(step, "before"), i, field) {
		if (!*run_text(field, "path"))
			continue;
		textview_add(text, ROLE_DIM, "       ");
		textview_append(text, ROLE_DIM, run_text(field, "path"));
		add_value(text, "-", json_object_get(field, "before"));
		add_value(text, "+", json_object_get(field, "after"));
	}
}

static void add_output(struct textview *text, const json_t *lines)
{
	size_t i;
	const json_t *line;

	if (json_array_size(lines))
		textview_add(text, ROLE_HEADING, translate("What it said"));
	json_array_foreach((json_t *)(uintptr_t)lines, i, line) {
		long long step = json_integer_value(json_object_get(line, "n"));

		char at[64];

		world_moment(run_text(line, "at"), false, at, sizeof(at));
		textview_addf(text, ROLE_DIM, "  %s ", strlen(at) > 11 ? at + 11 : "");
		if (step)
			textview_appendf(text, ROLE_DIM, "%2lld ", step);
		textview_append(text, ROLE_NORMAL, run_text(line, "text"));
		textview_indent(text, 11);
	}
}

static void fill(struct text_view *base)
{
	struct run_page *page = (struct run_page *)base;
	const json_t *entry = entry_of(page);
	const json_t *steps = json_object_get(entry, "steps");
	const json_t *left = json_object_get(entry, "notUndone");

	if (!entry) {
		textview_addf(&base->text, ROLE_WARNING, translate("there is no run %s in the journal"),
			      page->about.name);
		return;
	}
	add_facts(&base->text, entry);
	for (size_t i = 0; i < json_array_size(left); i++)
		textview_add(&base->text, ROLE_WARNING, json_string_value(json_array_get(left, i)));
	textview_add(&base->text, ROLE_HEADING, translate("Steps"));
	for (size_t i = 0; i < json_array_size(steps); i++)
		add_step(&base->text, json_array_get(steps, i));
	add_output(&base->text, json_object_get(entry, "output"));
}

static bool about(struct view *view, struct selection *selection)
{
	*selection = ((struct run_page *)view)->about;
	return true;
}

static struct view *new_about(struct console *console, const struct selection *about);

static const struct view_ops run_view = {
	.name = "run",
	TEXT_VIEW_OPS,
	.new_about = new_about,
	.about = about,
};

static struct view *new_about(struct console *console, const struct selection *wanted)
{
	struct run_page *page = (struct run_page *)text_view_new(console, &run_view, sizeof(*page));

	page->about = *wanted;
	page->base.fill = fill;
	snprintf(page->base.title, sizeof(page->base.title), translate("Run %s"), wanted->name);
	text_view_update(&page->base.view);
	return &page->base.view;
}

void console_open_run(struct console *console, const char *run_id)
{
	struct selection wanted = {.kind = "Run"};

	snprintf(wanted.name, sizeof(wanted.name), "%s", run_id);
	console_push(console, new_about(console, &wanted));
}

const char *run_page_id(struct console *console)
{
	const struct view *view = console_focused(console);

	return view->ops == &run_view ? ((const struct run_page *)view)->about.name : "";
}
