#include "probes/sim/options.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/status.h"

bool options_is_apply(const struct request *request)
{
	const char *type = request_header(request, "Content-Type");

	return !strcmp(request->method, "PATCH") && type && !strncmp(type, "application/apply-patch+yaml", 28);
}

/* message is freed. */
static json_t *wrong(const char *kind, const char *field, const char *reason, char *message)
{
	auto_free char *text = xasprintf("%s.meta.k8s.io \"\" is invalid: %s: %s", kind, field, message);
	json_t *status = status_new(422, text);

	doc_set_text(status, "details.group", "meta.k8s.io");
	doc_set_text(status, "details.kind", kind);
	status_add_cause(status, reason, message, field);
	free(message);
	return status;
}

static json_t *check_patch(const struct request *request)
{
	const char *manager = request_query(request, "fieldManager");

	if (options_is_apply(request) && !(manager && manager[0]))
		return wrong("PatchOptions", "fieldManager", "FieldValueRequired",
			     xstrdup("Required value: is required for apply patch"));
	if (!options_is_apply(request) && request_query(request, "force"))
		return wrong("PatchOptions", "force", "FieldValueForbidden",
			     xstrdup("Forbidden: may not be specified for non-apply patch"));
	return NULL;
}

json_t *options_check(const struct request *request, const char *verb)
{
	static const char *const validations[] = {"", "Ignore", "Strict", "Warn"};
	const char *kind = !strcmp(verb, "create") ? "CreateOptions" : !strcmp(verb, "patch") ? "PatchOptions"
											   : "UpdateOptions";
	const char *dry_run = request_query(request, "dryRun");
	const char *validation = request_query(request, "fieldValidation");
	json_t *status = !strcmp(verb, "patch") ? check_patch(request) : NULL;

	if (status)
		return status;
	if (dry_run && strcmp(dry_run, "All"))
		return wrong(kind, "dryRun", "FieldValueNotSupported",
			     xasprintf("Unsupported value: [\"%s\"]: supported values: \"All\"", dry_run));
	for (size_t i = 0; validation && i < array_length(validations); i++)
		if (!strcmp(validation, validations[i]))
			validation = NULL;
	if (validation)
		return wrong(kind, "fieldValidation", "FieldValueNotSupported",
			     xasprintf("Unsupported value: \"%s\": supported values: "
				       "\"\", \"Ignore\", \"Strict\", \"Warn\"", validation));
	return NULL;
}
