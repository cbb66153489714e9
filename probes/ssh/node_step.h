/*
 * The door for what changes a node (decisions.md 23): a command that a
 * confirmed plan holds, word by word. Only probes/remedy/ refers to it.
 */
#ifndef SSH_NODE_STEP_H
#define SSH_NODE_STEP_H

#include "probes/ssh/pool.h"

/* What a confirmation permits on nodes: the commands of its plan. Ends with the run. */
struct node_token;
struct node_token *node_token_new(const char *plan_digest);
/* argv and input are copied (input as a digest). */
void node_token_permit(struct node_token *token, const char *node, const char *const *argv, const char *input);
void node_token_end(struct node_token *token);
void node_token_free(struct node_token *token);

struct node_step_request {
	struct node_host host;
	const char *const *argv;	/* NULL-terminated; with sudo, timeout and env before the command itself */
	const char *input;		/* its standard input; NULL: none */
	int timeout_seconds;		/* as in argv's timeout; the channel waits five seconds longer */
	void (*on_output)(void *data, int which, const char *bytes, size_t n);	/* may be NULL */
	void (*on_done)(void *data, const struct node_answer *answer);
	void *data;
};
/* -1: the token does not permit it (ERR_REFUSED). */
int node_step(struct node_pool *pool, const struct node_token *token, const struct node_step_request *request,
	      struct node_call **ret_call, struct err *err);

#endif
