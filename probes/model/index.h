/*
 * Entries of the snapshot and how they are found. Internal to probes/model/.
 *
 * An index is a hash table of entries by uid, or by kind, namespace and name:
 * eight bytes a slot, no key of its own (memory per pod is a promise,
 * decisions.md 34).
 */
#ifndef MODEL_INDEX_H
#define MODEL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/kube/record.h"

/* What the snapshot knows of a record besides the record. */
struct entry {
	struct record *record;
	uint64_t change;	/* number of the pending change about it (change_queue.h) */
	uint32_t mark;		/* the list that it was last seen in */
	uint32_t place;		/* in the collection's records */
	uint32_t node_place;	/* pods: in the node's bucket; events: in the heap */
	uint32_t owner_place;	/* in the owner's bucket */
	bool was_older;		/* a list brought an older version of it once */
};

enum index_key { INDEX_UID, INDEX_NAME };

struct index {
	enum index_key key;
	uint64_t seed;		/* so that nobody outside can choose names that collide */
	struct entry **slots;
	size_t capacity;	/* 0 or a power of two */
	size_t count;
};

void index_init(struct index *index, enum index_key key, uint64_t seed);
void index_release(struct index *index);
struct entry *index_by_uid(const struct index *index, const char *uid);
struct entry *index_by_name(const struct index *index, enum kind_id kind, const char *name_space,
			    const char *name);
/* The key must be absent. */
void index_add(struct index *index, struct entry *entry);
/* The entry must be present, its record's key unchanged since it was added. */
void index_remove(struct index *index, const struct entry *entry);

#endif
