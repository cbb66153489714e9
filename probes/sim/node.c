#include "probes/sim/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/pods.h"
#include "probes/sim/scenario.h"

enum { LEASE_SECONDS = 40 };

/* The pattern with {n} filled in. Caller frees. */
static char *numbered(const char *pattern, int64_t n)
{
	const char *place = strstr(pattern, "{n}");

	if (!place)
		return xstrdup(pattern);
	return xasprintf("%.*s%" PRId64 "%s", (int)(place - pattern), pattern, n, place + 3);
}

/* The address of the nth node from the first one on. */
static void address_of(const json_t *group, int64_t n, char *out, size_t size)
{
	unsigned int a = 10;
	unsigned int b = 0;
	unsigned int c = 0;
	unsigned int d = 10;
	unsigned int host;

	sscanf(doc_text(group, "firstAddress"), "%u.%u.%u.%u", &a, &b, &c, &d);
	host = (c << 8) + d + (unsigned int)n;
	snprintf(out, size, "%u.%u.%u.%u", a, b, host >> 8 & 255U, host & 255U);
}

static void add_condition(json_t *conditions, const char *type, const char *status, const char *reason,
			  const char *message, int64_t since, int64_t now)
{
	json_t *condition = json_pack("{s:s, s:s, s:s, s:s}", "type", type, "status", status, "reason", reason,
				      "message", message);

	doc_set(condition, "lastHeartbeatTime", doc_time(now));
	doc_set(condition, "lastTransitionTime", doc_time(since));
	json_array_append_new(conditions, condition);
}

static json_t *conditions_of(const json_t *group, int64_t since, int64_t now)
{
	const char *plugin = doc_text(group, "networkPlugin");
	auto_free char *reason = xasprintf("%sIsUp", plugin[0] ? plugin : "Calico");
	auto_free char *message = xasprintf("%s is running on this node", plugin[0] ? plugin : "Calico");
	json_t *conditions = json_array();

	add_condition(conditions, "NetworkUnavailable", "False", reason, message, since, since);
	add_condition(conditions, "MemoryPressure", "False", "KubeletHasSufficientMemory",
		      "kubelet has sufficient memory available", since, now);
	add_condition(conditions, "DiskPressure", "False", "KubeletHasNoDiskPressure",
		      "kubelet has no disk pressure", since, now);
	add_condition(conditions, "PIDPressure", "False", "KubeletHasSufficientPID",
		      "kubelet has sufficient PID available", since, now);
	add_condition(conditions, "Ready", "True", "KubeletReady", "kubelet is posting ready status", since, now);
	return conditions;
}

static json_t *status_of(struct cluster *cluster, const json_t *group, const char *name, const char *address,
			 int64_t since, int64_t now)
{
	char machine[UID_SIZE];
	char boot[UID_SIZE];
	json_t *status;

	random_uid(&cluster->random, machine);
	random_uid(&cluster->random, boot);
	status = json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}, s:[{s:s, s:s}, {s:s, s:s}], "
			   "s:{s:{s:i}}}",
			   "capacity", "cpu", "8", "memory", "16399336Ki", "pods", "110", "ephemeral-storage",
			   "103079844Ki", "allocatable", "cpu", "7910m", "memory", "14301160Ki", "pods", "110",
			   "ephemeral-storage", "94998384046", "addresses", "type", "InternalIP", "address", address,
			   "type", "Hostname", "address", name, "daemonEndpoints", "kubeletEndpoint", "Port", 10250);
	doc_set(status, "conditions", conditions_of(group, since, now));
	doc_set(status, "nodeInfo",
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "machineID", machine, "systemUUID",
			  machine, "bootID", boot, "kernelVersion", "5.15.0-88-generic", "osImage",
			  "Ubuntu 22.04.3 LTS", "containerRuntimeVersion", "containerd://1.6.24", "kubeletVersion",
			  cluster->version, "kubeProxyVersion", cluster->version, "operatingSystem", "linux",
			  "architecture", "amd64"));
	return status;
}

static json_t *labels_of(const json_t *group, const char *name, int64_t n)
{
	static const char *const zones[] = {"kr-pub-a", "kr-pub-b"};
	json_t *labels = json_object();
	const struct {
		const char *name;
		const char *value;
	} list[] = {
		{"beta.kubernetes.io/arch", "amd64"},
		{"beta.kubernetes.io/os", "linux"},
		{"kubernetes.io/arch", "amd64"},
		{"kubernetes.io/hostname", name},
		{"kubernetes.io/os", "linux"},
		{"magnum.openstack.org/nodegroup", doc_text(group, "name")},
		{"magnum.openstack.org/role", "worker"},
		{"node.kubernetes.io/instance-type", "m2.c8m16"},
		{"topology.kubernetes.io/region", "KR1"},
		{"topology.kubernetes.io/zone", zones[n % 2]},
	};

	for (size_t i = 0; i < array_length(list); i++)
		json_object_set_new(labels, list[i].name, json_string(list[i].value));
	if (json_object_get(group, "labels"))
		json_object_update(labels, json_object_get(group, "labels"));
	return labels;
}

