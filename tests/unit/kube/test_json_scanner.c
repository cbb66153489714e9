#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "probes/kube/json_scan_span.h"
#include "probes/kube/json_scan_text.h"
#include "tests/unit/kube/documents.h"
#include "tests/unit/kube/scan.h"

static struct field_table *table_of(enum kind_id kind)
{
	return field_table_new(kind_get(kind));
}

static void test_pod(void **state)
{
	struct field_table *table = table_of(KIND_POD);
	struct record *record = scan_object(table, document_pod);
	const struct pod_record *pod;
	const struct container_status *main_status;

	(void)state;
	assert_non_null(record);
	pod = record_pod(record);
	assert_string_equal(record->uid, "6f1c1f9e-1f33-4c39-9d0c-0c7d2c4fd1a1");
	assert_string_equal(record->name, "calico-node-x7k2p");
	assert_string_equal(record->name_space, "kube-system");
	assert_string_equal(record->resource_version, "48211");
	assert_int_equal(record->created, 1795136523);
	assert_int_equal(record->deleted, 0);
	assert_string_equal(record->owner_uid, "d5-uid");
	assert_string_equal(record->owner_kind, "DaemonSet");
	assert_string_equal(record->owner_name, "calico-node");
	assert_int_equal(record->finalizer_count, 2);
	assert_string_equal(record->finalizers[1], "example.com/two");
	assert_string_equal(record_label(record, "k8s-app"), "calico-node");
	assert_null(record_label(record, "tier"));
	assert_string_equal(record_annotation(record, "kubernetes.io/config.mirror"), "abc");
	assert_true(pod->host_network);
	assert_string_equal(pod->node_name, "node-1");
	assert_string_equal(pod->phase, "Running");
	assert_string_equal(pod->reason, "");
	assert_string_equal(pod->service_account, "calico-node");
	assert_string_equal(pod->pod_ip, "10.0.0.11");
	assert_int_equal(pod->readiness_gate_count, 1);
	assert_string_equal(pod->readiness_gates[0], "example.com/gate");

	assert_int_equal(pod->spec_count, 3);
	assert_int_equal(pod->specs[1].role, CONTAINER_INIT);
	assert_true(pod->specs[1].always_restarts);
	assert_false(pod->specs[0].always_restarts);
	assert_string_equal(pod->specs[2].image, "docker.io/calico/node:v3.24.1");

	assert_int_equal(pod->status_count, 3);
	assert_string_equal(pod->statuses[0].name, "install-cni");
	assert_int_equal(pod->statuses[0].role, CONTAINER_INIT);
	assert_int_equal(pod->statuses[0].state, STATE_TERMINATED);
	assert_string_equal(pod->statuses[0].reason, "Completed");
	assert_int_equal(pod->statuses[1].state, STATE_RUNNING);
	assert_true(pod->statuses[1].started);
	main_status = &pod->statuses[2];
	assert_int_equal(main_status->role, CONTAINER_MAIN);
	assert_int_equal(main_status->state, STATE_WAITING);
	assert_string_equal(main_status->reason, "ImagePullBackOff");
	assert_string_equal(main_status->message,
			    "Back-off pulling image \"docker.io/calico/node:v3.24.1\": 안녕 😀");
	assert_true(main_status->has_last);
	assert_int_equal(main_status->last_exit_code, 137);
	assert_int_equal(main_status->last_signal, 9);
	assert_string_equal(main_status->last_reason, "OOMKilled");
	assert_int_equal(main_status->restart_count, 7);

	assert_int_equal(pod->condition_count, 2);
	assert_string_equal(condition_find(pod->conditions, 2, "Ready")->reason, "ContainersNotReady");
	assert_int_equal(pod->conditions[1].changed - pod->conditions[0].changed, (24 - 9) * 3600);
	/* The same text is one string in a record. */
	assert_ptr_equal(main_status->image, pod->specs[2].image);
	assert_ptr_equal(pod->pod_ip, pod->host_ip);
	record_free(record);
	field_table_free(table);
}

static void test_node(void **state)
{
	struct field_table *table = table_of(KIND_NODE);
	struct record *record = scan_object(table, document_node);
	const struct node_record *node;
	struct buffer roles = BUFFER_INIT(256);

	(void)state;
	assert_non_null(record);
	node = record_node(record);
	assert_true(node->unschedulable);
	assert_int_equal(node->pods_allocatable, 110);
	assert_int_equal(node->memory_allocatable, 8048912LL * 1024);
	assert_int_equal(node->cpu_allocatable, 3920);
	assert_int_equal(node->taint_count, 2);
	assert_int_equal(node->taints[0].added, 1795132800);
	assert_string_equal(node->taints[1].value, "gpu");
	assert_string_equal(node->addresses[0].address, "10.0.0.11");
	assert_string_equal(node->container_runtime, "containerd://1.6.33");
	assert_string_equal(node->conditions[0].type, "DiskPressure");
	assert_true(node->conditions[0].heartbeat > node->conditions[0].changed);
	assert_string_equal(record_label(record, "magnum.openstack.org/nodegroup"), "default-worker");
	node_roles_text(node, &roles);
	assert_string_equal(buffer_text(&roles), "etcd,worker");
	buffer_release(&roles);
	record_free(record);
	field_table_free(table);
}

