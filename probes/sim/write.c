#include "probes/sim/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/apply.h"
#include "probes/sim/delete.h"
#include "probes/sim/complete.h"
#include "probes/sim/document.h"
#include "probes/sim/emit.h"
#include "probes/sim/http.h"
#include "probes/sim/managed_fields.h"
#include "probes/sim/options.h"
#include "probes/sim/patch.h"
#include "probes/sim/pods.h"
#include "probes/sim/protobuf.h"
#include "probes/sim/read.h"
#include "probes/sim/status.h"
#include "probes/sim/validate.h"
#include "probes/sim/write_private.h"

bool is_dry_run(const struct request *request)
{
	const char *text = request_query(request, "dryRun");

	return text && !strcmp(text, "All");
}

static json_t *read_protobuf(struct request *request)
{
	struct err err;
	json_t *body;
	json_t *status;

	if (!protobuf_read(buffer_text(&request->body), request->body.length, &body, &err))
		return body;
	status = status_bad_request(&err);
	if (err.code == ERR_INVALID) {
		doc_set_int(status, "code", 415);
		status_set_reason(status, "UnsupportedMediaType");
	}
	answer_status(request, status);
	return NULL;
}

json_t *read_body(struct request *request)
{
	const char *type = request_header(request, "Content-Type");
	json_error_t why;
	json_t *body;

	if (type && !strncmp(type, "application/vnd.kubernetes.protobuf", 35))
		return read_protobuf(request);
	if (type && type[0] && strncmp(type, "application/json", 16)) {
		answer_status(request, status_new(415, "the body of the request was in an unknown format - accepted "
						       "media types include: application/json, application/yaml, "
						       "application/vnd.kubernetes.protobuf"));
		return NULL;
	}
	body = doc_parse(buffer_text(&request->body), request->body.length, &why);
	if (!json_is_object(body)) {
		json_decref(body);
		answer_status(request, status_new(400, "the object provided is unrecognized (must be of type "
						       "application/json): couldn't get version/kind; json parse "
						       "error"));
		return NULL;
	}
	return body;
}

/* The writer's name: fieldManager, else the beginning of the User-Agent. */
static void manager_name(const struct request *request, char *out, size_t size)
{
	const char *named = request_query(request, "fieldManager");
	const char *agent = request_header(request, "User-Agent");

	if (named && named[0])
		snprintf(out, size, "%s", named);
	else
		snprintf(out, size, "%.*s", agent ? (int)strcspn(agent, "/") : 7, agent ? agent : "unknown");
}

void writer_init(struct writer *writer, const struct request *request, const char *operation)
{
	kind_api_version(request->target.kind, writer->api_version, sizeof(writer->api_version));
	manager_name(request, writer->name, sizeof(writer->name));
	writer->manager = (struct manager){.name = writer->name, .operation = operation, .sub = request->target.sub,
					   .api_version = writer->api_version};
}

/* fields: those of the configuration where one was applied, else NULL. */
static void record_manager(const struct request *request, json_t *object, const json_t *before, const json_t *fields)
{
	json_t *changed = before ? fields_changed(before, object) : fields_of(object);
	json_t *metadata = json_object_get(object, "metadata");
	struct writer writer;

	if (before) {
		json_t *had = fields_of(before);
		json_t *has = fields_of(object);
		json_t *gone = fields_unnamed(had, has);

		managed_forget(metadata, gone);
		json_decref(gone);
		json_decref(has);
		json_decref(had);
	}
	writer_init(&writer, request, fields ? "Apply" : "Update");
	if (fields)
		apply_record(metadata, &writer.manager, clock_wall(), fields, changed);
	else
		managed_record(metadata, &writer.manager, clock_wall(), changed);
	json_decref(changed);
}

/* NULL where fine. With fieldValidation=Strict unknown members are refused, else dropped, by default with a warning. */
static json_t *check_members(struct request *request, json_t *object, bool patching)
{
	const char *validation = request_query(request, "fieldValidation");
	const struct kind *kind = request->target.kind;
	json_t *unknown = prune_unknown(kind, object);
	struct buffer text = BUFFER_INIT(16 << 10);
	json_t *status = NULL;
	size_t i;
	json_t *path;

	json_array_foreach(unknown, i, path)
		buffer_addf(&text, "%sunknown field \"%s\"", i ? ", " : "", json_string_value(path));
	if (!validation || strcmp(validation, "Strict")) {
		if (!validation || strcmp(validation, "Ignore"))
			request->warnings = json_incref(unknown);
	} else if (text.length && patching) {
		auto_free char *message = xasprintf("Invalid value: %s: strict decoding error: %s",
						    buffer_text(&request->body), buffer_text(&text));
		json_t *causes = json_pack("[{s:s, s:s, s:s}]", "reason", "FieldValueInvalid", "message", message,
					   "field", "patch");

		status = status_invalid(NULL, "", causes);
		json_decref(causes);
	} else if (text.length) {
		auto_free char *message = xasprintf("%s in version \"%s\" cannot be handled as a %s: strict decoding "
						    "error: %s", kind->kind, kind->version, kind->kind,
						    buffer_text(&text));

		status = status_new(400, message);
	}
	buffer_release(&text);
	json_decref(unknown);
	return status;
}

