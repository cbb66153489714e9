/* Documents of any shape to records of a snapshot. */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/scanner.h"
#include "tui/saved_private.h"

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const struct kind *kind_of_group(const char *name, const char *api_version)
{
	const struct kind *kind = *name ? kind_find(name) : NULL;
	const char *slash = strchr(api_version, '/');
	size_t group = slash ? (size_t)(slash - api_version) : 0;

	if (!kind || strcmp(kind->name, name) != 0)
		return NULL;
	if (!*api_version || (strlen(kind->group) == group && !strncmp(kind->group, api_version, group)))
		return kind;
	/* The same events by their newer name, and workloads by the name of before 1.16. */
	if (kind->id == KIND_EVENT)
		return !strncmp(api_version, "events.k8s.io/", 14) ? kind : NULL;
	return !strcmp(kind->group, "apps") && !strncmp(api_version, "extensions/", 11) ? kind : NULL;
}

/* Fields of events.k8s.io by the names that core events have for them. */
static void rename_event_fields(json_t *event)
{
	static const struct {
		const char *newer, *name;
	} fields[] = {{"regarding", "involvedObject"}, {"note", "message"}, {"deprecatedSource", "source"},
		      {"deprecatedCount", "count"}, {"deprecatedFirstTimestamp", "firstTimestamp"},
		      {"deprecatedLastTimestamp", "lastTimestamp"}};

	for (size_t i = 0; i < array_length(fields); i++) {
		json_t *value = json_object_get(event, fields[i].newer);

		if (value && !json_object_get(event, fields[i].name))
			json_object_set(event, fields[i].name, value);
	}
}

/* What an object without a kind must be, by members that only one kind has. */
static const struct kind *kind_of_members(const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *status = json_object_get(object, "status");

	if (json_object_get(object, "involvedObject") || json_object_get(object, "regarding"))
		return kind_get(KIND_EVENT);
	if (json_object_get(status, "nodeInfo"))
		return kind_get(KIND_NODE);
	if (json_object_get(spec, "containers"))
		return kind_get(KIND_POD);
	if (json_object_get(status, "desiredNumberScheduled"))
		return kind_get(KIND_DAEMON_SET);
	if (json_object_get(spec, "serviceName") && json_object_get(spec, "template"))
		return kind_get(KIND_STATEFUL_SET);
	if (json_object_get(spec, "strategy") && json_object_get(spec, "template"))
		return kind_get(KIND_DEPLOYMENT);
	return NULL;
}

static bool is_time_member(const char *key)
{
	static const char *const ends[] = {"Time", "Timestamp", "time", "startedAt", "finishedAt"};
	size_t length = strlen(key);

	for (size_t i = 0; i < array_length(ends); i++) {
		size_t n = strlen(ends[i]);

		if (length >= n && !strcmp(key + length - n, ends[i]))
			return true;
	}
	return false;
}

static void note_time(struct saved *saved, const char *text)
{
	int64_t time;

	if (!clock_parse(text, &time) && time > saved->newest)
		saved->newest = time;
}

/* Times at the top of an object: only events have them. */
static void note_event_times(struct saved *saved, const json_t *event)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)event, key, member) {
		if (json_is_string(member) && is_time_member(key))
			note_time(saved, json_string_value(member));
	}
}

/*
 * When the input was made: the newest time that something happened at. A
 * deletion's time lies ahead by the grace period, and what people write
 * (specs, annotations) may be any time.
 */
static void note_times(struct saved *saved, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t index;

	json_array_foreach(value, index, member) {
		note_times(saved, member);
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		if (!strcmp(key, "annotations") || !strcmp(key, "labels") || !strcmp(key, "deletionTimestamp"))
			continue;
		if (!json_is_string(member))
			note_times(saved, member);
		else if (is_time_member(key))
			note_time(saved, json_string_value(member));
	}
}

/* Of an object of any kind: a heartbeat is newer than what happens to pods. */
static void note_object_times(struct saved *saved, const json_t *object, bool is_looked_at)
{
	const char *key;
	json_t *member;
	bool is_lease = !strcmp(text_at(object, "kind"), "Lease");

	note_times(saved, json_object_get(object, "metadata"));
	if (is_lease)
		note_times(saved, json_object_get(object, "spec"));
	if (!is_looked_at)
		return;
	json_object_foreach((json_t *)(uintptr_t)object, key, member) {
		if (!json_is_string(member) && strcmp(key, "metadata") != 0 && strcmp(key, "spec") != 0)
			note_times(saved, member);
	}
	note_event_times(saved, object);
}

