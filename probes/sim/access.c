#include "probes/sim/access.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/status.h"
#include "probes/sim/write.h"

/* clang-format off */
static const char viewer_rules[] =
	"[{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"\"],\"resources\":[\"nodes\",\"namespaces\","
	"\"pods\","
	"\"pods/log\",\"pods/status\",\"events\",\"configmaps\",\"services\",\"endpoints\",\"serviceaccounts\","
	"\"persistentvolumeclaims\",\"persistentvolumes\",\"replicationcontrollers\"]},"
	"{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"apps\",\"batch\",\"policy\",\"coordination.k8s.io\","
	"\"events.k8s.io\",\"storage.k8s.io\",\"crd.projectcalico.org\",\"rbac.authorization.k8s.io\","
	"\"apiextensions.k8s.io\",\"apiregistration.k8s.io\"],\"resources\":[\"*\"]}]";
/* system:basic-user: what every authenticated user may ask. */
static const char everyone_rules[] =
	"[{\"verbs\":[\"create\"],\"apiGroups\":[\"authorization.k8s.io\"],\"resources\":[\"selfsubjectaccessreviews\","
	"\"selfsubjectrulesreviews\"]},"
	"{\"verbs\":[\"create\"],\"apiGroups\":[\"authentication.k8s.io\"],\"resources\":[\"selfsubjectreviews\"]}]";
static const char admin_rules[] =
	"[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]}]";
/* clang-format on */

static const char neither[] =
	"Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified";

static bool names(const json_t *list, const char *wanted)
{
	size_t i;
	json_t *value;

	json_array_foreach(list, i, value) {
		const char *text = json_string_value(value);

		if (text && (!strcmp(text, "*") || !strcmp(text, wanted)))
			return true;
	}
	return false;
}

static bool rule_allows(const json_t *rule, const struct access *access)
{
	auto_free char *resource = access->sub[0] ? xasprintf("%s/%s", access->resource, access->sub)
						  : xstrdup(access->resource);
	const json_t *groups = json_object_get(rule, "apiGroups");
	const json_t *namespaces = json_object_get(rule, "namespaces");
	const json_t *object_names = json_object_get(rule, "resourceNames");

	return names(json_object_get(rule, "verbs"), access->verb) && (!groups || names(groups, access->group)) &&
	       names(json_object_get(rule, "resources"), resource) &&
	       (!namespaces || names(namespaces, access->namespace)) &&
	       (!object_names || names(object_names, access->name));
}

/* Every rule that holds for the user. Yours. */
static json_t *rules_of(const struct cluster *cluster, const char *user, bool masters)
{
	json_t *rules = json_loads(everyone_rules, 0, NULL);
	size_t i;
	json_t *entry;

	if (!user[0] || masters || !strcmp(user, "viewer")) {
		json_t *more = json_loads(user[0] && !masters ? viewer_rules : admin_rules, 0, NULL);

		json_array_extend(rules, more);
		json_decref(more);
	}
	json_array_foreach(doc_get(cluster->scenario, "rbac"), i, entry)
		if (!strcmp(doc_text(entry, "user"), user))
			json_array_extend(rules, json_object_get(entry, "rules"));
	return rules;
}

bool access_allowed(const struct cluster *cluster, const char *user, bool masters, const struct access *access)
{
	json_t *rules;
	size_t i;
	json_t *rule;
	bool allowed = false;

	if (cluster->faults.forbidden[0] && !strcmp(cluster->faults.forbidden, access->resource))
		return false;
	if (!user[0] || masters)
		return true;
	rules = rules_of(cluster, user, masters);
	json_array_foreach(rules, i, rule)
		allowed = allowed || rule_allows(rule, access);
	json_decref(rules);
	return allowed;
}

