#include "probes/sim/pods.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/image.h"
#include "probes/sim/pull_secret.h"

static void set_default(json_t *object, const char *name, json_t *value)
{
	if (json_object_get(object, name))
		json_decref(value);
	else
		json_object_set_new(object, name, value);
}

static void container_defaults(json_t *container)
{
	const char *image = doc_text(container, "image");
	size_t i;
	json_t *port;

	set_default(container, "resources", json_object());
	set_default(container, "terminationMessagePath", json_string("/dev/termination-log"));
	set_default(container, "terminationMessagePolicy", json_string("File"));
	set_default(container, "imagePullPolicy", json_string(image_is_latest(image) ? "Always" : "IfNotPresent"));
	json_array_foreach(json_object_get(container, "ports"), i, port)
		set_default(port, "protocol", json_string("TCP"));
}

void pod_spec_defaults(json_t *spec)
{
	size_t i;
	json_t *container;

	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
		container_defaults(container);
	json_array_foreach(json_object_get(spec, "containers"), i, container)
		container_defaults(container);
	set_default(spec, "restartPolicy", json_string("Always"));
	set_default(spec, "terminationGracePeriodSeconds", json_integer(30));
	set_default(spec, "dnsPolicy", json_string("ClusterFirst"));
	set_default(spec, "securityContext", json_object());
	set_default(spec, "schedulerName", json_string("default-scheduler"));
}

void pod_admission_defaults(json_t *spec)
{
	static const char *const taints[] = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"};

	set_default(spec, "enableServiceLinks", json_true());
	set_default(spec, "priority", json_integer(0));
	set_default(spec, "preemptionPolicy", json_string("PreemptLowerPriority"));
	set_default(spec, "tolerations", json_array());
	for (size_t i = 0; i < array_length(taints); i++)
		if (!doc_find(json_object_get(spec, "tolerations"), "key", taints[i]))
			json_array_append_new(json_object_get(spec, "tolerations"),
					      json_pack("{s:s, s:s, s:s, s:i}", "key", taints[i], "operator", "Exists",
							"effect", "NoExecute", "tolerationSeconds", 300));
}

void workload_defaults(int kind, json_t *spec)
{
	json_t *template = json_object_get(spec, "template");

	if (json_object_get(template, "spec"))
		pod_spec_defaults(json_object_get(template, "spec"));
	switch (kind) {
	case KIND_DEPLOYMENT:
		set_default(spec, "replicas", json_integer(1));
		set_default(spec, "strategy", json_object());
		set_default(json_object_get(spec, "strategy"), "type", json_string("RollingUpdate"));
		if (!strcmp(doc_text(spec, "strategy.type"), "RollingUpdate")) {
			json_t *strategy = json_object_get(spec, "strategy");

			set_default(strategy, "rollingUpdate", json_object());
			set_default(json_object_get(strategy, "rollingUpdate"), "maxUnavailable", json_string("25%"));
			set_default(json_object_get(strategy, "rollingUpdate"), "maxSurge", json_string("25%"));
		}
		set_default(spec, "revisionHistoryLimit", json_integer(10));
		set_default(spec, "progressDeadlineSeconds", json_integer(600));
		break;
	case KIND_DAEMON_SET:
		set_default(spec, "updateStrategy", json_pack("{s:s, s:{s:i, s:i}}", "type", "RollingUpdate",
							      "rollingUpdate", "maxUnavailable", 1, "maxSurge", 0));
		set_default(spec, "revisionHistoryLimit", json_integer(10));
		break;
	case KIND_STATEFUL_SET:
		set_default(spec, "replicas", json_integer(1));
		set_default(spec, "podManagementPolicy", json_string("OrderedReady"));
		set_default(spec, "updateStrategy", json_pack("{s:s, s:{s:i}}", "type", "RollingUpdate",
							      "rollingUpdate", "partition", 0));
		set_default(spec, "revisionHistoryLimit", json_integer(10));
		break;
	case KIND_REPLICA_SET:
		set_default(spec, "replicas", json_integer(1));
		break;
	default:
		break;
	}
}

json_t *owner_references(const struct owner *owner)
{
	return json_pack("[{s:s, s:s, s:s, s:s, s:b, s:b}]", "apiVersion", owner->api_version, "kind", owner->kind,
			 "name", owner->name, "uid", owner->uid, "controller", 1, "blockOwnerDeletion", 1);
}

json_t *metadata_new(struct cluster *cluster, const char *namespace, const char *name, int64_t created)
{
	char uid[UID_SIZE];
	json_t *metadata = json_object();

	random_uid(&cluster->random, uid);
	doc_set_text(metadata, "name", name);
	if (namespace[0])
		doc_set_text(metadata, "namespace", namespace);
	doc_set_text(metadata, "uid", uid);
	doc_set(metadata, "creationTimestamp", doc_time(created));
	return metadata;
}