/* Why an object says nothing about its health, or NULL. */
static const char *why_unjudged(const struct kind *kind, const json_t *object)
{
	static const char *const phases[] = {"Pending", "Running", "Succeeded", "Failed", "Unknown"};
	const json_t *status = json_object_get(object, "status");
	const char *phase = text_at(status, "phase");

	if (kind->id != KIND_POD && kind->id != KIND_NODE)
		return NULL;
	if (!json_is_object(status) || !json_object_size(status))
		return N_("{kind} {name} has no status");
	if (kind->id == KIND_NODE)
		return NULL;
	for (size_t i = 0; i < array_length(phases); i++)
		if (!strcmp(phase, phases[i]))
			return NULL;
	return N_("{kind} {name} has a phase that there is not");
}

static int put_record(void *data, enum watch_event event, struct record *record)
{
	(void)event;
	snapshot_put(data, record);
	return 0;
}

/* Records are known by uid; an object that lost its own is known by its name. */
static void give_uid(json_t *metadata, const struct kind *kind)
{
	const char *name_space = text_at(metadata, "namespace");

	if (*text_at(metadata, "uid"))
		return;
	auto_free char *uid = xasprintf("%s/%s/%s", kind->name, name_space, text_at(metadata, "name"));

	json_object_set_new(metadata, "uid", json_string(uid));
}

/* What people write to have a workload made; no API server ever had it. */
static bool is_manifest(const struct kind *kind, const json_t *object, const json_t *metadata)
{
	return !strcmp(kind->group, "apps") && !json_object_size(json_object_get(object, "status")) &&
	       !*text_at(metadata, "uid") && !*text_at(metadata, "creationTimestamp");
}

static bool take_object(struct saved *saved, json_t *object, const struct kind *kind, bool was_deleted)
{
	const struct scan_sink sink = {.on_record = put_record, .data = saved->snapshot};
	json_t *metadata = json_object_get(object, "metadata");
	struct scanner *scanner;
	const char *why;
	int result;

	if (!json_is_object(metadata) || !*text_at(metadata, "name") || is_manifest(kind, object, metadata))
		return false;
	saved->was_seen[kind->id] = true;
	if (kind->id == KIND_EVENT)
		rename_event_fields(object);
	note_object_times(saved, object, true);
	give_uid(metadata, kind);
	if (was_deleted) {
		snapshot_remove(saved->snapshot, kind->id, text_at(metadata, "uid"));
		return true;
	}
	why = why_unjudged(kind, object);
	if (why) {
		err_set(&saved->unjudged[kind->id], ERR_INVALID, why, "kind", kind->name, "name",
			text_at(metadata, "name"), NULL);
		saved->has_unread = true;
		return true;
	}
	auto_free char *text = json_dumps(object, JSON_COMPACT);

	scanner = json_scanner_ops.new(saved->fields->tables[kind->id], SCAN_OBJECT, &sink);
	result = json_scanner_ops.feed(scanner, text, strlen(text), &saved->unjudged[kind->id]);
	if (!result)
		result = json_scanner_ops.finish(scanner, &saved->unjudged[kind->id]);
	json_scanner_ops.free(scanner);
	saved->has_unread |= result < 0;
	return true;
}

/* "PodList" is a list of "Pod"; "List" says nothing. */
static const struct kind *kind_of_list(const json_t *list, const struct kind *hint)
{
	const char *name = text_at(list, "kind");
	size_t length = strlen(name);

	if (length <= strlen("List") || strcmp(name + length - strlen("List"), "List") != 0)
		return *name ? NULL : hint;
	auto_free char *item = xstrndup(name, length - strlen("List"));

	return kind_of_group(item, text_at(list, "apiVersion"));
}

/* A list as the API gives it, which says by being empty that there was nothing. */
static bool is_list(const json_t *document)
{
	const char *name = text_at(document, "kind");
	size_t length = strlen(name);

	return length >= strlen("List") && !strcmp(name + length - strlen("List"), "List");
}

static size_t take_list(struct saved *saved, json_t *items, const struct kind *kind)
{
	size_t taken = 0;
	size_t index;
	json_t *item;

	if (kind)
		saved->was_seen[kind->id] = true;	/* also when it is empty */
	json_array_foreach(items, index, item) {
		taken += saved_take_document(saved, item, kind);
	}
	return taken;
}

