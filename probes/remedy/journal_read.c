#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/journal_private.h"

static void set_text(json_t *object, const char *key, sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	json_t *value = text ? json_string(text) : json_null();

	/* Bytes that are no UTF-8 were never put in by us; a damaged file must still be readable. */
	json_object_set_new(object, key, value ? value : json_string("?"));
}

static void set_time(json_t *object, const char *key, sqlite3_stmt *row, int column)
{
	char text[21];

	if (sqlite3_column_type(row, column) == SQLITE_NULL) {
		json_object_set_new(object, key, json_null());
		return;
	}
	clock_format(sqlite3_column_int64(row, column), text);
	json_object_set_new(object, key, json_string(text));
}

/* A document that was stored as text. */
static void set_document(json_t *object, const char *key, sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	json_object_set_new(object, key, value ? value : json_null());
}

static int read_steps(struct journal *journal, const char *run_id, json_t *steps, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	int code;

	if (journal_prepare(journal,
			    "SELECT step, target, state, outcome, audit_id, request, before_image, intent_at, result_at"
			    " FROM steps WHERE run_id=? ORDER BY step",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, run_id);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *step = json_pack("{s:I}", "n", (json_int_t)sqlite3_column_int64(statement, 0));

		set_text(step, "target", statement, 1);
		set_text(step, "state", statement, 2);
		set_text(step, "outcome", statement, 3);
		set_text(step, "auditId", statement, 4);
		set_document(step, "request", statement, 5);
		set_document(step, "before", statement, 6);
		set_time(step, "startedAt", statement, 7);
		set_time(step, "endedAt", statement, 8);
		json_array_append_new(steps, step);
	}
	return code == SQLITE_DONE ? 0 : journal_fail(journal, err);
}

static int read_run(struct journal *journal, sqlite3_stmt *row, json_t *runs, struct err *err)
{
	static const char *const columns[] = {"id", "entry", "state", "context", "server", "user",
					      "osUser", "host", "tool", "digest", "note"};
	json_t *run = json_object();
	json_t *steps = json_array();

	for (size_t i = 0; i < array_length(columns); i++)
		set_text(run, columns[i], row, (int)i);
	set_time(run, "startedAt", row, 11);
	set_time(run, "endedAt", row, 12);
	set_document(run, "plan", row, 13);
	json_object_set_new(run, "steps", steps);
	json_array_append_new(runs, run);
	return read_steps(journal, json_string_value(json_object_get(run, "id")), steps, err);
}

int journal_runs(struct journal *journal, const char *id, json_t **ret_runs, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	json_t *runs;
	int code;

	if (journal_prepare(journal,
			    "SELECT id, entry, state, context, server, user, os_user, host, tool, digest, note,"
			    " started_at, ended_at, plan FROM runs WHERE ?1 IS NULL OR id=?1"
			    " ORDER BY started_at DESC, rowid DESC",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, id);
	runs = json_array();
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (read_run(journal, statement, runs, err) < 0) {
			json_decref(runs);
			return -1;
		}
	}
	if (code != SQLITE_DONE) {
		json_decref(runs);
		return journal_fail(journal, err);
	}
	*ret_runs = json_pack("{s:o}", "runs", runs);
	return 0;
}
