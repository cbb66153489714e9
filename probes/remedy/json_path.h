/*
 * Places in JSON documents: JSON Pointer (RFC 6901) and the patches that
 * bind a change to what was previewed (RFC 6902; decisions.md 20).
 */
#ifndef REMEDY_JSON_PATH_H
#define REMEDY_JSON_PATH_H

#include <jansson.h>
#include <stddef.h>

#include "probes/base/err.h"

/* The value at a pointer ("/spec/template", "" = the whole), borrowed; NULL where there is none. */
json_t *pointer_get(const json_t *document, const char *pointer);
/* metadata.uid of an object of the API, borrowed; NULL: it has none, or there is no object. */
const char *document_uid(const json_t *document);
/* pointer + "/" + the escaped key ("a/b" becomes "a~1b"). Caller frees. */
char *pointer_child(const char *pointer, const char *key);
/* A token of a pointer as the key that it stands for ("a~1b" is "a/b"). Caller frees. */
char *pointer_key(const char *token);
char *pointer_index(const char *pointer, size_t index);

/* A JSON Patch is a JSON array; each function appends one operation and takes value. */
void patch_test(json_t *patch, const char *pointer, json_t *value);
void patch_replace(json_t *patch, const char *pointer, json_t *value);
void patch_add(json_t *patch, const char *pointer, json_t *value);
void patch_remove(json_t *patch, const char *pointer);

#endif