/* Every pod mounts its service account's token. */
static json_t *token_volume(const char *name)
{
	return json_pack("{s:s, s:{s:[{s:{s:i, s:s}}, {s:{s:s, s:[{s:s, s:s}]}}, {s:{s:[{s:s, s:{s:s, s:s}}]}}], s:i}}",
			 "name", name, "projected", "sources", "serviceAccountToken", "expirationSeconds", 3607, "path",
			 "token", "configMap", "name", "kube-root-ca.crt", "items", "key", "ca.crt", "path", "ca.crt",
			 "downwardAPI", "items", "path", "namespace", "fieldRef", "apiVersion", "v1", "fieldPath",
			 "metadata.namespace", "defaultMode", 420);
}

void pod_claims(json_t *template, const json_t *set, int64_t ordinal)
{
	json_t *volumes = json_array();
	json_t *own = doc_get(template, "spec.volumes");
	size_t i;
	json_t *entry;

	json_array_foreach(doc_get(set, "spec.volumeClaimTemplates"), i, entry) {
		const char *name = doc_text(entry, "metadata.name");
		auto_free char *claim = xasprintf("%s-%s-%" PRId64, name, doc_text(set, "metadata.name"), ordinal);

		json_array_append_new(volumes, json_pack("{s:s, s:{s:s}}", "name", name, "persistentVolumeClaim",
							 "claimName", claim));
	}
	json_array_foreach(own, i, entry)
		if (!doc_find(volumes, "name", doc_text(entry, "name")))
			json_array_append(volumes, entry);
	if (json_array_size(volumes))
		doc_set(template, "spec.volumes", json_incref(volumes));
	json_decref(volumes);
}

json_t *pod_new(struct cluster *cluster, const json_t *template, const char *namespace, const char *name,
		const struct owner *owner, int64_t created)
{
	json_t *metadata = metadata_new(cluster, namespace, name, created);
	json_t *spec = json_copy(doc_get(template, "spec"));
	json_t *volumes = json_copy(json_object_get(spec, "volumes"));
	json_t *labels = json_copy(doc_get(template, "metadata.labels"));
	json_t *annotations = doc_get(template, "metadata.annotations");
	char suffix[6];
	char volume[24];

	json_object_set_new(metadata, "labels", labels ? labels : json_object());
	if (json_object_size(annotations))
		json_object_set(metadata, "annotations", annotations);
	if (owner) {
		auto_free char *prefix = xasprintf("%s-", owner->name);

		doc_set_text(metadata, "generateName", prefix);
		json_object_set_new(metadata, "ownerReferences", owner_references(owner));
	}
	random_suffix(&cluster->random, 5, suffix);
	snprintf(volume, sizeof(volume), "kube-api-access-%s", suffix);
	if (!volumes)
		volumes = json_array();
	json_array_append_new(volumes, token_volume(volume));
	json_object_set_new(spec, "volumes", volumes);
	set_default(spec, "serviceAccountName", json_string("default"));
	pull_secrets_admit(cluster, namespace, spec);
	set_default(spec, "serviceAccount", json_string(doc_text(spec, "serviceAccountName")));
	set_default(spec, "enableServiceLinks", json_true());
	set_default(spec, "preemptionPolicy", json_string("PreemptLowerPriority"));
	set_default(spec, "priority", json_integer(0));
	set_default(spec, "tolerations",
		    json_pack("[{s:s, s:s, s:s, s:i}, {s:s, s:s, s:s, s:i}]", "key", "node.kubernetes.io/not-ready",
			      "operator", "Exists", "effect", "NoExecute", "tolerationSeconds", 300, "key",
			      "node.kubernetes.io/unreachable", "operator", "Exists", "effect", "NoExecute",
			      "tolerationSeconds", 300));
	return json_pack("{s:o, s:o, s:{s:s, s:s}}", "metadata", metadata, "spec", spec, "status", "phase", "Pending",
			 "qosClass", "BestEffort");
}

void condition_set(json_t *conditions, const char *type, bool holds, const char *reason, const char *message,
		   int64_t wall)
{
	json_t *condition = doc_find(conditions, "type", type);
	const char *status = holds ? "True" : "False";

	if (!condition) {
		condition = json_pack("{s:s, s:s, s:n, s:o}", "type", type, "status", "", "lastProbeTime",
				      "lastTransitionTime", doc_time(wall));
		json_array_append_new(conditions, condition);
	}
	if (strcmp(doc_text(condition, "status"), status)) {
		doc_set_text(condition, "status", status);
		doc_set(condition, "lastTransitionTime", doc_time(wall));
	}
	if (reason)
		doc_set_text(condition, "reason", reason);
	else
		doc_remove(condition, "reason");
	if (message)
		doc_set_text(condition, "message", message);
	else
		doc_remove(condition, "message");
}

