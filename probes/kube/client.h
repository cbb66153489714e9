/*
 * A client of one cluster as one user: every request goes through one of
 * three doors (decisions.md 23).
 *
 *   kube_read   GET; nothing else.
 *   kube_ask    questions that are not GET: access reviews, and any method
 *               with dryRun=All, which the door itself appends.
 *   kube_write  a request that changes the cluster. Needs a write_token, and
 *               only for a request that the token permits. Only
 *               probes/remedy/ may refer to it: a test reads the symbols.
 *
 * Answers come from the loop. A result that is not 2xx has err set from the
 * Status object (its message is foreign text) and code mapped from the HTTP
 * status. Credentials are added inside: bearer token, token file (read
 * again each minute), client certificate, credential plugin (run in the
 * loop, refreshed before it expires and once on 401), impersonation.
 */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/net/http.h"

struct kubeconfig_view;
struct kube_client;
struct kube_slot;
struct loop;
struct write_token;

/*
 * The operator's terminal, for credential plugins that ask. lend() gives its descriptor (not 0), or
 * -1; until take_back() it is the plugin's: nobody draws there or reads keys.
 */
struct kube_terminal {
	int (*lend)(void *data);
	void (*take_back)(void *data);
	void *data;
	bool if_available;	/* also for interactiveMode IfAvailable: nothing drawn would be torn */
};

struct kube_client_options {
	long request_timeout_ms;	/* of requests that are no streams, and of a stream's head; 0 = 30 s */
	long quiet_ms;			/* silence after which a sign of life is asked for; 0 = 15 s */
	bool no_protobuf;		/* lists and watches as JSON alone */
	long plugin_timeout_ms;		/* of credential plugins that are not lent the terminal; 0 = 60 s */
	const struct kube_terminal *terminal;	/* copied; NULL: plugins that have to ask are refused */
};

/* The client takes the view. */
int kube_client_new(struct loop *loop, struct kubeconfig_view *view,
		    const struct kube_client_options *options,
		    struct kube_client **ret_client, struct err *err);
void kube_client_free(struct kube_client *client);
const struct kubeconfig_view *kube_client_view(const struct kube_client *client);
/* PEM of the server's certificate as it was shown last; NULL over plain http, and until it is known. */
const char *kube_server_certificate(const struct kube_client *client);
struct loop *kube_client_loop(const struct kube_client *client);
bool kube_client_may_use_protobuf(const struct kube_client *client);

/* KUBE_PROTOBUF: or JSON, as the server likes; only for requests with on_body, whose on_head says which. */
enum kube_accept { KUBE_JSON, KUBE_PROTOBUF, KUBE_TABLE, KUBE_PARTIAL_METADATA, KUBE_TEXT };

struct kube_result {
	long status;
	enum http_layer layer;	/* the first that was not passed; HTTP_LAYER_NONE: no credentials, nothing was sent */
	enum err_code code;	/* ERR_NONE exactly for 2xx answers that came whole */
	struct err err;
	json_t *document;	/* parsed JSON body, borrowed, or NULL */
	const char *body;	/* raw body, NUL-terminated, borrowed */
	size_t body_length;
	const char *warnings;	/* Warning: headers, a line each */
	const char *audit_id;
	int64_t retry_after_ms;	/* -1: none */
	int64_t took_ms;
};

struct kube_request {
	const char *method;		/* the doors check it */
	const char *path;		/* "/api/v1/nodes?limit=500", quoted by the caller (kube_path) */
	enum kube_accept accept;
	const char *content_type;	/* of body; NULL = application/json */
	const char *body;		/* NULL: none */
	enum http_kind kind;
	bool gzip;
	long timeout_ms;		/* less than the client's; 0: the client's */
	size_t body_maximum;		/* 0 = 4 MiB */
	/*
	 * Once, before the first on_body of a 2xx answer, also of a watch that has nothing to say
	 * yet. May be NULL.
	 */
	void (*on_head)(void *data, long status, const char *content_type);
	int (*on_body)(void *data, const char *bytes, size_t n);	/* streams and lists; see http.h */
	void (*on_done)(void *data, const struct kube_result *result);
	void *data;
};

