#include "probes/sim/node_status.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"

static const char unreachable_taint[] = "node.kubernetes.io/unreachable";
static const char pressure_taint[] = "node.kubernetes.io/disk-pressure";

static void set_condition(json_t *conditions, const char *type, const char *status, const char *reason,
			  const char *message)
{
	json_t *condition = doc_find(conditions, "type", type);

	if (!condition)
		return;
	if (strcmp(doc_text(condition, "status"), status))
		doc_set(condition, "lastTransitionTime", doc_time(clock_wall()));
	doc_set(condition, "lastHeartbeatTime", doc_time(clock_wall()));
	doc_set_text(condition, "status", status);
	doc_set_text(condition, "reason", reason);
	doc_set_text(condition, "message", message);
}

static void set_taint(json_t *spec, const char *key, bool present)
{
	json_t *taints = json_array();
	size_t i;
	json_t *taint;

	json_array_foreach(json_object_get(spec, "taints"), i, taint)
		if (strcmp(doc_text(taint, "key"), key))
			json_array_append(taints, taint);
	if (present)
		json_array_append_new(taints, json_pack("{s:s, s:s, s:o}", "key", key, "effect", "NoSchedule",
							"timeAdded", doc_time(clock_wall())));
	if (json_array_size(taints))
		json_object_set(spec, "taints", taints);
	else
		json_object_del(spec, "taints");
	json_decref(taints);
}

static void say(struct cluster *cluster, const struct object *node, const char *type, const char *reason,
		const char *component, char *message)
{
	int64_t now = clock_wall();
	const struct occurrence occurrence = {.type = type, .reason = reason, .message = message,
					      .component = component, .host = node->name, .field_path = "",
					      .first = now, .last = now};

	record_event(cluster, node, &occurrence);
	free(message);
}

/* A private copy of the Node; stored again by the caller. */
static json_t *fork_node(const struct cluster *cluster, const struct machine *machine, json_t **ret_conditions,
			 json_t **ret_spec)
{
	const struct object *node = machine_node(cluster, machine);
	json_t *value = node ? doc_fork(node->now->value) : NULL;

	if (!value)
		return NULL;
	*ret_conditions = json_object_get(doc_own(value, "status"), "conditions");
	*ret_spec = doc_own(value, "spec");
	return value;
}

bool status_has_pressure(const struct cluster *cluster, const struct machine *machine)
{
	const struct object *node = machine_node(cluster, machine);
	const json_t *conditions = node ? doc_get(node->now->value, "status.conditions") : NULL;

	return !strcmp(doc_text(doc_find(conditions, "type", "DiskPressure"), "status"), "True");
}

static void put_pressure(json_t *conditions, json_t *spec, bool pressure)
{
	set_condition(conditions, "DiskPressure", pressure ? "True" : "False",
		      pressure ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
		      pressure ? "kubelet has disk pressure" : "kubelet has no disk pressure");
	set_taint(spec, pressure_taint, pressure);
}

static void say_status(struct cluster *cluster, const struct object *node, const char *reason)
{
	say(cluster, node, "Normal", reason, "kubelet",
	    xasprintf("Node %s status is now: %s", node->name, reason));
}

void status_set_pressure(struct cluster *cluster, const struct machine *machine, bool pressure)
{
	json_t *conditions;
	json_t *spec;
	json_t *value = fork_node(cluster, machine, &conditions, &spec);

	if (!value)
		return;
	put_pressure(conditions, spec, pressure);
	say_status(cluster, store_put(&cluster->store, KIND_NODE, value),
		   pressure ? "NodeHasDiskPressure" : "NodeHasNoDiskPressure");
}

void status_set_lost(struct cluster *cluster, const struct machine *machine)
{
	static const char *const types[] = {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"};
	json_t *conditions;
	json_t *spec;
	json_t *value = fork_node(cluster, machine, &conditions, &spec);
	const struct object *node;

	if (!value)
		return;
	for (size_t i = 0; i < array_length(types); i++)
		set_condition(conditions, types[i], "Unknown", "NodeStatusUnknown",
			      "Kubelet stopped posting node status.");
	set_taint(spec, unreachable_taint, true);
	node = store_put(&cluster->store, KIND_NODE, value);
	say(cluster, node, "Normal", "NodeNotReady", "node-controller",
	    xasprintf("Node %s status is now: NodeNotReady", node->name));
}

void status_set_ready(struct cluster *cluster, const struct machine *machine, bool pressure)
{
	json_t *conditions;
	json_t *spec;
	json_t *value = fork_node(cluster, machine, &conditions, &spec);

	if (!value)
		return;
	set_condition(conditions, "MemoryPressure", "False", "KubeletHasSufficientMemory",
		      "kubelet has sufficient memory available");
	set_condition(conditions, "PIDPressure", "False", "KubeletHasSufficientPID",
		      "kubelet has sufficient PID available");
	put_pressure(conditions, spec, pressure);
	set_condition(conditions, "Ready", "True", "KubeletReady", "kubelet is posting ready status");
	set_taint(spec, unreachable_taint, false);
	say_status(cluster, store_put(&cluster->store, KIND_NODE, value), "NodeReady");
}

/* Every container that ran on the node runs again. */
static void restart_pods(struct cluster *cluster, const char *node, int64_t now)
{
	const struct table *pods = &cluster->store.tables[KIND_POD];

	for (size_t i = 0; i < pods->count; i++) {
		struct object *pod = pods->objects[i];
		json_t *value;

		if (strcmp(doc_text(pod->now->value, "spec.nodeName"), node) || pod_is_finished(pod))
			continue;
		value = doc_fork(pod->now->value);
		doc_own(value, "status");
		for (size_t j = pod_init_count(value); j < pod_container_count(value); j++) {
			json_t *status = pod_container_status(value, j);

			if (!doc_get(status, "state.running"))
				continue;
			container_end(status, 255, "Unknown", now);
			container_restart(status);
			container_run(cluster, status, false, now);
		}
		pod_refresh(value, now);
		store_put(&cluster->store, KIND_POD, value);
	}
}

void status_set_booted(struct cluster *cluster, const struct machine *machine)
{
	const struct object *node = machine_node(cluster, machine);
	json_t *value = node ? doc_fork(node->now->value) : NULL;
	char boot[UID_SIZE];

	if (!value)
		return;
	random_uid(&cluster->random, boot);
	doc_set_text(doc_own(value, "status"), "nodeInfo.bootID", boot);
	node = store_put(&cluster->store, KIND_NODE, value);
	say(cluster, node, "Warning", "Rebooted", "kubelet",
	    xasprintf("Node %s has been rebooted, boot id: %s", node->name, boot));
	say(cluster, node, "Normal", "Starting", "kubelet", xstrdup("Starting kubelet."));
	restart_pods(cluster, machine->name, clock_wall());
}
