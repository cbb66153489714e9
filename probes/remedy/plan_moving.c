/*
 * Pods that are evicted or deleted: read live for what the snapshot does not
 * keep of them (volumes, requests, labels), and their claims followed to
 * volumes that stay behind on the node.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/plan_impact.h"
#include "probes/remedy/pod_spec.h"

/* A drained node holds 110 pods as a rule; each claim costs two requests. */
enum { CLAIMS_MAXIMUM = 64 };

static const char *text_of(const json_t *pod, const char *name)
{
	const char *text = json_string_value(json_object_get(pod, name));

	return text ? text : "";
}

static json_t *find_moving(const struct change *change, const char *uid)
{
	size_t i;
	json_t *pod;

	json_array_foreach(change->moving, i, pod) {
		if (!strcmp(text_of(pod, "uid"), uid))
			return pod;
	}
	return NULL;
}

static json_t *owner_label(const struct snapshot *snapshot, const struct record *record)
{
	const struct record *root = snapshot_root_owner(snapshot, record);

	if (root != record)
		return impact_label(root->kind->name, root->name_space, root->name);
	return *record->owner_name ? impact_label(record->owner_kind, record->name_space, record->owner_name)
				   : json_null();
}

static void add_moving(struct change *change, const char *uid, const json_t *pod, const char *how)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *record = snapshot_by_uid(snapshot, uid);
	bool is_pod = record && record->kind->id == KIND_POD;

	if (find_moving(change, uid))
		return;
	json_array_append_new(change->moving,
			      json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "namespace", text_of(pod, "namespace"),
					"name", text_of(pod, "name"), "uid", uid, "how", how, "node",
					is_pod ? record_pod(record)->node_name : "", "owner",
					is_pod ? owner_label(snapshot, record) : json_null()));
}

static void on_volume(struct change *change, void *data, const struct kube_result *result)
{
	json_t *claim = data;
	const json_t *spec = json_object_get(result->document, "spec");
	bool stays = json_object_get(spec, "local") || json_object_get(spec, "hostPath");

	if (result->code == ERR_NONE && stays)
		json_object_set_new(claim, "staysOnNode", json_true());
	else if (result->code != ERR_NONE) {
		auto_free char *why = change_say_err(change, &result->err);
		auto_free char *text = change_say(change, "the volume of the claim {claim}: {reason}", "claim",
						  text_of(claim, "claim"), "reason", why, NULL);

		impact_add_unseen(change, text);
	}
	plan_answered(change);
}

static void on_claim(struct change *change, void *data, const struct kube_result *result)
{
	const char *volume = json_string_value(pointer_get(result->document, "/spec/volumeName"));
	auto_free char *path = volume ? kind_path(kind_get(KIND_PERSISTENT_VOLUME), NULL, volume) : NULL;
	const struct call_request request = {.door = CALL_READ, .path = path, .on_done = on_volume, .data = data};

	if (result->code == ERR_NONE && path)
		change_call(change, &request);
	else if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND)
		plan_answered(change);
	else
		on_volume(change, data, result);
}

/* data of a request lives in change->claims until the change is freed. */
static void ask_claims(struct change *change, const json_t *pod)
{
	json_t *names = pod_spec_claims(json_object_get(pod, "spec"), text_of(pod, "name"));
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name) {
		auto_free char *path = kind_path(kind_get(KIND_PERSISTENT_VOLUME_CLAIM), text_of(pod, "namespace"),
						 json_string_value(name));
		struct call_request request = {.door = CALL_READ, .path = path, .on_done = on_claim};

		if (json_array_size(change->claims) == CLAIMS_MAXIMUM) {
			auto_free char *text = change_say(change, "volumes of more than {count} claims", "count", "64",
							  NULL);

			impact_add_unseen(change, text);
			break;
		}
		request.data = json_pack("{s:O, s:O, s:O}", "pod", json_object_get(pod, "name"), "namespace",
					 json_object_get(pod, "namespace"), "claim", name);
		json_array_append_new(change->claims, request.data);
		change->pending++;
		change_call(change, &request);
	}
	json_decref(names);
}

static void learn(struct change *change, const json_t *document)
{
	const char *uid = document_uid(document);
	json_t *pod = uid ? find_moving(change, uid) : NULL;
	json_t *labels = pointer_get(document, "/metadata/labels");

	if (!pod || !json_is_object(json_object_get(document, "spec")))
		return;
	json_object_set(pod, "spec", json_object_get(document, "spec"));
	json_object_set_new(pod, "labels", labels ? json_incref(labels) : json_object());
	if (!strcmp(text_of(pod, "how"), "evicted"))
		ask_claims(change, pod);
}

static void on_pods(struct change *change, void *data, const struct kube_result *result)
{
	const struct target *node = data;
	size_t i;
	json_t *item;

	if (result->code != ERR_NONE) {
		auto_free char *why = change_say_err(change, &result->err);
		auto_free char *text = change_say(change, "volumes and requests of the pods on {node}: {reason}",
						  "node", node->name, "reason", why, NULL);

		impact_add_unseen(change, text);
	}
	json_array_foreach(json_object_get(result->document, "items"), i, item)
		learn(change, item);
	plan_answered(change);
}

