#include "probes/model/snapshot.h"

#include <string.h>
#include <sys/random.h>

#include "probes/base/memory.h"
#include "probes/model/bucket.h"
#include "probes/model/change_queue.h"
#include "probes/model/event_heap.h"
#include "probes/model/index.h"

/* Lists that had to be put together live until this many more were asked for. */
enum { SCRATCH_LISTS = 8, MOST_OWNERS = 8 };

struct store {
	struct collection collection;
	const struct record **records;
	size_t capacity;
	uint32_t mark;		/* of the list that is under way, or was last */
};

struct scratch {
	const struct record **lists[SCRATCH_LISTS];
	size_t next;
	/* Events are asked for by one rule after the other about the same object. */
	const struct record *asked_about;
	uint64_t asked_at;	/* the snapshot's version */
	struct record_list answer;
};

struct snapshot {
	struct store stores[KIND_COUNT];
	struct index by_uid;
	struct index by_name;
	struct bucket_set by_node;
	struct bucket_set by_owner;
	struct bucket_set by_involved;
	struct event_heap events;
	struct change_queue changes;
	struct scratch *scratch;
	const struct history *history;
	uint64_t version;
};

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)(uintptr_t)snapshot;
	index_init(&snapshot->by_uid, INDEX_UID, seed);
	index_init(&snapshot->by_name, INDEX_NAME, seed);
	snapshot->scratch = xcalloc(1, sizeof(*snapshot->scratch));
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->by_uid.capacity; i++) {
		if (snapshot->by_uid.slots[i]) {
			free(snapshot->by_uid.slots[i]->record);
			free(snapshot->by_uid.slots[i]);
		}
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		free(snapshot->stores[i].records);
	for (size_t i = 0; i < SCRATCH_LISTS; i++)
		free(snapshot->scratch->lists[i]);
	free(snapshot->scratch);
	index_release(&snapshot->by_uid);
	index_release(&snapshot->by_name);
	bucket_set_release(&snapshot->by_node);
	bucket_set_release(&snapshot->by_owner);
	bucket_set_release(&snapshot->by_involved);
	event_heap_release(&snapshot->events);
	change_queue_release(&snapshot->changes);
	free(snapshot);
}

/* Reading. */

const struct collection *snapshot_collection(const struct snapshot *snapshot, enum kind_id kind)
{
	return &snapshot->stores[kind].collection;
}

struct record_list snapshot_all(const struct snapshot *snapshot, enum kind_id kind)
{
	const struct store *store = &snapshot->stores[kind];

	return (struct record_list){store->records, store->collection.count};
}

const struct record *snapshot_by_uid(const struct snapshot *snapshot, const char *uid)
{
	const struct entry *entry = index_by_uid(&snapshot->by_uid, uid);

	return entry ? entry->record : NULL;
}

const struct record *snapshot_by_name(const struct snapshot *snapshot, enum kind_id kind,
				      const char *name_space,
				      const char *name)
{
	const struct entry *entry = index_by_name(&snapshot->by_name, kind, name_space, name);

	return entry ? entry->record : NULL;
}

struct record_list snapshot_pods_on_node(const struct snapshot *snapshot, const char *node_name)
{
	return bucket_list(&snapshot->by_node, node_name);
}

struct record_list snapshot_owned_by(const struct snapshot *snapshot, const char *owner_uid)
{
	return bucket_list(&snapshot->by_owner, owner_uid);
}

const struct record *snapshot_root_owner(const struct snapshot *snapshot, const struct record *record)
{
	for (int i = 0; i < MOST_OWNERS && *record->owner_uid; i++) {
		const struct record *owner = snapshot_by_uid(snapshot, record->owner_uid);

		/* A static pod is owned by its node, which is no workload. */
		if (!owner || owner->kind->id == KIND_NODE)
			break;
		record = owner;
	}
	return record;
}

