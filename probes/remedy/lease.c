/*
 * One console at a time on an object: a coordination.k8s.io Lease for each run
 * (decisions.md 25; lease_record.h: what it holds), for 30 s, renewed every
 * 10 s, deleted at the end. One request each, however many objects there are.
 *
 * Taking it: all Leases of this program are listed; where none holds one of
 * our objects, our own is made and they are listed once more. Whoever came
 * after another one sees it in that second list and gives way, so that of two
 * in the same moment one wins.
 *
 * A Lease of somebody else is respected while it moves. One that looks
 * expired, or was renewed in our future, is watched by our own clock for as
 * long as it says that it holds: only one that did not move in that time is
 * cleared away, so that a clock that runs wrong, ours or theirs, steals
 * nothing. A holder on this very machine whose process is gone need not be
 * watched. The other side of that: who could not renew for so long writes
 * nothing before it has, whatever kept it (a suspended machine, a dead link).
 *
 * What a killed run left on other objects hinders nobody. It goes with the
 * next run of anybody: where its process is known to be gone, and after a day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/lease_private.h"

enum { RENEW_MS = 10000, RENEW_AGAIN_MS = 3000, PROVE_FOR_MS = 60000 };

/* MicroTime of the API: "2026-11-21T08:54:47.000000Z". */
static json_t *micro_time(void)
{
	int64_t now = clock_wall_ms();
	char text[21];
	char whole[40];

	clock_format(now / 1000, text);
	snprintf(whole, sizeof(whole), "%.19s.%03d000Z", text, (int)(now % 1000));
	return json_string(whole);
}

void lease_fill(const struct change *change, json_t *document)
{
	struct lease *lease = change->lease;
	json_t *metadata = json_object_get(document, "metadata");
	json_t *annotations = json_object_get(metadata, "annotations");
	json_t *spec = json_object_get(document, "spec");
	auto_free char *step = xasprintf("%zu/%zu", change->current + 1, change->step_count);
	auto_free char *objects = json_dumps(lease->objects, JSON_COMPACT);

	if (!json_is_object(annotations)) {
		annotations = json_object();
		json_object_set_new(metadata, "annotations", annotations);
	}
	if (!json_is_object(spec)) {
		spec = json_object();
		json_object_set_new(document, "spec", spec);
	}
	json_object_set_new(annotations, "nks-triage/run", json_string(change->run_id));
	json_object_set_new(annotations, "nks-triage/entry", json_string(change->runbook->id));
	json_object_set_new(annotations, "nks-triage/step", json_string(step));
	json_object_set_new(annotations, "nks-triage/process", json_string(lease->process));
	json_object_set_new(annotations, "nks-triage/session", json_string(lease->session));
	json_object_set_new(annotations, "nks-triage/objects", json_string(objects));
	if (lease->ticket)
		json_object_set_new(annotations, "nks-triage/ticket", json_string(lease->ticket));
	json_object_set_new(spec, "holderIdentity", json_string(lease->holder));
	json_object_set_new(spec, "leaseDurationSeconds", json_integer(LEASE_SECONDS));
	json_object_set_new(spec, "renewTime", micro_time());
	if (!lease->held)
		json_object_set_new(spec, "acquireTime", micro_time());
}

bool lease_is_ours(const struct lease *lease, const json_t *document)
{
	const char *session = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1session"));

	return session && !strcmp(session, lease->session) && !strcmp(lease_holder(document), lease->holder);
}

void lease_send(struct change *change, const char *method, const char *path, const json_t *document,
		void (*on_done)(struct change *change, void *data, const struct kube_result *result))
{
	auto_free char *body = json_dumps(document, JSON_COMPACT);
	const struct call_request request = {
		.door = CALL_WRITE,
		.method = method,
		.path = path,
		.body = body,
		.on_done = on_done,
		.data = change->lease,
	};

	change_call(change, &request);
}

static void on_renewed(struct change *change, void *data, const struct kube_result *result);

static void renew(void *data)
{
	struct change *change = data;
	json_t *document = json_deep_copy(change->lease->held);

	change->lease->timer = NULL;
	change->lease->is_renewing = true;
	change->lease->sent_ms = clock_monotonic_ms();
	lease_fill(change, document);
	lease_send(change, "PUT", change->lease->path, document, on_renewed);
	json_decref(document);
}

void lease_hold(struct change *change, const json_t *document)
{
	struct lease *lease = change->lease;

	if (!lease->ticket)
		lease->ticket = xstrdup(lease_ticket(document));
	json_decref(lease->held);
	lease->held = json_deep_copy(document);
	lease->renewed_ms = lease->sent_ms;
	timer_cancel(lease->timer);
	lease->timer = loop_timer(change->context.loop, RENEW_MS, renew, change);
}

static void proven(struct change *change)
{
	void (*on_proven)(struct change *change) = change->lease->on_proven;

	change->lease->on_proven = NULL;
	if (on_proven)
		on_proven(change);
}

