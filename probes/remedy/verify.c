/*
 * Verification by the signature that raised the finding, on the same objects,
 * and by the rollout of everything that was touched. It cannot pass because
 * data is old: what is not known to be current is unknown, never gone.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/target_kind.h"

enum {
	LOOK_MS = 500,
	HOLD_MAXIMUM_S = 60,
	DEADLINE_MAXIMUM_S = 900,
	DEADLINE_DEFAULT_S = 300,
	PROOF_MS = 30000,
	WATCH_MAXIMUM_S = 30 * 86400,
};

static void look(void *data);

static int64_t seconds_of(const struct change *change, const char *key, int64_t otherwise, int64_t maximum)
{
	const json_t *value = json_object_get(json_object_get(change->document, "verify"), key);
	int64_t seconds = json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;

	return seconds < maximum ? seconds : maximum;
}

static void look_later(struct change *change)
{
	change->timer = loop_timer(change->context.loop, LOOK_MS, look, change);
}

/* All pods that a touched workload wants are updated and ready. */
static enum truth workload_is_ready(const struct snapshot *snapshot, const struct target *target,
				    struct message *ret_reason)
{
	const struct collection *collection;
	const struct record *record;
	const struct workload_record *workload;

	/* What was being deleted when it was previewed is meant to go, and is not made ready. */
	if (!target_kind_rolls_out(target->kind) || pointer_get(target->document, "/metadata/deletionTimestamp"))
		return TRUTH_TRUE;
	collection = snapshot_collection(snapshot, target->kind->id);
	record = snapshot_by_name(snapshot, target->kind->id, target->name_space, target->name);
	if (collection->state != COLLECTION_CURRENT || !record) {
		message_set(ret_reason, "what is known of {object} is not current", "object", target->label, NULL);
		return TRUTH_UNKNOWN;
	}
	workload = record_workload(record);
	if (workload->observed_generation >= record->generation && workload->updated >= workload->wanted &&
	    workload->ready >= workload->wanted)
		return TRUTH_TRUE;
	message_set(ret_reason, "{object} is not ready yet", "object", target->label, NULL);
	return TRUTH_FALSE;
}

/* The kinds that the signs rest on, and those of what was touched. */
static void note_kinds(const struct change *change, bool kinds[KIND_COUNT])
{
	const struct runbook *runbook = change->runbook;

	for (enum kind_id kind = 0; kind < KIND_COUNT; kind++)
		kinds[kind] = runbook_is_about(runbook, kind);
	kinds[runbook->subject] = true;
	for (size_t i = 0; i < runbook->need_count; i++)
		kinds[runbook->needs[i]] = true;
	for (size_t i = 0; i < change->target_count; i++) {
		if (target_kind_is_known(change->targets[i]->kind))
			kinds[change->targets[i]->kind->id] = true;
	}
}

/*
 * A watch may be silent because nothing happens or because nothing comes through: before anything counts as mended
 * what it rests on is listed anew.
 */
static void start_proof(struct change *change)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);

	note_kinds(change, change->proof_kinds);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct collection *collection = snapshot_collection(snapshot, (enum kind_id)i);

		/* What may not be listed, or is not there, was judged as that. */
		if (collection->state != COLLECTION_CURRENT)
			change->proof_kinds[i] = false;
		change->proof_lists[i] = collection->lists;
	}
	change->is_proving = true;
	cluster_relist(change->context.cluster, change->proof_kinds);
}

static bool is_proven(const struct change *change)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);

	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (change->proof_kinds[i] &&
		    snapshot_collection(snapshot, (enum kind_id)i)->lists == change->proof_lists[i])
			return false;
	}
	return true;
}

static enum truth all_is_ready(const struct change *change, struct message *ret_reason)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);

	for (size_t i = 0; i < change->target_count; i++) {
		enum truth ready = TRUTH_TRUE;

		/* What was not there is none of what was changed. */
		if (change->targets[i]->document)
			ready = workload_is_ready(snapshot, change->targets[i], ret_reason);
		if (ready != TRUTH_TRUE)
			return ready;
	}
	return TRUTH_TRUE;
}

/* TRUE: the symptom is gone and everything is ready. */
static enum truth is_mended(struct change *change, struct message *ret_reason)
{
	const json_t *when = json_object_get(json_object_get(change->document, "verify"), "when");
	const struct change_context *context = &change->context;
	enum truth holds = symptoms_still_holds(context->symptoms, cluster_snapshot(context->cluster),
						context->evidence, change->finding, clock_wall(), ret_reason);

