/*
 * Lines of a log from pieces of a body: framed, capped, and across requests
 * without those that were seen already. No I/O.
 *
 * A log that begins again at the last timestamp (whole seconds, so earlier
 * ones come too) drops what is older, and of the lines with that very
 * timestamp as many as were seen.
 */
#ifndef KUBE_LOGS_LINES_H
#define KUBE_LOGS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/kube/logs.h"

enum { LOG_TIMESTAMP_SIZE = 40 };

struct log_lines {
	struct buffer line;	/* the one that is not complete yet, with its timestamp */
	char last[LOG_TIMESTAMP_SIZE];	/* newest timestamp seen, "" for none */
	int64_t last_wall;	/* the same in seconds and */
	long last_nanoseconds;
	size_t seen_at_last;	/* lines seen with exactly that timestamp */
	size_t skip_at_last;	/* of those still to come again */
	bool resumed;
	void (*on_line)(void *data, const struct log_line_view *line);
	void *data;
};

void log_lines_init(struct log_lines *lines, size_t line_maximum,
		    void (*on_line)(void *data, const struct log_line_view *line), void *data);
void log_lines_release(struct log_lines *lines);
void log_lines_feed(struct log_lines *lines, const char *bytes, size_t n);
/*
 * The body ended: what stands without a line break is a line, unless the connection broke (it comes
 * again whole).
 */
void log_lines_end(struct log_lines *lines, bool whole);
/* The next body starts at the last timestamp. */
void log_lines_resume(struct log_lines *lines);

#endif
