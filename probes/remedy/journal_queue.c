/*
 * What is to be written waits in a list. Whoever writes takes all of it, in
 * one transaction: the result of a step and the intent of the next one, or a
 * hundred lines of output, cost one fsync.
 */
#include "probes/base/fault_point.h"
#include "probes/base/memory.h"
#include "probes/net/worker.h"
#include "probes/remedy/journal_private.h"

struct journal_flush {
	struct work work;
	struct journal *journal;
};

static struct journal_entry *take_all(struct journal *journal)
{
	struct journal_entry *entries;

	pthread_mutex_lock(&journal->mutex);
	entries = journal->first;
	journal->first = NULL;
	journal->last = NULL;
	journal->under_way = entries;
	pthread_mutex_unlock(&journal->mutex);
	return entries;
}

static bool execute(struct journal *journal, const char *sql, struct err *err)
{
	if (sqlite3_exec(journal->writer, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	journal_fail(journal, journal->writer, err);
	return false;
}

static void fail_all(struct journal_entry *entries, const struct err *err)
{
	for (struct journal_entry *entry = entries; entry; entry = entry->next)
		entry->err = *err;
}

/* A statement that fails undoes itself alone, unless SQLite gave the whole transaction up (full disk, I/O error). */
static void write_all(struct journal *journal, struct journal_entry *entries)
{
	struct err err;

	if (!execute(journal, "BEGIN IMMEDIATE", &err)) {
		fail_all(entries, &err);
		return;
	}
	for (struct journal_entry *entry = entries; entry; entry = entry->next) {
		if (entry->write(journal, entry, &err) == 0)
			continue;
		entry->err = err;
		if (!sqlite3_get_autocommit(journal->writer))
			continue;
		fail_all(entries, &err);
		return;
	}
	fault_point("journal.commit", NULL);
	if (!execute(journal, "COMMIT", &err)) {
		(void)sqlite3_exec(journal->writer, "ROLLBACK", NULL, NULL, NULL);
		fail_all(entries, &err);
		return;
	}
	fault_point("journal.committed", NULL);
}

static void tell_all(struct journal *journal, struct journal_entry *entries)
{
	struct journal_entry *next;

	for (struct journal_entry *entry = entries; entry; entry = next) {
		next = entry->next;
		/* Who is told may forget others that are still to be told. */
		journal->under_way = next;
		if (entry->on_done)
			entry->on_done(entry->data, entry->err.code == ERR_NONE ? NULL : &entry->err);
		json_decref(entry->values);
		free(entry);
	}
}

static void on_run(struct work *work)
{
	struct journal *journal = ((struct journal_flush *)work)->journal;

	write_all(journal, take_all(journal));
}

static void post_flush(struct journal *journal);

/* One at a time: what came meanwhile goes together. */
static void on_written(struct work *work)
{
	struct journal *journal = ((struct journal_flush *)work)->journal;
	bool has_more;

	free(work);
	tell_all(journal, journal->under_way);
	pthread_mutex_lock(&journal->mutex);
	has_more = journal->first != NULL;
	journal->is_posted = has_more;
	pthread_mutex_unlock(&journal->mutex);
	if (has_more)
		post_flush(journal);
}

static void post_flush(struct journal *journal)
{
	struct journal_flush *flush = xcalloc(1, sizeof(*flush));

	flush->work.run = on_run;
	flush->work.done = on_written;
	flush->journal = journal;
	worker_post(journal->worker, &flush->work);
}

/* True: nobody takes it yet. */
static bool append(struct journal *journal, struct journal_entry *entry)
{
	bool is_posted;

	pthread_mutex_lock(&journal->mutex);
	if (journal->last)
		journal->last->next = entry;
	else
		journal->first = entry;
	journal->last = entry;
	is_posted = journal->is_posted;
	journal->is_posted = true;
	pthread_mutex_unlock(&journal->mutex);
	return !is_posted;
}

void journal_post(struct journal *journal,
		  int (*write)(struct journal *journal, const struct journal_entry *entry, struct err *err),
		  json_t *values, journal_done *on_done, void *data)
{
	struct journal_entry *entry = xcalloc(1, sizeof(*entry));

	entry->write = write;
	entry->values = values;
	entry->on_done = on_done;
	entry->data = data;
	if (!journal->worker) {
		write_all(journal, entry);
		tell_all(journal, entry);
	} else if (append(journal, entry)) {
		post_flush(journal);
	}
}

void journal_drain(struct journal *journal)
{
	if (journal->worker)
		worker_drain(journal->worker);
}

static void forget(struct journal_entry *entries, const void *data)
{
	for (struct journal_entry *entry = entries; entry; entry = entry->next) {
		if (entry->data == data)
			entry->on_done = NULL;
	}
}

void journal_forget(struct journal *journal, const void *data)
{
	pthread_mutex_lock(&journal->mutex);
	forget(journal->first, data);
	forget(journal->under_way, data);
	pthread_mutex_unlock(&journal->mutex);
}