static void test_event(void **state)
{
	struct field_table *table = table_of(KIND_EVENT);
	struct record *record = scan_object(table, document_event);
	const struct event_record *event;

	(void)state;
	assert_non_null(record);
	event = record_event(record);
	assert_string_equal(event->object_uid, "p-uid");
	assert_string_equal(event->object_field, "spec.containers{main}");
	assert_string_equal(event->message, "Failed to pull image \"x\": 429");
	assert_string_equal(event->host, "node-1");
	assert_int_equal(event->count, 5);
	assert_int_equal(event->last - event->first, 600);
	record_free(record);

	record = scan_object(table, document_event_series);
	assert_non_null(record);
	event = record_event(record);
	assert_string_equal(event->component, "default-scheduler");
	assert_string_equal(event->host, "s-0");
	assert_int_equal(event->count, 12);
	assert_int_equal(event->first - event->base.created, 60);
	assert_int_equal(event->last - event->base.created, 540);
	record_free(record);
	field_table_free(table);
}

static void test_workloads(void **state)
{
	struct field_table *daemon_sets = table_of(KIND_DAEMON_SET);
	struct field_table *deployments = table_of(KIND_DEPLOYMENT);
	struct field_table *stateful_sets = table_of(KIND_STATEFUL_SET);
	struct record *daemon_set = scan_object(daemon_sets, document_daemon_set);
	struct record *deployment = scan_object(deployments, document_deployment);
	struct record *stateful_set = scan_object(stateful_sets, document_stateful_set);
	const struct workload_record *workload;

	(void)state;
	assert_true(daemon_set && deployment && stateful_set);
	workload = record_workload(daemon_set);
	assert_int_equal(workload->wanted, 12);
	assert_int_equal(workload->ready, 4);
	assert_int_equal(workload->unavailable, 8);
	assert_int_equal(workload->misscheduled, 0);
	assert_int_equal(workload->spec_count, 2);
	assert_string_equal(workload->specs[1].image, "calico/node:v3");
	assert_string_equal(workload->strategy, "RollingUpdate");
	workload = record_workload(deployment);
	assert_true(workload->paused);
	assert_int_equal(workload->wanted, 3);
	assert_int_equal(workload->ready, 0);
	assert_int_equal(workload->updated, 1);
	assert_int_equal(workload->misscheduled, -1);
	assert_int_equal(workload->progress_deadline, 600);
	assert_string_equal(workload->revision, "14");
	assert_int_equal(workload->conditions[0].heartbeat - workload->conditions[0].changed, 5);
	workload = record_workload(stateful_set);
	assert_int_equal(workload->wanted, 1);
	assert_int_equal(workload->unavailable, -1);
	assert_string_equal(workload->revision, "db-59");
	record_free(daemon_set);
	record_free(deployment);
	record_free(stateful_set);
	field_table_free(daemon_sets);
	field_table_free(deployments);
	field_table_free(stateful_sets);
}

/* Each piece size gives the same records, versions and answers. */
static void test_pieces_of_any_size(void **state)
{
	struct field_table *table = table_of(KIND_POD);
	auto_free char *list = xasprintf("{\"kind\":\"PodList\",\"items\":[%s,\n %s],\"apiVersion\":\"v1\","
					 "\"metadata\":{\"resourceVersion\":\"12\",\"continue\":\"tok\\u0065n\","
					 "\"remainingItemCount\":41}}\n", document_pod, document_pod);

	(void)state;
	for (size_t piece = 1; piece < strlen(list) + 40; piece += piece < 130 ? 1 : 97) {
		struct scanned scanned = {0};

		assert_int_equal(scan_text(table, SCAN_LIST, list, strlen(list), piece, &scanned, NULL), 0);
		assert_int_equal(scanned.count, 2);
		assert_int_equal(scanned.metas, 1);
		assert_string_equal(scanned.version, "12");
		assert_string_equal(scanned.token, "token");
		assert_int_equal(scanned.remaining, 41);
		for (size_t i = 0; i < 2; i++) {
			assert_string_equal(record_pod(scanned.records[i])->statuses[2].reason,
					    "ImagePullBackOff");
			assert_int_equal(scanned.records[i]->size, scanned.records[0]->size);
		}
		scanned_release(&scanned);
	}
	field_table_free(table);
}

