#include "probes/kube/fields_rows.h"

#include "probes/base/memory.h"

#define AT(type, member) .offset = (uint16_t)offsetof(struct type, member)
#define STRING(path, type, member) {path, FIELD_STRING, AT(type, member), .limit = TEXT_LIMIT}
#define NAME(path, type, member) {path, FIELD_STRING, AT(type, member), .limit = NAME_LIMIT}
#define MESSAGE(path, type, member) {path, FIELD_STRING, AT(type, member), .limit = MESSAGE_LIMIT}
#define INT(path, type, member) {path, FIELD_INT, AT(type, member)}
#define BOOL(path, type, member) {path, FIELD_BOOL, AT(type, member)}
#define TIME(path, type, member) {path, FIELD_TIME, AT(type, member)}
#define LOSSY(path, field, type, member) \
	{path, field, AT(type, member), .limit = NAME_LIMIT, .gate = GATE_LOSSY}
#define MOUNT(path, group, rows) {path, group, 0, rows, array_length(rows)}
#define ROLE_MOUNT(path, group, role, rows) {path, group, role, rows, array_length(rows)}
#define OFFSET(type, member) ((uint16_t)offsetof(struct type, member))

/* Every object (metav1.ObjectMeta). */

static const struct field_row object_rows[] = {
	NAME("metadata.uid", record, uid),
	NAME("metadata.namespace", record, name_space),
	NAME("metadata.name", record, name),
	NAME("metadata.resourceVersion", record, resource_version),
	TIME("metadata.creationTimestamp", record, created),
	TIME("metadata.deletionTimestamp", record, deleted),
	LOSSY("metadata.deletionGracePeriodSeconds", FIELD_INT, record, deletion_grace),
	INT("metadata.generation", record, generation),
};

/* An owner is lossy: only the controller is kept. */
static const struct field_row owner_rows[] = {
	LOSSY("uid", FIELD_STRING, owner_reference, uid),
	LOSSY("kind", FIELD_STRING, owner_reference, kind),
	LOSSY("name", FIELD_STRING, owner_reference, name),
	LOSSY("controller", FIELD_BOOL, owner_reference, is_controller),
};

static const struct field_row string_item_rows[] = {{"", FIELD_LIST, .limit = NAME_LIMIT}};
static const struct field_row gate_rows[] = {{"conditionType", FIELD_LIST, .limit = NAME_LIMIT}};

const struct field_mount common_mounts[] = {
	MOUNT("", GROUP_RECORD, object_rows),
	MOUNT("metadata.ownerReferences[*]", GROUP_OWNERS, owner_rows),
	MOUNT("metadata.finalizers[*]", GROUP_FINALIZERS, string_item_rows),
};
const size_t common_mount_count = array_length(common_mounts);

const struct group_place common_places[] = {
	{GROUP_LABELS, OFFSET(record, labels), OFFSET(record, label_count)},
	{GROUP_ANNOTATIONS, OFFSET(record, annotations), OFFSET(record, annotation_count)},
	{GROUP_EXTRAS, OFFSET(record, extras), OFFSET(record, extra_count)},
	{GROUP_FINALIZERS, OFFSET(record, finalizers), OFFSET(record, finalizer_count)},
};
const size_t common_place_count = array_length(common_places);

const uint16_t common_strings[] = {
	OFFSET(record, uid),	   OFFSET(record, name_space),	     OFFSET(record, name),
	OFFSET(record, owner_uid), OFFSET(record, owner_kind),	     OFFSET(record, owner_name),
	OFFSET(record, resource_version),
};
const size_t common_string_count = array_length(common_strings);

/* Groups that several kinds share. */

static const struct field_row condition_rows[] = {
	NAME("type", condition, type),
	NAME("status", condition, status),
	STRING("reason", condition, reason),
	MESSAGE("message", condition, message),
	TIME("lastTransitionTime", condition, changed),
	LOSSY("lastHeartbeatTime", FIELD_TIME, condition, heartbeat),
	LOSSY("lastUpdateTime", FIELD_TIME, condition, heartbeat),
};

static const struct field_row spec_rows[] = {
	NAME("name", container_spec, name),
	STRING("image", container_spec, image),
	NAME("imagePullPolicy", container_spec, image_pull_policy),
	{"restartPolicy", FIELD_IS, AT(container_spec, always_restarts), .gate = GATE_LOSSY, .text = "Always"},
};