static void add_warnings(struct request *request)
{
	size_t i;
	json_t *path;

	json_array_foreach(request->warnings, i, path) {
		auto_free char *warning = xasprintf("299 - \"unknown field \\\"%s\\\"\"", json_string_value(path));

		answer_header(request, "Warning", warning);
	}
}

/* NULL where the object may be stored. */
static json_t *check_object(const struct request *request, const json_t *object, const json_t *before)
{
	const struct kind *kind = request->target.kind;
	auto_free char *type = wrong_type(kind, object);
	json_t *causes;
	json_t *status = NULL;

	if (type && !strcmp(request->method, "PATCH")) {
		auto_free char *message = xasprintf(" \"\" is invalid: patch: Invalid value: %s", type);

		return status_new(422, message);
	}
	if (type) {
		auto_free char *message = xasprintf("%s in version \"%s\" cannot be handled as a %s: %s", kind->kind,
						    kind->version, kind->kind, type);

		return status_new(400, message);
	}
	causes = validate_object(kind, object, before);
	if (json_array_size(causes))
		status = status_invalid(kind, doc_text(object, "metadata.name"), causes);
	json_decref(causes);
	return status;
}

static void answer_object(struct request *request, unsigned int code, struct revision *revision)
{
	struct buffer body = BUFFER_INIT(64 << 20);
	struct emitter emitter;

	emitter_init(&emitter, request, request->target.kind);
	emit_object(&emitter, revision, &body);
	answer_buffer(request, code, &body, NULL);
}

void write_finish(struct request *request, unsigned int code, json_t *object, const struct object *present)
{
	struct store *store = &request->cluster->store;
	enum kind_id kind = kind_storage(request->target.kind);

	if (is_dry_run(request)) {
		struct revision *shown = revision_new(object, present ? present->now->version : store->version);

		json_object_del(object, "kind");
		json_object_del(object, "apiVersion");
		answer_object(request, code, shown);
		revision_drop(shown);
	} else {
		struct object *stored = store_put(store, kind, object);

		answer_object(request, code, stored->now);
		/* The last finalizer of an object that is being deleted is gone. */
		if (doc_get(stored->now->value, "metadata.deletionTimestamp") && kind != KIND_POD &&
		    !json_array_size(doc_get(stored->now->value, "metadata.finalizers")))
			object_remove(request->cluster, stored);
	}
	add_warnings(request);
}

static bool has_generation(const struct kind *kind)
{
	return kind->has_status && kind->id != KIND_POD && kind->id != KIND_NODE && kind->id != KIND_NAMESPACE &&
	       kind->id != KIND_CLAIM && kind->id != KIND_VOLUME && kind->id != KIND_SERVICE;
}

/* What a Deployment is annotated with is wanted of it, too (registry/apps/deployment/strategy.go). */
static bool is_new_generation(const struct kind *kind, const json_t *object, const json_t *present)
{
	if (!has_generation(kind))
		return false;
	return !json_equal(json_object_get(object, "spec"), json_object_get(present, "spec")) ||
	       (kind->id == KIND_DEPLOYMENT && !json_equal(doc_get(object, "metadata.annotations"),
							   doc_get(present, "metadata.annotations")));
}

/* metadata of a new object: what the server gives, and of the client's what is the client's to say. */
static void new_metadata(struct request *request, json_t *object)
{
	static const char *const taken[] = {"labels", "annotations", "finalizers", "ownerReferences", "generateName"};
	struct cluster *cluster = request->cluster;
	json_t *wanted = json_incref(json_object_get(object, "metadata"));
	const char *prefix = doc_text(wanted, "generateName");
	char suffix[8];
	auto_free char *name = NULL;
	json_t *metadata;

	random_suffix(&cluster->random, 5, suffix);
	name = doc_text(wanted, "name")[0] || !prefix[0] ? xstrdup(doc_text(wanted, "name"))
							: xasprintf("%s%s", prefix, suffix);
	metadata = metadata_new(cluster, request->target.namespace, name, clock_wall());
	for (size_t i = 0; i < array_length(taken); i++)
		if (json_object_get(wanted, taken[i]))
			json_object_set(metadata, taken[i], json_object_get(wanted, taken[i]));
	if (has_generation(request->target.kind))
		doc_set_int(metadata, "generation", 1);
	json_decref(wanted);
	json_object_set_new(object, "metadata", metadata);
}

