/*
 * What went wrong, for the program (a code) and for the operator (a message
 * and a hint).
 *
 * A message is an English sentence with {named} places and the values for
 * them. The sentence is the key of the translation catalogue; only tui/
 * translates (decisions.md 5). Values are raw, foreign bytes: whoever shows
 * them turns them into shown text first (text.h); message_format() does.
 *
 * Functions that can fail return 0 or -1 and take "struct err *" last; it is
 * untouched on success and may be NULL where the caller does not care. Both
 * structs own nothing: assignment copies them.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

enum err_code {
	ERR_NONE,
	ERR_USAGE,		/* the command line */
	ERR_CONFIG,		/* a file of the operator's: configuration, kubeconfig, runbook */
	ERR_IO,			/* a local file or child process */
	ERR_LIMIT,		/* larger than we take */
	ERR_DNS,
	ERR_CONNECT,		/* refused, unreachable, reset */
	ERR_TLS,
	ERR_TIMEOUT,
	ERR_PROTOCOL,		/* an answer that is not what a kube-apiserver says */
	ERR_UNAUTHORIZED,	/* 401 */
	ERR_FORBIDDEN,		/* 403 */
	ERR_NOT_FOUND,		/* 404 */
	ERR_CONFLICT,		/* 409 */
	ERR_GONE,		/* 410 */
	ERR_INVALID,		/* 400, 422 and other 4xx */
	ERR_THROTTLED,		/* 429 */
	ERR_SERVER,		/* 5xx */
	ERR_REFUSED,		/* our own engine says no */
	ERR_CANCELLED,
};

/* Marks an English text of the catalogue where it is no argument of a function that takes one. */
#define N_(id) id

/* Named values packed as name NUL value NUL ...; what does not fit is cut, never half a name. */
struct message {
	const char *id;		/* static English text with {name} places; NULL = no message */
	size_t used;
	char values[512];
};

struct err {
	enum err_code code;
	struct message what;	/* what happened, and where */
	struct message hint;	/* what to try; id NULL when there is nothing to say */
};

/*
 * Sets message and values: message_set(&m, "cannot read {path}", "path", p, NULL).
 * Each value is a string; NULL ends the list. A NULL value is shown as "?".
 */
void message_set(struct message *message, const char *id, ...) __attribute__((sentinel));
/* The raw value of a name, or NULL. */
const char *message_value(const struct message *message, const char *name);
/*
 * Fills the places of the translated sentence (translate may be NULL) with
 * sanitised values and adds the result to out.
 */
void message_format(const struct message *message, const char *(*translate)(const char *id),
		    struct buffer *out);

/* err may be NULL. Always returns -1, so that "return err_set(...)" reads well. */
int err_set(struct err *err, enum err_code code, const char *id, ...) __attribute__((sentinel));
/* Adds what to try; the values as in message_set(). err may be NULL. */
void err_hint(struct err *err, const char *id, ...) __attribute__((sentinel));
/* English, one line, sanitised, "what (hint)": for logs and tests. Caller frees. */
char *err_text(const struct err *err);
/* The layer that a code names on the screen: "DNS", "TCP", "TLS", "401", "403", "429", "timeout", ... */
const char *err_layer(enum err_code code);

#endif
