/*
 * What is wrong with one runbook file: collects diagnostics "file:line:
 * message" for values of the document, wherever they are found out.
 */
#ifndef RUNBOOK_REPORT_H
#define RUNBOOK_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/base/position.h"

struct diagnostic;

struct report {
	const char *file;	/* borrowed */
	const char *text;	/* the file's text, borrowed; NULL: no lines are known */
	struct place place;	/* the value that is being looked at */
	size_t error_count;
	size_t warning_count;
	struct diagnostic *diagnostics;
	size_t count;
};

enum { REPORT_MAX = 50 };	/* more errors than this in one file are not listed */

void report_init(struct report *report, const char *file, const char *text);
void report_release(struct report *report);
/* About the value at report->place (its key where at_key), as printf. The place is named in the text. */
void report_error(struct report *report, bool at_key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, bool at_key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line that is known already (not JSON); 0 for none. */
void report_line(struct report *report, int line, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));
void diagnostic_release(struct diagnostic *diagnostic);

#endif
