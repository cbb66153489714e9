#include "tui/wrap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"

/* Bytes up to the next place where the line may be broken, and their cells. */
static size_t next_piece(const char *text, int *ret_cells)
{
	size_t n = 0;
	int cells = 0;
	uint32_t code_point;
	uint32_t before = 0;

	while (text[n] && text[n] != ' ') {
		size_t length = text_decode(text + n, strlen(text + n), &code_point);

		if (n && text_may_break(before, code_point))
			break;
		before = code_point;
		cells += text_cell_width(code_point);
		n += length;
	}
	*ret_cells = cells;
	return n;
}

void print_wrapped(FILE *out, const char *raw, int indent, int cells)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(1 << 20);
	const char *at;
	int used = 0;

	text_show(&shown, raw, strlen(raw));
	for (at = buffer_text(&shown); *at;) {
		size_t blanks = strspn(at, " ");
		int width;
		size_t n = next_piece(at + blanks, &width);

		if (used && used + (int)blanks + width > cells - indent) {
			fputc('\n', out);
			used = 0;
		}
		if (!used)
			fprintf(out, "%*s", indent, "");
		else
			fprintf(out, "%*s", (int)blanks, "");
		fprintf(out, "%.*s", (int)n, at + blanks);
		used += width + (used ? (int)blanks : 0);
		at += blanks + n;
	}
	fputc('\n', out);
}

/* Wrapped, without indent. Caller frees. */
static char *wrapped(const char *raw, int cells)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		print_wrapped(out, raw, 0, cells);
		fclose(out);
	}
	return text ? text : xstrdup("");
}

/* Cuts the first line off; "" at the end. */
static const char *next_line(char **at)
{
	char *line = *at;
	size_t length = strcspn(line, "\n");

	*at += length + (line[length] == '\n');
	line[length] = '\0';
	return line;
}

void print_beside(FILE *out, const char *left, const char *right, int indent, int cells)
{
	int half = (cells - indent - 2) / 2;
	auto_free char *left_text = wrapped(left, half);
	auto_free char *right_text = wrapped(right, half);
	char *left_at = left_text;
	char *right_at = right_text;

	while (*left_at || *right_at) {
		const char *left_line = next_line(&left_at);
		const char *right_line = next_line(&right_at);

		if (*right_line)
			fprintf(out, "%*s%-*s  %s\n", indent, "", field_width(left_line, half), left_line, right_line);
		else
			fprintf(out, "%*s%s\n", indent, "", left_line);
	}
}
