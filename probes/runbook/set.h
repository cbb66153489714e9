/*
 * The set of runbooks while it is filled. Internal to probes/runbook/.
 */
#ifndef RUNBOOK_SET_H
#define RUNBOOK_SET_H

#include "probes/runbook/document.h"
#include "probes/runbook/messages.h"
#include "probes/runbook/runbook.h"

struct runbook_set {
	struct runbook **runbooks;
	size_t count;
	struct message_book *book;
	struct schema *schema;
	struct check_set *checks;	/* of assets/checks/; NULL: they could not be read */
	struct field_set own_fields;	/* where the caller brought none: paths are checked in any case */
	bool has_own_fields;
	const struct field_set *fields;
	struct diagnostic *diagnostics;
	size_t diagnostic_count;
};

/* An empty set with the schema of assets/. */
int set_new(const char *assets, struct field_set *fields, struct runbook_set **ret_set, struct err *err);
/* Reads one file; NULL where it has errors. Diagnostics go to the set. */
struct runbook *set_read_file(struct runbook_set *set, const char *path, bool is_shipped);
/* Paths of a folder's *.json, sorted; caller frees each and the list. */
int folder_files(const char *folder, char ***ret_paths, size_t *ret_count, struct err *err);
void set_add(struct runbook_set *set, struct runbook *runbook);
void set_add_diagnostic(struct runbook_set *set, const char *file, int line, bool is_warning,
			const char *text);
/* Ranks by "before", then sorts; circles are diagnostics. Then warns of ids that nobody has. */
void set_order(struct runbook_set *set);
void set_check_ids(struct runbook_set *set);

#endif
