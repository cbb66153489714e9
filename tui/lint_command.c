/*
 * `lint`: checks runbook files: schema, conditions, patterns with their examples, texts in three
 * languages.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "probes/runbook/runbook.h"
#include "tui/command.h"

extern const struct command lint_command;

struct lint_run {
	const struct invocation *invocation;
	size_t warnings;
};

static void print_diagnostic(void *data, const struct diagnostic *diagnostic)
{
	struct lint_run *run = data;
	FILE *out = run->invocation->out;

	/*
	 * The text begins with its column where the line is known: file:line:column, as compilers
	 * write it.
	 */
	size_t column = diagnostic->line ? strspn(diagnostic->text, "0123456789") : 0;
	const char *text = diagnostic->text;

	print_shown(out, diagnostic->file);
	if (diagnostic->line)
		fprintf(out, ":%d", diagnostic->line);
	if (column && !strncmp(text + column, ": ", 2)) {
		fprintf(out, ":%.*s", (int)column, text);
		text += column + 2;
	}
	fprintf(out, ": %s%s\n", diagnostic->is_warning ? "warning: " : "", text);
	run->warnings += diagnostic->is_warning;
}

static void print_reads(void *data, const struct runbook *runbook)
{
	const struct lint_run *run = data;
	auto_free char *reads = runbook_reads(runbook);

	for (const char *line = reads; *line;) {
		size_t length = strcspn(line, "\n");

		fprintf(run->invocation->out, "%s %s %.*s\n", runbook->id, translate("reads"), (int)length,
			line);
		line += length + (line[length] == '\n');
	}
}

/* Without arguments: what is shipped and what the operator has. */
static size_t default_paths(const struct invocation *invocation, char *paths[2])
{
	size_t count = 0;

	paths[count++] = xasprintf("%s/runbooks", invocation->assets);
	paths[count] = xasprintf("%s/runbooks", invocation->config_dir);
	if (!access(paths[count], F_OK))
		return count + 1;
	free(paths[count]);
	return count;
}

/* What a runbook reads is of interest to who wrote it, not for all of them at once. */
static int lint(struct invocation *invocation, const char *const *paths, size_t count, bool names_reads)
{
	struct lint_run run = {.invocation = invocation};
	size_t errors = runbook_lint(paths, count, invocation->assets, print_diagnostic,
				     names_reads ? print_reads : NULL, &run);

	if (errors)
		return EXIT_FAILED;
	fprintf(invocation->out,
		run.warnings ? translate_count(run.warnings, N_("no errors, %zu warning\n"),
					       N_("no errors, %zu warnings\n"))
			     : translate("no errors\n"),
		run.warnings);
	return EXIT_DONE;
}

static int run_lint(struct invocation *invocation)
{
	const char **paths = xcalloc((size_t)invocation->argc + 1, sizeof(char *));
	char *defaults[2];
	size_t count = 0;
	size_t default_count = 0;
	int position = 1;
	const char *name;
	const char *value;
	int kind;
	int code = EXIT_FAILED;

	while ((kind = command_next(invocation, &lint_command, &position, &name, &value)) >= 0)
		paths[count++] = value;
	if (kind == -1 && !count) {
		default_count = default_paths(invocation, defaults);
		code = lint(invocation, (const char *const *)defaults, default_count, false);
	} else if (kind == -1) {
		code = lint(invocation, paths, count, true);
	}
	for (size_t i = 0; i < default_count; i++)
		free(defaults[i]);
	free(paths);
	return code;
}

const struct command lint_command = {
	.name = "lint",
	.usage = "lint [FILE|DIR]...",
	.help = N_("check runbooks: schema, conditions, patterns with their examples, translations"),
	.run = run_lint,
};
