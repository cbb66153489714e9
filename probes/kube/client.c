#include "probes/kube/client.h"

#include <string.h>
#include <sys/random.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/log.h"
#include "probes/base/memory.h"
#include "probes/kube/client_path.h"
#include "probes/kube/client_private.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/proto_envelope.h"
#include "probes/kube/status_object.h"
#include "probes/net/loop.h"

enum {
	REQUEST_TIMEOUT_MS = 30000,
	QUIET_MS = 15000,
	ATTEMPTS = 5,			/* of a reading request whose answers carry Retry-After */
	LONGEST_WAIT_MS = 60000,	/* for Retry-After, all attempts of a request together */
	HEADERS_MAXIMUM = 64,
};

static void start_attempt(struct kube_slot *slot);

int kube_client_new(struct loop *loop, struct kubeconfig_view *view,
		    const struct kube_client_options *options,
		    struct kube_client **ret_client, struct err *err)
{
	struct kube_client *client;

	if (!view->server || !*view->server)
		return err_set(err, ERR_CONFIG, "the kubeconfig names no server", NULL);
	client = xcalloc(1, sizeof(*client));
	client->loop = loop;
	client->view = view;
	client->request_timeout_ms = options && options->request_timeout_ms > 0 ? options->request_timeout_ms
										 : REQUEST_TIMEOUT_MS;
	client->quiet_ms = options && options->quiet_ms > 0 ? options->quiet_ms : QUIET_MS;
	client->no_protobuf = options && options->no_protobuf;
	client->credential = credential_new(loop, view);
	if (options)
		credential_configure(client->credential, options->plugin_timeout_ms, options->terminal);
	client->access = access_cache_new(client);
	client->version = xstrdup("");
	client->version_wanted = true;
	*ret_client = client;
	return 0;
}

static void slot_free(struct kube_slot *slot)
{
	http_cancel(slot->http);
	timer_cancel(slot->timer);
	credential_wait_cancel(&slot->waiter);
	if (slot->previous)
		slot->previous->next = slot->next;
	else
		slot->client->slots = slot->next;
	if (slot->next)
		slot->next->previous = slot->previous;
	free(slot->method);
	free(slot->path);
	free(slot->content_type);
	secret_free(slot->body);
	free(slot);
}

/* The slot that is being delivered is freed by deliver(). */
static void cancel_all(struct kube_client *client)
{
	struct kube_slot *next;

	for (struct kube_slot *slot = client->slots; slot; slot = next) {
		next = slot->next;
		if (!slot->finishing)
			slot_free(slot);
	}
}

void client_enter(struct kube_client *client)
{
	client->entered++;
}

void client_leave(struct kube_client *client)
{
	client->entered--;
	if (client->ending && !client->entered)
		kube_client_free(client);
}

void kube_client_free(struct kube_client *client)
{
	if (!client)
		return;
	if (client->entered) {
		client->ending = true;
		return;
	}
	access_cache_free(client->access);
	cancel_all(client);
	credential_free(client->credential);
	kubeconfig_view_free(client->view);
	free(client->version);
	free(client->server_certificate);
	free(client);
}

const struct kubeconfig_view *kube_client_view(const struct kube_client *client)
{
	return client->view;
}

const char *kube_server_certificate(const struct kube_client *client)
{
	return client->server_certificate;
}

struct loop *kube_client_loop(const struct kube_client *client)
{
	return client->loop;
}

const char *kube_server_version(const struct kube_client *client)
{
	return client->version;
}

bool kube_is_asking_version(const struct kube_client *client)
{
	return client->version_slot != NULL;
}

bool kube_client_may_use_protobuf(const struct kube_client *client)
{
	return !client->no_protobuf;
}

long kube_quiet_ms(const struct kube_client *client)
{
	return client->quiet_ms;
}

/* It has no answer yet, of which nobody has seen a part, and nothing happens twice when it comes twice. */
static bool may_be_asked_again(const struct kube_slot *slot)
{
	return slot->http && !slot->finishing && slot->kind == HTTP_ONCE && !slot->on_body &&
	       !strcmp(slot->method, "GET");
}

void kube_leave_connections(struct kube_client *client)
{
	http_forget_connections(client->loop);
	for (struct kube_slot *slot = client->slots; slot; slot = slot->next) {
		if (!may_be_asked_again(slot))
			continue;
		http_cancel(take_pointer(slot->http));
		start_attempt(slot);
	}
}

void kube_start_afresh(struct kube_client *client)
{
	kube_leave_connections(client);
	credential_ask_again(client->credential);
}

/* The server's version, asked for when it has first answered and after each loss of the link */

