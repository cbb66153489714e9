#include <string.h>
#include <strings.h>

#include "probes/base/memory.h"
#include "probes/remedy/target_kind.h"

#define UNWATCHED KIND_COUNT
#define RBAC "rbac.authorization.k8s.io"

static const struct kind others[] = {
	{UNWATCHED, "ConfigMap", "", "v1", "configmaps", true, false},
	{UNWATCHED, "Secret", "", "v1", "secrets", true, false},
	{UNWATCHED, "ServiceAccount", "", "v1", "serviceaccounts", true, false},
	{UNWATCHED, "CronJob", "batch", "v1", "cronjobs", true, false},
	{UNWATCHED, "Role", RBAC, "v1", "roles", true, false},
	{UNWATCHED, "RoleBinding", RBAC, "v1", "rolebindings", true, false},
	{UNWATCHED, "ClusterRole", RBAC, "v1", "clusterroles", false, false},
	{UNWATCHED, "ClusterRoleBinding", RBAC, "v1", "clusterrolebindings", false, false},
	{UNWATCHED, "CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", false,
	 false},
	{UNWATCHED, "CSIDriver", "storage.k8s.io", "v1", "csidrivers", false, false},
	{UNWATCHED, "APIService", "apiregistration.k8s.io", "v1", "apiservices", false, false},
	{UNWATCHED, "PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", true, false},
	{UNWATCHED, "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", false, false},
	{UNWATCHED, "FelixConfiguration", "crd.projectcalico.org", "v1", "felixconfigurations", false, false},
};

const struct kind *target_kind_find(const char *name)
{
	const struct kind *watched = kind_find(name);

	if (watched)
		return watched;
	for (size_t i = 0; i < array_length(others); i++) {
		if (!strcasecmp(others[i].name, name) || !strcasecmp(others[i].resource, name))
			return &others[i];
	}
	return NULL;
}

bool target_kind_is_known(const struct kind *kind)
{
	return kind->id < KIND_COUNT && !kind_is_metadata_only(kind);
}

bool target_kind_rolls_out(const struct kind *kind)
{
	return kind->id == KIND_DAEMON_SET || kind->id == KIND_DEPLOYMENT || kind->id == KIND_STATEFUL_SET;
}

const char *target_kind_template(const struct kind *kind)
{
	if (kind->id == KIND_POD)
		return "";
	if (target_kind_rolls_out(kind) || kind->id == KIND_REPLICA_SET || kind->id == KIND_JOB)
		return "/spec/template";
	return !strcmp(kind->name, "CronJob") ? "/spec/jobTemplate/spec/template" : NULL;
}
