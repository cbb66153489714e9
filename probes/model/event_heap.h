/*
 * Which events are kept, and which goes first when there is no room
 * (decisions.md 16). Internal to probes/model/.
 */
#ifndef MODEL_EVENT_HEAP_H
#define MODEL_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/model/index.h"

/* Bytes of records that the events may take. */
enum { EVENT_BYTES_MAX = 16 << 20 };

/* Entries in heap order: the oldest at 0; entry.node_place is the place. Zeros are an empty heap. */
struct event_heap {
	struct entry **entries;
	size_t count;
	size_t capacity;
	size_t bytes;
};

/* Warnings, and the Normal events that close a matter, change a node's state or tell of trouble after all. */
bool event_is_kept(const struct event_record *event);

void event_heap_release(struct event_heap *heap);
void event_heap_add(struct event_heap *heap, struct entry *entry);
void event_heap_remove(struct event_heap *heap, struct entry *entry);
/* The oldest event if they take more than they may, else NULL. */
struct entry *event_heap_excess(const struct event_heap *heap);

#endif
