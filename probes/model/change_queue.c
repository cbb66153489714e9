#include "probes/model/change_queue.h"

#include <string.h>

#include "probes/base/memory.h"

void change_queue_release(struct change_queue *queue)
{
	free(queue->ring);
	*queue = (struct change_queue){0};
}

static void grow(struct change_queue *queue)
{
	size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
	struct snapshot_change *ring = xcalloc(capacity, sizeof(*ring));

	for (uint64_t number = queue->taken + 1; number <= queue->added; number++)
		ring[number % capacity] = queue->ring[number % queue->capacity];
	free(queue->ring);
	queue->ring = ring;
	queue->capacity = capacity;
}

/* Nobody kept up: forget the changes, all of them are one. */
static void overflow(struct change_queue *queue)
{
	free(queue->ring);
	queue->ring = NULL;
	queue->capacity = 0;
	queue->taken = queue->added;
	queue->everything = true;
}

void change_queue_add(struct change_queue *queue, struct entry *entry, bool removed)
{
	struct snapshot_change *change;

	if (queue->everything)
		return;
	if (entry->change > queue->taken) {
		queue->ring[entry->change % queue->capacity].removed = removed;
		return;
	}
	if (queue->added - queue->taken == MOST_CHANGES) {
		overflow(queue);
		return;
	}
	if (queue->added - queue->taken == queue->capacity)
		grow(queue);
	entry->change = ++queue->added;
	change = &queue->ring[entry->change % queue->capacity];
	*change = (struct snapshot_change){.kind = entry->record->kind->id, .removed = removed};
	memcpy(change->uid, entry->record->uid, strnlen(entry->record->uid, sizeof(change->uid) - 1));
}

bool change_queue_take(struct change_queue *queue, struct snapshot_change *ret_change)
{
	if (queue->everything) {
		queue->everything = false;
		*ret_change = (struct snapshot_change){.everything = true};
		return true;
	}
	if (queue->taken == queue->added)
		return false;
	queue->taken++;
	*ret_change = queue->ring[queue->taken % queue->capacity];
	return true;
}
