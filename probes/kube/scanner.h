/*
 * From bytes of a list or a watch to records, piece by piece as they arrive.
 *
 * A scanner is made for one field table; scanner_ops hides the encoding, JSON
 * or protobuf, which the answer's Content-Type tells.
 * Items larger than the cap, deeper than the cap, or broken are an error that
 * names the limit; the scanner never reads past what it was given and never
 * keeps an item's text beyond the item (tech.md e).
 *
 * Strings of records are UTF-8 without NULs: what is neither (invalid bytes,
 * lone surrogates, \u0000) is U+FFFD. They are cut at a character: messages
 * at 8 KiB, other texts at 1 KiB, names at 512 bytes. A value of another type
 * than its field's counts as absent. What nobody wants is skipped unread:
 * that its brackets balance, or that it lies within its message, is all that
 * is known of it.
 */
#ifndef KUBE_SCANNER_H
#define KUBE_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"
#include "probes/kube/fields.h"

enum scan_mode { SCAN_LIST, SCAN_WATCH, SCAN_OBJECT };
enum watch_event { WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED, WATCH_BOOKMARK, WATCH_ERROR };

struct scan_sink {
	/* The record is the sink's to free; event is WATCH_ADDED for lists and objects. -1 ends the scan. */
	int (*on_record)(void *data, enum watch_event event, struct record *record);
	/* Watch: a bookmark's resourceVersion; initial_end when it ends the initial events. */
	void (*on_bookmark)(void *data, const char *resource_version, int initial_end);
	/* Watch: an ERROR event (a Status). */
	void (*on_status)(void *data, long code, const char *reason, const char *message);
	/* List: its metadata; "" where absent. May come before or after the items. */
	void (*on_list_meta)(void *data, const char *resource_version, const char *continue_token,
			     long remaining);
	void *data;
};

struct scanner;

struct scanner_ops {
	const char *content_type;
	struct scanner *(*new)(const struct field_table *table, enum scan_mode mode,
			       const struct scan_sink *sink);
	/* 0, or -1 with err: the transfer is useless from here on. */
	int (*feed)(struct scanner *scanner, const char *bytes, size_t n, struct err *err);
	/* The transfer ended: -1 if in the middle of a document. */
	int (*finish)(struct scanner *scanner, struct err *err);
	void (*free)(struct scanner *scanner);
};

extern const struct scanner_ops json_scanner_ops;
extern const struct scanner_ops proto_scanner_ops;

/* Whether every wanted path has a number in protobuf; where not, the kind is to be read as JSON. */
bool proto_scanner_knows(const struct field_table *table);

void record_free(struct record *record);

#endif
