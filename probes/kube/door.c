/*
 * The three doors. Each decides from the request as the server will read it;
 * what is let through goes to client_start() unchanged but for the query
 * parameters that the door itself adds.
 */
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/kube/client_path.h"
#include "probes/kube/client_private.h"
#include "probes/kube/token.h"

/* Sets *ret_text to path with one more parameter; frees the old one. */
static void add_query(char **path, const char *parameter)
{
	char *longer = xasprintf("%s%c%s", *path, strchr(*path, '?') ? '&' : '?', parameter);

	free(*path);
	*path = longer;
}

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++) {
		if (!strcmp(text, *list))
			return true;
	}
	return false;
}

static bool is_method_of_change(const char *method)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", NULL};

	return is_one_of(method, methods);
}

static int refuse(const struct kube_request *request, const char *id, struct err *err)
{
	return err_set(err, ERR_REFUSED, id, "method", request->method, "path", request->path, NULL);
}

/* These run commands and reach ports, whatever the method and dryRun. */
static bool opens_connection(const struct client_path *path)
{
	static const char *const subresources[] = {"exec", "attach", "portforward", "proxy", NULL};

	return is_one_of(path->subresource, subresources);
}

/* The reading ends of a kubelet: GET /api/v1/nodes/NAME/proxy/stats/summary and the like. */
static bool reads_kubelet(const struct client_path *path)
{
	static const char *const ends[] = {"metrics", "healthz", "configz", NULL};

	if (strcmp(path->resource, "nodes") != 0 || strcmp(path->subresource, "proxy") != 0 || !path->rest[0])
		return false;
	if (!strcmp(path->rest[0], "stats"))
		return path->rest[1] && !strcmp(path->rest[1], "summary") && !path->rest[2];
	return is_one_of(path->rest[0], ends);
}

int kube_read(struct kube_client *client, const struct kube_request *request, struct kube_slot **ret_slot,
	      struct err *err)
{
	CLEANUP(client_path_release) struct client_path path = {0};
	struct kube_slot *slot;

	if (strcmp(request->method, "GET") != 0 || request->body)
		return refuse(request, "{method} {path} is no reading request", err);
	if (client_path_parse(request->path, &path, err) < 0)
		return -1;
	if (opens_connection(&path) && !reads_kubelet(&path))
		return refuse(request, "{method} {path} would do more than read", err);
	slot = client_start(client, request, false);
	if (ret_slot)
		*ret_slot = slot;
	return 0;
}

static bool is_review(const char *method, const struct client_path *path)
{
	static const char *const reviews[] = {
		"apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		"apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
		"apis/authentication.k8s.io/v1/selfsubjectreviews",
		NULL,
	};
	auto_free char *joined = NULL;

	if (strcmp(method, "POST") != 0 || path->count != 4)
		return false;
	joined = xasprintf("%s/%s/%s/%s", path->segments[0], path->segments[1], path->segments[2],
			   path->segments[3]);
	return is_one_of(joined, reviews);
}

/* A DELETE with a body takes its options from there and ignores the query (apiserver, handlers/delete.go). */
static int delete_body_with_dry_run(const struct kube_request *request, char **ret_body, struct err *err)
{
	json_t *options = json_loads(request->body, JSON_REJECT_DUPLICATES, NULL);
	char *body;

	if (!json_is_object(options) || (request->content_type &&
					 strcmp(request->content_type, "application/json") != 0)) {
		json_decref(options);
		return refuse(request, "{method} {path} has a body that is no DeleteOptions in JSON", err);
	}
	json_object_set_new(options, "dryRun", json_pack("[s]", "All"));
	body = json_dumps(options, JSON_COMPACT);
	json_decref(options);
	if (!body)
		bug("jansson is out of memory");
	*ret_body = xstrdup(body);
	free(body);
	return 0;
}

/* Who writes, and that unknown fields are errors. Evictions and deletes know neither parameter. */
static void add_field_options(const struct kube_request *request, const struct client_path *parsed,
			      char **path)
{
	if (!strcmp(request->method, "DELETE") || !strcmp(parsed->subresource, "eviction"))
		return;
	if (!client_path_has_query(*path, "fieldManager"))
		add_query(path, "fieldManager=nks-triage");
	if (!client_path_has_query(*path, "fieldValidation"))
		add_query(path, "fieldValidation=Strict");
}

static int check_dry_run(const struct kube_request *request, const struct client_path *path, struct err *err)
{
	if (!is_method_of_change(request->method))
		return refuse(request, "{method} {path} is no question", err);
	/* A token request hands out a token, dry run or not. */
	if (!*path->resource || opens_connection(path) || !strcmp(path->subresource, "token"))
		return refuse(request, "{method} {path} cannot be asked without doing it", err);
	if (client_path_has_query(request->path, "dryRun"))
		return refuse(request, "{method} {path} sets dryRun itself", err);
	return 0;
}

int kube_ask(struct kube_client *client, const struct kube_request *request, struct kube_slot **ret_slot,
	     struct err *err)
{
	CLEANUP(client_path_release) struct client_path parsed = {0};
	auto_free char *path = xstrdup(request->path);
	auto_free char *body = NULL;
	struct kube_request sent = *request;
	struct kube_slot *slot;

	if (client_path_parse(request->path, &parsed, err) < 0)
		return -1;
	if (!is_review(request->method, &parsed)) {
		if (check_dry_run(request, &parsed, err) < 0)
			return -1;
		if (!strcmp(request->method, "DELETE") && request->body) {
			if (delete_body_with_dry_run(request, &body, err) < 0)
				return -1;
			sent.body = body;
		}
		add_query(&path, "dryRun=All");
		add_field_options(request, &parsed, &path);
	}
	sent.path = path;
	sent.kind = HTTP_ONCE;
	slot = client_start(client, &sent, false);
	if (ret_slot)
		*ret_slot = slot;
	return 0;
}

int kube_write(struct kube_client *client, const struct write_token *token,
	       const struct kube_request *request,
	       struct kube_slot **ret_slot, struct err *err)
{
	CLEANUP(client_path_release) struct client_path parsed = {0};
	auto_free char *path = xstrdup(request->path);
	struct kube_request sent = *request;
	struct kube_slot *slot;

	if (!is_method_of_change(request->method))
		return refuse(request, "{method} {path} is no change", err);
	if (client_path_parse(request->path, &parsed, err) < 0)
		return -1;
	if (!*parsed.resource || opens_connection(&parsed))
		return refuse(request, "{method} {path} is no change of an object", err);
	if (token_check(token, request, err) < 0)
		return -1;
	add_field_options(request, &parsed, &path);
	sent.path = path;
	sent.kind = HTTP_ONCE;
	slot = client_start(client, &sent, true);
	if (ret_slot)
		*ret_slot = slot;
	return 0;
}
