#include "probes/net/http.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/net/http_private.h"
#include "probes/net/loop_private.h"

static void unlink_slot(struct http_slot *slot)
{
	if (slot->previous)
		slot->previous->next = slot->next;
	else
		slot->loop->slots = slot->next;
	if (slot->next)
		slot->next->previous = slot->previous;
}

static void slot_free(struct http_slot *slot)
{
	timer_cancel(slot->idle);
	timer_cancel(slot->start_failed);
	if (slot->in_multi)
		curl_multi_remove_handle(slot->loop->multi, slot->easy);
	curl_easy_cleanup(slot->easy);
	curl_slist_free_all(slot->headers);
	curl_slist_free_all(slot->connect_to);
	if (slot->request_body)
		explicit_bzero(slot->request_body, slot->request_body_length);
	free(slot->request_body);
	free(slot->host);
	free(slot->port);
	free(slot->proxy);
	free(slot->content_type);
	free(slot->audit_id);
	free(slot->challenge);
	buffer_release(&slot->warnings);
	/* An answer may hold a token or a Secret. */
	if (slot->body.data)
		explicit_bzero(slot->body.data, slot->body.length);
	buffer_release(&slot->body);
	unlink_slot(slot);
	free(slot);
}

/* libcurl has it for the transfer that made the connection alone. */
static const char *server_certificate(const struct http_slot *slot)
{
	static const char name[] = "Cert:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(slot->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
		return "";
	for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
		if (!strncmp(line->data, name, strlen(name)))
			return line->data + strlen(name);
	}
	return "";
}

/* The last call for a slot: tells its owner, then it is gone. error NULL: an answer came whole. */
static void finish(struct http_slot *slot, const struct err *error)
{
	struct http_result result = {
		.status = slot->status,
		.body = &slot->body,
		.content_type = slot->content_type ? slot->content_type : "",
		.audit_id = slot->audit_id ? slot->audit_id : "",
		.warnings = buffer_text(&slot->warnings),
		.challenge = slot->challenge ? slot->challenge : "",
		.server_certificate = server_certificate(slot),
		.retry_after_ms = slot->retry_after_ms,
		.aborted_by_callback = slot->aborted,
	};

	result.layer = http_layer_of(slot, error);
	if (error) {
		result.code = error->code;
		result.err = *error;
	}
	/* Back to the pool of connections before the owner starts the next request. */
	if (slot->in_multi)
		curl_multi_remove_handle(slot->loop->multi, slot->easy);
	slot->in_multi = false;
	slot->finishing = true;
	slot->loop->callbacks++;
	if (slot->on_done)
		slot->on_done(slot->data, &result);
	slot_free(slot);
}

static void on_start_failed(void *data)
{
	struct http_slot *slot = data;

	slot->start_failed = NULL;
	finish(slot, &slot->setup_error);
}

/* The deadline of a stream moves with its bytes; the timer looks only when it fires. */
static void on_idle(void *data)
{
	struct http_slot *slot = data;
	long limit = slot->status ? slot->timeout_ms : slot->head_timeout_ms;
	int64_t left = slot->last_byte_ms + limit - clock_monotonic_ms();
	struct err err = {0};

	slot->idle = NULL;
	if (left > 0) {
		slot->idle = loop_timer(slot->loop, left, on_idle, slot);
		return;
	}
	if (slot->status)
		http_explain_idle(slot, &err);
	else
		http_explain(slot, CURLE_OPERATION_TIMEDOUT, &err);
	finish(slot, &err);
}


static struct http_slot *slot_new(struct loop *loop, const struct http_request *request)
{
	struct http_slot *slot = xcalloc(1, sizeof(*slot));

