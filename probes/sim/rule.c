#include "probes/sim/rule.h"

#include <fnmatch.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/image.h"
#include "probes/sim/node_images.h"
#include "probes/sim/pods.h"
#include "probes/sim/pull_secret.h"

struct object *object_named(const struct cluster *cluster, const char *reference)
{
	auto_free char *kind = xstrdup(reference);
	char *namespace = strchr(kind, '/');
	char *name = namespace ? strchr(namespace + 1, '/') : NULL;

	if (!namespace)
		return NULL;
	*namespace++ = '\0';
	if (name)
		*name++ = '\0';
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!strcmp(kind_at((enum kind_id)i)->kind, kind))
			return store_find(&cluster->store, (enum kind_id)i, name ? namespace : "",
					  name ? name : namespace);
	return NULL;
}

static bool equals(const json_t *document, const char *path, const json_t *wanted)
{
	const json_t *value = doc_get(document, path);

	return wanted ? value && json_equal(value, wanted) : value != NULL;
}

static bool is_available(const struct cluster *cluster, const char *reference)
{
	const struct object *object = object_named(cluster, reference);

	return object && (doc_int(object->now->value, "status.availableReplicas") > 0 ||
			  doc_int(object->now->value, "status.numberAvailable") > 0);
}

static bool has_image(const json_t *pod, const char *pattern)
{
	for (size_t i = 0; i < pod_container_count(pod); i++) {
		auto_free char *reference = image_normalise(doc_text(pod_container(pod, i), "image"));

		if (!fnmatch(pattern, reference, 0))
			return true;
	}
	return false;
}

static bool is_fact(const struct cluster *cluster, const json_t *rule, const json_t *pod)
{
	const json_t *facts = json_object_get(cluster->facts, doc_text(pod, "spec.nodeName"));

	return equals(facts, doc_text(rule, "fact"), json_object_get(rule, "value"));
}

static bool is_node_ready(const struct cluster *cluster, const char *name)
{
	const struct object *node = store_find(&cluster->store, KIND_NODE, "", name);
	const json_t *conditions = node ? doc_get(node->now->value, "status.conditions") : NULL;

	return !strcmp(doc_text(doc_find(conditions, "type", "Ready"), "status"), "True");
}

static bool can_pull(const struct cluster *cluster, const char *image, const json_t *pod)
{
	struct pull pull;
	bool resolves;

	pod_pull(cluster, pod, image, &pull);
	resolves = pull.resolves || node_has_image(cluster, doc_text(pod, "spec.nodeName"), image);
	pull_release(&pull);
	return resolves;
}

static bool all_hold(const struct cluster *cluster, const json_t *rules, const json_t *pod)
{
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
		if (!rule_holds(cluster, rule, pod))
			return false;
	return true;
}

static bool any_holds(const struct cluster *cluster, const json_t *rules, const json_t *pod)
{
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
		if (rule_holds(cluster, rule, pod))
			return true;
	return false;
}

bool rule_holds(const struct cluster *cluster, const json_t *rule, const json_t *pod)
{
	const json_t *value = json_object_get(rule, "value");

	if (!rule)
		return true;
	if (json_object_get(rule, "all"))
		return all_hold(cluster, json_object_get(rule, "all"), pod);
	if (json_object_get(rule, "any"))
		return any_holds(cluster, json_object_get(rule, "any"), pod);
	if (json_object_get(rule, "not"))
		return !rule_holds(cluster, json_object_get(rule, "not"), pod);
	if (json_object_get(rule, "pod"))
		return equals(pod, doc_text(rule, "pod"), value);
	if (json_object_get(rule, "available"))
		return is_available(cluster, doc_text(rule, "available"));
	if (json_object_get(rule, "fact"))
		return is_fact(cluster, rule, pod);
	if (json_object_get(rule, "nodeReady"))
		return is_node_ready(cluster, doc_text(pod, "spec.nodeName"));
	if (json_object_get(rule, "pulls"))
		return can_pull(cluster, doc_text(rule, "pulls"), pod);
	if (json_object_get(rule, "image"))
		return has_image(pod, doc_text(rule, "image"));
	if (json_object_get(rule, "object")) {
		const struct object *object = object_named(cluster, doc_text(rule, "object"));

		return object && equals(object->now->value, doc_text(rule, "path"), value);
	}
	return false;
}
