#include "tui/runs_md.h"

#include <stdlib.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/markdown.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

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
	if (*text_of(step, "target")) {
		markdown_code(out, text_of(step, "target"), false);
		fputs(": ", out);
	}
	markdown_plain(out, text_of(step, "state"));
	if (*text_of(step, "outcome")) {
		fputs(", ", out);
		markdown_plain(out, text_of(step, "outcome"));
	}
	if (*text_of(step, "endedAt"))
		fprintf(out, " (%s)", text_of(step, "endedAt"));
	fputc('\n', out);
	json_array_foreach(json_object_get(step, "before"), i, field) {
		fputs("   - ", out);
		markdown_code(out, text_of(field, "path"), false);
		fputs(": ", out);
		print_value(out, field, "before");
		fputs(" → ", out);
		print_value(out, field, "after");
		fputc('\n', out);
	}
}

static void print_run(FILE *out, const json_t *run)
{
	const json_t *step;
	size_t i;

	fputs("## ", out);
	markdown_plain(out, text_of(run, "entry"));
	fputs(" · ", out);
	markdown_plain(out, text_of(run, "state"));
	fputs(" · ", out);
	markdown_code(out, text_of(run, "id"), false);
	fputs("\n\n", out);
	print_fact(out, N_("began"), text_of(run, "startedAt"));
	print_fact(out, N_("ended"), text_of(run, "endedAt"));
	print_fact(out, N_("context"), text_of(run, "context"));
	print_fact(out, N_("server"), text_of(run, "server"));
	print_fact(out, N_("as user"), text_of(run, "user"));
	print_fact(out, N_("by"), text_of(run, "osUser"));
	print_fact(out, N_("from"), text_of(run, "host"));
	print_fact(out, N_("tool"), text_of(run, "tool"));
	print_fact(out, N_("digest of the plan"), text_of(run, "digest"));
	print_fact(out, N_("note"), text_of(run, "note"));
	fputc('\n', out);
	json_array_foreach(json_object_get(run, "steps"), i, step)
		print_step(out, step);
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
