#include "probes/sim/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/emit.h"
#include "probes/sim/http.h"
#include "probes/sim/read.h"
#include "probes/sim/status.h"
#include "probes/sim/stream.h"

enum { FILL_BYTES = 256 << 10, DEFAULT_TIMEOUT_SECONDS = 1800 };

struct watch {
	struct cluster *cluster;
	struct emitter emitter;
	struct filter filter;
	struct history *history;
	uint64_t next;		/* number of the change to send next */
	uint64_t sent_version;	/* what the client knows */
	bool initial;		/* the present objects come first */
	bool too_old;
	char version[24];	/* as asked for */
	int64_t bookmark_at;	/* monotonic ms; INT64_MAX = none wanted */
	bool last_bookmark;
	int64_t deadline;
};

static void add_error(struct buffer *out, json_t *status)
{
	auto_free char *text = doc_dump(status);

	json_decref(status);
	buffer_addf(out, "{\"type\":\"ERROR\",\"object\":%s}\n", text);
}

static void add_expired(const struct watch *watch, struct buffer *out)
{
	auto_free char *message = xasprintf("too old resource version: %s (%" PRIu64 ")",
					    watch->version[0] ? watch->version : "0",
					    watch->cluster->store.version);

	add_error(out, status_expired(message));
}

/* An object that left the selection is deleted for this watch: its last selected state, with the new version. */
static void add_departed(struct watch *watch, const struct change *change, struct buffer *out)
{
	json_t *value = json_copy(change->before->value);
	json_t *metadata = json_copy(json_object_get(value, "metadata"));
	struct revision *revision;

	json_object_set(metadata, "resourceVersion", doc_get(change->now->value, "metadata.resourceVersion"));
	json_object_set_new(value, "metadata", metadata);
	revision = revision_new(value, change->now->version);
	emit_event(&watch->emitter, "DELETED", revision, out);
	revision_drop(revision);
}

static void add_change(struct watch *watch, const struct change *change, struct buffer *out)
{
	bool selected = filter_matches(&watch->filter, change->now->value);
	bool was_selected = change->before && filter_matches(&watch->filter, change->before->value);

	watch->sent_version = change->now->version;
	if (change->type == CHANGE_DELETED) {
		if (was_selected)
			emit_event(&watch->emitter, "DELETED", change->now, out);
	} else if (selected) {
		emit_event(&watch->emitter, was_selected ? "MODIFIED" : "ADDED", change->now, out);
	} else if (was_selected) {
		add_departed(watch, change, out);
	}
}

static void add_present(struct watch *watch, struct buffer *out)
{
	const struct store *store = &watch->cluster->store;
	enum kind_id kind = kind_storage(watch->emitter.kind);
	size_t i;
	size_t end;

	store_range(store, kind, watch->filter.namespace, &i, &end);
	for (; i < end; i++) {
		struct revision *revision = store->tables[kind].objects[i]->now;

		if (filter_matches(&watch->filter, revision->value))
			emit_event(&watch->emitter, "ADDED", revision, out);
	}
	watch->next = watch->history->next;
	watch->sent_version = store->version;
	watch->initial = false;
}

/* A bookmark now and then, and one two seconds before the end. */
static void add_bookmark(struct watch *watch, struct buffer *out, int64_t now_ms)
{
	bool last = !watch->last_bookmark && watch->deadline - now_ms <= 2000;

	if (watch->bookmark_at == INT64_MAX || (!last && now_ms < watch->bookmark_at))
		return;
	emit_bookmark(&watch->emitter, watch->cluster->store.version, out);
	watch->last_bookmark = watch->last_bookmark || last;
	watch->bookmark_at = now_ms + watch->cluster->bookmark_ms;
}

