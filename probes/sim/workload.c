#include "probes/sim/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/managed_fields.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/node.h"
#include "probes/sim/pods.h"
#include "probes/sim/pod_state.h"
#include "probes/sim/rule.h"
#include "probes/sim/scenario.h"

/* What the pods of one workload have in common while they are made. */
struct build {
	struct cluster *cluster;
	const json_t *entry;
	enum kind_id kind;
	const char *namespace;
	const char *name;
	int64_t now;
	int64_t created;
	json_t *template;	/* of the pods, with the label that its controller adds; private */
	json_t *managed;	/* managedFields of the first pod, shared by all */
	const json_t *set;	/* the StatefulSet */
	struct owner owner;
	char owner_name[300];
	char owner_uid[40];
};

static json_t *labels_of(const json_t *entry)
{
	json_t *labels = json_object_get(entry, "labels");

	return labels ? json_deep_copy(labels) : json_pack("{s:s}", "app", doc_text(entry, "name"));
}

static json_t *template_of(const json_t *entry)
{
	json_t *spec = json_deep_copy(json_object_get(entry, "pod"));
	const char *container = doc_text(entry, "container");
	json_t *template;

	if (!spec)
		spec = json_pack("{s:[{s:s, s:s}]}", "containers", "name",
				 container[0] ? container : doc_text(entry, "name"), "image", doc_text(entry, "image"));
	pod_spec_defaults(spec);
	template = json_pack("{s:{s:n, s:o}, s:o}", "metadata", "creationTimestamp", "labels", labels_of(entry), "spec",
			     spec);
	if (json_object_get(entry, "annotations"))
		doc_set(template, "metadata.annotations", json_deep_copy(json_object_get(entry, "annotations")));
	return template;
}

/* The workload's spec around the template. */
static json_t *spec_of(const struct build *build, json_t *template)
{
	const json_t *replicas = json_object_get(build->entry, "replicas");
	json_t *spec = json_object();
	json_t *merged;

	if (replicas)
		json_object_set_new(spec, "replicas", json_integer(json_integer_value(replicas)));
	doc_set(spec, "selector.matchLabels", labels_of(build->entry));
	json_object_set_new(spec, "template", template);
	if (json_object_get(build->entry, "spec")) {
		merged = merge_patch(spec, json_object_get(build->entry, "spec"));
		json_decref(spec);
		spec = merged;
	}
	workload_defaults((int)build->kind, spec);
	return spec;
}

static void add_manager(const struct build *build, json_t *object, const char *api_version)
{
	const char *name = doc_text(build->entry, "manager.name");
	const char *operation = doc_text(build->entry, "manager.operation");
	struct manager manager = {
		.name = name[0] ? name : "kubectl-client-side-apply",
		.operation = operation[0] ? operation : "Update",
		.api_version = api_version,
		.sub = "",
	};

	doc_set(object, "metadata.managedFields", json_array());
	json_array_append_new(doc_get(object, "metadata.managedFields"),
			      managed_entry(&manager, build->created, fields_of(object)));
}

static struct object *store_workload(const struct build *build, json_t *spec)
{
	char api_version[64];
	json_t *object = json_pack("{s:o, s:o, s:{}}", "metadata",
				   metadata_new(build->cluster, build->namespace, build->name, build->created), "spec",
				   spec, "status");
	json_t *metadata = json_object_get(object, "metadata");

	kind_api_version(kind_at(build->kind), api_version, sizeof(api_version));
	doc_set_int(metadata, "generation", 1);
	json_object_set_new(metadata, "labels", labels_of(build->entry));
	if (build->kind == KIND_DEPLOYMENT)
		doc_set(metadata, "annotations", json_pack("{s:s}", "deployment.kubernetes.io/revision", "1"));
	if (build->kind == KIND_DAEMON_SET)
		doc_set(metadata, "annotations", json_pack("{s:s}", "deprecated.daemonset.template.generation", "1"));
	if (json_object_get(build->entry, "workloadAnnotations")) {
		if (!json_object_get(metadata, "annotations"))
			json_object_set_new(metadata, "annotations", json_object());
		json_object_update(json_object_get(metadata, "annotations"),
				   json_object_get(build->entry, "workloadAnnotations"));
	}
	add_manager(build, object, api_version);
	return store_put(&build->cluster->store, build->kind, object);
}

static void set_owner(struct build *build, const struct object *owner, const char *api_version)
{
	snprintf(build->owner_name, sizeof(build->owner_name), "%s", owner->name);
	snprintf(build->owner_uid, sizeof(build->owner_uid), "%s", owner->uid);
	build->owner = (struct owner){.api_version = api_version, .kind = owner->kind->kind,
				      .name = build->owner_name, .uid = build->owner_uid};
}

