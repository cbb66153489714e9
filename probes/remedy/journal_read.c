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

/* 0: it has not come yet. */
static void set_time(json_t *object, const char *key, sqlite3_stmt *row, int column)
{
	int64_t at = sqlite3_column_int64(row, column);
	char text[21];

	if (!at) {
		json_object_set_new(object, key, json_null());
		return;
	}
	clock_format(at, text);
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
	static const char *const texts[] = {"type", "title", "target", "state", "outcome", "auditId"};
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	int code;

	if (journal_prepare(journal, journal->reader,
			    "SELECT type, title, target, state, outcome, audit_id, step, request, before_image,"
			    " intent_at, result_at FROM steps WHERE run_id=? ORDER BY step",
			    &statement, err) < 0)
		return -1;
	sqlite3_bind_text(statement, 1, run_id, -1, SQLITE_TRANSIENT);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *step = json_pack("{s:I}", "n", (json_int_t)sqlite3_column_int64(statement, 6));

		for (size_t i = 0; i < array_length(texts); i++)
			set_text(step, texts[i], statement, (int)i);
		set_document(step, "request", statement, 7);
		set_document(step, "before", statement, 8);
		set_time(step, "startedAt", statement, 9);
		set_time(step, "endedAt", statement, 10);
		json_array_append_new(steps, step);
	}
	return code == SQLITE_DONE ? 0 : journal_fail(journal, journal->reader, err);
}

static int read_output(struct journal *journal, const char *run_id, json_t *lines, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	int code;

	if (journal_prepare(journal, journal->reader,
			    "SELECT text, at / 1000, step FROM output WHERE run_id=? ORDER BY rowid", &statement,
			    err) < 0)
		return -1;
	sqlite3_bind_text(statement, 1, run_id, -1, SQLITE_TRANSIENT);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *line = json_pack("{s:I}", "n", (json_int_t)sqlite3_column_int64(statement, 2));

		set_time(line, "at", statement, 1);
		set_text(line, "text", statement, 0);
		json_array_append_new(lines, line);
	}
	return code == SQLITE_DONE ? 0 : journal_fail(journal, journal->reader, err);
}

static bool goes_on(const char *state)
{
	return !strcmp(state, "running") || !strcmp(state, "verifying");
}

/* What says that it goes on, and has no process any more, was interrupted. */
static void set_state(const struct journal *journal, json_t *run, sqlite3_stmt *row, int state_column, int row_column)
{
	const char *state = (const char *)sqlite3_column_text(row, state_column);

	int64_t id = sqlite3_column_int64(row, row_column);

	set_text(run, "state", row, state_column);
	if (state && goes_on(state) && journal_lock_holder(journal, id) == HOLDER_NONE)
		json_object_set_new(run, "state", json_string("interrupted"));
}

static int read_run(struct journal *journal, sqlite3_stmt *row, json_t *runs, struct err *err)
{
	static const char *const texts[] = {"id", "entry", "finding", "context", "server", "user", "osUser", "sudoUser",
					    "host", "client", "tool", "digest", "note", "undoes", "undoneBy", "resumes",
					    "resumedBy"};
	json_t *run = json_object();
	json_t *steps = json_array();
	json_t *output = json_array();
	const char *id;

	for (size_t i = 0; i < array_length(texts); i++)
		set_text(run, texts[i], row, (int)i);
	set_state(journal, run, row, 17, 18);
	set_time(run, "startedAt", row, 19);
	set_time(run, "endedAt", row, 20);
	set_document(run, "plan", row, 21);
	set_document(run, "verification", row, 22);
	set_document(run, "notUndone", row, 23);
	json_object_set_new(run, "steps", steps);
	json_object_set_new(run, "output", output);
	json_array_append_new(runs, run);
	id = json_string_value(json_object_get(run, "id"));
	return read_steps(journal, id, steps, err) < 0 ? -1 : read_output(journal, id, output, err);
}

int journal_runs(struct journal *journal, const char *id, json_t **ret_runs, struct err *err)
{
	static const char sql[] =
		"SELECT id, entry, finding, context, server, user, os_user, sudo_user, host, client, tool, digest,"
		" note, undoes, undone_by, resumes,"
		" (SELECT id FROM runs AS later WHERE later.resumes = runs.id ORDER BY started_at DESC LIMIT 1),"
		" state, rowid, started_at, ended_at, plan, verification, not_undone"
		" FROM runs WHERE ?1 IS NULL OR id=?1 ORDER BY started_at DESC, rowid DESC";
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	json_t *runs;
	int code;

	if (journal_prepare(journal, journal->reader, sql, &statement, err) < 0)
		return -1;
	if (id)
		sqlite3_bind_text(statement, 1, id, -1, SQLITE_TRANSIENT);
	runs = json_array();
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (read_run(journal, statement, runs, err) < 0) {
			json_decref(runs);
			return -1;
		}
	}
	if (code != SQLITE_DONE) {
		json_decref(runs);
		return journal_fail(journal, journal->reader, err);
	}
	*ret_runs = json_pack("{s:o}", "runs", runs);
	return 0;
}

int journal_active(struct journal *journal, json_t **ret_runs, struct err *err)
{
	static const char sql[] =
		"SELECT id, entry, context, server, os_user, host, state, rowid, started_at, pid,"
		" (SELECT count(*) FROM steps WHERE run_id = id AND steps.state IN ('done', 'skipped', 'failed')),"
		" (SELECT count(*) FROM steps WHERE run_id = id)"
		" FROM runs WHERE state IN ('running', 'verifying') ORDER BY started_at DESC, rowid DESC";
	static const char *const texts[] = {"id", "entry", "context", "server", "osUser", "host"};
	static const char *const numbers[] = {"pid", "done", "steps"};
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	json_t *runs;
	int code;

	if (journal_prepare(journal, journal->reader, sql, &statement, err) < 0)
		return -1;
	runs = json_array();
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *run = json_object();

		for (size_t i = 0; i < array_length(texts); i++)
			set_text(run, texts[i], statement, (int)i);
		set_state(journal, run, statement, 6, 7);
		set_time(run, "startedAt", statement, 8);
		for (size_t i = 0; i < array_length(numbers); i++)
			json_object_set_new(run, numbers[i], json_integer(sqlite3_column_int64(statement, 9 + (int)i)));
		json_array_append_new(runs, run);
	}
	if (code == SQLITE_DONE) {
		*ret_runs = runs;
		return 0;
	}
	json_decref(runs);
	return journal_fail(journal, journal->reader, err);
}

int64_t journal_version(struct journal *journal)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, journal->reader, "PRAGMA data_version", &statement, NULL) < 0 ||
	    sqlite3_step(statement) != SQLITE_ROW)
		return 0;
	return sqlite3_column_int64(statement, 0);
}
