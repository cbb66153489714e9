#include "probes/model/history.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/base/log.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/net/worker.h"

enum {
	BUSY_MS = 200,		/* another console writes: later is soon enough */
	WRITE_APART = 10,	/* seconds */
	SEEN_APART = 300,
	DAY = 24 * 60 * 60,
	MOST_SIGHTINGS = 50000,
};

static const char controllers[] = "calico-kube-controllers";

struct entry {
	struct sighting sighting;
	char *key;
	bool is_new;		/* not in the file yet */
	int64_t written;	/* last_seen as the file has it */
};

struct history {
	sqlite3 *database;
	char *cluster;
	struct entry **entries;
	size_t count;
	struct map by_key;	/* key -> struct entry */
	bool has_news;
	bool is_writing;	/* a batch is under way */
	struct worker *worker;	/* NULL: it is written at once */
	int64_t written_at;
};

static int fail(sqlite3 *database, const char *file, struct err *err)
{
	return err_set(err, ERR_IO, "the history {file} cannot be used: {reason}", "file", file, "reason",
		       database ? sqlite3_errmsg(database) : "no memory", NULL);
}

static struct entry *add(struct history *history, const struct sighting *sighting)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));

	entry->sighting = *sighting;
	entry->sighting.kind = xstrdup(sighting->kind);
	entry->sighting.name = xstrdup(sighting->name);
	entry->sighting.uid = xstrdup(sighting->uid);
	entry->key = xasprintf("%s/%s/%s/%lld", sighting->kind, sighting->name, sighting->uid,
			       (long long)sighting->started);
	history->entries = xreallocarray(history->entries, history->count + 1, sizeof(*history->entries));
	history->entries[history->count++] = entry;
	map_put(&history->by_key, entry->key, entry);
	return entry;
}

static const char *column(sqlite3_stmt *statement, int index)
{
	const char *text = (const char *)sqlite3_column_text(statement, index);

	return text ? text : "";
}

