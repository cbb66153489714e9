/* What is written to the journal: each as a row of values, bound to the SQL's parameters by their names. */
#include <string.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/identity.h"
#include "probes/remedy/journal_private.h"

/* An incident note wants the gist; the whole is on the screen of who runs it. */
enum { OUTPUT_LINES = 400, OUTPUT_LINE_BYTES = 500 };

static void bind(sqlite3_stmt *statement, const json_t *values)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
		const json_t *value = json_object_get(values, sqlite3_bind_parameter_name(statement, i) + 1);

		if (json_is_integer(value))
			sqlite3_bind_int64(statement, i, json_integer_value(value));
		else if (json_is_string(value))
			sqlite3_bind_text(statement, i, json_string_value(value), (int)json_string_length(value),
					  SQLITE_STATIC);
		else
			sqlite3_bind_null(statement, i);
	}
}

/* The number of rows that it changed; -1: an error. */
static int execute(struct journal *journal, const char *sql, const json_t *values, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, journal->writer, sql, &statement, err) < 0)
		return -1;
	bind(statement, values);
	if (sqlite3_step(statement) != SQLITE_DONE)
		return journal_fail(journal, journal->writer, err);
	return sqlite3_changes(journal->writer);
}

/* One row must have been there: a result without its intent is a bug of the caller, not a new row. */
static int execute_one(struct journal *journal, const char *sql, const json_t *values, struct err *err)
{
	int rows = execute(journal, sql, values, err);

	if (rows == 0)
		return err_set(err, ERR_IO, "the journal {file} does not hold what is to be completed", "file",
			       journal->file, NULL);
	return rows < 0 ? -1 : 0;
}

/* Row and state of a run; NULL: there is none. Caller frees. */
static char *read_state(struct journal *journal, const json_t *values, int64_t *ret_row)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, journal->writer, "SELECT rowid, state FROM runs WHERE id = :run", &statement,
			    NULL) < 0)
		return NULL;
	bind(statement, values);
	if (sqlite3_step(statement) != SQLITE_ROW)
		return NULL;
	*ret_row = sqlite3_column_int64(statement, 0);
	return xstrdup((const char *)sqlite3_column_text(statement, 1));
}

/* A text that is no UTF-8 (nobody should make one) loses its bytes rather than the entry. */
static json_t *text(const char *value)
{
	json_t *string = value ? json_string(value) : json_null();

	return string ? string : json_string("?");
}

static int write_begin(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	static const char run[] =
		"INSERT INTO runs(id, entry, finding, context, server, user, os_user, sudo_user, host, client, pid,"
		" tool, digest, plan, undoes, resumes, not_undone, state, started_at)"
		" VALUES(:run, :entry, :finding, :context, :server, :user, :osUser, :sudoUser, :host, :client, :pid,"
		" :tool, :digest, :plan, :undoes, :resumes, :notUndone, 'running', :now)";
	static const char step[] =
		"INSERT INTO steps(run_id, step, type, title, target, state, outcome, request, before_image, intent_at)"
		" VALUES(:run, :n, :type, :title, :target, :state, :outcome, :request, :image, 0)";
	const json_t *steps = json_object_get(entry->values, "steps");
	int64_t row;

	if (execute(journal, run, entry->values, err) < 0)
		return -1;
	row = sqlite3_last_insert_rowid(journal->writer);
	for (size_t i = 0; i < json_array_size(steps); i++) {
		if (execute(journal, step, json_array_get(steps, i), err) < 0)
			return -1;
	}
	journal_lock_take(journal, row);
	return 0;
}

void journal_run_begin(struct journal *journal, const struct journal_run *run, journal_done *on_done, void *data)
{
	json_t *steps = run->steps ? json_deep_copy(run->steps) : json_array();
	json_t *values = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "run", run->id, "entry", run->entry, "tool",
				   PROGRAM_VERSION, "pid", (json_int_t)getpid(), "now", (json_int_t)clock_wall(),
				   "steps", steps);
	CLEANUP(identity_release) struct identity identity;
	const struct {
		const char *name;
		const char *value;
	} texts[] = {
		{"finding", run->finding},   {"context", run->context},	 {"server", run->server},
		{"user", run->user},	     {"digest", run->digest},	 {"plan", run->plan},
		{"undoes", run->undoes},     {"resumes", run->resumes},	 {"notUndone", run->not_undone},
		{"osUser", NULL},	     {"sudoUser", NULL},	 {"host", NULL},
		{"client", NULL},
	};

	identity_read(&identity);
	for (size_t i = 0; i < array_length(texts); i++)
		json_object_set_new(values, texts[i].name, text(texts[i].value));
	json_object_set_new(values, "osUser", text(identity.user));
	json_object_set_new(values, "sudoUser", text(identity.sudo_user));
	json_object_set_new(values, "host", text(identity.host));
	json_object_set_new(values, "client", text(identity.client));
	for (size_t i = 0; i < json_array_size(steps); i++)
		json_object_set_new(json_array_get(steps, i), "run", json_string(run->id));
	journal_post(journal, write_begin, values, on_done, data);
}