/* "kind/namespace/name" of what an event is about. Nodes have no namespace, whatever an emitter wrote. */
static char *involved_key(const char *kind, const char *name_space, const char *name)
{
	const char *const parts[] = {kind, strcmp(kind, "Node") ? name_space : "", name};
	size_t size = 0;
	char *key;
	char *at;

	for (size_t i = 0; i < array_length(parts); i++)
		size += strlen(parts[i]) + 1;
	key = xmalloc(size);
	at = key;
	for (size_t i = 0; i < array_length(parts); i++) {
		at = stpcpy(at, parts[i]);
		*at++ = '/';
	}
	at[-1] = '\0';
	return key;
}

struct record_list snapshot_events_of(const struct snapshot *snapshot, const char *object_kind,
				      const char *name_space, const char *name)
{
	auto_free char *key = involved_key(object_kind, name_space, name);

	return bucket_list(&snapshot->by_involved, key);
}

/*
 * Kubelets write the name of a node where its uid belongs, and some emitters
 * write no uid; an event with another uid is about an object of this name
 * that was there before.
 */
static bool is_about(const struct record *event_base, const struct record *object)
{
	const char *uid = record_event(event_base)->object_uid;

	return object->kind->id == KIND_NODE || !*uid || !strcmp(uid, object->uid) || !strcmp(uid,
											      object->name);
}

static struct record_list find_events_about(const struct snapshot *snapshot, const struct record *object)
{
	struct record_list all = snapshot_events_of(snapshot, object->kind->name, object->name_space,
						    object->name);
	struct scratch *scratch = snapshot->scratch;
	const struct record **list;
	size_t about = 0;

	for (size_t i = 0; i < all.count; i++)
		about += is_about(all.items[i], object);
	if (about == all.count)
		return all;
	list = xreallocarray(scratch->lists[scratch->next], about, sizeof(*list));
	scratch->lists[scratch->next] = list;
	scratch->next = (scratch->next + 1) % SCRATCH_LISTS;
	about = 0;
	for (size_t i = 0; i < all.count; i++) {
		if (is_about(all.items[i], object))
			list[about++] = all.items[i];
	}
	return (struct record_list){list, about};
}

struct record_list snapshot_events_about(const struct snapshot *snapshot, const struct record *object)
{
	struct scratch *scratch = snapshot->scratch;

	if (scratch->asked_about != object || scratch->asked_at != snapshot->version) {
		scratch->answer = find_events_about(snapshot, object);
		scratch->asked_about = object;
		scratch->asked_at = snapshot->version;
	}
	return scratch->answer;
}

uint64_t snapshot_version(const struct snapshot *snapshot)
{
	return snapshot->version;
}

bool snapshot_take_change(struct snapshot *snapshot, struct snapshot_change *ret_change)
{
	return change_queue_take(&snapshot->changes, ret_change);
}

/* Writing. */

static const char *pod_node(const struct record *record)
{
	return record->kind->id == KIND_POD ? record_pod(record)->node_name : "";
}

static void add_event(struct snapshot *snapshot, struct entry *entry)
{
	const struct event_record *event = record_event(entry->record);
	auto_free char *key = involved_key(event->object_kind, event->object_namespace, event->object_name);

	bucket_add_event(&snapshot->by_involved, key, event);
	event_heap_add(&snapshot->events, entry);
}

static void remove_event(struct snapshot *snapshot, struct entry *entry)
{
	const struct event_record *event = record_event(entry->record);
	auto_free char *key = involved_key(event->object_kind, event->object_namespace, event->object_name);

	bucket_remove_event(&snapshot->by_involved, key, event);
	event_heap_remove(&snapshot->events, entry);
}

/* Lists that depend on more than the identity of the record. */
static void join_lists(struct snapshot *snapshot, struct entry *entry)
{
	const struct record *record = entry->record;

	if (record->kind->id == KIND_EVENT) {
		add_event(snapshot, entry);
		return;
	}
	if (*pod_node(record))
		entry->node_place = bucket_add(&snapshot->by_node, pod_node(record), record);
	if (*record->owner_uid)
		entry->owner_place = bucket_add(&snapshot->by_owner, record->owner_uid, record);
}

