/*
 * STATUS, READY and RESTARTS against what printPod of kubernetes
 * pkg/printers/internalversion/printers.go says of the same pods.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "tests/unit/kube/scan.h"

/* Specs */
#define C(name) "{\"name\":\"" name "\",\"image\":\"i\"}"
#define SIDECAR(name) "{\"name\":\"" name "\",\"image\":\"i\",\"restartPolicy\":\"Always\"}"
/* Statuses: name, state, more members */
#define S(name, state, more) "{\"name\":\"" name "\",\"state\":{" state "}" more "}"
#define WAITING(reason) "\"waiting\":{\"reason\":\"" reason "\"}"
#define RUNNING "\"running\":{\"startedAt\":\"2026-11-21T00:00:00Z\"}"
#define ENDED(code, reason) "\"terminated\":{\"exitCode\":" code ",\"reason\":\"" reason "\"}"
#define SIGNALLED(code, signal) "\"terminated\":{\"exitCode\":" code ",\"signal\":" signal "}"
#define READY ",\"ready\":true"
#define STARTED ",\"started\":true"
#define RESTARTS(n) ",\"restartCount\":" n
#define LAST(time) ",\"lastState\":{\"terminated\":{\"exitCode\":1,\"finishedAt\":\"" time "\"}}"
#define IS(type, status) "{\"type\":\"" type "\",\"status\":\"" status "\"}"
#define OK_RUNNING(name) S(name, RUNNING, READY STARTED)

struct pod_case {
	const char *meta;	/* members of metadata */
	const char *inits;	/* spec.initContainers */
	const char *containers;
	const char *phase;
	const char *status;	/* more members of status, each with a comma before it */
	const char *init_statuses;
	const char *statuses;
	const char *conditions;
	const char *text;
	const char *ready;
	int restarts;
};

#define DELETED "\"deletionTimestamp\":\"2026-11-21T00:00:00Z\""

