/*
 * Answers that are not 2xx: the API's Status object, and what stands in its
 * place when something else answers.
 */
#ifndef KUBE_STATUS_OBJECT_H
#define KUBE_STATUS_OBJECT_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/base/err.h"

struct kubeconfig_view;

/* True for an object of kind Status. */
bool status_object_is(const json_t *document);
/* "Conflict", "AlreadyExists", ...; "" when it has none. Borrowed from the document. */
const char *status_object_reason(const json_t *document);
/* True if details.causes holds that reason, e.g. "DisruptionBudget" on a refused eviction. */
bool status_object_has_cause(const json_t *document, const char *reason);

enum err_code status_code(long http_status);
/*
 * Sets err from an answer that is not 2xx. document may be NULL (no JSON).
 * The message of the server is foreign text, value "message"; its reason is
 * the value "reason", the status "status".
 */
void status_explain(long http_status, const json_t *document, const struct kubeconfig_view *view,
		    struct err *err);
/* Something answered 2xx, but not in the API's language. */
void status_explain_foreign(const char *content_type, const struct kubeconfig_view *view, struct err *err);

#endif
