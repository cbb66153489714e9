#include "tui/node_plan_view.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/shell_line.h"
#include "tui/command.h"
#include "tui/node_plan_text.h"

enum { COMMAND_MAXIMUM = 128 << 10 };

void node_plan_add_wave(struct textview *text, const struct step *before, const struct step *step)
{
	if (!step->unit || (before && before->wave == step->wave))
		return;
	textview_addf(text, ROLE_INFO, " [%s]", node_plan_wave(step));
}

static enum role role_of(const char *line)
{
	if (!strncmp(line, "---", 3) || !strncmp(line, "+++", 3) || line[0] == '@')
		return ROLE_DIM;
	return line[0] == '-' ? ROLE_REMOVED : line[0] == '+' ? ROLE_ADDED : ROLE_NORMAL;
}

void node_plan_add_file(struct textview *text, const struct world *world, const struct step *step)
{
	const char *at = step->unified;

	while (*at) {
		size_t length = strcspn(at, "\n");
		auto_free char *line = xstrndup(at, length);

		textview_add(text, role_of(line), "     ");
		textview_append(text, role_of(line), line);
		textview_indent(text, 7);
		at += length + (at[length] == '\n');
	}
	for (size_t i = 0; i < step->diff_count; i++) {
		const struct step_diff *line = &step->diff[i];

		if (node_plan_is_content(line))
			continue;
		textview_addf(text, ROLE_DIM, "     %s ", line->path);
		textview_append(text, ROLE_REMOVED, *line->before ? line->before : "-");
		textview_appendf(text, ROLE_DIM, " %s ", glyph_text(world->glyphs, GLYPH_ARROW_RIGHT));
		textview_append(text, ROLE_ADDED, *line->after ? line->after : "-");
		textview_indent(text, 7);
	}
}

void node_plan_add_commands(struct textview *text, const struct step *step)
{
	if (!step->command_count)
		return;
	textview_addf(text, ROLE_DIM, "     %s %s", translate("on the node:"), step->node);
	for (size_t i = 0; i < step->command_count; i++) {
		CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(COMMAND_MAXIMUM);

		for (char **word = step->commands[i].argv; *word; word++)
			shell_add_word(&line, *word);
		textview_add(text, ROLE_COMMAND, "       ");
		textview_append(text, ROLE_COMMAND, buffer_text(&line));
		if (*step->commands[i].note)
			textview_appendf(text, ROLE_DIM, "  # %s", step->commands[i].note);
		textview_indent(text, 9);
	}
}

void node_plan_add_notice(struct textview *text, const struct change *change)
{
	const char *notice = change_node_notice(change);

	if (!notice)
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_addf(text, ROLE_WARNING, "%s ", translate("Notice:"));
	textview_append(text, ROLE_NORMAL, notice);
}
