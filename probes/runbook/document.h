/*
 * One runbook file, from its text to a struct runbook. Internal to
 * probes/runbook/.
 */
#ifndef RUNBOOK_DOCUMENT_H
#define RUNBOOK_DOCUMENT_H

#include "probes/runbook/report.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/schema.h"
#include "probes/runbook/tree.h"
#include "probes/ssh/node_check.h"

/* What reading a file works with; the book and the fields grow by what the runbook names. */
struct reading {
	const struct schema *schema;
	struct message_book *book;
	const struct field_set *fields;
	const struct check_set *checks;	/* that "check" of a collect item may name; NULL: none */
};

/* NULL where errors were reported. report->text is the file's text, NUL-terminated. */
struct runbook *document_read(const struct reading *reading, size_t length, struct report *report);
void runbook_free(struct runbook *runbook);
/* References within the document and texts that lint looks at besides: errors and warnings. */
void document_check(const struct runbook *runbook, struct report *report);

#endif