#define GATED(path, field, member, limit, gate) {path, field, AT(container_status, member), limit, gate}
static const struct field_row status_rows[] = {
	NAME("name", container_status, name),
	STRING("image", container_status, image),
	STRING("imageID", container_status, image_id),
	BOOL("ready", container_status, ready),
	LOSSY("started", FIELD_BOOL, container_status, started),
	INT("restartCount", container_status, restart_count),
	{"state.waiting", FIELD_STATE, AT(container_status, state), .gate = GATE_LOSSY, .number = STATE_WAITING},
	{"state.running", FIELD_STATE, AT(container_status, state), .gate = GATE_LOSSY, .number = STATE_RUNNING},
	{"state.terminated", FIELD_STATE, AT(container_status, state), .gate = GATE_LOSSY,
	 .number = STATE_TERMINATED},
	GATED("state.waiting.reason", FIELD_STRING, reason, TEXT_LIMIT, GATE_WAITING),
	GATED("state.waiting.message", FIELD_STRING, message, MESSAGE_LIMIT, GATE_WAITING),
	GATED("state.running.startedAt", FIELD_TIME, started_at, 0, GATE_RUNNING),
	GATED("state.terminated.reason", FIELD_STRING, reason, TEXT_LIMIT, GATE_TERMINATED),
	GATED("state.terminated.message", FIELD_STRING, message, MESSAGE_LIMIT, GATE_TERMINATED),
	GATED("state.terminated.exitCode", FIELD_INT, exit_code, 0, GATE_TERMINATED),
	GATED("state.terminated.signal", FIELD_INT, signal, 0, GATE_TERMINATED),
	GATED("state.terminated.startedAt", FIELD_TIME, started_at, 0, GATE_TERMINATED),
	GATED("state.terminated.finishedAt", FIELD_TIME, finished_at, 0, GATE_TERMINATED),
	{"lastState.terminated", FIELD_FLAG, AT(container_status, has_last), .gate = GATE_LOSSY},
	GATED("lastState.terminated.reason", FIELD_STRING, last_reason, TEXT_LIMIT, GATE_LAST),
	GATED("lastState.terminated.message", FIELD_STRING, last_message, MESSAGE_LIMIT, GATE_LAST),
	GATED("lastState.terminated.exitCode", FIELD_INT, last_exit_code, 0, GATE_LAST),
	GATED("lastState.terminated.signal", FIELD_INT, last_signal, 0, GATE_LAST),
	GATED("lastState.terminated.finishedAt", FIELD_TIME, last_finished_at, 0, GATE_LAST),
};

static const uint16_t label_strings[] = {OFFSET(label, key), OFFSET(label, value)};
static const uint16_t plain_string[] = {0};
static const uint16_t condition_strings[] = {OFFSET(condition, type), OFFSET(condition, status),
					     OFFSET(condition, reason), OFFSET(condition, message)};
static const uint16_t taint_strings[] = {OFFSET(taint, key), OFFSET(taint, value), OFFSET(taint, effect)};
static const uint16_t address_strings[] = {OFFSET(node_address, type), OFFSET(node_address, address)};
static const uint16_t spec_strings[] = {OFFSET(container_spec, name), OFFSET(container_spec, image),
					OFFSET(container_spec, image_pull_policy)};
static const uint16_t status_strings[] = {
	OFFSET(container_status, name),	   OFFSET(container_status, image),   OFFSET(container_status, image_id),
	OFFSET(container_status, reason),  OFFSET(container_status, message), OFFSET(container_status, last_reason),
	OFFSET(container_status, last_message),
};
static const uint16_t owner_strings[] = {OFFSET(owner_reference, uid), OFFSET(owner_reference, kind),
					 OFFSET(owner_reference, name)};
static const uint16_t extra_strings[] = {OFFSET(extra_value, text)};

#define LAYOUT(type, role, strings) {sizeof(struct type), role, strings, array_length(strings)}
const struct group_layout group_layouts[GROUP_COUNT] = {
	[GROUP_LABELS] = LAYOUT(label, -1, label_strings),
	[GROUP_ANNOTATIONS] = LAYOUT(label, -1, label_strings),
	[GROUP_FINALIZERS] = {sizeof(char *), -1, plain_string, 1},
	[GROUP_GATES] = {sizeof(char *), -1, plain_string, 1},
	[GROUP_CONDITIONS] = LAYOUT(condition, -1, condition_strings),
	[GROUP_TAINTS] = LAYOUT(taint, -1, taint_strings),
	[GROUP_ADDRESSES] = LAYOUT(node_address, -1, address_strings),
	[GROUP_SPECS] = LAYOUT(container_spec, offsetof(struct container_spec, role), spec_strings),
	[GROUP_STATUSES] = LAYOUT(container_status, offsetof(struct container_status, role), status_strings),
	[GROUP_OWNERS] = LAYOUT(owner_reference, -1, owner_strings),
	[GROUP_EXTRAS] = LAYOUT(extra_value, -1, extra_strings),
};

