/*
 * The members that kinds have, as far as validate.h promises to know them.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/validate.h"

/*
 * "name" any value; "name=s" string, "=i" integer, "=b" boolean, "=m" object, "=l" array;
 * "name:Type" an object of that type, "name[]:Type" an array of them.
 */
struct type {
	const char *name;
	const char *members;
};

#define OBJECT "apiVersion=s kind=s metadata:ObjectMeta "
#define POD_CONTAINER                                                                              \
	"name=s image=s command=l args=l workingDir=s ports[]:ContainerPort envFrom=l env[]:EnvVar resources=m " \
	"resizePolicy=l restartPolicy=s volumeMounts[]:VolumeMount volumeDevices=l livenessProbe=m readinessProbe=m " \
	"startupProbe=m lifecycle=m terminationMessagePath=s terminationMessagePolicy=s imagePullPolicy=s "    \
	"securityContext=m stdin=b stdinOnce=b tty=b targetContainerName=s "

static const struct type types[] = {
	{"ObjectMeta", "name=s generateName=s namespace=s selfLink=s uid=s resourceVersion=s generation=i "
		       "creationTimestamp deletionTimestamp deletionGracePeriodSeconds=i labels=m annotations=m "
		       "ownerReferences=l finalizers=l managedFields=l "},
	{"Pod", OBJECT "spec:PodSpec status=m "},
	{"Deployment", OBJECT "spec:DeploymentSpec status=m "},
	{"DaemonSet", OBJECT "spec:DaemonSetSpec status=m "},
	{"ReplicaSet", OBJECT "spec:ReplicaSetSpec status=m "},
	{"StatefulSet", OBJECT "spec:StatefulSetSpec status=m "},
	{"Job", OBJECT "spec=m status=m "},
	{"CronJob", OBJECT "spec=m status=m "},
	{"Node", OBJECT "spec:NodeSpec status=m "},
	{"Namespace", OBJECT "spec=m status=m "},
	{"ConfigMap", OBJECT "data=m binaryData=m immutable=b "},
	{"Secret", OBJECT "data=m stringData=m type=s immutable=b "},
	{"ServiceAccount", OBJECT "secrets=l imagePullSecrets=l automountServiceAccountToken=b "},
	{"Service", OBJECT "spec=m status=m "},
	{"Lease", OBJECT "spec:LeaseSpec "},
	{"PodDisruptionBudget", OBJECT "spec:PodDisruptionBudgetSpec status=m "},
	{"LeaseSpec", "holderIdentity=s leaseDurationSeconds=i acquireTime=s renewTime=s leaseTransitions=i "
		      "strategy=s preferredHolder=s "},
	{"PodDisruptionBudgetSpec", "minAvailable selector=m maxUnavailable unhealthyPodEvictionPolicy=s "},
	{"NodeSpec", "podCIDR=s podCIDRs=l providerID=s unschedulable=b taints=l configSource=m externalID=s "},
	{"DeploymentSpec", "replicas=i selector=m template:PodTemplateSpec strategy=m minReadySeconds=i "
			   "revisionHistoryLimit=i paused=b progressDeadlineSeconds=i "},
	{"DaemonSetSpec", "selector=m template:PodTemplateSpec updateStrategy=m minReadySeconds=i "
			  "revisionHistoryLimit=i "},
	{"ReplicaSetSpec", "replicas=i minReadySeconds=i selector=m template:PodTemplateSpec "},
	{"StatefulSetSpec", "replicas=i selector=m template:PodTemplateSpec volumeClaimTemplates=l serviceName=s "
			    "podManagementPolicy=s updateStrategy=m revisionHistoryLimit=i minReadySeconds=i "
			    "persistentVolumeClaimRetentionPolicy=m ordinals=m "},
	{"PodTemplateSpec", "metadata:ObjectMeta spec:PodSpec "},
	{"PodSpec", "volumes=l initContainers[]:Container containers[]:Container ephemeralContainers[]:Container "
		    "restartPolicy=s terminationGracePeriodSeconds=i activeDeadlineSeconds=i dnsPolicy=s "
		    "nodeSelector=m serviceAccountName=s serviceAccount=s automountServiceAccountToken=b nodeName=s "
		    "hostNetwork=b hostPID=b hostIPC=b shareProcessNamespace=b securityContext=m imagePullSecrets=l "
		    "hostname=s subdomain=s affinity=m schedulerName=s tolerations=l hostAliases=l "
		    "priorityClassName=s priority=i dnsConfig=m readinessGates=l runtimeClassName=s "
		    "enableServiceLinks=b preemptionPolicy=s overhead=m topologySpreadConstraints=l "
		    "setHostnameAsFQDN=b os=m hostUsers=b schedulingGates=l resourceClaims=l "},
	{"Container", POD_CONTAINER},
	{"ContainerPort", "name=s hostPort=i containerPort=i protocol=s hostIP=s "},
	{"EnvVar", "name=s value=s valueFrom=m "},
	{"VolumeMount", "name=s readOnly=b recursiveReadOnly=s mountPath=s subPath=s mountPropagation=s "
			"subPathExpr=s "},
};