json_t *access_refusal(const char *user, const struct access *access)
{
	const char *who = user[0] ? user : "system:admin";
	auto_free char *qualified = access->group[0] ? xasprintf("%s.%s", access->resource, access->group)
						     : xstrdup(access->resource);
	auto_free char *object = access->name[0] ? xasprintf("%s \"%s\"", qualified, access->name)
						 : xstrdup(qualified);
	auto_free char *where = access->namespace[0] ? xasprintf("in the namespace \"%s\"", access->namespace)
						     : xstrdup("at the cluster scope");
	auto_free char *message =
		xasprintf("%s is forbidden: User \"%s\" cannot %s resource \"%s%s%s\" in API group \"%s\" %s", object,
			  who, access->verb, access->resource, access->sub[0] ? "/" : "", access->sub, access->group,
			  where);
	json_t *status = status_new(403, message);

	if (access->name[0])
		doc_set_text(status, "details.name", access->name);
	if (access->group[0])
		doc_set_text(status, "details.group", access->group);
	doc_set_text(status, "details.kind", access->resource);
	return status;
}

static json_t *access_answer(const struct request *request, const json_t *spec)
{
	const json_t *asked = json_object_get(spec, "resourceAttributes");
	struct access access = {.verb = doc_text(asked, "verb"), .group = doc_text(asked, "group"),
				.resource = doc_text(asked, "resource"), .sub = doc_text(asked, "subresource"),
				.namespace = doc_text(asked, "namespace"), .name = doc_text(asked, "name")};
	bool allowed;

	if (asked)
		allowed = access_allowed(request->cluster, request->user, request->masters, &access);
	else
		allowed = !request->user[0] || request->masters ||
			  !strcmp(doc_text(spec, "nonResourceAttributes.verb"), "get");
	return json_pack("{s:b}", "allowed", allowed);
}

static json_t *rules_answer(const struct request *request, const json_t *spec)
{
	json_t *rules = rules_of(request->cluster, request->user, request->masters);
	json_t *kept = json_array();
	const char *namespace = doc_text(spec, "namespace");
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule) {
		const json_t *namespaces = json_object_get(rule, "namespaces");
		json_t *shown;

		if (namespaces && !names(namespaces, namespace))
			continue;
		shown = json_copy(rule);
		json_object_del(shown, "namespaces");
		json_array_append_new(kept, shown);
	}
	json_decref(rules);
	return json_pack("{s:o, s:[{s:[s], s:[s]}], s:b}", "resourceRules", kept, "nonResourceRules", "verbs", "get",
			 "nonResourceURLs", "*", "incomplete", 0);
}

static json_t *self_answer(const struct request *request)
{
	return json_pack("{s:{s:s, s:[s]}}", "userInfo", "username", request->user[0] ? request->user : "system:admin",
			 "groups", !request->user[0] || request->masters ? "system:masters" : "system:authenticated");
}

/* What says nothing is not said again. */
static void drop_empty(json_t *attributes)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(attributes, next, name, value)
		if (json_is_string(value) && !json_string_length(value))
			json_object_del(attributes, name);
}

void access_review(struct request *request, const char *resource)
{
	json_t *body = read_body(request);
	const json_t *spec = json_object_get(body, "spec");

	if (!body)
		return;
	if (!strcmp(resource, "selfsubjectaccessreviews") && !doc_get(spec, "resourceAttributes") &&
	    !doc_get(spec, "nonResourceAttributes")) {
		auto_free char *message = xasprintf(".authorization.k8s.io \"\" is invalid: "
						    "spec.resourceAttributes: %s", neither);
		json_t *status = status_new(422, message);

		doc_set_text(status, "details.group", "authorization.k8s.io");
		status_add_cause(status, "FieldValueInvalid", neither, "spec.resourceAttributes");
		json_decref(body);
		answer_status(request, status);
		return;
	}
	if (!strcmp(resource, "selfsubjectaccessreviews"))
		doc_set(body, "status", access_answer(request, spec));
	else if (!strcmp(resource, "selfsubjectrulesreviews"))
		doc_set(body, "status", rules_answer(request, spec));
	else
		doc_set(body, "status", self_answer(request));
	drop_empty(doc_get(body, "spec.resourceAttributes"));
	doc_set(body, "metadata", json_object());
	answer_json(request, 201, body);
}
