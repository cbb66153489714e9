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

/* A queue of zeros is empty and ready. Changes are numbered from 1; ring[number % capacity]. */
struct change_queue {
	struct snapshot_change *ring;
	size_t capacity;
	uint64_t taken;		/* number of the last change that was taken */
	uint64_t added;		/* number of the last change that was added */
	bool everything;
};

void change_queue_release(struct change_queue *queue);
void change_queue_add(struct change_queue *queue, struct entry *entry, bool removed);
bool change_queue_take(struct change_queue *queue, struct snapshot_change *ret_change);

#endif