/* Node */

static const struct field_row node_rows[] = {
	BOOL("spec.unschedulable", node_record, unschedulable),
	STRING("spec.providerID", node_record, provider_id),
	NAME("status.nodeInfo.kubeletVersion", node_record, kubelet_version),
	NAME("status.nodeInfo.containerRuntimeVersion", node_record, container_runtime),
	STRING("status.nodeInfo.osImage", node_record, os_image),
	NAME("status.nodeInfo.kernelVersion", node_record, kernel_version),
	NAME("status.nodeInfo.architecture", node_record, architecture),
	NAME("status.nodeInfo.bootID", node_record, boot_id),
	LOSSY("status.allocatable.pods", FIELD_UNITS, node_record, pods_allocatable),
	LOSSY("status.allocatable.memory", FIELD_UNITS, node_record, memory_allocatable),
	LOSSY("status.allocatable.cpu", FIELD_MILLI, node_record, cpu_allocatable),
};
static const struct field_row taint_rows[] = {
	NAME("key", taint, key),
	NAME("value", taint, value),
	NAME("effect", taint, effect),
	TIME("timeAdded", taint, added),
};
static const struct field_row address_rows[] = {
	NAME("type", node_address, type),
	NAME("address", node_address, address),
};
static const struct field_mount node_mounts[] = {
	MOUNT("", GROUP_RECORD, node_rows),
	MOUNT("status.conditions[*]", GROUP_CONDITIONS, condition_rows),
	MOUNT("status.addresses[*]", GROUP_ADDRESSES, address_rows),
	MOUNT("spec.taints[*]", GROUP_TAINTS, taint_rows),
};
static const struct group_place node_places[] = {
	{GROUP_CONDITIONS, OFFSET(node_record, conditions), OFFSET(node_record, condition_count)},
	{GROUP_TAINTS, OFFSET(node_record, taints), OFFSET(node_record, taint_count)},
	{GROUP_ADDRESSES, OFFSET(node_record, addresses), OFFSET(node_record, address_count)},
};
static const uint16_t node_strings[] = {
	OFFSET(node_record, kubelet_version), OFFSET(node_record, container_runtime),
	OFFSET(node_record, os_image),	      OFFSET(node_record, kernel_version),
	OFFSET(node_record, architecture),    OFFSET(node_record, boot_id),
	OFFSET(node_record, provider_id),
};
static const char *const node_labels[] = {"node-role.kubernetes.io/*", "kubernetes.io/role",
					  "magnum.openstack.org/nodegroup", NULL};

/* Pod */

static const struct field_row pod_rows[] = {
	BOOL("spec.hostNetwork", pod_record, host_network),
	NAME("spec.nodeName", pod_record, node_name),
	NAME("spec.restartPolicy", pod_record, restart_policy),
	NAME("spec.serviceAccountName", pod_record, service_account),
	NAME("status.phase", pod_record, phase),
	STRING("status.reason", pod_record, reason),
	MESSAGE("status.message", pod_record, message),
	NAME("status.podIP", pod_record, pod_ip),
	NAME("status.hostIP", pod_record, host_ip),
	NAME("status.nominatedNodeName", pod_record, nominated_node),
	TIME("status.startTime", pod_record, started),
};
static const struct field_mount pod_mounts[] = {
	MOUNT("", GROUP_RECORD, pod_rows),
	MOUNT("status.conditions[*]", GROUP_CONDITIONS, condition_rows),
	MOUNT("spec.readinessGates[*]", GROUP_GATES, gate_rows),
	ROLE_MOUNT("spec.initContainers[*]", GROUP_SPECS, CONTAINER_INIT, spec_rows),
	ROLE_MOUNT("spec.containers[*]", GROUP_SPECS, CONTAINER_MAIN, spec_rows),
	ROLE_MOUNT("spec.ephemeralContainers[*]", GROUP_SPECS, CONTAINER_EPHEMERAL, spec_rows),
	ROLE_MOUNT("status.initContainerStatuses[*]", GROUP_STATUSES, CONTAINER_INIT, status_rows),
	ROLE_MOUNT("status.containerStatuses[*]", GROUP_STATUSES, CONTAINER_MAIN, status_rows),
	ROLE_MOUNT("status.ephemeralContainerStatuses[*]", GROUP_STATUSES, CONTAINER_EPHEMERAL, status_rows),
};
static const struct group_place pod_places[] = {
	{GROUP_SPECS, OFFSET(pod_record, specs), OFFSET(pod_record, spec_count)},
	{GROUP_STATUSES, OFFSET(pod_record, statuses), OFFSET(pod_record, status_count)},
	{GROUP_CONDITIONS, OFFSET(pod_record, conditions), OFFSET(pod_record, condition_count)},
	{GROUP_GATES, OFFSET(pod_record, readiness_gates), OFFSET(pod_record, readiness_gate_count)},
};
static const uint16_t pod_strings[] = {
	OFFSET(pod_record, phase),	    OFFSET(pod_record, reason),		OFFSET(pod_record, message),
	OFFSET(pod_record, node_name),	    OFFSET(pod_record, pod_ip),		OFFSET(pod_record, host_ip),
	OFFSET(pod_record, nominated_node), OFFSET(pod_record, restart_policy), OFFSET(pod_record, service_account),
};
static const char *const app_labels[] = {"app", "k8s-app", "app.kubernetes.io/name", NULL};
static const char *const pod_annotations[] = {"kubernetes.io/config.mirror", NULL};
static const char *const none[] = {NULL};

