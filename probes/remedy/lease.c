/*
 * One console at a time per set of objects: a coordination.k8s.io Lease
 * (decisions.md 25), held for 30 s, renewed every 10 s, deleted at the end.
 *
 * A Lease of somebody else is respected while it moves. One that looks
 * expired, or was renewed in our future, is watched by our own clock for as
 * long as it says that it holds: only one that did not move in that time is
 * taken over, so that a clock that runs wrong, ours or theirs, steals nothing.
 * A holder on this very machine whose process is gone need not be watched.
 * The other side of that: who could not renew for so long writes nothing
 * before it has, whatever kept it (a suspended machine, a dead link).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/identity.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/lease_process.h"

enum {
	LEASE_SECONDS = 30,
	RENEW_MS = 10000,
	RENEW_AGAIN_MS = 3000,
	SPARE_MS = 2000,	/* for what is under way when time is nearly over */
	PROVE_FOR_MS = 60000,
	DURATION_MAXIMUM = 120,
	ATTEMPTS = 4,
	NAME_DIGITS = 10,
	SESSION_BYTES = 8,
};

struct lease {
	char *path;
	char *holder;
	char *process;
	char session[2 * SESSION_BYTES + 1];	/* a resumed run has the holder of the one that it goes on with */
	json_t *held;		/* as the server last answered; NULL: not held */
	char *seen_version;	/* of somebody else's that looks expired */
	int attempts;
	int64_t renewed_ms;	/* when the renewal was sent that the server took */
	int64_t sent_ms;
	bool is_renewing;
	int64_t prove_deadline_ms;
	void (*on_proven)(struct change *change);
	struct timer *timer;
	void (*on_taken)(struct change *change);
	void (*on_released)(struct change *change);
};

static void read_lease(struct change *change);

static int compare_labels(const void *a, const void *b)
{
	return strcmp((*(struct target *const *)a)->label, (*(struct target *const *)b)->label);
}

/* The group is the set of objects touched: two runbooks that change the same objects exclude each other. */
char *lease_name(const struct change *change)
{
	struct target **sorted = xcalloc(change->target_count + 1, sizeof(struct target *));
	CLEANUP(buffer_release) struct buffer group = BUFFER_INIT(64 << 10);
	char digest[DIGEST_HEX_SIZE];

	memcpy(sorted, change->targets, change->target_count * sizeof(struct target *));
	qsort(sorted, change->target_count, sizeof(struct target *), compare_labels);
	for (size_t i = 0; i < change->target_count; i++)
		buffer_addf(&group, "%s\n", sorted[i]->label);
	free(sorted);
	digest_sha256(buffer_text(&group), group.length, digest);
	return xasprintf("nks-triage-%.*s", NAME_DIGITS, digest);
}

static char *collection_path(void)
{
	return xstrdup("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases");
}

void lease_permit(const struct change *change, struct write_token *token)
{
	auto_free char *collection = collection_path();
	auto_free char *name = lease_name(change);
	auto_free char *path = xasprintf("%s/%s", collection, name);

	/* Their bodies hold times. */
	write_token_permit(token, "POST", collection, NULL);
	write_token_permit(token, "PUT", path, NULL);
	write_token_permit(token, "DELETE", path, NULL);
}

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

static void fill_lease(const struct change *change, json_t *document)
{
	struct lease *lease = change->lease;
	json_t *metadata = json_object_get(document, "metadata");
	json_t *annotations = json_object_get(metadata, "annotations");
	json_t *spec = json_object_get(document, "spec");
	auto_free char *step = xasprintf("%zu/%zu", change->current + 1, change->step_count);

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
	json_object_set_new(spec, "holderIdentity", json_string(lease->holder));
	json_object_set_new(spec, "leaseDurationSeconds", json_integer(LEASE_SECONDS));
	json_object_set_new(spec, "renewTime", micro_time());
	if (!lease->held)
		json_object_set_new(spec, "acquireTime", micro_time());
}

/* Written by this very process: the answer to that was lost. */
static bool is_ours(const struct lease *lease, const json_t *document)
{
	const char *session = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1session"));
	const char *holder = json_string_value(pointer_get(document, "/spec/holderIdentity"));

	return session && holder && !strcmp(session, lease->session) && !strcmp(holder, lease->holder);
}

