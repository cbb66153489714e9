#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "probes/base/buffer.h"
#include "tests/unit/kube/documents.h"
#include "tests/unit/kube/scan.h"

static bool add_value(void *data, size_t item, const char *value)
{
	buffer_addf(data, "%zu=%s;", item, value);
	return true;
}

struct path_case {
	const char *path;
	const char *values;
};

static void assert_paths(enum kind_id kind, const char *document, const struct path_case *cases, size_t count)
{
	struct field_table *table = field_table_new(kind_get(kind));
	const struct field_path **paths = xcalloc(count, sizeof(*paths));
	struct record *record;

	for (size_t i = 0; i < count; i++) {
		struct err err = {0};

		if (field_table_want(table, cases[i].path, &paths[i], &err) < 0)
			fail_msg("%s is refused: %s", cases[i].path, err_text(&err));
		assert_string_equal(field_path_text(paths[i]), cases[i].path);
	}
	record = scan_object(table, document);
	assert_non_null(record);
	for (size_t i = 0; i < count; i++) {
		struct buffer values = BUFFER_INIT(4096);
		size_t visited = field_path_each(paths[i], record, add_value, &values);
		size_t expected = 0;

		for (const char *at = cases[i].values; *at; at++)
			expected += *at == ';';
		if (strcmp(buffer_text(&values), cases[i].values) != 0 || visited != expected)
			fail_msg("%s gives %s, not %s", cases[i].path, buffer_text(&values), cases[i].values);
		buffer_release(&values);
	}
	record_free(record);
	field_table_free(table);
	free(paths);
}

static void test_pod_paths(void **state)
{
	static const struct path_case cases[] = {
		/* members */
		{"metadata.name", "0=calico-node-x7k2p;"},
		{"metadata.creationTimestamp", "0=2026-11-20T01:02:03Z;"},
		{"metadata.deletionTimestamp", ""},
		{"status.phase", "0=Running;"},
		{"status.reason", ""},
		{"spec.hostNetwork", "0=true;"},
		{"status.containerStatuses[*].restartCount", "0=7;"},
		{"status.containerStatuses[*].ready", "0=false;"},
		{"status.containerStatuses[*].state.waiting.reason", "0=ImagePullBackOff;"},
		{"status.containerStatuses[*].state.terminated.reason", ""},
		{"status.containerStatuses[*].state.terminated.exitCode", ""},
		{"status.containerStatuses[*].lastState.terminated.exitCode", "0=137;"},
		{"status.initContainerStatuses[*].name", "0=install-cni;1=proxy;"},
		{"status.initContainerStatuses[*].state.terminated.reason", "0=Completed;"},
		{"status.initContainerStatuses[*].state.terminated.exitCode", "0=0;"},
		{"status.initContainerStatuses[*].state.running.startedAt", "1=2026-11-20T01:02:10Z;"},
		{"status.ephemeralContainerStatuses[*].name", ""},
		{"status.conditions[*].type", "0=Initialized;1=Ready;"},
		{"status.conditions[*].reason", "1=ContainersNotReady;"},
		{"status.conditions[*].lastTransitionTime", "0=2026-11-20T01:02:13Z;1=2026-11-20T16:02:13Z;"},
		{"metadata.finalizers[*]", "0=example.com/one;1=example.com/two;"},
		{"spec.readinessGates[*].conditionType", "0=example.com/gate;"},
		{"spec.initContainers[*].image", "0=docker.io/calico/cni:v3.24.1;1=proxy:1;"},
		/* labels and annotations */
		{"metadata.labels[k8s-app]", "0=calico-node;"},
		{"metadata.labels[tier]", "0=node;"},
		{"metadata.labels[absent]", ""},
		{"metadata.annotations[note]", "0=x;"},
		/* extras */
		{"status.qosClass", "0=BestEffort;"},
		{"spec.volumes[*].hostPath.path", "0=/lib;"},
		{"spec.volumes[*].hostPath", "0={};"},
		{"spec.tolerations", "0=[];"},
		{"spec.containers[*].env[*].name", "0=FELIX_BPFENABLED;0=IP;"},
		{"spec.initContainers[*].env[*].value", "0=1;"},
		{"spec.initContainers[*].restartPolicy", "1=Always;"},
		{"status.containerStatuses[*].started", "0=false;"},
		{"metadata.ownerReferences[*].kind", "0=Other;1=DaemonSet;"},
		{"metadata.ownerReferences[*].controller", "1=true;"},
		{"metadata.managedFields[*].manager", "0=kubelet;"},
		{"status.containerStatuses[*].lastState.terminated", "0={};"},
		{"status.nothing.at.all", ""},
	};

	(void)state;
	assert_paths(KIND_POD, document_pod, cases, array_length(cases));
}

