/*
 * Typed records: what we keep of an object. A record and all its strings and
 * groups are one allocation, replaced whole when the object changes; nobody
 * keeps a record pointer beyond a turn of the loop (decisions.md 3): views,
 * findings and plans hold keys (uid, or kind/namespace/name).
 *
 * Strings hold raw foreign bytes, size-capped by the scanner; absent strings
 * are "" (never NULL). Times are wall seconds, 0 when absent. The members are
 * filled by one table of fields (fields.h), from JSON or protobuf;
 * paths that only a runbook names are in extras.
 */
#ifndef KUBE_RECORD_H
#define KUBE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

enum kind_id {
	KIND_NODE,
	KIND_POD,
	KIND_EVENT,
	KIND_DAEMON_SET,
	KIND_DEPLOYMENT,
	KIND_REPLICA_SET,
	KIND_STATEFUL_SET,
	/* watched only where a loaded runbook names them (decisions.md 9); object_record */
	KIND_JOB,
	KIND_NAMESPACE,
	KIND_SERVICE,
	KIND_PERSISTENT_VOLUME,
	KIND_PERSISTENT_VOLUME_CLAIM,
	KIND_STORAGE_CLASS,
	KIND_CSI_DRIVER,
	/* the same, and metadata alone is asked for, in kube-system where they have a namespace (guide E15) */
	KIND_SERVICE_ACCOUNT,
	KIND_CONFIG_MAP,
	KIND_ROLE,
	KIND_ROLE_BINDING,
	KIND_CLUSTER_ROLE,
	KIND_CLUSTER_ROLE_BINDING,
	KIND_CUSTOM_RESOURCE_DEFINITION,
	KIND_COUNT,
};

struct kind {
	enum kind_id id;
	const char *name;	/* "DaemonSet" */
	const char *group;	/* "apps"; "" for core */
	const char *version;	/* "v1" */
	const char *resource;	/* "daemonsets" */
	bool namespaced;
	bool is_core;		/* always watched */
};

const struct kind *kind_get(enum kind_id id);
/* Of objects of this kind nothing but metadata is read, and of one namespace alone. */
bool kind_is_metadata_only(const struct kind *kind);
/* By name ("DaemonSet") or resource ("daemonsets"), caseless; NULL if it is none of ours. */
const struct kind *kind_find(const char *name);
/* "/apis/apps/v1/daemonsets", or with a namespace and a name (each may be NULL), escaped. Caller frees. */
char *kind_path(const struct kind *kind, const char *name_space, const char *name);

struct extra_value {
	uint16_t path;		/* index of the path in the field table */
	uint16_t item;		/* index within the first repeated group, 0 when there is none */
	const char *text;	/* the value as text: strings as they are, numbers and booleans as JSON writes them */
};

struct label {			/* labels and annotations that are wanted by somebody */
	const char *key;
	const char *value;
};

struct record {
	const struct kind *kind;
	uint32_t size;			/* bytes of the allocation */
	uint16_t label_count;
	uint16_t annotation_count;
	uint16_t extra_count;
	uint16_t finalizer_count;
	bool is_implied;		/* only events tell of it: nothing but its name is known */
	const struct label *labels;
	const struct label *annotations;
	const struct extra_value *extras;
	const char *const *finalizers;
	const char *uid;
	const char *name_space;		/* "" for cluster scope */
	const char *name;
	const char *resource_version;
	const char *owner_uid;		/* the controller in ownerReferences; "" for none */
	const char *owner_kind;
	const char *owner_name;
	int64_t created;
	int64_t deleted;		/* deletionTimestamp */
	int64_t deletion_grace;		/* seconds */
	int64_t generation;
};

struct condition {
	const char *type;
	const char *status;		/* "True", "False", "Unknown" */
	const char *reason;
	const char *message;
	int64_t changed;		/* lastTransitionTime */
	int64_t heartbeat;		/* lastHeartbeatTime, or lastUpdateTime */
};

struct taint {
	const char *key;
	const char *value;
	const char *effect;
	int64_t added;
};

struct node_address {
	const char *type;		/* "InternalIP", "Hostname", ... */
	const char *address;
};

struct node_record {
	struct record base;
	bool unschedulable;
	uint16_t condition_count;
	uint16_t taint_count;
	uint16_t address_count;
	const struct condition *conditions;
	const struct taint *taints;
	const struct node_address *addresses;
	const char *kubelet_version;
	const char *container_runtime;	/* "containerd://1.6.33" */
	const char *os_image;
	const char *kernel_version;
	const char *architecture;
	const char *boot_id;
	const char *provider_id;
	int64_t pods_allocatable;
	int64_t memory_allocatable;	/* bytes */
	int64_t cpu_allocatable;	/* thousandths of a core */
};

enum container_role { CONTAINER_INIT, CONTAINER_MAIN, CONTAINER_EPHEMERAL };

