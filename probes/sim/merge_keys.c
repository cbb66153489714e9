#include "probes/sim/merge_keys.h"

#include <stddef.h>
#include <string.h>

#include "probes/base/memory.h"

static const struct list_merge lists[] = {
	{"metadata", "ownerReferences", "uid", false},
	{"metadata", "finalizers", NULL, false},
	{"spec", "containers", "name", false},
	{"spec", "initContainers", "name", false},
	{"spec", "ephemeralContainers", "name", false},
	{"spec", "volumes", "name", true},
	{"spec", "imagePullSecrets", "name", false},
	{"spec", "hostAliases", "ip", false},
	{"spec", "topologySpreadConstraints", "topologyKey", false},
	{"spec", "resourceClaims", "name", true},
	{"spec", "schedulingGates", "name", false},
	{"spec", "podCIDRs", NULL, false},
	{"spec", "ports", "port", false},		/* Service */
	{"containers", "ports", "containerPort", false},
	{"initContainers", "ports", "containerPort", false},
	{"ephemeralContainers", "ports", "containerPort", false},
	{NULL, "env", "name", false},
	{NULL, "volumeMounts", "mountPath", false},
	{NULL, "volumeDevices", "devicePath", false},
	{"status", "conditions", "type", false},
	{"status", "addresses", "type", false},
	{"status", "podIPs", "ip", false},
	{"status", "hostIPs", "ip", false},
	{"", "secrets", "name", false},			/* ServiceAccount */
};

const struct list_merge *merge_of_list(const char *parent, const char *list)
{
	for (size_t i = 0; i < array_length(lists); i++)
		if (!strcmp(lists[i].list, list) && (!lists[i].parent || !strcmp(lists[i].parent, parent)))
			return &lists[i];
	return NULL;
}

bool merge_retains_keys(const char *parent, const char *member)
{
	return !strcmp(parent, "spec") && !strcmp(member, "strategy");
}