static void add_lease(struct cluster *cluster, const char *name, int64_t created, int64_t now)
{
	json_t *lease = json_pack("{s:o, s:{s:s, s:i}}", "metadata",
				  metadata_new(cluster, "kube-node-lease", name, created), "spec", "holderIdentity",
				  name, "leaseDurationSeconds", LEASE_SECONDS);
	auto_free char *renewed = NULL;
	char time[21];

	clock_format(now, time);
	renewed = xasprintf("%.19s.000000Z", time);
	doc_set_text(json_object_get(lease, "spec"), "renewTime", renewed);
	store_put(&cluster->store, KIND_LEASE, lease);
}

static void merge_into(json_t **node, const json_t *patch)
{
	json_t *merged;

	if (!patch)
		return;
	merged = merge_patch(*node, patch);
	json_decref(*node);
	*node = merged;
}

static bool names_number(const json_t *list, int64_t n)
{
	size_t i;
	json_t *number;

	json_array_foreach(list, i, number)
		if (json_integer_value(number) == n)
			return true;
	return false;
}

static void cordon(json_t *node, const char *since, int64_t now)
{
	if (!since[0])
		return;
	doc_set(node, "spec.unschedulable", json_true());
	doc_set(node, "spec.taints", json_pack("[{s:s, s:s, s:o}]", "effect", "NoSchedule", "key",
					       "node.kubernetes.io/unschedulable", "timeAdded",
					       doc_time(now - scenario_seconds(since))));
}

/* What of the group's `states` is the nth node's: conditions, and whatever else. */
static void apply_states(struct cluster *cluster, const char *name, json_t **node, json_t *facts,
			 const json_t *group, int64_t n, int64_t now)
{
	size_t i;
	size_t j;
	json_t *state;
	json_t *wanted;

	json_array_foreach(json_object_get(group, "states"), i, state) {
		json_t *conditions = doc_get(*node, "status.conditions");

		if (!names_number(json_object_get(state, "nodes"), n))
			continue;
		json_array_foreach(json_object_get(state, "conditions"), j, wanted) {
			json_t *condition = doc_find(conditions, "type", doc_text(wanted, "type"));

			json_object_update_existing(condition, wanted);
			doc_set(condition, "lastTransitionTime",
				doc_time(now - scenario_seconds(doc_text(wanted, "since"))));
		}
		cordon(*node, doc_text(state, "cordoned"), now);
		merge_into(node, json_object_get(state, "merge"));
		json_object_update(facts, json_object_get(state, "facts"));
		machines_describe(cluster, name, json_object_get(state, "machine"));
	}
}

/* The nth node of a group as it is once its network is there. Yours; its facts and its machine are told already. */
static json_t *build_node(struct cluster *cluster, const json_t *group, const char *name, int64_t n, int64_t created,
			  int64_t now)
{
	size_t number = cluster->store.tables[KIND_NODE].count;
	auto_free char *cidr = xasprintf("10.%zu.%zu.0/24", 100 + (number >> 8), number & 255);
	auto_free char *provider = NULL;
	char address[32];
	json_t *facts = json_object();
	json_t *metadata = metadata_new(cluster, "", name, created);
	json_t *node;

	address_of(group, n, address, sizeof(address));
	provider = xasprintf("openstack:///%s", doc_text(metadata, "uid"));
	json_object_set_new(metadata, "labels", labels_of(group, name, n));
	json_object_set_new(metadata, "annotations",
			    json_pack("{s:s, s:s, s:s}", "node.alpha.kubernetes.io/ttl", "0",
				      "projectcalico.org/IPv4Address", address,
				      "volumes.kubernetes.io/controller-managed-attach-detach", "true"));
	node = json_pack("{s:o, s:{s:s, s:[s], s:s}, s:o}", "metadata", metadata, "spec", "podCIDR", cidr, "podCIDRs",
			 cidr, "providerID", provider, "status",
			 status_of(cluster, group, name, address, created + 40, now));
	merge_into(&node, json_object_get(group, "merge"));
	json_object_update(facts, json_object_get(group, "facts"));
	machines_describe(cluster, name, json_object_get(group, "machine"));
	apply_states(cluster, name, &node, facts, group, n, now);
	json_object_set_new(cluster->facts, name, facts);
	return node;
}

