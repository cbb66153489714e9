/*
 * A hash table from strings to pointers. Keys and values are borrowed: the
 * usual key is a member of the value (a record's uid).
 *
 * Ours rather than uthash, whose handle costs 56 bytes a record and index; a
 * slot here is 16 bytes, and memory per pod is a promise (decisions.md 34).
 *
 * A struct map of zeros is empty and ready. Adding may move slots: do not add
 * or remove inside map_next() loops.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	const char *key;	/* NULL: never used; map.c has a marker for removed */
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t capacity;	/* 0 or a power of two */
	size_t count;		/* keys present */
	size_t used;		/* keys present and removed */
};

void map_release(struct map *map);
/* NULL if absent. */
void *map_get(const struct map *map, const char *key);
/* Sets key to value (not NULL) and returns the value that was there, or NULL. The new key replaces the old one. */
void *map_put(struct map *map, const char *key, void *value);
/* Returns the value that was there, or NULL. */
void *map_remove(struct map *map, const char *key);
/* Iteration: *position starts at 0; returns the next value or NULL; the order means nothing. */
void *map_next(const struct map *map, size_t *position);

/* For tables of other forms: the same text and seed, the same number; all bits are good. */
uint64_t hash_text(uint64_t seed, const char *text);

#endif
