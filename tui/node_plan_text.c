#include "tui/node_plan_text.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/shell_line.h"
#include "tui/command.h"

enum { COMMAND_MAXIMUM = 128 << 10 };

const char *node_plan_wave(const struct step *step)
{
	static const char *const names[] = {"", N_("canary"), N_("share"), N_("rest")};

	return *names[step->wave] ? translate(names[step->wave]) : "";
}

void node_plan_print_wave(FILE *out, const struct step *before, const struct step *step)
{
	bool is_new = step->unit && (!before || before->unit != step->unit);

	if (!is_new)
		return;
	if (!before || before->wave != step->wave)
		fprintf(out, "  [%s]\n", node_plan_wave(step));
	fprintf(out, "  %s %d/%d ", translate("target"), step->unit, step->unit_count);
	print_shown(out, step->target);
	fputc('\n', out);
}

/* Every word by itself, so that it is seen where one ends. */
void node_plan_print_commands(FILE *out, const struct step *step)
{
	if (!step->command_count)
		return;
	fprintf(out, "      %s ", translate("on the node:"));
	print_shown(out, step->node);
	fputc('\n', out);
	for (size_t i = 0; i < step->command_count; i++) {
		CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(COMMAND_MAXIMUM);

		for (char **word = step->commands[i].argv; *word; word++)
			shell_add_word(&line, *word);
		fputs("        ", out);
		print_shown(out, buffer_text(&line));
		if (*step->commands[i].note) {
			fputs("  # ", out);
			print_shown(out, step->commands[i].note);
		}
		fputc('\n', out);
	}
}

bool node_plan_is_content(const struct step_diff *line)
{
	return !strchr(line->path, ' ');
}

void node_plan_print_file(FILE *out, const struct step *step)
{
	const char *at = step->unified;

	while (*at) {
		size_t length = strcspn(at, "\n");
		auto_free char *line = xstrndup(at, length);

		fputs("        ", out);
		print_shown(out, line);
		fputc('\n', out);
		at += length + (at[length] == '\n');
	}
	for (size_t i = 0; i < step->diff_count; i++) {
		const struct step_diff *line = &step->diff[i];

		if (node_plan_is_content(line))
			continue;
		fputs("        ", out);
		print_shown(out, line->path);
		fprintf(out, ": ");
		print_shown(out, *line->before ? line->before : "-");
		fputs(" -> ", out);
		print_shown(out, *line->after ? line->after : "-");
		fputc('\n', out);
	}
}

void node_plan_print_notice(FILE *out, const struct change *change)
{
	const char *notice = change_node_notice(change);

	if (!notice)
		return;
	fprintf(out, "%s ", translate("Notice:"));
	print_shown(out, notice);
	fputc('\n', out);
}