static json_t *conditions_of(json_t *pod)
{
	json_t *status = json_object_get(pod, "status");

	if (!json_object_get(status, "conditions"))
		json_object_set_new(status, "conditions", json_array());
	return json_object_get(status, "conditions");
}

void pod_assign(json_t *pod, const char *node, int64_t wall)
{
	json_object_set_new(pod, "spec", json_copy(json_object_get(pod, "spec")));
	doc_set_text(json_object_get(pod, "spec"), "nodeName", node);
	doc_own(pod, "status");
	condition_set(conditions_of(pod), "PodScheduled", true, NULL, NULL, wall);
}

size_t pod_init_count(const json_t *pod)
{
	return json_array_size(doc_get(pod, "spec.initContainers"));
}

size_t pod_container_count(const json_t *pod)
{
	return pod_init_count(pod) + json_array_size(doc_get(pod, "spec.containers"));
}

const json_t *pod_container(const json_t *pod, size_t index)
{
	size_t inits = pod_init_count(pod);

	return index < inits ? json_array_get(doc_get(pod, "spec.initContainers"), index)
			     : json_array_get(doc_get(pod, "spec.containers"), index - inits);
}

json_t *pod_container_status(const json_t *pod, size_t index)
{
	size_t inits = pod_init_count(pod);

	return index < inits ? json_array_get(doc_get(pod, "status.initContainerStatuses"), index)
			     : json_array_get(doc_get(pod, "status.containerStatuses"), index - inits);
}

static json_t *first_status(const json_t *container, const char *reason)
{
	json_t *status = json_pack("{s:s, s:{}, s:{}, s:b, s:i, s:s, s:s}", "name", doc_text(container, "name"),
				   "state", "lastState", "ready", 0, "restartCount", 0, "image",
				   doc_text(container, "image"), "imageID", "");

	container_wait(status, reason, NULL);
	return status;
}

static void give_address(struct cluster *cluster, json_t *pod, const json_t *node)
{
	json_t *status = json_object_get(pod, "status");
	const char *host = doc_text(doc_find(doc_get(node, "status.addresses"), "type", "InternalIP"), "address");
	char address[64];
	unsigned int a = 10;
	unsigned int b = 100;
	unsigned int c = 0;

	sscanf(doc_text(node, "spec.podCIDR"), "%u.%u.%u", &a, &b, &c);
	snprintf(address, sizeof(address), "%u.%u.%u.%u", a, b, c, 2 + (unsigned int)(cluster->next_address++ % 250));
	doc_set_text(status, "hostIP", host);
	doc_set_text(status, "podIP", doc_true(pod, "spec.hostNetwork") ? host : address);
	doc_set(status, "podIPs", json_pack("[{s:s}]", "ip", doc_text(status, "podIP")));
}

void pod_accept(struct cluster *cluster, json_t *pod, const struct object *node, int64_t wall)
{
	json_t *status = doc_own(pod, "status");
	size_t inits = pod_init_count(pod);
	const char *reason = inits ? "PodInitializing" : "ContainerCreating";
	json_t *list = json_array();
	json_t *init_list = json_array();

	for (size_t i = 0; i < pod_container_count(pod); i++)
		json_array_append_new(i < inits ? init_list : list, first_status(pod_container(pod, i), reason));
	doc_set(status, "startTime", doc_time(wall));
	if (inits)
		doc_set(status, "initContainerStatuses", init_list);
	else
		json_decref(init_list);
	doc_set(status, "containerStatuses", list);
	give_address(cluster, pod, node->now->value);
	pod_refresh(pod, wall);
}

void container_wait(json_t *status, const char *reason, const char *message)
{
	doc_set(status, "state", json_pack("{s:{s:s, s:s*}}", "waiting", "reason", reason, "message", message));
	doc_set(status, "ready", json_false());
	doc_set(status, "started", json_false());
}

