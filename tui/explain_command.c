/* `explain`: an entry of the guide or a general symptom, in the chosen language. */
#include <stdlib.h>
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
		auto_free char *line = xasprintf("%zu. %s", index + 1,
						 runbook_text_in(json_object_get(step, "title"), language));

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

/* Words of the schema for what is wrong with the published procedure, and what they say. */
static const struct error_class {
	const char *name;
	const char *label;	/* message id */
} error_classes[] = {
	{"wrong-host", N_("names another host")},
	{"wrong-name", N_("names what is not there")},
	{"destroys-data", N_("destroys data")},
	{"broken", N_("does not work as printed")},
	{"not-idempotent", N_("cannot be run twice")},
	{"hides-failure", N_("hides a failure")},
	{"insecure", N_("is not secure")},
	{"wrong-order", N_("goes in the wrong order")},
	{"outdated", N_("is out of date")},
	{"translation", N_("is translated wrongly")},
	{"incomplete", N_("leaves something out")},
};

/* What the published procedure has wrong, beside what is done here. */
static void explain_guide(FILE *out, const struct runbook *runbook, const char *language)
{
	const json_t *errors = json_object_get(runbook->document, "guideErrors");
	auto_free char *title = xasprintf("%s  %s", runbook->id, runbook_text(runbook, language, "title"));
	const json_t *error;
	size_t index;

	print_wrapped(out, title, 0, COLUMNS);
	fputc('\n', out);
	if (!json_array_size(errors)) {
		fprintf(out, "%s\n", translate("the guide has no procedure for this, or none that is wrong"));
		return;
	}
	print_beside(out, translate("The published procedure"), translate("Here"), INDENT, COLUMNS);
	json_array_foreach(errors, index, error) {
		const char *name = json_string_value(json_object_get(error, "class"));

		for (size_t i = 0; name && i < array_length(error_classes); i++)
			if (!strcmp(name, error_classes[i].name))
				fprintf(out, "\n%zu. %s\n", index + 1, translate(error_classes[i].label));
		print_beside(out, runbook_text_in(json_object_get(error, "guide"), language),
			     runbook_text_in(json_object_get(error, "here"), language), INDENT, COLUMNS);
	}
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

static int by_id(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The error, and all ids that there are: those of the guide first. */
static int fail_with_ids(const struct invocation *invocation, const struct runbook_set *set, struct err *err)
{
	CLEANUP(buffer_release) struct buffer ids = BUFFER_INIT(480);
	size_t count = runbook_count(set);
	auto_free const char **sorted = xcalloc(count, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = runbook_at(set, i)->id;
	qsort(sorted, count, sizeof(*sorted), by_id);
	for (size_t i = 0; i < count; i++)
		buffer_addf(&ids, "%s%s", i ? " " : "", sorted[i]);
	err_hint(err, "known are: {ids}", "ids", buffer_text(&ids), NULL);
	return command_fail(invocation, err);
}

static int take_words(const struct invocation *invocation, const char **ret_id, bool *ret_of_guide)
{
	const char *name;
	const char *value;
	int position = 1;
	int got;

	while ((got = command_next(invocation, &explain_command, &position, &name, &value)) >= 0) {
		if (got == 1) {
			*ret_of_guide = true;
		} else if (*ret_id) {
			command_misused(invocation, &explain_command, "one entry at a time: what is {word}?", value);
			return -1;
		} else {
			*ret_id = value;
		}
	}
	return got == -1 ? 0 : -1;
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
	bool of_guide = false;
	int code = EXIT_DONE;
	struct err err;

	if (take_words(invocation, &id, &of_guide) < 0)
		return EXIT_FAILED;
	if (runbook_set_load(&options, NULL, &set, &err) < 0)
		return command_fail(invocation, &err);
	runbook = id ? runbook_find(set, id) : NULL;
	if (runbook && of_guide) {
		explain_guide(invocation->out, runbook, invocation->options->language);
	} else if (runbook) {
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

static const struct command_flag flags[] = {
	{"--guide", NULL, N_("what the published procedure has wrong, beside what is done here")},
	{NULL, NULL, NULL},
};

const struct command explain_command = {
	.name = "explain",
	.usage = "explain ID [--guide] [--lang L]",
	.flags = flags,
	.help = N_("explain an entry: symptom, cause, evidence, remedy, risks, what the guide has wrong"),
	.run = run_explain,
};
