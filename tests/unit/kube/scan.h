/* For tests: JSON and protobuf to records. */
#ifndef TESTS_UNIT_KUBE_SCAN_H
#define TESTS_UNIT_KUBE_SCAN_H

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/fields.h"
#include "probes/kube/scanner.h"

struct scanned {
	struct record **records;
	enum watch_event *events;
	size_t count;
	char version[64];
	char token[64];
	long remaining;
	int metas;
	int bookmarks;
	int initial_ends;
	long status_code;
	char status_reason[64];
};

static inline int scanned_record(void *data, enum watch_event event, struct record *record)
{
	struct scanned *scanned = data;

	scanned->records = xreallocarray(scanned->records, scanned->count + 1, sizeof(*scanned->records));
	scanned->events = xreallocarray(scanned->events, scanned->count + 1, sizeof(*scanned->events));
	scanned->records[scanned->count] = record;
	scanned->events[scanned->count++] = event;
	return 0;
}

static inline void scanned_copy(char to[64], const char *text)
{
	size_t n = strnlen(text, 63);

	memcpy(to, text, n);
	to[n] = '\0';
}

static inline void scanned_bookmark(void *data, const char *version, int initial_end)
{
	struct scanned *scanned = data;

	scanned_copy(scanned->version, version);
	scanned->bookmarks++;
	scanned->initial_ends += initial_end;
}

static inline void scanned_status(void *data, long code, const char *reason, const char *message)
{
	struct scanned *scanned = data;

	(void)message;
	scanned->status_code = code;
	scanned_copy(scanned->status_reason, reason);
}

static inline void scanned_meta(void *data, const char *version, const char *token, long remaining)
{
	struct scanned *scanned = data;

	scanned_copy(scanned->version, version);
	scanned_copy(scanned->token, token);
	scanned->remaining = remaining;
	scanned->metas++;
}

static inline struct scan_sink scanned_sink(struct scanned *scanned)
{
	return (struct scan_sink){scanned_record, scanned_bookmark, scanned_status, scanned_meta, scanned};
}

static inline void scanned_release(struct scanned *scanned)
{
	for (size_t i = 0; i < scanned->count; i++)
		record_free(scanned->records[i]);
	free(scanned->records);
	free(scanned->events);
	memset(scanned, 0, sizeof(*scanned));
}

/* Feeds bytes in pieces of the given size; what feed and finish say together. */
static inline int scan_bytes(const struct scanner_ops *ops, const struct field_table *table,
			     enum scan_mode mode, const char *text, size_t n, size_t piece,
			     struct scanned *scanned, struct err *err)
{
	struct scan_sink sink = scanned_sink(scanned);
	struct scanner *scanner = ops->new(table, mode, &sink);
	int result = 0;

	for (size_t at = 0; at < n && !result; at += piece) {
		size_t length = piece < n - at ? piece : n - at;
		char *copy = xmalloc(length); /* so that a read beyond the piece is noticed */

		memcpy(copy, text + at, length);
		result = ops->feed(scanner, copy, length, err);
		free(copy);
	}
	if (!result)
		result = ops->finish(scanner, err);
	ops->free(scanner);
	return result;
}

static inline int scan_text(const struct field_table *table, enum scan_mode mode, const char *text, size_t n,
			    size_t piece, struct scanned *scanned, struct err *err)
{
	return scan_bytes(&json_scanner_ops, table, mode, text, n, piece, scanned, err);
}

/* One object to one record; NULL where it is refused. */
static inline struct record *scan_object(const struct field_table *table, const char *text)
{
	struct scanned scanned = {0};
	struct record *record = NULL;

	if (!scan_text(table, SCAN_OBJECT, text, strlen(text), strlen(text), &scanned, NULL) &&
	    scanned.count == 1)
		record = take_pointer(scanned.records[0]);
	scanned_release(&scanned);
	return record;
}

#endif
