#include "probes/model/cluster.h"

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/heartbeat.h"
#include "probes/kube/reflector.h"
#include "probes/model/history.h"

/* Failures in a row after which waiting is not expected to mend a link that once may have been slow to answer. */
enum { MOST_FAILURES = 3, LEAST_FAILING_MS = 2000 };

struct watched_kind {
	struct cluster *cluster;
	struct reflector *reflector;	/* NULL: not watched */
	enum kind_id kind;
	enum reflector_state state;
	int failures;		/* in a row */
	int64_t failing_since_ms;	/* the first of them */
};

struct cluster {
	struct kube_client *client;
	struct snapshot *snapshot;
	struct history *history;
	struct heartbeat *heartbeat;
	bool is_silent;		/* the last sign of life did not come */
	struct watched_kind kinds[KIND_COUNT];
};

void field_set_init(struct field_set *set)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *kind = kind_get((enum kind_id)i);

		set->tables[i] = field_table_new(kind);
		set->is_watched[i] = kind->is_core;
	}
}

void field_set_release(struct field_set *set)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		field_table_free(take_pointer(set->tables[i]));
}

static void on_list_start(void *data, const struct kind *kind)
{
	struct watched_kind *watched = data;

	snapshot_list_start(watched->cluster->snapshot, kind->id);
}

static void on_record(void *data, struct record *record)
{
	struct watched_kind *watched = data;

	if (watched->cluster->history)
		history_see(watched->cluster->history, record, clock_wall());
	snapshot_put(watched->cluster->snapshot, record);
}

static void on_delete(void *data, const struct record *record)
{
	struct watched_kind *watched = data;

	if (watched->cluster->history)
		history_gone(watched->cluster->history, record, clock_wall());
	snapshot_remove(watched->cluster->snapshot, record->kind->id, record->uid);
}

static void on_list_page(void *data, const struct kind *kind, bool complete, long remaining)
{
	struct watched_kind *watched = data;

	snapshot_list_page(watched->cluster->snapshot, kind->id, complete ? 0 : remaining);
	if (complete)
		snapshot_list_end(watched->cluster->snapshot, kind->id);
}

static void on_state(void *data, const struct kind *kind, enum reflector_state state, const struct err *err)
{
	struct watched_kind *watched = data;
	struct snapshot *snapshot = watched->cluster->snapshot;
	bool listed_once = snapshot_collection(snapshot, kind->id)->listed_once;
	enum collection_state collection = COLLECTION_CURRENT;

	watched->state = state;
	switch (state) {
	case REFLECTOR_LISTING:
		return; /* what was known of it, or why it failed, stays until there is news */
	case REFLECTOR_WATCHING:
	case REFLECTOR_POLLING:
		watched->failures = 0;
		break;
	case REFLECTOR_WAITING:
		if (!watched->failures++)
			watched->failing_since_ms = clock_monotonic_ms();
		collection = listed_once ? COLLECTION_STALE : COLLECTION_FAILED;
		break;
	case REFLECTOR_FORBIDDEN:
		collection = COLLECTION_FORBIDDEN;
		break;
	case REFLECTOR_ABSENT:
		collection = COLLECTION_ABSENT;
		break;
	}
	snapshot_set_state(snapshot, kind->id, collection, err, clock_monotonic_ms());
}

static void resume_all(struct cluster *cluster)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (cluster->kinds[i].reflector)
			reflector_resume(cluster->kinds[i].reflector);
	}
}

/*
 * A server that answers nobody answers no watch: they are opened again, and say what fails. When it is back,
 * nobody waits for the end of a back-off.
 */
static void on_beat(void *data, const struct err *err)
{
	struct cluster *cluster = data;
	bool was_silent = cluster->is_silent;

	cluster->is_silent = err != NULL;
	if (was_silent == cluster->is_silent)
		return;
	kube_leave_connections(cluster->client);
	resume_all(cluster);
}

struct cluster *cluster_new(struct kube_client *client, const struct field_set *fields, const char *name_space)
{
	struct cluster *cluster = xcalloc(1, sizeof(*cluster));

	cluster->client = client;
	cluster->snapshot = snapshot_new();
	for (size_t i = 0; i < KIND_COUNT; i++) {
		struct watched_kind *watched = &cluster->kinds[i];
		const struct reflector_sink sink = {on_list_start, on_record, on_delete, on_list_page,
			on_state, watched};

		const struct kind *kind = kind_get((enum kind_id)i);
		const struct reflector_options options = {
			.name_space = kind_is_metadata_only(kind) && kind->namespaced ? "kube-system" : name_space,
		};

		if (!fields->is_watched[i])
			continue;
		watched->cluster = cluster;
		watched->kind = (enum kind_id)i;
		watched->reflector = reflector_new(client, fields->tables[i], &options, &sink);
	}
	cluster->heartbeat = heartbeat_new(client, on_beat, cluster);
	return cluster;
}

void cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return;
	heartbeat_free(cluster->heartbeat);
	for (size_t i = 0; i < KIND_COUNT; i++)
		reflector_free(cluster->kinds[i].reflector);
	snapshot_free(cluster->snapshot);
	free(cluster);
}

void cluster_set_history(struct cluster *cluster, struct history *history)
{
	cluster->history = history;
	snapshot_set_history(cluster->snapshot, history);
}

struct snapshot *cluster_snapshot(struct cluster *cluster)
{
	return cluster->snapshot;
}

static bool is_settled(const struct collection *collection)
{
	return collection->listed_once || collection->state == COLLECTION_FORBIDDEN ||
	       collection->state == COLLECTION_ABSENT;
}

bool cluster_is_complete(const struct cluster *cluster)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (cluster->kinds[i].reflector &&
		    !is_settled(snapshot_collection(cluster->snapshot, (enum kind_id)i)))
			return false;
	}
	return true;
}

/* A link that is refused, slow or busy may come back within seconds; a wrong name or certificate does not. */
static bool is_hopeless(enum err_code code, const struct watched_kind *watched)
{
	switch (code) {
	case ERR_CONNECT:
	case ERR_TIMEOUT:
	case ERR_THROTTLED:
	case ERR_SERVER:
	case ERR_PROTOCOL:	/* an answer that broke off comes whole the next time; a login page does not go away */
	case ERR_GONE:
		return watched->failures >= MOST_FAILURES &&
		       clock_monotonic_ms() - watched->failing_since_ms >= LEAST_FAILING_MS;
	default:
		return true;
	}
}

bool cluster_has_failed(const struct cluster *cluster, struct err *ret_err)
{
	*ret_err = (struct err){.code = ERR_NONE};
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct collection *collection = snapshot_collection(cluster->snapshot, (enum kind_id)i);

		if (collection->state == COLLECTION_FAILED &&
		    is_hopeless(collection->err.code, &cluster->kinds[i])) {
			*ret_err = collection->err;
			return true;
		}
	}
	return cluster_is_complete(cluster);
}

void cluster_resume(struct cluster *cluster)
{
	kube_leave_connections(cluster->client);
	resume_all(cluster);
	heartbeat_now(cluster->heartbeat);
}

void cluster_relist(struct cluster *cluster, const bool kinds[KIND_COUNT])
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (kinds[i] && cluster->kinds[i].reflector)
			reflector_reconnect(cluster->kinds[i].reflector);
	}
}

void cluster_reconnect(struct cluster *cluster)
{
	kube_start_afresh(cluster->client);
	heartbeat_now(cluster->heartbeat);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (cluster->kinds[i].reflector)
			reflector_reconnect(cluster->kinds[i].reflector);
	}
}
