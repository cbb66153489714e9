#include "probes/model/event_heap.h"

#include <string.h>

#include "probes/base/memory.h"

bool event_is_kept(const struct event_record *event)
{
	static const char *const reasons[] = {
		/* that close a matter */
		"Scheduled", "Pulled", "Created", "Started", "Killing", "SuccessfulAttachVolume",
		"SuccessfulMountVolume", "ProvisioningSucceeded", "FileSystemResizeSuccessful",
		"VolumeResizeSuccessful",
		"SuccessfulCreate", "SuccessfulDelete", "ScalingReplicaSet",
		/* that say how a node is */
		"NodeReady", "NodeNotReady", "NodeSchedulable", "NodeNotSchedulable", "NodeHasSufficientMemory",
		"NodeHasInsufficientMemory", "NodeHasNoDiskPressure", "NodeHasDiskPressure",
		"NodeHasSufficientPID", "NodeHasInsufficientPID", "RegisteredNode", "RemovingNode", "Rebooted",
		/* that tell of trouble, for all that their type says: kubelets call a pull put off Normal */
		"BackOff", "FailedBinding", "SandboxChanged", "TaintManagerEviction", "Preempted", "Evicted",
		"FileSystemResizeRequired", "Resizing", "ExternalExpanding", "VolumePermissionChangeInProgress",
	};

	if (strcmp(event->type, "Normal") != 0)
		return true;
	for (size_t i = 0; i < array_length(reasons); i++) {
		if (!strcmp(event->reason, reasons[i]))
			return true;
	}
	return false;
}

void event_heap_release(struct event_heap *heap)
{
	free(heap->entries);
	*heap = (struct event_heap){0};
}

static bool is_older(const struct entry *a, const struct entry *b)
{
	return record_event(a->record)->last < record_event(b->record)->last;
}

static void set(struct event_heap *heap, size_t place, struct entry *entry)
{
	heap->entries[place] = entry;
	entry->node_place = (uint32_t)place;
}

static void sift_up(struct event_heap *heap, size_t place, struct entry *entry)
{
	while (place > 0) {
		size_t parent = (place - 1) / 2;

		if (!is_older(entry, heap->entries[parent]))
			break;
		set(heap, place, heap->entries[parent]);
		place = parent;
	}
	set(heap, place, entry);
}

static void sift_down(struct event_heap *heap, size_t place, struct entry *entry)
{
	for (;;) {
		size_t child = place * 2 + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && is_older(heap->entries[child + 1], heap->entries[child]))
			child++;
		if (!is_older(heap->entries[child], entry))
			break;
		set(heap, place, heap->entries[child]);
		place = child;
	}
	set(heap, place, entry);
}

void event_heap_add(struct event_heap *heap, struct entry *entry)
{
	if (heap->count == heap->capacity) {
		heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
		heap->entries = xreallocarray(heap->entries, heap->capacity, sizeof(struct entry *));
	}
	heap->bytes += entry->record->size;
	sift_up(heap, heap->count++, entry);
}

void event_heap_remove(struct event_heap *heap, struct entry *entry)
{
	size_t place = entry->node_place;
	struct entry *last = heap->entries[--heap->count];

	heap->bytes -= entry->record->size;
	if (place == heap->count)
		return;
	if (place > 0 && is_older(last, heap->entries[(place - 1) / 2]))
		sift_up(heap, place, last);
	else
		sift_down(heap, place, last);
}

struct entry *event_heap_excess(const struct event_heap *heap)
{
	return heap->bytes > EVENT_BYTES_MAX ? heap->entries[0] : NULL;
}