static void test_watch(void **state)
{
	struct field_table *table = table_of(KIND_POD);
	auto_free char *events = xasprintf(
		"{\"type\":\"ADDED\",\"object\":%s}\n{\"object\":%s,\"type\":\"DELETED\"}"
		"{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"99\","
		"\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\r\n"
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}",
		document_pod, document_pod);

	(void)state;
	for (size_t piece = 1; piece < 4000; piece = piece * 2 + 1) {
		struct scanned scanned = {0};

		assert_int_equal(scan_text(table, SCAN_WATCH, events, strlen(events), piece, &scanned,
					   NULL), 0);
		assert_int_equal(scanned.count, 2);
		assert_int_equal(scanned.events[0], WATCH_ADDED);
		assert_int_equal(scanned.events[1], WATCH_DELETED);
		assert_string_equal(scanned.version, "99");
		assert_int_equal(scanned.initial_ends, 1);
		assert_int_equal(scanned.status_code, 410);
		assert_string_equal(scanned.status_reason, "Expired");
		scanned_release(&scanned);
	}
	field_table_free(table);
}

static void assert_refused(enum scan_mode mode, const char *text, const char *message)
{
	struct field_table *table = table_of(KIND_POD);

	for (size_t piece = 1; piece < 20; piece += 6) {
		struct scanned scanned = {0};
		struct err err = {0};
		char *said;

		assert_int_equal(scan_text(table, mode, text, strlen(text), piece, &scanned, &err), -1);
		said = err_text(&err);
		if (!strstr(said, message))
			fail_msg("%s: said %s, not %s", text, said, message);
		free(said);
		scanned_release(&scanned);
	}
	field_table_free(table);
}

static void test_broken_documents(void **state)
{
	struct buffer deep = BUFFER_INIT(4096);

	(void)state;
	assert_refused(SCAN_LIST, "<html>", "an object is expected at byte 0");
	assert_refused(SCAN_LIST, "{\"items\":[1]}", "an item is expected at byte 10");
	assert_refused(SCAN_LIST, "{\"items\":[{}{}]}", "a comma or ] is expected at byte 12");
	assert_refused(SCAN_LIST, "{\"items\":[]", "it ends too early at byte 11");
	assert_refused(SCAN_LIST, "{\"items\":[{}]} x", "more text after the end at byte 15");
	assert_refused(SCAN_LIST, "{\"items\" []}", "a colon is expected at byte 9");
	assert_refused(SCAN_LIST, "{\"kind\":\"Status\"}", "it has no items");
	assert_refused(SCAN_LIST, "{\"items\":[{\"metadata\":{\"name\":\"a\\x\"}}]}",
		       "a broken escape at byte 32");
	assert_refused(SCAN_LIST, "{\"items\":[{\"metadata\" 1}]}", "a colon is expected at byte 22");
	assert_refused(SCAN_WATCH, "{\"type\":\"ADDED\"}", "a watch event without an object");
	assert_refused(SCAN_WATCH, "{\"type\":\"WHAT\",\"object\":{}}", "a watch event of an unknown type");
	assert_refused(SCAN_WATCH, "{\"type\":\"ADDED\",\"object\":{", "it ends too early");
	assert_refused(SCAN_OBJECT, "{\"spec\":{\"hostNetwork\":1tru}}", "a value is expected at byte 23");
	assert_refused(SCAN_OBJECT, "{\"metadata\":{\"generation\":01}}", "a value is expected");
	assert_refused(SCAN_OBJECT, "{\"metadata\":{\"generation\":1.}}", "a value is expected");
	assert_refused(SCAN_OBJECT, "{\"metadata\":{\"generation\":1e+}}", "a value is expected");
	assert_refused(SCAN_OBJECT, "", "it ends too early at byte 0");
	assert_refused(SCAN_OBJECT, "{}{}", "more text after the end at byte 2");
	buffer_add_text(&deep, "{\"items\":[{\"a\":");
	for (int i = 0; i < 200; i++)
		buffer_add_byte(&deep, '[');
	assert_refused(SCAN_LIST, buffer_text(&deep), "nested deeper than 100 levels");
	buffer_release(&deep);
}

