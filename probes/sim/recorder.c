#include "probes/sim/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/pods.h"

/* As kube-apiserver forgets events after an hour, by age and then by number. */
enum { EVENTS_MAXIMUM = 5000 };

static bool is_same(const json_t *event, const char *uid, const char *name, const struct occurrence *occurrence)
{
	return !strcmp(doc_text(event, "involvedObject.uid"), uid) &&
	       !strcmp(doc_text(event, "involvedObject.name"), name) &&
	       !strcmp(doc_text(event, "reason"), occurrence->reason) &&
	       !strcmp(doc_text(event, "type"), occurrence->type) &&
	       !strcmp(doc_text(event, "source.component"), occurrence->component) &&
	       !strcmp(doc_text(event, "involvedObject.fieldPath"), occurrence->field_path) &&
	       !strcmp(doc_text(event, "message"), occurrence->message);
}

static struct object *find_event(const struct cluster *cluster, const char *namespace, const char *uid,
				 const char *name, const struct occurrence *occurrence)
{
	const struct table *events = &cluster->store.tables[KIND_EVENT];
	auto_free char *key = xasprintf("%s/%s.", namespace, name);

	for (size_t i = store_position(&cluster->store, KIND_EVENT, key); i < events->count; i++) {
		if (strncmp(events->objects[i]->key, key, strlen(key)))
			break;
		if (is_same(events->objects[i]->now->value, uid, name, occurrence))
			return events->objects[i];
	}
	return NULL;
}

static struct object *count_up(struct cluster *cluster, const struct object *object,
			       const struct occurrence *occurrence)
{
	json_t *event = doc_fork(object->now->value);

	doc_set_int(event, "count", doc_int(event, "count") + (occurrence->count ? occurrence->count : 1));
	doc_set(event, "lastTimestamp", doc_time(occurrence->last));
	return store_put(&cluster->store, KIND_EVENT, event);
}

static json_t *reference(enum kind_id kind, const json_t *about, const char *uid, const char *field_path)
{
	char api_version[64];
	json_t *to = json_pack("{s:s, s:s, s:s}", "kind", kind_at(kind)->kind, "name", doc_text(about, "metadata.name"),
			       "uid", uid);

	if (doc_text(about, "metadata.namespace")[0])
		doc_set_text(to, "namespace", doc_text(about, "metadata.namespace"));
	if (kind != KIND_NODE) {
		doc_set_text(to, "apiVersion", kind_api_version(kind_at(kind), api_version, sizeof(api_version)));
		doc_set_text(to, "resourceVersion", doc_text(about, "metadata.resourceVersion"));
	}
	if (field_path[0])
		doc_set_text(to, "fieldPath", field_path);
	return to;
}

static void drop_oldest(struct cluster *cluster)
{
	struct table *events = &cluster->store.tables[KIND_EVENT];
	struct object *oldest = NULL;

	if (events->count < EVENTS_MAXIMUM)
		return;
	for (size_t i = 0; i < events->count; i++)
		if (!oldest || events->objects[i]->now->version < oldest->now->version)
			oldest = events->objects[i];
	store_delete(&cluster->store, oldest);
}

struct object *record_event_of(struct cluster *cluster, enum kind_id kind, const json_t *about,
		     const struct occurrence *occurrence)
{
	const char *name = doc_text(about, "metadata.name");
	const char *own = doc_text(about, "metadata.namespace");
	const char *namespace = own[0] ? own : "default";
	/* A kubelet names its node in place of the uid. */
	const char *uid = kind == KIND_NODE && !strcmp(occurrence->component, "kubelet")
				  ? name : doc_text(about, "metadata.uid");
	struct object *known = find_event(cluster, namespace, uid, name, occurrence);
	auto_free char *event_name = NULL;
	json_t *event;

	if (known)
		return count_up(cluster, known, occurrence);
	drop_oldest(cluster);
	event_name = xasprintf("%s.%016" PRIx64, name,
			       (uint64_t)occurrence->first * 1000000000U + random_below(&cluster->random, 1000000000U));
	event = json_pack("{s:o, s:o, s:s, s:s, s:{s:s}, s:I, s:s, s:n, s:s, s:s}", "metadata",
			  metadata_new(cluster, namespace, event_name, occurrence->first), "involvedObject",
			  reference(kind, about, uid, occurrence->field_path), "reason", occurrence->reason, "message",
			  occurrence->message, "source", "component", occurrence->component, "count",
			  (json_int_t)(occurrence->count ? occurrence->count : 1), "type", occurrence->type,
			  "eventTime", "reportingComponent", occurrence->component, "reportingInstance",
			  occurrence->host);
	doc_set(event, "firstTimestamp", doc_time(occurrence->first));
	doc_set(event, "lastTimestamp", doc_time(occurrence->last));
	if (occurrence->host[0])
		doc_set_text(event, "source.host", occurrence->host);
	return store_put(&cluster->store, KIND_EVENT, event);
}

struct object *record_event(struct cluster *cluster, const struct object *about, const struct occurrence *occurrence)
{
	return record_event_of(cluster, about->kind->id, about->now->value, occurrence);
}
