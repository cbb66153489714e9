#include "probes/sim/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"

void store_init(struct store *store, uint64_t first_version)
{
	*store = (struct store){.version = first_version};
	for (size_t i = 0; i < KIND_COUNT; i++)
		store->histories[i] = (struct history){.first = 1, .next = 1, .floor = first_version};
}

struct revision *revision_keep(struct revision *revision)
{
	if (revision)
		revision->references++;
	return revision;
}

void revision_drop(struct revision *revision)
{
	if (!revision || --revision->references)
		return;
	json_decref(revision->value);
	free(revision->bytes);
	free(revision->partial);
	free(revision);
}

struct revision *revision_new(json_t *value, uint64_t version)
{
	struct revision *revision = xcalloc(1, sizeof(*revision));

	*revision = (struct revision){.references = 1, .version = version, .value = value};
	return revision;
}

static void write_bytes(struct revision *revision)
{
	if (revision->bytes)
		return;
	revision->bytes = doc_dump(revision->value);
	revision->length = strlen(revision->bytes);
}

void revision_add_item(struct revision *revision, struct buffer *out)
{
	write_bytes(revision);
	buffer_add(out, revision->bytes, revision->length);
}

void revision_add(struct revision *revision, const struct kind *kind, struct buffer *out)
{
	char api_version[64];

	write_bytes(revision);
	buffer_addf(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind->kind,
		    kind_api_version(kind, api_version, sizeof(api_version)));
	buffer_add(out, revision->bytes + 1, revision->length - 1);
}

void revision_add_partial(struct revision *revision, struct buffer *out)
{
	if (!revision->partial) {
		auto_free char *metadata = doc_dump(json_object_get(revision->value, "metadata"));

		revision->partial = xasprintf("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\","
					      "\"metadata\":%s}", metadata);
	}
	buffer_add_text(out, revision->partial);
}

static char *make_key(const char *namespace, const char *name)
{
	return namespace[0] ? xasprintf("%s/%s", namespace, name) : xstrdup(name);
}

char *revision_key(const struct revision *revision)
{
	return make_key(doc_text(revision->value, "metadata.namespace"), doc_text(revision->value, "metadata.name"));
}

static void free_object(struct object *object)
{
	revision_drop(object->now);
	free(object->key);
	free(object->namespace);
	free(object->name);
	free(object);
}

static void drop_change(struct change *change)
{
	revision_drop(change->now);
	revision_drop(change->before);
	*change = (struct change){0};
}

static void clear_history(struct history *history, uint64_t floor)
{
	for (uint64_t n = history->first; n < history->next; n++)
		drop_change(&history->ring[n % HISTORY_SIZE]);
	history->first = history->next;
	history->floor = floor;
}

static void free_snapshot(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->count; i++)
		revision_drop(snapshot->revisions[i]);
	free(snapshot->revisions);
	free(snapshot);
}

static void drop_snapshots(struct store *store)
{
	for (size_t i = 0; i < array_length(store->snapshots); i++) {
		free_snapshot(store->snapshots[i]);
		store->snapshots[i] = NULL;
	}
}

void store_compact(struct store *store)
{
	store->version++;
	for (size_t i = 0; i < KIND_COUNT; i++)
		clear_history(&store->histories[i], store->version);
	drop_snapshots(store);
}

void store_release(struct store *store)
{
	drop_snapshots(store);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		clear_history(&store->histories[i], 0);
		free(store->histories[i].ring);
		for (size_t j = 0; j < store->tables[i].count; j++)
			free_object(store->tables[i].objects[j]);
		free(store->tables[i].objects);
	}
	map_release(&store->by_uid);
}

void store_write_all(struct store *store)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		for (size_t j = 0; j < store->tables[i].count; j++)
			write_bytes(store->tables[i].objects[j]->now);
}

