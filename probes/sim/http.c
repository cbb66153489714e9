#include "probes/sim/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/api.h"
#include "probes/sim/document.h"
#include "probes/sim/status.h"
#include "probes/sim/stream.h"

struct http_server {
	struct cluster *cluster;
	struct MHD_Daemon *daemon;
	uint16_t port;
};

const char *request_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool request_query_true(const struct request *request, const char *name)
{
	const char *text = request_query(request, name);

	return text && (!strcmp(text, "1") || !strcmp(text, "t") || !strcmp(text, "true") || !strcmp(text, "True") ||
			!strcmp(text, "TRUE"));
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

void answer_header(struct request *request, const char *name, const char *value)
{
	if (request->response)
		MHD_add_response_header(request->response, name, value);
}

static void set_answer(struct request *request, unsigned int code, struct MHD_Response *response,
		       const char *content_type)
{
	char audit_id[40];

	if (request->response)
		bug("a request that is answered twice");
	request->code = code;
	request->response = response;
	snprintf(audit_id, sizeof(audit_id), "00000000-0000-4000-8000-%012" PRIx64, ++request->cluster->answers);
	answer_header(request, "Content-Type", content_type ? content_type : "application/json");
	answer_header(request, "Cache-Control", "no-cache, private");
	answer_header(request, "Audit-Id", audit_id);
}

void answer_buffer(struct request *request, unsigned int code, struct buffer *body, const char *content_type)
{
	size_t length = body->length;
	bool json = !content_type || !strcmp(content_type, "application/json");

	if (request->cluster->faults.half && json)
		length /= 2;
	set_answer(request, code, MHD_create_response_from_buffer(length, buffer_detach(body), MHD_RESPMEM_MUST_FREE),
		   content_type);
}

void answer_text(struct request *request, unsigned int code, const char *text, const char *content_type)
{
	struct buffer body = BUFFER_INIT(64 << 20);

	buffer_add_text(&body, text);
	answer_buffer(request, code, &body, content_type);
}

void answer_json(struct request *request, unsigned int code, json_t *value)
{
	auto_free char *text = doc_dump(value);

	json_decref(value);
	answer_text(request, code, text, NULL);
}

void answer_status(struct request *request, json_t *status)
{
	int64_t retry = doc_int(status, "details.retryAfterSeconds");
	char seconds[24];

	answer_json(request, (unsigned int)status_code(status), status);
	if (!retry)
		return;
	snprintf(seconds, sizeof(seconds), "%" PRId64, retry);
	answer_header(request, "Retry-After", seconds);
}

void answer_stream(struct request *request, const char *content_type, MHD_ContentReaderCallback read,
		   void *context, MHD_ContentReaderFreeCallback free_context)
{
	set_answer(request, 200,
		   MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32 << 10, read, context, free_context),
		   content_type);
}

static void park(struct request *request, int64_t resume_at)
{
	request->parked = true;
	request->resume_at = resume_at;
	request->next_parked = request->cluster->parked;
	request->cluster->parked = request;
	MHD_suspend_connection(request->connection);
	cluster_wake(request->cluster);
}

int64_t http_resume_parked(struct cluster *cluster, int64_t now_ms)
{
	struct request **link = &cluster->parked;
	int64_t next = INT64_MAX;

	while (*link) {
		struct request *request = *link;

		if (!cluster->stopping && request->resume_at == INT64_MAX && !cluster->faults.hang)
			request->resume_at = 0;
		if (request->resume_at > now_ms && !cluster->stopping) {
			next = request->resume_at < next ? request->resume_at : next;
			link = &request->next_parked;
			continue;
		}
		*link = request->next_parked;
		request->parked = false;
		request->delayed = true;
		MHD_resume_connection(request->connection);
	}
	return next;
}

static void read_identity(struct request *request)
{
	const char *user = request_header(request, "Impersonate-User");
	const char *group = request_header(request, "Impersonate-Group");

	snprintf(request->user, sizeof(request->user), "%s", user ? user : "");
	request->masters = group && !strcmp(group, "system:masters");
}

