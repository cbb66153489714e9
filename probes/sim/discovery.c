#include "probes/sim/discovery.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/openapi.h"
#include "probes/sim/status.h"

static json_t *words(const char *text)
{
	json_t *list = json_array();

	while (text && *text) {
		size_t n = strcspn(text, " ");

		json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] == ' ');
	}
	return list;
}

static const char *verbs_of(const struct kind *kind)
{
	return kind->id == KIND_EVENT_VIEW ? "get list watch"
					   : "create delete deletecollection get list patch update watch";
}

static json_t *plain_resource(const struct kind *kind)
{
	json_t *resource = json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", kind->resource, "singularName",
				     kind->singular, "namespaced", kind->namespaced, "kind", kind->kind, "verbs",
				     words(verbs_of(kind)));

	if (kind->short_names)
		doc_set(resource, "shortNames", words(kind->short_names));
	if (kind->categories)
		doc_set(resource, "categories", words(kind->categories));
	return resource;
}

static void add_sub(json_t *list, const struct kind *kind, const char *sub, const char *group, const char *name,
		    const char *verbs)
{
	auto_free char *path = xasprintf("%s/%s", kind->resource, sub);
	json_t *resource = json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", path, "singularName", "", "namespaced",
				     kind->namespaced, "kind", name, "verbs", words(verbs));

	if (group) {
		doc_set_text(resource, "group", group);
		doc_set_text(resource, "version", "v1");
	}
	json_array_append_new(list, resource);
}

static void add_review(json_t *list, const char *name, const char *kind)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "singularName", "",
					      "namespaced", 0, "kind", kind, "verbs", words("create")));
}

static json_t *resources_of(const char *group)
{
	json_t *list = json_array();

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *kind = kind_at((enum kind_id)i);

		if (strcmp(kind->group, group))
			continue;
		json_array_append_new(list, plain_resource(kind));
		if (kind->has_status)
			add_sub(list, kind, "status", NULL, kind->kind, "get patch update");
		if (kind->id == KIND_POD) {
			add_sub(list, kind, "log", NULL, "Pod", "get");
			add_sub(list, kind, "eviction", "policy", "Eviction", "create");
		}
	}
	if (!strcmp(group, "authorization.k8s.io")) {
		add_review(list, "selfsubjectaccessreviews", "SelfSubjectAccessReview");
		add_review(list, "selfsubjectrulesreviews", "SelfSubjectRulesReview");
	}
	if (!strcmp(group, "authentication.k8s.io"))
		add_review(list, "selfsubjectreviews", "SelfSubjectReview");
	return list;
}

static json_t *resource_list(const char *group, const char *version)
{
	auto_free char *group_version = group[0] ? xasprintf("%s/%s", group, version) : xstrdup(version);

	return json_pack("{s:s, s:s, s:s, s:o}", "kind", "APIResourceList", "apiVersion", "v1", "groupVersion",
			 group_version, "resources", resources_of(group));
}

static json_t *group_document(const struct api_group *group)
{
	auto_free char *group_version = xasprintf("%s/%s", group->name, group->version);

	return json_pack("{s:s, s:[{s:s, s:s}], s:{s:s, s:s}}", "name", group->name, "versions", "groupVersion",
			 group_version, "version", group->version, "preferredVersion", "groupVersion", group_version,
			 "version", group->version);
}

static json_t *group_list(void)
{
	json_t *groups = json_array();

	for (const struct api_group *group = kind_groups(); group->name; group++)
		json_array_append_new(groups, group_document(group));
	return json_pack("{s:s, s:s, s:o}", "kind", "APIGroupList", "apiVersion", "v1", "groups", groups);
}

static json_t *version_document(const struct cluster *cluster)
{
	char minor[8] = "";

	sscanf(cluster->version, "v1.%7[0-9]", minor);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "major", "1", "minor", minor, "gitVersion",
			 cluster->version, "gitCommit", "0000000000000000000000000000000000000000", "gitTreeState",
			 "clean", "buildDate", "2024-01-17T13:38:41Z", "goVersion", "go1.20.13", "compiler", "gc",
			 "platform", "linux/amd64");
}

/* One resource of aggregated discovery; its subresources go below it. */
static json_t *aggregated_resource(const json_t *plain, const char *group)
{
	json_t *resource = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:O}", "resource", doc_text(plain, "name"),
				     "responseKind", "group", group, "version", "v1", "kind", doc_text(plain, "kind"),
				     "scope", doc_true(plain, "namespaced") ? "Namespaced" : "Cluster",
				     "singularResource", doc_text(plain, "singularName"), "verbs",
				     json_object_get(plain, "verbs"));

	if (json_object_get(plain, "shortNames"))
		json_object_set(resource, "shortNames", json_object_get(plain, "shortNames"));
	if (json_object_get(plain, "categories"))
		json_object_set(resource, "categories", json_object_get(plain, "categories"));
	return resource;
}

