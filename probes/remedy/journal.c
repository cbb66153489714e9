#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/remedy/journal_private.h"

enum { JOURNAL_FORMAT = 1, JOURNAL_BUSY_MS = 5000 };

static const char schema[] =
	"CREATE TABLE runs(id TEXT PRIMARY KEY, entry TEXT NOT NULL, context TEXT, server TEXT, user TEXT,"
	" os_user TEXT, host TEXT, tool TEXT, digest TEXT, plan TEXT, state TEXT NOT NULL, note TEXT,"
	" started_at INTEGER NOT NULL, ended_at INTEGER);"
	"CREATE TABLE steps(run_id TEXT NOT NULL REFERENCES runs(id), step INTEGER NOT NULL, target TEXT,"
	" request TEXT, before_image TEXT, state TEXT NOT NULL, outcome TEXT, audit_id TEXT,"
	" intent_at INTEGER NOT NULL, result_at INTEGER, PRIMARY KEY(run_id, step));"
	"CREATE INDEX runs_by_time ON runs(started_at);"
	"PRAGMA user_version = 1;";

int journal_fail(const struct journal *journal, struct err *err)
{
	return err_set(err, ERR_IO, "the journal {file} cannot be used: {reason}", "file", journal->file, "reason",
		       sqlite3_errmsg(journal->database), NULL);
}

int journal_prepare(struct journal *journal, const char *sql, sqlite3_stmt **ret_statement, struct err *err)
{
	if (sqlite3_prepare_v2(journal->database, sql, -1, ret_statement, NULL) != SQLITE_OK)
		return journal_fail(journal, err);
	return 0;
}

void journal_bind(sqlite3_stmt *statement, int index, const char *text)
{
	if (text)
		sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(statement, index);
}

void journal_finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

/* WAL needs shared memory, which network file systems do not give (sqlite.org/wal.html). */
static bool is_network_folder(const char *folder)
{
	static const unsigned long magics[] = {0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997};
	struct statfs status;

	if (statfs(folder, &status) < 0)
		return false;
	for (size_t i = 0; i < array_length(magics); i++) {
		if (((unsigned long)status.f_type & 0xffffffffUL) == magics[i])
			return true;
	}
	return false;
}

/* A folder or file that others can write could hold a journal that others wrote (decisions.md 42). */
static int check_private(const char *path, mode_t type, struct err *err)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return err_set(err, ERR_IO, "cannot look at {path}: {reason}", "path", path, "reason", strerror(errno),
			       NULL);
	if ((status.st_mode & S_IFMT) == type && status.st_uid == geteuid() && !(status.st_mode & 022))
		return 0;
	err_set(err, ERR_REFUSED, "{path} is not ours alone: others can write it or own it", "path", path, NULL);
	err_hint(err, "make it yours with chmod go-w, or name another folder with --state-dir", NULL);
	return -1;
}

static int run_sql(struct journal *journal, const char *sql, struct err *err)
{
	if (sqlite3_exec(journal->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		return journal_fail(journal, err);
	return 0;
}

static int read_format(struct journal *journal, int *ret_format, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, "PRAGMA user_version", &statement, err) < 0)
		return -1;
	if (sqlite3_step(statement) != SQLITE_ROW)
		return journal_fail(journal, err);
	*ret_format = sqlite3_column_int(statement, 0);
	return 0;
}

/* Two consoles may open a new journal at once: the transaction decides who makes the tables. */
static int make_tables(struct journal *journal, struct err *err)
{
	int format = 0;

	if (run_sql(journal, "BEGIN IMMEDIATE", err) < 0 || read_format(journal, &format, err) < 0)
		return -1;
	if (format > JOURNAL_FORMAT) {
		err_set(err, ERR_CONFIG, "the journal {file} was written by a newer nks-triage", "file", journal->file,
			NULL);
		return -1;
	}
	if (format == 0 && run_sql(journal, schema, err) < 0)
		return -1;
	return run_sql(journal, "COMMIT", err);
}

