#include "probes/model/bucket.h"

#include <string.h>

#include "probes/base/memory.h"

struct bucket {
	const struct record **items;
	uint32_t count;
	uint32_t capacity;
	const struct record *only;	/* items of a bucket of one: most have no more */
	char key[];
};

static void bucket_free(struct bucket *bucket)
{
	if (bucket->items != &bucket->only)
		free(bucket->items);
	free(bucket);
}

static void grow(struct bucket *bucket)
{
	const struct record **items = xcalloc(bucket->capacity * 2, sizeof(*items));

	memcpy(items, bucket->items, bucket->count * sizeof(*items));
	if (bucket->items != &bucket->only)
		free(bucket->items);
	bucket->items = items;
	bucket->capacity *= 2;
}

void bucket_set_release(struct bucket_set *set)
{
	struct bucket *bucket;
	size_t position = 0;

	while ((bucket = map_next(&set->buckets, &position)) != NULL)
		bucket_free(bucket);
	map_release(&set->buckets);
}

struct record_list bucket_list(const struct bucket_set *set, const char *key)
{
	const struct bucket *bucket = map_get(&set->buckets, key);

	if (!bucket)
		return (struct record_list){NULL, 0};
	return (struct record_list){bucket->items, bucket->count};
}

static struct bucket *bucket_with_room(struct bucket_set *set, const char *key)
{
	struct bucket *bucket = map_get(&set->buckets, key);

	if (!bucket) {
		size_t size = strlen(key) + 1;

		bucket = xcalloc(1, sizeof(*bucket) + size);
		memcpy(bucket->key, key, size);
		bucket->items = &bucket->only;
		bucket->capacity = 1;
		map_put(&set->buckets, bucket->key, bucket);
	}
	if (bucket->count == bucket->capacity)
		grow(bucket);
	return bucket;
}

static struct bucket *existing(struct bucket_set *set, const char *key)
{
	struct bucket *bucket = map_get(&set->buckets, key);

	if (!bucket)
		bug("a record without its bucket");
	return bucket;
}

static void drop_if_empty(struct bucket_set *set, struct bucket *bucket)
{
	if (bucket->count)
		return;
	map_remove(&set->buckets, bucket->key);
	bucket_free(bucket);
}

uint32_t bucket_add(struct bucket_set *set, const char *key, const struct record *record)
{
	struct bucket *bucket = bucket_with_room(set, key);

	bucket->items[bucket->count] = record;
	return bucket->count++;
}

void bucket_replace(struct bucket_set *set, const char *key, uint32_t place, const struct record *record)
{
	existing(set, key)->items[place] = record;
}

const struct record *bucket_remove(struct bucket_set *set, const char *key, uint32_t place)
{
	struct bucket *bucket = existing(set, key);
	const struct record *moved = NULL;

	bucket->count--;
	if (place != bucket->count) {
		moved = bucket->items[bucket->count];
		bucket->items[place] = moved;
	}
	drop_if_empty(set, bucket);
	return moved;
}

void bucket_add_event(struct bucket_set *set, const char *key, const struct event_record *event)
{
	struct bucket *bucket = bucket_with_room(set, key);
	uint32_t at = bucket->count;

	while (at > 0 && record_event(bucket->items[at - 1])->last > event->last)
		at--;
	memmove(bucket->items + at + 1, bucket->items + at, (bucket->count - at) * sizeof(*bucket->items));
	bucket->items[at] = &event->base;
	bucket->count++;
}

void bucket_remove_event(struct bucket_set *set, const char *key, const struct event_record *event)
{
	struct bucket *bucket = existing(set, key);
	uint32_t at = bucket->count;

	while (at > 0 && bucket->items[at - 1] != &event->base)
		at--;
	if (!at)
		bug("an event that is not in its bucket");
	memmove(bucket->items + at - 1, bucket->items + at, (bucket->count - at) * sizeof(*bucket->items));
	bucket->count--;
	drop_if_empty(set, bucket);
}
