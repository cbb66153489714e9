#include "probes/sim/node_control.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/kubelet.h"
#include "probes/sim/node.h"
#include "probes/sim/node_effects.h"
#include "probes/sim/node_fault.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/pods.h"
#include "probes/sim/rule.h"
#include "probes/sim/status.h"
#include "probes/sim/write.h"

static json_t *facts_of(struct cluster *cluster, const char *node)
{
	json_t *facts = json_object_get(cluster->facts, node);

	if (!facts) {
		facts = json_object();
		json_object_set_new(cluster->facts, node, facts);
	}
	return facts;
}

static void change_node(struct request *request, const char *name, const json_t *body)
{
	struct cluster *cluster = request->cluster;
	struct machine *machine;

	if (!store_find(&cluster->store, KIND_NODE, "", name)) {
		answer_status(request, status_not_found(kind_at(KIND_NODE), name));
		return;
	}
	json_object_update(facts_of(cluster, name), json_object_get(body, "facts"));
	machine = machine_of(cluster, name);
	fault_patch(cluster, machine, json_object_get(body, "ssh"));
	machine_patch(machine, json_object_get(body, "machine"));
	machine_take_facts(cluster, machine, json_object_get(body, "facts"));
	if (doc_true(body, "reboot"))
		machine_boot(cluster, machine);
	controllers_look_again(cluster);
	answer_json(request, 200, json_deep_copy(facts_of(cluster, name)));
}

static void show_machine(struct request *request, const char *name)
{
	const struct machine *machine = machine_of(request->cluster, name);

	if (machine)
		answer_json(request, 200, json_deep_copy(machine->state));
	else
		answer_status(request, status_not_found(kind_at(KIND_NODE), name));
}

static void join_node(struct request *request, const json_t *body)
{
	struct cluster *cluster = request->cluster;
	const char *name = doc_text(body, "name");

	if (!name[0] || store_find(&cluster->store, KIND_NODE, "", name) ||
	    node_join(cluster, doc_text(body, "group"), name, clock_wall()))
		answer_status(request, status_new(400, "a node needs a new name and a group of the scenario"));
	else
		answer_json(request, 200, json_deep_copy(facts_of(cluster, name)));
}

static void change_registry(struct request *request, const json_t *rules)
{
	json_t *registry = json_object_get(request->cluster->scenario, "registry");

	if (!json_is_array(rules)) {
		answer_status(request, status_new(400, "the body is not a list of rules"));
		return;
	}
	for (size_t i = json_array_size(rules); i-- > 0;)
		json_array_insert(registry, 0, json_array_get(rules, i));
	controllers_look_again(request->cluster);
	answer_json(request, 200, json_deep_copy(registry));
}

bool node_control_handle(struct request *request)
{
	static const char nodes[] = "/sim/nodes";
	static const char machines[] = "/sim/machines/";
	size_t n = sizeof(nodes) - 1;
	bool posted = !strcmp(request->method, "POST");
	bool registry = !strcmp(request->path, "/sim/registry");
	json_t *body;

	if (!strncmp(request->path, machines, sizeof(machines) - 1)) {
		show_machine(request, request->path + sizeof(machines) - 1);
		return true;
	}
	if (!registry && strncmp(request->path, nodes, n))
		return false;
	if (!posted) {
		answer_json(request, 200, json_deep_copy(request->path[n] == '/' && !registry
								  ? facts_of(request->cluster, request->path + n + 1)
								  : request->cluster->facts));
		return true;
	}
	body = doc_parse(buffer_text(&request->body), request->body.length, NULL);
	if (registry)
		change_registry(request, body);
	else if (request->path[n] == '/')
		change_node(request, request->path + n + 1, body);
	else
		join_node(request, body);
	json_decref(body);
	return true;
}

void node_forget(struct cluster *cluster, const char *name)
{
	struct object *lease = store_find(&cluster->store, KIND_LEASE, "kube-node-lease", name);
	const struct table *pods = &cluster->store.tables[KIND_POD];

	if (lease)
		store_delete(&cluster->store, lease);
	for (size_t i = pods->count; i-- > 0;)
		if (i < pods->count && !strcmp(doc_text(pods->objects[i]->now->value, "spec.nodeName"), name))
			store_delete(&cluster->store, pods->objects[i]);
	json_object_del(cluster->facts, name);
}

static bool lacks_network(const struct object *node)
{
	const json_t *ready = doc_find(doc_get(node->now->value, "status.conditions"), "type", "Ready");

	return !strcmp(doc_text(ready, "status"), "False") &&
	       strstr(doc_text(ready, "message"), "NetworkPluginNotReady");
}

static bool has_ready_agent(const struct cluster *cluster, const struct object *agents, const struct object *node)
{
	size_t count;
	struct object **pods = pods_of(cluster, agents, &count);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found = found || (!strcmp(doc_text(pods[i]->now->value, "spec.nodeName"), node->name) &&
				  pod_is_ready(pods[i]->now->value));
	free(pods);
	return found;
}

void nodes_check_network(struct cluster *cluster, int64_t now)
{
	const struct table *nodes = &cluster->store.tables[KIND_NODE];
	const struct object *agents = object_named(cluster, doc_text(cluster->scenario, "network"));

	for (size_t i = 0; i < nodes->count; i++)
		if (lacks_network(nodes->objects[i]) &&
		    (!agents || has_ready_agent(cluster, agents, nodes->objects[i])))
			node_set_network(cluster, nodes->objects[i], true, now);
}
