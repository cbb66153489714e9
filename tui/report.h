/*
 * The report: what `nks-triage report` prints, in four forms, from what the
 * symptoms engine knows (interfaces.md, report). Printing does no I/O but to
 * the given stream; all foreign text is printed as shown text.
 */
#ifndef TUI_REPORT_H
#define TUI_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "probes/symptoms/symptoms.h"

/* A file or folder that --from read. */
struct report_input {
	char *path;
	size_t objects;
	char *error;			/* English, one line; NULL: all of it was read */
};

struct report {
	const struct symptoms *symptoms;
	int64_t generated_at;		/* wall */
	const char *language;		/* of titles */
	bool has_cluster;		/* false with --from */
	const char *context;
	const char *server;
	const char *user;
	const char *version;
	const char *name_space;		/* the only one that was looked at; NULL: all */
	bool is_up;			/* the last exchange with the server went well */
	int64_t last_sync;		/* wall time of the server's last answer; 0: none */
	const struct report_input *inputs;	/* with --from */
	size_t input_count;
	bool has_unread_input;		/* an input, or an object in one, could not be read */
	/* How the text form looks. */
	int columns;
	bool color;
	bool utf8;
};

/* The exit code of decisions.md 12. */
int report_exit_code(const struct report *report);

/* Findings by severity, checks by verdict. */
struct report_counts {
	size_t by_severity[SEVERITY_CRITICAL + 1];
	size_t by_verdict[VERDICT_COULD_NOT_CHECK + 1];
};
void report_count(const struct report *report, struct report_counts *ret_counts);
/* All checks, entries of the guide first, by id. Caller frees the array. */
const struct check **report_checks(const struct report *report, size_t *ret_count);
/* The title in the report's language, as shown text. Caller frees. */
char *report_title(const struct report *report, const struct finding *finding);
/* Foreign text as shown text. Caller frees. */
char *shown_text(const char *raw);

/* A new reference. */
json_t *report_to_json(const struct report *report);
/* one_line: without line breaks inside, for --watch. */
void report_print_json(const struct report *report, FILE *out, bool one_line);
void report_print_text(const struct report *report, FILE *out);
void report_print_prom(const struct report *report, FILE *out);
void report_print_md(const struct report *report, FILE *out);

#endif
