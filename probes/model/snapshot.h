/*
 * The snapshot: what is known of one cluster now, indexed. Filled by the
 * reflectors (cluster.h), by `report --from` and by tests; read by symptoms
 * and views. It does no I/O.
 *
 * Records are borrowed until the next change of the snapshot. Lists of
 * records are in a stable order (namespace, name) only where said.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/kube/record.h"

struct history;
struct snapshot;

struct record_list {
	const struct record *const *items;
	size_t count;
};

enum collection_state {
	COLLECTION_NEVER,	/* nobody asked yet, or the first list is under way */
	COLLECTION_CURRENT,	/* listed whole and watched, or (err says so) listed again each minute */
	COLLECTION_STALE,	/* listed whole once; the link is down (err says why) */
	COLLECTION_FORBIDDEN,	/* 403: err names verb and resource */
	COLLECTION_FAILED,	/* never listed whole; err says why */
	COLLECTION_ABSENT,	/* the cluster has no such kind, or the input holds none */
};

struct collection {
	enum collection_state state;
	struct err err;
	int64_t proven_ms;	/* monotonic time when the data was last known to be current; 0 never */
	size_t count;
	long remaining;		/* objects of the first list still to come; -1 unknown, 0 none */
	uint64_t dropped;	/* events dropped because the store was full (decisions.md 16) */
	uint64_t lists;		/* how often it was listed whole */
	bool listed_once;
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);

/* Reading. */
const struct collection *snapshot_collection(const struct snapshot *snapshot, enum kind_id kind);
/* All records of a kind, in no order. */
struct record_list snapshot_all(const struct snapshot *snapshot, enum kind_id kind);
const struct record *snapshot_by_uid(const struct snapshot *snapshot, const char *uid);
const struct record *snapshot_by_name(const struct snapshot *snapshot, enum kind_id kind,
				      const char *name_space,
				      const char *name);
struct record_list snapshot_pods_on_node(const struct snapshot *snapshot, const char *node_name);
/* Objects whose controller has this uid. */
struct record_list snapshot_owned_by(const struct snapshot *snapshot, const char *owner_uid);
/* The topmost controller that is known (Pod -> ReplicaSet -> Deployment), or the record itself. */
const struct record *snapshot_root_owner(const struct snapshot *snapshot, const struct record *record);
/* Events about an object: by uid, or by kind, namespace and name; newest last. */
struct record_list snapshot_events_about(const struct snapshot *snapshot, const struct record *object);
struct record_list snapshot_events_of(const struct snapshot *snapshot, const char *object_kind,
				      const char *name_space, const char *name);
/* What was there before (history.h); NULL where nothing is remembered. Borrowed; the snapshot does not own it. */
const struct history *snapshot_history(const struct snapshot *snapshot);
void snapshot_set_history(struct snapshot *snapshot, const struct history *history);
/* Grows with every change; equal numbers mean nothing changed in between. */
uint64_t snapshot_version(const struct snapshot *snapshot);

/*
 * Changes since the last call, for incremental evaluation: one at a time, false when there are no more.
 * An object that changed several times is one change: before is what it was at the last call.
 */
struct snapshot_change {
	enum kind_id kind;
	char uid[64];		/* of the object; of the involved object's event: the event's uid */
	bool removed;
	bool everything;	/* too many changes were pending: look at everything; the other members mean nothing */
	/*
	 * What was replaced or removed, NULL for a new object: a pod that moved or vanished concerns the
	 * subjects it was joined to before. Kept by the queue; borrowed until the next call.
	 */
	const struct record *before;
};
bool snapshot_take_change(struct snapshot *snapshot, struct snapshot_change *ret_change);

/* Writing: the loop only. The snapshot takes the record. */
void snapshot_put(struct snapshot *snapshot, struct record *record);
void snapshot_remove(struct snapshot *snapshot, enum kind_id kind, const char *uid);
void snapshot_list_start(struct snapshot *snapshot, enum kind_id kind);
/* Removes what was not put since snapshot_list_start(). */
void snapshot_list_end(struct snapshot *snapshot, enum kind_id kind);
/* A page of a list came, and so many objects are still to come; -1 unknown. */
void snapshot_list_page(struct snapshot *snapshot, enum kind_id kind, long remaining);
/* err may be NULL. now_ms: monotonic. */
void snapshot_set_state(struct snapshot *snapshot, enum kind_id kind, enum collection_state state,
			const struct err *err, int64_t now_ms);

#endif