/* What `save` wrote beside the lists. */
static bool take_own(struct saved *saved, const json_t *document)
{
	const char *kind = text_at(document, "kind");
	int64_t at;

	if (strcmp(text_at(document, "apiVersion"), "nks-triage/v1") != 0)
		return false;
	if (!strcmp(kind, "Save") && clock_parse(text_at(document, "savedAt"), &at) == 0 && at > saved->saved_at)
		saved->saved_at = at;
	if (!strcmp(kind, "Evidence")) {
		if (!saved->evidence)
			saved->evidence = evidence_store_new();
		evidence_store_read_json(saved->evidence, json_object_get(document, "evidence"));
	}
	return true;
}

/*
 * What a live cluster is asked for by name, where the input holds it: how
 * Calico is set up. Secrets are not among it: of them only derived facts are
 * kept, and files hold more.
 */
static void keep_evidence(struct saved *saved, json_t *document)
{
	const json_t *metadata = json_object_get(document, "metadata");
	const char *kind = text_at(document, "kind");
	const char *name = text_at(metadata, "name");
	auto_free char *key = NULL;

	if (!strcmp(kind, "FelixConfiguration"))
		key = xasprintf("get:/apis/crd.projectcalico.org/v1/felixconfigurations/%s", name);
	else if (!strcmp(kind, "DaemonSet") && !strcmp(text_at(metadata, "namespace"), "kube-system"))
		key = xasprintf("get:/apis/apps/v1/namespaces/kube-system/daemonsets/%s", name);
	if (!key)
		return;
	if (!saved->evidence)
		saved->evidence = evidence_store_new();
	if (!evidence_get(saved->evidence, key))
		evidence_put(saved->evidence, key, json_incref(document), NULL, NULL, saved->newest);
}

size_t saved_take_document(struct saved *saved, json_t *document, const struct kind *hint)
{
	json_t *items = json_object_get(document, "items");
	json_t *watched = json_object_get(document, "object");
	const char *name = text_at(document, "kind");
	const struct kind *kind;

	if (json_is_array(document))
		return take_list(saved, document, NULL);
	if (take_own(saved, document))
		return 0;
	if (json_is_array(items) || json_is_null(items)) {
		saved->has_list |= is_list(document);
		return take_list(saved, items, kind_of_list(document, hint));
	}
	if (json_is_object(watched) && !*name) {
		if (!strcmp(text_at(document, "type"), "BOOKMARK"))
			return 0;
		kind = kind_of_group(text_at(watched, "kind"), text_at(watched, "apiVersion"));
		return kind && take_object(saved, watched, kind, !strcmp(text_at(document, "type"), "DELETED"));
	}
	kind = *name ? kind_of_group(name, text_at(document, "apiVersion")) : kind_of_members(document);
	if (!kind && !*name)
		kind = hint;
	if (!kind)
		note_object_times(saved, document, false);
	keep_evidence(saved, document);
	return kind && take_object(saved, document, kind, false);
}

static int put_implied(void *data, enum watch_event event, struct record *record)
{
	(void)event;
	record->is_implied = true;
	snapshot_put(data, record);
	return 0;
}

static void imply_object(struct saved *saved, const struct kind *kind, const struct event_record *event)
{
	const struct scan_sink sink = {.on_record = put_implied, .data = saved->snapshot};
	json_t *metadata = json_pack("{s:s,s:s,s:s}", "name", event->object_name, "namespace", event->object_namespace,
				     "uid", event->object_uid);
	json_t *object = metadata ? json_pack("{s:o}", "metadata", metadata) : NULL;
	struct scanner *scanner;
	struct err err = {0};

	if (!object)
		return; /* a name that is no UTF-8 */
	give_uid(metadata, kind);
	auto_free char *text = json_dumps(object, JSON_COMPACT);

	scanner = json_scanner_ops.new(saved->fields->tables[kind->id], SCAN_OBJECT, &sink);
	if (!json_scanner_ops.feed(scanner, text, strlen(text), &err))
		json_scanner_ops.finish(scanner, &err);
	json_scanner_ops.free(scanner);
	json_decref(object);
}

/* Where a kind was saved, an object that is not among it is gone; where it was not, its events are all there is. */
void saved_imply_objects(struct saved *saved)
{
	struct record_list events = snapshot_all(saved->snapshot, KIND_EVENT);

	for (size_t i = 0; i < events.count; i++) {
		const struct event_record *event = record_event(events.items[i]);
		const struct kind *kind = kind_find(event->object_kind);

		if (kind && !saved->was_seen[kind->id] && kind->id != KIND_EVENT && *event->object_name &&
		    !snapshot_by_name(saved->snapshot, kind->id, kind->namespaced ? event->object_namespace : "",
				      event->object_name))
			imply_object(saved, kind, event);
	}
}