	slot->loop = loop;
	slot->kind = request->kind;
	slot->head_timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : HTTP_ONCE_TIMEOUT_MS;
	slot->timeout_ms = slot->head_timeout_ms;
	if (request->kind == HTTP_STREAM)
		slot->timeout_ms = request->idle_ms > 0 ? request->idle_ms : HTTP_STREAM_IDLE_MS;
	slot->keepalive_ms = request->keepalive_ms > 0 ? request->keepalive_ms : HTTP_KEEPALIVE_MS;
	slot->body_maximum = request->body_maximum ? request->body_maximum : HTTP_BODY_MAXIMUM;
	slot->on_body = request->on_body;
	slot->on_head = request->on_head;
	slot->on_done = request->on_done;
	slot->data = request->data;
	slot->retry_after_ms = -1;
	slot->last_byte_ms = clock_monotonic_ms();
	buffer_init(&slot->warnings, HTTP_WARNINGS_MAXIMUM);
	buffer_init(&slot->body, slot->body_maximum);
	slot->next = loop->slots;
	if (slot->next)
		slot->next->previous = slot;
	loop->slots = slot;
	return slot;
}

static void add_to_multi(struct http_slot *slot)
{
	if (curl_multi_add_handle(slot->loop->multi, slot->easy) != CURLM_OK)
		bug("libcurl takes no transfer");
	slot->in_multi = true;
	if (slot->kind == HTTP_STREAM)
		slot->idle = loop_timer(slot->loop, slot->head_timeout_ms < slot->timeout_ms ? slot->head_timeout_ms
									     : slot->timeout_ms, on_idle, slot);
}

struct http_slot *http_start(struct loop *loop, const struct http_request *request)
{
	struct http_slot *slot = slot_new(loop, request);

	if (http_setup(slot, request, &slot->setup_error) < 0)
		slot->start_failed = loop_timer(loop, 0, on_start_failed, slot);
	else if (loop->in_transfers)
		slot->start_later = true;
	else
		add_to_multi(slot);
	return slot;
}

enum http_layer http_waits_for(const struct http_slot *slot, int64_t *ret_since_ms)
{
	*ret_since_ms = slot->last_byte_ms;
	if (!slot->in_multi || (slot->status && slot->kind != HTTP_ONCE))
		return HTTP_LAYER_NONE;
	return slot->status ? HTTP_LAYER_ANSWER : http_layer_reached(slot);
}

void http_forget_connections(struct loop *loop)
{
	loop->forgotten_ms = clock_monotonic_ms();
}

void http_cancel(struct http_slot *slot)
{
	if (!slot || slot->finishing)
		return;
	slot->cancelled = true;
	if (!slot->loop->in_transfers)
		slot_free(slot);
}

/* What on_head and on_body asked for while libcurl could not be touched. */
static void catch_up(struct loop *loop)
{
	struct http_slot *next;

	for (struct http_slot *slot = loop->slots; slot; slot = next) {
		next = slot->next;
		if (slot->cancelled) {
			slot_free(slot);
		} else if (slot->start_later) {
			slot->start_later = false;
			add_to_multi(slot);
		}
	}
}

/* An answer that is not 2xx and too long is kept as far as it came: its status says enough. */
static bool is_answer(const struct http_slot *slot, CURLcode code)
{
	return code == CURLE_OK || (slot->body_too_long && (slot->status < 200 || slot->status > 299));
}

/* Messages of transfers that a callback cancels vanish from libcurl's queue, so each message's slot lives. */
void http_run(struct loop *loop)
{
	struct CURLMsg *message;
	int running;
	int left;

	loop->in_transfers = true;
	curl_multi_perform(loop->multi, &running);
	loop->in_transfers = false;
	catch_up(loop);
	while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		struct http_slot *slot = NULL;
		struct err err = {0};

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
		if (is_answer(slot, code)) {
			finish(slot, NULL);
			continue;
		}
		http_explain(slot, code, &err);
		finish(slot, &err);
	}
}

void http_end_all(struct loop *loop)
{
	while (loop->slots)
		slot_free(loop->slots);
}
