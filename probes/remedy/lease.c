/*
 * One console at a time per set of objects: a coordination.k8s.io Lease
 * (decisions.md 25), held for 30 s, renewed every 10 s, deleted at the end.
 *
 * A Lease of somebody else is respected while it moves. One that looks
 * expired is watched for longer than a renewal takes before it is taken over,
 * so that a clock that runs wrong steals nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/identity.h"
#include "probes/remedy/json_path.h"

enum {
	LEASE_SECONDS = 30,
	RENEW_MS = 10000,
	RENEW_AGAIN_MS = 3000,
	WATCH_MS = 12000,
	ATTEMPTS = 4,
	NAME_DIGITS = 10,
};

struct lease {
	char *path;
	char *holder;
	json_t *held;		/* as the server last answered; NULL: not held */
	char *seen_version;	/* of somebody else's that looks expired */
	int attempts;
	int64_t renewed_ms;
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
	json_object_set_new(spec, "holderIdentity", json_string(lease->holder));
	json_object_set_new(spec, "leaseDurationSeconds", json_integer(LEASE_SECONDS));
	json_object_set_new(spec, "renewTime", micro_time());
	if (!lease->held)
		json_object_set_new(spec, "acquireTime", micro_time());
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
	fill_lease(change, document);
	send_lease(change, "PUT", change->lease->path, document, on_renewed);
	json_decref(document);
}

static void hold(struct change *change, const json_t *document)
{
	struct lease *lease = change->lease;

	json_decref(lease->held);
	lease->held = json_deep_copy(document);
	lease->renewed_ms = clock_monotonic_ms();
	lease->timer = loop_timer(change->context.loop, RENEW_MS, renew, change);
}

static void on_renewed(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;
	bool expired = clock_monotonic_ms() - lease->renewed_ms > LEASE_SECONDS * 1000;

	if (result->code == ERR_NONE) {
		hold(change, result->document);
		return;
	}
	if (!expired && result->code != ERR_CONFLICT && result->code != ERR_NOT_FOUND) {
		lease->timer = loop_timer(change->context.loop, RENEW_AGAIN_MS, renew, change);
		return;
	}
	change->lease_is_lost = true;
	json_decref(lease->held);
	lease->held = NULL;
	go_on_without(change, result);
}

static void on_created(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;

	if (result->code == ERR_NONE && json_is_object(result->document)) {
		hold(change, result->document);
		taken(change);
	} else if (result->code == ERR_FORBIDDEN || result->code == ERR_NOT_FOUND) {
		go_on_without(change, result);
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
	send_lease(change, "POST", collection, document, on_created);
	json_decref(document);
}

static void take_over(struct change *change, const json_t *document)
{
	json_t *copy = json_deep_copy(document);

	fill_lease(change, copy);
	send_lease(change, "PUT", change->lease->path, copy, on_created);
	json_decref(copy);
}

static bool looks_expired(const json_t *document)
{
	const char *renewed = json_string_value(pointer_get(document, "/spec/renewTime"));
	const json_t *seconds = pointer_get(document, "/spec/leaseDurationSeconds");
	int64_t at;

	if (!renewed || clock_parse(renewed, &at) < 0)
		return true;
	return at + (json_is_integer(seconds) ? (int64_t)json_integer_value(seconds) : LEASE_SECONDS) < clock_wall();
}

static void refuse_held(struct change *change, const json_t *document, const char *holder)
{
	const char *run = json_string_value(pointer_get(document, "/metadata/annotations/nks-triage~1run"));
	struct err err;

	err_set(&err, ERR_CONFLICT, "{holder} works on the same objects right now: run {run}", "holder", holder, "run",
		run ? run : "?", NULL);
	err_hint(&err, "wait until that run has ended, then look at a new preview", NULL);
	refuse(change, &err);
}

static void on_watch_over(void *data)
{
	struct change *change = data;

	change->lease->timer = NULL;
	read_lease(change);
}

static void watch(struct change *change, const char *version, const char *holder)
{
	struct lease *lease = change->lease;
	auto_free char *text = change_say(change,
					  "the lock of {holder} looks abandoned: watching whether it still "
					  "moves",
					  "holder", holder, NULL);

	change_output(change, 0, text);
	free(lease->seen_version);
	lease->seen_version = xstrdup(version);
	lease->timer = loop_timer(change->context.loop, WATCH_MS, on_watch_over, change);
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

	if (!holder || !*holder || !strcmp(holder, lease->holder) || is_left_behind(change, document))
		take_over(change, document);
	else if (!version || !looks_expired(document))
		refuse_held(change, document, holder);
	else if (!lease->seen_version)
		watch(change, version, holder);
	else if (!strcmp(lease->seen_version, version))
		take_over(change, document);
	else
		refuse_held(change, document, holder);
}

static void on_read(struct change *change, void *data, const struct kube_result *result)
{
	(void)data;
	if (result->code == ERR_NONE && json_is_object(result->document))
		on_present(change, result->document);
	else if (result->code == ERR_NOT_FOUND)
		create(change);
	else if (result->code == ERR_FORBIDDEN)
		go_on_without(change, result);
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

void lease_take(struct change *change, void (*on_taken)(struct change *change))
{
	struct lease *lease = xcalloc(1, sizeof(*lease));
	auto_free char *collection = collection_path();
	auto_free char *name = lease_name(change);
	CLEANUP(identity_release) struct identity identity;

	identity_read(&identity);
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
	return change->lease && change->lease->on_taken && change->lease->timer;
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
	free(lease->seen_version);
	free(lease);
}
