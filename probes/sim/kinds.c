#include "probes/sim/kinds.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"

#define CORE .group = "", .version = "v1"
#define APPS .group = "apps", .version = "v1"
#define BATCH .group = "batch", .version = "v1"

static const struct kind kinds[KIND_COUNT] = {
	[KIND_NODE] = {KIND_NODE, CORE, .resource = "nodes", .kind = "Node", .singular = "node",
		       .short_names = "no", .has_status = true},
	[KIND_NAMESPACE] = {KIND_NAMESPACE, CORE, .resource = "namespaces", .kind = "Namespace",
			    .singular = "namespace", .short_names = "ns", .has_status = true},
	[KIND_POD] = {KIND_POD, CORE, .resource = "pods", .kind = "Pod", .singular = "pod", .short_names = "po",
		      .categories = "all", .namespaced = true, .has_status = true},
	[KIND_EVENT] = {KIND_EVENT, CORE, .resource = "events", .kind = "Event", .singular = "event",
			.short_names = "ev", .namespaced = true},
	[KIND_CONFIG_MAP] = {KIND_CONFIG_MAP, CORE, .resource = "configmaps", .kind = "ConfigMap",
			     .singular = "configmap", .short_names = "cm", .namespaced = true},
	[KIND_SECRET] = {KIND_SECRET, CORE, .resource = "secrets", .kind = "Secret", .singular = "secret",
			 .namespaced = true},
	[KIND_SERVICE] = {KIND_SERVICE, CORE, .resource = "services", .kind = "Service", .singular = "service",
			  .short_names = "svc", .categories = "all", .namespaced = true, .has_status = true},
	[KIND_ENDPOINTS] = {KIND_ENDPOINTS, CORE, .resource = "endpoints", .kind = "Endpoints",
			    .singular = "endpoints", .short_names = "ep", .namespaced = true},
	[KIND_SERVICE_ACCOUNT] = {KIND_SERVICE_ACCOUNT, CORE, .resource = "serviceaccounts",
				  .kind = "ServiceAccount", .singular = "serviceaccount", .short_names = "sa",
				  .namespaced = true},
	[KIND_CLAIM] = {KIND_CLAIM, CORE, .resource = "persistentvolumeclaims", .kind = "PersistentVolumeClaim",
			.singular = "persistentvolumeclaim", .short_names = "pvc", .namespaced = true,
			.has_status = true},
	[KIND_VOLUME] = {KIND_VOLUME, CORE, .resource = "persistentvolumes", .kind = "PersistentVolume",
			 .singular = "persistentvolume", .short_names = "pv", .has_status = true},
	[KIND_REPLICATION_CONTROLLER] = {KIND_REPLICATION_CONTROLLER, CORE, .resource = "replicationcontrollers",
					 .kind = "ReplicationController", .singular = "replicationcontroller",
					 .short_names = "rc", .categories = "all", .namespaced = true,
					 .has_status = true},
	[KIND_DAEMON_SET] = {KIND_DAEMON_SET, APPS, .resource = "daemonsets", .kind = "DaemonSet",
			     .singular = "daemonset", .short_names = "ds", .categories = "all",
			     .namespaced = true, .has_status = true},
	[KIND_DEPLOYMENT] = {KIND_DEPLOYMENT, APPS, .resource = "deployments", .kind = "Deployment",
			     .singular = "deployment", .short_names = "deploy", .categories = "all",
			     .namespaced = true, .has_status = true, .has_scale = true},
	[KIND_REPLICA_SET] = {KIND_REPLICA_SET, APPS, .resource = "replicasets", .kind = "ReplicaSet",
			      .singular = "replicaset", .short_names = "rs", .categories = "all",
			      .namespaced = true, .has_status = true, .has_scale = true},
	[KIND_STATEFUL_SET] = {KIND_STATEFUL_SET, APPS, .resource = "statefulsets", .kind = "StatefulSet",
			       .singular = "statefulset", .short_names = "sts", .categories = "all",
			       .namespaced = true, .has_status = true, .has_scale = true},
	[KIND_CONTROLLER_REVISION] = {KIND_CONTROLLER_REVISION, APPS, .resource = "controllerrevisions",
				      .kind = "ControllerRevision", .singular = "controllerrevision",
				      .namespaced = true},
	[KIND_JOB] = {KIND_JOB, BATCH, .resource = "jobs", .kind = "Job", .singular = "job", .categories = "all",
		      .namespaced = true, .has_status = true},
	[KIND_CRON_JOB] = {KIND_CRON_JOB, BATCH, .resource = "cronjobs", .kind = "CronJob",
			   .singular = "cronjob", .short_names = "cj", .categories = "all", .namespaced = true,
			   .has_status = true},
	[KIND_DISRUPTION_BUDGET] = {KIND_DISRUPTION_BUDGET, .group = "policy", .version = "v1",
				    .resource = "poddisruptionbudgets", .kind = "PodDisruptionBudget",
				    .singular = "poddisruptionbudget", .short_names = "pdb", .namespaced = true,
				    .has_status = true},
	[KIND_LEASE] = {KIND_LEASE, .group = "coordination.k8s.io", .version = "v1", .resource = "leases",
			.kind = "Lease", .singular = "lease", .namespaced = true},
	[KIND_STORAGE_CLASS] = {KIND_STORAGE_CLASS, .group = "storage.k8s.io", .version = "v1",
				.resource = "storageclasses", .kind = "StorageClass", .singular = "storageclass",
				.short_names = "sc"},
	[KIND_CSI_DRIVER] = {KIND_CSI_DRIVER, .group = "storage.k8s.io", .version = "v1", .resource = "csidrivers",
			     .kind = "CSIDriver", .singular = "csidriver"},
	[KIND_CLUSTER_ROLE] = {KIND_CLUSTER_ROLE, .group = "rbac.authorization.k8s.io", .version = "v1",
			       .resource = "clusterroles", .kind = "ClusterRole", .singular = "clusterrole"},
	[KIND_CLUSTER_ROLE_BINDING] = {KIND_CLUSTER_ROLE_BINDING, .group = "rbac.authorization.k8s.io",
				       .version = "v1", .resource = "clusterrolebindings",
				       .kind = "ClusterRoleBinding", .singular = "clusterrolebinding"},
	[KIND_CUSTOM_RESOURCE] = {KIND_CUSTOM_RESOURCE, .group = "apiextensions.k8s.io", .version = "v1",
				  .resource = "customresourcedefinitions", .kind = "CustomResourceDefinition",
				  .singular = "customresourcedefinition", .short_names = "crd crds",
				  .categories = "api-extensions", .has_status = true},
	[KIND_API_SERVICE] = {KIND_API_SERVICE, .group = "apiregistration.k8s.io", .version = "v1",
			      .resource = "apiservices", .kind = "APIService", .singular = "apiservice",
			      .categories = "api-extensions", .has_status = true},
	[KIND_FELIX_CONFIGURATION] = {KIND_FELIX_CONFIGURATION, .group = "crd.projectcalico.org", .version = "v1",
				      .resource = "felixconfigurations", .kind = "FelixConfiguration",
				      .singular = "felixconfiguration"},
	[KIND_EVENT_VIEW] = {KIND_EVENT_VIEW, .group = "events.k8s.io", .version = "v1", .resource = "events",
			     .kind = "Event", .singular = "event", .short_names = "ev", .namespaced = true},
};