static int write_intent(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	return execute_one(journal,
			   "UPDATE steps SET state = 'running', request = :request, before_image = :image,"
			   " intent_at = :now WHERE run_id = :run AND step = :n AND state = 'pending'",
			   entry->values, err);
}

void journal_step_intent(struct journal *journal, const char *run_id, int step, const char *request,
			 const char *before_image, journal_done *on_done, void *data)
{
	json_t *values = json_pack("{s:s, s:i, s:o, s:o, s:I}", "run", run_id, "n", step, "request", text(request),
				   "image", text(before_image), "now", (json_int_t)clock_wall());

	journal_post(journal, write_intent, values, on_done, data);
}

static int write_image(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	return execute_one(journal, "UPDATE steps SET before_image = :image WHERE run_id = :run AND step = :n",
			   entry->values, err);
}

void journal_step_image(struct journal *journal, const char *run_id, int step, const char *before_image,
			journal_done *on_done, void *data)
{
	json_t *values = json_pack("{s:s, s:i, s:o}", "run", run_id, "n", step, "image", text(before_image));

	journal_post(journal, write_image, values, on_done, data);
}

static int write_request(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	return execute_one(journal, "UPDATE steps SET request = :request WHERE run_id = :run AND step = :n",
			   entry->values, err);
}

void journal_step_request(struct journal *journal, const char *run_id, int step, const char *request,
			  journal_done *on_done, void *data)
{
	json_t *values = json_pack("{s:s, s:i, s:o}", "run", run_id, "n", step, "request", text(request));

	journal_post(journal, write_request, values, on_done, data);
}

static int write_result(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	return execute_one(journal,
			   "UPDATE steps SET state = :state, outcome = :outcome, audit_id = :audit, result_at = :now"
			   " WHERE run_id = :run AND step = :n",
			   entry->values, err);
}

void journal_step_result(struct journal *journal, const char *run_id, int step, const char *state,
			 const char *outcome, const char *audit_id, journal_done *on_done, void *data)
{
	json_t *values = json_pack("{s:s, s:i, s:s, s:o, s:o, s:I}", "run", run_id, "n", step, "state", state,
				   "outcome", text(outcome), "audit",
				   text(audit_id && *audit_id ? audit_id : NULL), "now", (json_int_t)clock_wall());

	journal_post(journal, write_result, values, on_done, data);
}

static int write_output(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	return execute(journal,
		       "INSERT INTO output(run_id, at, step, text) SELECT :run, :at, :n,"
		       " CASE (SELECT count(*) FROM output WHERE run_id = :run) WHEN :most - 1 THEN '...'"
		       " ELSE :text END"
		       " WHERE (SELECT count(*) FROM output WHERE run_id = :run) < :most",
		       entry->values, err) < 0 ? -1 : 0;
}

void journal_output(struct journal *journal, const char *run_id, int64_t wall_ms, int step, const char *line)
{
	auto_free char *cut = xstrndup(line, OUTPUT_LINE_BYTES);
	json_t *values = json_pack("{s:s, s:I, s:i, s:o, s:i}", "run", run_id, "at", (json_int_t)wall_ms, "n", step,
				   "text", text(cut), "most", OUTPUT_LINES);

	journal_post(journal, write_output, values, NULL, NULL);
}

static int write_state(struct journal *journal, const struct journal_entry *entry, struct err *err)
{
	const char *to = json_string_value(json_object_get(entry->values, "state"));
	int64_t row = 0;
	auto_free char *from = read_state(journal, entry->values, &row);

	if (from && strcmp(from, to) != 0 && !change_state_may_follow(from, to))
		return err_set(err, ERR_IO, "the run is {from} in the journal {file}: it cannot become {to}", "from",
			       from, "file", journal->file, "to", to, NULL);
	if (execute_one(journal,
			"UPDATE runs SET state = :state, note = coalesce(:note, note),"
			" verification = coalesce(:verification, verification),"
			" undone_by = coalesce(:other, undone_by),"
			" ended_at = CASE WHEN :goesOn = 1 THEN NULL ELSE coalesce(ended_at, :now) END WHERE id = :run",
			entry->values, err) < 0)
		return -1;
	if (!json_integer_value(json_object_get(entry->values, "goesOn")))
		journal_lock_release(journal, row);
	return 0;
}

void journal_run_state(struct journal *journal, const char *run_id, const char *state, const char *note,
		       const char *verification, const char *other_run, journal_done *on_done, void *data)
{
	bool goes_on = !strcmp(state, "running") || !strcmp(state, "verifying");
	json_t *values = json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:I}", "run", run_id, "state", state, "note",
				   text(note), "verification", text(verification), "other", text(other_run), "goesOn",
				   (int)goes_on, "now", (json_int_t)clock_wall());

	journal_post(journal, write_state, values, on_done, data);
}
