/* How a run comes to hold its Lease: lease.c says by which rules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/identity.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/lease_private.h"
#include "probes/remedy/lease_process.h"

enum { ATTEMPTS = 6, LEFT_FOR_SECONDS = 24 * 3600 };

/* What somebody else's Lease means to who wants one. */
enum other { OTHER_NOTHING, OTHER_HOLDS, OTHER_TO_WATCH, OTHER_TO_CLEAR };

static void list_leases(struct change *change);
static void clear_next(struct change *change);

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

static void cannot_be_had(struct change *change, const struct kube_result *result)
{
	if (change->is_without_lock)
		go_on_without(change, result);
	else
		refuse_without(change, result);
}

static void refuse_held(struct change *change, const json_t *document)
{
	auto_free char *who = lease_holder_text(change, document);
	struct err err;

	err_set(&err, ERR_CONFLICT, "somebody works on the same objects right now: {who}", "who", who, NULL);
	err_hint(&err, "wait until that run has ended, then look at a new preview", NULL);
	refuse(change, &err);
}

static void on_created(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;

	if (result->code == ERR_FORBIDDEN || result->code == ERR_NOT_FOUND) {
		cannot_be_had(change, result);
		return;
	}
	if (result->code == ERR_NONE && json_is_object(result->document)) {
		lease_hold(change, result->document);
		lease->attempts = 0;
	}
	/* Who came first? Or: the answer was lost, and the list says whether it was made. */
	if (lease->attempts < ATTEMPTS)
		list_leases(change);
	else
		refuse(change, &result->err);
}

static void create(struct change *change)
{
	json_t *document = json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}}", "apiVersion", "coordination.k8s.io/v1",
				     "kind", "Lease", "metadata", "name", strrchr(change->lease->path, '/') + 1,
				     "namespace", "kube-system", "labels", "app.kubernetes.io/managed-by",
				     "nks-triage");

	lease_fill(change, document);
	change->lease->sent_ms = clock_monotonic_ms();
	lease_send(change, "POST", LEASES_PATH, document, on_created);
	json_decref(document);
}

static void on_watch_over(void *data)
{
	struct change *change = data;

	change->lease->timer = NULL;
	list_leases(change);
}

static void watch(struct change *change, const json_t *documents)
{
	struct lease *lease = change->lease;
	int64_t longest = 0;
	size_t i;
	json_t *document;

	if (!lease->watched)
		lease->watched = json_object();
	json_array_foreach((json_t *)(uintptr_t)documents, i, document) {
		int64_t duration = lease_duration(document);
		auto_free char *seconds = xasprintf("%lld", (long long)duration);
		auto_free char *who = lease_holder_text(change, document);
		auto_free char *text = change_say(change,
						  "a lock looks abandoned ({who}): watching for {seconds} s whether "
						  "it still moves",
						  "who", who, "seconds", seconds, NULL);

		change_output(change, 0, text);
		json_object_set_new(lease->watched, json_string_value(pointer_get(document, "/metadata/name")),
				    json_string(lease_version(document)));
		longest = duration > longest ? duration : longest;
	}
	lease->timer = loop_timer(change->context.loop, longest * 1000 + LEASE_SPARE_MS, on_watch_over, change);
}

/* Of the run that is gone on with or taken back, whose process is known to have ended: nobody renews it any more. */
static bool is_left_behind(const struct change *change, const json_t *document)
{
	return change->ended_run && !strcmp(lease_run(document), change->ended_run);
}

static enum other judge_overlapping(const struct change *change, const json_t *document)
{
	const struct lease *lease = change->lease;
	const char *name = json_string_value(pointer_get(document, "/metadata/name"));
	const char *seen = json_string_value(json_object_get(lease->watched, name));

	if (lease->held && !lease_comes_first(lease_ticket(document), lease->ticket))
		return OTHER_NOTHING;
	if (!*lease_holder(document) || is_left_behind(change, document) || lease_is_dead(document))
		return OTHER_TO_CLEAR;
	if (seen)
		return strcmp(seen, lease_version(document)) ? OTHER_HOLDS : OTHER_TO_CLEAR;
	/* Ours is to be renewed: whoever came first while we made it is not watched any more. */
	return lease->held || !lease_looks_abandoned(document) ? OTHER_HOLDS : OTHER_TO_WATCH;
}

static enum other judge_other(const struct change *change, const json_t *document)
{
	if (!lease_is_lock(document) || lease_is_ours(change->lease, document))
		return OTHER_NOTHING;
	if (lease_covers(document, change->lease->objects))
		return judge_overlapping(change, document);
	return lease_is_dead(document) || lease_is_expired(document, LEFT_FOR_SECONDS) ? OTHER_TO_CLEAR : OTHER_NOTHING;
}

