/*
 * The journal's databases, as journal.c (life), journal_queue.c (what waits),
 * journal_write.c (SQL that changes), journal_read.c and journal_lock.c see
 * them.
 */
#ifndef REMEDY_JOURNAL_PRIVATE_H
#define REMEDY_JOURNAL_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "probes/remedy/journal.h"

struct journal_entry;
struct journal_flush;

struct journal {
	sqlite3 *reader;		/* for the caller's thread */
	sqlite3 *writer;		/* for whoever writes: the worker's thread, if there is one */
	char *file;
	char *lock_file;
	int lock;			/* its descriptor holds the locks of our runs; -1: none */
	bool is_on_network;
	struct worker *worker;
	pthread_mutex_t mutex;		/* of what follows */
	struct journal_entry *first;	/* what is to be written, in order */
	struct journal_entry *last;
	struct journal_entry *under_way;	/* what is being written, or is to be told */
	bool is_posted;			/* the worker has it in hand: one flush at a time */
};

/* One thing to write. values are texts and numbers by the names of the SQL's parameters. */
struct journal_entry {
	int (*write)(struct journal *journal, const struct journal_entry *entry, struct err *err);
	json_t *values;
	journal_done *on_done;
	void *data;
	struct err err;
	struct journal_entry *next;
};

/* journal.c: says what SQLite says; -1. */
int journal_fail(const struct journal *journal, sqlite3 *database, struct err *err);
int journal_prepare(const struct journal *journal, sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement,
		    struct err *err);
void journal_finalize(sqlite3_stmt **statement);

/* journal_queue.c: takes values. */
void journal_post(struct journal *journal,
		  int (*write)(struct journal *journal, const struct journal_entry *entry, struct err *err),
		  json_t *values, journal_done *on_done, void *data);
/* Until nothing waits. */
void journal_drain(struct journal *journal);

/* journal_lock.c: the byte of a run, by its row. */
void journal_lock_take(struct journal *journal, int64_t row);
void journal_lock_release(struct journal *journal, int64_t row);
enum journal_holder { HOLDER_NONE, HOLDER_SOMEBODY, HOLDER_UNKNOWN };
enum journal_holder journal_lock_holder(const struct journal *journal, int64_t row);

#endif
