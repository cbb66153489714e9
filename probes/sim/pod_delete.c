#include "probes/sim/pod_delete.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/kubelet_words.h"
#include "probes/sim/managed_fields.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"

int64_t pod_grace(const struct object *pod)
{
	return doc_int_or(pod->now->value, "spec.terminationGracePeriodSeconds", 30);
}

void pod_delete(struct cluster *cluster, struct object *pod, int64_t grace_seconds)
{
	json_t *value;
	json_t *metadata;

	if (grace_seconds == 0 || !doc_text(pod->now->value, "spec.nodeName")[0]) {
		store_delete(&cluster->store, pod);
		return;
	}
	if (doc_get(pod->now->value, "metadata.deletionTimestamp"))
		return;
	value = doc_fork(pod->now->value);
	metadata = doc_own(value, "metadata");
	doc_set(metadata, "deletionTimestamp", doc_time(clock_wall() + grace_seconds));
	doc_set_int(metadata, "deletionGracePeriodSeconds", grace_seconds);
	store_put(&cluster->store, KIND_POD, value);
}

static const char *component_of(const struct object *owner)
{
	switch (owner->kind->id) {
	case KIND_DAEMON_SET:
		return "daemonset-controller";
	case KIND_STATEFUL_SET:
		return "statefulset-controller";
	default:
		return "replicaset-controller";
	}
}

struct object *pod_create(struct cluster *cluster, const struct object *owner, const json_t *template,
			  const char *name, const char *node)
{
	int64_t now = clock_wall();
	struct owner reference = {.api_version = "apps/v1", .kind = owner->kind->kind, .name = owner->name,
				  .uid = owner->uid};
	struct manager manager = {"kube-controller-manager", "Update", "v1", ""};
	auto_free char *message = owner->kind->id == KIND_STATEFUL_SET
					  ? xasprintf("create Pod %s in StatefulSet %s successful", name, owner->name)
					  : xasprintf("Created pod: %s", name);
	struct occurrence occurrence = {.type = "Normal", .reason = "SuccessfulCreate", .message = message,
					.component = component_of(owner), .host = "", .field_path = "", .first = now,
					.last = now};
	json_t *pod = pod_new(cluster, template, owner->namespace, name, &reference, now);
	json_t *parts = doc_fork(pod);
	struct object *stored;

	json_object_del(parts, "status");
	doc_set(json_object_get(pod, "metadata"), "managedFields", json_array());
	json_array_append_new(doc_get(pod, "metadata.managedFields"), managed_entry(&manager, now, fields_of(parts)));
	json_decref(parts);
	if (node)
		pod_assign(pod, node, now);
	record_event(cluster, owner, &occurrence);
	stored = store_put(&cluster->store, KIND_POD, pod);
	if (node) {
		auto_free char *scheduled = words_scheduled(stored->namespace, name, node);
		struct occurrence placed = {.type = "Normal", .reason = "Scheduled", .message = scheduled,
					    .component = "default-scheduler", .host = "", .field_path = "",
					    .first = now, .last = now};

		record_event(cluster, stored, &placed);
	}
	return stored;
}
