#include <strings.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"
#include "probes/kube/record.h"

#define RBAC "rbac.authorization.k8s.io"

static const struct kind kinds[KIND_COUNT] = {
	[KIND_NODE] = {KIND_NODE, "Node", "", "v1", "nodes", false, true},
	[KIND_POD] = {KIND_POD, "Pod", "", "v1", "pods", true, true},
	[KIND_EVENT] = {KIND_EVENT, "Event", "", "v1", "events", true, true},
	[KIND_DAEMON_SET] = {KIND_DAEMON_SET, "DaemonSet", "apps", "v1", "daemonsets", true, true},
	[KIND_DEPLOYMENT] = {KIND_DEPLOYMENT, "Deployment", "apps", "v1", "deployments", true, true},
	[KIND_REPLICA_SET] = {KIND_REPLICA_SET, "ReplicaSet", "apps", "v1", "replicasets", true, true},
	[KIND_STATEFUL_SET] = {KIND_STATEFUL_SET, "StatefulSet", "apps", "v1", "statefulsets", true, true},
	[KIND_JOB] = {KIND_JOB, "Job", "batch", "v1", "jobs", true, false},
	[KIND_NAMESPACE] = {KIND_NAMESPACE, "Namespace", "", "v1", "namespaces", false, false},
	[KIND_SERVICE] = {KIND_SERVICE, "Service", "", "v1", "services", true, false},
	[KIND_PERSISTENT_VOLUME] = {KIND_PERSISTENT_VOLUME, "PersistentVolume", "", "v1", "persistentvolumes",
				    false, false},
	[KIND_PERSISTENT_VOLUME_CLAIM] = {KIND_PERSISTENT_VOLUME_CLAIM, "PersistentVolumeClaim", "", "v1",
					  "persistentvolumeclaims", true, false},
	[KIND_STORAGE_CLASS] = {KIND_STORAGE_CLASS, "StorageClass", "storage.k8s.io", "v1", "storageclasses",
				false, false},
	[KIND_CSI_DRIVER] = {KIND_CSI_DRIVER, "CSIDriver", "storage.k8s.io", "v1", "csidrivers", false, false},
	[KIND_SERVICE_ACCOUNT] = {KIND_SERVICE_ACCOUNT, "ServiceAccount", "", "v1", "serviceaccounts", true, false},
	[KIND_CONFIG_MAP] = {KIND_CONFIG_MAP, "ConfigMap", "", "v1", "configmaps", true, false},
	[KIND_ROLE] = {KIND_ROLE, "Role", RBAC, "v1", "roles", true, false},
	[KIND_ROLE_BINDING] = {KIND_ROLE_BINDING, "RoleBinding", RBAC, "v1", "rolebindings", true, false},
	[KIND_CLUSTER_ROLE] = {KIND_CLUSTER_ROLE, "ClusterRole", RBAC, "v1", "clusterroles", false, false},
	[KIND_CLUSTER_ROLE_BINDING] = {KIND_CLUSTER_ROLE_BINDING, "ClusterRoleBinding", RBAC, "v1",
				       "clusterrolebindings", false, false},
	[KIND_CUSTOM_RESOURCE_DEFINITION] = {KIND_CUSTOM_RESOURCE_DEFINITION, "CustomResourceDefinition",
					     "apiextensions.k8s.io", "v1", "customresourcedefinitions", false, false},
};

bool kind_is_metadata_only(const struct kind *kind)
{
	return kind->id >= KIND_SERVICE_ACCOUNT && kind->id < KIND_COUNT;
}

const struct kind *kind_get(enum kind_id id)
{
	if ((unsigned)id >= KIND_COUNT)
		bug("a kind that there is not");
	return &kinds[id];
}

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (!strcasecmp(kinds[i].name, name) || !strcasecmp(kinds[i].resource, name))
			return &kinds[i];
	}
	return NULL;
}

/* Names of objects are foreign: they must not reach out of their segment. */
static void add_segment(struct buffer *path, const char *segment)
{
	auto_free char *escaped = kube_escape(segment);

	buffer_addf(path, "/%s", escaped);
}

char *kind_path(const struct kind *kind, const char *name_space, const char *name)
{
	struct buffer path = BUFFER_INIT(4096);

	if (*kind->group)
		buffer_addf(&path, "/apis/%s/%s", kind->group, kind->version);
	else
		buffer_addf(&path, "/api/%s", kind->version);
	if (kind->namespaced && name_space) {
		buffer_add_text(&path, "/namespaces");
		add_segment(&path, name_space);
	}
	add_segment(&path, kind->resource);
	if (name)
		add_segment(&path, name);
	return buffer_detach(&path);
}
