/*
 * Named lists of records: the pods of a node, what an owner owns, the events
 * about an object. Internal to probes/model/.
 */
#ifndef MODEL_BUCKET_H
#define MODEL_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "probes/base/map.h"
#include "probes/model/snapshot.h"

/* A set of zeros is empty and ready. */
struct bucket_set {
	struct map buckets;
};

void bucket_set_release(struct bucket_set *set);
struct record_list bucket_list(const struct bucket_set *set, const char *key);
/* Adds at the end and returns the place. */
uint32_t bucket_add(struct bucket_set *set, const char *key, const struct record *record);
void bucket_replace(struct bucket_set *set, const char *key, uint32_t place, const struct record *record);
/* The last record takes the place; it is returned, so that its place can be noted, or NULL if none moved. */
const struct record *bucket_remove(struct bucket_set *set, const char *key, uint32_t place);

/* Lists in the order of event_record.last, newest last. */
void bucket_add_event(struct bucket_set *set, const char *key, const struct event_record *event);
void bucket_remove_event(struct bucket_set *set, const char *key, const struct event_record *event);

#endif
