#include "probes/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"

enum { LINES_KEPT = 512 };

static struct log_line *lines[LINES_KEPT];
static uint64_t last_number;
static void (*line_hook)(const struct log_line *line);

void log_line(const char *format, ...)
{
	size_t slot = (size_t)(last_number % LINES_KEPT);
	va_list arguments;

	if (!lines[slot])
		lines[slot] = xmalloc(sizeof(*lines[slot]));
	lines[slot]->wall_ms = clock_wall_ms();
	lines[slot]->number = ++last_number;
	va_start(arguments, format);
	vsnprintf(lines[slot]->text, sizeof(lines[slot]->text), format, arguments);
	va_end(arguments);
	if (line_hook)
		line_hook(lines[slot]);
}

size_t log_count(void)
{
	return last_number < LINES_KEPT ? (size_t)last_number : LINES_KEPT;
}

const struct log_line *log_at(size_t index)
{
	uint64_t first = last_number - log_count();

	return lines[(first + index) % LINES_KEPT];
}

void log_on_line(void (*on_line)(const struct log_line *line))
{
	line_hook = on_line;
}
