/* The journal: what was done from this machine, newest first. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/journal.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/text_view.h"

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static enum role state_role(const char *state)
{
	if (!strcmp(state, "verified") || !strcmp(state, "done"))
		return ROLE_OK;
	if (!strcmp(state, "failed") || !strcmp(state, "stopped"))
		return ROLE_CRITICAL;
	return ROLE_WARNING;
}

static void add_step(struct textview *text, const json_t *step)
{
	const char *state = member(step, "state");

	textview_addf(text, ROLE_DIM, "   %2lld ", (long long)json_integer_value(json_object_get(step, "n")));
	textview_append(text, state_role(state), state);
	textview_append(text, ROLE_NORMAL, " ");
	textview_append(text, ROLE_NORMAL, member(step, "target"));
	textview_append(text, ROLE_DIM, "  ");
	textview_append(text, ROLE_DIM, member(step, "outcome"));
	textview_indent(text, 6);
}

static void add_run(struct textview *text, const json_t *run)
{
	const json_t *steps = json_object_get(run, "steps");
	const char *state = member(run, "state");

	textview_add(text, ROLE_NORMAL, "");
	textview_addf(text, ROLE_STRONG, "%s  ", member(run, "id"));
	textview_append(text, ROLE_STRONG, member(run, "entry"));
	textview_append(text, ROLE_NORMAL, "  ");
	textview_append(text, state_role(state), state);
	textview_appendf(text, ROLE_DIM, "  %s", member(run, "startedAt"));
	textview_appendf(text, ROLE_DIM, "  %s", member(run, "context"));
	textview_appendf(text, ROLE_DIM, " %s", member(run, "user"));
	for (size_t i = 0; i < json_array_size(steps); i++)
		add_step(text, json_array_get(steps, i));
}

static void load(struct text_view *view)
{
	struct journal *journal;
	json_t *document = NULL;
	const json_t *runs;
	struct err err;

	if (journal_open(view->view.console->invocation->state_dir, &journal, &err) < 0) {
		auto_free char *what = message_text(&err.what);

		textview_add(&view->text, ROLE_ERROR, what);
		return;
	}
	if (journal_runs(journal, NULL, &document, &err) < 0) {
		auto_free char *what = message_text(&err.what);

		textview_add(&view->text, ROLE_ERROR, what);
	}
	runs = json_is_array(document) ? document : json_object_get(document, "runs");
	snprintf(view->title, sizeof(view->title), translate("Runs %zu"), json_array_size(runs));
	if (!json_array_size(runs))
		textview_add(&view->text, ROLE_DIM, translate("nothing was changed from here yet"));
	for (size_t i = 0; i < json_array_size(runs); i++)
		add_run(&view->text, json_array_get(runs, i));
	json_decref(document);
	journal_close(journal);
}

static struct view *new(struct console *console)
{
	struct text_view *view = text_view_new(console, &runs_view, sizeof(*view));

	/* Read once when the page is opened: the journal is a file that others write too. */
	load(view);
	return &view->view;
}

const struct view_ops runs_view = {.name = "runs", .new = new, TEXT_VIEW_OPS};