static void send_lease(struct change *change, const char *method, const char *path, const json_t *document,
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

static void taken(struct change *change)
{
	void (*on_taken)(struct change *change) = change->lease->on_taken;

	change->lease->on_taken = NULL;
	if (on_taken)
		on_taken(change);
}

static void refuse(struct change *change, const struct err *err)
{
	change->lease->on_taken = NULL;
	run_end(change, CHANGE_REFUSED, err);
}

/* The plan was confirmed with a lock: without one somebody has to be asked anew. */
static void refuse_without(struct change *change, const struct kube_result *result)
{
	auto_free char *why = change_say_err(change, &result->err);
	struct err err;

	err_set(&err, ERR_FORBIDDEN, "the lock that the plan promised cannot be had: {reason}", "reason", why, NULL);
	err_hint(&err, "look at a new preview", NULL);
	refuse(change, &err);
}

/* Without the right to Leases the run goes on: the precondition said so before it was confirmed. */
static void go_on_without(struct change *change, const struct kube_result *result)
{
	auto_free char *why = change_say_err(change, &result->err);
	auto_free char *text = change_say(change, "no lock is held: {reason}", "reason", why, NULL);

	change_output(change, 0, text);
	taken(change);
}

static void on_renewed(struct change *change, void *data, const struct kube_result *result);

static void renew(void *data)
{
	struct change *change = data;
	json_t *document = json_deep_copy(change->lease->held);

	change->lease->timer = NULL;
	change->lease->is_renewing = true;
	change->lease->sent_ms = clock_monotonic_ms();
	fill_lease(change, document);
	send_lease(change, "PUT", change->lease->path, document, on_renewed);
	json_decref(document);
}

static void hold(struct change *change, const json_t *document)
{
	struct lease *lease = change->lease;

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
	const char *holder = json_string_value(pointer_get(result->document, "/spec/holderIdentity"));
	struct err err;

	lease->is_renewing = false;
	if (result->code == ERR_NONE && is_ours(lease, result->document)) {
		hold(change, result->document);
		proven(change);
	} else if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND) {
		err_set(&err, ERR_CONFLICT, "{holder} took it", "holder", holder ? holder : "?", NULL);
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
		hold(change, result->document);
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
	return !lease || !lease->held || clock_monotonic_ms() - lease->renewed_ms < LEASE_SECONDS * 1000 - SPARE_MS;
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

static void on_created(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;
	bool is_forbidden = result->code == ERR_FORBIDDEN || result->code == ERR_NOT_FOUND;

	if (result->code == ERR_NONE && json_is_object(result->document)) {
		hold(change, result->document);
		taken(change);
	} else if (is_forbidden && change->is_without_lock) {
		go_on_without(change, result);
	} else if (is_forbidden) {
		refuse_without(change, result);
	} else if (lease->attempts < ATTEMPTS) {
		/* Another console was quicker, or the answer was lost: the Lease itself says which. */
		read_lease(change);
	} else {
		refuse(change, &result->err);
	}
}

static void create(struct change *change)
{
	auto_free char *collection = collection_path();
	json_t *document = json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}}", "apiVersion",
				     "coordination.k8s.io/v1", "kind",
				     "Lease", "metadata", "name", strrchr(change->lease->path, '/') + 1, "namespace",
				     "kube-system", "labels", "app.kubernetes.io/managed-by", "nks-triage");

	fill_lease(change, document);
	change->lease->sent_ms = clock_monotonic_ms();
	send_lease(change, "POST", collection, document, on_created);
	json_decref(document);
}

static void take_over(struct change *change, const json_t *document)
{
	json_t *copy = json_deep_copy(document);

	fill_lease(change, copy);
	change->lease->sent_ms = clock_monotonic_ms();
	send_lease(change, "PUT", change->lease->path, copy, on_created);
	json_decref(copy);
}

static int64_t duration(const json_t *document)
{
	const json_t *value = pointer_get(document, "/spec/leaseDurationSeconds");
	int64_t seconds = json_is_integer(value) ? (int64_t)json_integer_value(value) : LEASE_SECONDS;

	if (seconds < 1)
		return 1;
	return seconds < DURATION_MAXIMUM ? seconds : DURATION_MAXIMUM;
}