static bool fill(void *context, struct buffer *out, int64_t now_ms, int64_t *ret_due)
{
	struct watch *watch = context;
	const struct faults *faults = &watch->cluster->faults;

	if (faults->watch_end)
		return false;
	if (watch->too_old || faults->gone_event || (!watch->initial && watch->next < watch->history->first)) {
		add_expired(watch, out);
		return false;
	}
	watch->emitter.now = clock_wall();
	if (watch->initial)
		add_present(watch, out);
	while (out->length < FILL_BYTES && watch->next < watch->history->next)
		add_change(watch, history_at(watch->history, watch->next++), out);
	if (watch->next == watch->history->next)
		add_bookmark(watch, out, now_ms);
	*ret_due = watch->deadline;
	if (watch->bookmark_at < *ret_due)
		*ret_due = watch->bookmark_at;
	if (watch->bookmark_at != INT64_MAX && !watch->last_bookmark && watch->deadline - 2000 < *ret_due)
		*ret_due = watch->deadline - 2000;
	return now_ms < watch->deadline;
}

static void free_watch(void *context)
{
	struct watch *watch = context;

	filter_release(&watch->filter);
	free(watch);
}

static const struct stream_ops watch_ops = {.fill = fill, .free = free_watch};

/* Where the watch begins; -1 where resourceVersion is no number. */
static int set_start(struct watch *watch, const char *version)
{
	uint64_t number;
	int used = 0;

	snprintf(watch->version, sizeof(watch->version), "%s", version ? version : "");
	if (!watch->version[0] || !strcmp(watch->version, "0")) {
		watch->initial = true;
		return 0;
	}
	if (sscanf(version, "%" SCNu64 "%n", &number, &used) != 1 || version[used])
		return -1;
	watch->too_old = number < watch->history->floor;
	watch->next = history_after(watch->history, number);
	watch->sent_version = number;
	return 0;
}

/* What a real server forgets to make a bad request of. Yours. */
static json_t *unparsable_version(const char *version)
{
	auto_free char *message = xasprintf("resourceVersion: Invalid value: \"%s\": strconv.ParseUint: "
		"parsing \"%s\": "
					    "invalid syntax", version, version);
	json_t *status = status_new(500, message);

	json_object_del(status, "reason");
	return status;
}

static json_t *refuse_initial_events(void)
{
	json_t *causes = json_pack("[{s:s, s:s, s:s}]", "reason", "FieldValueForbidden", "message",
				   "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature "
				   "gate is enabled", "field", "sendInitialEvents");
	json_t *status = status_invalid(NULL, "", causes);

	json_decref(causes);
	return status;
}

void watch_start(struct request *request)
{
	const char *timeout = request_query(request, "timeoutSeconds");
	const char *version = request_query(request, "resourceVersion");
	struct watch *watch;
	int64_t now_ms = clock_monotonic_ms();
	int64_t seconds = 0;
	struct err err;

	if (request_query(request, "sendInitialEvents")) {
		answer_status(request, refuse_initial_events());
		return;
	}
	if (request->cluster->faults.gone_http) {
		answer_status(request, status_expired("too old resource version: 1 (2)"));
		return;
	}
	watch = xcalloc(1, sizeof(*watch));
	watch->cluster = request->cluster;
	watch->history = &request->cluster->store.histories[kind_storage(request->target.kind)];
	if (timeout)
		sscanf(timeout, "%" SCNd64, &seconds);
	watch->deadline = now_ms + 1000 * (seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS);
	watch->bookmark_at = request_query_true(request, "allowWatchBookmarks")
				     ? now_ms + request->cluster->bookmark_ms : INT64_MAX;
	emitter_init(&watch->emitter, request, request->target.kind);
	if (filter_init(&watch->filter, request, &err)) {
		free(watch);
		answer_status(request, status_bad_request(&err));
		return;
	}
	if (set_start(watch, version)) {
		free_watch(watch);
		answer_status(request, unparsable_version(version));
		return;
	}
	stream_answer(request, NULL, (int)kind_storage(request->target.kind), &watch_ops, watch);
}
