/*
 * Pods as documents: made from a template, given to a node, and the status
 * that a kubelet reports. Both the scenario (which starts with pods that have
 * been there for long) and the kubelet (kubelet.h) use these.
 *
 * All functions change a private document (document.h).
 */
#ifndef SIM_PODS_H
#define SIM_PODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct object;

/* Members that an API server sets where a pod spec leaves them out. */
void pod_spec_defaults(json_t *spec);
/* The same for a workload's spec: replicas, strategy, limits, and its pod template. */
/* What admission gives a new pod: its priority, and how long it stays on a node that is lost. */
void pod_admission_defaults(json_t *spec);
void workload_defaults(int kind, json_t *spec);

struct owner {
	const char *api_version;
	const char *kind;
	const char *name;
	const char *uid;
};
json_t *owner_references(const struct owner *owner);

/* metadata for a new object: name, namespace, a fresh uid, creationTimestamp. Yours. */
json_t *metadata_new(struct cluster *cluster, const char *namespace, const char *name, int64_t created);

/* The volumes of the nth pod of a StatefulSet: its claims by volumeClaimTemplates. template: private. */
void pod_claims(json_t *template, const json_t *set, int64_t ordinal);
/* A Pending pod without a node. Containers and volumes are shared with the template. Yours. */
json_t *pod_new(struct cluster *cluster, const json_t *template, const char *namespace, const char *name,
		const struct owner *owner, int64_t created);
/* Sets nodeName and PodScheduled. */
void pod_assign(json_t *pod, const char *node, int64_t wall);
/* What the kubelet reports when it sees the pod first: every container waits. */
void pod_accept(struct cluster *cluster, json_t *pod, const struct object *node, int64_t wall);

/* The status of a container, init containers first; NULL past the last. The pod's status is private. */
json_t *pod_container_status(const json_t *pod, size_t index);
/* The container of that index in the spec. */
const json_t *pod_container(const json_t *pod, size_t index);
size_t pod_init_count(const json_t *pod);
size_t pod_container_count(const json_t *pod);

void container_wait(json_t *status, const char *reason, const char *message);
void container_run(struct cluster *cluster, json_t *status, bool init, int64_t wall);
void container_end(json_t *status, int exit_code, const char *reason, int64_t wall);
/* A restart: the present state becomes the last one. */
void container_restart(json_t *status);
void container_set_ready(json_t *status, bool ready);

/* Phase and conditions from the containers' states; transitions get the time `wall`. */
void pod_refresh(json_t *pod, int64_t wall);
bool pod_is_ready(const json_t *pod);
void condition_set(json_t *conditions, const char *type, bool holds, const char *reason, const char *message,
		   int64_t wall);

#endif