/* URLs of the API are printable ASCII; anything else could not be written into a Status. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

static enum MHD_Result check_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	bool *plain = context;

	(void)kind;
	*plain = *plain && is_plain(name) && (!value || is_plain(value));
	return MHD_YES;
}

static enum MHD_Result send_answer(struct request *request)
{
	enum MHD_Result result;

	if (request->reset) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		struct linger linger = {.l_onoff = 1, .l_linger = 0};

		setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		return MHD_NO;
	}
	if (!request->response)
		bug("a request without an answer");
	result = MHD_queue_response(request->connection, request->code, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	return result;
}

static bool may_wait(const struct request *request)
{
	return !request->delayed && strncmp(request->path, "/sim/", 5) && !request->cluster->stopping;
}

static enum MHD_Result finish(struct request *request)
{
	struct cluster *cluster = request->cluster;
	bool plain = is_plain(request->path);
	bool parked = false;

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_query, &plain);
	cluster_lock(cluster);
	if (may_wait(request) && (cluster->faults.hang || cluster->faults.slow_ms > 0)) {
		park(request, cluster->faults.hang ? INT64_MAX : clock_monotonic_ms() + cluster->faults.slow_ms);
		parked = true;
	} else if (!plain) {
		answer_status(request, status_new(400, "a URL with bytes that are not printable ASCII"));
	} else if (request->body.overflowed) {
		answer_status(request, status_new(413, "Request entity too large: limit is 3145728"));
	} else {
		read_identity(request);
		api_handle(request);
	}
	cluster_unlock(cluster);
	return parked ? MHD_YES : send_answer(request);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload, size_t *upload_size,
				  void **slot)
{
	struct request *request = *slot;

	(void)version;
	if (!request) {
		request = xcalloc(1, sizeof(*request));
		request->cluster = context;
		request->connection = connection;
		request->method = xstrdup(method);
		request->path = xstrdup(url);
		buffer_init(&request->body, REQUEST_BODY_MAXIMUM);
		*slot = request;
		return MHD_YES;
	}
	if (*upload_size) {
		buffer_add(&request->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return finish(request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
			 enum MHD_RequestTerminationCode reason)
{
	struct request *request = *slot;

	(void)context;
	(void)connection;
	(void)reason;
	if (!request)
		return;
	if (request->response)
		MHD_destroy_response(request->response);
	json_decref(request->warnings);
	buffer_release(&request->body);
	free(request->method);
	free(request->path);
	free(request);
	*slot = NULL;
}

/* A listening socket of our own: libmicrohttpd's default backlog is small, and the port is known at once. */
static int listen_on(uint16_t port, int *ret_socket, uint16_t *ret_port, struct err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		return err_set(err, ERR_IO, "cannot listen on 127.0.0.1: {why}", "why", strerrordesc_np(errno), NULL);
	*ret_socket = fd;
	*ret_port = ntohs(address.sin_port);
	return 0;
}

int http_server_new(struct cluster *cluster, uint16_t port, struct http_server **ret_server, struct err *err)
{
	struct http_server *server = xcalloc(1, sizeof(*server));
	int fd = -1;

	server->cluster = cluster;
	if (listen_on(port, &fd, &server->port, err)) {
		free(server);
		return -1;
	}
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
					  on_request, cluster, MHD_OPTION_LISTEN_SOCKET, fd,
					  MHD_OPTION_CONNECTION_LIMIT, 2000U, MHD_OPTION_NOTIFY_COMPLETED,
					  on_completed, NULL, MHD_OPTION_END);
	if (!server->daemon) {
		free(server);
		return err_set(err, ERR_IO, "cannot start the HTTP server", NULL);
	}
	*ret_server = server;
	return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	cluster_lock(server->cluster);
	server->cluster->stopping = true;
	http_resume_parked(server->cluster, 0);
	stream_wake_all(server->cluster);
	cluster_unlock(server->cluster);
	MHD_stop_daemon(server->daemon);
	free(server);
}
