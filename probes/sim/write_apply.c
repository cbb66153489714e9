#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/access.h"
#include "probes/sim/apply.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/patch.h"
#include "probes/sim/status.h"
#include "probes/sim/write_private.h"

/* The configuration as it was sent, or NULL: then it was answered. Yours. */
static json_t *read_config(struct request *request)
{
	const struct target *target = &request->target;
	const char *text = buffer_text(&request->body);
	json_error_t why;
	json_t *config = doc_parse(text, request->body.length, &why);
	json_t *status;

	if (json_is_object(config)) {
		json_t *metadata = doc_own(config, "metadata");

		if (!doc_text(metadata, "name")[0])
			doc_set_text(metadata, "name", target->name);
		status = apply_check_config(target->kind, config);
		if (target->namespace[0] && !doc_text(metadata, "namespace")[0])
			doc_set_text(metadata, "namespace", target->namespace);
		if (!status)
			return config;
		json_decref(config);
	} else if (text[strspn(text, " \t\r\n")] == '{') {
		auto_free char *message = xasprintf("error decoding YAML: %s", why.text);

		status = status_new(400, message);
	} else {
		status = status_not_simulated("server-side apply of YAML that is not JSON");
	}
	answer_status(request, status);
	return NULL;
}

/* NULL where the writer may make the object that it applied. */
static json_t *check_applied_new(const struct request *request, const json_t *config)
{
	const struct target *target = &request->target;
	struct access access = {.verb = "create", .group = target->kind->group, .resource = target->kind->resource,
				.sub = target->sub, .namespace = target->namespace, .name = target->name};
	const char *uid = doc_text(config, "metadata.uid");

	if (target->sub[0])
		return status_not_found(target->kind, target->name);
	if (!access_allowed(request->cluster, request->user, request->masters, &access))
		return access_refusal(request->user, &access);
	if (uid[0]) {
		auto_free char *why = xasprintf("uid mismatch: the provided object specified uid %s, and no existing "
						"object was found", uid);

		return status_conflict(target->kind, target->name, why);
	}
	return NULL;
}

/* NULL where the object may be stored. */
static json_t *prepare_applied(struct request *request, const struct object *present, const json_t *config,
			       struct applied *applied)
{
	json_t *full = present ? write_full_object(request->target.kind, present->now->value) : NULL;
	struct writer writer;
	struct err err = {0};
	json_t *status = NULL;

	writer_init(&writer, request, "Apply");
	if (apply_config(full, config, &writer.manager, applied, &err))
		status = patch_refusal(&err);
	else if (json_array_size(applied->conflicts) && !request_query_true(request, "force"))
		status = apply_conflict_status(applied->conflicts);
	else if (present)
		status = write_prepare_change(request, applied->result, present->now->value, true, applied->fields);
	else
		status = write_prepare_new(request, applied->result, applied->fields);
	json_decref(full);
	return status;
}

void write_apply(struct request *request, const struct object *present)
{
	struct applied applied = {0};
	json_t *config = read_config(request);
	json_t *status;

	if (!config)
		return;
	status = present ? NULL : check_applied_new(request, config);
	if (!status)
		status = prepare_applied(request, present, config, &applied);
	if (status)
		answer_status(request, status);
	else
		write_finish(request, present ? 200 : 201, json_incref(applied.result), present);
	applied_release(&applied);
	json_decref(config);
}