static void on_version(void *data, const struct kube_result *result)
{
	struct kube_client *client = data;
	const char *version = json_string_value(json_object_get(result->document, "gitVersion"));

	client->version_slot = NULL;
	if (result->code != ERR_NONE || !version)
		return;
	free(client->version);
	client->version = xstrndup(version, 64);
}

static void keep_version(struct kube_client *client)
{
	struct kube_request request = {
		.method = "GET",
		.path = "/version",
		.accept = KUBE_JSON,
		.on_done = on_version,
		.data = client,
	};

	if (client->link.code != ERR_NONE) {
		client->version_wanted = true;
		return;
	}
	if (!client->version_wanted || client->version_slot || !client->link.ever_answered)
		return;
	client->version_wanted = false;
	client->version_slot = client_start(client, &request, false);
}

/* Answers */

static void log_answer(const struct kube_slot *slot, const struct kube_result *result)
{
	if (result->status)
		log_line("%s %s %ld, %lld ms", slot->method, slot->path, result->status,
			 (long long)result->took_ms);
	else
		log_line("%s %s failed (%s), %lld ms", slot->method, slot->path, err_layer(result->code),
			 (long long)result->took_ms);
}

/* Last call of a slot. */
static void deliver(struct kube_slot *slot, struct kube_result *result)
{
	struct kube_client *client = slot->client;

	result->took_ms = clock_monotonic_ms() - slot->start_ms;
	log_answer(slot, result);
	/* Streams end: by the server's clock, by a proxy's. Whether the link is gone the next request says. */
	if (!slot->was_open || result->code == ERR_NONE)
		link_feed(&client->link, slot->path, result);
	slot->finishing = true;
	client_enter(client);
	if (slot->on_done && !client->ending)
		slot->on_done(slot->data, result);
	slot_free(slot);
	if (!client->ending)
		keep_version(client);
	client_leave(client);
}

static void deliver_failure(struct kube_slot *slot, const struct err *err)
{
	struct kube_result result = {
		.code = err->code,
		.err = *err,
		.body = "",
		.warnings = "",
		.audit_id = "",
		.retry_after_ms = -1,
	};

	deliver(slot, &result);
}

static bool wants_document(const struct kube_slot *slot, bool success)
{
	if (success)
		return slot->accept != KUBE_TEXT && !slot->on_body;
	return true;
}

static void judge(const struct kube_slot *slot, const struct http_result *answer, struct kube_result *result)
{
	const struct kubeconfig_view *view = slot->client->view;
	bool success = answer->status >= 200 && answer->status < 300;

	if (slot->foreign_type) {
		result->code = ERR_PROTOCOL;
		status_explain_foreign(answer->content_type, view, &result->err);
	} else if (answer->code != ERR_NONE) {
		result->code = answer->code;
		result->err = answer->err;
	} else if (!success) {
		status_explain(answer->status, result->document, view, &result->err);
		result->code = result->err.code;
	} else if (wants_document(slot, true) && !result->document) {
		result->code = ERR_PROTOCOL;
		if (strstr(answer->content_type, "json")) {
			err_set(&result->err, ERR_PROTOCOL, "the answer of {server} is not whole JSON",
				"server",
				view->server, NULL);
			err_hint(&result->err, "check proxies and load balancers in front of the apiserver",
				 NULL);
		} else {
			status_explain_foreign(answer->content_type, view, &result->err);
		}
	}
}

/* \u0000 occurs in termination messages; numbers keep their kind since documents are sent back. */
static json_t *read_document(const struct kube_slot *slot, const struct http_result *answer)
{
	const char *body = buffer_text(answer->body);
	size_t length = answer->body->length;

	if (!length || !wants_document(slot, answer->status >= 200 && answer->status < 300))
		return NULL;
	/* Errors come in the encoding that was asked for. */
	if (strstr(answer->content_type, "protobuf"))
		return proto_status_document(body, length);
	return json_loadb(body, length, JSON_ALLOW_NUL, NULL);
}

static void deliver_answer(struct kube_slot *slot, const struct http_result *answer)
{
	struct kube_result result = {
		.status = answer->status,
		.layer = answer->layer,
		.body = buffer_text(answer->body),
		.body_length = answer->body->length,
		.warnings = answer->warnings,
		.audit_id = answer->audit_id,
		.retry_after_ms = answer->retry_after_ms,
	};
	json_t *document = read_document(slot, answer);

	result.document = document;
	judge(slot, answer, &result);
	deliver(slot, &result);
	json_decref(document);
}

static void on_retry(void *data)
{
	struct kube_slot *slot = data;

	slot->timer = NULL;
	start_attempt(slot);
}

