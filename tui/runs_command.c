/* `runs [RUN]`: the journal of what was changed from this machine. */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/journal.h"
#include "tui/command.h"
#include "tui/run_plan.h"
#include "tui/runs_md.h"

enum form { FORM_TEXT, FORM_JSON, FORM_MD };

#define FORMS "text|json|md"	/* in the order of the enum */

struct arguments {
	const char *id;
	enum form form;
};

static int parse(struct invocation *invocation, struct arguments *arguments);

static void print_field(FILE *out, const char *text, int width)
{
	int used = (int)strlen(text);

	print_shown(out, text);
	fprintf(out, "%*s", used < width ? width - used : 1, "");
}

static void print_list(FILE *out, const json_t *runs)
{
	size_t i;
	json_t *run;

	if (!json_array_size(runs)) {
		fprintf(out, "%s\n", translate("nothing was changed from this machine yet"));
		return;
	}
	json_array_foreach((json_t *)(uintptr_t)runs, i, run) {
		print_field(out, run_text(run, "id"), 27);
		print_field(out, run_text(run, "entry"), 8);
		print_field(out, run_text(run, "state"), 18);
		print_field(out, run_text(run, "startedAt"), 22);
		print_shown(out, run_text(run, "context"));
		fputc('\n', out);
	}
}

static void print_step(FILE *out, const json_t *step)
{
	size_t i;
	json_t *field;

	fprintf(out, "  %2lld. ", (long long)json_integer_value(json_object_get(step, "n")));
	print_field(out, run_text(step, "state"), 9);
	if (*run_text(step, "title")) {
		print_shown(out, run_text(step, "title"));
		fputs("  ", out);
	}
	print_shown(out, run_text(step, "target"));
	fputs("  ", out);
	print_shown(out, run_text(step, "outcome"));
	fputc('\n', out);
	json_array_foreach(json_object_get(step, "before"), i, field) {
		auto_free char *before = json_dumps(json_object_get(field, "before"), JSON_COMPACT | JSON_ENCODE_ANY);
		auto_free char *after = json_dumps(json_object_get(field, "after"), JSON_COMPACT | JSON_ENCODE_ANY);

		if (!*run_text(field, "path"))
			continue;
		fputs("        ", out);
		print_shown(out, run_text(field, "path"));
		fputs("\n          - ", out);
		print_shown(out, before ? before : "");
		fputs("\n          + ", out);
		print_shown(out, after ? after : "");
		fputc('\n', out);
	}
}

static void print_verification(FILE *out, const json_t *verification)
{
	if (!json_is_object(verification))
		return;
	fprintf(out, "%-11s", "verified");
	print_shown(out, run_text(verification, "result"));
	fprintf(out, " (%s .. %s, ", run_text(verification, "startedAt"), run_text(verification, "endedAt"));
	print_shown(out, run_text(verification, "by"));
	fputs(")\n", out);
}

static void print_output(FILE *out, const json_t *lines)
{
	const json_t *line;
	size_t i;

	if (json_array_size(lines))
		fprintf(out, "\n%s\n", translate("What it said"));
	json_array_foreach((json_t *)(uintptr_t)lines, i, line) {
		long long step = (long long)json_integer_value(json_object_get(line, "n"));

		fprintf(out, "  %s  ", run_text(line, "at"));
		if (step)
			fprintf(out, "[%lld] ", step);
		print_shown(out, run_text(line, "text"));
		fputc('\n', out);
	}
}

static void print_run(FILE *out, const json_t *run)
{
	static const char *const keys[] = {"id",	"entry",     "state",	  "note",    "undoes",	"undoneBy",
					   "resumes",	"resumedBy", "startedAt", "endedAt", "context", "server",
					   "user",	"osUser",    "sudoUser",  "host",    "client",	"tool",
					   "digest"};
	const json_t *left = json_object_get(run, "notUndone");
	size_t i;
	json_t *step;

	for (size_t at = 0; at < array_length(keys); at++) {
		if (!*run_text(run, keys[at]))
			continue;
		fprintf(out, "%-11s", keys[at]);
		print_shown(out, run_text(run, keys[at]));
		fputc('\n', out);
	}
	print_verification(out, json_object_get(run, "verification"));
	for (i = 0; i < json_array_size(left); i++) {
		print_shown(out, json_string_value(json_array_get(left, i)));
		fputc('\n', out);
	}
	json_array_foreach(json_object_get(run, "steps"), i, step)
		print_step(out, step);
	print_output(out, json_object_get(run, "output"));
}

static int print(struct invocation *invocation, const struct arguments *arguments, const json_t *document)
{
	const json_t *runs = json_object_get(document, "runs");
	struct err err;

	if (arguments->id && !json_array_size(runs)) {
		err_set(&err, ERR_NOT_FOUND, "there is no run {id} in the journal of this machine", "id",
			arguments->id, NULL);
		return command_fail(invocation, &err);
	}
	if (arguments->form == FORM_MD)
		runs_print_md(invocation->out, runs);
	else if (arguments->form == FORM_JSON)
		print_json_shown(invocation->out, document, JSON_INDENT(2));
	else if (arguments->id)
		print_run(invocation->out, json_array_get(runs, 0));
	else
		print_list(invocation->out, runs);
	return EXIT_DONE;
}

static int run(struct invocation *invocation)
{
	struct arguments arguments = {0};
	struct journal *journal = NULL;
	json_t *document = NULL;
	struct err err;
	int code = parse(invocation, &arguments);

	if (code != EXIT_DONE)
		return code;
	if (journal_open(invocation->state_dir, &journal, &err) < 0 ||
	    journal_runs(journal, arguments.id, &document, &err) < 0)
		code = command_fail(invocation, &err);
	else
		code = print(invocation, &arguments, document);
	json_decref(document);
	journal_close(journal);
	return code;
}

static const struct command_flag flags[] = {
	{"-o", FORMS, N_("form of the list; md is for an incident note")},
	{NULL, NULL, NULL},
};

const struct command runs_command = {
	.name = "runs",
	.usage = "runs [RUN] [-o text|json|md]",
	.help = N_("list what was changed from this machine, or one run step by step"),
	.flags = flags,
	.run = run,
};

static int parse(struct invocation *invocation, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	int code;

	while ((code = command_next(invocation, &runs_command, &position, &name, &value)) >= 0) {
		if (code == 1)
			arguments->form = (enum form)command_choice(FORMS, value);
		else if (arguments->id)
			return command_misused(invocation, &runs_command, "one run at a time: what is {word}?", value);
		else
			arguments->id = value;
	}
	return code == -2 ? EXIT_FAILED : EXIT_DONE;
}
