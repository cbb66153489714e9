/*
 * HTTP transfers over libcurl. The only user of libcurl.
 *
 * http_start() copies what it needs from the request and returns a slot; the
 * callbacks come from loop_turn(). on_done is called exactly once, last,
 * unless the slot was cancelled; the slot is gone when it returns.
 *
 * on_body is called from inside the transfer: return -1 to end it. It may
 * start and cancel transfers too, which then happens when libcurl is done.
 * Without on_body the body is collected in result->body up to body_maximum.
 *
 * Always: HTTP/1.1, no redirects, no netrc, own User-Agent (the apiserver
 * pretty-prints for curl's), bounded headers, no Expect (tech.md a, b).
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"

struct loop;
struct http_slot;

/*
 * PEM bytes and names; all borrowed for the life of the slot's start call only. Secrets are wiped
 * from the copy.
 */
struct http_security {
	const char *ca_pem;		/* NULL: the system's authorities; else only these */
	const char *certificate_pem;	/* client certificate, with key_pem */
	const char *key_pem;
	const char *bearer_token;
	const char *basic_user;		/* with basic_password; not beside bearer_token */
	const char *basic_password;	/* NULL: "" */
	const char *tls_server_name;	/* NULL: the URL's host */
	const char *proxy_url;		/* NULL: from the environment, as Go's ProxyFromEnvironment */
	bool insecure_skip_verify;
};

struct http_header {
	const char *name;
	const char *value;
};

enum http_kind {
	HTTP_ONCE,	/* total time limit timeout_ms */
	/* Watch: dead after timeout_ms without a head, then 120 s without a byte (a bookmark comes each minute). */
	HTTP_STREAM,
	HTTP_FOLLOW,	/* log follow: no total limit, may idle for ever */
};

/* How far a request came: the first layer that it did not pass. */
enum http_layer {
	HTTP_LAYER_NONE,	/* nothing was sent */
	HTTP_LAYER_DNS,
	HTTP_LAYER_TCP,
	HTTP_LAYER_TLS,
	HTTP_LAYER_ANSWER,	/* all are passed, what is wrong is the answer, if anything */
};

struct http_result {
	enum http_layer layer;
	long status;			/* HTTP status, 0 when none came */
	enum err_code code;		/* ERR_NONE: an answer came whole (whatever its status) */
	struct err err;			/* the layer that failed, when code is not ERR_NONE */
	const struct buffer *body;	/* when there is no on_body, or the status is not 2xx */
	const char *content_type;	/* "" when absent */
	const char *audit_id;		/* "" when absent */
	const char *warnings;		/* Warning: headers' texts, a line each; "" */
	/* PEM of the server's own certificate where this request made the connection; else "" */
	const char *server_certificate;
	const char *challenge;		/* Www-Authenticate of a 401; "" when absent */
	int64_t retry_after_ms;		/* -1 when absent, at most 60 s */
	bool aborted_by_callback;	/* on_body returned -1 */
};

struct http_request {
	const char *method;		/* "GET", "HEAD" ... */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	const void *body;		/* NULL: none */
	size_t body_length;
	const char *content_type;	/* of the body */
	const struct http_security *security;	/* NULL: plain */
	enum http_kind kind;
	long timeout_ms;		/* HTTP_ONCE: until the end, HTTP_STREAM: until the head; 0 = 30 s */
	long idle_ms;			/* HTTP_STREAM: between bytes; 0 = 120 s */
	long keepalive_ms;		/* silence after which the peer is asked for a sign of life; 0 = 15 s */
	bool accept_gzip;		/* lists only, never watches (tech.md 0.1) */
	/*
	 * It is sent at most once. libcurl sends a request again by itself, whatever its method, where a kept
	 * connection ends before a byte of the answer (Curl_retry_request): a write may have happened then.
	 */
	bool sends_once;
	/*
	 * Refuses to connect to private, loopback, link-local and other special addresses (decisions.md 28); what a
	 * proxy looks up is the proxy's matter.
	 */
	bool public_only;
	size_t body_maximum;		/* of result->body; 0 = 4 MiB */
	/* For 2xx answers only; other bodies are collected. Return -1 to abort. */
	int (*on_body)(void *data, const char *bytes, size_t n);
	/* Once, before the first on_body of a 2xx answer. May be NULL. */
	void (*on_head)(void *data, long status, const char *content_type);
	void (*on_done)(void *data, const struct http_result *result);
	void *data;
};

struct http_slot *http_start(struct loop *loop, const struct http_request *request);
/* No callback is called any more. NULL is fine. */
void http_cancel(struct http_slot *slot);
/*
 * What a transfer waits for, and since when (monotonic): the first layer that it has not passed, HTTP_LAYER_ANSWER also
 * in the midst of an answer. HTTP_LAYER_NONE: for nothing that should have come (a stream that is open).
 */
enum http_layer http_waits_for(const struct http_slot *slot, int64_t *ret_since_ms);
/*
 * Connections that are open now are not used for further requests, and names are looked up again: after a suspension,
 * or when the operator asks for it, nobody knows whether they still lead anywhere. Transfers under way go on.
 */
void http_forget_connections(struct loop *loop);

#endif
