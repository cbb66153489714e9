/*
 * The journal: what was done to a cluster, by whom, with what result; SQLite
 * (WAL) in the state folder, mode 0600, shared by several consoles. An intent
 * with its before-image is durable before the write is sent.
 *
 * What is written goes through a queue to a thread (worker.h), in order; all
 * that waits there becomes durable at once (synchronous=FULL). on_done tells
 * the end in the loop: err NULL: it is on the disk. Reading is done by the
 * caller's thread and waits for nobody who writes.
 *
 * As long as a run goes on its process holds a lock on one byte of a file
 * beside the journal, which the kernel lets go of when the process ends,
 * however it ends. So a run that "runs" and holds no lock is interrupted.
 *
 * No secret is stored; digests of secret data are HMACs (decisions.md 27).
 */
#ifndef REMEDY_JOURNAL_H
#define REMEDY_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct journal;
struct worker;

/* A folder that others can write is refused (decisions.md 42). */
int journal_open(const char *state_dir, struct journal **ret_journal, struct err *err);
/* Where it is written from now on. Without a worker a write is done, and told, before its call returns. */
void journal_use(struct journal *journal, struct worker *worker);
/* Waits until everything is written. Before the worker ends. NULL is fine. */
void journal_close(struct journal *journal);

/* What is told when a write ended; NULL: nobody waits. data also names the waiter for journal_forget(). */
typedef void journal_done(void *data, const struct err *err);

struct journal_run {
	const char *id;
	const char *entry;		/* runbook id */
	const char *finding;		/* its key; NULL: none */
	const char *context;
	const char *server;
	const char *user;		/* cluster user */
	const char *digest;
	const char *plan;		/* canonical JSON */
	const char *undoes;		/* id of the run that it takes back; NULL: none */
	const char *resumes;		/* id of the run that it goes on with; NULL: none */
	const char *not_undone;		/* JSON array of texts: what an undo of it cannot take back; NULL: nothing */
	/* [{"n","type","title","target","state","outcome"}], with "request", "image" where done before; borrowed */
	json_t *steps;
};

/* Takes the lock of the run, too. */
void journal_run_begin(struct journal *journal, const struct journal_run *run, journal_done *on_done, void *data);
/*
 * Before the write. before_image: JSON text of an array, or NULL. An undo understands {"path","before","after"} of a
 * field, and {"wayBack": definition of a step} for what no field describes (undo.c).
 */
void journal_step_intent(struct journal *journal, const char *run_id, int step, const char *request,
			 const char *before_image, journal_done *on_done, void *data);
/* The before-image once more, when the write told what it needs to be taken back (the uid of what was made). */
void journal_step_image(struct journal *journal, const char *run_id, int step, const char *before_image,
			journal_done *on_done, void *data);
/* The request once more: of what runs elsewhere, by what it is found again, and how it ended. */
void journal_step_request(struct journal *journal, const char *run_id, int step, const char *request,
			  journal_done *on_done, void *data);
void journal_step_result(struct journal *journal, const char *run_id, int step, const char *state,
			 const char *outcome, const char *audit_id, journal_done *on_done, void *data);
/* One line of what the run said; step 0: of the run as a whole. */
void journal_output(struct journal *journal, const char *run_id, int64_t wall_ms, int step, const char *text);
/*
 * A move of change_state.c and no other, by its names. verification: JSON text; other_run: who took it back ("undone").
 * Each of the last three may be NULL. The lock goes when the run has ended.
 */
void journal_run_state(struct journal *journal, const char *run_id, const char *state, const char *note,
		       const char *verification, const char *other_run, journal_done *on_done, void *data);
/* Nobody waits under this name any more; what was posted is still written. */
void journal_forget(struct journal *journal, const void *data);

/* interfaces.md: runs -o json, newest first; id NULL: all. New reference in *ret_runs. */
int journal_runs(struct journal *journal, const char *id, json_t **ret_runs, struct err *err);
/* Runs that go on, or were interrupted: [{"id","entry","state","done","steps",...}] as numbers. New reference. */
int journal_active(struct journal *journal, json_t **ret_runs, struct err *err);
/* Moves when anybody has written: cheap. 0: it cannot be read. */
int64_t journal_version(struct journal *journal);

#endif