static const struct api_group groups[] = {
	{"apiextensions.k8s.io", "v1"},
	{"apiregistration.k8s.io", "v1"},
	{"apps", "v1"},
	{"authentication.k8s.io", "v1"},
	{"authorization.k8s.io", "v1"},
	{"batch", "v1"},
	{"coordination.k8s.io", "v1"},
	{"crd.projectcalico.org", "v1"},
	{"events.k8s.io", "v1"},
	{"policy", "v1"},
	{"rbac.authorization.k8s.io", "v1"},
	{"storage.k8s.io", "v1"},
	{NULL, NULL},
};

const struct api_group *kind_groups(void)
{
	return groups;
}

const struct kind *kind_at(enum kind_id id)
{
	return &kinds[id];
}

const struct kind *kind_by_resource(const char *group, const char *version, const char *resource)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!strcmp(kinds[i].resource, resource) && !strcmp(kinds[i].group, group) &&
		    !strcmp(kinds[i].version, version))
			return &kinds[i];
	return NULL;
}

const struct kind *kind_by_name(const char *api_version, const char *kind)
{
	char own[64];

	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!strcmp(kinds[i].kind, kind) &&
		    !strcmp(kind_api_version(&kinds[i], own, sizeof(own)), api_version))
			return &kinds[i];
	return NULL;
}

enum kind_id kind_storage(const struct kind *kind)
{
	return kind->id == KIND_EVENT_VIEW ? KIND_EVENT : kind->id;
}

const char *kind_api_version(const struct kind *kind, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", kind->group, kind->group[0] ? "/" : "", kind->version);
	return out;
}

const char *kind_qualified(const struct kind *kind, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", kind->resource, kind->group[0] ? "." : "", kind->group);
	return out;
}