static void test_large_item_is_refused(void **state)
{
	struct field_table *table = table_of(KIND_POD);
	struct scanned scanned = {0};
	struct scan_sink sink = scanned_sink(&scanned);
	struct scanner *scanner = json_scanner_ops.new(table, SCAN_LIST, &sink);
	size_t size = 1 << 20;
	auto_free char *filler = xmalloc(size);
	struct err err = {0};
	int result = 0;

	(void)state;
	memset(filler, 'x', size);
	assert_int_equal(json_scanner_ops.feed(scanner, "{\"items\":[{\"a\":\"", 15, &err), 0);
	for (int i = 0; i < 17 && !result; i++)
		result = json_scanner_ops.feed(scanner, filler, size, &err);
	assert_int_equal(result, -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(message_value(&err.what, "limit"), "16777216");
	assert_int_equal(json_scanner_ops.feed(scanner, "x", 1, &err), -1);
	json_scanner_ops.free(scanner);
	field_table_free(table);
}

static void test_wrong_types_are_absent(void **state)
{
	struct field_table *table = table_of(KIND_POD);
	struct record *record = scan_object(table,
		"{\"metadata\":{\"name\":7,\"uid\":[1],\"generation\":\"x\",\"ownerReferences\":{},\"labels\":[]},"
		"\"spec\":null,\"status\":{\"phase\":{\"a\":1},\"conditions\":[null,\"x\",{\"type\":1}],"
		"\"containerStatuses\":[{\"ready\":\"yes\",\"restartCount\":1.5,\"state\":3}]}}");

	(void)state;
	assert_non_null(record);
	assert_string_equal(record->name, "");
	assert_string_equal(record->uid, "");
	assert_int_equal(record->generation, 0);
	assert_string_equal(record_pod(record)->phase, "");
	assert_int_equal(record_pod(record)->condition_count, 1);
	assert_int_equal(record_pod(record)->statuses[0].state, STATE_UNKNOWN);
	assert_int_equal(record_pod(record)->statuses[0].restart_count, 0);
	record_free(record);
	field_table_free(table);
}

static void assert_decoded(const char *raw, size_t n, size_t limit, const char *expected)
{
	char out[256];
	size_t length;

	assert_int_equal(json_text_decode(raw, n, limit, out, &length), 0);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(out, expected, length);
}

static void test_decoding(void **state)
{
	(void)state;
	assert_decoded("a\\n\\t\\\"\\\\\\/\\b\\f\\r", 17, 99, "a\n\t\"\\/\b\f\r");
	assert_decoded("\\ud83d\\ude00", 12, 99, "😀");
	assert_decoded("\\ud83dx", 7, 99, "\xef\xbf\xbdx");
	assert_decoded("\\ude00", 6, 99, "\xef\xbf\xbd");
	assert_decoded("\\ud83d\\u0041", 12, 99, "\xef\xbf\xbd" "A");
	assert_decoded("a\\u0000b", 8, 99, "a\xef\xbf\xbd" "b");
	assert_decoded("a\0b", 3, 99, "a\xef\xbf\xbd" "b");
	assert_decoded("\xff\xc0\x80", 3, 99, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_decoded("노드", 6, 5, "노");
	assert_decoded("\\ub178\\ub4dc", 12, 3, "노");
	assert_decoded("abcdef", 6, 3, "abc");
	assert_int_equal(json_text_decode("ab\\u12", 6, 99, (char[64]){0}, &(size_t){0}), -1);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* The quick way over blocks and the plain way over bytes agree on any text, however it is cut. */
static void test_spans_agree(void **state)
{
	static const char alphabet[] = "{}[]\"\\ ab,:{[\"\\";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		char text[700];
		size_t n = 1 + next_random(&seed) % (sizeof(text) - 1);
		size_t split = next_random(&seed) % n;
		struct json_span quick;
		struct json_span plain;
		size_t quick_taken;
		size_t plain_taken;

		for (size_t i = 0; i < n; i++)
			text[i] = next_random(&seed) % 4 ? 'x' : alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
		for (size_t i = 0; i < 40 && i < n && round % 2; i++)
			text[i] = '[';
		text[0] = '{';
		json_span_start(&quick);
		json_span_start(&plain);
		plain_taken = json_span_feed_plainly(&plain, text, n);
		quick_taken = json_span_feed(&quick, text, split);
		if (quick_taken == split && !quick.done && !quick.too_deep)
			quick_taken += json_span_feed(&quick, text + split, n - split);
		assert_int_equal(quick_taken, plain_taken);
		assert_int_equal(quick.done, plain.done);
		assert_int_equal(quick.too_deep, plain.too_deep);
		assert_int_equal(quick.depth, plain.depth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_workloads),
		cmocka_unit_test(test_pieces_of_any_size),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_broken_documents),
		cmocka_unit_test(test_large_item_is_refused),
		cmocka_unit_test(test_wrong_types_are_absent),
		cmocka_unit_test(test_decoding),
		cmocka_unit_test(test_spans_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
