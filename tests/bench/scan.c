/*
 * How fast the scanner reads, and what a record costs: a list of pods as an
 * API server writes it, managedFields with it, from memory.
 *
 *     scan [PODS]       prints one JSON object
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

enum { PIECE = 16384, LIST_MAX = 1 << 30 };

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_managed_fields(struct buffer *list)
{
	buffer_add_text(list, "\"managedFields\":[");
	for (int i = 0; i < 2; i++) {
		buffer_addf(list,
			    "%s{\"manager\":\"%s\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":"
			    "\"2026-11-21T08:00:00Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{",
			    i ? "," : "", i ? "kubelet" : "kube-controller-manager");
		for (int field = 0; field < 12; field++)
			buffer_addf(list, "%s\"f:example.com/label-%d\":{}", field ? "," : "", field);
		buffer_add_text(list, "}},\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"app\\\"}\":{");
		for (int field = 0; field < 25; field++)
			buffer_addf(list, "%s\"f:someFieldOfTheContainer%d\":{\".\":{},\"f:x\":{}}",
				    field ? "," : "", field);
		buffer_add_text(list, "}}}}}");
	}
	buffer_add_text(list, "]");
}

static void add_containers(struct buffer *list, int pod)
{
	buffer_addf(list,
		    "\"containers\":[{\"name\":\"app\",\"image\":\"registry.example.com/team/app-%d:v1.2.3\",\"ports\":"
		    "[{\"containerPort\":8080,\"protocol\":\"TCP\"}],\"env\":[", pod % 50);
	for (int i = 0; i < 20; i++)
		buffer_addf(list,
			    "%s{\"name\":\"VARIABLE_%d\",\"value\":\"a value of the usual length %d\"}", i ? "," : "", i, pod);
	buffer_add_text(list,
			"],\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"128Mi\"}},\"volumeMounts\":[");
	for (int i = 0; i < 6; i++)
		buffer_addf(list,
			    "%s{\"name\":\"volume-%d\",\"readOnly\":true,\"mountPath\":\"/var/run/secrets/%d\"}",
			    i ? "," : "", i, i);
	buffer_add_text(list,
			"],\"terminationMessagePath\":\"/dev/termination-log\",\"imagePullPolicy\":\"IfNotPresent\"}]");
}

static void add_pod(struct buffer *list, int pod)
{
	static const char *const conditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
		"ContainersReady",
						 "PodScheduled"};

	buffer_addf(list,
		    "%s{\"metadata\":{\"name\":\"app-%d-7d9c6b5f4d-x%04d\",\"generateName\":\"app-%d-7d9c6b5f4d-\","
		    "\"namespace\":\"team-%d\",\"uid\":\"%08x-1f33-4c39-9d0c-0c7d2c4fd1a1\",\"resourceVersion\":\"%d\","
		    "\"creationTimestamp\":\"2026-11-20T01:02:03Z\",\"labels\":{\"app\":\"app-%d\",\"pod-template-hash\":"
		    "\"7d9c6b5f4d\"},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
		    "\"app-%d-7d9c6b5f4d\",\"uid\":\"%08x-aaaa-4c39-9d0c-0c7d2c4fd1a1\",\"controller\":true}],",
		    pod ? "," : "", pod % 50, pod, pod % 50, pod % 10, pod, 1000000 + pod, pod % 50, pod % 50, pod % 50);
	add_managed_fields(list);
	buffer_add_text(list, "},\"spec\":{");
	add_containers(list, pod);
	buffer_addf(list,
		    ",\"restartPolicy\":\"Always\",\"serviceAccountName\":\"app\",\"nodeName\":\"worker-node-%d\"},"
		    "\"status\":{\"phase\":\"Running\",\"conditions\":[", pod % 100);
	for (size_t i = 0; i < array_length(conditions); i++)
		buffer_addf(list,
			    "%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":"
			    "\"2026-11-20T01:02:13Z\"}", i ? "," : "", conditions[i]);
	buffer_addf(list,
		    "],\"hostIP\":\"10.0.0.%d\",\"podIP\":\"10.100.%d.%d\",\"startTime\":\"2026-11-20T01:02:04Z\","
		    "\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"running\":{\"startedAt\":\"2026-11-20T01:02:10Z\"}},"
		    "\"lastState\":{},\"ready\":true,\"restartCount\":0,\"image\":\"registry.example.com/team/app-%d:v1.2.3\","
		    "\"imageID\":\"registry.example.com/team/app-%d@sha256:"
		    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"started\":true}]}}",
		    pod % 100, pod / 250, pod % 250, pod % 50, pod % 50);
}

static int count_record(void *data, enum watch_event event, struct record *record)
{
	(void)event;
	*(size_t *)data += record->size;
	record_free(record);
	return 0;
}

static int put_record(void *data, enum watch_event event, struct record *record)
{
	(void)event;
	snapshot_put(data, record);
	return 0;
}

static void scan_list(const struct buffer *list, const struct field_table *table,
		      const struct scan_sink *sink)
{
	struct scanner *scanner = json_scanner_ops.new(table, SCAN_LIST, sink);
	struct err err;

	for (size_t at = 0; at < list->length; at += PIECE) {
		size_t n = list->length - at < PIECE ? list->length - at : PIECE;

		if (json_scanner_ops.feed(scanner, list->data + at, n, &err) < 0)
			bug(err_text(&err));
	}
	if (json_scanner_ops.finish(scanner, &err) < 0)
		bug(err_text(&err));
	json_scanner_ops.free(scanner);
}

int main(int argc, char **argv)
{
	int pods = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
	struct buffer list = BUFFER_INIT(LIST_MAX);
	struct field_set fields;
	struct snapshot *snapshot = snapshot_new();
	struct scan_sink sink = {.on_record = count_record};
	size_t record_bytes = 0;
	double best = 1e9;
	size_t before;

	buffer_add_text(&list, "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[");
	for (int i = 0; i < pods; i++)
		add_pod(&list, i);
	buffer_add_text(&list, "]}");
	field_set_init(&fields);
	for (int round = 0; round < 5; round++) {
		double start = seconds(CLOCK_PROCESS_CPUTIME_ID);

		record_bytes = 0;
		sink.data = &record_bytes;
		scan_list(&list, fields.tables[KIND_POD], &sink);
		if (seconds(CLOCK_PROCESS_CPUTIME_ID) - start < best)
			best = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
	}
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	sink = (struct scan_sink){.on_record = put_record, .data = snapshot};
	scan_list(&list, fields.tables[KIND_POD], &sink);
	printf("{\"pods\": %d, \"bytes\": %zu, \"cpuSeconds\": %.4f, \"megabytesPerSecond\": %.0f, \"recordBytes\": %zu, "
	       "\"heapBytesPerPod\": %zu}\n", pods, list.length, best, (double)list.length / 1e6 / best,
	       record_bytes / (size_t)pods,
	       (mallinfo2().uordblks + mallinfo2().hblkhd - before) / (size_t)pods);
	snapshot_free(snapshot);
	field_set_release(&fields);
	buffer_release(&list);
	return 0;
}