	if (holds == TRUTH_TRUE) {
		message_set(ret_reason, "the signs of {id} are still there", "id", change->runbook->id, NULL);
		return TRUTH_FALSE;
	}
	if (holds == TRUTH_UNKNOWN)
		return TRUTH_UNKNOWN;
	if (json_is_object(when)) {
		auto_free char *reason = NULL;
		enum truth fits = plan_condition(change, when, NULL, &reason);

		if (fits != TRUTH_TRUE) {
			message_set(ret_reason, "{reason}", "reason", reason, NULL);
			return fits;
		}
	}
	return all_is_ready(change, ret_reason);
}

static void add_hypotheses(struct change *change, struct err *err)
{
	CLEANUP(buffer_release) struct buffer ids = BUFFER_INIT(400);

	hypotheses_make(change);
	for (size_t i = 0; i < change->hypothesis_count; i++)
		buffer_addf(&ids, "%s%s", i ? ", " : "", change->hypotheses[i].id);
	if (ids.length)
		err_hint(err, "look next at what else was seen or may have come of it: {ids}", "ids", buffer_text(&ids),
			 NULL);
	for (size_t i = 0; i < change->hypothesis_count; i++) {
		auto_free char *line = xasprintf("%s: %s", change->hypotheses[i].id, change->hypotheses[i].why);

		change_output(change, 0, line);
	}
}

static void end_unmended(struct change *change, enum truth mended, const struct message *reason)
{
	auto_free char *why = change_say_message(change, reason);
	struct err err;

	err_set(&err, mended == TRUTH_FALSE ? ERR_INVALID : ERR_TIMEOUT, "{reason}", "reason", why, NULL);
	if (mended == TRUTH_FALSE)
		add_hypotheses(change, &err);
	run_end(change, mended == TRUTH_FALSE ? CHANGE_NOT_IMPROVED : CHANGE_COULD_NOT_VERIFY, &err);
}

static void say_held(struct change *change, int64_t hold_ms)
{
	auto_free char *seconds = xasprintf("%lld", (long long)(hold_ms / 1000));
	auto_free char *text =
		change_say(change, "the signs of {id} are gone; it must stay so for {seconds} s", "id",
			   change->runbook->id,
			   "seconds", seconds, NULL);

	change_output(change, 0, text);
}

/* True: the verification has ended. */
static bool prove(struct change *change, int64_t now)
{
	struct message reason = {0};

	if (!change->is_proving) {
		start_proof(change);
		change->proof_started_ms = now;
		return false;
	}
	if (is_proven(change)) {
		run_end(change, CHANGE_VERIFIED, NULL);
		return true;
	}
	if (now - change->proof_started_ms < PROOF_MS)
		return false;
	message_set(&reason, "the signs are gone from what is known here, but it could not be read anew", NULL);
	end_unmended(change, TRUTH_UNKNOWN, &reason);
	return true;
}

static void look(void *data)
{
	struct change *change = data;
	int64_t now = clock_monotonic_ms();
	int64_t hold_ms = seconds_of(change, "holdSeconds", 0, HOLD_MAXIMUM_S) * 1000;
	struct message reason = {0};
	enum truth mended = is_mended(change, &reason);

	change->timer = NULL;
	if (mended == TRUTH_TRUE) {
		if (!change->held_since_ms) {
			change->held_since_ms = now;
			say_held(change, hold_ms);
		}
		if (now - change->held_since_ms >= hold_ms && prove(change, now))
			return;
		look_later(change);
		return;
	}
	change->held_since_ms = 0;
	change->is_proving = false;
	if (now >= change->verify_deadline_ms)
		end_unmended(change, mended, &reason);
	else
		look_later(change);
}

void verify_start(struct change *change)
{
	auto_free char *text = change_say(change, "verifying by the signs that raised {id}", "id",
					  change->runbook->id, NULL);

	change_output(change, 0, text);
	change->verify_deadline_ms =
		clock_monotonic_ms() + seconds_of(change, "deadlineSeconds", DEADLINE_DEFAULT_S,
						  DEADLINE_MAXIMUM_S) * 1000;
	change->held_since_ms = 0;
	change->is_proving = false;
	evidence_forget(change->context.evidence);
	timer_cancel(change->timer);
	look_later(change);
}

void verify_stop(struct change *change)
{
	timer_cancel(change->timer);
	change->timer = NULL;
}

int change_watch_seconds(const struct change *change)
{
	int64_t hold = seconds_of(change, "holdSeconds", 0, WATCH_MAXIMUM_S);

	return hold > HOLD_MAXIMUM_S && !change->undo_of ? (int)(hold - HOLD_MAXIMUM_S) : 0;
}