static json_t *aggregated_group(const char *group)
{
	json_t *plain = resources_of(group);
	json_t *resources = json_array();
	json_t *last = NULL;
	size_t i;
	json_t *entry;

	json_array_foreach(plain, i, entry) {
		const char *slash = strchr(doc_text(entry, "name"), '/');

		if (!slash) {
			last = aggregated_resource(entry, group);
			json_array_append_new(resources, last);
			continue;
		}
		if (!json_object_get(last, "subresources"))
			json_object_set_new(last, "subresources", json_array());
		json_array_append_new(json_object_get(last, "subresources"),
				      json_pack("{s:s, s:{s:s, s:s, s:s}, s:O}", "subresource", slash + 1,
						"responseKind", "group",
						json_object_get(entry, "group") ? doc_text(entry, "group") : group,
						"version", "v1", "kind", doc_text(entry, "kind"), "verbs",
						json_object_get(entry, "verbs")));
	}
	json_decref(plain);
	return json_pack("{s:{s:s?}, s:[{s:s, s:o, s:s}]}", "metadata", "name", group[0] ? group : NULL, "versions",
			 "version", "v1", "resources", resources, "freshness", "Current");
}

static void answer_aggregated(struct request *request, bool core, const char *version)
{
	json_t *items = json_array();
	auto_free char *api_version = xasprintf("apidiscovery.k8s.io/%s", version);
	auto_free char *type = xasprintf("application/json;g=apidiscovery.k8s.io;v=%s;as=APIGroupDiscoveryList",
					 version);
	auto_free char *text = NULL;
	json_t *list;

	if (core)
		json_array_append_new(items, aggregated_group(""));
	for (const struct api_group *group = kind_groups(); !core && group->name; group++)
		json_array_append_new(items, aggregated_group(group->name));
	list = json_pack("{s:s, s:s, s:{}, s:o}", "kind", "APIGroupDiscoveryList", "apiVersion", api_version,
			 "metadata", "items", items);
	text = doc_dump(list);
	json_decref(list);
	answer_text(request, 200, text, type);
}

/* The version of aggregated discovery that the client prefers, or NULL for the plain form. */
static const char *wants_aggregated(const struct request *request)
{
	const char *accept = request_header(request, "Accept");

	if (!accept || !strstr(accept, "as=APIGroupDiscoveryList"))
		return NULL;
	if (strstr(accept, "v=v2;"))
		return "v2";
	return strstr(accept, "v=v2beta1;") ? "v2beta1" : NULL;
}

static void answer_root(struct request *request, bool core)
{
	const char *aggregated = wants_aggregated(request);

	if (aggregated)
		answer_aggregated(request, core, aggregated);
	else if (core)
		answer_json(request, 200, json_pack("{s:s, s:[s], s:[]}", "kind", "APIVersions", "versions", "v1",
						    "serverAddressByClientCIDRs"));
	else
		answer_json(request, 200, group_list());
}

/* /apis/GROUP and /apis/GROUP/VERSION */
static bool answer_group(struct request *request, const char *path)
{
	for (const struct api_group *group = kind_groups(); group->name; group++) {
		auto_free char *versioned = xasprintf("%s/%s", group->name, group->version);

		if (!strcmp(path, versioned)) {
			answer_json(request, 200, resource_list(group->name, group->version));
			return true;
		}
		if (!strcmp(path, group->name)) {
			json_t *document = group_document(group);

			doc_set_text(document, "kind", "APIGroup");
			doc_set_text(document, "apiVersion", "v1");
			answer_json(request, 200, document);
			return true;
		}
	}
	return false;
}

static bool is_health(const char *path)
{
	return !strncmp(path, "/livez", 6) || !strncmp(path, "/readyz", 7) || !strcmp(path, "/healthz");
}

bool discovery_handle(struct request *request)
{
	const char *path = request->path;

	if (strcmp(request->method, "GET"))
		return false;
	if (is_health(path))
		answer_text(request, 200, "ok", "text/plain; charset=utf-8");
	else if (!strcmp(path, "/version") || !strcmp(path, "/version/"))
		answer_json(request, 200, version_document(request->cluster));
	else if (!strcmp(path, "/api") || !strcmp(path, "/api/"))
		answer_root(request, true);
	else if (!strcmp(path, "/apis") || !strcmp(path, "/apis/"))
		answer_root(request, false);
	else if (!strcmp(path, "/api/v1") || !strcmp(path, "/api/v1/"))
		answer_json(request, 200, resource_list("", "v1"));
	else if (!strncmp(path, "/openapi/", 9))
		return openapi_handle(request);
	else
		return !strncmp(path, "/apis/", 6) && answer_group(request, path + 6);
	return true;
}
