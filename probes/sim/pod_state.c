#include "probes/sim/pod_state.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/hold.h"
#include "probes/sim/kubelet_words.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/pods.h"
#include "probes/sim/pull_secret.h"
#include "probes/sim/recorder.h"
#include "probes/sim/scenario.h"

static int64_t since_of(const json_t *state, int64_t now)
{
	return now - scenario_seconds(doc_text(state, "since"));
}

static void run_all(struct cluster *cluster, json_t *pod, int64_t accepted)
{
	size_t inits = pod_init_count(pod);

	for (size_t i = 0; i < pod_container_count(pod); i++) {
		json_t *status = pod_container_status(pod, i);

		container_run(cluster, status, i < inits, accepted + 3 + (int64_t)i);
		if (i < inits)
			container_end(status, 0, "Completed", accepted + 4 + (int64_t)i);
		container_set_ready(status, true);
	}
}

static void apply_restarts(struct cluster *cluster, json_t *pod, const json_t *state, int64_t now)
{
	int64_t restarts = doc_int(state, "restarts");
	int64_t last = now - scenario_seconds(doc_text(state, "lastRestart"));
	const char *reason = doc_text(state, "reason");
	json_t *status = pod_container_status(pod, pod_init_count(pod));

	if (!restarts)
		return;
	container_end(status, (int)doc_int_or(state, "exitCode", 1), reason[0] ? reason : "Error", last);
	container_restart(status);
	doc_set_int(status, "restartCount", restarts);
	container_run(cluster, status, false, last + 2);
	container_set_ready(status, true);
}

/* The first container whose image does not resolve waits, and with it those after it. */
static void apply_pulling(struct cluster *cluster, json_t *pod)
{
	size_t inits = pod_init_count(pod);
	bool stuck = false;

	for (size_t i = 0; i < pod_container_count(pod); i++) {
		const char *image = doc_text(pod_container(pod, i), "image");
		auto_free char *message = words_back_off(image);
		struct pull pull;

		if (i == inits && stuck)
			return;
		pod_pull(cluster, pod, image, &pull);
		if (!pull.resolves) {
			container_wait(pod_container_status(pod, i), "ImagePullBackOff", message);
			stuck = true;
		}
		pull_release(&pull);
		if (stuck && i < inits)
			return;
	}
}

/* It has run and ended, again and again; the next start is some way off. */
static void apply_crash(struct cluster *cluster, json_t *pod, const json_t *crashed, int64_t now)
{
	json_t *status = pod_container_status(pod, pod_init_count(pod));
	const char *reason = doc_text(crashed, "reason");
	auto_free char *message = words_crash_loop(300, doc_text(status, "name"), doc_text(pod, "metadata.name"),
						   doc_text(pod, "metadata.namespace"), doc_text(pod, "metadata.uid"));

	container_run(cluster, status, false, now - 65);
	container_end(status, (int)doc_int_or(crashed, "exitCode", 1), reason[0] ? reason : "Error", now - 60);
	container_restart(status);
	doc_set_int(status, "restartCount", doc_int_or(crashed, "restarts", 8));
	container_wait(status, "CrashLoopBackOff", message);
	pod_refresh(pod, now - 60);
}

static void end_all(json_t *pod, int exit_code, const char *reason, int64_t at)
{
	for (size_t i = pod_init_count(pod); i < pod_container_count(pod); i++)
		container_end(pod_container_status(pod, i), exit_code, reason, at);
}

static void merge_state(json_t *pod, const json_t *state)
{
	json_t *merged;

	if (!json_object_get(state, "merge"))
		return;
	merged = merge_patch(pod, json_object_get(state, "merge"));
	json_object_update(pod, merged);
	json_decref(merged);
}

