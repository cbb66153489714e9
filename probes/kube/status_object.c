#include "probes/kube/status_object.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"

/* Of a server's message; struct message holds 512 bytes of values. */
enum { MESSAGE_HEAD = 120, MESSAGE_TAIL = 240 };

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool status_object_is(const json_t *document)
{
	return !strcmp(text_of(document, "kind"), "Status");
}

const char *status_object_reason(const json_t *document)
{
	return text_of(document, "reason");
}

bool status_object_has_cause(const json_t *document, const char *reason)
{
	const json_t *causes = json_object_get(json_object_get(document, "details"), "causes");
	const json_t *cause;
	size_t index;

	json_array_foreach(causes, index, cause) {
		if (!strcmp(text_of(cause, "reason"), reason))
			return true;
	}
	return false;
}

enum err_code status_code(long http_status)
{
	switch (http_status) {
	case 401:
		return ERR_UNAUTHORIZED;
	case 403:
		return ERR_FORBIDDEN;
	case 404:
		return ERR_NOT_FOUND;
	case 409:
		return ERR_CONFLICT;
	case 410:
		return ERR_GONE;
	case 429:
		return ERR_THROTTLED;
	default:
		break;
	}
	if (http_status >= 500)
		return ERR_SERVER;
	return http_status >= 400 ? ERR_INVALID : ERR_PROTOCOL;
}

static void hint_for(enum err_code code, const json_t *document, const struct kubeconfig_view *view,
		     struct err *err)
{
	switch (code) {
	case ERR_UNAUTHORIZED:
		err_hint(err, "renew the credentials of user {user} in {file}", "user", view->user, "file",
			 view->file,
			 NULL);
		return;
	case ERR_FORBIDDEN:
		err_hint(err, "user {user} needs a role that allows this", "user",
			 view->as_user ? view->as_user : view->user, NULL);
		return;
	case ERR_THROTTLED:
		if (status_object_has_cause(document, "DisruptionBudget"))
			err_hint(err, "a PodDisruptionBudget allows no eviction now", NULL);
		else
			err_hint(err, "the apiserver asks for fewer requests; they are tried again later",
				 NULL);
		return;
	case ERR_CONFLICT:
		err_hint(err, "the object was changed meanwhile; look again", NULL);
		return;
	case ERR_PROTOCOL:
		err_hint(err, "a proxy or login page answers for the apiserver; check the server's address",
			 NULL);
		return;
	default:
		return;
	}
}

static bool continues_sign(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/*
 * The server puts whole objects into some messages, and what is wrong with them behind that: of long
 * ones both ends are kept. Caller frees.
 */
static char *both_ends(const char *message)
{
	size_t length = strlen(message);
	size_t head = MESSAGE_HEAD;
	size_t tail;

	if (length <= MESSAGE_HEAD + MESSAGE_TAIL)
		return xstrdup(message);
	tail = length - MESSAGE_TAIL;
	while (head > 0 && continues_sign(message[head]))
		head--;
	while (continues_sign(message[tail]))
		tail++;
	return xasprintf("%.*s ... %s", (int)head, message, message + tail);
}

void status_explain(long http_status, const json_t *document, const struct kubeconfig_view *view,
		    struct err *err)
{
	enum err_code code = status_code(http_status);
	auto_free char *message = both_ends(text_of(document, "message"));
	char status[32];

	snprintf(status, sizeof(status), "%ld", http_status);
	if (code == ERR_UNAUTHORIZED)
		err_set(err, code, "{server} does not accept the credentials of user {user}", "server",
			view->server, "user",
			view->user, "status", status, "reason", status_object_reason(document), "message",
			message, NULL);
	else if (status_object_is(document) && *message)
		err_set(err, code, "{message}", "status", status, "reason", status_object_reason(document),
			"message",
			message, NULL);
	else
		err_set(err, code, "{server} answers with status {status}", "server", view->server, "status",
			status, NULL);
	hint_for(code, document, view, err);
	if (!status_object_is(document) && !err->hint.id)
		err_hint(err, "it is no answer of a kube-apiserver; check the server's address and proxies",
			 NULL);
}

void status_explain_foreign(const char *content_type, const struct kubeconfig_view *view, struct err *err)
{
	if (content_type && *content_type)
		err_set(err, ERR_PROTOCOL, "{server} answers with {type} where JSON was expected", "server",
			view->server,
			"type", content_type, NULL);
	else
		err_set(err, ERR_PROTOCOL, "{server} answers, but not in JSON", "server", view->server, NULL);
	err_hint(err, "a proxy or login page answers for the apiserver; check the server's address", NULL);
}