/* managedFields of the pods: their controller's and the kubelet's; made from the first pod. */
static void add_pod_managers(struct build *build, json_t *pod)
{
	json_t *spec_fields;
	json_t *status_only;
	struct manager controller = {"kube-controller-manager", "Update", "v1", ""};
	struct manager kubelet = {"kubelet", "Update", "v1", "status"};

	if (!build->managed) {
		json_t *parts = doc_fork(pod);

		json_object_del(parts, "status");
		spec_fields = fields_of(parts);
		json_decref(parts);
		parts = json_pack("{s:O}", "status", json_object_get(pod, "status"));
		status_only = fields_of(parts);
		json_decref(parts);
		build->managed = json_array();
		json_array_append_new(build->managed, managed_entry(&controller, build->created, spec_fields));
		json_array_append_new(build->managed, managed_entry(&kubelet, build->now - 30, status_only));
	}
	json_object_set(json_object_get(pod, "metadata"), "managedFields", build->managed);
}

static bool holds_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry)
		if (!strcmp(json_string_value(entry), text))
			return true;
	return false;
}

/* The state of the nth pod, or NULL for an ordinary one. node: where it is, if that is known yet. */
static const json_t *state_of(const json_t *entry, size_t n, const struct object *node)
{
	size_t i;
	json_t *state;

	json_array_foreach(json_object_get(entry, "states"), i, state) {
		const json_t *pods = json_object_get(state, "pods");
		size_t j;
		json_t *index;

		if (node && holds_text(json_object_get(state, "nodes"), node->name))
			return state;
		if (json_is_integer(pods) && n < (size_t)json_integer_value(pods))
			return state;
		json_array_foreach(pods, j, index)
			if ((size_t)json_integer_value(index) == n)
				return state;
	}
	return NULL;
}

static void build_pod(struct build *build, size_t n, const char *name, const struct object *node)
{
	const char *age = doc_text(build->entry, "podAge");
	const json_t *state = state_of(build->entry, n, node);
	const char *since = doc_text(state, "podAge");
	int64_t created = build->created + 2;
	json_t *pod;
	struct object *object;

	if (since[0])
		age = since;
	if (age[0])
		created = build->now - scenario_seconds(age) + (int64_t)n;
	pod = pod_new(build->cluster, build->template, build->namespace, name,
		      build->owner.name ? &build->owner : NULL, created);
	if (!node)
		node = node_choose(build->cluster, pod);
	if (node) {
		pod_assign(pod, node->name, created);
		pod_accept(build->cluster, pod, node, created + 1);
		pod_state_apply(build->cluster, pod, state, build->entry, created + 1, build->now);
	} else {
		pod_unscheduled(build->cluster, pod, created + 1);
	}
	add_pod_managers(build, pod);
	object = store_put(&build->cluster->store, KIND_POD, pod);
	pod_state_events(build->cluster, object, state, build->entry, build->now);
}

static void build_pods(struct build *build, size_t count, const char *prefix, bool ordinal)
{
	for (size_t n = 0; n < count; n++) {
		char suffix[8];
		auto_free char *name = NULL;

		random_suffix(&build->cluster->random, 5, suffix);
		name = ordinal ? xasprintf("%s-%zu", prefix, n) : xasprintf("%s-%s", prefix, suffix);
		if (ordinal)
			pod_claims(build->template, build->set, (int64_t)n);
		build_pod(build, n, name, NULL);
	}
}

static void build_deployment(struct build *build, const struct object *deployment)
{
	const json_t *spec = json_object_get(deployment->now->value, "spec");
	struct owner owner = {.api_version = "apps/v1", .kind = "Deployment", .name = deployment->name,
			      .uid = deployment->uid};
	char hash[11];
	auto_free char *name = NULL;
	json_t *set;

	template_hash(json_object_get(spec, "template"), hash);
	name = xasprintf("%s-%s", build->name, hash);
	build->template = json_deep_copy(json_object_get(spec, "template"));
	json_object_set_new(doc_get(build->template, "metadata.labels"), "pod-template-hash", json_string(hash));
	set = json_pack("{s:o, s:{s:I, s:O, s:O}, s:{}}", "metadata",
			metadata_new(build->cluster, build->namespace, name, build->created + 1), "spec", "replicas",
			(json_int_t)doc_int(spec, "replicas"), "selector", json_object_get(spec, "selector"),
			"template", build->template, "status");
	doc_own(set, "spec");
	json_object_set_new(doc_get(set, "spec.selector.matchLabels"), "pod-template-hash", json_string(hash));
	doc_set(set, "metadata.labels", json_copy(doc_get(build->template, "metadata.labels")));
	doc_set(set, "metadata.ownerReferences", owner_references(&owner));
	doc_set_int(set, "metadata.generation", 1);
	doc_set(set, "metadata.annotations",
		json_pack("{s:s}", "deployment.kubernetes.io/revision", "1"));
	set_owner(build, store_put(&build->cluster->store, KIND_REPLICA_SET, set), "apps/v1");
	build_pods(build, (size_t)doc_int(spec, "replicas"), name, false);
}