static const struct pod_case cases[] = {
	/* Plain phases */
	{"", "", C("a"), "Pending", "", "", "", "", "Pending", "0/1", 0},
	{"", "", C("a"), "Running", "", "", OK_RUNNING("a"), "", "Running", "1/1", 0},
	{"", "", C("a") "," C("b"), "Running", "", "", OK_RUNNING("a") "," OK_RUNNING("b"), "", "Running", "2/2", 0},
	{"", "", C("a"), "Running", "", "", S("a", RUNNING, ""), "", "Running", "0/1", 0},
	{"", "", C("a"), "Unknown", "", "", OK_RUNNING("a"), "", "Unknown", "1/1", 0},
	{"", "", C("a"), "", "", "", "", "", "", "0/1", 0},
	{"", "", "", "Running", "", "", "", "", "Running", "0/0", 0},
	{"", "", C("a"), "Failed", "", "", S("a", ENDED("1", "Error"), ""), "", "Error", "0/1", 0},
	{"", "", C("a"), "Succeeded", "", "", S("a", ENDED("0", "Completed"), ""), "", "Completed", "0/1", 0},
	{"", "", C("a"), "Failed", "", "", "", "", "Failed", "0/1", 0},
	/* status.reason wins over the phase, a container's over both */
	{"", "", C("a"), "Failed", ",\"reason\":\"Evicted\"", "", "", "", "Evicted", "0/1", 0},
	{"", "", C("a"), "Failed", ",\"reason\":\"Evicted\"", "", S("a", ENDED("137", "Error"), ""), "", "Error", "0/1", 0},
	{"", "", C("a"), "Failed", ",\"reason\":\"NodeAffinity\"", "", "", "", "NodeAffinity", "0/1", 0},
	{"", "", C("a"), "Failed", ",\"reason\":\"UnexpectedAdmissionError\"", "", "", "", "UnexpectedAdmissionError",
	 "0/1", 0},
	{"", "", C("a"), "Failed", ",\"reason\":\"DeadlineExceeded\"", "", S("a", ENDED("143", "Error"), ""), "", "Error",
	 "0/1", 0},
	/* Scheduling gates */
	{"", "", C("a"), "Pending", "", "", "",
	 "{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"SchedulingGated\"}", "SchedulingGated", "0/1", 0},
	{"", "", C("a"), "Pending", "", "", "",
	 "{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\"}", "Pending", "0/1", 0},
	{DELETED, "", C("a"), "Pending", "", "", "",
	 "{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"SchedulingGated\"}", "Terminating", "0/1", 0},
	/* Waiting */
	{"", "", C("a"), "Pending", "", "", S("a", WAITING("ContainerCreating"), ""), "", "ContainerCreating", "0/1", 0},
	{"", "", C("a"), "Pending", "", "", S("a", WAITING("ErrImagePull"), ""), "", "ErrImagePull", "0/1", 0},
	{"", "", C("a"), "Pending", "", "", S("a", WAITING("ImagePullBackOff"), ""), "", "ImagePullBackOff", "0/1", 0},
	{"", "", C("a"), "Pending", "", "", S("a", WAITING("CreateContainerConfigError"), ""), "",
	 "CreateContainerConfigError", "0/1", 0},
	{"", "", C("a"), "Running", "", "",
	 S("a", WAITING("CrashLoopBackOff"), RESTARTS("7") LAST("2026-11-21T00:05:00Z")), "", "CrashLoopBackOff", "0/1", 7},
	{"", "", C("a"), "Pending", "", "", S("a", "\"waiting\":{}", ""), "", "Pending", "0/1", 0},
	{"", "", C("a"), "Pending", "", "", S("a", WAITING("PodInitializing"), ""), "", "PodInitializing", "0/1", 0},
	/* Of several the first one in the list has the last word */
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", WAITING("CrashLoopBackOff"), RESTARTS("3")) ","
	 S("b", WAITING("ImagePullBackOff"), ""), "", "CrashLoopBackOff", "0/2", 3},
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", WAITING("ImagePullBackOff"), "") ","
	 S("b", WAITING("CrashLoopBackOff"), RESTARTS("3")), "", "ImagePullBackOff", "0/2", 3},
	{"", "", C("a") "," C("b"), "Running", "", "", OK_RUNNING("a") "," S("b", WAITING("CrashLoopBackOff"), RESTARTS("2")),
	 "", "CrashLoopBackOff", "1/2", 2},
	{"", "", C("a") "," C("b"), "Running", "", "", OK_RUNNING("a") "," S("b", ENDED("1", "Error"), ""), "", "Error",
	 "1/2", 0},
	/* Terminated */
	{"", "", C("a"), "Running", "", "", S("a", ENDED("137", "OOMKilled"), RESTARTS("1")), "", "OOMKilled", "0/1", 1},
	{"", "", C("a"), "Failed", "", "", S("a", SIGNALLED("137", "9"), ""), "", "Signal:9", "0/1", 0},
	{"", "", C("a"), "Failed", "", "", S("a", SIGNALLED("3", "0"), ""), "", "ExitCode:3", "0/1", 0},
	{"", "", C("a"), "Succeeded", "", "", S("a", SIGNALLED("0", "0"), ""), "", "ExitCode:0", "0/1", 0},
	{"", "", C("a"), "Running", "", "", S("a", ENDED("128", "ContainerCannotRun"), ""), "", "ContainerCannotRun", "0/1",
	 0},
	/* A job's helper that ended while another runs on */
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", ENDED("0", "Completed"), "") "," OK_RUNNING("b"),
	 IS("Ready", "True"), "Running", "1/2", 0},
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", ENDED("0", "Completed"), "") "," OK_RUNNING("b"),
	 IS("Ready", "False"), "NotReady", "1/2", 0},
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", ENDED("0", "Completed"), "") "," OK_RUNNING("b"), "", "NotReady",
	 "1/2", 0},
	{"", "", C("a") "," C("b"), "Running", "", "", S("a", ENDED("0", "Completed"), "") "," S("b", RUNNING, ""), "",
	 "Completed", "0/2", 0},
	{"", "", C("a") "," C("b"), "Running", "", "", OK_RUNNING("a") "," S("b", ENDED("0", "Completed"), ""),
	 IS("Ready", "True"), "Running", "1/2", 0},
	/* Init containers */
	{"", C("i"), C("a"), "Pending", "", S("i", WAITING("PodInitializing"), ""), S("a", WAITING("PodInitializing"), ""),
	 "", "Init:0/1", "0/1", 0},
	{"", C("i") "," C("j"), C("a"), "Pending", "", S("i", RUNNING, "") "," S("j", WAITING("PodInitializing"), ""),
	 S("a", WAITING("PodInitializing"), ""), "", "Init:0/2", "0/1", 0},
	{"", C("i") "," C("j"), C("a"), "Pending", "", S("i", ENDED("0", "Completed"), READY) "," S("j", RUNNING, ""),
	 S("a", WAITING("PodInitializing"), ""), "", "Init:1/2", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", ENDED("0", "Completed"), READY), S("a", WAITING("PodInitializing"), ""), "",
	 "PodInitializing", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", WAITING("ImagePullBackOff"), ""), S("a", WAITING("PodInitializing"), ""),
	 IS("Initialized", "False"), "Init:ImagePullBackOff", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", WAITING("ErrImagePull"), ""), "", "", "Init:ErrImagePull", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", WAITING("CrashLoopBackOff"), RESTARTS("4")),
	 S("a", WAITING("PodInitializing"), ""), "", "Init:CrashLoopBackOff", "0/1", 4},
	{"", C("i"), C("a"), "Pending", "", S("i", ENDED("1", "Error"), RESTARTS("2")), S("a", WAITING("PodInitializing"), ""),
	 "", "Init:Error", "0/1", 2},
	{"", C("i"), C("a"), "Pending", "", S("i", SIGNALLED("143", "15"), ""), "", "", "Init:Signal:15", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", SIGNALLED("2", "0"), ""), "", "", "Init:ExitCode:2", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", ENDED("137", "OOMKilled"), ""), "", "", "Init:OOMKilled", "0/1", 0},
	{"", C("i"), C("a"), "Pending", "", S("i", "", ""), "", "", "Init:0/1", "0/1", 0},
	/* Restarts of init containers are forgotten once the pod is initialised */
	{"", C("i"), C("a"), "Running", "", S("i", ENDED("0", "Completed"), READY RESTARTS("5")),
	 S("a", RUNNING, READY RESTARTS("1")), "", "Running", "1/1", 1},
	/* An init container that runs again in an initialised pod (its node was restarted) */
	{"", C("i"), C("a"), "Running", "", S("i", RUNNING, ""), OK_RUNNING("a"), IS("Initialized", "True"), "Init:0/1", "1/1",
	 0},
	{"", C("i"), C("a"), "Running", "", S("i", RUNNING, ""), S("a", ENDED("255", "Unknown"), ""), IS("Initialized", "True"),
	 "Unknown", "0/1", 0},
	/* Native sidecars */
	{"", SIDECAR("s"), C("a"), "Running", "", OK_RUNNING("s"), OK_RUNNING("a"), "", "Running", "2/2", 0},
	{"", SIDECAR("s"), C("a"), "Running", "", S("s", RUNNING, STARTED), OK_RUNNING("a"), "", "Running", "1/2", 0},
	{"", SIDECAR("s"), C("a"), "Pending", "", S("s", RUNNING, READY), S("a", WAITING("PodInitializing"), ""), "",
	 "Init:0/1", "0/2", 0},
	{"", SIDECAR("s") "," C("i"), C("a"), "Pending", "", OK_RUNNING("s") "," S("i", RUNNING, ""),
	 S("a", WAITING("PodInitializing"), ""), "", "Init:1/2", "1/2", 0},
	{"", C("i") "," SIDECAR("s"), C("a"), "Running", "", S("i", ENDED("0", "Completed"), READY RESTARTS("3")) ","
	 S("s", RUNNING, READY STARTED RESTARTS("2")), S("a", RUNNING, READY RESTARTS("1")), "", "Running", "2/2", 3},
	{"", SIDECAR("s"), C("a"), "Running", "", S("s", WAITING("CrashLoopBackOff"), RESTARTS("6")), OK_RUNNING("a"),
	 IS("Initialized", "True"), "Init:CrashLoopBackOff", "1/2", 6},
	{"", SIDECAR("s"), C("a"), "Pending", "", S("s", ENDED("1", "Error"), RESTARTS("1")), "", "", "Init:Error", "0/2", 1},
	{"", SIDECAR("s"), C("a"), "Pending", "", S("s", WAITING("ImagePullBackOff"), ""), "", "", "Init:ImagePullBackOff", "0/2",
	 0},
	{"", SIDECAR("s"), C("a"), "Succeeded", "", S("s", ENDED("0", "Completed"), ""), S("a", ENDED("0", "Completed"), ""), "",
	 "Completed", "0/2", 0},
	{"", SIDECAR("s"), C("a"), "Running", "", OK_RUNNING("s"), S("a", ENDED("0", "Completed"), ""), "", "Completed", "1/2",
	 0},
	{"", SIDECAR("s"), C("a"), "Running", "", S("s", ENDED("137", "Error"), STARTED READY), OK_RUNNING("a"), "", "Running",
	 "2/2", 0},
	/* Deletion */
	{DELETED, "", C("a"), "Running", "", "", OK_RUNNING("a"), "", "Terminating", "1/1", 0},
	{DELETED, "", C("a"), "Pending", "", "", S("a", WAITING("ImagePullBackOff"), ""), "", "Terminating", "0/1", 0},
	{DELETED, C("i"), C("a"), "Pending", "", S("i", WAITING("CrashLoopBackOff"), RESTARTS("1")), "", "", "Terminating", "0/1",
	 1},
	{DELETED, "", C("a"), "Running", ",\"reason\":\"NodeLost\"", "", OK_RUNNING("a"), "", "Unknown", "1/1", 0},
	{"", "", C("a"), "Running", ",\"reason\":\"NodeLost\"", "", OK_RUNNING("a"), "", "NodeLost", "1/1", 0},
	{DELETED, "", C("a"), "Succeeded", "", "", S("a", ENDED("0", "Completed"), ""), "", "Completed", "0/1", 0},
	{DELETED, "", C("a"), "Failed", "", "", S("a", ENDED("1", "Error"), ""), "", "Error", "0/1", 0},
	{DELETED, "", C("a"), "Failed", ",\"reason\":\"NodeLost\"", "", "", "", "Unknown", "0/1", 0},
	/* Ready without running does not count; readiness gates change the condition, not the count */
	{"", "", C("a"), "Running", "", "", S("a", WAITING("CrashLoopBackOff"), READY), "", "CrashLoopBackOff", "0/1", 0},
	{"", "", C("a"), "Running", "", "", OK_RUNNING("a"), IS("Ready", "False") "," IS("example.com/gate", "False"), "Running",
	 "1/1", 0},
	/* Statuses that do not fit the spec */
	{"", "", C("a"), "Running", "", "", OK_RUNNING("a") "," OK_RUNNING("b"), "", "Running", "2/1", 0},
	{"", "", C("a"), "Running", "", S("gone", WAITING("ErrImagePull"), ""), OK_RUNNING("a"), "", "Init:ErrImagePull", "0/1",
	 0},
};

