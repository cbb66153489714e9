#include "probes/remedy/pod_spec.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/record_text.h"
#include "probes/remedy/json_path.h"

/* Sums of a few hundred of these stay numbers. */
#define QUANTITY_MAXIMUM ((int64_t)1 << 52)

static int64_t quantity_of(const json_t *resources, const char *list, const char *name, int decimals)
{
	const char *text = json_string_value(json_object_get(json_object_get(resources, list), name));
	int64_t number = 0;

	if (!text || quantity_parse(text, decimals, &number) < 0 || number < 0)
		return 0;
	return number < QUANTITY_MAXIMUM ? number : QUANTITY_MAXIMUM;
}

/* A limit without a request is the request, too (defaulted by the apiserver; templates need not have been). */
static struct pod_needs needs_of(const json_t *resources)
{
	struct pod_needs needs = {.cpu = quantity_of(resources, "requests", "cpu", 3),
				  .memory = quantity_of(resources, "requests", "memory", 0)};

	if (!needs.cpu)
		needs.cpu = quantity_of(resources, "limits", "cpu", 3);
	if (!needs.memory)
		needs.memory = quantity_of(resources, "limits", "memory", 0);
	return needs;
}

static struct pod_needs sum(struct pod_needs a, struct pod_needs b)
{
	return (struct pod_needs){.cpu = a.cpu + b.cpu, .memory = a.memory + b.memory};
}

static struct pod_needs most(struct pod_needs a, struct pod_needs b)
{
	return (struct pod_needs){.cpu = a.cpu > b.cpu ? a.cpu : b.cpu,
				  .memory = a.memory > b.memory ? a.memory : b.memory};
}

/* Init containers run one at a time, beside the native sidecars that started before them. */
void pod_spec_needs(const json_t *spec, struct pod_needs *ret_needs)
{
	struct pod_needs total = {0};
	struct pod_needs sidecars = {0};
	struct pod_needs starting = {0};
	struct pod_needs overhead = {0};
	size_t i;
	json_t *container;

	json_array_foreach(json_object_get(spec, "containers"), i, container)
		total = sum(total, needs_of(json_object_get(container, "resources")));
	json_array_foreach(json_object_get(spec, "initContainers"), i, container) {
		const char *policy = json_string_value(json_object_get(container, "restartPolicy"));
		struct pod_needs own = needs_of(json_object_get(container, "resources"));

		starting = most(starting, sum(own, sidecars));
		if (policy && !strcmp(policy, "Always"))
			sidecars = sum(sidecars, own);
	}
	overhead.cpu = quantity_of(spec, "overhead", "cpu", 3);
	overhead.memory = quantity_of(spec, "overhead", "memory", 0);
	*ret_needs = sum(most(sum(total, sidecars), starting), overhead);
}

static bool same_text(const json_t *a, const json_t *b)
{
	const char *first = json_string_value(a);
	const char *second = json_string_value(b);

	return !strcmp(first ? first : "", second ? second : "");
}

static bool tolerates(const json_t *toleration, const json_t *taint)
{
	const char *operation = json_string_value(json_object_get(toleration, "operator"));
	const char *key = json_string_value(json_object_get(toleration, "key"));
	const char *effect = json_string_value(json_object_get(toleration, "effect"));
	bool exists = operation && !strcmp(operation, "Exists");

	if (effect && *effect && !same_text(json_object_get(toleration, "effect"), json_object_get(taint, "effect")))
		return false;
	if (!key || !*key)
		return exists;
	if (!same_text(json_object_get(toleration, "key"), json_object_get(taint, "key")))
		return false;
	return exists || same_text(json_object_get(toleration, "value"), json_object_get(taint, "value"));
}

static bool is_kept_away(const json_t *spec, const json_t *taint)
{
	const char *effect = json_string_value(json_object_get(taint, "effect"));
	size_t i;
	json_t *toleration;

	if (!effect || (strcmp(effect, "NoSchedule") != 0 && strcmp(effect, "NoExecute") != 0))
		return false;
	json_array_foreach(json_object_get(spec, "tolerations"), i, toleration) {
		if (tolerates(toleration, taint))
			return false;
	}
	return true;
}

bool pod_spec_may_run_on(const json_t *spec, const json_t *node)
{
	const json_t *labels = pointer_get(node, "/metadata/labels");
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(json_object_get(spec, "nodeSelector"), key, value) {
		const json_t *label = json_object_get(labels, key);

		if (!label || !json_equal(label, value))
			return false;
	}
	json_array_foreach(pointer_get(node, "/spec/taints"), i, value) {
		if (is_kept_away(spec, value))
			return false;
	}
	return true;
}

json_t *pod_spec_empty_dirs(const json_t *spec)
{
	json_t *names = json_array();
	size_t i;
	json_t *volume;

	json_array_foreach(json_object_get(spec, "volumes"), i, volume) {
		json_t *name = json_object_get(volume, "name");

		if (json_object_get(volume, "emptyDir") && json_is_string(name))
			json_array_append(names, name);
	}
	return names;
}

json_t *pod_spec_claims(const json_t *spec, const char *pod_name)
{
	json_t *names = json_array();
	size_t i;
	json_t *volume;

	json_array_foreach(json_object_get(spec, "volumes"), i, volume) {
		json_t *claim = pointer_get(volume, "/persistentVolumeClaim/claimName");
		const char *name = json_string_value(json_object_get(volume, "name"));
		auto_free char *made = NULL;

		if (json_is_string(claim)) {
			json_array_append(names, claim);
		} else if (json_object_get(volume, "ephemeral") && name) {
			made = xasprintf("%s-%s", pod_name, name);
			json_array_append_new(names, json_string(made));
		}
	}
	return names;
}
