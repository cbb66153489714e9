/* `explain`: an entry of the guide or a general symptom, in the chosen language. */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/runbook/runbook.h"
#include "tui/command.h"
#include "tui/wrap.h"

enum { COLUMNS = 78, INDENT = 2 };

extern const struct command explain_command;

static const struct section {
	const char *name;	/* in "texts" of a runbook */
	const char *heading;	/* message id */
} sections[] = {
	{"symptom", "What you see"},
	{"cause", "Why it happens"},
	{"evidence", "How it is recognised"},
	{"remedy", "What to do"},
	{"risks", "What can go wrong"},
	{"limits", "What it does not mend"},
	{"guide", "What the guide says, and has wrong"},
};

static void print_heading(FILE *out, const char *heading)
{
	fprintf(out, "\n%s\n", translate(heading));
}

static void print_steps(FILE *out, const struct runbook *runbook, const char *language)
{
	size_t index;
	const json_t *step;

	if (!json_array_size(json_object_get(runbook->document, "steps")))
		return;
	print_heading(out, "Steps of the fix");
	json_array_foreach(json_object_get(runbook->document, "steps"), index, step) {
		const json_t *titles = json_object_get(step, "title");
		const char *title = json_string_value(json_object_get(titles, language));
		auto_free char *line = NULL;

		if (!title)
			title = json_string_value(json_object_get(titles, "en"));
		line = xasprintf("%zu. %s", index + 1, title);
		print_wrapped(out, line, INDENT, COLUMNS);
	}
}

/* The worst that it can be, and where that differs from the rest. */
static void print_facts(FILE *out, const struct runbook *runbook)
{
	fprintf(out, "%s", translate(severity_name(runbook->severity)));
	if (runbook->severity_in_system != runbook->severity)
		fprintf(out, "; %s %s", translate(severity_name(runbook->severity_in_system)),
			translate("in system namespaces"));
	fprintf(out, "; %s: %s\n", translate("remedy"), translate(remedy_name(runbook->remedy)));
	if (runbook->is_shipped)
		return;
	fprintf(out, "%s: ", translate("not shipped with nks-triage, read from"));
	print_shown(out, runbook->file);
	fprintf(out, "\n");
}

static void explain(FILE *out, const struct runbook *runbook, const char *language)
{
	auto_free char *title = xasprintf("%s  %s", runbook->id, runbook_text(runbook, language, "title"));

	print_wrapped(out, title, 0, COLUMNS);
	if (strcmp(runbook->id, runbook->slug) != 0)
		fprintf(out, "%s; ", runbook->slug);
	print_facts(out, runbook);
	for (size_t i = 0; i < array_length(sections); i++) {
		const char *text = runbook_text(runbook, language, sections[i].name);

		if (!text)
			continue;
		print_heading(out, sections[i].heading);
		print_wrapped(out, text, INDENT, COLUMNS);
	}
	print_steps(out, runbook, language);
}

static int unknown_id(const struct invocation *invocation, const struct runbook_set *set, const char *id)
{
	CLEANUP(buffer_release) struct buffer ids = BUFFER_INIT(480);
	struct err err;

	for (size_t i = 0; i < runbook_count(set); i++)
		buffer_addf(&ids, "%s%s", i ? " " : "", runbook_at(set, i)->id);
	err_set(&err, ERR_USAGE, "there is no runbook {id}", "id", id, NULL);
	err_hint(&err, "known are: {ids}", "ids", buffer_text(&ids), NULL);
	return command_fail(invocation, &err);
}

static int run_explain(struct invocation *invocation)
{
	auto_free char *user_folder = xasprintf("%s/runbooks", invocation->config_dir);
	struct runbook_load_options options = {
		.assets = invocation->assets,
		.user_folder = user_folder,
		.state_folder = invocation->state_dir,
	};
	struct runbook_set *set;
	const struct runbook *runbook;
	const char *id = NULL;
	const char *name;
	const char *value;
	int position = 1;
	int kind;
	int code = EXIT_DONE;
	struct err err;

	while ((kind = command_next(invocation, &explain_command, &position, &name, &value)) >= 0) {
		if (id) {
			err_set(&err, ERR_USAGE, "explain takes one id", NULL);
			return command_fail(invocation, &err);
		}
		id = value;
	}
	if (kind == -2)
		return EXIT_FAILED;
	if (!id) {
		err_set(&err, ERR_USAGE, "explain needs an id", NULL);
		err_hint(&err, "usage: nks-triage {usage}", "usage", explain_command.usage, NULL);
		return command_fail(invocation, &err);
	}
	if (runbook_set_load(&options, NULL, &set, &err) < 0)
		return command_fail(invocation, &err);
	runbook = runbook_find(set, id);
	if (runbook)
		explain(invocation->out, runbook, invocation->options->language);
	else
		code = unknown_id(invocation, set, id);
	runbook_set_free(set);
	return code;
}

const struct command explain_command = {
	.name = "explain",
	.usage = "explain ID [--lang L]",
	.help = "explain an entry: symptom, cause, evidence, remedy, risks, what the guide has wrong",
	.run = run_explain,
};