static void ask_node(struct change *change, struct target *node)
{
	auto_free char *name = kube_escape(node->name);
	auto_free char *path = xasprintf("/api/v1/pods?fieldSelector=spec.nodeName%%3D%s&limit=500", name);
	const struct call_request request = {.door = CALL_READ, .path = path, .body_maximum = 32 << 20,
					     .on_done = on_pods, .data = node};

	change->pending++;
	change_call(change, &request);
}

static bool deletes_pod(const struct plan_step *step)
{
	return step->target && step->target->kind->id == KIND_POD && step->shown.method &&
	       !strcmp(step->shown.method, "DELETE");
}

static void note_step(struct change *change, const struct plan_step *step)
{
	size_t i;
	json_t *pod;

	json_array_foreach(step->pods, i, pod)
		add_moving(change, text_of(pod, "uid"), pod, "evicted");
	if (deletes_pod(step)) {
		json_t *own = json_pack("{s:s, s:s}", "namespace", step->target->name_space, "name",
					step->target->name);

		add_moving(change, step->shown.target_uid, own, "deleted");
		json_decref(own);
	}
}

void moving_ask(struct change *change)
{
	change->moving = json_array();
	change->claims = json_array();
	for (size_t i = 0; i < change->step_count; i++) {
		if (change->steps[i]->shown.state != STEP_SKIPPED)
			note_step(change, change->steps[i]);
	}
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (!step->target || step->shown.state == STEP_SKIPPED)
			continue;
		if (json_array_size(step->pods) && step->target->kind->id == KIND_NODE)
			ask_node(change, step->target);
		else if (step->target->kind->id == KIND_POD)
			learn(change, step->target->document);
	}
}

/* A workload that wants one pod has none while that one is on its way. */
static void note_single(struct change *change, const json_t *pod)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *record = snapshot_by_uid(snapshot, text_of(pod, "uid"));
	const struct record *root = record ? snapshot_root_owner(snapshot, record) : NULL;
	json_t *owner = json_object_get(pod, "owner");
	size_t i;
	json_t *seen;

	if (!root || root == record || root->kind->id == KIND_DAEMON_SET || !record_is_workload(root) ||
	    record_workload(root)->wanted != 1)
		return;
	json_array_foreach(json_object_get(change->impact, "singleReplicas"), i, seen) {
		if (json_equal(seen, owner))
			return;
	}
	impact_add(change, "singleReplicas", json_incref(owner));
}

static void note_empty_dirs(struct change *change, const json_t *pod)
{
	json_t *volumes = pod_spec_empty_dirs(json_object_get(pod, "spec"));

	if (json_array_size(volumes))
		impact_add(change, "emptyDir",
			   json_pack("{s:o, s:O}", "object",
				     impact_label("Pod", text_of(pod, "namespace"), text_of(pod, "name")), "volumes",
				     volumes));
	json_decref(volumes);
}

static void note_host_paths(struct change *change, const json_t *pod)
{
	size_t i;
	json_t *volume;

	json_array_foreach(pointer_get(pod, "/spec/volumes"), i, volume) {
		const json_t *path = pointer_get(volume, "/hostPath/path");

		if (json_is_string(path))
			impact_add(change, "localVolumes",
				   json_pack("{s:o, s:s, s:O}", "object",
					     impact_label("Pod", text_of(pod, "namespace"), text_of(pod, "name")),
					     "kind", "hostPath", "volume", path));
	}
}

static void note_claims(struct change *change)
{
	size_t i;
	json_t *claim;

	json_array_foreach(change->claims, i, claim) {
		if (json_object_get(claim, "staysOnNode"))
			impact_add(change, "localVolumes",
				   json_pack("{s:o, s:s, s:O}", "object",
					     impact_label("Pod", text_of(claim, "namespace"), text_of(claim, "pod")),
					     "kind", "local", "volume", json_object_get(claim, "claim")));
	}
}

/* What a drain leaves where it is, and what it would lose for good. */
static void note_node(struct change *change, const struct target *node)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	struct record_list pods = snapshot_pods_on_node(snapshot, node->name);
	int staying = 0;

	for (size_t i = 0; i < pods.count; i++) {
		const struct record *pod = pods.items[i];
		const char *phase = record_pod(pod)->phase;
		bool is_over = !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed");

		staying += !strcmp(pod->owner_kind, "DaemonSet");
		if (!*pod->owner_uid && !is_over && !pod->deleted)
			impact_add(change, "barePods", impact_label("Pod", pod->name_space, pod->name));
	}
	impact_add(change, "drains", json_pack("{s:s, s:i}", "node", node->name, "daemonSetPodsStay", staying));
}

void moving_judge(struct change *change)
{
	size_t i;
	json_t *pod;

	for (i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		if (!strcmp(step->shown.type, "drain") && step->shown.state != STEP_SKIPPED)
			note_node(change, step->target);
	}
	json_array_foreach(change->moving, i, pod) {
		bool is_evicted = !strcmp(text_of(pod, "how"), "evicted");

		impact_add(change, "leaving",
			   json_pack("{s:o, s:O, s:O, s:O}", "object",
				     impact_label("Pod", text_of(pod, "namespace"), text_of(pod, "name")), "node",
				     json_object_get(pod, "node"), "how", json_object_get(pod, "how"), "owner",
				     json_object_get(pod, "owner")));
		note_single(change, pod);
		note_empty_dirs(change, pod);
		if (is_evicted)
			note_host_paths(change, pod);
	}
	note_claims(change);
}
