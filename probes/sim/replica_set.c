/*
 * The ReplicaSet controller: as many pods as wanted; of too many, those that
 * are least useful go first.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/recorder.h"
#include "probes/sim/workload_controllers.h"

/* Without a node, then not running, then not ready, then young: kubernetes' ActivePods. */
static int usefulness(const struct object *pod)
{
	const json_t *value = pod->now->value;

	if (!doc_text(value, "spec.nodeName")[0])
		return 0;
	if (strcmp(doc_text(value, "status.phase"), "Running"))
		return 1;
	return pod_is_available(pod, 0, 0) ? 3 : 2;
}

static int compare_pods(const void *left, const void *right)
{
	const struct object *a = *(struct object *const *)left;
	const struct object *b = *(struct object *const *)right;
	int difference = usefulness(a) - usefulness(b);

	if (difference)
		return difference;
	return -strcmp(doc_text(a->now->value, "metadata.creationTimestamp"),
		       doc_text(b->now->value, "metadata.creationTimestamp"));
}

static void remove_pod(struct cluster *cluster, struct object *set, struct object *pod, int64_t now)
{
	auto_free char *message = xasprintf("Deleted pod: %s", pod->name);
	struct occurrence occurrence = {.type = "Normal", .reason = "SuccessfulDelete", .message = message,
					.component = "replicaset-controller", .host = "", .field_path = "",
					.first = now, .last = now};

	record_event(cluster, set, &occurrence);
	pod_delete(cluster, pod, pod_grace(pod));
}

static void scale(struct cluster *cluster, struct object *set, struct object **active, size_t count, int64_t now)
{
	int64_t wanted = doc_int_or(set->now->value, "spec.replicas", 1);
	const json_t *template = doc_get(set->now->value, "spec.template");

	for (int64_t i = (int64_t)count; i < wanted; i++) {
		char suffix[8];
		auto_free char *name = NULL;

		random_suffix(&cluster->random, 5, suffix);
		name = xasprintf("%s-%s", set->name, suffix);
		pod_create(cluster, set, template, name, NULL);
	}
	if ((int64_t)count <= wanted)
		return;
	qsort(active, count, sizeof(*active), compare_pods);
	for (size_t i = 0; i < count - (size_t)wanted; i++)
		remove_pod(cluster, set, active[i], now);
}

void replica_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now)
{
	int64_t min_ready = doc_int(set->now->value, "spec.minReadySeconds");
	struct object **pods;
	size_t count;
	size_t active = 0;
	int64_t ready = 0;
	int64_t available = 0;
	json_t *status;

	if (is_terminating(set))
		return;
	pods = pods_of(cluster, set, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_terminating(pods[i]) && !pod_is_finished(pods[i]))
			pods[active++] = pods[i];
	for (size_t i = 0; i < active; i++) {
		ready += pod_is_available(pods[i], 0, now);
		available += pod_is_available(pods[i], min_ready, now);
	}
	status = json_pack("{s:I, s:I, s:I}", "replicas", (json_int_t)active, "fullyLabeledReplicas",
			   (json_int_t)active, "observedGeneration",
			   (json_int_t)doc_int(set->now->value, "metadata.generation"));
	if (!active)
		doc_remove(status, "fullyLabeledReplicas");
	if (ready)
		doc_set_int(status, "readyReplicas", ready);
	if (available)
		doc_set_int(status, "availableReplicas", available);
	put_status(cluster, set, status);
	if (available < ready)
		set->recheck = now + 1;
	if (act)
		scale(cluster, set, pods, active, now);
	free(pods);
}
