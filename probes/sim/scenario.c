#include "probes/sim/scenario.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/managed_fields.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/node.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"
#include "probes/sim/rule.h"
#include "probes/sim/scenario_read.h"
#include "probes/sim/volumes.h"
#include "probes/sim/workload.h"

int64_t scenario_seconds(const char *text)
{
	int64_t number;
	char unit;

	if (sscanf(text, "%" SCNd64 "%c", &number, &unit) != 2)
		return 0;
	switch (unit) {
	case 's':
		return number;
	case 'm':
		return number * 60;
	case 'h':
		return number * 3600;
	case 'd':
		return number * 86400;
	default:
		return 0;
	}
}

static void add_namespaces(struct cluster *cluster, int64_t now)
{
	size_t i;
	json_t *entry;

	json_array_foreach(doc_get(cluster->scenario, "namespaces"), i, entry) {
		const char *name = doc_text(entry, "name");
		json_t *labels = json_deep_copy(json_object_get(entry, "labels"));
		json_t *metadata = metadata_new(cluster, "", name, now - scenario_seconds(doc_text(entry, "age")));
		json_t *account;

		if (!labels)
			labels = json_object();
		json_object_set_new(labels, "kubernetes.io/metadata.name", json_string(name));
		json_object_set_new(metadata, "labels", labels);
		store_put(&cluster->store, KIND_NAMESPACE,
			  json_pack("{s:o, s:{s:[s]}, s:{s:s}}", "metadata", metadata, "spec", "finalizers",
				    "kubernetes", "status", "phase", "Active"));
		account = json_pack("{s:o}", "metadata",
				    metadata_new(cluster, name, "default",
						 now - scenario_seconds(doc_text(entry, "age"))));
		store_put(&cluster->store, KIND_SERVICE_ACCOUNT, account);
	}
}

/* Who wrote it, where the scenario says so. */
static void add_object_manager(json_t *object, int64_t created)
{
	struct manager manager = {.name = doc_text(object, "manager.name"),
				  .operation = doc_text(object, "manager.operation"),
				  .api_version = doc_text(object, "apiVersion"), .sub = ""};
	json_t *parts;

	if (!manager.name[0])
		return;
	parts = json_copy(object);
	json_object_del(parts, "manager");
	json_object_del(parts, "age");
	json_object_del(parts, "deleting");
	doc_set(object, "metadata.managedFields", json_array());
	json_array_append_new(doc_get(object, "metadata.managedFields"),
			      managed_entry(&manager, created, fields_of(parts)));
	json_decref(parts);
}

static int add_object(struct cluster *cluster, const json_t *entry, int64_t now, struct err *err)
{
	const struct kind *kind = kind_by_name(doc_text(entry, "apiVersion"), doc_text(entry, "kind"));
	json_t *object;
	json_t *metadata;
	json_t *wanted;

	if (!kind)
		return err_set(err, ERR_CONFIG, "the scenario has an object of a kind that is not simulated: {kind}",
			       "kind", doc_text(entry, "kind"), NULL);
	object = json_deep_copy(entry);
	wanted = json_object_get(object, "metadata");
	metadata = metadata_new(cluster, doc_text(wanted, "namespace"), doc_text(wanted, "name"),
				now - scenario_seconds(doc_text(object, "age")));
	json_object_update_missing(metadata, wanted);
	json_object_set_new(object, "metadata", metadata);
	add_object_manager(object, doc_wall(metadata, "creationTimestamp"));
	if (doc_text(object, "deleting")[0]) {
		doc_set(metadata, "deletionTimestamp", doc_time(now - scenario_seconds(doc_text(object, "deleting"))));
		doc_set_int(metadata, "deletionGracePeriodSeconds", 0);
	}
	json_object_del(object, "age");
	json_object_del(object, "manager");
	json_object_del(object, "deleting");
	store_put(&cluster->store, kind_storage(kind), object);
	return 0;
}

/* The object that an event is about: by name, or the nth pod of a workload. */
static const struct object *find_subject(const struct cluster *cluster, const json_t *entry)
{
	const char *namespace = doc_text(entry, "namespace");
	const char *workload = doc_text(entry, "workload");

	if (workload[0])
		return workload_pod(cluster, namespace, workload, (size_t)doc_int(entry, "pod"));
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!strcmp(kind_at((enum kind_id)i)->kind, doc_text(entry, "kind")))
			return store_find(&cluster->store, (enum kind_id)i, namespace, doc_text(entry, "name"));
	return NULL;
}