/* A random part spreads the consoles that were all sent away at once. */
static int64_t with_jitter(int64_t wait_ms)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = (uint32_t)clock_monotonic_ms() * 2654435761U;
	return wait_ms + (int64_t)(random % (uint32_t)(wait_ms / 4 + 100));
}

/* client-go tries again exactly where the server says when; we do so for reading requests with an end. */
static bool try_again_later(struct kube_slot *slot, const struct http_result *answer)
{
	bool busy = answer->status == 429 || answer->status >= 500;
	struct err busy_err = {0};
	json_t *document;

	if (!busy || answer->retry_after_ms < 0 || strcmp(slot->method, "GET") != 0 ||
	    slot->kind != HTTP_ONCE)
		return false;
	slot->waited_ms += answer->retry_after_ms;
	if (slot->attempts >= ATTEMPTS || slot->waited_ms > LONGEST_WAIT_MS)
		return false;
	document = read_document(slot, answer);
	status_explain(answer->status, document, slot->client->view, &busy_err);
	json_decref(document);
	link_note_busy(&slot->client->link, &busy_err);
	log_line("%s %s %ld, again in %lld ms", slot->method, slot->path, answer->status,
		 (long long)answer->retry_after_ms);
	slot->timer = loop_timer(slot->client->loop, with_jitter(answer->retry_after_ms), on_retry, slot);
	return true;
}

static void on_http_done(void *data, const struct http_result *answer)
{
	struct kube_slot *slot = data;

	slot->http = NULL;
	if (answer->server_certificate && *answer->server_certificate) {
		free(slot->client->server_certificate);
		slot->client->server_certificate = xstrdup(answer->server_certificate);
	}
	if (answer->status == 401 && !slot->fresh_credential && credential_drop(slot->client->credential)) {
		slot->fresh_credential = true;
		log_line("%s %s 401, again with fresh credentials", slot->method, slot->path);
		start_attempt(slot);
		return;
	}
	if (!try_again_later(slot, answer))
		deliver_answer(slot, answer);
}

static void on_http_head(void *data, long status, const char *content_type)
{
	struct kube_slot *slot = data;

	if (slot->accept != KUBE_TEXT && *content_type && !strstr(content_type, "json") &&
	    !strstr(content_type, "protobuf")) {
		slot->foreign_type = true;
		return;
	}
	if (slot->kind != HTTP_ONCE) {
		struct kube_result open = {.status = status};

		slot->was_open = true;
		link_feed(&slot->client->link, slot->path, &open);
		log_line("%s %s %ld, open", slot->method, slot->path, status);
	}
	if (slot->on_head)
		slot->on_head(slot->data, status, content_type);
}

static int on_http_body(void *data, const char *bytes, size_t n)
{
	struct kube_slot *slot = data;

	if (slot->foreign_type)
		return -1;
	slot->client->link.last_answer_ms = clock_monotonic_ms();
	return slot->on_body(slot->data, bytes, n);
}

/* Requests */

static const char *accept_header(const struct kube_slot *slot)
{
	struct client_path path;
	bool collection;

	switch (slot->accept) {
	case KUBE_TABLE:
		return "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
	case KUBE_TEXT:
		return "application/json, */*";
	case KUBE_PROTOBUF:
		return "application/vnd.kubernetes.protobuf,application/json";
	case KUBE_JSON:
		return "application/json";
	case KUBE_PARTIAL_METADATA:
		break;
	}
	/* The server refuses the one kind where the other is meant; events of a watch are single objects. */
	if (client_path_parse(slot->path, &path, NULL) < 0)
		return "application/json";
	collection = !*path.name && !client_path_has_query(slot->path, "watch");
	client_path_release(&path);
	return collection
	? "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
			  : "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
}

struct header_list {
	struct http_header headers[HEADERS_MAXIMUM];
	size_t count;
	char *extra_names[HEADERS_MAXIMUM];
	size_t extra_count;
};

static void add_header(struct header_list *list, const char *name, const char *value)
{
	if (list->count < HEADERS_MAXIMUM)
		list->headers[list->count++] = (struct http_header){.name = name, .value = value};
}

/* A key of the operator's as part of a header's name: percent signs for what none may hold (client-go, transport). */
static char *escape_header_key(const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&'*+-.^_`|~";
	struct buffer out = BUFFER_INIT(3 * strlen(key));

	for (const char *at = key; *at; at++) {
		if (strchr(plain, *at))
			buffer_add_byte(&out, *at);
		else
			buffer_addf(&out, "%%%02X", (unsigned int)(unsigned char)*at);
	}
	return buffer_detach(&out);
}

