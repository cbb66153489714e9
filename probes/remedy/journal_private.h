/*
 * The journal's database, as journal.c (life, writing) and journal_read.c see it.
 */
#ifndef REMEDY_JOURNAL_PRIVATE_H
#define REMEDY_JOURNAL_PRIVATE_H

#include <sqlite3.h>

#include "probes/remedy/journal.h"

struct journal {
	sqlite3 *database;
	char *file;
};

/* Says what SQLite says; -1. */
int journal_fail(const struct journal *journal, struct err *err);
int journal_prepare(struct journal *journal, const char *sql, sqlite3_stmt **ret_statement, struct err *err);
/* text NULL: SQL's NULL. */
void journal_bind(sqlite3_stmt *statement, int index, const char *text);
void journal_finalize(sqlite3_stmt **statement);

#endif