static int prepare_database(struct journal *journal, const char *state_dir, struct err *err)
{
	bool network = is_network_folder(state_dir);

	sqlite3_busy_timeout(journal->database, JOURNAL_BUSY_MS);
	sqlite3_db_config(journal->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (network)
		log_line("journal: %s is on a network file system, so several consoles wait for each other", state_dir);
	if (run_sql(journal, network ? "PRAGMA journal_mode=DELETE" : "PRAGMA journal_mode=WAL", err) < 0 ||
	    run_sql(journal, "PRAGMA synchronous=FULL", err) < 0 ||
	    run_sql(journal, "PRAGMA foreign_keys=ON", err) < 0)
		return -1;
	return make_tables(journal, err);
}

/* Made here, so that SQLite never creates it with the umask's mode; -wal and -shm take the mode of the file. */
static int make_file(const char *file, struct err *err)
{
	int descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (descriptor < 0)
		return err_set(err, ERR_IO, "cannot open {path}: {reason}", "path", file, "reason",
			       strerror(errno), NULL);
	close(descriptor);
	return check_private(file, S_IFREG, err);
}

int journal_open(const char *state_dir, struct journal **ret_journal, struct err *err)
{
	struct journal *journal;

	if (check_private(state_dir, S_IFDIR, err) < 0)
		return -1;
	journal = xcalloc(1, sizeof(*journal));
	journal->file = xasprintf("%s/journal.sqlite", state_dir);
	if (make_file(journal->file, err) < 0)
		goto fail;
	if (sqlite3_open_v2(journal->file, &journal->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK) {
		journal_fail(journal, err);
		goto fail;
	}
	if (prepare_database(journal, state_dir, err) < 0)
		goto fail;
	*ret_journal = journal;
	return 0;
fail:
	journal_close(journal);
	return -1;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	sqlite3_close_v2(journal->database);
	free(journal->file);
	free(journal);
}

static int finish(struct journal *journal, sqlite3_stmt *statement, struct err *err)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		return journal_fail(journal, err);
	return 0;
}

/* One row must have been there: a result without its intent is a bug of the caller, not a new row. */
static int finish_update(struct journal *journal, sqlite3_stmt *statement, struct err *err)
{
	if (finish(journal, statement, err) < 0)
		return -1;
	if (sqlite3_changes(journal->database) != 1)
		return err_set(err, ERR_IO, "the journal {file} does not hold what is to be completed", "file",
			       journal->file, NULL);
	return 0;
}

int journal_run_begin(struct journal *journal, const struct journal_run *run, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	auto_free char *os_user = xasprintf("uid %lu", (unsigned long)geteuid());
	const char *login = getenv("USER");
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	if (journal_prepare(journal,
			    "INSERT INTO runs(id, entry, context, server, user, os_user, host, tool, digest, plan,"
			    " state, started_at) VALUES(?,?,?,?,?,?,?,?,?,?,'running',?)",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, run->id);
	journal_bind(statement, 2, run->entry);
	journal_bind(statement, 3, run->context);
	journal_bind(statement, 4, run->server);
	journal_bind(statement, 5, run->user);
	journal_bind(statement, 6, login && *login ? login : os_user);
	journal_bind(statement, 7, host);
	journal_bind(statement, 8, PROGRAM_VERSION);
	journal_bind(statement, 9, run->digest);
	journal_bind(statement, 10, run->plan);
	sqlite3_bind_int64(statement, 11, clock_wall());
	return finish(journal, statement, err);
}

int journal_step_intent(struct journal *journal, const char *run_id, int step, const char *target,
			const char *request, const char *before_image, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal,
			    "INSERT INTO steps(run_id, step, target, request, before_image, state, intent_at)"
			    " VALUES(?,?,?,?,?,'running',?)",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, run_id);
	sqlite3_bind_int(statement, 2, step);
	journal_bind(statement, 3, target);
	journal_bind(statement, 4, request);
	journal_bind(statement, 5, before_image);
	sqlite3_bind_int64(statement, 6, clock_wall());
	return finish(journal, statement, err);
}

int journal_step_image(struct journal *journal, const char *run_id, int step, const char *before_image,
		       struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, "UPDATE steps SET before_image=? WHERE run_id=? AND step=?", &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, before_image);
	journal_bind(statement, 2, run_id);
	sqlite3_bind_int(statement, 3, step);
	return finish_update(journal, statement, err);
}

int journal_step_result(struct journal *journal, const char *run_id, int step, const char *state,
			const char *outcome, const char *audit_id, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal,
			    "UPDATE steps SET state=?, outcome=?, audit_id=?, result_at=? WHERE run_id=? AND step=?",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, state);
	journal_bind(statement, 2, outcome);
	journal_bind(statement, 3, audit_id && *audit_id ? audit_id : NULL);
	sqlite3_bind_int64(statement, 4, clock_wall());
	journal_bind(statement, 5, run_id);
	sqlite3_bind_int(statement, 6, step);
	return finish_update(journal, statement, err);
}

int journal_run_state(struct journal *journal, const char *run_id, const char *state, const char *note,
		      struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;
	bool goes_on = !strcmp(state, "running") || !strcmp(state, "verifying");

	if (journal_prepare(journal, "UPDATE runs SET state=?, note=coalesce(?, note), ended_at=? WHERE id=?",
			    &statement, err) < 0)
		return -1;
	journal_bind(statement, 1, state);
	journal_bind(statement, 2, note);
	if (goes_on)
		sqlite3_bind_null(statement, 3);
	else
		sqlite3_bind_int64(statement, 3, clock_wall());
	journal_bind(statement, 4, run_id);
	return finish_update(journal, statement, err);
}
