/*
 * The log of every request and command that was sent: what the `@` view and
 * `-v` show. A ring of lines in memory, written nowhere else.
 *
 * Lines name methods, URLs without userinfo and query secrets, header names,
 * never header values or bodies of Secrets. The caller leaves secrets out.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

struct log_line {
	int64_t wall_ms;
	uint64_t number;	/* counts from 1, never reused */
	char text[240];		/* raw, cut */
};

void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Lines kept, oldest first; index < log_count(). Borrowed until the next log_line(). */
size_t log_count(void);
const struct log_line *log_at(size_t index);
/* Called for each new line (-v prints it); NULL for nobody. */
void log_on_line(void (*on_line)(const struct log_line *line));

#endif
