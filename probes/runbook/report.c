#include "probes/runbook/report.h"

#include <stdarg.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "probes/runbook/runbook.h"

void report_init(struct report *report, const char *file, const char *text)
{
	memset(report, 0, sizeof(*report));
	report->file = file;
	report->text = text;
}

void diagnostic_release(struct diagnostic *diagnostic)
{
	free(diagnostic->file);
	free(diagnostic->text);
}

void report_release(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		diagnostic_release(&report->diagnostics[i]);
	free(report->diagnostics);
	report->diagnostics = NULL;
	report->count = 0;
}

static void add(struct report *report, int line, bool is_warning, const char *prefix, const char *format,
		va_list arguments)
{
	CLEANUP(buffer_release) struct buffer raw = BUFFER_INIT(2048);
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4096);

	if (is_warning)
		report->warning_count++;
	else
		report->error_count++;
	if (report->count >= REPORT_MAX)
		return;
	buffer_add_text(&raw, prefix);
	buffer_addv(&raw, format, arguments);
	text_show(&shown, buffer_text(&raw), raw.length);
	report->diagnostics =
		xreallocarray(report->diagnostics, report->count + 1, sizeof(*report->diagnostics));
	report->diagnostics[report->count++] = (struct diagnostic){
		.file = xstrdup(report->file),
		.line = line,
		.text = buffer_detach(&shown),
		.is_warning = is_warning,
	};
}

static void add_here(struct report *report, bool at_key, bool is_warning, const char *format,
		     va_list arguments)
{
	char where[256];
	auto_free char *prefix = NULL;
	int line = 0;
	int column = 0;

	place_text(&report->place, where, sizeof(where));
	if (report->text)
		position_find(report->text, &report->place, at_key, &line, &column);
	prefix = line ? xasprintf("%d: %s: ", column, where) : xasprintf("%s: ", where);
	add(report, line, is_warning, prefix, format, arguments);
}

void report_error(struct report *report, bool at_key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_here(report, at_key, false, format, arguments);
	va_end(arguments);
}

void report_warning(struct report *report, bool at_key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_here(report, at_key, true, format, arguments);
	va_end(arguments);
}

void report_line(struct report *report, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(report, line, false, "", format, arguments);
	va_end(arguments);
}
