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
	{"symptom", N_("What you see")},
	{"cause", N_("Why it happens")},
	{"evidence", N_("How it is recognised")},
	{"remedy", N_("What to do")},
	{"risks", N_("What can go wrong")},
	{"limits", N_("What it does not mend")},
	{"guide", N_("What the guide says, and has wrong")},
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

/* The warning before anything breaks, where the runbook has one. */
static void print_latent(FILE *out, const struct runbook *runbook, const char *language)
{
	if (!runbook->latent_count)
		return;
	print_heading(out, "Before it breaks");
	print_wrapped(out, runbook_latent_text(runbook, language, "title"), INDENT, COLUMNS);
	print_wrapped(out, runbook_latent_text(runbook, language, "symptom"), INDENT, COLUMNS);
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
	print_latent(out, runbook, language);
	print_steps(out, runbook, language);
}

/* The error, and all ids that there are. */
static int fail_with_ids(const struct invocation *invocation, const struct runbook_set *set, struct err *err)
{
	CLEANUP(buffer_release) struct buffer ids = BUFFER_INIT(480);

	for (size_t i = 0; i < runbook_count(set); i++)
		buffer_addf(&ids, "%s%s", i ? " " : "", runbook_at(set, i)->id);
	err_hint(err, "known are: {ids}", "ids", buffer_text(&ids), NULL);
	return command_fail(invocation, err);
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
	int code = EXIT_DONE;
	struct err err;

	if (command_take_words(invocation, &explain_command, &id, 1) < 0)
		return EXIT_FAILED;
	if (runbook_set_load(&options, NULL, &set, &err) < 0)
		return command_fail(invocation, &err);
	runbook = id ? runbook_find(set, id) : NULL;
	if (runbook) {
		explain(invocation->out, runbook, invocation->options->language);
	} else {
		if (id)
			err_set(&err, ERR_USAGE, "there is no runbook {id}", "id", id, NULL);
		else
			err_set(&err, ERR_USAGE, "explain needs an id", NULL);
		code = fail_with_ids(invocation, set, &err);
	}
	runbook_set_free(set);
	return code;
}

const struct command explain_command = {
	.name = "explain",
	.usage = "explain ID [--lang L]",
	.help = N_("explain an entry: symptom, cause, evidence, remedy, risks, what the guide has wrong"),
	.run = run_explain,
};
