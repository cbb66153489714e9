#include "probes/sim/patch.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/http.h"
#include "probes/sim/json_patch.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/status.h"
#include "probes/sim/strategic_merge.h"

/* kube-apiserver hides the reason of a patch that does not apply behind these words. */
static const char does_not_apply[] = "the server rejected our request due to an error in our request";

/* 400 for what is no patch, 422 for one that does not apply, 500 where a real server fails inside. */
json_t *patch_refusal(const struct err *err)
{
	struct buffer text = BUFFER_INIT(4 << 10);
	json_t *status;

	message_format(&err->what, NULL, &text);
	if (err->code == ERR_USAGE) {
		status = status_new(400, buffer_text(&text));
	} else if (err->code == ERR_SERVER) {
		status = status_new(500, buffer_text(&text));
		doc_remove(status, "reason");
	} else {
		status = status_new(422, does_not_apply);
		doc_set(status, "details", json_object());
	}
	buffer_release(&text);
	return status;
}

static int apply(const char *type, const json_t *object, const json_t *body, json_t **ret_result, struct err *err)
{
	if (!strncmp(type, "application/json-patch+json", 27))
		return json_patch(object, body, ret_result, err);
	if (!strncmp(type, "application/strategic-merge-patch+json", 38))
		return strategic_merge(object, body, ret_result, err);
	if (!json_is_object(body))
		return err_set(err, ERR_USAGE, "error decoding patch: json: a merge patch must be an object", NULL);
	*ret_result = merge_patch(object, body);
	return 0;
}

json_t *patch_apply(struct request *request, const json_t *object)
{
	const char *type = request_header(request, "Content-Type");
	struct err err = {0};
	json_error_t why;
	json_t *body;
	json_t *result = NULL;

	if (!type || (strncmp(type, "application/json-patch+json", 27) &&
		      strncmp(type, "application/merge-patch+json", 28) &&
		      strncmp(type, "application/strategic-merge-patch+json", 38))) {
		json_t *status = status_new(415, "415: Unsupported Media Type");

		doc_set(status, "details", json_object());
		answer_status(request, status);
		return NULL;
	}
	body = doc_parse(buffer_text(&request->body), request->body.length, &why);
	if (!body) {
		auto_free char *message = xasprintf("error decoding patch: %s", why.text);

		answer_status(request, status_new(400, message));
		return NULL;
	}
	if (apply(type, object, body, &result, &err))
		answer_status(request, patch_refusal(&err));
	json_decref(body);
	if (result && !json_is_object(result)) {
		json_decref(result);
		answer_status(request, status_new(422, does_not_apply));
		return NULL;
	}
	return result;
}
