/*
 * The check of a write token (client.h) by the writing door.
 */
#ifndef KUBE_TOKEN_H
#define KUBE_TOKEN_H

#include "probes/base/err.h"

struct kube_request;
struct write_token;

/* 0 if the token lives and permits this method, path, query and body. */
int token_check(const struct write_token *token, const struct kube_request *request, struct err *err);

#endif