/* Event */

static const struct field_row event_rows[] = {
	NAME("involvedObject.kind", event_record, object_kind),
	NAME("involvedObject.namespace", event_record, object_namespace),
	NAME("involvedObject.name", event_record, object_name),
	NAME("involvedObject.uid", event_record, object_uid),
	NAME("involvedObject.fieldPath", event_record, object_field),
	NAME("type", event_record, type),
	NAME("reason", event_record, reason),
	MESSAGE("message", event_record, message),
	LOSSY("source.component", FIELD_STRING, event_scan, source_component),
	LOSSY("source.host", FIELD_STRING, event_scan, source_host),
	LOSSY("reportingComponent", FIELD_STRING, event_scan, reporting_component),
	LOSSY("reportingInstance", FIELD_STRING, event_scan, reporting_instance),
	LOSSY("count", FIELD_INT, event_scan, plain_count),
	LOSSY("series.count", FIELD_INT, event_scan, series_count),
	LOSSY("series.lastObservedTime", FIELD_TIME, event_scan, series_last),
	LOSSY("lastTimestamp", FIELD_TIME, event_scan, last_timestamp),
	LOSSY("eventTime", FIELD_TIME, event_scan, event_time),
	LOSSY("firstTimestamp", FIELD_TIME, event_scan, first_timestamp),
};
static const struct field_mount event_mounts[] = {MOUNT("", GROUP_RECORD, event_rows)};
static const uint16_t event_strings[] = {
	OFFSET(event_record, object_kind), OFFSET(event_record, object_namespace),
	OFFSET(event_record, object_name), OFFSET(event_record, object_uid),
	OFFSET(event_record, object_field), OFFSET(event_record, type),
	OFFSET(event_record, reason),	   OFFSET(event_record, message),
	OFFSET(event_record, component),   OFFSET(event_record, host),
};

/* Workloads */

static const struct field_row daemon_set_rows[] = {
	NAME("spec.updateStrategy.type", workload_record, strategy),
	INT("status.desiredNumberScheduled", workload_record, wanted),
	INT("status.currentNumberScheduled", workload_record, current),
	INT("status.numberReady", workload_record, ready),
	INT("status.numberAvailable", workload_record, available),
	INT("status.updatedNumberScheduled", workload_record, updated),
	INT("status.numberUnavailable", workload_record, unavailable),
	INT("status.numberMisscheduled", workload_record, misscheduled),
	INT("status.observedGeneration", workload_record, observed_generation),
};
static const struct field_row deployment_rows[] = {
	BOOL("spec.paused", workload_record, paused),
	NAME("spec.strategy.type", workload_record, strategy),
	INT("spec.replicas", workload_record, wanted),
	LOSSY("spec.progressDeadlineSeconds", FIELD_INT, workload_record, progress_deadline),
	INT("status.replicas", workload_record, current),
	INT("status.readyReplicas", workload_record, ready),
	INT("status.availableReplicas", workload_record, available),
	INT("status.updatedReplicas", workload_record, updated),
	INT("status.unavailableReplicas", workload_record, unavailable),
	INT("status.observedGeneration", workload_record, observed_generation),
};
static const struct field_row replica_set_rows[] = {
	INT("spec.replicas", workload_record, wanted),
	INT("status.replicas", workload_record, current),
	INT("status.readyReplicas", workload_record, ready),
	INT("status.availableReplicas", workload_record, available),
	INT("status.observedGeneration", workload_record, observed_generation),
};
static const struct field_row stateful_set_rows[] = {
	NAME("spec.updateStrategy.type", workload_record, strategy),
	INT("spec.replicas", workload_record, wanted),
	INT("status.replicas", workload_record, current),
	INT("status.readyReplicas", workload_record, ready),
	INT("status.availableReplicas", workload_record, available),
	INT("status.updatedReplicas", workload_record, updated),
	INT("status.observedGeneration", workload_record, observed_generation),
	LOSSY("status.updateRevision", FIELD_STRING, workload_scan, update_revision),
};