void pod_state_apply(struct cluster *cluster, json_t *pod, const json_t *state, const json_t *workload,
		     int64_t accepted, int64_t now)
{
	const json_t *failed = json_object_get(state, "failed");

	if (doc_true(state, "held") || doc_true(state, "pulling")) {
		if (doc_true(state, "pulling"))
			apply_pulling(cluster, pod);
		else
			hold_apply(hold_of(cluster, workload, pod), pod);
		pod_refresh(pod, accepted);
		merge_state(pod, state);
		return;
	}
	run_all(cluster, pod, accepted);
	pod_refresh(pod, accepted + 12);
	apply_restarts(cluster, pod, state, now);
	if (json_object_get(state, "crashed")) {
		apply_crash(cluster, pod, json_object_get(state, "crashed"), now);
	} else if (doc_true(state, "notReady")) {
		container_set_ready(pod_container_status(pod, pod_init_count(pod)), false);
		pod_refresh(pod, since_of(state, now));
	} else if (doc_true(state, "completed")) {
		end_all(pod, 0, "Completed", accepted + 40);
		pod_refresh(pod, accepted + 41);
	} else if (failed) {
		end_all(pod, (int)doc_int_or(failed, "exitCode", 1),
			doc_text(failed, "reason")[0] ? doc_text(failed, "reason") : "Error", since_of(state, now));
		pod_refresh(pod, since_of(state, now));
	}
	merge_state(pod, state);
}

void pod_unscheduled(struct cluster *cluster, json_t *pod, int64_t since)
{
	auto_free char *message = words_unschedulable(cluster->store.tables[KIND_NODE].count);

	doc_set(pod, "status.conditions", json_array());
	condition_set(doc_get(pod, "status.conditions"), "PodScheduled", false, "Unschedulable", message, since);
}

static void record_unscheduled(struct cluster *cluster, const struct object *pod, int64_t since, int64_t now)
{
	auto_free char *message = words_unschedulable(cluster->store.tables[KIND_NODE].count);
	struct occurrence occurrence = {.type = "Warning", .reason = "FailedScheduling", .message = message,
					.component = "default-scheduler", .host = "", .field_path = "",
					.first = since, .last = now - 20, .count = 1 + (now - since) / 300};

	record_event(cluster, pod, &occurrence);
}

static void record_pulling(struct cluster *cluster, const struct object *pod, const json_t *container, bool init,
			   int64_t since, int64_t now)
{
	const char *image = doc_text(container, "image");
	auto_free char *path = words_field_path(init, doc_text(container, "name"));
	auto_free char *pulling = words_pulling(image);
	auto_free char *back_off = words_back_off(image);
	auto_free char *failed = NULL;
	struct pull pull;
	int64_t pulls = 4 + (now - since) / 300;
	struct occurrence occurrence = {.component = "kubelet", .host = doc_text(pod->now->value, "spec.nodeName"),
					.field_path = path, .first = since + 1};

	pod_pull(cluster, pod->now->value, image, &pull);
	if (pull.resolves) {
		pull_release(&pull);
		return;
	}
	failed = words_failed_pull(image, pull.error);
	pull_release(&pull);
	occurrence.last = now - 40;
	occurrence.count = pulls;
	occurrence.type = "Normal";
	occurrence.reason = "Pulling";
	occurrence.message = pulling;
	record_event(cluster, pod, &occurrence);
	occurrence.type = "Warning";
	occurrence.reason = "Failed";
	occurrence.message = failed;
	record_event(cluster, pod, &occurrence);
	occurrence.message = "Error: ErrImagePull";
	record_event(cluster, pod, &occurrence);
	occurrence.message = "Error: ImagePullBackOff";
	occurrence.count = 6;
	occurrence.first = since + 3;
	record_event(cluster, pod, &occurrence);
	occurrence.type = "Normal";
	occurrence.reason = "BackOff";
	occurrence.message = back_off;
	occurrence.count = 2 + (now - since) / 15;
	occurrence.last = now - 6;
	record_event(cluster, pod, &occurrence);
}

static void record_crash(struct cluster *cluster, const struct object *pod, int64_t since, int64_t now)
{
	const json_t *value = pod->now->value;
	const char *name = doc_text(pod_container(value, pod_init_count(value)), "name");
	auto_free char *message = words_back_off_restart(name, pod->name, pod->namespace, pod->uid);
	auto_free char *path = words_field_path(false, name);
	struct occurrence occurrence = {.type = "Warning", .reason = "BackOff", .message = message,
					.component = "kubelet", .host = doc_text(value, "spec.nodeName"),
					.field_path = path, .first = since, .last = now - 12,
					.count = 1 + (now - since) / 14};

	record_event(cluster, pod, &occurrence);
}

