#include "tui/markdown.h"

#include <string.h>

#include "probes/base/memory.h"
#include "tui/report.h"

void markdown_plain(FILE *out, const char *raw)
{
	auto_free char *shown = shown_text(raw);

	for (const char *c = shown; *c; c++) {
		if (strchr("\\`*_{}[]<>()#+!|~@", *c))
			fputc('\\', out);
		fputc(*c, out);
	}
}

void markdown_code(FILE *out, const char *raw, bool in_table)
{
	auto_free char *shown = shown_text(raw);
	size_t longest = 0;
	size_t run = 0;

	for (const char *c = shown; *c; c++) {
		run = *c == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		fputc('`', out);
	fputs(longest ? " " : "", out);
	for (const char *c = shown; *c; c++) {
		if (*c == '|' && in_table)
			fputc('\\', out);
		fputc(*c, out);
	}
	fputs(longest ? " " : "", out);
	for (size_t i = 0; i <= longest; i++)
		fputc('`', out);
}
