#include "probes/sim/openapi.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"

static char *object_path(const struct kind *kind)
{
	return xasprintf("%s%s%s%s/%s%s/{name}", kind->group[0] ? "/apis/" : "/api", kind->group,
			 "/", kind->version, kind->namespaced ? "namespaces/{namespace}/" : "", kind->resource);
}

static json_t *group_document(const char *group)
{
	json_t *paths = json_object();

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *kind = kind_at((enum kind_id)i);
		auto_free char *path = object_path(kind);

		if (strcmp(kind->group, group))
			continue;
		json_object_set_new(
			paths, path,
			json_pack("{s:{s:[{s:s, s:s, s:{s:s}}, {s:s, s:s, s:{s:s}}], s:{}, s:{s:s, s:s, s:s}}}",
				  "patch", "parameters", "name", "dryRun", "in", "query", "schema", "type", "string",
				  "name", "fieldValidation", "in", "query", "schema", "type", "string", "responses",
				  "x-kubernetes-group-version-kind", "group", kind->group, "version", kind->version,
				  "kind", kind->kind));
	}
	return json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:{}}}", "openapi", "3.0.0", "info", "title",
			 "simulated cluster", "version", "v1", "paths", paths, "components", "schemas");
}

static json_t *root_document(void)
{
	json_t *paths = json_object();

	json_object_set_new(paths, "api/v1", json_pack("{s:s}", "serverRelativeURL", "/openapi/v3/api/v1"));
	for (const struct api_group *group = kind_groups(); group->name; group++) {
		auto_free char *name = xasprintf("apis/%s/%s", group->name, group->version);
		auto_free char *url = xasprintf("/openapi/v3/%s", name);

		json_object_set_new(paths, name, json_pack("{s:s}", "serverRelativeURL", url));
	}
	return json_pack("{s:o}", "paths", paths);
}

/* gnostic's OpenAPIv2.proto, as much as kubectl reads. Lengths are varints. */
static void add_field(struct buffer *out, unsigned int number, const void *bytes, size_t n)
{
	size_t left = n;

	buffer_add_byte(out, (char)(number << 3 | 2));
	while (left >= 0x80) {
		buffer_add_byte(out, (char)((left & 0x7f) | 0x80));
		left >>= 7;
	}
	buffer_add_byte(out, (char)left);
	buffer_add(out, bytes, n);
}

static void add_message(struct buffer *out, unsigned int number, struct buffer *message)
{
	add_field(out, number, message->data, message->length);
	buffer_release(message);
}

/* Operation.parameters[].parameter.non_body_parameter.query_parameter_sub_schema.name */
static void add_query_parameter(struct buffer *operation, const char *name)
{
	static const unsigned int wrappers[] = {3, 2, 1};
	struct buffer inner = BUFFER_INIT(1 << 10);

	add_field(&inner, 4, name, strlen(name));
	for (size_t i = 0; i < array_length(wrappers); i++) {
		struct buffer outer = BUFFER_INIT(1 << 10);

		add_message(&outer, wrappers[i], &inner);
		inner = outer;
	}
	add_message(operation, 8, &inner);
}

static void add_kind_extension(struct buffer *operation, const struct kind *kind)
{
	auto_free char *yaml = xasprintf("group: \"%s\"\nkind: %s\nversion: %s\n", kind->group, kind->kind,
					 kind->version);
	static const char name[] = "x-kubernetes-group-version-kind";
	struct buffer any = BUFFER_INIT(1 << 10);
	struct buffer named = BUFFER_INIT(1 << 10);

	add_field(&any, 2, yaml, strlen(yaml));
	add_field(&named, 1, name, sizeof(name) - 1);
	add_message(&named, 2, &any);
	add_message(operation, 13, &named);
}

static void answer_protobuf(struct request *request)
{
	struct buffer paths = BUFFER_INIT(1 << 20);
	struct buffer document = BUFFER_INIT(1 << 20);

	add_field(&document, 1, "2.0", 3);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *kind = kind_at((enum kind_id)i);
		auto_free char *path = object_path(kind);
		struct buffer operation = BUFFER_INIT(4 << 10);
		struct buffer item = BUFFER_INIT(4 << 10);
		struct buffer named = BUFFER_INIT(4 << 10);

		add_query_parameter(&operation, "dryRun");
		add_query_parameter(&operation, "fieldValidation");
		add_kind_extension(&operation, kind);
		add_message(&item, 8, &operation);
		add_field(&named, 1, path, strlen(path));
		add_message(&named, 2, &item);
		add_message(&paths, 2, &named);
	}
	add_message(&document, 8, &paths);
	answer_buffer(request, 200, &document, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
}

bool openapi_handle(struct request *request)
{
	const char *accept = request_header(request, "Accept");
	const char *path = request->path;

	if (!strcmp(path, "/openapi/v2")) {
		if (accept && strstr(accept, "protobuf"))
			answer_protobuf(request);
		else
			answer_json(request, 200, json_pack("{s:s, s:{s:s, s:s}, s:{}}", "swagger", "2.0", "info",
							    "title", "simulated cluster", "version", "v1", "paths"));
		return true;
	}
	if (!strcmp(path, "/openapi/v3")) {
		answer_json(request, 200, root_document());
		return true;
	}
	if (!strcmp(path, "/openapi/v3/api/v1")) {
		answer_json(request, 200, group_document(""));
		return true;
	}
	for (const struct api_group *group = kind_groups(); group->name; group++) {
		auto_free char *own = xasprintf("/openapi/v3/apis/%s/%s", group->name, group->version);

		if (strcmp(path, own))
			continue;
		answer_json(request, 200, group_document(group->name));
		return true;
	}
	return false;
}