static void build_daemon_set(struct build *build, const struct object *set)
{
	const struct table *nodes = &build->cluster->store.tables[KIND_NODE];
	const json_t *template = doc_get(set->now->value, "spec.template");
	char hash[11];
	size_t n = 0;

	template_hash(template, hash);
	build->template = json_deep_copy(template);
	json_object_set_new(doc_get(build->template, "metadata.labels"), "controller-revision-hash",
			    json_string(hash));
	json_object_set_new(doc_get(build->template, "metadata.labels"), "pod-template-generation", json_string("1"));
	set_owner(build, set, "apps/v1");
	for (size_t i = 0; i < nodes->count; i++) {
		char suffix[8];
		auto_free char *name = NULL;

		if (!node_wants(nodes->objects[i], json_object_get(template, "spec")))
			continue;
		random_suffix(&build->cluster->random, 5, suffix);
		name = xasprintf("%s-%s", build->name, suffix);
		build_pod(build, n++, name, nodes->objects[i]);
	}
}

static void build_stateful_set(struct build *build, const struct object *set)
{
	char hash[11];
	auto_free char *revision = NULL;
	json_t *labels;

	template_hash(doc_get(set->now->value, "spec.template"), hash);
	revision = xasprintf("%s-%s", build->name, hash);
	build->template = json_deep_copy(doc_get(set->now->value, "spec.template"));
	labels = doc_get(build->template, "metadata.labels");
	json_object_set_new(labels, "controller-revision-hash", json_string(revision));
	set_owner(build, set, "apps/v1");
	build->set = set->now->value;
	build_pods(build, (size_t)doc_int(set->now->value, "spec.replicas"), build->name, true);
}

/* Complete, or Failed for a reason: `failed` {reason, message}. */
static json_t *job_status(const struct build *build)
{
	const json_t *failed = json_object_get(build->entry, "failed");
	int64_t ended = build->created + 41;
	json_t *condition = json_pack("{s:s, s:s}", "type", failed ? "Failed" : "Complete", "status", "True");
	json_t *status = json_pack("{s:i}", failed ? "failed" : "succeeded", 1);

	if (failed)
		json_object_update(condition, (json_t *)(uintptr_t)failed);
	doc_set(condition, "lastProbeTime", doc_time(ended));
	doc_set(condition, "lastTransitionTime", doc_time(ended));
	doc_set(status, "conditions", json_array());
	json_array_append_new(json_object_get(status, "conditions"), condition);
	doc_set(status, "startTime", doc_time(build->created));
	if (!failed)
		doc_set(status, "completionTime", doc_time(ended));
	return status;
}

static void build_job(struct build *build, const struct object *job)
{
	json_t *value = doc_fork(job->now->value);
	json_t *labels;

	build->template = json_deep_copy(doc_get(value, "spec.template"));
	labels = doc_get(build->template, "metadata.labels");
	json_object_set_new(labels, "job-name", json_string(build->name));
	json_object_set_new(labels, "batch.kubernetes.io/job-name", json_string(build->name));
	doc_set_text(build->template, "spec.restartPolicy", "Never");
	doc_set(value, "status", job_status(build));
	set_owner(build, job, "batch/v1");
	store_put(&build->cluster->store, KIND_JOB, value);
	build_pods(build, 1, build->name, false);
}

static json_t *cron_job_spec(const struct build *build)
{
	json_t *spec = json_pack("{s:s, s:s, s:{s:{s:o}}}", "schedule", "0 3 * * *", "concurrencyPolicy", "Allow",
				 "jobTemplate", "spec", "template", template_of(build->entry));

	if (json_object_get(build->entry, "spec"))
		json_object_update(spec, json_object_get(build->entry, "spec"));
	return spec;
}