static void add_impersonation(struct header_list *list, const struct kubeconfig_view *view)
{
	if (view->as_user)
		add_header(list, "Impersonate-User", view->as_user);
	if (view->as_uid)
		add_header(list, "Impersonate-Uid", view->as_uid);
	for (char **group = view->as_groups; group && *group; group++)
		add_header(list, "Impersonate-Group", *group);
	for (char **extra = view->as_extra; extra && extra[0] && extra[1]; extra += 2) {
		auto_free char *key = escape_header_key(extra[0]);

		if (list->extra_count == HEADERS_MAXIMUM)
			return;
		list->extra_names[list->extra_count] = xasprintf("Impersonate-Extra-%s", key);
		add_header(list, list->extra_names[list->extra_count++], extra[1]);
	}
}

static void send_request(struct kube_slot *slot, const struct http_security *security)
{
	const struct kubeconfig_view *view = slot->client->view;
	auto_free char *url = xasprintf("%s%s", view->server, slot->path);
	struct header_list list = {.count = 0};
	struct http_request request = {
		.method = slot->method,
		.url = url,
		.body = slot->body,
		.body_length = slot->body ? strlen(slot->body) : 0,
		.content_type = slot->content_type,
		.security = security,
		.kind = slot->kind,
		.timeout_ms = slot->timeout_ms,
		.keepalive_ms = slot->client->quiet_ms,
		.sends_once = slot->sends_once,
		.accept_gzip = slot->gzip && !view->disable_compression && slot->kind == HTTP_ONCE,
		.body_maximum = slot->body_maximum,
		.on_body = slot->on_body ? on_http_body : NULL,
		.on_head = on_http_head,
		.on_done = on_http_done,
		.data = slot,
	};

	add_header(&list, "Accept", accept_header(slot));
	add_impersonation(&list, view);
	request.headers = list.headers;
	request.header_count = list.count;
	slot->foreign_type = false;
	slot->http = http_start(slot->client->loop, &request);
	for (size_t i = 0; i < list.extra_count; i++)
		free(list.extra_names[i]);
}

static void on_failed(void *data)
{
	struct kube_slot *slot = data;

	slot->timer = NULL;
	deliver_failure(slot, &slot->failed);
}

static void on_credential(void *data, const struct err *err)
{
	struct kube_slot *slot = data;

	if (err)
		deliver_failure(slot, err);
	else
		start_attempt(slot);
}

static void start_attempt(struct kube_slot *slot)
{
	const struct kubeconfig_view *view = slot->client->view;
	struct http_security security = {
		.ca_pem = view->ca_pem,
		.tls_server_name = view->tls_server_name,
		.proxy_url = view->proxy_url,
		.insecure_skip_verify = view->insecure_skip_verify,
	};

	switch (credential_get(slot->client->credential, &security, &slot->failed)) {
	case CREDENTIAL_READY:
		slot->attempts++;
		send_request(slot, &security);
		break;
	case CREDENTIAL_WAIT:
		slot->waiter.on_ready = on_credential;
		slot->waiter.data = slot;
		credential_wait(slot->client->credential, &slot->waiter);
		break;
	case CREDENTIAL_FAILED:
		slot->timer = loop_timer(slot->client->loop, 0, on_failed, slot);
		break;
	}
}

struct kube_slot *client_start(struct kube_client *client, const struct kube_request *request, bool sends_once)
{
	struct kube_slot *slot = xcalloc(1, sizeof(*slot));

	slot->client = client;
	slot->method = xstrdup(request->method);
	slot->path = xstrdup(request->path);
	slot->content_type = request->content_type ? xstrdup(request->content_type) : NULL;
	slot->body = request->body ? xstrdup(request->body) : NULL;
	slot->accept = request->accept;
	slot->kind = request->kind;
	slot->gzip = request->gzip;
	slot->sends_once = sends_once;
	slot->timeout_ms = client->request_timeout_ms;
	if (request->timeout_ms > 0 && request->timeout_ms < slot->timeout_ms)
		slot->timeout_ms = request->timeout_ms;
	slot->body_maximum = request->body_maximum;
	slot->on_head = request->on_head;
	slot->on_body = request->on_body;
	slot->on_done = request->on_done;
	slot->data = request->data;
	slot->start_ms = clock_monotonic_ms();
	slot->next = client->slots;
	if (slot->next)
		slot->next->previous = slot;
	client->slots = slot;
	start_attempt(slot);
	return slot;
}

void kube_cancel(struct kube_slot *slot)
{
	if (slot && !slot->finishing)
		slot_free(slot);
}
