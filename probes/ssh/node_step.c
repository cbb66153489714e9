#include "probes/ssh/node_step.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/ssh/pool_private.h"

enum {
	GRACE_MS = 5000,
	KEY_MAXIMUM = 2 << 20,
};

/* What may be run: node, argv and input, as one digest. */
struct permit {
	struct permit *next;
	char digest[DIGEST_HEX_SIZE];
};

struct node_token {
	char *plan_digest;
	struct permit *permits;
	bool ended;
};

/* Length before each word, so that no two commands read alike. */
static void command_digest(const char *node, const char *const *argv, const char *input, char out[DIGEST_HEX_SIZE])
{
	struct buffer text = BUFFER_INIT(KEY_MAXIMUM);
	buffer_addf(&text, "%zu:%s", strlen(node), node);
	for (size_t i = 0; argv[i]; i++)
		buffer_addf(&text, " %zu:%s", strlen(argv[i]), argv[i]);
	if (input) {
		char digest[DIGEST_HEX_SIZE];
		digest_sha256(input, strlen(input), digest);
		buffer_addf(&text, " <%s", digest);
	}
	digest_sha256(buffer_text(&text), text.length, out);
	buffer_release(&text);
}

struct node_token *node_token_new(const char *plan_digest)
{
	struct node_token *token = xcalloc(1, sizeof(*token));
	token->plan_digest = xstrdup(plan_digest);
	return token;
}

void node_token_permit(struct node_token *token, const char *node, const char *const *argv, const char *input)
{
	struct permit *permit = xcalloc(1, sizeof(*permit));
	command_digest(node, argv, input, permit->digest);
	permit->next = token->permits;
	token->permits = permit;
}

void node_token_end(struct node_token *token)
{
	token->ended = true;
}

void node_token_free(struct node_token *token)
{
	if (!token)
		return;
	for (struct permit *permit = token->permits, *next; permit; permit = next) {
		next = permit->next;
		free(permit);
	}
	free(token->plan_digest);
	free(token);
}

static bool permits(const struct node_token *token, const char digest[DIGEST_HEX_SIZE])
{
	if (!token || token->ended)
		return false;
	for (const struct permit *permit = token->permits; permit; permit = permit->next)
		if (strcmp(permit->digest, digest) == 0)
			return true;
	return false;
}

/* csh ends a quoted word at a line break, so that no word may have one. */
static bool has_line_break(const char *const *argv)
{
	for (size_t i = 0; argv[i]; i++)
		if (strpbrk(argv[i], "\r\n"))
			return true;
	return false;
}

int node_step(struct node_pool *pool, const struct node_token *token, const struct node_step_request *request,
	      struct node_call **ret_call, struct err *err)
{
	char digest[DIGEST_HEX_SIZE];
	command_digest(request->host.name, request->argv, request->input, digest);
	if (!permits(token, digest))
		return err_set(err, ERR_REFUSED, "the confirmed plan has no such command for {node}", "node",
			       request->host.name, NULL);
	if (!request->argv[0] || has_line_break(request->argv))
		return err_set(err, ERR_REFUSED, "no command for a node: a word of it has a line break", NULL);
	auto_free char *line = remote_line(request->argv);
	struct node_command_request command = {
		.host = request->host,
		.line = line,
		.input = request->input,
		.input_length = request->input ? strlen(request->input) : 0,
		.timeout_ms = request->timeout_seconds * 1000 + GRACE_MS,
		.on_output = request->on_output,
		.on_done = request->on_done,
		.data = request->data,
	};
	*ret_call = pool_run(pool, &command);
	return 0;
}