static void leave_lists(struct snapshot *snapshot, struct entry *entry)
{
	const struct record *record = entry->record;
	const struct record *moved;

	if (record->kind->id == KIND_EVENT) {
		remove_event(snapshot, entry);
		return;
	}
	if (*pod_node(record)) {
		moved = bucket_remove(&snapshot->by_node, pod_node(record), entry->node_place);
		if (moved)
			index_by_uid(&snapshot->by_uid, moved->uid)->node_place = entry->node_place;
	}
	if (*record->owner_uid) {
		moved = bucket_remove(&snapshot->by_owner, record->owner_uid, entry->owner_place);
		if (moved)
			index_by_uid(&snapshot->by_uid, moved->uid)->owner_place = entry->owner_place;
	}
}

static void remove_entry(struct snapshot *snapshot, struct entry *entry)
{
	struct store *store = &snapshot->stores[entry->record->kind->id];
	const struct record *last = store->records[--store->collection.count];

	leave_lists(snapshot, entry);
	if (last != entry->record) {
		store->records[entry->place] = last;
		index_by_uid(&snapshot->by_uid, last->uid)->place = entry->place;
	}
	index_remove(&snapshot->by_uid, entry);
	index_remove(&snapshot->by_name, entry);
	change_queue_add(&snapshot->changes, entry, true, entry->record);
	snapshot->version++;
	free(entry);
}

static void add_entry(struct snapshot *snapshot, struct record *record)
{
	struct store *store = &snapshot->stores[record->kind->id];
	struct entry *entry = xcalloc(1, sizeof(*entry));

	if (store->collection.count == store->capacity) {
		store->capacity = store->capacity ? store->capacity * 2 : 16;
		store->records = xreallocarray(store->records, store->capacity, sizeof(*store->records));
	}
	entry->record = record;
	entry->mark = store->mark;
	entry->place = (uint32_t)store->collection.count;
	store->records[store->collection.count++] = record;
	index_add(&snapshot->by_uid, entry);
	index_add(&snapshot->by_name, entry);
	join_lists(snapshot, entry);
	change_queue_add(&snapshot->changes, entry, false, NULL);
	snapshot->version++;
}

static void replace_record(struct snapshot *snapshot, struct entry *entry, struct record *record)
{
	struct store *store = &snapshot->stores[record->kind->id];
	struct record *old = entry->record;
	bool keeps_places = record->kind->id != KIND_EVENT && !strcmp(pod_node(record), pod_node(old)) &&
			    !strcmp(record->owner_uid, old->owner_uid);

	if (!keeps_places)
		leave_lists(snapshot, entry);
	entry->record = record;
	store->records[entry->place] = record;
	if (!keeps_places) {
		join_lists(snapshot, entry);
	} else {
		if (*pod_node(record))
			bucket_replace(&snapshot->by_node, pod_node(record), entry->node_place, record);
		if (*record->owner_uid)
			bucket_replace(&snapshot->by_owner, record->owner_uid, entry->owner_place, record);
	}
	change_queue_add(&snapshot->changes, entry, false, old);
	snapshot->version++;
}

/* Both are decimal numbers, and a is the smaller: comparable since Kubernetes 1.35, in fact since ever (KEP-5504). */
static bool is_older_version(const char *a, const char *b)
{
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (!a_length || !b_length || strspn(a, "0123456789") != a_length || strspn(b,
										    "0123456789") != b_length)
		return false;
	if (a_length != b_length)
		return a_length < b_length;
	return strcmp(a, b) < 0;
}

/*
 * True if the record says nothing new. An older version is a reader that was
 * behind; when a second list says the same, the cluster itself went back (a
 * restored etcd), and it is believed.
 */
