/*
 * Pending changes of a snapshot, oldest first, one an object. Internal to
 * probes/model/.
 */
#ifndef MODEL_CHANGE_QUEUE_H
#define MODEL_CHANGE_QUEUE_H

#include "probes/model/index.h"
#include "probes/model/snapshot.h"

/* More pending changes than this become "everything". */
enum { MOST_CHANGES = 4096 };

struct pending_change {
	enum kind_id kind;
	bool removed;
	char uid[64];
	struct record *before;	/* owned; see struct snapshot_change */
};

/* A queue of zeros is empty and ready. Changes are numbered from 1; ring[number % capacity]. */
struct change_queue {
	struct pending_change *ring;
	size_t capacity;
	uint64_t taken;		/* number of the last change that was taken */
	uint64_t added;		/* number of the last change that was added */
	bool everything;
	struct record *lent;	/* before of the change that was taken last */
};

void change_queue_release(struct change_queue *queue);
/* The queue takes before, the record that was replaced or removed; NULL for a new object. */
void change_queue_add(struct change_queue *queue, struct entry *entry, bool removed, struct record *before);
bool change_queue_take(struct change_queue *queue, struct snapshot_change *ret_change);

#endif
