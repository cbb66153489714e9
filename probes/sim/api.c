#include "probes/sim/api.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/access.h"
#include "probes/sim/delete.h"
#include "probes/sim/discovery.h"
#include "probes/sim/document.h"
#include "probes/sim/eviction.h"
#include "probes/sim/http.h"
#include "probes/sim/node_control.h"
#include "probes/sim/pod_log.h"
#include "probes/sim/read.h"
#include "probes/sim/status.h"
#include "probes/sim/stream.h"
#include "probes/sim/volumes.h"
#include "probes/sim/watch.h"
#include "probes/sim/write.h"

static const char portal[] =
	"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1>"
	"<form action=\"/login\" method=\"post\"><input name=\"user\"></form></body></html>\n";

/* Of a group that there is. */
static void answer_not_found(struct request *request)
{
	json_t *status = status_new(404, "the server could not find the requested resource");

	doc_set(status, "details", json_object());
	answer_status(request, status);
}

/* Where nothing of Kubernetes is. */
static void answer_no_page(struct request *request)
{
	answer_text(request, 404, "404 page not found\n", "text/plain; charset=utf-8");
}

/* POST /sim/fault sets faults; GET shows them. */
static void handle_sim(struct request *request)
{
	struct cluster *cluster = request->cluster;
	json_t *settings;
	struct err err;

	if (node_control_handle(request))
		return;
	if (strcmp(request->path, "/sim/fault")) {
		answer_not_found(request);
		return;
	}
	if (strcmp(request->method, "POST")) {
		answer_json(request, 200, faults_show(&cluster->faults));
		return;
	}
	settings = doc_parse(buffer_text(&request->body), request->body.length, NULL);
	if (faults_set(cluster, settings, &err))
		answer_status(request, status_bad_request(&err));
	else
		answer_json(request, 200, faults_show(&cluster->faults));
	json_decref(settings);
	stream_wake_all(cluster);
	cluster_wake(cluster);
}

/* True where a fault is the answer. */
static bool handle_fault(struct request *request)
{
	const struct faults *faults = &request->cluster->faults;

	if (faults->reset) {
		request->reset = true;
	} else if (faults->html) {
		answer_text(request, 200, portal, "text/html; charset=utf-8");
	} else if (faults->unauthorized) {
		answer_status(request, status_new(401, "Unauthorized"));
	} else if (faults->throttle_seconds > 0) {
		json_t *status = status_new(429, "Too many requests, please try again later.");

		doc_set_int(status, "details.retryAfterSeconds", faults->throttle_seconds);
		answer_status(request, status);
	} else {
		return false;
	}
	return true;
}

struct path {
	char *text;
	char *parts[12];
	size_t count;
};

static void split_path(const char *text, struct path *path)
{
	char *rest;

	path->text = xstrdup(text);
	path->count = 0;
	rest = path->text;
	while (*rest) {
		while (*rest == '/')
			*rest++ = '\0';
		if (!*rest)
			break;
		if (path->count == array_length(path->parts)) {
			path->count++;	/* too deep for any resource */
			return;
		}
		path->parts[path->count++] = rest;
		rest += strcspn(rest, "/");
	}
}

/* What of [namespaces NS] RESOURCE [NAME [SUB]] is there, from part `at` on. */
static bool read_resource(const struct path *path, size_t at, const char *group, const char *version,
			  struct target *target, const char **ret_resource)
{
	size_t left = path->count - at;
	char *const *parts = path->parts + at;

	*target = (struct target){0};
	if (left >= 3 && !strcmp(parts[0], "namespaces") && strcmp(parts[2], "status") &&
	    strcmp(parts[2], "finalize")) {
		snprintf(target->namespace, sizeof(target->namespace), "%s", parts[1]);
		parts += 2;
		left -= 2;
	}
	if (!left || left > 3)
		return false;
	*ret_resource = parts[0];
	if (left > 1)
		snprintf(target->name, sizeof(target->name), "%s", parts[1]);
	if (left > 2)
		snprintf(target->sub, sizeof(target->sub), "%s", parts[2]);
	target->kind = kind_by_resource(group, version, parts[0]);
	if (target->kind && !strcmp(target->kind->resource, "namespaces") && target->name[0])
		snprintf(target->namespace, sizeof(target->namespace), "%s", target->name);
	return true;
}

static const char *verb_of(const struct request *request)
{
	const struct target *target = &request->target;

	if (!strcmp(request->method, "GET") || !strcmp(request->method, "HEAD")) {
		if (request_query_true(request, "watch"))
			return "watch";
		return target->name[0] ? "get" : "list";
	}
	if (!strcmp(request->method, "POST"))
		return "create";
	if (!strcmp(request->method, "PUT"))
		return "update";
	if (!strcmp(request->method, "PATCH"))
		return "patch";
	if (!strcmp(request->method, "DELETE"))
		return target->name[0] ? "delete" : "deletecollection";
	return "";
}

static void answer_not_allowed(struct request *request)
{
	json_t *status = status_new(405, "the server does not allow this method on the requested resource");

	doc_set(status, "details", json_object());
	answer_status(request, status);
}

/* Subresources that a real server has of some kind. */
static bool is_known_sub(const char *sub)
{
	static const char *const subs[] = {"approval", "attach", "binding", "ephemeralcontainers", "exec", "finalize",
					   "portforward", "proxy", "resize", "scale", "status", "token", "eviction",
					   "log"};

	for (size_t i = 0; i < array_length(subs); i++)
		if (!strcmp(sub, subs[i]))
			return true;
	return false;
}

