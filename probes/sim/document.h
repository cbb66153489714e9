/*
 * Kubernetes objects as jansson documents: reading by dotted path, and
 * changing without touching what is shared.
 *
 * A stored document is never changed (store.h). Whoever wants another state
 * makes a fork of it, owns the members to be changed, and stores the fork:
 *
 *	json_t *pod = doc_fork(object->now->value);	shares every member
 *	json_t *status = doc_own(pod, "status");	now a private deep copy
 *
 * Paths are member names joined by dots ("status.nodeInfo.osImage"); names
 * that hold dots themselves (labels) are read with jansson directly.
 */
#ifndef SIM_DOCUMENT_H
#define SIM_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Borrowed, or NULL where a member is absent or not an object. */
json_t *doc_get(const json_t *document, const char *path);
/* "" where absent or not a string. */
const char *doc_text(const json_t *document, const char *path);
/* 0 where absent or not an integer. */
int64_t doc_int(const json_t *document, const char *path);
int64_t doc_int_or(const json_t *document, const char *path, int64_t otherwise);
bool doc_true(const json_t *document, const char *path);

/* Sets path to value (stolen), making the objects on the way; every object on the way must be private. */
void doc_set(json_t *document, const char *path, json_t *value);
void doc_set_text(json_t *document, const char *path, const char *text);
void doc_set_int(json_t *document, const char *path, int64_t number);
/* Removes the member; nothing where it is absent. */
void doc_remove(json_t *document, const char *path);

/* A copy of the top level; members are shared. Yours. */
json_t *doc_fork(const json_t *document);
/* Replaces the top-level member by its deep copy, or by an empty object where it is absent. Borrowed. */
json_t *doc_own(json_t *document, const char *member);

/* The element of an array whose member `key` is `value`, or NULL. */
json_t *doc_find(const json_t *array, const char *key, const char *value);

/* Parses any JSON value; NULs in strings are kept. NULL where it is no JSON; *ret_error (may be NULL) says why. */
json_t *doc_parse(const char *text, size_t length, json_error_t *ret_error);
/* Compact JSON; caller frees. */
char *doc_dump(const json_t *document);

/* RFC 3339 of now, or of a wall time. */
json_t *doc_time(int64_t wall);
/* Seconds since the epoch of an RFC 3339 member; 0 where there is none. */
int64_t doc_wall(const json_t *document, const char *path);

#endif