static json_t *ready_condition(bool ready, int64_t now)
{
	json_t *conditions = json_array();
	json_t *condition;

	if (ready)
		add_condition(conditions, "Ready", "True", "KubeletReady", "kubelet is posting ready status", now, now);
	else
		add_condition(conditions, "Ready", "False", "KubeletNotReady",
			      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
			      "message:Network plugin returns error: cni plugin not initialized", now, now);
	condition = json_incref(json_array_get(conditions, 0));
	json_decref(conditions);
	return condition;
}

/* Of a Node whose status and spec are private. */
static void set_network(json_t *node, bool ready, int64_t now)
{
	static const char key[] = "node.kubernetes.io/not-ready";
	json_t *conditions = doc_get(node, "status.conditions");
	json_t *spec = json_object_get(node, "spec");
	json_t *taints = json_array();
	size_t i;
	json_t *entry;

	json_array_foreach(conditions, i, entry)
		if (!strcmp(doc_text(entry, "type"), "Ready"))
			json_array_set_new(conditions, i, ready_condition(ready, now));
	json_array_foreach(json_object_get(spec, "taints"), i, entry)
		if (strcmp(doc_text(entry, "key"), key))
			json_array_append(taints, entry);
	if (!ready)
		json_array_append_new(taints, json_pack("{s:s, s:s}", "key", key, "effect", "NoSchedule"));
	if (json_array_size(taints))
		json_object_set(spec, "taints", taints);
	else
		json_object_del(spec, "taints");
	json_decref(taints);
}

void node_set_network(struct cluster *cluster, const struct object *node, bool ready, int64_t now)
{
	json_t *value = doc_fork(node->now->value);

	doc_own(value, "status");
	doc_own(value, "spec");
	set_network(value, ready, now);
	store_put(&cluster->store, KIND_NODE, value);
}

/* Steals node. Stored once, as it is: who has no network yet was never Ready. */
static void add_node(struct cluster *cluster, json_t *node, int64_t created, int64_t now)
{
	const struct object *stored = store_put(&cluster->store, KIND_NODE, node);

	add_lease(cluster, stored->name, created, now);
}

int node_join(struct cluster *cluster, const char *group, const char *name, int64_t now)
{
	const json_t *entry = doc_find(doc_get(cluster->scenario, "nodeGroups"), "name", group);
	json_t *node;

	if (!entry)
		return -1;
	node = build_node(cluster, entry, name, (int64_t)cluster->store.tables[KIND_NODE].count, now, now);
	set_network(node, false, now);
	add_node(cluster, node, now, now);
	return 0;
}

void nodes_build(struct cluster *cluster, int64_t count, int64_t now)
{
	size_t i;
	json_t *group;

	json_array_foreach(doc_get(cluster->scenario, "nodeGroups"), i, group) {
		int64_t wanted = !i && count ? count : doc_int(group, "count");
		int64_t since = now - scenario_seconds(doc_text(group, "age"));

		for (int64_t n = 0; n < wanted; n++) {
			auto_free char *name = numbered(doc_text(group, "pattern"), n);
			json_t *node = build_node(cluster, group, name, n, since + n * 7, now);

			if (doc_true(group, "withoutNetwork"))
				set_network(node, false, since + n * 7 + 20);
			add_node(cluster, node, since + n * 7, now);
		}
	}
}

void node_heartbeat(struct cluster *cluster, const struct object *node, int64_t now, bool conditions)
{
	struct object *lease = store_find(&cluster->store, KIND_LEASE, "kube-node-lease", node->name);
	char time[21];
	json_t *status;
	json_t *value;
	size_t i;
	json_t *condition;

	if (machine_is_down(cluster, node->name))
		return;
	clock_format(now, time);
	if (lease) {
		auto_free char *renewed = xasprintf("%.19s.000000Z", time);

		value = doc_fork(lease->now->value);
		doc_set_text(doc_own(value, "spec"), "renewTime", renewed);
		store_put(&cluster->store, KIND_LEASE, value);
	}
	if (!conditions)
		return;
	value = doc_fork(node->now->value);
	status = doc_own(value, "status");
	json_array_foreach(json_object_get(status, "conditions"), i, condition)
		if (strcmp(doc_text(condition, "type"), "NetworkUnavailable"))
			doc_set_text(condition, "lastHeartbeatTime", time);
	store_put(&cluster->store, KIND_NODE, value);
}