/* A container as the spec names it (pod, or a workload's template). */
struct container_spec {
	enum container_role role;
	bool always_restarts;		/* restartPolicy: Always on an init container: a native sidecar */
	const char *name;
	const char *image;
	const char *image_pull_policy;
};

enum container_state { STATE_UNKNOWN, STATE_WAITING, STATE_RUNNING, STATE_TERMINATED };

struct container_status {
	enum container_role role;
	enum container_state state;
	bool ready;
	bool started;
	const char *name;
	const char *image;
	const char *image_id;
	int64_t restart_count;
	const char *reason;		/* of the state waiting or terminated */
	const char *message;
	int64_t exit_code;		/* of terminated */
	int64_t signal;
	int64_t started_at;		/* of running or terminated */
	int64_t finished_at;
	const char *last_reason;	/* lastState.terminated */
	const char *last_message;
	int64_t last_exit_code;
	int64_t last_signal;
	int64_t last_finished_at;
	bool has_last;
};

struct pod_record {
	struct record base;
	bool host_network;
	uint16_t spec_count;
	uint16_t status_count;
	uint16_t condition_count;
	uint16_t readiness_gate_count;
	const struct container_spec *specs;		/* init, then main, then ephemeral */
	const struct container_status *statuses;	/* init, then main, then ephemeral */
	const struct condition *conditions;
	const char *const *readiness_gates;
	const char *phase;
	const char *reason;
	const char *message;
	const char *node_name;
	const char *pod_ip;
	const char *host_ip;
	const char *nominated_node;
	const char *restart_policy;
	const char *service_account;
	int64_t started;		/* status.startTime */
};

struct event_record {
	struct record base;
	const char *object_kind;	/* involvedObject */
	const char *object_namespace;
	const char *object_name;
	const char *object_uid;		/* a node's is often its name (entries.md 0.1) */
	const char *object_field;	/* fieldPath: "spec.containers{typha}" */
	const char *type;		/* "Warning" or "Normal" */
	const char *reason;
	const char *message;
	const char *component;		/* source.component, or reportingComponent */
	const char *host;
	int64_t count;			/* series.count, or count, or 1 */
	int64_t first;
	int64_t last;			/* series.lastObservedTime > lastTimestamp > eventTime > first > creation */
};

/*
 * Kinds that only runbooks read: their conditions, and in the record's extras
 * the paths that runbooks name.
 */
struct object_record {
	struct record base;
	uint16_t condition_count;
	const struct condition *conditions;
};

/* DaemonSet, Deployment, ReplicaSet and StatefulSet share one shape; -1 where a kind lacks a number. */
struct workload_record {
	struct record base;
	bool paused;
	uint16_t spec_count;
	uint16_t condition_count;
	const struct container_spec *specs;	/* of spec.template, init first */
	const struct condition *conditions;
	const char *strategy;		/* "RollingUpdate", "OnDelete", "Recreate" */
	const char *revision;		/* annotation deployment.kubernetes.io/revision, or status.updateRevision */
	int64_t wanted;			/* spec.replicas, or desiredNumberScheduled */
	int64_t current;		/* status.replicas, or currentNumberScheduled */
	int64_t ready;
	int64_t available;
	int64_t updated;
	int64_t unavailable;
	int64_t misscheduled;
	int64_t observed_generation;
	int64_t progress_deadline;	/* seconds; 0 when the kind has none */
};

/* Typed views of a record; the kind must be right. */
const struct node_record *record_node(const struct record *record);
const struct pod_record *record_pod(const struct record *record);
const struct event_record *record_event(const struct record *record);
const struct workload_record *record_workload(const struct record *record);
bool record_is_workload(const struct record *record);
const struct object_record *record_object(const struct record *record);

/* NULL if absent or not wanted by anybody. */
const char *record_label(const struct record *record, const char *key);
const char *record_annotation(const struct record *record, const char *key);
const struct condition *condition_find(const struct condition *conditions, size_t count, const char *type);

/*
 * Text columns exactly as kubectl get prints them (pkg/printers/internalversion/printers.go). The server makes them,
 * so that some follow its version, as kube_server_version() has it; "" = as the newest that is known.
 */
void pod_status_text(const struct pod_record *pod, const char *server_version, struct buffer *out);
struct pod_counts {
	int ready;
	int total;
	int64_t restarts;
	int64_t last_restart;	/* 0: none */
};
void pod_count(const struct pod_record *pod, struct pod_counts *ret_counts);
/* "Ready,SchedulingDisabled" */
void node_status_text(const struct node_record *node, struct buffer *out);
/* "6.1.0-20-amd64", from 1.36 on "6.1.0-20-amd64 (amd64)", or "<unknown>" */
void node_kernel_text(const struct node_record *node, const char *server_version, struct buffer *out);
/* "control-plane,etcd" or "<none>" */
void node_roles_text(const struct node_record *node, struct buffer *out);

#endif
