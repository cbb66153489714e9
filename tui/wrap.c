#include "tui/wrap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"

/* Japanese does not begin a line with these, nor with small kana; Korean shares the first few. */
static bool may_begin_line(uint32_t code_point)
{
	static const uint32_t closing[] = {0x3001, 0x3002, 0x300d, 0x300f, 0x3011, 0xff09, 0xff0c, 0xff0e,
					   0x30fc,
					   0x3063, 0x30c3, 0x3083, 0x3085, 0x3087, 0x30e3, 0x30e5, 0x30e7,
					   0x30a9,
					   0x30a1, 0x30a3, 0x30a5, 0x30a7,
					   ')',	   ',',	   '.',	   ':',	   ';',
					   '!',	   '?',	   '"',	   '\'',   ']',	   '/'};

	for (size_t i = 0; i < array_length(closing); i++) {
		if (closing[i] == code_point)
			return false;
	}
	return true;
}

/* Kana and Han are written without blanks; Hangul has them. */
static bool is_unspaced(uint32_t code_point)
{
	return (code_point >= 0x3040 && code_point <= 0x30ff) || (code_point >= 0x3400 &&
								  code_point <= 0x9fff) ||
	       (code_point >= 0xff00 && code_point <= 0xffef) || code_point == 0x3001 || code_point == 0x3002;
}

/* Bytes up to the next place where the line may be broken, and their cells. */
static size_t next_piece(const char *text, int *ret_cells)
{
	size_t n = 0;
	int cells = 0;
	uint32_t code_point;
	bool was_unspaced = false;

	while (text[n] && text[n] != ' ') {
		size_t length = text_decode(text + n, strlen(text + n), &code_point);

		if (n && (was_unspaced || is_unspaced(code_point)) && may_begin_line(code_point))
			break;
		was_unspaced = is_unspaced(code_point);
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