static void on_cleared(struct change *change, void *data, const struct kube_result *result)
{
	struct lease *lease = data;
	json_t *document = json_incref(json_array_get(lease->to_clear, 0));

	json_array_remove(lease->to_clear, 0);
	if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND || !lease_covers(document, lease->objects))
		clear_next(change);
	else if (result->code == ERR_CONFLICT && lease->attempts < ATTEMPTS)
		list_leases(change);	/* somebody renewed it: it says who */
	else
		refuse(change, &result->err);
	json_decref(document);
}

/* By its version: who renewed it meanwhile keeps it. */
static void clear_next(struct change *change)
{
	struct lease *lease = change->lease;
	const json_t *document = json_array_get(lease->to_clear, 0);
	auto_free char *path = NULL;
	auto_free char *who = NULL;
	auto_free char *text = NULL;
	json_t *options;

	if (!document) {
		if (lease->held)
			taken(change);
		else
			create(change);
		return;
	}
	path = xasprintf(LEASES_PATH "/%s", json_string_value(pointer_get(document, "/metadata/name")));
	who = lease_holder_text(change, document);
	if (lease_covers(document, lease->objects))
		text = change_say(change, "taking over the lock that was left behind: {who}", "who", who, NULL);
	else
		text = change_say(change, "clearing away a lock that nobody holds any more: {who}", "who", who, NULL);
	change_output(change, 0, text);
	options = json_pack("{s:s, s:s, s:{s:O*, s:s}}", "apiVersion", "v1", "kind", "DeleteOptions", "preconditions",
			    "uid", pointer_get(document, "/metadata/uid"), "resourceVersion", lease_version(document));
	write_token_permit(change->token, "DELETE", path, NULL);
	lease_send(change, "DELETE", path, options, on_cleared);
	json_decref(options);
}

/* Until ours is held, nothing goes but what bears its name: two plans of the same objects have one. */
static void keep_what_is_in_our_place(struct change *change)
{
	struct lease *lease = change->lease;
	const char *name = strrchr(lease->path, '/') + 1;

	for (size_t i = json_array_size(lease->to_clear); i-- > 0;) {
		const json_t *document = json_array_get(lease->to_clear, i);

		if (strcmp(json_string_value(pointer_get(document, "/metadata/name")), name) != 0)
			json_array_remove(lease->to_clear, i);
	}
}

/* The answer to its making was lost. */
static void hold_ours(struct change *change, const json_t *items)
{
	size_t i;
	json_t *document;

	json_array_foreach((json_t *)(uintptr_t)items, i, document) {
		if (!change->lease->held && lease_is_ours(change->lease, document))
			lease_hold(change, document);
	}
}

static void judge_list(struct change *change, const json_t *items)
{
	struct lease *lease = change->lease;
	json_t *to_watch = json_array();
	const json_t *holder = NULL;
	size_t i;
	json_t *document;

	json_array_clear(lease->to_clear);
	hold_ours(change, items);
	json_array_foreach((json_t *)(uintptr_t)items, i, document) {
		enum other other = judge_other(change, document);

		if (other == OTHER_HOLDS)
			holder = document;
		else if (other == OTHER_TO_WATCH)
			json_array_append(to_watch, document);
		else if (other == OTHER_TO_CLEAR)
			json_array_append(lease->to_clear, document);
	}
	if (!lease->held)
		keep_what_is_in_our_place(change);
	if (holder)
		refuse_held(change, holder);
	else if (json_array_size(to_watch))
		watch(change, to_watch);
	else
		clear_next(change);
	json_decref(to_watch);
}

static void on_listed(struct change *change, void *data, const struct kube_result *result)
{
	const json_t *items = json_object_get(result->document, "items");

	(void)data;
	if (result->code == ERR_NONE && json_is_array(items))
		judge_list(change, items);
	else if (result->code == ERR_FORBIDDEN)
		cannot_be_had(change, result);
	else
		refuse(change, &result->err);
}

/* Without a version in the request the server answers with what is newest. */
static void list_leases(struct change *change)
{
	const struct call_request request = {
		.door = CALL_READ,
		.path = LEASES_LIST,
		.on_done = on_listed,
		.data = change->lease,
	};

	change->lease->attempts++;
	change_call(change, &request);
}

/* Without random bytes the clock keeps two processes of one run apart. */
static void make_session(struct lease *lease)
{
	unsigned char noise[LEASE_SESSION_BYTES];

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
	auto_free char *name = NULL;
	CLEANUP(identity_release) struct identity identity;

	identity_read(&identity);
	make_session(lease);
	lease->process = process_mark();
	lease->objects = lease_objects(change);
	name = lease_name(lease->objects);
	lease->to_clear = json_array();
	lease->path = xasprintf(LEASES_PATH "/%s", name);
	lease->holder = xasprintf("%s@%s/%s", identity.user, identity.host, change->run_id);
	lease->on_taken = on_taken;
	change->lease = lease;
	/* Their bodies hold times. */
	write_token_permit(change->token, "POST", LEASES_PATH, NULL);
	write_token_permit(change->token, "PUT", lease->path, NULL);
	write_token_permit(change->token, "DELETE", lease->path, NULL);
	list_leases(change);
}
