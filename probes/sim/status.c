#include "probes/sim/status.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"

static const struct {
	int code;
	const char *reason;
} reasons[] = {
	{400, "BadRequest"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "NotFound"},
	{405, "MethodNotAllowed"}, {406, "NotAcceptable"}, {409, "Conflict"}, {410, "Expired"},
	{413, "RequestEntityTooLarge"}, {415, "UnsupportedMediaType"}, {422, "Invalid"},
	{429, "TooManyRequests"}, {500, "InternalError"}, {503, "ServiceUnavailable"}, {504, "Timeout"},
};

json_t *status_new(int code, const char *message)
{
	json_t *status = json_pack("{s:s, s:s, s:{}, s:s, s:s}", "kind", "Status", "apiVersion", "v1", "metadata",
				   "status", "Failure", "message", message);

	for (size_t i = 0; i < array_length(reasons); i++)
		if (reasons[i].code == code)
			doc_set_text(status, "reason", reasons[i].reason);
	doc_set_int(status, "code", code);
	return status;
}

void status_set_reason(json_t *status, const char *reason)
{
	doc_set_text(status, "reason", reason);
}

void status_about(json_t *status, const struct kind *kind, const char *name)
{
	if (name[0])
		doc_set_text(status, "details.name", name);
	if (kind->group[0])
		doc_set_text(status, "details.group", kind->group);
	doc_set_text(status, "details.kind", kind->resource);
}

void status_add_cause(json_t *status, const char *reason, const char *message, const char *field)
{
	json_t *cause = json_pack("{s:s, s:s}", "reason", reason, "message", message);

	if (field && field[0])
		doc_set_text(cause, "field", field);
	if (!doc_get(status, "details.causes"))
		doc_set(status, "details.causes", json_array());
	json_array_append_new(doc_get(status, "details.causes"), cause);
}

json_t *status_not_found(const struct kind *kind, const char *name)
{
	char qualified[96];
	auto_free char *message = xasprintf("%s \"%s\" not found",
					    kind_qualified(kind, qualified, sizeof(qualified)), name);
	json_t *status = status_new(404, message);

	status_about(status, kind, name);
	return status;
}

json_t *status_already_exists(const struct kind *kind, const char *name)
{
	char qualified[96];
	auto_free char *message = xasprintf("%s \"%s\" already exists",
					    kind_qualified(kind, qualified, sizeof(qualified)), name);
	json_t *status = status_new(409, message);

	status_set_reason(status, "AlreadyExists");
	status_about(status, kind, name);
	return status;
}

json_t *status_conflict(const struct kind *kind, const char *name, const char *why)
{
	char qualified[96];
	auto_free char *message = NULL;
	json_t *status;

	if (!why)
		why = "the object has been modified; please apply your changes to the latest version and try again";
	message = xasprintf("Operation cannot be fulfilled on %s \"%s\": %s",
			    kind_qualified(kind, qualified, sizeof(qualified)), name, why);
	status = status_new(409, message);
	status_about(status, kind, name);
	return status;
}

/* One cause stands alone, several stand in brackets. */
static char *join_causes(const json_t *causes)
{
	struct buffer text = BUFFER_INIT(64 << 10);
	size_t i;
	json_t *cause;

	json_array_foreach(causes, i, cause)
		buffer_addf(&text, "%s%s%s%s", i ? ", " : "", doc_text(cause, "field"),
			    doc_text(cause, "field")[0] ? ": " : "", doc_text(cause, "message"));
	if (json_array_size(causes) > 1) {
		char *all = xasprintf("[%s]", buffer_text(&text));

		buffer_release(&text);
		return all;
	}
	return buffer_detach(&text);
}

json_t *status_invalid(const struct kind *kind, const char *name, const json_t *causes)
{
	auto_free char *why = join_causes(causes);
	auto_free char *message = xasprintf("%s%s%s \"%s\" is invalid: %s", kind ? kind->kind : "",
					    kind && kind->group[0] ? "." : "", kind ? kind->group : "", name, why);
	json_t *status = status_new(422, message);

	if (kind) {
		status_about(status, kind, name);
		doc_set_text(status, "details.kind", kind->kind);
	}
	doc_set(status, "details.causes", json_deep_copy(causes));
	return status;
}

json_t *status_expired(const char *message)
{
	return status_new(410, message);
}

json_t *status_not_simulated(const char *what)
{
	auto_free char *message = xasprintf("the simulated cluster does not simulate %s", what);
	json_t *status = status_new(501, message);

	status_set_reason(status, "NotImplemented");
	return status;
}

int status_code(const json_t *status)
{
	return (int)doc_int(status, "code");
}