static void record_unhealthy(struct cluster *cluster, const struct object *pod, const json_t *state,
			     const json_t *workload, int64_t now)
{
	const char *output = doc_text(workload, "readyWhen.message");
	auto_free char *message = words_unhealthy("Readiness", output);
	const json_t *container = pod_container(pod->now->value, pod_init_count(pod->now->value));
	auto_free char *path = words_field_path(false, doc_text(container, "name"));
	int64_t since = since_of(state, now);
	struct occurrence occurrence = {
		.type = "Warning", .reason = "Unhealthy", .message = message, .component = "kubelet",
		.host = doc_text(pod->now->value, "spec.nodeName"), .field_path = path, .first = since,
		.last = now - 3, .count = 1 + (now - since) / 10,
	};

	if (output[0])
		record_event(cluster, pod, &occurrence);
}

/* What a young pod's events still tell: the hour that an API server keeps. */
static void record_start(struct cluster *cluster, const struct object *pod, int64_t created)
{
	const char *node = doc_text(pod->now->value, "spec.nodeName");
	auto_free char *scheduled = words_scheduled(pod->namespace, pod->name, node);
	struct occurrence occurrence = {.type = "Normal", .reason = "Scheduled", .message = scheduled,
					.component = "default-scheduler", .host = "", .field_path = "",
					.first = created, .last = created};

	record_event(cluster, pod, &occurrence);
}

/* The events that the scenario tells of. */
static void record_told(struct cluster *cluster, const struct object *pod, const json_t *events, int64_t now)
{
	size_t i;
	json_t *entry;

	json_array_foreach(events, i, entry) {
		const char *type = doc_text(entry, "type");
		const char *component = doc_text(entry, "component");
		auto_free char *message = pod_words(cluster, doc_text(entry, "message"), pod->now->value);
		int64_t last = now - scenario_seconds(doc_text(entry, "age"));
		struct occurrence occurrence = {
			.type = type[0] ? type : "Warning", .reason = doc_text(entry, "reason"),
			.message = message, .component = component[0] ? component : "kubelet",
			.host = component[0] ? "" : doc_text(pod->now->value, "spec.nodeName"),
			.field_path = doc_text(entry, "fieldPath"),
			.first = last - scenario_seconds(doc_text(entry, "lasted")), .last = last,
			.count = doc_int(entry, "count"),
		};

		record_event(cluster, pod, &occurrence);
	}
}

void pod_state_events(struct cluster *cluster, const struct object *pod, const json_t *state,
		      const json_t *workload, int64_t now)
{
	int64_t created = doc_wall(pod->now->value, "metadata.creationTimestamp");
	size_t inits = pod_init_count(pod->now->value);

	if (now - created < 3600 && doc_text(pod->now->value, "spec.nodeName")[0])
		record_start(cluster, pod, created);
	if (!doc_text(pod->now->value, "spec.nodeName")[0])
		record_unscheduled(cluster, pod, created > now - 3500 ? created : now - 3500, now);
	if (doc_true(state, "notReady"))
		record_unhealthy(cluster, pod, state, workload, now);
	if (json_object_get(state, "crashed"))
		record_crash(cluster, pod, since_of(state, now) > now - 3500 ? since_of(state, now) : now - 3500, now);
	record_told(cluster, pod, json_object_get(state, "events"), now);
	if (doc_true(state, "held")) {
		const json_t *hold = hold_of(cluster, workload, pod->now->value);
		int64_t since = since_of(state, now);

		hold_events(cluster, hold, pod->now->value, since > now - 3500 ? since : now - 3500, now - 25);
	}
	if (!doc_true(state, "pulling"))
		return;
	for (size_t i = 0; i < pod_container_count(pod->now->value); i++)
		record_pulling(cluster, pod, pod_container(pod->now->value, i), i < inits,
			       created > now - 3500 ? created : now - 3500, now);
}
