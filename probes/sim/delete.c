#include "probes/sim/delete.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/emit.h"
#include "probes/sim/http.h"
#include "probes/sim/node_control.h"
#include "probes/sim/pod_delete.h"
#include "probes/sim/read.h"
#include "probes/sim/status.h"
#include "probes/sim/write.h"

/* DeleteOptions from the body and the query. Yours; NULL where it was answered. */
static json_t *read_options(struct request *request)
{
	static const char *const named[] = {"propagationPolicy"};
	const char *grace = request_query(request, "gracePeriodSeconds");
	json_t *options;

	/* Where there is a body, the query says nothing: dryRun=All beside options without dryRun deletes. */
	if (request->body.length)
		return read_body(request);
	options = json_object();
	if (grace)
		json_object_set_new(options, "gracePeriodSeconds", doc_parse(grace, strlen(grace), NULL));
	for (size_t i = 0; i < array_length(named); i++)
		if (request_query(request, named[i]))
			doc_set_text(options, named[i], request_query(request, named[i]));
	if (is_dry_run(request))
		doc_set(options, "dryRun", json_pack("[s]", "All"));
	return options;
}

/* A conflict that is worded with the kind where others have the resource (registry/rest/delete.go). */
static json_t *precondition_status(const struct object *object, const char *why)
{
	const struct kind *kind = object->kind;
	auto_free char *message = xasprintf("Operation cannot be fulfilled on %s%s%s \"%s\": %s", kind->kind,
					    kind->group[0] ? "." : "", kind->group, object->name, why);
	json_t *status = status_new(409, message);

	status_about(status, kind, object->name);
	doc_set_text(status, "details.kind", kind->kind);
	return status;
}

json_t *delete_preconditions(const struct object *object, const json_t *options)
{
	const char *uid = doc_text(options, "preconditions.uid");
	const char *version = doc_text(options, "preconditions.resourceVersion");
	auto_free char *why = NULL;

	if (uid[0] && strcmp(uid, object->uid))
		why = xasprintf("the UID in the precondition (%s) does not match the UID in record (%s). The object "
				"might have been deleted and then recreated", uid, object->uid);
	else if (version[0] && strcmp(version, doc_text(object->now->value, "metadata.resourceVersion")))
		why = xasprintf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in "
				"record (%s). The object might have been modified", version,
				doc_text(object->now->value, "metadata.resourceVersion"));
	return why ? precondition_status(object, why) : NULL;
}

static void orphan(struct cluster *cluster, struct object *dependent)
{
	json_t *value = doc_fork(dependent->now->value);

	json_object_del(doc_own(value, "metadata"), "ownerReferences");
	store_put(&cluster->store, dependent->kind->id, value);
}

static struct object *find_dependent(const struct cluster *cluster, const char *uid)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct table *table = &cluster->store.tables[i];

		for (size_t j = 0; j < table->count; j++)
			if (!strcmp(table->objects[j]->owner_uid, uid) && !is_terminating(table->objects[j]))
				return table->objects[j];
	}
	return NULL;
}

static void remove_object(struct cluster *cluster, struct object *object, const char *policy, int64_t grace);

static void collect_dependents(struct cluster *cluster, const char *uid, const char *policy)
{
	struct object *dependent;

	while ((dependent = find_dependent(cluster, uid))) {
		if (!strcmp(policy, "Orphan"))
			orphan(cluster, dependent);
		else
			remove_object(cluster, dependent, "Background", -1);
	}
}

/* grace < 0: the pod's own. */
static void remove_object(struct cluster *cluster, struct object *object, const char *policy, int64_t grace)
{
	auto_free char *uid = xstrdup(object->uid);
	json_t *value;

	if (object->kind->id == KIND_POD) {
		pod_delete(cluster, object, grace < 0 ? pod_grace(object) : grace);
		return;
	}
	if (json_array_size(doc_get(object->now->value, "metadata.finalizers"))) {
		value = doc_fork(object->now->value);
		doc_set(doc_own(value, "metadata"), "deletionTimestamp", doc_time(clock_wall()));
		doc_set_int(json_object_get(value, "metadata"), "deletionGracePeriodSeconds", 0);
		store_put(&cluster->store, object->kind->id, value);
		return;
	}
	if (object->kind->id == KIND_NODE) {
		auto_free char *name = xstrdup(object->name);

		store_delete(&cluster->store, object);
		node_forget(cluster, name);
		return;
	}
	store_delete(&cluster->store, object);
	collect_dependents(cluster, uid, policy);
}

void object_remove(struct cluster *cluster, struct object *object)
{
	auto_free char *uid = xstrdup(object->uid);

	store_delete(&cluster->store, object);
	collect_dependents(cluster, uid, "Background");
}

static void answer_success(struct request *request, const struct object *object)
{
	json_t *status = json_pack("{s:s, s:s, s:{}, s:s, s:{s:s, s:s, s:s}}", "kind", "Status", "apiVersion", "v1",
				   "metadata", "status", "Success", "details", "name", object->name, "kind",
				   object->kind->resource, "uid", object->uid);

	if (object->kind->group[0])
		doc_set_text(status, "details.group", object->kind->group);
	answer_json(request, 200, status);
}

