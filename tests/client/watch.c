/*
 * Watches a cluster as the console does and prints what it knows, for tests.
 *
 *   watch KUBECONFIG [--as USER] [--json]
 *
 * For each empty line on standard input: one line of JSON with "complete", "states"
 * (kind to [state, error]), "nodes" and "pods" (lists of the columns that
 * kubectl get prints), "versions" and "events" (uid to resourceVersion),
 * "changes" (how many since the line before), "requests" (ended ones and
 * those that opened, so far) and "lists" (lists of pods that ended, so far).
 * For a line with a wall time in seconds: "nodes" and "pods"
 * as the cells of kubectl get -o wide at that time. Ends with standard input.
 */
#include <jansson.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/model/cluster.h"
#include "probes/net/loop.h"

struct session {
	struct cluster *cluster;
	bool ended;
	char line[32];
	size_t length;
};

static json_t *text_json(struct buffer *text)
{
	json_t *value = json_string(buffer_text(text));

	buffer_release(text);
	return value;
}

static json_t *node_row(const struct record *record)
{
	struct buffer status = BUFFER_INIT(1024);
	struct buffer roles = BUFFER_INIT(1024);

	node_status_text(record_node(record), &status);
	node_roles_text(record_node(record), &roles);
	return json_pack("[s,o,o,s]", record->name, text_json(&status), text_json(&roles),
			 record_node(record)->kubelet_version);
}

/* One process watches one cluster: whose version decides what columns say. */
static const struct kube_client *watched_client;

static json_t *pod_row(const struct record *record)
{
	struct buffer status = BUFFER_INIT(2048);
	struct pod_counts counts;
	char ready[32];

	pod_status_text(record_pod(record), kube_server_version(watched_client), &status);
	pod_count(record_pod(record), &counts);
	snprintf(ready, sizeof(ready), "%d/%d", counts.ready, counts.total);
	return json_pack("[s,s,s,o,I]", record->name_space, record->name, ready, text_json(&status),
			 (json_int_t)counts.restarts);
}

static json_t *rows(const struct snapshot *snapshot, enum kind_id kind,
		    json_t *(*row)(const struct record *record))
{
	struct record_list list = snapshot_all(snapshot, kind);
	json_t *all = json_array();

	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(all, row(list.items[i]));
	return all;
}

static json_t *states(const struct snapshot *snapshot)
{
	static const char *const names[] = {"never", "current", "stale", "forbidden", "failed", "absent"};
	json_t *all = json_object();

	for (int i = 0; i < KIND_COUNT && kind_get((enum kind_id)i)->is_core; i++) {
		const struct collection *collection = snapshot_collection(snapshot, (enum kind_id)i);
		auto_free char *text = err_text(&collection->err);

		json_object_set_new(all, kind_get((enum kind_id)i)->resource,
				    json_pack("[s,s]", names[collection->state],
					      collection->err.code == ERR_NONE ? "" : text));
	}
	return all;
}

static void add_versions(json_t *all, const struct snapshot *snapshot, enum kind_id kind)
{
	struct record_list list = snapshot_all(snapshot, kind);

	for (size_t i = 0; i < list.count; i++)
		json_object_set_new(all, list.items[i]->uid, json_string(list.items[i]->resource_version));
}

static json_t *versions(const struct snapshot *snapshot)
{
	json_t *all = json_object();

	for (int i = 0; i < KIND_COUNT; i++) {
		if (i != KIND_EVENT)
			add_versions(all, snapshot, (enum kind_id)i);
	}
	return all;
}

static json_t *event_versions(const struct snapshot *snapshot)
{
	json_t *all = json_object();

	add_versions(all, snapshot, KIND_EVENT);
	return all;
}

static json_int_t take_changes(struct snapshot *snapshot)
{
	struct snapshot_change change;
	json_int_t count = 0;

	while (snapshot_take_change(snapshot, &change))
		count++;
	return count;
}

/* The log has no owner but the process, and neither has this. */
static json_int_t pod_lists;

static void count_lists(const struct log_line *line)
{
	pod_lists += !strncmp(line->text, "GET /api/v1/pods?limit=", 23);
}

static void print_view(struct cluster *cluster)
{
	struct snapshot *snapshot = cluster_snapshot(cluster);
	uint64_t requests = log_count() ? log_at(log_count() - 1)->number : 0;
	json_t *line = json_pack("{s:b,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I}", "complete",
				 cluster_is_complete(cluster) && !kube_is_asking_version(watched_client),
				 "states", states(snapshot), "nodes", rows(snapshot, KIND_NODE, node_row),
				 "pods", rows(snapshot, KIND_POD, pod_row), "versions", versions(snapshot),
				 "events", event_versions(snapshot), "changes", take_changes(snapshot),
				 "requests", (json_int_t)requests, "lists", pod_lists);
	auto_free char *text = json_dumps(line, JSON_COMPACT);

	puts(text);
	fflush(stdout);
	json_decref(line);
}

/* The cells of kubectl get -o wide. */

static json_t *age_json(int64_t since, int64_t now)
{
	char age[32];

	clock_age(now - since, age, sizeof(age));
	return json_string(age);
}