static bool is_old_news(struct store *store, struct entry *entry, const struct record *record)
{
	bool is_new_list = entry->mark != store->mark;

	entry->mark = store->mark;
	if (*record->resource_version && !strcmp(record->resource_version, entry->record->resource_version))
		return true;
	if (!is_older_version(record->resource_version, entry->record->resource_version)) {
		entry->was_older = false;
		return false;
	}
	if (!is_new_list)
		return true;
	if (entry->was_older) {
		entry->was_older = false;
		return false;
	}
	entry->was_older = true;
	return true;
}

static bool has_same_name(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name) && !strcmp(a->name_space, b->name_space);
}

/* An entry that stands in the way of the record: of its uid but another name, or of its name but another uid. */
static void make_room(struct snapshot *snapshot, const struct record *record)
{
	struct entry *entry = index_by_uid(&snapshot->by_uid, record->uid);

	if (entry && !has_same_name(entry->record, record))
		remove_entry(snapshot, entry);
	entry = index_by_name(&snapshot->by_name, record->kind->id, record->name_space, record->name);
	if (entry && strcmp(entry->record->uid, record->uid) != 0)
		remove_entry(snapshot, entry);
}

static void drop_excess_events(struct snapshot *snapshot)
{
	struct entry *oldest;

	while ((oldest = event_heap_excess(&snapshot->events)) != NULL) {
		remove_entry(snapshot, oldest);
		snapshot->stores[KIND_EVENT].collection.dropped++;
	}
}

void snapshot_put(struct snapshot *snapshot, struct record *record)
{
	struct store *store = &snapshot->stores[record->kind->id];
	struct entry *entry;

	if (!*record->uid || (record->kind->id == KIND_EVENT && !event_is_kept(record_event(record)))) {
		free(record);
		return;
	}
	make_room(snapshot, record);
	entry = index_by_uid(&snapshot->by_uid, record->uid);
	if (!entry) {
		add_entry(snapshot, record);
	} else if (is_old_news(store, entry, record)) {
		free(record);
	} else {
		replace_record(snapshot, entry, record);
	}
	drop_excess_events(snapshot);
}

void snapshot_remove(struct snapshot *snapshot, enum kind_id kind, const char *uid)
{
	struct entry *entry = index_by_uid(&snapshot->by_uid, uid);

	if (entry && entry->record->kind->id == kind)
		remove_entry(snapshot, entry);
}

void snapshot_list_start(struct snapshot *snapshot, enum kind_id kind)
{
	snapshot->stores[kind].mark++;
}

void snapshot_list_end(struct snapshot *snapshot, enum kind_id kind)
{
	struct store *store = &snapshot->stores[kind];

	/* From the end: removing moves the last record, which was looked at, into the gap. */
	for (size_t i = store->collection.count; i-- > 0;) {
		struct entry *entry = index_by_uid(&snapshot->by_uid, store->records[i]->uid);

		if (entry->mark != store->mark)
			remove_entry(snapshot, entry);
	}
	store->collection.listed_once = true;
	store->collection.lists++;
	snapshot->version++;
}

void snapshot_list_page(struct snapshot *snapshot, enum kind_id kind, long remaining)
{
	snapshot->stores[kind].collection.remaining = remaining;
	snapshot->version++;
}

void snapshot_set_state(struct snapshot *snapshot, enum kind_id kind, enum collection_state state,
			const struct err *err, int64_t now_ms)
{
	struct collection *collection = &snapshot->stores[kind].collection;
	enum err_code code = err ? err->code : ERR_NONE;

	if (collection->state != state || collection->err.code != code)
		snapshot->version++;
	collection->state = state;
	if (err) {
		collection->err = *err;
	} else {
		collection->err.code = ERR_NONE;
		collection->err.what.id = NULL;
		collection->err.hint.id = NULL;
	}
	if (state == COLLECTION_CURRENT)
		collection->proven_ms = now_ms;
}

const struct history *snapshot_history(const struct snapshot *snapshot)
{
	return snapshot->history;
}

void snapshot_set_history(struct snapshot *snapshot, const struct history *history)
{
	snapshot->history = history;
}