/* A pod, or an object that finalizers hold, is still there afterwards: the answer is the object. */
static void answer_present(struct request *request, struct revision *revision)
{
	struct buffer body = BUFFER_INIT(64 << 20);
	struct emitter emitter;

	emitter_init(&emitter, request, request->target.kind);
	emit_object(&emitter, revision, &body);
	answer_buffer(request, 200, &body, NULL);
}

/* A pod that went at once is shown as it went. */
static void answer_gone(struct request *request, const struct revision *last)
{
	json_t *value = doc_fork(last->value);
	struct revision *shown;

	doc_set(doc_own(value, "metadata"), "deletionTimestamp", doc_time(clock_wall()));
	doc_set_int(json_object_get(value, "metadata"), "deletionGracePeriodSeconds", 0);
	shown = revision_new(value, last->version);
	answer_present(request, shown);
	revision_drop(shown);
}

static void delete_found(struct request *request, struct object *object, const json_t *options)
{
	struct store *store = &request->cluster->store;
	const json_t *grace = doc_get(options, "gracePeriodSeconds");
	struct revision *last = revision_keep(object->now);
	auto_free char *uid = xstrdup(object->uid);
	struct object *left;

	if (json_array_size(doc_get(options, "dryRun"))) {
		if (object->kind->id == KIND_POD)
			answer_present(request, last);
		else
			answer_success(request, object);
		revision_drop(last);
		return;
	}
	if (object->kind->id != KIND_POD && !json_array_size(doc_get(object->now->value, "metadata.finalizers")))
		answer_success(request, object);
	remove_object(request->cluster, object, doc_text(options, "propagationPolicy"),
		      json_is_integer(grace) ? json_integer_value(grace) : -1);
	left = store_find_uid(store, uid);
	if (!request->response && left)
		answer_present(request, left->now);
	else if (!request->response)
		answer_gone(request, last);
	revision_drop(last);
}

static json_t *check_policy(const char *policy)
{
	static const char *const policies[] = {"", "Foreground", "Background", "Orphan"};
	auto_free char *why = xasprintf("Unsupported value: \"%s\": supported values: \"Foreground\", \"Background\", "
					"\"Orphan\", \"nil\"", policy);
	auto_free char *message = xasprintf("DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: %s", why);
	json_t *status;

	for (size_t i = 0; i < array_length(policies); i++)
		if (!strcmp(policy, policies[i]))
			return NULL;
	status = status_new(422, message);
	doc_set_text(status, "details.group", "meta.k8s.io");
	doc_set_text(status, "details.kind", "DeleteOptions");
	status_add_cause(status, "FieldValueNotSupported", why, "propagationPolicy");
	return status;
}

static bool is_supported(struct request *request)
{
	enum kind_id kind = request->target.kind->id;

	if (kind != KIND_NAMESPACE && kind != KIND_EVENT_VIEW)
		return true;
	answer_status(request, status_not_simulated(kind == KIND_NAMESPACE ? "the deletion of namespaces"
									    : "deletion through events.k8s.io/v1"));
	return false;
}

void delete_one(struct request *request)
{
	const struct target *target = &request->target;
	struct object *object = store_find(&request->cluster->store, kind_storage(target->kind), target->namespace,
					   target->name);
	json_t *options;
	json_t *status;

	if (!is_supported(request))
		return;
	if (!object) {
		answer_status(request, status_not_found(target->kind, target->name));
		return;
	}
	options = read_options(request);
	if (!options)
		return;
	status = check_policy(doc_text(options, "propagationPolicy"));
	if (!status)
		status = delete_preconditions(object, options);
	if (status)
		answer_status(request, status);
	else
		delete_found(request, object, options);
	json_decref(options);
}

/* The next object that the filter selects and that is not on its way already. */
static struct object *next_selected(const struct request *request, const struct filter *filter)
{
	const struct table *table = &request->cluster->store.tables[kind_storage(request->target.kind)];

	for (size_t i = 0; i < table->count; i++)
		if (filter_matches(filter, table->objects[i]->now->value) && !is_terminating(table->objects[i]))
			return table->objects[i];
	return NULL;
}

void delete_collection(struct request *request)
{
	struct filter filter;
	struct object *object;
	struct err err;
	json_t *options;

	if (!is_supported(request))
		return;
	options = read_options(request);
	if (!options)
		return;
	if (filter_init(&filter, request, &err)) {
		json_decref(options);
		answer_status(request, status_bad_request(&err));
		return;
	}
	while (!json_array_size(doc_get(options, "dryRun")) && (object = next_selected(request, &filter)))
		remove_object(request->cluster, object, doc_text(options, "propagationPolicy"),
			      doc_int_or(options, "gracePeriodSeconds", -1));
	filter_release(&filter);
	json_decref(options);
	answer_json(request, 200, json_pack("{s:s, s:s, s:{}, s:s}", "kind", "Status", "apiVersion", "v1", "metadata",
					    "status", "Success"));
}
