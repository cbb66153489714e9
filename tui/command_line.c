/* `:` commands: one table, from which come completion and dispatch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/list_view.h"
#include "tui/node_asking.h"
#include "tui/runs.h"
#include "tui/session.h"
#include "tui/view_detail.h"
#include "tui/view_runs.h"

struct line_command {
	const char *name;
	const char *const *values;	/* for completion; NULL-terminated; may be NULL */
	void (*run)(struct console *console, const char *value);
};

static void run_context(struct console *console, const char *value)
{
	if (console_is_running(console)) {
		console_say(console, ROLE_WARNING,
			    translate("a fix is running: the context stays until it ended"));
		return;
	}
	if (!*value) {
		console_say(console, ROLE_INFO, translate("ctx NAME: Tab lists the contexts"));
		return;
	}
	free(console->wanted_context);
	console->wanted_context = xstrdup(value);
	console->request = REQUEST_SWITCH;
}

static void run_namespace(struct console *console, const char *value)
{
	struct list_view *pods;
	bool all = !*value || !strcmp(value, "*") || !strcmp(value, "all");

	console_open_page(console, &pods_view);
	pods = (struct list_view *)console_focused(console);
	snprintf(pods->name_space, sizeof(pods->name_space), "%s", all ? "" : value);
	list_view_update(&pods->view);
}

static void run_arm(struct console *console, const char *value)
{
	char *end = NULL;
	long minutes = *value ? strtol(value, &end, 10) : ARMED_SECONDS / 60;

	if (minutes < 1 || minutes > 120 || (end && *end && strcmp(end, "m") != 0))
		console_say(console, ROLE_WARNING, translate("arm takes 1m to 120m"));
	else
		console_ask_to_arm(console, minutes * 60);
}

static void run_disarm(struct console *console, const char *value)
{
	(void)value;
	console_disarm(console);
}

static void run_language(struct console *console, const char *value)
{
	const char *language = strlen(value) == 2 ? language_of_locale(value) : NULL;

	if (!language) {
		console_say(console, ROLE_WARNING, translate("lang is en, ko or ja"));
		return;
	}
	console->world.language = language;
	translate_to(language);
	console->needs_update = true;
}

static void run_theme(struct console *console, const char *value)
{
	free(console->wanted_theme);
	console->wanted_theme = xstrdup(value);
	console->request = REQUEST_THEME;
}

/* Of an entry: all that its batch goes across, else its first finding. */
static void plan_entry(struct console *console, const char *id)
{
	const struct symptoms *symptoms = console->world.symptoms;
	const struct runbook *runbook = console->session ? runbook_find(console->session->runbooks, id) : NULL;
	const struct finding *first = NULL;

	if (!runbook) {
		console_sayf(console, ROLE_WARNING, translate("there is no entry %s"), id);
		return;
	}
	for (size_t i = 0; symptoms && !first && i < symptoms_finding_count(symptoms); i++) {
		if (symptoms_finding_at(symptoms, i)->runbook == runbook)
			first = symptoms_finding_at(symptoms, i);
	}
	if (first && !runbook_plans_across(runbook))
		fix_act(console, first);
	else
		fix_plan_all(console, runbook);
}

static void run_plan(struct console *console, const char *value)
{
	if (*value)
		plan_entry(console, value);
	else if (fix_change(console->fix))
		detail_view_show(console, DETAIL_PLAN);
	else
		console_act(console, ACTION_FIX);
}

static void run_quit(struct console *console, const char *value)
{
	(void)value;
	if (console_is_running(console))
		console_say(console, ROLE_WARNING, translate("a fix is running: Ctrl-c asks how to stop it"));
	else
		console->request = REQUEST_QUIT;
}

static void run_undo(struct console *console, const char *value)
{
	runs_view_act(console, RUN_UNDO, value);
}

static void run_resume(struct console *console, const char *value)
{
	runs_view_act(console, RUN_RESUME, value);
}

static void run_snapshot(struct console *console, const char *value)
{
	(void)value;
	console->request = REQUEST_SAVE_VIEW;
}

static const char *const languages[] = {"en", "ko", "ja", NULL};
static const char *const themes[] = {"auto", "dark", "light", "mono", NULL};
static const char *const spans[] = {"15m", "5m", "60m", NULL};

static const struct line_command line_commands[] = {
	{"ctx", NULL, run_context},	{"ns", NULL, run_namespace}, {"arm", spans, run_arm},
	{"disarm", NULL, run_disarm},	{"lang", languages, run_language}, {"theme", themes, run_theme},
	{"plan", NULL, run_plan},	{"undo", NULL, run_undo},    {"snapshot", NULL, run_snapshot},
	{"resume", NULL, run_resume},	{"trust", NULL, console_ask_to_trust},
	{"nodes", NULL, console_ask_check}, {"way", NULL, fix_plan_way},
	{"q", NULL, run_quit},		{"quit", NULL, run_quit},
};

void console_command(struct console *console, const char *line)
{
	char name[32];
	const char *value;
	const struct view_ops *view;
	size_t length;

	line += strspn(line, " :");
	length = strcspn(line, " ");
	value = line + length + strspn(line + length, " ");
	snprintf(name, sizeof(name), "%.*s", (int)length, line);
	if (!*name)
		return;
	for (size_t i = 0; i < array_length(line_commands); i++) {
		if (!strcmp(line_commands[i].name, name)) {
			line_commands[i].run(console, value);
			return;
		}
	}
	view = view_find(name);
	if (view)
		console_open_page(console, view);
	else if (action_from_name(name) != ACTION_NONE)
		console_act(console, action_from_name(name));
	else
		console_sayf(console, ROLE_WARNING, translate("there is no command %s; ? lists them"), name);
}

