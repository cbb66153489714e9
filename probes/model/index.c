#include "probes/model/index.h"

#include <string.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"

void index_init(struct index *index, enum index_key key, uint64_t seed)
{
	*index = (struct index){.key = key, .seed = seed};
}

void index_release(struct index *index)
{
	free(index->slots);
	*index = (struct index){0};
}

static uint64_t hash_uid(const struct index *index, const char *uid)
{
	return hash_text(index->seed, uid);
}

static uint64_t hash_name(const struct index *index, enum kind_id kind, const char *name_space,
			  const char *name)
{
	return hash_text(hash_text(index->seed + (uint64_t)kind, name_space), name);
}

static uint64_t hash_entry(const struct index *index, const struct entry *entry)
{
	const struct record *record = entry->record;

	if (index->key == INDEX_UID)
		return hash_uid(index, record->uid);
	return hash_name(index, record->kind->id, record->name_space, record->name);
}

struct entry *index_by_uid(const struct index *index, const char *uid)
{
	size_t mask = index->capacity - 1;

	if (!index->capacity)
		return NULL;
	for (size_t i = hash_uid(index, uid) & mask; index->slots[i]; i = (i + 1) & mask) {
		if (!strcmp(index->slots[i]->record->uid, uid))
			return index->slots[i];
	}
	return NULL;
}

struct entry *index_by_name(const struct index *index, enum kind_id kind, const char *name_space,
			    const char *name)
{
	size_t mask = index->capacity - 1;

	if (!index->capacity)
		return NULL;
	for (size_t i = hash_name(index, kind, name_space,
				  name) & mask; index->slots[i]; i = (i + 1) & mask) {
		const struct record *record = index->slots[i]->record;

		if (record->kind->id == kind && !strcmp(record->name, name) &&
		    !strcmp(record->name_space, name_space))
			return index->slots[i];
	}
	return NULL;
}

static void insert(struct index *index, struct entry *entry)
{
	size_t mask = index->capacity - 1;
	size_t i = hash_entry(index, entry) & mask;

	while (index->slots[i])
		i = (i + 1) & mask;
	index->slots[i] = entry;
	index->count++;
}

static void resize(struct index *index, size_t capacity)
{
	struct index old = *index;

	index->slots = xcalloc(capacity, sizeof(struct entry *));
	index->capacity = capacity;
	index->count = 0;
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i])
			insert(index, old.slots[i]);
	}
	free(old.slots);
}

void index_add(struct index *index, struct entry *entry)
{
	if ((index->count + 1) * 4 > index->capacity * 3)
		resize(index, index->capacity ? index->capacity * 2 : 16);
	insert(index, entry);
}

/* Closes the gap, so that no search ends before what lies behind it. */
static void close_gap(struct index *index, size_t gap)
{
	size_t mask = index->capacity - 1;

	for (size_t i = (gap + 1) & mask; index->slots[i]; i = (i + 1) & mask) {
		size_t home = hash_entry(index, index->slots[i]) & mask;

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		index->slots[gap] = index->slots[i];
		index->slots[i] = NULL;
		gap = i;
	}
}

void index_remove(struct index *index, const struct entry *entry)
{
	size_t mask = index->capacity - 1;
	size_t i = hash_entry(index, entry) & mask;

	while (index->slots[i] && index->slots[i] != entry)
		i = (i + 1) & mask;
	if (!index->slots[i])
		bug("an entry that is not in its index");
	index->slots[i] = NULL;
	index->count--;
	close_gap(index, i);
}