static json_t *restarts_json(const struct pod_counts *counts, int64_t now)
{
	char age[32];

	if (!counts->last_restart)
		return json_sprintf("%" PRId64, counts->restarts);
	clock_age(now - counts->last_restart, age, sizeof(age));
	return json_sprintf("%" PRId64 " (%s ago)", counts->restarts, age);
}

static const char *or_none(const char *text)
{
	return *text ? text : "<none>";
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "<unknown>";
}

static json_t *gates_json(const struct pod_record *pod)
{
	int good = 0;

	if (!pod->readiness_gate_count)
		return json_string("<none>");
	for (size_t i = 0; i < pod->readiness_gate_count; i++) {
		const struct condition *condition = condition_find(pod->conditions, pod->condition_count,
								   pod->readiness_gates[i]);

		good += condition && !strcmp(condition->status, "True");
	}
	return json_sprintf("%d/%d", good, pod->readiness_gate_count);
}

static json_t *wide_pod(const struct record *record, int64_t now)
{
	const struct pod_record *pod = record_pod(record);
	struct buffer status = BUFFER_INIT(2048);
	struct pod_counts counts;

	pod_status_text(pod, kube_server_version(watched_client), &status);
	pod_count(pod, &counts);
	return json_pack("[s,s,o,o,o,o,s,s,s,o]", record->name_space, record->name,
			 json_sprintf("%d/%d", counts.ready, counts.total), text_json(&status),
			 restarts_json(&counts, now), age_json(record->created, now), or_none(pod->pod_ip),
			 or_none(pod->node_name), or_none(pod->nominated_node), gates_json(pod));
}

static const char *address(const struct node_record *node, const char *type)
{
	for (size_t i = 0; i < node->address_count; i++) {
		if (!strcmp(node->addresses[i].type, type))
			return node->addresses[i].address;
	}
	return "<none>";
}

static json_t *wide_node(const struct record *record, int64_t now)
{
	const struct node_record *node = record_node(record);
	struct buffer status = BUFFER_INIT(1024);
	struct buffer roles = BUFFER_INIT(1024);
	struct buffer kernel = BUFFER_INIT(1024);

	node_status_text(node, &status);
	node_roles_text(node, &roles);
	node_kernel_text(node, kube_server_version(watched_client), &kernel);
	return json_pack("[s,o,o,o,s,s,s,s,o,s]", record->name, text_json(&status), text_json(&roles),
			 age_json(record->created, now), node->kubelet_version, address(node, "InternalIP"),
			 address(node, "ExternalIP"), or_unknown(node->os_image),
			 text_json(&kernel), or_unknown(node->container_runtime));
}

static json_t *wide_rows(const struct snapshot *snapshot, enum kind_id kind, int64_t now,
			 json_t *(*row)(const struct record *record, int64_t now))
{
	struct record_list list = snapshot_all(snapshot, kind);
	json_t *all = json_array();

	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(all, row(list.items[i], now));
	return all;
}

static void print_wide(struct cluster *cluster, int64_t now)
{
	struct snapshot *snapshot = cluster_snapshot(cluster);
	json_t *line = json_pack("{s:o,s:o}", "nodes", wide_rows(snapshot, KIND_NODE, now, wide_node), "pods",
				 wide_rows(snapshot, KIND_POD, now, wide_pod));
	auto_free char *text = json_dumps(line, JSON_COMPACT);

	puts(text);
	fflush(stdout);
	json_decref(line);
}

static void take_byte(struct session *session, char byte)
{
	if (byte != '\n') {
		if (session->length < sizeof(session->line) - 1)
			session->line[session->length++] = byte;
		return;
	}
	session->line[session->length] = '\0';
	if (session->length)
		print_wide(session->cluster, strtoll(session->line, NULL, 10));
	else
		print_view(session->cluster);
	session->length = 0;
}

static void on_input(void *data, int ready)
{
	struct session *session = data;
	char bytes[256];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	(void)ready;
	if (n <= 0)
		session->ended = true;
	for (ssize_t i = 0; i < n; i++)
		take_byte(session, bytes[i]);
}

int main(int argc, char **argv)
{
	struct kubeconfig_options options = {.path = argc > 1 ? argv[1] : NULL};
	struct kube_client_options client_options = {0};
	struct session session = {0};
	struct kubeconfig_view *view;
	struct kube_client *client;
	struct field_set fields;
	struct loop *loop;
	struct descriptor_watch *input;
	struct err err;

	if (argc >= 4 && !strcmp(argv[2], "--as"))
		options.as_user = argv[3];
	client_options.no_protobuf = argc > 2 && !strcmp(argv[argc - 1], "--json");
	if (kubeconfig_load(&options, &view, &err) < 0 || loop_new(&loop, &err) < 0 ||
	    kube_client_new(loop, view, &client_options, &client, &err) < 0) {
		auto_free char *text = err_text(&err);

		fprintf(stderr, "watch: %s\n", text);
		return 1;
	}
	watched_client = client;
	log_on_line(count_lists);
	field_set_init(&fields);
	session.cluster = cluster_new(client, &fields, NULL);
	input = loop_watch(loop, STDIN_FILENO, WATCH_READ, on_input, &session);
	while (!session.ended)
		loop_turn(loop, 1000);
	descriptor_watch_cancel(input);
	cluster_free(session.cluster);
	kube_client_free(client);
	field_set_release(&fields);
	loop_free(loop);
	return 0;
}
