#include "probes/sim/volumes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/pods.h"
#include "probes/sim/status.h"

enum { KEPT_PERCENT = 98 };	/* of a volume that its file system leaves for files: ext4's own tables */

static const char agents[] = "kube-system/csi-cinder-nodeplugin-";

/* Bytes of "100Gi", "1Ti", "500M", "1073741824". */
static int64_t bytes_of(const char *quantity)
{
	static const struct {
		const char *suffix;
		int64_t factor;
	} units[] = {{"Ki", 1LL << 10}, {"Mi", 1LL << 20}, {"Gi", 1LL << 30}, {"Ti", 1LL << 40}, {"k", 1000},
		     {"M", 1000000}, {"G", 1000000000}, {"T", 1000000000000}, {"", 1}};
	int64_t number = 0;
	int length = 0;

	if (sscanf(quantity, "%" SCNd64 "%n", &number, &length) != 1)
		return 0;
	for (size_t i = 0; i < array_length(units); i++)
		if (!strcmp(quantity + length, units[i].suffix))
			return number * units[i].factor;
	return 0;
}

static const struct object *volume_of(const struct cluster *cluster, const char *namespace, const char *claim)
{
	const struct object *object = store_find(&cluster->store, KIND_CLAIM, namespace, claim);

	return object ? store_find(&cluster->store, KIND_VOLUME, "", doc_text(object->now->value, "spec.volumeName"))
		      : NULL;
}

static int64_t full_size(const struct object *volume)
{
	return bytes_of(doc_text(volume->now->value, "spec.capacity.storage")) / 100 * KEPT_PERCENT;
}

static int64_t size_of(const struct cluster *cluster, const char *key, const struct object *volume)
{
	const json_t *known = json_object_get(cluster->volumes, key);

	return known ? json_integer_value(known) : full_size(volume);
}

void volumes_build(struct cluster *cluster)
{
	size_t i;
	json_t *entry;

	json_array_foreach(doc_get(cluster->scenario, "volumes"), i, entry)
		json_object_set(cluster->volumes, doc_text(entry, "claim"), json_object_get(entry, "bytes"));
}

/* True where [BlockStorage] has rescan-on-resize = true. */
static bool rescans(const char *configuration)
{
	bool inside = false;
	bool found = false;

	for (const char *line = configuration; *line; line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
		auto_free char *text = xstrndup(line, strcspn(line, "\n"));
		char word[8];

		if (text[0] == '[')
			inside = !strncmp(text, "[BlockStorage]", 14);
		else if (inside && sscanf(text, " rescan-on-resize = %7s", word) == 1)
			found = !strcmp(word, "true");
	}
	return found;
}

/* When the Secret was written last; 0 = before the simulator began. */
static int64_t written(const struct object *secret)
{
	int64_t last = 0;
	size_t i;
	json_t *entry;

	json_array_foreach(doc_get(secret->now->value, "metadata.managedFields"), i, entry)
		last = doc_wall(entry, "time") > last ? doc_wall(entry, "time") : last;
	return last;
}

/* The node's plugin runs, and has begun since the configuration says so. */
static bool node_rescans(const struct cluster *cluster, const char *node)
{
	const struct object *secret = store_find(&cluster->store, KIND_SECRET, "kube-system",
						 "cinder-csi-cloud-config");
	const struct table *pods = &cluster->store.tables[KIND_POD];
	const char *encoded = secret ? doc_text(secret->now->value, "data.cloud-config") : "";
	auto_free char *text = NULL;
	size_t length;
	struct err err;

	if (!encoded[0] || base64_decode(encoded, &text, &length, &err) || !rescans(text))
		return false;
	for (size_t i = store_position(&cluster->store, KIND_POD, agents);
	     i < pods->count && !strncmp(pods->objects[i]->key, agents, sizeof(agents) - 1); i++) {
		const json_t *pod = pods->objects[i]->now->value;

		if (!strcmp(doc_text(pod, "spec.nodeName"), node))
			return pod_is_ready(pod) && doc_wall(pod, "metadata.creationTimestamp") >= written(secret);
	}
	return false;
}

void volumes_mount(struct cluster *cluster, const json_t *pod)
{
	const char *namespace = doc_text(pod, "metadata.namespace");
	size_t i;
	json_t *volume;

	json_array_foreach(doc_get(pod, "spec.volumes"), i, volume) {
		const char *claim = doc_text(volume, "persistentVolumeClaim.claimName");
		auto_free char *key = xasprintf("%s/%s", namespace, claim);

		if (json_object_get(cluster->volumes, key) && node_rescans(cluster, doc_text(pod, "spec.nodeName")))
			json_object_del(cluster->volumes, key);
	}
}

static json_t *volume_stats(const struct cluster *cluster, const char *namespace, const json_t *volume,
			    const char *time)
{
	const char *claim = doc_text(volume, "persistentVolumeClaim.claimName");
	const struct object *persistent = claim[0] ? volume_of(cluster, namespace, claim) : NULL;
	auto_free char *key = xasprintf("%s/%s", namespace, claim);
	int64_t size;

	/* A kubelet has nothing to say of block devices. */
	if (!persistent || !strcmp(doc_text(persistent->now->value, "spec.volumeMode"), "Block"))
		return NULL;
	size = size_of(cluster, key, persistent);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:{s:s, s:s}}", "time", time, "availableBytes",
			 (json_int_t)(size / 10 * 3), "capacityBytes", (json_int_t)size, "usedBytes",
			 (json_int_t)(size / 10 * 7), "inodesFree", (json_int_t)(size / 16384 - 4096), "inodes",
			 (json_int_t)(size / 16384), "inodesUsed", (json_int_t)4096, "name", doc_text(volume, "name"),
			 "pvcRef", "name", claim, "namespace", namespace);
}

static json_t *pod_stats(const struct cluster *cluster, const struct object *pod, const char *time)
{
	json_t *volumes = json_array();
	size_t i;
	json_t *volume;

	json_array_foreach(doc_get(pod->now->value, "spec.volumes"), i, volume) {
		json_t *stats = volume_stats(cluster, pod->namespace, volume, time);

		if (stats)
			json_array_append_new(volumes, stats);
	}
	return json_pack("{s:{s:s, s:s, s:s}, s:o, s:o}", "podRef", "name", pod->name, "namespace", pod->namespace,
			 "uid", pod->uid, "startTime", doc_time(doc_wall(pod->now->value, "status.startTime")),
			 "volume", volumes);
}

void stats_summary_answer(struct request *request, const char *node)
{
	const struct cluster *cluster = request->cluster;
	const struct table *pods = &cluster->store.tables[KIND_POD];
	json_t *list = json_array();
	char time[21];

	if (!store_find(&cluster->store, KIND_NODE, "", node)) {
		json_decref(list);
		answer_status(request, status_not_found(kind_at(KIND_NODE), node));
		return;
	}
	clock_format(clock_wall(), time);
	for (size_t i = 0; i < pods->count; i++)
		if (!strcmp(doc_text(pods->objects[i]->now->value, "spec.nodeName"), node) &&
		    !strcmp(doc_text(pods->objects[i]->now->value, "status.phase"), "Running"))
			json_array_append_new(list, pod_stats(cluster, pods->objects[i], time));
	answer_json(request, 200,
		    json_pack("{s:{s:s, s:{s:s, s:I, s:I, s:I}}, s:o}", "node", "nodeName", node, "fs", "time", time,
			      "availableBytes", (json_int_t)61203283968, "capacityBytes", (json_int_t)105553760256,
			      "usedBytes", (json_int_t)44333699072, "pods", list));
}
