#include "probes/kube/logs_lines.h"

#include <ctype.h>
#include <string.h>

#include "probes/base/clock.h"

void log_lines_init(struct log_lines *lines, size_t line_maximum,
		    void (*on_line)(void *data, const struct log_line_view *line), void *data)
{
	*lines = (struct log_lines){.on_line = on_line, .data = data};
	buffer_init(&lines->line, line_maximum + LOG_TIMESTAMP_SIZE);
}

void log_lines_release(struct log_lines *lines)
{
	buffer_release(&lines->line);
}

static long nanoseconds_of(const char *timestamp)
{
	const char *at = strchr(timestamp, '.');
	long nanoseconds = 0;

	for (int digit = 0; digit < 9; digit++) {
		bool is_digit = at && isdigit((unsigned char)at[1]);

		nanoseconds = 10 * nanoseconds + (is_digit ? at[1] - '0' : 0);
		if (is_digit)
			at++;
		else
			at = NULL;
	}
	return nanoseconds;
}

/*
 * The timestamp before the first space; "" where the line does not begin with one. Returns the
 * text's start.
 */
static size_t take_timestamp(const char *line, size_t length, char out[LOG_TIMESTAMP_SIZE], int64_t *ret_wall)
{
	const char *space = memchr(line, ' ', length < LOG_TIMESTAMP_SIZE ? length : LOG_TIMESTAMP_SIZE);
	size_t stamp = space ? (size_t)(space - line) : length;

	out[0] = '\0';
	if (stamp == 0 || stamp >= LOG_TIMESTAMP_SIZE || memchr(line, '\0', stamp))
		return 0;
	memcpy(out, line, stamp);
	out[stamp] = '\0';
	if (clock_parse(out, ret_wall) < 0) {
		out[0] = '\0';
		return 0;
	}
	return space ? stamp + 1 : stamp;
}

static int compare_with_last(const struct log_lines *lines, int64_t wall, long nanoseconds)
{
	if (wall != lines->last_wall)
		return wall < lines->last_wall ? -1 : 1;
	if (nanoseconds != lines->last_nanoseconds)
		return nanoseconds < lines->last_nanoseconds ? -1 : 1;
	return 0;
}

/* True if the line is new. Clocks may step back: only what a resumed body repeats is dropped. */
static bool remember(struct log_lines *lines, const char *timestamp, int64_t wall)
{
	long nanoseconds = nanoseconds_of(timestamp);
	int order = lines->last[0] ? compare_with_last(lines, wall, nanoseconds) : 1;

	if (lines->resumed && order < 0)
		return false;
	if (lines->resumed && order == 0 && lines->skip_at_last > 0) {
		lines->skip_at_last--;
		return false;
	}
	lines->resumed = lines->resumed && order == 0;
	if (order == 0) {
		lines->seen_at_last++;
		return true;
	}
	memcpy(lines->last, timestamp, strlen(timestamp) + 1);
	lines->last_wall = wall;
	lines->last_nanoseconds = nanoseconds;
	lines->seen_at_last = 1;
	return true;
}

static void finish_line(struct log_lines *lines)
{
	char timestamp[LOG_TIMESTAMP_SIZE];
	const char *line = buffer_text(&lines->line);
	size_t length = lines->line.length;
	int64_t wall = 0;
	size_t start;

	if (length > 0 && line[length - 1] == '\r' && !lines->line.overflowed)
		length--;
	start = take_timestamp(line, length, timestamp, &wall);
	if (!timestamp[0] || remember(lines, timestamp, wall)) {
		struct log_line_view view = {
			.timestamp = timestamp,
			.text = line + start,
			.length = length > start ? length - start : 0,
			.cut = lines->line.overflowed,
		};

		lines->on_line(lines->data, &view);
	}
	buffer_clear(&lines->line);
}

void log_lines_feed(struct log_lines *lines, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t piece = end ? (size_t)(end - bytes) : n;

		/* What exceeds the cap is dropped and told on the line. */
		buffer_add(&lines->line, bytes, piece);
		if (!end)
			return;
		finish_line(lines);
		bytes += piece + 1;
		n -= piece + 1;
	}
}

void log_lines_end(struct log_lines *lines, bool whole)
{
	if (whole && lines->line.length > 0)
		finish_line(lines);
	buffer_clear(&lines->line);
}

void log_lines_resume(struct log_lines *lines)
{
	buffer_clear(&lines->line);
	lines->resumed = lines->last[0] != '\0';
	lines->skip_at_last = lines->seen_at_last;
}
