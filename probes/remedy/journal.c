#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/remedy/journal_private.h"

enum { JOURNAL_FORMAT = 2, WRITE_BUSY_MS = 5000, READ_BUSY_MS = 1000 };

/* What each format adds to the one before it. */
static const char *const formats[JOURNAL_FORMAT] = {
	"CREATE TABLE runs(id TEXT PRIMARY KEY, entry TEXT NOT NULL, context TEXT, server TEXT, user TEXT,"
	" os_user TEXT, host TEXT, tool TEXT, digest TEXT, plan TEXT, state TEXT NOT NULL, note TEXT,"
	" started_at INTEGER NOT NULL, ended_at INTEGER);"
	"CREATE TABLE steps(run_id TEXT NOT NULL REFERENCES runs(id), step INTEGER NOT NULL, target TEXT,"
	" request TEXT, before_image TEXT, state TEXT NOT NULL, outcome TEXT, audit_id TEXT,"
	" intent_at INTEGER NOT NULL, result_at INTEGER, PRIMARY KEY(run_id, step));"
	"CREATE INDEX runs_by_time ON runs(started_at);",

	"ALTER TABLE runs ADD COLUMN finding TEXT;"
	"ALTER TABLE runs ADD COLUMN undoes TEXT;"
	"ALTER TABLE runs ADD COLUMN resumes TEXT;"
	"ALTER TABLE runs ADD COLUMN undone_by TEXT;"
	"ALTER TABLE runs ADD COLUMN not_undone TEXT;"
	"ALTER TABLE runs ADD COLUMN sudo_user TEXT;"
	"ALTER TABLE runs ADD COLUMN client TEXT;"
	"ALTER TABLE runs ADD COLUMN pid INTEGER;"
	"ALTER TABLE runs ADD COLUMN verification TEXT;"
	"ALTER TABLE steps ADD COLUMN type TEXT;"
	"ALTER TABLE steps ADD COLUMN title TEXT;"
	"CREATE TABLE output(run_id TEXT NOT NULL REFERENCES runs(id), at INTEGER NOT NULL, step INTEGER NOT NULL,"
	" text TEXT NOT NULL);"
	"CREATE INDEX output_by_run ON output(run_id);"
	"CREATE INDEX runs_by_undone ON runs(undoes);",
};

int journal_fail(const struct journal *journal, sqlite3 *database, struct err *err)
{
	return err_set(err, ERR_IO, "the journal {file} cannot be used: {reason}", "file", journal->file, "reason",
		       database ? sqlite3_errmsg(database) : strerror(ENOMEM), NULL);
}