static struct record *make_pod(const struct field_table *table, const struct pod_case *c)
{
	auto_free char *text = xasprintf(
		"{\"metadata\":{%s},\"spec\":{\"containers\":[%s],\"initContainers\":[%s]},\"status\":{\"phase\":\"%s\"%s,"
		"\"containerStatuses\":[%s],\"initContainerStatuses\":[%s],\"conditions\":[%s]}}",
		c->meta, c->containers, c->inits, c->phase, c->status, c->statuses, c->init_statuses, c->conditions);

	return scan_object(table, text);
}

static void test_columns(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));

	(void)state;
	assert_true(array_length(cases) >= 60);
	for (size_t i = 0; i < array_length(cases); i++) {
		struct record *record = make_pod(table, &cases[i]);
		struct buffer text = BUFFER_INIT(2048);
		struct pod_counts counts;
		char ready[32];

		if (!record)
			fail_msg("case %zu is not JSON", i);
		pod_status_text(record_pod(record), "", &text);
		pod_count(record_pod(record), &counts);
		snprintf(ready, sizeof(ready), "%d/%d", counts.ready, counts.total);
		if (strcmp(buffer_text(&text), cases[i].text) != 0 || strcmp(ready, cases[i].ready) != 0 ||
		    counts.restarts != cases[i].restarts)
			fail_msg("case %zu: %s %s %lld, not %s %s %d", i, ready, buffer_text(&text),
				 (long long)counts.restarts, cases[i].ready, cases[i].text, cases[i].restarts);
		buffer_release(&text);
		record_free(record);
	}
	field_table_free(table);
}

