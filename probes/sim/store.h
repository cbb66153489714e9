/*
 * The objects of the cluster, and what happened to them: one counter of
 * resourceVersions, a history a kind for watches, snapshots for paged lists.
 *
 * A revision is one state of one object. It is never changed and is counted,
 * so histories, snapshots and answers in flight share it. Its document has no
 * kind and apiVersion (items of a list have none); revision_add() writes them
 * in front. Its JSON is written once and kept.
 *
 * Not thread-safe: the cluster's lock is held around every call (cluster.h).
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/map.h"
#include "probes/sim/kinds.h"

struct buffer;

struct revision {
	unsigned int references;
	uint64_t version;	/* resourceVersion */
	json_t *value;
	char *bytes;		/* {"metadata":...}; NULL until first asked for */
	size_t length;
	char *partial;		/* the metadata as PartialObjectMetadata; NULL until first asked for */
};

struct object {
	const struct kind *kind;
	char *key;		/* "namespace/name", or "name" */
	char *namespace;	/* "" for cluster-scoped objects */
	char *name;
	char uid[40];
	char owner_uid[40];	/* of the controlling owner; "" = none */
	bool dirty;		/* its controller must look at it */
	int64_t recheck;	/* wall time at which it must look without a change; 0 = never */
	struct revision *now;
};

enum change_type { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };

struct change {
	enum change_type type;
	struct revision *now;		/* for CHANGE_DELETED the last state, with the version of the deletion */
	struct revision *before;	/* NULL for CHANGE_ADDED */
};

/* Changes of one kind, numbered from 1 without gaps; older ones than `first` are forgotten. */
struct history {
	struct change *ring;
	uint64_t first;
	uint64_t next;		/* number of the change to come */
	uint64_t floor;		/* watches from before this resourceVersion are too old */
};

struct snapshot;

struct store {
	uint64_t version;
	struct table {
		struct object **objects;	/* by key, in byte order */
		size_t count;
		size_t capacity;
	} tables[KIND_COUNT];
	struct history histories[KIND_COUNT];
	struct map by_uid;
	struct snapshot *snapshots[16];
	size_t next_snapshot;
	void (*on_change)(void *context, struct object *object, const struct change *change);
	void *context;
};

enum { HISTORY_SIZE = 8192 };

void store_init(struct store *store, uint64_t first_version);
void store_release(struct store *store);

struct object *store_find(const struct store *store, enum kind_id kind, const char *namespace, const char *name);
struct object *store_find_uid(const struct store *store, const char *uid);
/* Index of the first object of a namespace ("" = all), and the one past its last. */
void store_range(const struct store *store, enum kind_id kind, const char *namespace, size_t *ret_first,
		 size_t *ret_end);
/* Index of the first object whose key is not before key. */
size_t store_position(const struct store *store, enum kind_id kind, const char *key);

/*
 * Stores a new state (value is stolen) under a new resourceVersion, creating
 * the object if it is new; metadata.namespace and .name say which one. Nothing
 * happens where the new state equals the old one but for its resourceVersion.
 * Borrowed.
 */
struct object *store_put(struct store *store, enum kind_id kind, json_t *value);
/* Removes the object; it is freed. */
void store_delete(struct store *store, struct object *object);
/* Writes the JSON of every object now, so that the first lists are as quick as later ones. */
void store_write_all(struct store *store);
/* Forgets histories and snapshots, as an etcd compaction does. */
void store_compact(struct store *store);

struct revision *revision_keep(struct revision *revision);
void revision_drop(struct revision *revision);
/* A revision outside the store, to write an answer from (dry runs, views); value is stolen. */
struct revision *revision_new(json_t *value, uint64_t version);
/* Adds the object's JSON with kind and apiVersion in front. */
void revision_add(struct revision *revision, const struct kind *kind, struct buffer *out);
/* Adds the JSON as in a list: without kind and apiVersion. */
void revision_add_item(struct revision *revision, struct buffer *out);
/* Adds {"kind":"PartialObjectMetadata",...}. */
void revision_add_partial(struct revision *revision, struct buffer *out);

/* NULL where it was forgotten or never was. Borrowed. */
const struct change *history_at(const struct history *history, uint64_t number);
/* The number of the first change after a resourceVersion. */
uint64_t history_after(const struct history *history, uint64_t version);

/*
 * A list that is being paged: the revisions of a kind at one resourceVersion.
 * The store keeps the latest sixteen.
 */
struct snapshot {
	enum kind_id kind;
	uint64_t version;
	struct revision **revisions;	/* by key */
	size_t count;
};
/* The present state of a kind; the store's, borrowed until sixteen others were taken. */
const struct snapshot *store_snapshot(struct store *store, enum kind_id kind);
/* NULL where it is gone. */
const struct snapshot *store_find_snapshot(const struct store *store, enum kind_id kind, uint64_t version);
/* "namespace/name" of a revision. Caller frees. */
char *revision_key(const struct revision *revision);

#endif