static int load(struct history *history, int64_t oldest, const char *file, struct err *err)
{
	static const char sql[] =
		"SELECT kind, name, uid, started, first_seen, last_seen FROM sightings"
		" WHERE cluster = ?1 AND last_seen >= ?2 ORDER BY first_seen, kind, name, uid, started LIMIT 50000";
	sqlite3_stmt *statement = NULL;
	int step;

	if (sqlite3_prepare_v2(history->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(history->database, file, err);
	sqlite3_bind_text(statement, 1, history->cluster, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(statement, 2, oldest);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct sighting sighting = {
			.kind = (char *)column(statement, 0),
			.name = (char *)column(statement, 1),
			.uid = (char *)column(statement, 2),
			.started = sqlite3_column_int64(statement, 3),
			.first_seen = sqlite3_column_int64(statement, 4),
			.last_seen = sqlite3_column_int64(statement, 5),
		};

		add(history, &sighting)->written = sighting.last_seen;
	}
	sqlite3_finalize(statement);
	return step == SQLITE_DONE ? 0 : fail(history->database, file, err);
}

static int prepare(struct history *history, int64_t oldest, const char *file, struct err *err)
{
	static const char tables[] =
		"PRAGMA synchronous=NORMAL;"
		"CREATE TABLE IF NOT EXISTS sightings(cluster TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
		" uid TEXT NOT NULL, started INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
		" PRIMARY KEY(cluster, kind, name, uid, started));"
		"PRAGMA user_version = 1;";
	auto_free char *prune = xasprintf("DELETE FROM sightings WHERE last_seen < %lld", (long long)oldest);

	sqlite3_busy_timeout(history->database, BUSY_MS);
	sqlite3_db_config(history->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (sqlite3_exec(history->database, tables, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(history->database, prune, NULL, NULL, NULL) != SQLITE_OK)
		return fail(history->database, file, err);
	return load(history, oldest, file, err);
}

/*
 * Made here, so that SQLite never creates it with the umask's mode; a file that others can write is refused. One that
 * is there is not opened: closing it would drop SQLite's locks of this process (sqlite.org/howtocorrupt.html 2.2).
 */
static int make_file(const char *file, struct err *err)
{
	int descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat status;

	if (descriptor >= 0)
		close(descriptor);
	else if (errno != EEXIST)
		return err_set(err, ERR_IO, "cannot open {path}: {reason}", "path", file, "reason",
			       strerror(errno), NULL);
	if (lstat(file, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & 022))
		return err_set(err, ERR_REFUSED, "{path} is not ours alone: others can write it or own it", "path",
			       file, NULL);
	return 0;
}

int history_open(const char *state_dir, const char *cluster, int days, int64_t now, struct history **ret_history,
		 struct err *err)
{
	auto_free char *file = xasprintf("%s/history.db", state_dir);
	struct history *history;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW;

	if (make_file(file, err) < 0)
		return -1;
	history = xcalloc(1, sizeof(*history));
	history->cluster = xstrdup(cluster);
	history->written_at = now;
	if (sqlite3_open_v2(file, &history->database, flags, NULL) != SQLITE_OK) {
		fail(history->database, file, err);
	} else if (!prepare(history, now - (int64_t)days * DAY, file, err)) {
		*ret_history = history;
		return 0;
	}
	history_free(history, now);
	return -1;
}

/* What is to be written: copies, so that the thread needs nothing of the loop's. */
struct batch {
	struct work work;
	struct history *history;
	struct row *rows;
	size_t count;
	bool is_written;
	bool is_busy;
};

struct row {
	struct entry *entry;		/* for the loop alone, afterwards */
	struct sighting sighting;
};

static bool write_row(const struct history *history, sqlite3_stmt *statement, const struct sighting *sighting)
{
	bool is_done;

	sqlite3_bind_text(statement, 1, history->cluster, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, sighting->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, sighting->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, sighting->uid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, sighting->started);
	sqlite3_bind_int64(statement, 6, sighting->first_seen);
	sqlite3_bind_int64(statement, 7, sighting->last_seen);
	is_done = sqlite3_step(statement) == SQLITE_DONE;
	sqlite3_reset(statement);
	return is_done;
}

static void write_batch(struct work *work)
{
	static const char sql[] = "INSERT INTO sightings VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
				  " ON CONFLICT DO UPDATE SET last_seen = max(last_seen, excluded.last_seen)";
	struct batch *batch = (struct batch *)work;
	const struct history *history = batch->history;
	sqlite3_stmt *statement = NULL;
	bool is_done = sqlite3_exec(history->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;

	batch->is_busy = !is_done;
	if (batch->is_busy)
		return;		/* somebody else writes; what is new stays new */
	is_done = sqlite3_prepare_v2(history->database, sql, -1, &statement, NULL) == SQLITE_OK;
	for (size_t i = 0; is_done && i < batch->count; i++)
		is_done = write_row(history, statement, &batch->rows[i].sighting);
	sqlite3_finalize(statement);
	batch->is_written = is_done && sqlite3_exec(history->database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	if (!batch->is_written)
		sqlite3_exec(history->database, "ROLLBACK", NULL, NULL, NULL);
}

/* Entries live as long as the history, which waits for its batch. */
static void note_batch(struct work *work)
{
	struct batch *batch = (struct batch *)work;

	for (size_t i = 0; i < batch->count; i++) {
		struct row *row = &batch->rows[i];

		if (batch->is_written) {
			row->entry->is_new = false;
			row->entry->written = row->sighting.last_seen;
		}
		free(row->sighting.kind);
		free(row->sighting.name);
		free(row->sighting.uid);
	}
	if (!batch->is_written) {
		batch->history->has_news = true;
		if (!batch->is_busy)
			log_line("history: what was seen could not be written");
	}
	batch->history->is_writing = false;
	free(batch->rows);
	free(batch);
}

static struct batch *make_batch(struct history *history)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->work.run = write_batch;
	batch->work.done = note_batch;
	batch->history = history;
	batch->rows = xcalloc(history->count + 1, sizeof(*batch->rows));
	for (size_t i = 0; i < history->count; i++) {
		struct entry *entry = history->entries[i];
		struct row *row = &batch->rows[batch->count];

		if (!entry->is_new && entry->written == entry->sighting.last_seen)
			continue;
		row->entry = entry;
		row->sighting = entry->sighting;
		row->sighting.kind = xstrdup(entry->sighting.kind);
		row->sighting.name = xstrdup(entry->sighting.name);
		row->sighting.uid = xstrdup(entry->sighting.uid);
		batch->count++;
	}
	return batch;
}

static void write_news(struct history *history, int64_t now)
{
	struct batch *batch;

	/* One at a time: what came meanwhile goes with the next. */
	if (history->is_writing) {
		history->has_news = true;
		return;
	}
	batch = make_batch(history);
	history->written_at = now;
	history->has_news = false;
	history->is_writing = true;
	if (history->worker) {
		worker_post(history->worker, &batch->work);
		return;
	}
	write_batch(&batch->work);
	note_batch(&batch->work);
}

void history_use(struct history *history, struct worker *worker)
{
	history->worker = worker;
}

void history_free(struct history *history, int64_t now)
{
	if (!history)
		return;
	if (history->worker)
		worker_drain(history->worker);
	history->worker = NULL;
	if (history->count)
		write_news(history, now);
	for (size_t i = 0; i < history->count; i++) {
		free(history->entries[i]->sighting.kind);
		free(history->entries[i]->sighting.name);
		free(history->entries[i]->sighting.uid);
		free(history->entries[i]->key);
		free(history->entries[i]);
	}
	free(history->entries);
	map_release(&history->by_key);
	sqlite3_close(history->database);
	free(history->cluster);
	free(history);
}

/* A pod's life begins anew with each start of its container. */
static int64_t pod_started(const struct pod_record *pod)
{
	int64_t started = pod->base.created;

	for (size_t i = 0; i < pod->status_count; i++) {
		if (pod->statuses[i].role == CONTAINER_MAIN && pod->statuses[i].state == STATE_RUNNING &&
		    pod->statuses[i].started_at > started)
			started = pod->statuses[i].started_at;
	}
	return started;
}

/* False: history is not about it. Texts are borrowed from the record. */
static bool describe(const struct record *record, struct sighting *sighting)
{
	*sighting = (struct sighting){.kind = (char *)record->kind->name, .uid = (char *)record->uid};
	if (record->kind->id == KIND_NODE) {
		sighting->name = (char *)record->name;
		sighting->started = record->created;
		return true;
	}
	if (record->kind->id != KIND_POD || strncmp(record->name, controllers, strlen(controllers)) != 0)
		return false;
	sighting->name = (char *)controllers;
	sighting->started = pod_started(record_pod(record));
	return true;
}

static struct entry *find_or_add(struct history *history, const struct record *record, int64_t now)
{
	struct sighting sighting;
	auto_free char *key = NULL;
	struct entry *entry;

	if (!history || !describe(record, &sighting))
		return NULL;
	key = xasprintf("%s/%s/%s/%lld", sighting.kind, sighting.name, sighting.uid, (long long)sighting.started);
	entry = map_get(&history->by_key, key);
	if (!entry && history->count < MOST_SIGHTINGS) {
		sighting.first_seen = now;
		sighting.last_seen = now;
		entry = add(history, &sighting);
		entry->is_new = true;
		history->has_news = true;
	}
	return entry;
}

void history_see(struct history *history, const struct record *record, int64_t now)
{
	struct entry *entry = find_or_add(history, record, now);

	if (!entry)
		return;
	entry->sighting.last_seen = now;
	history->has_news |= now - entry->written >= SEEN_APART;
	if (history->has_news && now - history->written_at >= WRITE_APART)
		write_news(history, now);
}

void history_gone(struct history *history, const struct record *record, int64_t now)
{
	struct entry *entry = find_or_add(history, record, now);

	if (!entry)
		return;
	entry->sighting.last_seen = now;
	write_news(history, now);
}

size_t history_count(const struct history *history)
{
	return history->count;
}

const struct sighting *history_at(const struct history *history, size_t index)
{
	return &history->entries[index]->sighting;
}
