/*
 * A transfer, as http.c (life), http_setup.c (the request), http_answer.c
 * (what comes back), http_error.c (what failed) and proxy.c see it.
 */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/net/http.h"

struct loop;
struct timer;

enum {
	HTTP_CONNECT_TIMEOUT_MS = 10000,
	HTTP_ONCE_TIMEOUT_MS = 30000,
	HTTP_STREAM_IDLE_MS = 120000,
	HTTP_KEEPALIVE_MS = 15000,
	HTTP_HEADERS_MAXIMUM = 128 << 10,
	HTTP_HEADER_LINE_MAXIMUM = 100 << 10,	/* libcurl's own, CURL_MAX_HTTP_HEADER */
	HTTP_BODY_MAXIMUM = 4 << 20,
	HTTP_FAILED_BODY_MAXIMUM = 256 << 10,	/* bodies of answers that are not 2xx */
	HTTP_WARNINGS_MAXIMUM = 16 << 10,
	HTTP_RETRY_AFTER_MAXIMUM_MS = 60000,
};

/* "nks-triage/VERSION" */
const char *http_user_agent(void);

struct http_slot {
	struct loop *loop;
	struct http_slot *next;
	struct http_slot *previous;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	char *request_body;
	size_t request_body_length;
	size_t request_body_read;	/* of it, by libcurl: sends_once */
	char *host;			/* of the URL, for messages */
	char *port;
	bool proxy_is_tls;		/* the proxy itself is reached by https */
	char *proxy;			/* host:port of the proxy, for messages; NULL: direct */
	enum http_kind kind;
	long timeout_ms;		/* of a stream: without a byte, once its head is there */
	long head_timeout_ms;		/* of a stream */
	long keepalive_ms;
	size_t body_maximum;
	int (*on_body)(void *data, const char *bytes, size_t n);
	void (*on_head)(void *data, long status, const char *content_type);
	void (*on_done)(void *data, const struct http_result *result);
	void *data;

	bool in_multi;
	bool start_later;		/* started from inside libcurl */
	bool cancelled;			/* from inside libcurl; freed after it */
	bool finishing;			/* on_done runs */
	struct err setup_error;		/* code ERR_NONE: the request could be made */
	struct timer *start_failed;
	struct timer *idle;
	int64_t last_byte_ms;

	long status;			/* of the final answer, 0 before its headers are whole */
	size_t header_bytes;
	bool headers_too_long;
	char *content_type;
	char *audit_id;
	char *challenge;
	int64_t retry_after_ms;
	struct buffer warnings;
	struct buffer body;
	bool body_too_long;
	bool aborted;
	bool address_refused;		/* public_only, and the name led elsewhere */
	char error_text[CURL_ERROR_SIZE];
};

/* Makes slot->easy ready. Nothing of request or its security is kept by reference. */
int http_setup(struct http_slot *slot, const struct http_request *request, struct err *err);

/* libcurl's callbacks; data is the slot. */
size_t http_on_header(char *bytes, size_t size, size_t n, void *data);
size_t http_on_bytes(char *bytes, size_t size, size_t n, void *data);

/* The first layer that a transfer without a head has not passed. */
enum http_layer http_layer_reached(const struct http_slot *slot);
/* What a failed transfer means: sets err (never ERR_NONE). */
enum http_layer http_layer_of(const struct http_slot *slot, const struct err *err);
void http_explain(const struct http_slot *slot, CURLcode code, struct err *err);
/* The slot's stream was silent for too long. */
void http_explain_idle(const struct http_slot *slot, struct err *err);

/* False for private, loopback, link-local, shared, multicast, documentation and other special addresses. */
bool address_is_public(const struct sockaddr *address);

/*
 * The proxy for a URL as Go's http.ProxyFromEnvironment chooses it: the
 * variable of the URL's scheme, upper case first, NO_PROXY, never for
 * loopback. NULL: direct. Caller frees.
 */
char *proxy_from_environment(const char *scheme, const char *host, const char *port);
/* One rule list, as NO_PROXY holds it. */
bool proxy_excluded(const char *no_proxy, const char *host, const char *port);

#endif