static void lose(struct change *change, const struct err *err)
{
	auto_free char *why = change_say_err(change, err);
	auto_free char *text = change_say(change, "the lock is lost: {reason}", "reason", why, NULL);

	change_output(change, 0, text);
	change->lease_is_lost = true;
	json_decref(change->lease->held);
	change->lease->held = NULL;
	proven(change);
}

/* It changed under us: it is still ours where the answer to our own renewal was lost. */
static void on_read_again(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;
	const char *holder = lease_holder(result->document);
	struct err err;

	lease->is_renewing = false;
	if (result->code == ERR_NONE && lease_is_ours(lease, result->document)) {
		lease_hold(change, result->document);
		proven(change);
	} else if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND) {
		err_set(&err, ERR_CONFLICT, "{holder} took it", "holder", *holder ? holder : "?", NULL);
		lose(change, result->code == ERR_NONE ? &err : &result->err);
	} else {
		lease->timer = loop_timer(change->context.loop, RENEW_AGAIN_MS, renew, change);
	}
}

/* Where the server cannot be asked it is held on: who writes proves it before (lease_may_write). */
static void on_renewed(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;
	const struct call_request look = {
		.door = CALL_READ, .path = lease->path, .on_done = on_read_again, .data = lease,
	};

	if (result->code == ERR_CONFLICT) {
		change_call(change, &look);
		return;
	}
	lease->is_renewing = false;
	if (result->code == ERR_NONE) {
		lease_hold(change, result->document);
		proven(change);
	} else if (result->code == ERR_NOT_FOUND || result->code == ERR_FORBIDDEN) {
		lose(change, &result->err);
	} else if (lease->on_proven && clock_monotonic_ms() >= lease->prove_deadline_ms) {
		lose(change, &result->err);
	} else {
		lease->timer = loop_timer(change->context.loop, RENEW_AGAIN_MS, renew, change);
	}
}

bool lease_is_fresh(const struct change *change)
{
	const struct lease *lease = change->lease;

	if (change->lease_is_lost)
		return false;
	return !lease || !lease->held ||
	       clock_monotonic_ms() - lease->renewed_ms < LEASE_SECONDS * 1000 - LEASE_SPARE_MS;
}

int lease_stale(struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "the lock was not renewed in time: somebody else may work on the same objects", NULL);
}

bool lease_may_write(struct change *change, void (*on_proven)(struct change *change))
{
	struct lease *lease = change->lease;
	struct err err;

	if (change->lease_is_lost) {
		err_set(&err, ERR_CONFLICT, "the lock was lost: somebody else may work on the same objects", NULL);
		run_end(change, CHANGE_FAILED, &err);
		return false;
	}
	if (lease_is_fresh(change))
		return true;
	lease->on_proven = on_proven;
	lease->prove_deadline_ms = clock_monotonic_ms() + PROVE_FOR_MS;
	if (!lease->is_renewing) {
		timer_cancel(lease->timer);
		renew(change);
	}
	return false;
}

bool lease_owns_call(const struct change *change, const void *data)
{
	return change->lease && data == change->lease;
}

char *lease_holder_text(const struct change *change, const json_t *document)
{
	const char *holder = lease_holder(document);
	const char *run = lease_run(document);
	const char *entry = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1entry"));
	const char *step = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1step"));

	return change_say(change, "{holder}, run {run} of {entry}, step {step}", "holder", *holder ? holder : "?",
			  "run", *run ? run : "?", "entry", entry ? entry : "?", "step", step ? step : "?", NULL);
}

static void on_deleted(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;

	/* Where it could not be deleted it expires by itself. */
	(void)result;
	json_decref(lease->held);
	lease->held = NULL;
	lease->on_released(change);
}

bool lease_is_watching(const struct change *change)
{
	const struct lease *lease = change->lease;

	return lease && ((lease->on_taken && lease->timer) || lease->on_proven);
}

void lease_release(struct change *change, void (*on_released)(struct change *change))
{
	struct lease *lease = change->lease;
	const char *uid = lease ? document_uid(lease->held) : NULL;
	json_t *options;

	if (lease) {
		/* Neither renewed nor, where it was waited for, taken after all. */
		timer_cancel(lease->timer);
		lease->timer = NULL;
		lease->on_taken = NULL;
		lease->on_proven = NULL;
	}
	if (!uid) {
		on_released(change);
		return;
	}
	lease->on_released = on_released;
	change_cancel_calls(change, lease);
	options = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "DeleteOptions", "preconditions", "uid",
			    uid);
	lease_send(change, "DELETE", lease->path, options, on_deleted);
	json_decref(options);
}

void lease_free(struct lease *lease)
{
	if (!lease)
		return;
	timer_cancel(lease->timer);
	json_decref(lease->held);
	free(lease->path);
	free(lease->holder);
	free(lease->process);
	free(lease->ticket);
	json_decref(lease->objects);
	json_decref(lease->watched);
	json_decref(lease->to_clear);
	free(lease);
}
