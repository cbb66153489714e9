/*
 * What detection costs on a big cluster: 1,000 nodes, 10,000 pods, 50,000
 * events, all runbooks of assets/. Some pods are sick, and every pod has a
 * warning of its own, so that no two messages are alike.
 *
 * *     detect [PODS [EVENTS [PASSES]]]       prints one JSON object; seconds are CPU time
 *
 * "first" is the first pass, in which every text meets the patterns for the
 * first time; "pass" a full pass after that; "change" one changed object,
 * the mean and the worst of each kind of change.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/scanner.h"
#include "probes/model/cluster.h"
#include "probes/symptoms/symptoms.h"

enum {
	NODES = 1000,
	PODS_OF_A_SET = 40,
	SICK_EVERY = 100,
	NOW = 1795255200,	/* 2026-11-21T10:00:00Z */
	CHANGES = 300,
	TEXT_MAX = 1 << 30,
};

struct scene {
	struct field_set fields;
	struct runbook_set *runbooks;
	struct snapshot *snapshot;
	struct evidence_store *evidence;
	int version;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t heap_bytes(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static int put_record(void *data, enum watch_event event, struct record *record)
{
	if (event == WATCH_DELETED) {
		snapshot_remove(data, record->kind->id, record->uid);
		record_free(record);
	} else {
		snapshot_put(data, record);
	}
	return 0;
}

static void put_text(struct scene *scene, enum kind_id kind, enum scan_mode mode, const struct buffer *text)
{
	const struct scan_sink sink = {.on_record = put_record, .data = scene->snapshot};
	struct scanner *scanner = json_scanner_ops.new(scene->fields.tables[kind], mode, &sink);
	struct err err;

	if (json_scanner_ops.feed(scanner, text->data, text->length, &err) < 0 ||
	    json_scanner_ops.finish(scanner, &err) < 0) {
		fprintf(stderr, "detect: %s\n", err_text(&err));
		exit(1);
	}
	json_scanner_ops.free(scanner);
}

static void add_meta(struct scene *scene, struct buffer *out, const char *name, const char *name_space, int uid,
		     const char *more)
{
	buffer_addf(out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%08x-1f33-4c39-9d0c-0c7d2c4fd1a1\","
		    "\"resourceVersion\":\"%d\",\"creationTimestamp\":\"2026-11-20T01:02:03Z\"%s}", name, name_space, uid,
		    ++scene->version, more);
}

static void add_node(struct scene *scene, struct buffer *out, int number, bool ready)
{
	static const char *const types[] = {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"};
	auto_free char *name = xasprintf("worker-%d", number);

	add_meta(scene, out, name, "", number, ",\"labels\":{\"kubernetes.io/arch\":\"amd64\"}");
	buffer_add_text(out, ",\"status\":{\"nodeInfo\":{\"kubeletVersion\":\"v1.30.4\","
			"\"containerRuntimeVersion\":\"containerd://1.7.2\"},\"conditions\":[");
	for (size_t i = 0; i < array_length(types); i++)
		buffer_addf(out, "%s{\"type\":\"%s\",\"status\":\"%s\",\"lastTransitionTime\":\"2026-11-20T01:02:13Z\"}",
			    i ? "," : "", types[i], (i == 3) == ready ? "True" : "False");
	buffer_add_text(out, "]}}");
}

static const char *pod_state(int number, int restarts, char *out, size_t size)
{
	if (number % SICK_EVERY == 0)
		snprintf(out, size, "\"ready\":false,\"restartCount\":%d,\"state\":{\"waiting\":{\"reason\":"
			 "\"ImagePullBackOff\",\"message\":\"Back-off pulling image \\\"registry.example.com/team/app:%d\\\"\"}}",
			 restarts, number);
	else
		snprintf(out, size, "\"ready\":true,\"restartCount\":%d,\"state\":{\"running\":{\"startedAt\":"
			 "\"2026-11-20T01:02:10Z\"}}", restarts);
	return out;
}

static void add_pod(struct scene *scene, struct buffer *out, int number, int restarts)
{
	static const char *const types[] = {"Initialized", "Ready", "ContainersReady", "PodScheduled"};
	int set = number / PODS_OF_A_SET;
	bool sick = number % SICK_EVERY == 0;
	auto_free char *name = xasprintf("app-%d-7d9c6b5f4d-x%04d", set, number);
	auto_free char *owner = xasprintf(",\"labels\":{\"app\":\"app-%d\"},\"ownerReferences\":[{\"kind\":\"ReplicaSet\","
					  "\"name\":\"app-%d-7d9c6b5f4d\",\"uid\":\"%08x-1f33-4c39-9d0c-0c7d2c4fd1a1\","
					  "\"controller\":true}]", set, set, 0x20000000 + set);
	char state[512];

	add_meta(scene, out, name, "team", 0x30000000 + number, owner);
	buffer_addf(out, ",\"spec\":{\"nodeName\":\"worker-%d\",\"restartPolicy\":\"Always\",\"containers\":[{\"name\":\"app\","
		    "\"image\":\"registry.example.com/team/app:v1\"}],\"volumes\":[{\"name\":\"data\","
		    "\"persistentVolumeClaim\":{\"claimName\":\"data-%d\"}}]},\"status\":{\"phase\":\"%s\",\"conditions\":[",
		    number % NODES, number, sick ? "Pending" : "Running");
	for (size_t i = 0; i < array_length(types); i++)
		buffer_addf(out, "%s{\"type\":\"%s\",\"status\":\"%s\",\"lastTransitionTime\":\"2026-11-20T01:02:13Z\"}",
			    i ? "," : "", types[i], sick && (i == 1 || i == 2) ? "False" : "True");
	buffer_addf(out, "],\"podIP\":\"10.100.%d.%d\",\"startTime\":\"2026-11-20T01:02:04Z\",\"containerStatuses\":[{"
		    "\"name\":\"app\",\"image\":\"registry.example.com/team/app:v1\",%s}]}}", number / 250, number % 250,
		    pod_state(number, restarts, state, sizeof(state)));
}

static void add_workload(struct scene *scene, struct buffer *out, const char *kind, int number)
{
	bool is_set = !strcmp(kind, "ReplicaSet");
	auto_free char *name = xasprintf(is_set ? "app-%d-7d9c6b5f4d" : "app-%d", number);
	auto_free char *owner = is_set ? xasprintf(",\"ownerReferences\":[{\"kind\":\"Deployment\",\"name\":\"app-%d\",\"uid\":"
						   "\"%08x-1f33-4c39-9d0c-0c7d2c4fd1a1\",\"controller\":true}]", number,
						   0x10000000 + number)
				       : xstrdup("");

	add_meta(scene, out, name, "team", (is_set ? 0x20000000 : 0x10000000) + number, owner);
	buffer_addf(out, ",\"spec\":{\"replicas\":%d,\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":"
		    "\"registry.example.com/team/app:v1\"}]}}},\"status\":{\"observedGeneration\":1,\"replicas\":%d,"
		    "\"readyReplicas\":%d,\"availableReplicas\":%d,\"updatedReplicas\":%d}}", PODS_OF_A_SET, PODS_OF_A_SET,
		    PODS_OF_A_SET, PODS_OF_A_SET, PODS_OF_A_SET);
}

/* Four that tell of a start, then one that warns, each with names of its own in its text. */
static void add_event(struct scene *scene, struct buffer *out, int number, int count, int pods)
{
	static const struct {
		const char *type;
		const char *reason;
		const char *text;
	} forms[] = {
		{"Normal", "Scheduled", "Successfully assigned team/app-%d to worker-%d"},
		{"Normal", "Pulled", "Successfully pulled image \\\"registry.example.com/team/app:%d\\\" in %dms"},
		{"Normal", "Created", "Created container app"},
		{"Normal", "Started", "Started container app"},
		{"Warning", "Unhealthy", "Readiness probe failed: Get \\\"http://10.100.1.1:8080/%d\\\": context deadline exceeded %d"},
		{"Warning", "FailedMount", "MountVolume.SetUp failed for volume \\\"data-%d\\\" : object %d not registered"},
		{"Warning", "Failed", "Failed to pull image \\\"registry.example.com/team/app:%d\\\": rpc error: code = %d desc = "
			"failed to resolve reference: dial tcp: lookup registry.example.com: no such host"},
		{"Warning", "BackOff", "Back-off restarting failed container app in pod app-%d_team(%d)"},
	};
	int pod = number / 5 % pods;
	int form = number % 5 < 4 ? number % 5 : 4 + pod % 4;
	auto_free char *name = xasprintf("app-%d-7d9c6b5f4d-x%04d.%x", pod / PODS_OF_A_SET, pod, number);
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);

	switch (form) {
	case 2:
	case 3:
		buffer_add_text(&text, forms[form].text);
		break;
	default:
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buffer_addf(&text, forms[form].text, pod, number);
#pragma GCC diagnostic pop
	}
	add_meta(scene, out, name, "team", 0x40000000 + number, "");
	buffer_addf(out, ",\"type\":\"%s\",\"reason\":\"%s\",\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"team\",\"name\":"
		    "\"app-%d-7d9c6b5f4d-x%04d\",\"uid\":\"%08x-1f33-4c39-9d0c-0c7d2c4fd1a1\"},\"message\":\"%s\",\"source\":{"
		    "\"component\":\"kubelet\",\"host\":\"worker-%d\"},\"firstTimestamp\":\"2026-11-21T09:50:00Z\","
		    "\"lastTimestamp\":\"2026-11-21T09:5%d:00Z\",\"count\":%d}", forms[form].type, forms[form].reason,
		    pod / PODS_OF_A_SET, pod, 0x30000000 + pod, buffer_text(&text), pod % NODES, number % 10, count);
}

static void list_begin(struct buffer *list)
{
	buffer_add_text(list, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[");
}

static void list_end(struct scene *scene, enum kind_id kind, struct buffer *list)
{
	buffer_add_text(list, "]}");
	put_text(scene, kind, SCAN_LIST, list);
	buffer_clear(list);
}

static void fill(struct scene *scene, int pods, int events)
{
	CLEANUP(buffer_release) struct buffer list = BUFFER_INIT(TEXT_MAX);

	for (int i = 0; i < KIND_COUNT; i++)
		snapshot_list_start(scene->snapshot, (enum kind_id)i);
	list_begin(&list);
	for (int i = 0; i < NODES; i++) {
		buffer_add_text(&list, i ? "," : "");
		add_node(scene, &list, i, i % SICK_EVERY != 0);
	}
	list_end(scene, KIND_NODE, &list);
	for (int kind = KIND_DEPLOYMENT; kind <= KIND_REPLICA_SET; kind++) {
		list_begin(&list);
		for (int i = 0; i * PODS_OF_A_SET < pods; i++) {
			buffer_add_text(&list, i ? "," : "");
			add_workload(scene, &list, kind_get((enum kind_id)kind)->name, i);
		}
		list_end(scene, (enum kind_id)kind, &list);
	}
	list_begin(&list);
	for (int i = 0; i < pods; i++) {
		buffer_add_text(&list, i ? "," : "");
		add_pod(scene, &list, i, 0);
	}
	list_end(scene, KIND_POD, &list);
	list_begin(&list);
	for (int i = 0; i < events; i++) {
		buffer_add_text(&list, i ? "," : "");
		add_event(scene, &list, i, 1, pods);
	}
	list_end(scene, KIND_EVENT, &list);
	for (int i = 0; i < KIND_COUNT; i++) {
		snapshot_list_end(scene->snapshot, (enum kind_id)i);
		snapshot_set_state(scene->snapshot, (enum kind_id)i, COLLECTION_CURRENT, NULL, 1);
	}
}

static double pass(struct scene *scene, struct symptoms **ret_symptoms)
{
	double start;

	*ret_symptoms = symptoms_new(scene->runbooks, NULL);
	start = seconds();
	symptoms_update(*ret_symptoms, scene->snapshot, scene->evidence, NOW);
	return seconds() - start;
}

/* One kind of change, CHANGES times, each looked at by itself. */
static void measure_changes(struct scene *scene, struct symptoms *symptoms, const char *name, enum kind_id kind, int pods)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(1 << 20);
	double worst = 0;
	double sum = 0;

	for (int i = 0; i < CHANGES; i++) {
		double start;

		buffer_clear(&text);
		buffer_add_text(&text, "{\"type\":\"MODIFIED\",\"object\":");
		if (kind == KIND_POD)
			add_pod(scene, &text, i * 31 % pods, 1 + i);
		else if (kind == KIND_NODE)
			add_node(scene, &text, i / 2 * 31 % NODES, i % 2);
		else if (kind == KIND_EVENT)
			add_event(scene, &text, 4 + 5 * (i * 31 % pods), 2 + i, pods);
		else
			add_workload(scene, &text, kind_get(kind)->name, i * 31 % (pods / PODS_OF_A_SET));
		buffer_add_text(&text, "}\n");
		put_text(scene, kind, SCAN_WATCH, &text);
		start = seconds();
		symptoms_update(symptoms, scene->snapshot, scene->evidence, NOW);
		start = seconds() - start;
		sum += start;
		if (start > worst)
			worst = start;
	}
	printf(", \"%sChange\": %.6f, \"%sWorst\": %.6f", name, sum / CHANGES, name, worst);
}

int main(int argc, char **argv)
{
	int pods = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
	int events = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 50000;
	int passes = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
	struct runbook_load_options options = {.assets = "assets"};
	struct scene scene = {.snapshot = snapshot_new(), .evidence = evidence_store_new()};
	struct symptoms *symptoms;
	struct err err;
	size_t before;
	double first;
	double best = 1e9;

	field_set_init(&scene.fields);
	if (runbook_set_load(&options, &scene.fields, &scene.runbooks, &err) < 0) {
		fprintf(stderr, "detect: %s\n", err_text(&err));
		return 1;
	}
	before = heap_bytes();
	fill(&scene, pods, events);
	printf("{\"runbooks\": %zu, \"pods\": %zu, \"events\": %zu, \"dropped\": %llu, \"snapshotBytes\": %zu",
	       runbook_count(scene.runbooks), snapshot_all(scene.snapshot, KIND_POD).count,
	       snapshot_all(scene.snapshot, KIND_EVENT).count,
	       (unsigned long long)snapshot_collection(scene.snapshot, KIND_EVENT)->dropped, heap_bytes() - before);
	first = pass(&scene, &symptoms);
	for (int i = 0; i < passes; i++) {
		double took;

		symptoms_free(symptoms);
		took = pass(&scene, &symptoms);
		if (took < best)
			best = took;
	}
	printf(", \"findings\": %zu, \"first\": %.4f, \"pass\": %.4f", symptoms_finding_count(symptoms), first, best);
	measure_changes(&scene, symptoms, "pod", KIND_POD, pods);
	measure_changes(&scene, symptoms, "event", KIND_EVENT, pods);
	measure_changes(&scene, symptoms, "node", KIND_NODE, pods);
	measure_changes(&scene, symptoms, "workload", KIND_DEPLOYMENT, pods);
	printf("}\n");
	symptoms_free(symptoms);
	snapshot_free(scene.snapshot);
	evidence_store_free(scene.evidence);
	runbook_set_free(scene.runbooks);
	field_set_release(&scene.fields);
	return 0;
}