static bool is_dead(const json_t *document)
{
	return process_is_gone(json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1process")));
}

bool lease_looks_abandoned(const json_t *document)
{
	const char *renewed = json_string_value(pointer_get(document, "/spec/renewTime"));
	int64_t now = clock_wall();
	int64_t at;

	if (is_dead(document) || !renewed || clock_parse(renewed, &at) < 0)
		return true;
	return at + duration(document) < now || at - duration(document) > now;
}

char *lease_holder_text(const struct change *change, const json_t *document)
{
	const char *holder = json_string_value(pointer_get(document, "/spec/holderIdentity"));
	const char *run = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1run"));
	const char *entry = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1entry"));
	const char *step = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1step"));

	return change_say(change, "{holder}, run {run} of {entry}, step {step}", "holder", holder ? holder : "?", "run",
			  run ? run : "?", "entry", entry ? entry : "?", "step", step ? step : "?", NULL);
}

static void refuse_held(struct change *change, const json_t *document)
{
	auto_free char *who = lease_holder_text(change, document);
	struct err err;

	err_set(&err, ERR_CONFLICT, "somebody works on the same objects right now: {who}", "who", who, NULL);
	err_hint(&err, "wait until that run has ended, then look at a new preview", NULL);
	refuse(change, &err);
}

static void on_watch_over(void *data)
{
	struct change *change = data;

	change->lease->timer = NULL;
	read_lease(change);
}

static void watch(struct change *change, const json_t *document, const char *version)
{
	struct lease *lease = change->lease;
	auto_free char *seconds = xasprintf("%lld", (long long)duration(document));
	auto_free char *who = lease_holder_text(change, document);
	auto_free char *text = change_say(change,
					  "a lock looks abandoned ({who}): watching for {seconds} s whether it still "
					  "moves",
					  "who", who, "seconds", seconds, NULL);

	change_output(change, 0, text);
	free(lease->seen_version);
	lease->seen_version = xstrdup(version);
	lease->timer = loop_timer(change->context.loop, duration(document) * 1000 + SPARE_MS, on_watch_over, change);
}

static void take_over_dead(struct change *change, const json_t *document)
{
	auto_free char *who = lease_holder_text(change, document);
	auto_free char *text = change_say(change, "taking over the lock that was left behind: {who}", "who", who, NULL);

	change_output(change, 0, text);
	take_over(change, document);
}

/* Of the run that is gone on with or taken back, whose process is known to have ended: nobody renews it any more. */
static bool is_left_behind(const struct change *change, const json_t *document)
{
	const char *run = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1run"));

	return change->ended_run && run && !strcmp(run, change->ended_run);
}

static void on_present(struct change *change, const json_t *document)
{
	struct lease *lease = change->lease;
	const char *holder = json_string_value(pointer_get(document, "/spec/holderIdentity"));
	const char *version = json_string_value(pointer_get(document, "/metadata/resourceVersion"));

	if (!holder || !*holder || is_ours(lease, document))
		take_over(change, document);
	else if (is_left_behind(change, document) || is_dead(document))
		take_over_dead(change, document);
	else if (!version || (!lease->seen_version && !lease_looks_abandoned(document)))
		refuse_held(change, document);
	else if (!lease->seen_version)
		watch(change, document, version);
	else if (!strcmp(lease->seen_version, version))
		take_over_dead(change, document);
	else
		refuse_held(change, document);
}

static void on_read(struct change *change, void *data, const struct kube_result *result)
{
	(void)data;
	if (result->code == ERR_NONE && json_is_object(result->document))
		on_present(change, result->document);
	else if (result->code == ERR_NOT_FOUND)
		create(change);
	else if (result->code == ERR_FORBIDDEN && change->is_without_lock)
		go_on_without(change, result);
	else if (result->code == ERR_FORBIDDEN)
		refuse_without(change, result);
	else
		refuse(change, &result->err);
}

static void read_lease(struct change *change)
{
	const struct call_request request = {
		.door = CALL_READ,
		.path = change->lease->path,
		.on_done = on_read,
		.data = change->lease,
	};

	change->lease->attempts++;
	change_call(change, &request);
}

/* Without random bytes the clock keeps two processes of one run apart. */
static void make_session(struct lease *lease)
{
	unsigned char noise[SESSION_BYTES];

	if (getrandom(noise, sizeof(noise), 0) != (ssize_t)sizeof(noise)) {
		int64_t now = clock_wall_ms() ^ ((int64_t)getpid() << 40);

		memcpy(noise, &now, sizeof(noise));
	}
	for (size_t i = 0; i < sizeof(noise); i++)
		snprintf(lease->session + 2 * i, 3, "%02x", noise[i]);
}

void lease_take(struct change *change, void (*on_taken)(struct change *change))
{
	struct lease *lease = xcalloc(1, sizeof(*lease));
	auto_free char *collection = collection_path();
	auto_free char *name = lease_name(change);
	CLEANUP(identity_release) struct identity identity;

	identity_read(&identity);
	make_session(lease);
	lease->process = process_mark();
	lease->path = xasprintf("%s/%s", collection, name);
	lease->holder = xasprintf("%s@%s/%s", identity.user, identity.host, change->run_id);
	lease->on_taken = on_taken;
	change->lease = lease;
	read_lease(change);
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
	const char *uid = lease ? json_string_value(pointer_get(lease->held, "/metadata/uid")) : NULL;
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
	send_lease(change, "DELETE", lease->path, options, on_deleted);
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
	free(lease->seen_version);
	free(lease);
}
