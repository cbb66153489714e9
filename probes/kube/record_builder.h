/*
 * Builds records, whatever the encoding they come in. Internal to
 * probes/kube/.
 *
 * For each object: record_builder_start(), then for each wanted field what
 * the tree of the table says (record_builder_item() at a node with a mount,
 * record_builder_set_*() for a node's actions), then record_builder_finish(),
 * which packs everything into one allocation.
 *
 * Strings are decoded in place: write to record_builder_room(), then
 * record_builder_keep() gives the string that stands for them; equal strings
 * of one record are one, and the words that most objects share cost nothing.
 */
#ifndef KUBE_RECORD_BUILDER_H
#define KUBE_RECORD_BUILDER_H

#include "probes/kube/fields_rows.h"
#include "probes/kube/record.h"

/* More items of a group than this are left out. */
enum { RECORD_MOST_ITEMS = 2000 };

struct record_builder;

struct record_builder *record_builder_new(const struct field_table *table);
void record_builder_free(struct record_builder *builder);

/* room: bytes that all strings of the object, with their NULs, can take at most. */
void record_builder_start(struct record_builder *builder, size_t room);
/* An item of the mount's group begins; fields that follow are its own. */
void record_builder_item(struct record_builder *builder, const struct field_mount *mount);
/* A list begins again (a key given twice): what it held is forgotten. */
void record_builder_forget(struct record_builder *builder, const struct field_mount *mount);

char *record_builder_room(struct record_builder *builder);
/* The length bytes written to the room, without NUL. Good until the next start. */
const char *record_builder_keep(struct record_builder *builder, size_t length);

/* key, key_length: the key that the value stands under, for labels. A row of another type takes no notice. */
void record_builder_set_text(struct record_builder *builder, const struct field_node *node, const char *key,
			     size_t key_length, const char *text);
void record_builder_set_int(struct record_builder *builder, const struct field_node *node, int64_t number);
void record_builder_set_bool(struct record_builder *builder, const struct field_node *node, bool value);
void record_builder_set_time(struct record_builder *builder, const struct field_node *node, int64_t wall);
/* An object is there. */
void record_builder_set_present(struct record_builder *builder, const struct field_node *node);
void record_builder_extra(struct record_builder *builder, const struct field_node *node, size_t item,
			  const char *text);

/* The caller's, for record_free(). */
struct record *record_builder_finish(struct record_builder *builder);

#endif
