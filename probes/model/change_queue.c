#include "probes/model/change_queue.h"

#include <string.h>

#include "probes/base/memory.h"

enum { KEPT_CHANGES = 512 };	/* room for more was for a list, and goes when it is empty */

/* Of the changes that nobody took. */
static void free_befores(struct change_queue *queue)
{
	for (uint64_t number = queue->taken + 1; number <= queue->added; number++)
		free(queue->ring[number % queue->capacity].before);
}

void change_queue_release(struct change_queue *queue)
{
	free_befores(queue);
	free(queue->ring);
	free(queue->lent);
	*queue = (struct change_queue){0};
}

static void grow(struct change_queue *queue)
{
	size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
	struct pending_change *ring = xcalloc(capacity, sizeof(*ring));

	for (uint64_t number = queue->taken + 1; number <= queue->added; number++)
		ring[number % capacity] = queue->ring[number % queue->capacity];
	free(queue->ring);
	queue->ring = ring;
	queue->capacity = capacity;
}

static void drop_ring(struct change_queue *queue)
{
	free(queue->ring);
	queue->ring = NULL;
	queue->capacity = 0;
}

/* Nobody kept up: forget the changes, all of them are one. */
static void overflow(struct change_queue *queue)
{
	free_befores(queue);
	drop_ring(queue);
	queue->taken = queue->added;
	queue->everything = true;
}

void change_queue_add(struct change_queue *queue, struct entry *entry, bool removed, struct record *before)
{
	struct pending_change *pending;

	if (!queue->everything && entry->change > queue->taken) {
		queue->ring[entry->change % queue->capacity].removed = removed;
		free(before);
		return;
	}
	if (!queue->everything && queue->added - queue->taken == MOST_CHANGES)
		overflow(queue);
	if (queue->everything) {
		free(before);
		return;
	}
	if (queue->added - queue->taken == queue->capacity)
		grow(queue);
	entry->change = ++queue->added;
	pending = &queue->ring[entry->change % queue->capacity];
	*pending = (struct pending_change){.kind = entry->record->kind->id, .removed = removed, .before = before};
	memcpy(pending->uid, entry->record->uid, strnlen(entry->record->uid, sizeof(pending->uid) - 1));
}

bool change_queue_take(struct change_queue *queue, struct snapshot_change *ret_change)
{
	const struct pending_change *pending;

	free(take_pointer(queue->lent));
	if (queue->everything) {
		queue->everything = false;
		*ret_change = (struct snapshot_change){.everything = true};
		return true;
	}
	if (queue->taken == queue->added) {
		if (queue->capacity > KEPT_CHANGES)
			drop_ring(queue);
		return false;
	}
	queue->taken++;
	pending = &queue->ring[queue->taken % queue->capacity];
	*ret_change = (struct snapshot_change){
		.kind = pending->kind,
		.removed = pending->removed,
		.before = pending->before,
	};
	memcpy(ret_change->uid, pending->uid, sizeof(ret_change->uid));
	queue->lent = pending->before;
	return true;
}
