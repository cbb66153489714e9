#include "probes/kube/token.h"

#include <stdbool.h>
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/kube/client.h"

struct permit {
	char *method;
	char *path;
	bool any_body;
	char body_digest[DIGEST_HEX_SIZE];
};

struct write_token {
	char *plan_digest;
	struct permit *permits;
	size_t count;
	bool ended;
};

struct write_token *write_token_new(const char *plan_digest)
{
	struct write_token *token = xcalloc(1, sizeof(*token));

	token->plan_digest = xstrdup(plan_digest);
	return token;
}

void write_token_permit(struct write_token *token, const char *method, const char *path, const char *body)
{
	struct permit *permit;

	token->permits = xreallocarray(token->permits, token->count + 1, sizeof(*token->permits));
	permit = &token->permits[token->count++];
	*permit = (struct permit){.method = xstrdup(method), .path = xstrdup(path), .any_body = !body};
	if (body)
		digest_sha256(body, strlen(body), permit->body_digest);
}

void write_token_end(struct write_token *token)
{
	token->ended = true;
}

void write_token_free(struct write_token *token)
{
	if (!token)
		return;
	for (size_t i = 0; i < token->count; i++) {
		free(token->permits[i].method);
		free(token->permits[i].path);
	}
	free(token->permits);
	free(token->plan_digest);
	free(token);
}

static bool permits(const struct permit *permit, const struct kube_request *request, const char *body_digest)
{
	return !strcmp(permit->method, request->method) && !strcmp(permit->path, request->path) &&
	       (permit->any_body || !strcmp(permit->body_digest, body_digest));
}

int token_check(const struct write_token *token, const struct kube_request *request, struct err *err)
{
	const char *body = request->body ? request->body : "";
	char body_digest[DIGEST_HEX_SIZE];

	if (!token || token->ended)
		return err_set(err, ERR_REFUSED, "{method} {path} is not confirmed", "method",
			       request->method, "path",
			       request->path, NULL);
	digest_sha256(body, strlen(body), body_digest);
	for (size_t i = 0; i < token->count; i++) {
		if (permits(&token->permits[i], request, body_digest))
			return 0;
	}
	return err_set(err, ERR_REFUSED, "{method} {path} is not part of the confirmed plan {plan}", "method",
		       request->method, "path", request->path, "plan", token->plan_digest, NULL);
}