size_t store_position(const struct store *store, enum kind_id kind, const char *key)
{
	const struct table *table = &store->tables[kind];
	size_t low = 0;
	size_t high = table->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(table->objects[middle]->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct object *store_find(const struct store *store, enum kind_id kind, const char *namespace, const char *name)
{
	auto_free char *key = make_key(namespace, name);
	const struct table *table = &store->tables[kind];
	size_t at = store_position(store, kind, key);

	return at < table->count && !strcmp(table->objects[at]->key, key) ? table->objects[at] : NULL;
}

struct object *store_find_uid(const struct store *store, const char *uid)
{
	return map_get(&store->by_uid, uid);
}

void store_range(const struct store *store, enum kind_id kind, const char *namespace, size_t *ret_first,
		 size_t *ret_end)
{
	auto_free char *first = NULL;
	auto_free char *end = NULL;

	if (!namespace[0]) {
		*ret_first = 0;
		*ret_end = store->tables[kind].count;
		return;
	}
	first = xasprintf("%s/", namespace);
	end = xasprintf("%s0", namespace);	/* '0' follows '/' */
	*ret_first = store_position(store, kind, first);
	*ret_end = store_position(store, kind, end);
}

const struct change *history_at(const struct history *history, uint64_t number)
{
	if (number < history->first || number >= history->next)
		return NULL;
	return &history->ring[number % HISTORY_SIZE];
}

uint64_t history_after(const struct history *history, uint64_t version)
{
	uint64_t low = history->first;
	uint64_t high = history->next;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (history_at(history, middle)->now->version <= version)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct change *remember(struct store *store, enum kind_id kind, enum change_type type,
			       struct revision *now, struct revision *before)
{
	struct history *history = &store->histories[kind];
	struct change *slot;

	if (!history->ring)
		history->ring = xcalloc(HISTORY_SIZE, sizeof(*history->ring));
	slot = &history->ring[history->next % HISTORY_SIZE];
	if (history->next - history->first == HISTORY_SIZE) {
		history->floor = slot->now->version;
		drop_change(slot);
		history->first++;
	}
	*slot = (struct change){.type = type, .now = revision_keep(now), .before = revision_keep(before)};
	history->next++;
	return slot;
}

/* The value under a new resourceVersion; its metadata is copied, the rest is shared. Steals value. */
static struct revision *next_revision(struct store *store, json_t *value)
{
	json_t *metadata = json_copy(json_object_get(value, "metadata"));
	char version[24];
	struct revision *revision = revision_new(json_copy(value), ++store->version);

	snprintf(version, sizeof(version), "%" PRIu64, store->version);
	json_object_set_new(metadata, "resourceVersion", json_string(version));
	json_object_set_new(revision->value, "metadata", metadata);
	json_object_del(revision->value, "kind");
	json_object_del(revision->value, "apiVersion");
	json_decref(value);
	return revision;
}

static void read_owner(struct object *object)
{
	size_t i;
	json_t *owner;

	object->owner_uid[0] = '\0';
	json_array_foreach(doc_get(object->now->value, "metadata.ownerReferences"), i, owner)
		if (doc_true(owner, "controller"))
			snprintf(object->owner_uid, sizeof(object->owner_uid), "%s", doc_text(owner, "uid"));
}

static struct object *insert(struct store *store, enum kind_id kind, const json_t *value)
{
	struct table *table = &store->tables[kind];
	struct object *object = xcalloc(1, sizeof(*object));
	size_t at;

	object->kind = kind_at(kind);
	object->namespace = xstrdup(doc_text(value, "metadata.namespace"));
	object->name = xstrdup(doc_text(value, "metadata.name"));
	object->key = make_key(object->namespace, object->name);
	snprintf(object->uid, sizeof(object->uid), "%s", doc_text(value, "metadata.uid"));
	if (table->count == table->capacity) {
		table->capacity = table->capacity ? 2 * table->capacity : 64;
		table->objects = xreallocarray(table->objects, table->capacity, sizeof(struct object *));
	}
	at = store_position(store, kind, object->key);
	memmove(table->objects + at + 1, table->objects + at, (table->count - at) * sizeof(struct object *));
	table->objects[at] = object;
	table->count++;
	map_put(&store->by_uid, object->uid, object);
	return object;
}

/* True where only the resourceVersion differs: such a write changes nothing on a real server either. */
static bool is_same(const json_t *stored, const json_t *value)
{
	auto_free char *version = xstrdup(doc_text(stored, "metadata.resourceVersion"));
	json_t *metadata = json_copy(json_object_get(value, "metadata"));
	json_t *copy = json_copy((json_t *)(uintptr_t)value);
	bool same;

	json_object_set_new(metadata, "resourceVersion", json_string(version));
	json_object_set_new(copy, "metadata", metadata);
	json_object_del(copy, "kind");
	json_object_del(copy, "apiVersion");
	same = json_equal(stored, copy);
	json_decref(copy);
	return same;
}

struct object *store_put(struct store *store, enum kind_id kind, json_t *value)
{
	struct object *object = store_find(store, kind, doc_text(value, "metadata.namespace"),
					   doc_text(value, "metadata.name"));
	struct revision *before = object ? object->now : NULL;
	struct change *change;

	if (before && is_same(before->value, value)) {
		json_decref(value);
		return object;
	}
	if (!object)
		object = insert(store, kind, value);
	object->now = next_revision(store, value);
	read_owner(object);
	change = remember(store, kind, before ? CHANGE_MODIFIED : CHANGE_ADDED, object->now, before);
	if (store->on_change)
		store->on_change(store->context, object, change);
	revision_drop(before);
	return object;
}

void store_delete(struct store *store, struct object *object)
{
	enum kind_id kind = object->kind->id;
	struct table *table = &store->tables[kind];
	struct revision *last = next_revision(store, json_incref(object->now->value));
	size_t at = store_position(store, kind, object->key);
	struct change *change;

	memmove(table->objects + at, table->objects + at + 1, (table->count - at - 1) * sizeof(struct object *));
	table->count--;
	map_remove(&store->by_uid, object->uid);
	change = remember(store, kind, CHANGE_DELETED, last, object->now);
	if (store->on_change)
		store->on_change(store->context, object, change);
	revision_drop(last);
	free_object(object);
}

const struct snapshot *store_snapshot(struct store *store, enum kind_id kind)
{
	const struct table *table = &store->tables[kind];
	size_t slot = store->next_snapshot++ % array_length(store->snapshots);
	struct snapshot *snapshot;

	for (size_t i = 0; i < array_length(store->snapshots); i++)
		if (store->snapshots[i] && store->snapshots[i]->kind == kind &&
		    store->snapshots[i]->version == store->version)
			return store->snapshots[i];
	snapshot = xcalloc(1, sizeof(*snapshot));
	snapshot->kind = kind;
	snapshot->version = store->version;
	snapshot->revisions = xcalloc(table->count + 1, sizeof(struct revision *));
	for (size_t i = 0; i < table->count; i++)
		snapshot->revisions[snapshot->count++] = revision_keep(table->objects[i]->now);
	free_snapshot(store->snapshots[slot]);
	store->snapshots[slot] = snapshot;
	return snapshot;
}

const struct snapshot *store_find_snapshot(const struct store *store, enum kind_id kind, uint64_t version)
{
	for (size_t i = 0; i < array_length(store->snapshots); i++)
		if (store->snapshots[i] && store->snapshots[i]->kind == kind &&
		    store->snapshots[i]->version == version)
			return store->snapshots[i];
	return NULL;
}
