#include "tui/runs_md.h"

#include <stdlib.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/markdown.h"
#include "tui/run_plan.h"

static void print_fact(FILE *out, const char *label, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "- %s: ", translate(label));
	markdown_code(out, value, false);
	fputc('\n', out);
}

static void print_value(FILE *out, const json_t *field, const char *key)
{
	auto_free char *text = json_dumps(json_object_get(field, key), JSON_COMPACT | JSON_ENCODE_ANY);

	markdown_code(out, text ? text : "-", false);
}

static void print_step(FILE *out, const json_t *step)
{
	const json_t *field;
	size_t i;

	fprintf(out, "%lld. ", (long long)json_integer_value(json_object_get(step, "n")));
	if (*run_text(step, "target")) {
		markdown_code(out, run_text(step, "target"), false);
		fputs(": ", out);
	}
	markdown_plain(out, run_text(step, "state"));
	if (*run_text(step, "outcome")) {
		fputs(", ", out);
		markdown_plain(out, run_text(step, "outcome"));
	}
	if (*run_text(step, "endedAt"))
		fprintf(out, " (%s)", run_text(step, "endedAt"));
	fputc('\n', out);
	json_array_foreach(json_object_get(step, "before"), i, field) {
		if (!*run_text(field, "path"))
			continue;
		fputs("   - ", out);
		markdown_code(out, run_text(field, "path"), false);
		fputs(": ", out);
		print_value(out, field, "before");
		fputs(" → ", out);
		print_value(out, field, "after");
		fputc('\n', out);
	}
}

/* What an undo left behind, and what the run said. */
static void print_rest(FILE *out, const json_t *run)
{
	const json_t *left = json_object_get(run, "notUndone");
	const json_t *lines = json_object_get(run, "output");

	if (json_array_size(left))
		fputc('\n', out);
	for (size_t i = 0; i < json_array_size(left); i++) {
		fputs("- ", out);
		markdown_plain(out, json_string_value(json_array_get(left, i)));
		fputc('\n', out);
	}
	if (json_array_size(lines))
		fprintf(out, "\n%s:\n\n", translate("What it said"));
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		fprintf(out, "- %s ", run_text(line, "at"));
		markdown_code(out, run_text(line, "text"), false);
		fputc('\n', out);
	}
}

static void print_run(FILE *out, const json_t *run)
{
	const json_t *verification = json_object_get(run, "verification");
	const json_t *step;
	size_t i;

	fputs("## ", out);
	markdown_plain(out, run_text(run, "entry"));
	fputs(" · ", out);
	markdown_plain(out, run_text(run, "state"));
	fputs(" · ", out);
	markdown_code(out, run_text(run, "id"), false);
	fputs("\n\n", out);
	print_fact(out, N_("takes back"), run_text(run, "undoes"));
	print_fact(out, N_("undone by"), run_text(run, "undoneBy"));
	print_fact(out, N_("goes on with"), run_text(run, "resumes"));
	print_fact(out, N_("gone on with by"), run_text(run, "resumedBy"));
	print_fact(out, N_("began"), run_text(run, "startedAt"));
	print_fact(out, N_("ended"), run_text(run, "endedAt"));
	print_fact(out, N_("context"), run_text(run, "context"));
	print_fact(out, N_("server"), run_text(run, "server"));
	print_fact(out, N_("as user"), run_text(run, "user"));
	print_fact(out, N_("by"), run_text(run, "osUser"));
	print_fact(out, N_("by sudo of"), run_text(run, "sudoUser"));
	print_fact(out, N_("from"), run_text(run, "host"));
	print_fact(out, N_("over SSH from"), run_text(run, "client"));
	print_fact(out, N_("tool"), run_text(run, "tool"));
	print_fact(out, N_("digest of the plan"), run_text(run, "digest"));
	print_fact(out, N_("note"), run_text(run, "note"));
	print_fact(out, N_("verified by"), run_text(verification, "by"));
	print_fact(out, N_("verification"), run_text(verification, "result"));
	fputc('\n', out);
	json_array_foreach(json_object_get(run, "steps"), i, step)
		print_step(out, step);
	print_rest(out, run);
	fputc('\n', out);
}

void runs_print_md(FILE *out, const json_t *runs)
{
	const json_t *run;
	size_t i;

	fputs("# nks-triage\n\n", out);
	if (!json_array_size(runs))
		fprintf(out, "%s\n", translate("nothing was changed from this machine yet"));
	json_array_foreach(runs, i, run)
		print_run(out, run);
}