static void complete_name(const char *text, struct input_candidates *candidates)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < array_length(line_commands); i++) {
		if (!strncmp(line_commands[i].name, text, length))
			input_candidates_add(candidates, line_commands[i].name);
	}
	for (size_t i = 0; views[i]; i++) {
		if (views[i] != &nodes_view && views[i]->new && !strncmp(views[i]->name, text, length))
			input_candidates_add(candidates, views[i]->name);
	}
}

static void complete_context(struct console *console, const char *text, struct input_candidates *candidates)
{
	const struct kubeconfig_options options = {.path = console->invocation->options->kubeconfig};
	char **names;

	if (kubeconfig_contexts(&options, &names, NULL) < 0)
		return;
	for (size_t i = 0; names[i]; i++) {
		if (!strncmp(names[i], text, strlen(text)))
			input_candidates_add(candidates, names[i]);
	}
	strings_free(names);
}

/* Namespaces that pods are in. */
static void complete_namespace(struct console *console, const char *text, struct input_candidates *candidates)
{
	struct map seen = {0};
	struct record_list pods = {0};

	if (console->world.snapshot)
		pods = snapshot_all(console->world.snapshot, KIND_POD);
	for (size_t i = 0; i < pods.count; i++) {
		const char *name = pods.items[i]->name_space;

		if (!strncmp(name, text, strlen(text)) && !map_put(&seen, name, (void *)(uintptr_t)1))
			input_candidates_add(candidates, name);
	}
	map_release(&seen);
}

static void complete_run(const struct console *console, const char *text, struct input_candidates *candidates)
{
	const json_t *runs = console->runs ? runs_list(console->runs) : NULL;

	for (size_t i = 0; i < json_array_size(runs); i++) {
		const char *id = run_text(json_array_get(runs, i), "id");

		if (!strncmp(id, text, strlen(text)))
			input_candidates_add(candidates, id);
	}
}

/* Checks that nodes can be asked for. */
/* Entries of which something was found. */
static void complete_entry(const struct console *console, const char *text, struct input_candidates *candidates)
{
	const struct symptoms *symptoms = console->world.symptoms;
	const struct runbook *last = NULL;

	for (size_t i = 0; symptoms && i < symptoms_finding_count(symptoms); i++) {
		const struct runbook *runbook = symptoms_finding_at(symptoms, i)->runbook;

		if (runbook != last && !runbook->is_general && !strncasecmp(runbook->id, text, strlen(text)))
			input_candidates_add(candidates, runbook->id);
		last = runbook;
	}
}

static void complete_check(const struct console *console, const char *text, struct input_candidates *candidates)
{
	const struct node_survey *survey = console->world.survey;

	for (size_t i = 0; survey && i < node_survey_check_count(survey); i++) {
		const char *name = node_survey_check_name(survey, i);

		if (!strncmp(name, text, strlen(text)))
			input_candidates_add(candidates, name);
	}
}

/* Runbooks that are not shipped and not approved yet. */
static void complete_untrusted(const struct console *console, const char *text, struct input_candidates *candidates)
{
	const struct runbook_set *set = console->world.runbooks;

	for (size_t i = 0; set && i < runbook_count(set); i++) {
		const struct runbook *runbook = runbook_at(set, i);

		if (!runbook->is_trusted && !strncmp(runbook->id, text, strlen(text)))
			input_candidates_add(candidates, runbook->id);
	}
}

/* The ways of the selected symptom's runbook. */
static void complete_way(struct console *console, const char *text, struct input_candidates *candidates)
{
	const struct finding *finding = console_finding(console);
	const json_t *list = finding ? json_object_get(finding->runbook->document, "alternatives") : NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_object_get(json_array_get(list, i), "id"));

		if (id && !strncmp(id, text, strlen(text)))
			input_candidates_add(candidates, id);
	}
}

void console_complete_command(void *context, const char *text, size_t cursor,
			      struct input_candidates *candidates)
{
	struct console *console = context;
	auto_free char *typed = xstrndup(text, cursor);
	char *space = strchr(typed, ' ');

	candidates->start = 0;
	if (!space) {
		complete_name(typed, candidates);
		return;
	}
	*space = '\0';
	candidates->start = (size_t)(space - typed) + 1;
	if (!strcmp(typed, "ctx"))
		complete_context(console, space + 1, candidates);
	else if (!strcmp(typed, "ns"))
		complete_namespace(console, space + 1, candidates);
	else if (!strcmp(typed, "undo") || !strcmp(typed, "resume"))
		complete_run(console, space + 1, candidates);
	else if (!strcmp(typed, "plan"))
		complete_entry(console, space + 1, candidates);
	else if (!strcmp(typed, "nodes"))
		complete_check(console, space + 1, candidates);
	else if (!strcmp(typed, "way"))
		complete_way(console, space + 1, candidates);
	else if (!strcmp(typed, "trust"))
		complete_untrusted(console, space + 1, candidates);
	for (size_t i = 0; i < array_length(line_commands); i++) {
		const char *const *value = line_commands[i].values;

		for (; !strcmp(line_commands[i].name, typed) && value && *value; value++) {
			if (!strncmp(*value, space + 1, strlen(space + 1)))
				input_candidates_add(candidates, *value);
		}
	}
}