void node_reconcile(struct cluster *cluster, struct object *node, int64_t now)
{
	static const char key[] = "node.kubernetes.io/unschedulable";
	bool cordoned = doc_true(node->now->value, "spec.unschedulable");
	json_t *value;
	json_t *spec;
	json_t *taints;
	size_t i;
	json_t *taint;

	if (cordoned == (doc_find(doc_get(node->now->value, "spec.taints"), "key", key) != NULL))
		return;
	value = doc_fork(node->now->value);
	spec = doc_own(value, "spec");
	taints = json_array();
	json_array_foreach(json_object_get(spec, "taints"), i, taint)
		if (strcmp(doc_text(taint, "key"), key))
			json_array_append(taints, taint);
	if (cordoned) {
		taint = json_pack("{s:s, s:s}", "effect", "NoSchedule", "key", key);
		doc_set(taint, "timeAdded", doc_time(now));
		json_array_append_new(taints, taint);
	}
	if (json_array_size(taints))
		json_object_set(spec, "taints", taints);
	else
		json_object_del(spec, "taints");
	json_decref(taints);
	store_put(&cluster->store, KIND_NODE, value);
}

static bool tolerates(const json_t *pod_spec, const json_t *taint)
{
	size_t i;
	json_t *toleration;

	json_array_foreach(doc_get(pod_spec, "tolerations"), i, toleration) {
		const char *key = doc_text(toleration, "key");
		const char *effect = doc_text(toleration, "effect");

		if (key[0] && strcmp(key, doc_text(taint, "key")))
			continue;
		if (effect[0] && strcmp(effect, doc_text(taint, "effect")))
			continue;
		if (!strcmp(doc_text(toleration, "operator"), "Exists") ||
		    !strcmp(doc_text(toleration, "value"), doc_text(taint, "value")))
			return true;
	}
	return false;
}

static bool selects(const struct object *node, const json_t *pod_spec)
{
	const json_t *labels = doc_get(node->now->value, "metadata.labels");
	const char *name;
	json_t *value;

	json_object_foreach(doc_get(pod_spec, "nodeSelector"), name, value) {
		const json_t *have = json_object_get(labels, name);

		if (!have || !json_equal(have, value))
			return false;
	}
	return true;
}

bool node_wants(const struct object *node, const json_t *pod_spec)
{
	size_t i;
	json_t *taint;

	json_array_foreach(doc_get(node->now->value, "spec.taints"), i, taint) {
		/* The DaemonSet controller adds tolerations for what nodes taint themselves with. */
		if (!strncmp(doc_text(taint, "key"), "node.kubernetes.io/", 19))
			continue;
		if (strcmp(doc_text(taint, "effect"), "PreferNoSchedule") && !tolerates(pod_spec, taint))
			return false;
	}
	return selects(node, pod_spec);
}

static bool may_schedule(const struct object *node, const json_t *pod)
{
	const json_t *spec = json_object_get(pod, "spec");
	const json_t *ready = doc_find(doc_get(node->now->value, "status.conditions"), "type", "Ready");
	size_t i;
	json_t *taint;

	if (doc_true(node->now->value, "spec.unschedulable") || strcmp(doc_text(ready, "status"), "True"))
		return false;
	json_array_foreach(doc_get(node->now->value, "spec.taints"), i, taint)
		if (strcmp(doc_text(taint, "effect"), "PreferNoSchedule") && !tolerates(spec, taint))
			return false;
	return selects(node, spec);
}

/* A host port, or a host network with ports, excludes a second pod of the same owner. */
static bool has_sibling(const struct cluster *cluster, const struct object *node, const json_t *pod)
{
	const struct table *pods = &cluster->store.tables[KIND_POD];
	const json_t *owner = json_array_get(doc_get(pod, "metadata.ownerReferences"), 0);

	if (!owner)
		return false;
	for (size_t i = 0; i < pods->count; i++)
		if (!strcmp(pods->objects[i]->owner_uid, doc_text(owner, "uid")) &&
		    !strcmp(doc_text(pods->objects[i]->now->value, "spec.nodeName"), node->name))
			return true;
	return false;
}

const struct object *node_choose(struct cluster *cluster, const json_t *pod)
{
	const struct table *nodes = &cluster->store.tables[KIND_NODE];
	const struct object *second = NULL;
	size_t start = nodes->count ? cluster->next_node++ % nodes->count : 0;

	for (size_t i = 0; i < nodes->count; i++) {
		const struct object *node = nodes->objects[(start + i) % nodes->count];

		if (!may_schedule(node, pod))
			continue;
		if (!doc_true(pod, "spec.hostNetwork") || !has_sibling(cluster, node, pod))
			return node;
		second = second ? second : node;
	}
	return second;
}
