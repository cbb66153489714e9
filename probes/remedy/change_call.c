#include "probes/base/fault_point.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

struct call {
	struct change *change;
	struct call *next;
	struct kube_slot *slot;
	void (*on_done)(struct change *change, void *data, const struct kube_result *result);
	void *data;
	bool is_write;
};

static void unlink_call(struct call *call)
{
	struct call **at = &call->change->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
}

static void on_result(void *data, const struct kube_result *result)
{
	struct call call = *(struct call *)data;

	unlink_call(data);
	free(data);
	if (call.is_write)
		fault_point("write.answered", NULL);
	call.on_done(call.change, call.data, result);
}

/* The door said no: nothing was sent. */
static void answer_refusal(struct call *call, const struct err *err)
{
	const struct kube_result result = {.code = err->code, .err = *err, .body = "", .warnings = "", .audit_id = "",
					   .retry_after_ms = -1};

	on_result(call, &result);
}

void change_call(struct change *change, const struct call_request *request)
{
	struct call *call = xcalloc(1, sizeof(*call));
	struct err err;
	int code;
	const struct kube_request wire = {
		.method = request->method ? request->method : "GET",
		.path = request->path,
		.content_type = request->content_type,
		.body = request->body,
		.body_maximum = request->body_maximum,
		.on_done = on_result,
		.data = call,
	};

	call->change = change;
	call->on_done = request->on_done;
	call->data = request->data;
	call->is_write = request->door == CALL_WRITE;
	call->next = change->calls;
	change->calls = call;
	if (request->door == CALL_READ) {
		code = kube_read(change->context.client, &wire, &call->slot, &err);
	} else if (request->door == CALL_ASK) {
		code = kube_ask(change->context.client, &wire, &call->slot, &err);
	} else if (!lease_owns_call(change, request->data) && !lease_is_fresh(change)) {
		code = lease_stale(&err);
	} else {
		fault_point("write.next", NULL);
		code = kube_write(change->context.client, change->token, &wire, &call->slot, &err);
		fault_point("write.sent", NULL);
	}
	if (code < 0)
		answer_refusal(call, &err);
}

void change_cancel_calls(struct change *change, const void *data)
{
	struct call **at = &change->calls;

	while (*at) {
		struct call *call = *at;

		if (data && call->data != data) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		kube_cancel(call->slot);
		free(call);
	}
}