/* The time beside RESTARTS is that of the latest end among the containers that are counted. */
static void test_last_restart(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	const struct pod_case c = {
		"", C("i"), C("a") "," C("b"), "Running", "",
		S("i", ENDED("0", "Completed"), READY RESTARTS("1") LAST("2026-11-21T09:00:00Z")),
		S("a", RUNNING, READY RESTARTS("1") LAST("2026-11-21T00:00:05Z")) "," S("b", RUNNING, RESTARTS("1")
		LAST("2026-11-21T00:00:03Z")), "", "", "", 0};
	struct record *record = make_pod(table, &c);
	struct pod_counts counts;

	(void)state;
	assert_non_null(record);
	pod_count(record_pod(record), &counts);
	assert_int_equal(counts.restarts, 2);
	assert_int_equal(counts.last_restart, 1795219205);
	record_free(record);
	field_table_free(table);
}

/* What a server of a minor version says of the same pod: the rules changed in 1.31 and in 1.35. */
static void test_versions(void **state)
{
	static const struct {
		struct pod_case pod;
		const char *before;	/* 1.30 */
		const char *between;	/* 1.34 */
		const char *after;	/* 1.35 */
	} examples[] = {
		{{DELETED, "", C("a"), "Succeeded", "", "", S("a", ENDED("0", "Completed"), ""), "", "", "", 0}, "Terminating",
		 "Completed", "Completed"},
		{{DELETED, "", C("a"), "Failed", "", "", S("a", ENDED("1", "Error"), ""), "", "", "", 0}, "Terminating", "Error",
		 "Error"},
		{{DELETED, "", C("a"), "Failed", ",\"reason\":\"NodeLost\"", "", "", "", "", "", 0}, "Unknown", "Unknown", "Unknown"},
		{{"", "", C("a") "," C("b"), "Running", "", "", S("a", ENDED("0", "Completed"), "") ","
		  S("b", ENDED("3", ""), ""), "", "", "", 0}, "Completed", "Completed", "ExitCode:3"},
		{{"", "", C("a") "," C("b") "," C("c"), "Running", "", "", S("a", ENDED("0", "Completed"), "") ","
		  S("b", ENDED("3", "Error"), "") "," S("c", RUNNING, READY), "", "", "", 0}, "NotReady", "NotReady", "Error"},
		{{"", "", C("a") "," C("b") "," C("c"), "Running", "", "", S("a", ENDED("0", "Completed"), "") ","
		  S("b", ENDED("3", "Error"), "") "," S("c", RUNNING, READY), IS("Ready", "True"), "", "", 0}, "Running",
		 "Running", "Running"},
	};
	static const char *const versions[] = {"v1.30.4", "v1.34.4", "v1.35.0", "v1.36.3-gke.1", "", NULL};
	struct field_table *table = field_table_new(kind_get(KIND_POD));

	(void)state;
	for (size_t i = 0; i < array_length(examples); i++) {
		struct record *record = make_pod(table, &examples[i].pod);

		assert_non_null(record);
		for (size_t v = 0; v < array_length(versions); v++) {
			CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(2048);

			pod_status_text(record_pod(record), versions[v], &text);
			assert_string_equal(buffer_text(&text),
					    v == 0 ? examples[i].before : v == 1 ? examples[i].between : examples[i].after);
		}
		record_free(record);
	}
	field_table_free(table);
}

