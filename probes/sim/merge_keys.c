#include "probes/sim/merge_keys.h"

#include <stddef.h>
#include <string.h>

#include "probes/base/memory.h"

static const struct list_merge lists[] = {
	{"metadata", "ownerReferences", "uid"},
	{"metadata", "finalizers", NULL},
	{"spec", "containers", "name"},
	{"spec", "initContainers", "name"},
	{"spec", "ephemeralContainers", "name"},
	{"spec", "volumes", "name"},
	{"spec", "imagePullSecrets", "name"},
	{"spec", "hostAliases", "ip"},
	{"spec", "topologySpreadConstraints", "topologyKey"},
	{"spec", "resourceClaims", "name"},
	{"spec", "schedulingGates", "name"},
	{"spec", "podCIDRs", NULL},
	{"spec", "ports", "port"},		/* Service */
	{"containers", "ports", "containerPort"},
	{"initContainers", "ports", "containerPort"},
	{"ephemeralContainers", "ports", "containerPort"},
	{NULL, "env", "name"},
	{NULL, "volumeMounts", "mountPath"},
	{NULL, "volumeDevices", "devicePath"},
	{"status", "conditions", "type"},
	{"status", "addresses", "type"},
	{"status", "podIPs", "ip"},
	{"status", "hostIPs", "ip"},
	{"", "secrets", "name"},			/* ServiceAccount */
};

const struct list_merge *merge_of_list(const char *parent, const char *list)
{
	for (size_t i = 0; i < array_length(lists); i++)
		if (!strcmp(lists[i].list, list) && (!lists[i].parent || !strcmp(lists[i].parent, parent)))
			return &lists[i];
	return NULL;
}
