/*
 * Secrets that registries and clients write into their messages: "as 'user':
 * token" of Docker Hub (guide E03), Docker's tokens by their prefix, bearer
 * tokens, user and password in a URL. What is shown, printed or kept as
 * evidence goes through here first.
 */
#ifndef RUNBOOK_REDACT_H
#define RUNBOOK_REDACT_H

#include <stddef.h>

struct buffer;

/* Adds the text with "<redacted>" in the place of each secret. */
void text_redact(struct buffer *out, const char *text, size_t length);

#endif
