/*
 * What `save` writes: an archive (.tar.gz) of lists as the server gave them,
 * evidence, and the report (decisions.md 38).
 */
#ifndef TUI_SAVE_H
#define TUI_SAVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

struct runbook_set;
struct save_archive;

/*
 * Begins an archive that appears under path when it is finished, for its owner alone to read. A file that
 * is there already is refused.
 */
int save_archive_open(const char *path, struct save_archive **ret_archive, struct err *err);
/* Adds a JSON document as such a file. */
int save_archive_add_json(struct save_archive *archive, const char *name, const json_t *document, struct err *err);
/* Finishes it: from here on the file is there. */
int save_archive_finish(struct save_archive *archive, struct err *err);
/* Without save_archive_finish() nothing is left. */
void save_archive_free(struct save_archive *archive);

/*
 * Takes out of an object what may be nobody's business: values of environment variables and annotations, but for
 * the names that a runbook reads (words), and tokens in texts.
 */
void save_redact(json_t *object, const char *words);
/* All that runbooks name, for save_redact(). Caller frees. */
char *save_words(const struct runbook_set *runbooks);

#endif