int journal_prepare(const struct journal *journal, sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement,
		    struct err *err)
{
	if (sqlite3_prepare_v2(database, sql, -1, ret_statement, NULL) != SQLITE_OK)
		return journal_fail(journal, database, err);
	return 0;
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

static int run_sql(struct journal *journal, sqlite3 *database, const char *sql, struct err *err)
{
	if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
		return journal_fail(journal, database, err);
	return 0;
}

static int read_format(struct journal *journal, int *ret_format, struct err *err)
{
	CLEANUP(journal_finalize) sqlite3_stmt *statement = NULL;

	if (journal_prepare(journal, journal->writer, "PRAGMA user_version", &statement, err) < 0)
		return -1;
	if (sqlite3_step(statement) != SQLITE_ROW)
		return journal_fail(journal, journal->writer, err);
	*ret_format = sqlite3_column_int(statement, 0);
	return 0;
}

/* Two consoles may open a new journal at once: the transaction decides who makes the tables. */
static int make_tables(struct journal *journal, struct err *err)
{
	auto_free char *version = xasprintf("PRAGMA user_version = %d; COMMIT", JOURNAL_FORMAT);
	int format = 0;

	if (run_sql(journal, journal->writer, "BEGIN IMMEDIATE", err) < 0 || read_format(journal, &format, err) < 0)
		return -1;
	for (int next = format; next < JOURNAL_FORMAT; next++) {
		if (run_sql(journal, journal->writer, formats[next], err) < 0)
			return -1;
	}
	return run_sql(journal, journal->writer, version, err);
}

/* Nobody is waited for where everything is there. */
static int check_format(struct journal *journal, struct err *err)
{
	int format = 0;

	if (read_format(journal, &format, err) < 0)
		return -1;
	if (format == JOURNAL_FORMAT)
		return 0;
	if (format < JOURNAL_FORMAT)
		return make_tables(journal, err);
	return err_set(err, ERR_CONFIG, "the journal {file} was written by a newer nks-triage", "file", journal->file,
		       NULL);
}

static int open_database(struct journal *journal, int busy_ms, sqlite3 **ret_database, struct err *err)
{
	if (sqlite3_open_v2(journal->file, ret_database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK)
		return journal_fail(journal, *ret_database, err);
	sqlite3_busy_timeout(*ret_database, busy_ms);
	sqlite3_db_config(*ret_database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

static int open_databases(struct journal *journal, struct err *err)
{
	const char *mode = journal->is_on_network ? "PRAGMA journal_mode=DELETE" : "PRAGMA journal_mode=WAL";

	if (open_database(journal, WRITE_BUSY_MS, &journal->writer, err) < 0 ||
	    run_sql(journal, journal->writer, mode, err) < 0 ||
	    run_sql(journal, journal->writer, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", err) < 0 ||
	    check_format(journal, err) < 0)
		return -1;
	return open_database(journal, READ_BUSY_MS, &journal->reader, err);
}

/*
 * Made here, so that SQLite never creates it with the umask's mode; -wal and -shm take the mode of the file. One that
 * is there is not opened: closing it would drop the locks (fcntl(2), sqlite.org/howtocorrupt.html 2.2) of every other
 * connection of this process, and another process would then take the WAL away under them.
 */
static int make_database_file(const char *file, struct err *err)
{
	int descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (descriptor < 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "cannot open {path}: {reason}", "path", file, "reason", strerror(errno),
			       NULL);
	if (descriptor >= 0)
		close(descriptor);
	return check_private(file, S_IFREG, err);
}

/* Its locks belong to the open file description: others of this process are not touched by them. */
static int open_lock_file(const char *file, int *ret_descriptor, struct err *err)
{
	*ret_descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*ret_descriptor < 0)
		return err_set(err, ERR_IO, "cannot open {path}: {reason}", "path", file, "reason", strerror(errno),
			       NULL);
	return check_private(file, S_IFREG, err);
}

int journal_open(const char *state_dir, struct journal **ret_journal, struct err *err)
{
	struct journal *journal;

	if (check_private(state_dir, S_IFDIR, err) < 0)
		return -1;
	journal = xcalloc(1, sizeof(*journal));
	journal->lock = -1;
	journal->file = xasprintf("%s/journal.sqlite", state_dir);
	journal->lock_file = xasprintf("%s/runs.lock", state_dir);
	journal->is_on_network = is_network_folder(state_dir);
	pthread_mutex_init(&journal->mutex, NULL);
	if (journal->is_on_network)
		log_line("journal: %s is on a network file system, so several consoles wait for each other", state_dir);
	if (make_database_file(journal->file, err) == 0 &&
	    open_lock_file(journal->lock_file, &journal->lock, err) == 0 &&
	    open_databases(journal, err) == 0) {
		*ret_journal = journal;
		return 0;
	}
	journal_close(journal);
	return -1;
}

void journal_use(struct journal *journal, struct worker *worker)
{
	journal_drain(journal);
	journal->worker = worker;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	journal_drain(journal);
	sqlite3_close_v2(journal->reader);
	sqlite3_close_v2(journal->writer);
	if (journal->lock >= 0)
		close(journal->lock);
	pthread_mutex_destroy(&journal->mutex);
	free(journal->file);
	free(journal->lock_file);
	free(journal);
}
