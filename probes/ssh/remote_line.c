#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/pool_private.h"

enum { LINE_MAXIMUM = 1 << 20 };

/*
 * Between single quotes nothing is special but the quote itself (and, in csh, "!" and a line break; in fish a
 * backslash before a quote or a backslash): those stand outside the quotes behind a backslash. A line break in csh
 * takes a backslash within the quotes, which other shells would keep; no word of ours has one (node_step.c refuses
 * it), and a check's script is sh -c's standard input.
 */
static void add_word(struct buffer *line, const char *word)
{
	bool open = false;
	if (!*word)
		buffer_add_text(line, "''");
	for (; *word; word++) {
		bool special = *word == '\'' || *word == '\\' || *word == '!';
		if (special == open)
			buffer_add_byte(line, '\'');
		open = !special;
		if (special)
			buffer_add_byte(line, '\\');
		buffer_add_byte(line, *word);
	}
	if (open)
		buffer_add_byte(line, '\'');
}

char *remote_line(const char *const *argv)
{
	struct buffer line = BUFFER_INIT(LINE_MAXIMUM);
	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			buffer_add_byte(&line, ' ');
		add_word(&line, argv[i]);
	}
	return buffer_detach(&line);
}