/* What is found on the way. Exactly one of the two is wanted. */
struct walk {
	json_t *unknown;
	char *wrong;
	const char *top;
	bool prune;	/* unknown members are taken out of the object, which is private */
};

static const struct type *find_type(const char *name, size_t n)
{
	for (size_t i = 0; i < array_length(types); i++)
		if (strlen(types[i].name) == n && !strncmp(types[i].name, name, n))
			return &types[i];
	return NULL;
}

/* The rest of the member's entry after its name, or NULL where the type has no such member. */
static const char *find_member(const struct type *type, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = type->members; *at; at += strcspn(at, " ") + 1)
		if (!strncmp(at, name, n) && strchr("=:[ ", at[n]))
			return at + n;
	return NULL;
}

static const char *go_type(char letter)
{
	switch (letter) {
	case 's':
		return "string";
	case 'i':
		return "int32";
	case 'b':
		return "bool";
	case 'l':
		return "[]interface {}";
	default:
		return "map[string]interface {}";
	}
}

static bool has_type(const json_t *value, char letter)
{
	if (json_is_null(value))
		return true;
	switch (letter) {
	case 's':
		return json_is_string(value);
	case 'i':
		return json_is_integer(value);
	case 'b':
		return json_is_boolean(value);
	case 'l':
		return json_is_array(value);
	default:
		return json_is_object(value);
	}
}

static const char *type_word(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "bool";
	case JSON_ARRAY:
		return "array";
	default:
		return "object";
	}
}

static void note_type(struct walk *walk, const char *path, const json_t *value, char letter)
{
	if (!has_type(value, letter) && !walk->wrong)
		walk->wrong = xasprintf("json: cannot unmarshal %s into Go struct field %s.%s of type %s",
					type_word(value), walk->top, path, go_type(letter));
}

static void walk_object(struct walk *walk, const struct type *type, const json_t *object, const char *path);

static void walk_member(struct walk *walk, const char *entry, const json_t *value, const char *path)
{
	size_t i;
	json_t *element;
	const struct type *type;

	if (entry[0] == '=') {
		note_type(walk, path, value, entry[1]);
		return;
	}
	if (entry[0] == ':') {
		note_type(walk, path, value, 'm');
		walk_object(walk, find_type(entry + 1, strcspn(entry + 1, " ")), value, path);
		return;
	}
	if (entry[0] != '[')
		return;
	note_type(walk, path, value, 'l');
	type = find_type(entry + 3, strcspn(entry + 3, " "));
	json_array_foreach(value, i, element) {
		auto_free char *own = xasprintf("%s[%zu]", path, i);

		note_type(walk, own, element, 'm');
		walk_object(walk, type, element, own);
	}
}

static void drop_unknown(const struct type *type, json_t *object)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, name, value)
		if (!find_member(type, name))
			json_object_del(object, name);
}

static void walk_object(struct walk *walk, const struct type *type, const json_t *object, const char *path)
{
	const char *name;
	json_t *value;

	if (!type || !json_is_object(object))
		return;
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		auto_free char *own = path[0] ? xasprintf("%s.%s", path, name) : xstrdup(name);
		const char *entry = find_member(type, name);

		if (entry)
			walk_member(walk, entry, value, own);
		else
			json_array_append_new(walk->unknown, json_string(own));
	}
	if (walk->prune)
		drop_unknown(type, (json_t *)(uintptr_t)object);
}

json_t *unknown_fields(const struct kind *kind, const json_t *object)
{
	struct walk walk = {.unknown = json_array(), .top = kind->kind};

	walk_object(&walk, find_type(kind->kind, strlen(kind->kind)), object, "");
	free(walk.wrong);
	return walk.unknown;
}

json_t *prune_unknown(const struct kind *kind, json_t *object)
{
	struct walk walk = {.unknown = json_array(), .top = kind->kind, .prune = true};

	walk_object(&walk, find_type(kind->kind, strlen(kind->kind)), object, "");
	free(walk.wrong);
	return walk.unknown;
}

char *wrong_type(const struct kind *kind, const json_t *object)
{
	struct walk walk = {.unknown = json_array(), .top = kind->kind};

	walk_object(&walk, find_type(kind->kind, strlen(kind->kind)), object, "");
	json_decref(walk.unknown);
	return walk.wrong;
}