/* Each copies the request. An error is a refusal of the door: nothing was sent, on_done is not called. */
int kube_read(struct kube_client *client, const struct kube_request *request, struct kube_slot **ret_slot,
	      struct err *err);
int kube_ask(struct kube_client *client, const struct kube_request *request, struct kube_slot **ret_slot,
	     struct err *err);
int kube_write(struct kube_client *client, const struct write_token *token,
	       const struct kube_request *request,
	       struct kube_slot **ret_slot, struct err *err);
/* No callback any more; a write that was sent may still happen. NULL is fine. */
void kube_cancel(struct kube_slot *slot);

/*
 * What a confirmation permits. A token lists the requests of the run that was
 * confirmed; kube_write refuses all others. Made and ended by probes/remedy/
 * only.
 */
struct write_token *write_token_new(const char *plan_digest);
/* body NULL: any body (Leases and audit Events, whose bodies hold times). path with query: force=true is part of it. */
void write_token_permit(struct write_token *token, const char *method, const char *path, const char *body);
/* After this every kube_write with it is refused. */
void write_token_end(struct write_token *token);
void write_token_free(struct write_token *token);

/* Percent-encodes one path segment or query value. Caller frees. */
char *kube_escape(const char *text);

/*
 * May this user do that? Asks a SelfSubjectAccessReview, answers kept for two
 * minutes. Called back from the loop, also when the answer is known already.
 */
struct access_question {
	const char *verb;	/* "patch" */
	const char *group;	/* "" for core */
	const char *resource;	/* "daemonsets" */
	const char *subresource;	/* "" for none */
	const char *name_space;	/* "" for cluster scope */
	const char *name;	/* "" for any */
};
enum access_verdict { ACCESS_ALLOWED, ACCESS_DENIED, ACCESS_UNKNOWN };
void kube_access(struct kube_client *client, const struct access_question *question,
		 void (*on_answer)(void *data, enum access_verdict verdict, const struct err *err),
		 void *data);

/* What a request may wait for: the layers of http.h, and what comes before them. */
enum link_wait {
	LINK_NOTHING = HTTP_LAYER_NONE,
	LINK_DNS = HTTP_LAYER_DNS,
	LINK_TCP = HTTP_LAYER_TCP,
	LINK_TLS = HTTP_LAYER_TLS,
	LINK_ANSWER = HTTP_LAYER_ANSWER,
	LINK_CREDENTIALS,
};

/* State of the link as the header shows it, fed by every answer. A watch that ends once it was open is no failure. */
struct link_state {
	bool ever_answered;
	int64_t last_answer_ms;		/* monotonic time of the last answer of the apiserver */
	enum err_code code;		/* ERR_NONE: the last exchange went well */
	struct err err;			/* else what failed and what to try */
	enum http_layer layer;		/* and how far it came */
	enum link_wait waits_for;	/* what the request that waits longest waits for */
	int64_t waits_since_ms;		/* monotonic */
};
/* As it is now; borrowed, and changed by the next call and by the loop. */
const struct link_state *kube_link(struct kube_client *client);
/* How long the server may say nothing before it is asked. */
long kube_quiet_ms(const struct kube_client *client);
/*
 * Connections may lead nowhere: those that are known, and names, are not used for further requests, and reading
 * requests that wait for an answer over one of them are sent again. Reflectors have their own (reflector_resume()).
 */
void kube_leave_connections(struct kube_client *client);
/* The operator wants a new beginning: the same, and whoever declined to sign in is asked again. */
void kube_start_afresh(struct kube_client *client);

/* Server version, read once at start and after reconnects; "" until known. */
const char *kube_server_version(const struct kube_client *client);
/* The 34 of "v1.34.4"; INT_MAX where the version (may be NULL) says nothing, or is of another major version. */
int kube_version_minor(const char *version);
/* -1: a server of that version is older than what this program speaks. 0: it is not, or the version says nothing. */
int kube_check_version(const char *version, struct err *err);
/* True while the question for it is under way. */
bool kube_is_asking_version(const struct kube_client *client);

#endif