static void build_owned(struct build *build)
{
	const struct object *object;

	if (build->kind == KIND_CRON_JOB) {
		store_workload(build, cron_job_spec(build));
		return;
	}
	if (build->kind == KIND_POD) {
		build->template = template_of(build->entry);
		build_pod(build, 0, build->name,
			  store_find(&build->cluster->store, KIND_NODE, "", doc_text(build->entry, "node")));
		return;
	}
	object = store_workload(build, spec_of(build, template_of(build->entry)));
	if (build->kind == KIND_DEPLOYMENT)
		build_deployment(build, object);
	else if (build->kind == KIND_DAEMON_SET)
		build_daemon_set(build, object);
	else if (build->kind == KIND_STATEFUL_SET)
		build_stateful_set(build, object);
	else
		build_job(build, object);
}

int workload_build(struct cluster *cluster, const json_t *entry, int64_t now, struct err *err)
{
	static const enum kind_id kinds[] = {KIND_DEPLOYMENT, KIND_DAEMON_SET, KIND_STATEFUL_SET, KIND_JOB,
					     KIND_CRON_JOB, KIND_POD};
	struct build build = {.cluster = cluster, .entry = entry, .kind = KIND_COUNT, .now = now};

	for (size_t i = 0; i < array_length(kinds); i++)
		if (!strcmp(kind_at(kinds[i])->kind, doc_text(entry, "kind")))
			build.kind = kinds[i];
	build.namespace = doc_text(entry, "namespace");
	build.name = doc_text(entry, "name");
	build.created = now - scenario_seconds(doc_text(entry, "age"));
	if (build.kind == KIND_COUNT || !build.namespace[0] || !build.name[0])
		return err_set(err, ERR_CONFIG, "the scenario has a workload without a known kind, a namespace and a "
						"name: {kind} {name}",
			       "kind", doc_text(entry, "kind"), "name", build.name, NULL);
	build_owned(&build);
	json_decref(build.template);
	json_decref(build.managed);
	return 0;
}

int workload_fill(struct cluster *cluster, int64_t pods, int64_t now, struct err *err)
{
	const json_t *fill = doc_get(cluster->scenario, "fill");
	const json_t *namespaces = json_object_get(fill, "namespaces");
	int64_t wanted = pods ? pods : doc_int(fill, "pods");
	int64_t left = wanted - (int64_t)cluster->store.tables[KIND_POD].count;
	int64_t replicas = doc_int_or(fill, "replicas", 10);
	int64_t number = 0;

	while (left > 0) {
		json_t *entry = json_object_get(fill, "workload") ? json_deep_copy(json_object_get(fill, "workload"))
								  : json_object();
		auto_free char *name = xasprintf("app-%04" PRId64, number);
		int result;

		doc_set_text(entry, "kind", "Deployment");
		doc_set_text(entry, "name", name);
		json_object_set(entry, "namespace",
				json_array_get(namespaces, (size_t)number % json_array_size(namespaces)));
		doc_set_int(entry, "replicas", replicas < left ? replicas : left);
		left -= replicas;
		number++;
		result = workload_build(cluster, entry, now, err);
		json_decref(entry);
		if (result)
			return -1;
	}
	return 0;
}

const struct object *workload_pod(const struct cluster *cluster, const char *namespace, const char *workload,
				  size_t n)
{
	auto_free char *prefix = xasprintf("%s/%s-", namespace, workload);
	const struct table *pods = &cluster->store.tables[KIND_POD];
	size_t at = store_position(&cluster->store, KIND_POD, prefix) + n;

	if (at >= pods->count || strncmp(pods->objects[at]->key, prefix, strlen(prefix)))
		return NULL;
	return pods->objects[at];
}

const json_t *workload_rule(const struct cluster *cluster, const struct object *pod)
{
	const struct object *owner = store_find_uid(&cluster->store, pod->owner_uid);
	const struct object *top = owner ? store_find_uid(&cluster->store, owner->owner_uid) : NULL;
	const char *kind = "Pod";
	const char *name = pod->name;
	size_t i;
	json_t *entry;

	if (top || owner) {
		kind = (top ? top : owner)->kind->kind;
		name = (top ? top : owner)->name;
	}
	json_array_foreach(doc_get(cluster->scenario, "workloads"), i, entry)
		if (!strcmp(doc_text(entry, "name"), name) && !strcmp(doc_text(entry, "kind"), kind) &&
		    !strcmp(doc_text(entry, "namespace"), pod->namespace))
			return entry;
	return NULL;
}

const char *workload_not_ready(const struct cluster *cluster, const json_t *rule, const json_t *pod)
{
	const json_t *when = json_object_get(rule, "readyWhen");

	return !when || rule_holds(cluster, when, pod) ? NULL : doc_text(when, "message");
}