static int add_event(struct cluster *cluster, const json_t *entry, int64_t now, struct err *err)
{
	const struct object *subject = find_subject(cluster, entry);
	int64_t last = now - scenario_seconds(doc_text(entry, "age"));
	const char *component = doc_text(entry, "component");
	struct occurrence occurrence = {
		.type = doc_text(entry, "type")[0] ? doc_text(entry, "type") : "Normal",
		.reason = doc_text(entry, "reason"),
		.message = doc_text(entry, "message"),
		.component = component[0] ? component : "kubelet",
		.host = "",
		.field_path = doc_text(entry, "fieldPath"),
		.first = last - scenario_seconds(doc_text(entry, "lasted")),
		.last = last,
		.count = doc_int(entry, "count"),
	};
	const json_t *message = json_object_get(entry, "message");
	const json_t *annotations = json_object_get(entry, "annotations");
	struct object *event;

	if (!subject)
		return err_set(err, ERR_CONFIG, "the scenario has an event about nothing: {reason}", "reason",
			       occurrence.reason, NULL);
	if (!strcmp(occurrence.component, "kubelet"))
		occurrence.host = subject->kind->id == KIND_NODE ? subject->name
								 : doc_text(subject->now->value, "spec.nodeName");
	event = record_event(cluster, subject, &occurrence);
	/* A message may hold NUL characters, which C strings do not: put it in whole. */
	if ((json_string_length(message) != strlen(occurrence.message)) || annotations) {
		json_t *value = doc_fork(event->now->value);

		json_object_set(value, "message", (json_t *)(uintptr_t)message);
		if (annotations)
			json_object_set(doc_own(value, "metadata"), "annotations", (json_t *)(uintptr_t)annotations);
		store_put(&cluster->store, KIND_EVENT, value);
	}
	return 0;
}

static void read_settings(struct cluster *cluster)
{
	const json_t *scale = doc_get(cluster->scenario, "timeScale");
	const char *version = doc_text(cluster->scenario, "kubernetesVersion");

	snprintf(cluster->version, sizeof(cluster->version), "%s", version[0] ? version : "v1.28.3");
	if (json_is_number(scale))
		cluster->time_scale = json_number_value(scale);
	cluster->bookmark_ms = 1000 * doc_int_or(cluster->scenario, "bookmarkSeconds", 60);
}

static int fill_cluster(struct cluster *cluster, const struct scenario_options *options, struct err *err)
{
	const json_t *scenario = cluster->scenario;
	int64_t now = clock_wall();
	size_t i;
	json_t *entry;

	add_namespaces(cluster, now);
	nodes_build(cluster, options->nodes, now);
	volumes_build(cluster);
	json_array_foreach(doc_get(scenario, "objects"), i, entry)
		if (add_object(cluster, entry, now, err))
			return -1;
	json_array_foreach(doc_get(scenario, "workloads"), i, entry)
		if (workload_build(cluster, entry, now, err))
			return -1;
	if (doc_get(scenario, "fill") && workload_fill(cluster, options->pods, now, err))
		return -1;
	json_array_foreach(doc_get(scenario, "events"), i, entry)
		if (add_event(cluster, entry, now, err))
			return -1;
	return 0;
}

/* Changes are made once everything has settled, for the controllers to act on: a rollout that has just begun. */
static int make_changes(struct cluster *cluster, struct err *err)
{
	size_t i;
	json_t *entry;

	json_array_foreach(doc_get(cluster->scenario, "changes"), i, entry) {
		auto_free char *name = xasprintf("%s/%s/%s", doc_text(entry, "kind"), doc_text(entry, "namespace"),
						 doc_text(entry, "name"));
		struct object *object = object_named(cluster, name);
		json_t *value;

		if (!object)
			return err_set(err, ERR_CONFIG, "the scenario changes what is not there: {name}", "name", name,
				       NULL);
		value = merge_patch(object->now->value, json_object_get(entry, "merge"));
		if (doc_text(entry, "deleting")[0])
			doc_set(value, "metadata.deletionTimestamp",
				doc_time(clock_wall() - scenario_seconds(doc_text(entry, "deleting"))));
		doc_set_int(value, "metadata.generation", doc_int(value, "metadata.generation") + 1);
		store_put(&cluster->store, object->kind->id, value);
	}
	return 0;
}

int scenario_load(struct cluster *cluster, const struct scenario_options *options, struct err *err)
{
	if (scenario_read(options->folder, options->name, &cluster->scenario, err))
		return -1;
	if (doc_int(cluster->scenario, "format") != 1)
		return err_set(err, ERR_CONFIG, "the scenario {name} is not of format 1", "name", options->name, NULL);
	read_settings(cluster);
	if (fill_cluster(cluster, options, err))
		return -1;
	controllers_settle(cluster);
	if (make_changes(cluster, err))
		return -1;
	store_write_all(&cluster->store);
	store_compact(&cluster->store);
	return 0;
}

static int is_scenario(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && !strcmp(entry->d_name + n - 5, ".json");
}

int scenario_list(const char *folder, struct err *err)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_scenario, alphasort);
	int result = 0;

	if (count < 0)
		return err_set(err, ERR_IO, "cannot read the scenarios in {folder}", "folder", folder, NULL);
	for (int i = 0; i < count; i++) {
		auto_free char *name = xstrndup(entries[i]->d_name, strlen(entries[i]->d_name) - 5);
		json_t *scenario = NULL;

		if (!result)
			result = scenario_read(folder, name, &scenario, err);
		if (!result)
			printf("%s\t%s\n", name, doc_text(scenario, "shows"));
		json_decref(scenario);
		free(entries[i]);
	}
	free(entries);
	return result;
}