void container_run(struct cluster *cluster, json_t *status, bool init, int64_t wall)
{
	char id[96];
	char digest[DIGEST_HEX_SIZE];
	char time[21];
	const char *image = doc_text(status, "image");
	auto_free char *image_id = NULL;
	auto_free char *repository = image_repository(image);

	snprintf(id, sizeof(id), "containerd://%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
		 random_next(&cluster->random), random_next(&cluster->random), random_next(&cluster->random),
		 random_next(&cluster->random));
	digest_sha256(image, strlen(image), digest);
	image_id = xasprintf("%s@sha256:%s", repository, digest);
	clock_format(wall, time);
	doc_set(status, "state", json_pack("{s:{s:s}}", "running", "startedAt", time));
	doc_set_text(status, "imageID", image_id);
	doc_set_text(status, "containerID", id);
	doc_set(status, "started", json_boolean(!init));
}

void container_end(json_t *status, int exit_code, const char *reason, int64_t wall)
{
	auto_free char *started = xstrdup(doc_text(status, "state.running.startedAt"));
	auto_free char *id = xstrdup(doc_text(status, "containerID"));
	char time[21];

	clock_format(wall, time);
	doc_set(status, "state", json_pack("{s:{s:i, s:s, s:s, s:s, s:s}}", "terminated", "exitCode", exit_code,
					   "reason", reason, "startedAt", started[0] ? started : time, "finishedAt",
					   time, "containerID", id));
	doc_set(status, "started", json_false());
	doc_set(status, "ready", json_false());
}

void container_restart(json_t *status)
{
	json_t *state = json_object_get(status, "state");

	if (json_object_get(state, "terminated"))
		json_object_set(status, "lastState", state);
	doc_set_int(status, "restartCount", doc_int(status, "restartCount") + 1);
}

void container_set_ready(json_t *status, bool ready)
{
	doc_set(status, "ready", json_boolean(ready));
}

/* "[a b]" of the containers that are not done or not ready. */
static char *names_of(json_t *pod, bool inits)
{
	struct buffer text = BUFFER_INIT(8 << 10);
	size_t first = inits ? 0 : pod_init_count(pod);
	size_t end = inits ? pod_init_count(pod) : pod_container_count(pod);

	for (size_t i = first; i < end; i++) {
		json_t *status = pod_container_status(pod, i);

		if (!doc_true(status, "ready"))
			buffer_addf(&text, "%s%s", text.length ? " " : "", doc_text(status, "name"));
	}
	return buffer_detach(&text);
}

static void set_phase(json_t *pod)
{
	json_t *status = json_object_get(pod, "status");
	size_t inits = pod_init_count(pod);
	size_t count = pod_container_count(pod);
	size_t waiting = 0;
	size_t done = 0;
	size_t failed = 0;

	for (size_t i = inits; i < count; i++) {
		const json_t *container = pod_container_status(pod, i);

		if (doc_get(container, "state.terminated")) {
			done++;
			failed += doc_int(container, "state.terminated.exitCode") != 0;
		} else if (doc_get(container, "state.waiting") && !doc_get(container, "lastState.terminated")) {
			waiting++;
		}
	}
	if (waiting)
		doc_set_text(status, "phase", "Pending");
	else if (done == count - inits && !strcmp(doc_text(pod, "spec.restartPolicy"), "Never"))
		doc_set_text(status, "phase", failed ? "Failed" : "Succeeded");
	else if (done == count - inits && !failed && !strcmp(doc_text(pod, "spec.restartPolicy"), "OnFailure"))
		doc_set_text(status, "phase", "Succeeded");
	else
		doc_set_text(status, "phase", "Running");
}

void pod_refresh(json_t *pod, int64_t wall)
{
	json_t *conditions = conditions_of(pod);
	auto_free char *inits = names_of(pod, true);
	auto_free char *unready = names_of(pod, false);
	auto_free char *init_message = xasprintf("containers with incomplete status: [%s]", inits);
	auto_free char *message = xasprintf("containers with unready status: [%s]", unready);
	const char *phase;
	const char *reason = unready[0] ? "ContainersNotReady" : NULL;

	set_phase(pod);
	phase = doc_text(pod, "status.phase");
	if (!strcmp(phase, "Succeeded")) {
		condition_set(conditions, "Initialized", true, "PodCompleted", NULL, wall);
		condition_set(conditions, "Ready", false, "PodCompleted", NULL, wall);
		condition_set(conditions, "ContainersReady", false, "PodCompleted", NULL, wall);
		return;
	}
	condition_set(conditions, "Initialized", !inits[0], inits[0] ? "ContainersNotInitialized" : NULL,
		      inits[0] ? init_message : NULL, wall);
	condition_set(conditions, "Ready", !reason, reason, reason ? message : NULL, wall);
	condition_set(conditions, "ContainersReady", !reason, reason, reason ? message : NULL, wall);
}

bool pod_is_ready(const json_t *pod)
{
	return !strcmp(doc_text(doc_find(doc_get(pod, "status.conditions"), "type", "Ready"), "status"), "True");
}
