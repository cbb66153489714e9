#include "probes/base/map.h"

#include <string.h>

#include "probes/base/memory.h"

static const char removed_marker[] = "";

uint64_t hash_text(uint64_t seed, const char *text)
{
	const uint64_t odd = 0x9e3779b97f4a7c15ULL;
	size_t length = strlen(text);
	uint64_t h = (seed ^ length) * odd;
	uint64_t piece;

	/* Eight bytes a step: names and uids of a big cluster are hashed millions of times. */
	for (; length >= sizeof(piece); length -= sizeof(piece), text += sizeof(piece)) {
		memcpy(&piece, text, sizeof(piece));
		h = (h ^ piece) * odd;
		h ^= h >> 32;
	}
	piece = 0;
	memcpy(&piece, text, length);
	h = (h ^ piece) * odd;
	h ^= h >> 32;
	h *= odd;
	return h ^ h >> 29;
}

static uint64_t hash(const char *key)
{
	return hash_text(0, key);
}

void map_release(struct map *map)
{
	free(map->slots);
	*map = (struct map){0};
}

static struct map_slot *find(const struct map *map, const char *key)
{
	size_t mask = map->capacity - 1;

	if (!map->capacity)
		return NULL;
	for (size_t i = (size_t)hash(key) & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->key)
			return NULL;
		if (slot->key != removed_marker && !strcmp(slot->key, key))
			return slot;
	}
}

static void insert_new(struct map *map, const char *key, void *value)
{
	size_t mask = map->capacity - 1;
	size_t i = (size_t)hash(key) & mask;

	while (map->slots[i].key)
		i = (i + 1) & mask;
	map->slots[i] = (struct map_slot){key, value};
	map->count++;
	map->used++;
}

static void rebuild(struct map *map)
{
	struct map old = *map;
	size_t capacity = 8;

	while (capacity < map->count * 2 + 2)
		capacity *= 2;
	*map = (struct map){.slots = xcalloc(capacity, sizeof(*map->slots)), .capacity = capacity};
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i].key && old.slots[i].key != removed_marker)
			insert_new(map, old.slots[i].key, old.slots[i].value);
	}
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	struct map_slot *slot = find(map, key);

	return slot ? slot->value : NULL;
}

void *map_put(struct map *map, const char *key, void *value)
{
	struct map_slot *slot = find(map, key);
	void *old;

	if (!value)
		bug("a NULL value in a map");
	if (!slot) {
		if ((map->used + 1) * 4 > map->capacity * 3)
			rebuild(map);
		insert_new(map, key, value);
		return NULL;
	}
	old = slot->value;
	*slot = (struct map_slot){key, value};
	return old;
}

void *map_remove(struct map *map, const char *key)
{
	struct map_slot *slot = find(map, key);
	void *old;

	if (!slot)
		return NULL;
	old = slot->value;
	*slot = (struct map_slot){removed_marker, NULL};
	map->count--;
	return old;
}

void *map_next(const struct map *map, size_t *position)
{
	while (*position < map->capacity) {
		const struct map_slot *slot = &map->slots[(*position)++];

		if (slot->value)
			return slot->value;
	}
	return NULL;
}