static void test_other_paths(void **state)
{
	static const struct path_case node[] = {
		{"status.allocatable.memory", "0=8048912Ki;"},
		{"status.capacity.cpu", "0=4;"},
		{"spec.taints[*].effect", "0=NoSchedule;1=NoExecute;"},
		{"spec.taints[*].timeAdded", "0=2026-11-20T00:00:00Z;"},
		{"status.conditions[*].lastHeartbeatTime", "0=2026-11-21T00:00:10Z;"},
		{"metadata.labels[kubernetes.io/hostname]", "0=node-1;"},
		{"metadata.labels[node-role.kubernetes.io/etcd]", "0=true;"},
	};
	static const struct path_case event[] = {
		{"count", "0=5;"},
		{"series.count", ""},
		{"lastTimestamp", "0=2026-11-21T00:10:00Z;"},
		{"involvedObject.kind", "0=Pod;"},
		{"source.host", "0=node-1;"},
	};
	static const struct path_case deployment[] = {
		{"spec.replicas", "0=3;"},
		{"spec.paused", "0=true;"},
		{"status.readyReplicas", "0=0;"},
		{"metadata.annotations[deployment.kubernetes.io/revision]", "0=14;"},
		{"spec.template.spec.containers[*].image", "0=calico/typha:v3;"},
	};
	static const struct path_case daemon_set[] = {
		{"spec.updateStrategy.rollingUpdate.maxUnavailable", "0=1;"},
		{"spec.template.metadata.labels[k8s-app]", "0=calico-node;"},
		{"status.numberUnavailable", "0=8;"},
	};

	(void)state;
	assert_paths(KIND_NODE, document_node, node, array_length(node));
	assert_paths(KIND_EVENT, document_event, event, array_length(event));
	assert_paths(KIND_DEPLOYMENT, document_deployment, deployment, array_length(deployment));
	assert_paths(KIND_DAEMON_SET, document_daemon_set, daemon_set, array_length(daemon_set));
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[*", "a[0].b",
		"a[*]b", "[*]"};
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct buffer longest = BUFFER_INIT(1024);
	const struct field_path *path;

	(void)state;
	for (size_t i = 0; i < array_length(bad); i++) {
		struct err err = {0};

		assert_int_equal(field_table_want(table, bad[i], &path, &err), -1);
		assert_int_equal(err.code, ERR_CONFIG);
	}
	for (int i = 0; i < 40; i++)
		buffer_add_text(&longest, i ? ".a" : "a");
	assert_int_equal(field_table_want(table, buffer_text(&longest), &path, NULL), -1);
	buffer_release(&longest);
	field_table_free(table);
}

static bool stop_at_first(void *data, size_t item, const char *value)
{
	(void)item;
	(void)value;
	++*(int *)data;
	return false;
}

static void test_visit_may_stop(void **state)
{
	struct field_table *table = field_table_new(kind_get(KIND_POD));
	struct field_table *nodes = field_table_new(kind_get(KIND_NODE));
	const struct field_path *path;
	const struct field_path *same;
	const struct field_path *other;
	struct record *record;
	int calls = 0;

	(void)state;
	assert_int_equal(field_table_want(table, "status.conditions[*].type", &path, NULL), 0);
	assert_int_equal(field_table_want(table, "status.conditions[*].type", &same, NULL), 0);
	assert_ptr_equal(path, same);
	assert_int_equal(field_table_want(nodes, "status.conditions[*].type", &other, NULL), 0);
	record = scan_object(table, document_pod);
	assert_int_equal(field_path_each(path, record, stop_at_first, &calls), 1);
	assert_int_equal(calls, 1);
	/* A path of another kind finds nothing. */
	assert_int_equal(field_path_each(other, record, stop_at_first, &calls), 0);
	record_free(record);
	field_table_free(table);
	field_table_free(nodes);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_ptr_equal(kind_find("DaemonSet"), kind_get(KIND_DAEMON_SET));
	assert_ptr_equal(kind_find("PODS"), kind_get(KIND_POD));
	assert_null(kind_find("Gadget"));
	for (int i = 0; i < KIND_COUNT; i++)
		assert_int_equal(kind_get((enum kind_id)i)->id, i);
	struct {
		char *path;
		const char *expected;
	} paths[] = {
		{kind_path(kind_get(KIND_POD), NULL, NULL), "/api/v1/pods"},
		{kind_path(kind_get(KIND_POD), "ns", "p"), "/api/v1/namespaces/ns/pods/p"},
		{kind_path(kind_get(KIND_NODE), "ignored", "n"), "/api/v1/nodes/n"},
		{kind_path(kind_get(KIND_DEPLOYMENT), "ns", NULL), "/apis/apps/v1/namespaces/ns/deployments"},
		{kind_path(kind_get(KIND_POD), "..", "a/../b?x"),
			"/api/v1/namespaces/%2E%2E/pods/a%2F..%2Fb%3Fx"},
	};

	for (size_t i = 0; i < array_length(paths); i++) {
		assert_string_equal(paths[i].path, paths[i].expected);
		free(paths[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod_paths),
		cmocka_unit_test(test_other_paths),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_visit_may_stop),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