/* NULL where the body names the kind and namespace of the URL. */
static json_t *check_identity(const struct request *request, const json_t *object)
{
	const struct target *target = &request->target;
	char api_version[64];
	const char *namespace = doc_text(object, "metadata.namespace");
	const char *name = doc_text(object, "metadata.name");
	auto_free char *message = NULL;

	kind_api_version(target->kind, api_version, sizeof(api_version));
	if (strcmp(doc_text(object, "kind"), target->kind->kind) || strcmp(doc_text(object, "apiVersion"), api_version))
		message = xasprintf("the API version in the data (%s) and kind (%s) do not match the expected %s %s",
				    doc_text(object, "apiVersion"), doc_text(object, "kind"), api_version,
				    target->kind->kind);
	else if (namespace[0] && strcmp(namespace, target->namespace))
		message = xstrdup("the namespace of the provided object does not match the namespace sent on the "
				  "request");
	else if (target->name[0] && strcmp(name, target->name))
		message = xasprintf("the name of the object (%s) does not match the name on the URL (%s)", name,
				    target->name);
	if (!message)
		return NULL;
	/* A patch that makes another kind of an object is one that cannot be processed. */
	return status_new(!strcmp(request->method, "PATCH") && strcmp(doc_text(object, "kind"), target->kind->kind)
			  ? 422 : 400, message);
}

/* Pods begin without a status of their own; so do workloads. */
static void first_status(const struct request *request, json_t *object)
{
	if (request->target.kind->id == KIND_POD)
		json_object_set_new(object, "status",
				    json_pack("{s:s, s:s}", "phase", "Pending", "qosClass", "BestEffort"));
	else if (request->target.kind->id == KIND_NAMESPACE)
		json_object_set_new(object, "status", json_pack("{s:s}", "phase", "Active"));
	else if (request->target.kind->has_status)
		json_object_set_new(object, "status", json_object());
}

json_t *write_prepare_new(struct request *request, json_t *object, const json_t *fields)
{
	const struct target *target = &request->target;
	struct store *store = &request->cluster->store;
	json_t *status = check_identity(request, object);

	if (!status && target->namespace[0] && !store_find(store, KIND_NAMESPACE, "", target->namespace))
		status = status_not_found(kind_at(KIND_NAMESPACE), target->namespace);
	if (!status)
		status = check_members(request, object, false);
	if (status)
		return status;
	if (!json_is_object(json_object_get(object, "metadata")))
		json_object_set_new(object, "metadata", json_object());
	new_metadata(request, object);
	if (store_find(store, kind_storage(target->kind), target->namespace, doc_text(object, "metadata.name")))
		return status_already_exists(target->kind, doc_text(object, "metadata.name"));
	status = check_object(request, object, NULL);
	if (status)
		return status;
	complete_object(request->target.kind, object, NULL);
	first_status(request, object);
	record_manager(request, object, NULL, fields);
	return NULL;
}

void write_create(struct request *request)
{
	const struct target *target = &request->target;
	json_t *object;
	json_t *status;

	if (target->kind->id == KIND_EVENT_VIEW || target->kind->id == KIND_NODE) {
		auto_free char *what = xasprintf("the creation of %s in %s", target->kind->resource,
						 target->kind->group[0] ? target->kind->group : "core/v1");

		answer_status(request, status_not_simulated(what));
		return;
	}
	status = options_check(request, "create");
	if (status) {
		answer_status(request, status);
		return;
	}
	object = read_body(request);
	if (!object)
		return;
	status = write_prepare_new(request, object, NULL);
	if (status) {
		json_decref(object);
		answer_status(request, status);
		return;
	}
	write_finish(request, 201, object, NULL);
}

static json_t *invalid_once(const struct request *request, const char *reason, const char *message, const char *field)
{
	json_t *causes = json_pack("[{s:s, s:s, s:s}]", "reason", reason, "message", message, "field", field);
	json_t *status = status_invalid(request->target.kind, request->target.name, causes);

	json_decref(causes);
	return status;
}

/* resourceVersion and uid that the client names must be the present ones. */
static json_t *check_preconditions(const struct request *request, const json_t *object, const json_t *present)
{
	const struct target *target = &request->target;
	const char *version = doc_text(object, "metadata.resourceVersion");
	const char *uid = doc_text(object, "metadata.uid");
	auto_free char *why = NULL;

	if (uid[0] && strcmp(uid, doc_text(present, "metadata.uid")) && !strcmp(request->method, "PATCH") &&
	    !options_is_apply(request)) {
		why = xasprintf("Invalid value: \"%s\": field is immutable", uid);
		return invalid_once(request, "FieldValueInvalid", why, "metadata.uid");
	}
	if (uid[0] && strcmp(uid, doc_text(present, "metadata.uid"))) {
		why = xasprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s", uid,
				doc_text(present, "metadata.uid"));
		return status_conflict(target->kind, target->name, why);
	}
	if (version[0] && strcmp(version, doc_text(present, "metadata.resourceVersion")))
		return status_conflict(target->kind, target->name, NULL);
	return NULL;
}

