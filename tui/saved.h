/*
 * A cluster from files (report --from): what was saved of it, put into a
 * snapshot as if it had been listed. Nothing is asked of a cluster.
 */
#ifndef TUI_SAVED_H
#define TUI_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/model/cluster.h"
#include "probes/model/snapshot.h"
#include "tui/report.h"

struct saved;

/* The tables must have all wanted paths (runbook_set_load()) and outlive it. */
struct saved *saved_new(const struct field_set *fields);
void saved_free(struct saved *saved);
/* A file, an archive, a folder with all below it, or "-" for standard input. What cannot be read is in the inputs. */
void saved_read(struct saved *saved, const char *path);
/* After the last saved_read(): says of each kind whether it was saved. */
void saved_finish(struct saved *saved);

struct snapshot *saved_snapshot(struct saved *saved);
/* What `save` kept of what was collected; NULL: the input holds none. */
const struct evidence_store *saved_evidence(const struct saved *saved);
/* In the order of reading. */
const struct report_input *saved_inputs(const struct saved *saved, size_t *ret_count);
/* The newest time in the input, which is "now" for it; 0 where it holds none. */
int64_t saved_newest(const struct saved *saved);
/* An input, or an object in one, could not be read or judged. */
bool saved_has_unread(const struct saved *saved);
/* Nothing at all could be used. */
bool saved_is_empty(const struct saved *saved);

#endif
