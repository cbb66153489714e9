/*
 * The HTTP side: with stream.c, which keeps answers open, the only file that
 * knows libmicrohttpd.
 *
 * A request is answered once: answer_*() queues nothing yet, http.c does when
 * the handler returns.
 */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/base/buffer.h"
#include "probes/base/err.h"
#include "probes/sim/cluster.h"
#include "probes/sim/kinds.h"

enum { REQUEST_BODY_MAXIMUM = 3 << 20 };	/* as kube-apiserver's limit for a body */

/* What a URL names. */
struct target {
	const struct kind *kind;
	char namespace[254];	/* "" = all, or cluster-scoped */
	char name[254];		/* "" = the collection */
	char sub[64];		/* subresource, or "" */
};

struct request {
	struct cluster *cluster;
	struct MHD_Connection *connection;
	char *method;
	char *path;
	struct buffer body;
	char user[254];			/* "" = admin */
	bool masters;			/* impersonates the group system:masters */
	struct target target;
	json_t *warnings;		/* unknown members that were dropped; NULL = none */
	/* the answer */
	struct MHD_Response *response;	/* NULL until answered */
	unsigned int code;
	bool reset;			/* close the connection with RST instead */
	/* waiting */
	bool parked;
	int64_t resume_at;		/* monotonic ms; INT64_MAX = never */
	bool delayed;			/* has waited already */
	struct request *next_parked;
};

struct http_server;

/* Listens on 127.0.0.1:port (0 = any free one) and answers in a thread of its own. */
int http_server_new(struct cluster *cluster, uint16_t port, struct http_server **ret_server, struct err *err);
uint16_t http_server_port(const struct http_server *server);
/* Ends all connections. The lock is not held. */
void http_server_free(struct http_server *server);
/* Resumes parked requests whose time has come; returns the next time, or INT64_MAX. The lock is held. */
int64_t http_resume_parked(struct cluster *cluster, int64_t now_ms);

/* NULL where absent. Borrowed. */
const char *request_query(const struct request *request, const char *name);
/* "1", "true", "t" as strconv.ParseBool. */
bool request_query_true(const struct request *request, const char *name);
const char *request_header(const struct request *request, const char *name);

/* The body's bytes are taken; content_type NULL = application/json. */
void answer_buffer(struct request *request, unsigned int code, struct buffer *body, const char *content_type);
void answer_text(struct request *request, unsigned int code, const char *text, const char *content_type);
/* value is stolen. */
void answer_json(struct request *request, unsigned int code, json_t *value);
/* A Status, with the code that it names; stolen. */
void answer_status(struct request *request, json_t *status);
/* A chunked answer of unknown length, read from a callback (stream.h); context is freed by free_context. */
void answer_stream(struct request *request, const char *content_type, MHD_ContentReaderCallback read,
		   void *context, MHD_ContentReaderFreeCallback free_context);
void answer_header(struct request *request, const char *name, const char *value);

#endif