/* What clients cannot change: the server's own metadata, and status or all but status. */
static void keep_fixed(const struct request *request, json_t *object, const json_t *present)
{
	static const char *const fixed[] = {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
					    "deletionGracePeriodSeconds", "generation", "generateName",
					    "managedFields", "resourceVersion"};
	json_t *metadata = json_object_get(object, "metadata");
	const json_t *was = json_object_get(present, "metadata");
	const char *name;
	json_t *value;

	for (size_t i = 0; i < array_length(fixed); i++) {
		json_object_del(metadata, fixed[i]);
		if (json_object_get(was, fixed[i]))
			json_object_set_new(metadata, fixed[i], json_deep_copy(json_object_get(was, fixed[i])));
	}
	if (!request->target.kind->has_status)
		return;
	if (request->target.sub[0]) {
		json_object_foreach((json_t *)(uintptr_t)present, name, value)
			if (strcmp(name, "status"))
				json_object_set_new(object, name, json_deep_copy(value));
		return;
	}
	json_object_del(object, "status");
	if (json_object_get(present, "status"))
		json_object_set(object, "status", json_object_get(present, "status"));
}

json_t *write_prepare_change(struct request *request, json_t *object, const json_t *present, bool patching,
			      const json_t *fields)
{
	json_t *status = check_identity(request, object);

	if (!status)
		status = check_preconditions(request, object, present);
	if (!status && !json_is_object(json_object_get(object, "metadata")))
		status = status_new(400, "metadata is not an object");
	if (!status)
		status = check_members(request, object, patching);
	if (status)
		return status;
	keep_fixed(request, object, present);
	status = check_object(request, object, present);
	if (status)
		return status;
	complete_object(request->target.kind, object, present);
	if (is_new_generation(request->target.kind, object, present))
		doc_set_int(object, "metadata.generation", doc_int(present, "metadata.generation") + 1);
	json_object_del(object, "kind");
	json_object_del(object, "apiVersion");
	if (fields || !json_equal(object, present))
		record_manager(request, object, present, fields);
	return NULL;
}

json_t *write_full_object(const struct kind *kind, const json_t *value)
{
	char api_version[64];
	json_t *full = json_pack("{s:s, s:s}", "kind", kind->kind, "apiVersion",
				 kind_api_version(kind, api_version, sizeof(api_version)));

	json_object_update(full, (json_t *)(uintptr_t)value);
	return full;
}

static json_t *requested_state(struct request *request, const char *verb, const struct object *present)
{
	json_t *full;
	json_t *object;

	if (!strcmp(verb, "update")) {
		object = read_body(request);
		if (object && request->target.kind->id == KIND_LEASE &&
		    !doc_text(object, "metadata.resourceVersion")[0]) {
			json_t *causes = json_pack("[{s:s, s:s, s:s}]", "reason", "FieldValueInvalid", "message",
						   "Invalid value: 0x0: must be specified for an update", "field",
						   "metadata.resourceVersion");

			answer_status(request, status_invalid(request->target.kind, request->target.name, causes));
			json_decref(causes);
			json_decref(object);
			return NULL;
		}
		return object;
	}
	full = write_full_object(request->target.kind, present->now->value);
	object = patch_apply(request, full);
	json_decref(full);
	return object;
}

void write_change(struct request *request, const char *verb)
{
	const struct target *target = &request->target;
	const struct object *present = store_find(&request->cluster->store, kind_storage(target->kind),
						  target->namespace, target->name);
	json_t *object;
	json_t *status;

	if (target->kind->id == KIND_EVENT_VIEW) {
		answer_status(request, status_not_simulated("changes through events.k8s.io/v1; use core/v1"));
		return;
	}
	status = options_check(request, verb);
	if (status) {
		answer_status(request, status);
		return;
	}
	if (options_is_apply(request)) {
		write_apply(request, present);
		return;
	}
	if (!present && !strcmp(verb, "update") && target->kind->id == KIND_LEASE) {
		write_create(request);
		return;
	}
	if (!present) {
		answer_status(request, status_not_found(target->kind, target->name));
		return;
	}
	object = requested_state(request, verb, present);
	if (!object)
		return;
	status = write_prepare_change(request, object, present->now->value, !strcmp(verb, "patch"), NULL);
	if (status) {
		json_decref(object);
		answer_status(request, status);
		return;
	}
	write_finish(request, 200, object, present);
}
