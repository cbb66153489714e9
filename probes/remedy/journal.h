/*
 * The journal: what was done to a cluster, by whom, with what result; SQLite
 * (WAL) in the state folder, mode 0600, shared by several consoles. An intent
 * with its before-image is durable before the write is sent.
 *
 * No secret is stored; digests of secret data are HMACs (decisions.md 27).
 */
#ifndef REMEDY_JOURNAL_H
#define REMEDY_JOURNAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct journal;

/* A folder that others can write is refused (decisions.md 42). */
int journal_open(const char *state_dir, struct journal **ret_journal, struct err *err);
void journal_close(struct journal *journal);

struct journal_run {
	const char *id;
	const char *entry;		/* runbook id */
	const char *context;
	const char *server;
	const char *user;		/* cluster user */
	const char *digest;
	const char *plan;		/* canonical JSON */
};

int journal_run_begin(struct journal *journal, const struct journal_run *run, struct err *err);
/* Before the write: durable when it returns. before_image: JSON text of the touched fields, or NULL. */
int journal_step_intent(struct journal *journal, const char *run_id, int step, const char *target,
			const char *request, const char *before_image, struct err *err);
/* The before-image once more, when the write told what it needs to be taken back (the uid of what was made). */
int journal_step_image(struct journal *journal, const char *run_id, int step, const char *before_image,
		       struct err *err);
int journal_step_result(struct journal *journal, const char *run_id, int step, const char *state,
			const char *outcome, const char *audit_id, struct err *err);
int journal_run_state(struct journal *journal, const char *run_id, const char *state, const char *note,
		      struct err *err);
/* interfaces.md: runs -o json, newest first; id NULL: all. New reference in *ret_runs. */
int journal_runs(struct journal *journal, const char *id, json_t **ret_runs, struct err *err);

#endif