#define WORKLOAD_MOUNTS(rows)                                                                              \
	{                                                                                                  \
		MOUNT("", GROUP_RECORD, rows),                                                             \
		MOUNT("status.conditions[*]", GROUP_CONDITIONS, condition_rows),                           \
		ROLE_MOUNT("spec.template.spec.initContainers[*]", GROUP_SPECS, CONTAINER_INIT, spec_rows), \
		ROLE_MOUNT("spec.template.spec.containers[*]", GROUP_SPECS, CONTAINER_MAIN, spec_rows),    \
	}
static const struct field_mount daemon_set_mounts[] = WORKLOAD_MOUNTS(daemon_set_rows);
static const struct field_mount deployment_mounts[] = WORKLOAD_MOUNTS(deployment_rows);
static const struct field_mount replica_set_mounts[] = WORKLOAD_MOUNTS(replica_set_rows);
static const struct field_mount stateful_set_mounts[] = WORKLOAD_MOUNTS(stateful_set_rows);
static const struct group_place workload_places[] = {
	{GROUP_SPECS, OFFSET(workload_record, specs), OFFSET(workload_record, spec_count)},
	{GROUP_CONDITIONS, OFFSET(workload_record, conditions), OFFSET(workload_record, condition_count)},
};
static const uint16_t workload_strings[] = {OFFSET(workload_record, strategy), OFFSET(workload_record, revision)};
static const char *const workload_annotations[] = {"deployment.kubernetes.io/revision", NULL};

/* Kinds that only runbooks read (record.h) */

static const struct field_mount object_mounts[] = {
	MOUNT("status.conditions[*]", GROUP_CONDITIONS, condition_rows),
};
static const struct group_place object_places[] = {
	{GROUP_CONDITIONS, OFFSET(object_record, conditions), OFFSET(object_record, condition_count)},
};

#define KIND(scan, kept, s, m, p, p_count, l, a)                                                           \
	{                                                                                                  \
		sizeof(struct scan), sizeof(struct kept), s, array_length(s), m, array_length(m), p,       \
			p_count, l, a                                                                      \
	}
#define WORKLOAD(mounts)                                                                                   \
	KIND(workload_scan, workload_record, workload_strings, mounts, workload_places,                    \
	     array_length(workload_places), app_labels, workload_annotations)
static const struct kind_layout layouts[KIND_COUNT] = {
	[KIND_NODE] = KIND(node_record, node_record, node_strings, node_mounts, node_places,
			   array_length(node_places), node_labels, none),
	[KIND_POD] = KIND(pod_record, pod_record, pod_strings, pod_mounts, pod_places, array_length(pod_places),
			  app_labels, pod_annotations),
	[KIND_EVENT] = KIND(event_scan, event_record, event_strings, event_mounts, NULL, 0, none, none),
	[KIND_DAEMON_SET] = WORKLOAD(daemon_set_mounts),
	[KIND_DEPLOYMENT] = WORKLOAD(deployment_mounts),
	[KIND_REPLICA_SET] = WORKLOAD(replica_set_mounts),
	[KIND_STATEFUL_SET] = WORKLOAD(stateful_set_mounts),
};

static const struct kind_layout object_layout = {
	.scan_size = sizeof(struct object_record),
	.record_size = sizeof(struct object_record),
	.mounts = object_mounts,
	.mount_count = array_length(object_mounts),
	.places = object_places,
	.place_count = array_length(object_places),
	.labels = none,
	.annotations = none,
};

const struct kind_layout *kind_layout(enum kind_id kind)
{
	return kind_get(kind)->is_core ? &layouts[kind] : &object_layout;
}