static void test_kernel(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_NODE));
	struct record *record = scan_object(table, "{\"status\":{\"nodeInfo\":{\"kernelVersion\":\"6.1\",\"architecture\":"
						   "\"amd64\"}}}");
	struct record *empty = scan_object(table, "{\"metadata\":{}}");
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(256);

	(void)state;
	node_kernel_text(record_node(record), "v1.35.4", &text);
	buffer_add_text(&text, ", ");
	node_kernel_text(record_node(record), "v1.36.3", &text);
	buffer_add_text(&text, ", ");
	node_kernel_text(record_node(empty), "v1.36.3", &text);
	assert_string_equal(buffer_text(&text), "6.1, 6.1 (amd64), <unknown>");
	record_free(record);
	record_free(empty);
	field_table_free(table);
}

struct node_case {
	const char *labels;
	const char *spec;
	const char *conditions;
	const char *status;
	const char *roles;
};

static void test_nodes(void **state)
{
	static const struct node_case nodes[] = {
		{"", "", IS("Ready", "True"), "Ready", "<none>"},
		{"", "", IS("Ready", "False"), "NotReady", "<none>"},
		{"", "", IS("Ready", "Unknown"), "NotReady", "<none>"},
		{"", "", "", "Unknown", "<none>"},
		{"", "", IS("DiskPressure", "True"), "Unknown", "<none>"},
		{"", "\"unschedulable\":true", IS("DiskPressure", "False") "," IS("Ready", "True"), "Ready,SchedulingDisabled",
		 "<none>"},
		{"", "\"unschedulable\":true", "", "Unknown,SchedulingDisabled", "<none>"},
		{"", "\"unschedulable\":false", IS("Ready", "False"), "NotReady", "<none>"},
		{"\"node-role.kubernetes.io/control-plane\":\"\",\"node-role.kubernetes.io/etcd\":\"x\"", "", IS("Ready", "True"),
		 "Ready", "control-plane,etcd"},
		{"\"node-role.kubernetes.io/worker\":\"\",\"kubernetes.io/role\":\"agent\"", "", IS("Ready", "True"), "Ready",
		 "agent,worker"},
		{"\"kubernetes.io/role\":\"worker\",\"node-role.kubernetes.io/worker\":\"\"", "", IS("Ready", "True"), "Ready",
		 "worker"},
		{"\"kubernetes.io/role\":\"\"", "", IS("Ready", "True"), "Ready", "<none>"},
		{"\"node-role.kubernetes.io/\":\"\"", "", IS("Ready", "True"), "Ready", "<none>"},
		{"\"role\":\"worker\"", "", IS("Ready", "True"), "Ready", "<none>"},
	};
	struct field_table *table = field_table_new(kind_get(KIND_NODE));

	(void)state;
	for (size_t i = 0; i < array_length(nodes); i++) {
		auto_free char *text = xasprintf("{\"metadata\":{\"labels\":{%s}},\"spec\":{%s},\"status\":{\"conditions\":[%s]}}",
						 nodes[i].labels, nodes[i].spec, nodes[i].conditions);
		struct record *record = scan_object(table, text);
		struct buffer status = BUFFER_INIT(256);
		struct buffer roles = BUFFER_INIT(256);

		assert_non_null(record);
		node_status_text(record_node(record), &status);
		node_roles_text(record_node(record), &roles);
		if (strcmp(buffer_text(&status), nodes[i].status) != 0 || strcmp(buffer_text(&roles), nodes[i].roles) != 0)
			fail_msg("node %zu: %s %s, not %s %s", i, buffer_text(&status), buffer_text(&roles), nodes[i].status,
				 nodes[i].roles);
		buffer_release(&status);
		buffer_release(&roles);
		record_free(record);
	}
	field_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_last_restart),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