static void dispatch_sub(struct request *request, const char *verb)
{
	const struct target *target = &request->target;
	bool status = !strcmp(target->sub, "status") && target->kind->has_status;
	auto_free char *what = NULL;

	if (status && !strcmp(verb, "get")) {
		read_get(request);
	} else if (status && (!strcmp(verb, "update") || !strcmp(verb, "patch"))) {
		write_change(request, verb);
	} else if (target->kind->id == KIND_POD && !strcmp(target->sub, "log")) {
		pod_log_answer(request);
	} else if (target->kind->id == KIND_POD && !strcmp(target->sub, "eviction")) {
		if (!strcmp(verb, "create"))
			eviction_create(request);
		else
			answer_not_allowed(request);
	} else if (is_known_sub(target->sub)) {
		what = xasprintf("the subresource %s/%s", target->kind->resource, target->sub);
		answer_status(request, status_not_simulated(what));
	} else {
		answer_not_found(request);
	}
}

/* False where the client takes nothing that this server has. */
static bool is_acceptable(const struct request *request)
{
	static const char *const served[] = {"application/json", "application/yaml", "*/*", "application/*",
					     "application/vnd.kubernetes.protobuf"};
	const char *accept = request_header(request, "Accept");

	if (!accept || !accept[0])
		return true;
	for (size_t i = 0; i < array_length(served); i++)
		if (strstr(accept, served[i]))
			return true;
	return false;
}

static void answer_not_acceptable(struct request *request)
{
	json_t *status = status_new(406, "406: Not Acceptable\n\nAvailable representations: application/json, "
					 "application/vnd.kubernetes.protobuf");

	doc_set(status, "details", json_object());
	answer_status(request, status);
}

static void dispatch(struct request *request, const char *verb)
{
	const struct target *target = &request->target;

	if ((!strcmp(verb, "get") || !strcmp(verb, "list") || !strcmp(verb, "watch")) && strcmp(target->sub, "log") &&
	    !is_acceptable(request))
		answer_not_acceptable(request);
	else if (target->sub[0])
		dispatch_sub(request, verb);
	else if (!strcmp(verb, "get"))
		read_get(request);
	else if (!strcmp(verb, "list"))
		read_list(request);
	else if (!strcmp(verb, "watch"))
		watch_start(request);
	else if (!strcmp(verb, "create") && !target->name[0])
		write_create(request);
	else if ((!strcmp(verb, "update") || !strcmp(verb, "patch")) && target->name[0])
		write_change(request, verb);
	else if (!strcmp(verb, "delete"))
		delete_one(request);
	else if (!strcmp(verb, "deletecollection"))
		delete_collection(request);
	else
		answer_not_allowed(request);
}

/* A watch on one object is a watch with its name as the field selector; its URL may name it too. */
static bool is_permitted(struct request *request, const char *verb, const char *group, const char *resource)
{
	const struct target *target = &request->target;
	struct access access = {.verb = verb, .group = group, .resource = resource, .sub = target->sub,
				.namespace = target->namespace, .name = target->name};

	if (access_allowed(request->cluster, request->user, request->masters, &access))
		return true;
	answer_status(request, access_refusal(request->user, &access));
	return false;
}

static bool is_review(const char *group, const char *resource)
{
	return (!strcmp(group, "authorization.k8s.io") || !strcmp(group, "authentication.k8s.io")) &&
	       !strncmp(resource, "selfsubject", 11);
}

/* GET /api/v1/nodes/NODE/proxy/stats/summary: what a kubelet says, for who may reach through nodes/proxy. */
static bool handle_kubelet(struct request *request, const struct path *path)
{
	struct target *target = &request->target;

	if (path->count != 7 || strcmp(path->parts[2], "nodes") || strcmp(path->parts[4], "proxy") ||
	    strcmp(path->parts[5], "stats") || strcmp(path->parts[6], "summary") || strcmp(request->method, "GET"))
		return false;
	*target = (struct target){.kind = kind_at(KIND_NODE)};
	snprintf(target->name, sizeof(target->name), "%s", path->parts[3]);
	snprintf(target->sub, sizeof(target->sub), "proxy");
	if (is_permitted(request, "get", "", "nodes"))
		stats_summary_answer(request, target->name);
	return true;
}

static bool is_group(const char *name)
{
	for (const struct api_group *group = kind_groups(); group->name; group++)
		if (!strcmp(group->name, name))
			return true;
	return false;
}

static void handle_resource(struct request *request, const struct path *path)
{
	bool core = !strcmp(path->parts[0], "api");
	size_t at = core ? 2 : 3;
	const char *resource = NULL;
	const char *group;
	const char *verb;

	if (core && handle_kubelet(request, path))
		return;
	if (!core && path->count > 1 && !is_group(path->parts[1])) {
		answer_no_page(request);
		return;
	}
	if (path->count <= at || path->count > array_length(path->parts)) {
		answer_not_found(request);
		return;
	}
	group = core ? "" : path->parts[1];
	if (!read_resource(path, at, group, path->parts[at - 1], &request->target, &resource)) {
		answer_not_found(request);
		return;
	}
	verb = verb_of(request);
	if (!is_permitted(request, verb, group, resource))
		return;
	if (!strcmp(verb, "create") && is_review(group, resource)) {
		access_review(request, resource);
		return;
	}
	if (!request->target.kind) {
		answer_not_found(request);
		return;
	}
	if (!request->target.kind->namespaced)
		request->target.namespace[0] = '\0';
	dispatch(request, verb);
}

void api_handle(struct request *request)
{
	struct path path;

	if (!strncmp(request->path, "/sim/", 5)) {
		handle_sim(request);
		return;
	}
	if (handle_fault(request) || discovery_handle(request))
		return;
	split_path(request->path, &path);
	if (path.count >= 2 && (!strcmp(path.parts[0], "api") || !strcmp(path.parts[0], "apis")))
		handle_resource(request, &path);
	else
		answer_no_page(request);
	free(path.text);
}
