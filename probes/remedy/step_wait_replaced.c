/*
 * wait-replaced: a pod that an earlier step deleted was made anew by its
 * controller and got its images. A new one that fails as the old one did ends
 * the run there: the pods that are left would only cost more pulls (guide
 * E03: the failing pods anew, one per controller first).
 *
 * What it looks for (the controller, and the pods that it had before) is in
 * the journal from the run's begin: who goes on with the run looks for the
 * same, though the deleted pod is gone by then.
 */
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/step.h"

/* CONTROLLER_MS: by then a controller has made the new pod, and its kubelet has tried. */
enum { LOOK_MS = 1000, WAIT_SECONDS = 300, CONTROLLER_MS = 8000 };

static void look(void *data);

static bool is_named(const struct plan_step *step, const char *id)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(step->definition, "ofSteps"), i, one) {
		if (!strcmp(json_string_value(one), id))
			return true;
	}
	return false;
}

/* Pods of the controller that are there before: what comes later has another uid. */
static json_t *pods_of(const struct snapshot *snapshot, const char *owner_uid)
{
	struct record_list owned = snapshot_owned_by(snapshot, owner_uid);
	json_t *uids = json_object();

	for (size_t i = 0; i < owned.count; i++)
		json_object_set_new(uids, owned.items[i]->uid, json_true());
	return uids;
}

static void note_deleted(const struct change *change, struct plan_step *step, const struct plan_step *other)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *pod = snapshot_by_uid(snapshot, other->shown.target_uid);

	if (!pod || !*pod->owner_uid || other->shown.state == STEP_SKIPPED || !other->shown.method)
		return;
	json_array_append_new(step->looked_for,
			      json_pack("{s:s, s:b, s:s, s:s, s:o}", "path", other->shown.target, "onlyReads", 1,
					"owner", pod->owner_uid, "name", pod->name, "pods",
					pods_of(snapshot, pod->owner_uid)));
}

/* The run that is gone on with had pods deleted and waited for the new ones. */
static bool take_from_journal(struct plan_step *step)
{
	json_t *image = json_object_get(step->resumed, "before");

	if (!json_object_get(json_array_get(image, 0), "owner"))
		return false;
	json_array_extend(step->looked_for, image);
	return true;
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	(void)err;
	if (step_is_for_nothing(change, step))
		return 0;
	step->looked_for = json_array();
	step->touched = json_incref(step->looked_for);
	if (take_from_journal(step))
		return 0;
	for (size_t i = 0; i < change->step_count && change->steps[i] != step; i++) {
		if (is_named(step, change->steps[i]->id))
			note_deleted(change, step, change->steps[i]);
	}
	if (json_array_size(step->looked_for))
		return 0;
	step->shown.state = STEP_SKIPPED;
	step->shown.outcome = change_say(change, "has no pod to wait for", NULL);
	return 0;
}

static bool cannot_pull(const struct container_status *status)
{
	static const char *const reasons[] = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName",
					      "ErrImageNeverPull", "RegistryUnavailable"};

	for (size_t i = 0; status->state == STATE_WAITING && i < array_length(reasons); i++) {
		if (!strcmp(status->reason, reasons[i]))
			return true;
	}
	return false;
}

/* TRUE: all its images are there; FALSE: one cannot be had, *ret_status says which; UNKNOWN: not yet. */
static enum truth has_images(const struct pod_record *pod, const struct container_status **ret_status)
{
	bool has_all = pod->status_count > 0;

	for (size_t i = 0; i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];

		if (cannot_pull(status)) {
			*ret_status = status;
			return TRUTH_FALSE;
		}
		has_all = has_all && (*status->image_id || status->state == STATE_RUNNING ||
				      status->state == STATE_TERMINATED);
	}
	return has_all ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static void finish(struct change *change, struct plan_step *step, enum step_state state, const char *outcome)
{
	timer_cancel(step->timer);
	step->timer = NULL;
	run_step_finished(change, step, state, outcome, NULL);
}

static void fail(struct change *change, struct plan_step *step, const struct record *pod,
		 const struct container_status *status)
{
	auto_free char *reason = xasprintf("%s%s%.300s", status->reason, *status->message ? ": " : "", status->message);
	auto_free char *outcome = change_say(change, "{pod}, made anew, cannot be pulled either: {reason}", "pod",
					     pod->name, "reason", reason, NULL);

	finish(change, step, STEP_FAILED, outcome);
}

/*
 * TRUE: one that is new has its images; FALSE: one has not and no other is still on its way, and the step has ended.
 * Somebody else may have deleted a pod between preview and run: what was made then knows no pull secret.
 */
static enum truth judge(struct change *change, struct plan_step *step, const json_t *deleted)
{
	struct record_list owned = snapshot_owned_by(cluster_snapshot(change->context.cluster),
						     json_string_value(json_object_get(deleted, "owner")));
	bool is_early = clock_monotonic_ms() - step->shown.started_ms < CONTROLLER_MS;
	const struct record *failed = NULL;
	const struct container_status *failed_status = NULL;
	bool is_waiting = is_early;

	for (size_t i = 0; i < owned.count; i++) {
		const struct container_status *status = NULL;
		enum truth one;

		if (owned.items[i]->kind->id != KIND_POD || owned.items[i]->deleted ||
		    json_object_get(json_object_get(deleted, "pods"), owned.items[i]->uid))
			continue;
		one = has_images(record_pod(owned.items[i]), &status);
		if (one == TRUTH_TRUE)
			return TRUTH_TRUE;
		is_waiting = is_waiting || one == TRUTH_UNKNOWN;
		if (one == TRUTH_FALSE) {
			failed = owned.items[i];
			failed_status = status;
		}
	}
	if (!failed || is_waiting)
		return TRUTH_UNKNOWN;
	fail(change, step, failed, failed_status);
	return TRUTH_FALSE;
}

static void look_later(struct change *change, struct plan_step *step, size_t done)
{
	auto_free char *have = xasprintf("%zu", done);
	auto_free char *want = xasprintf("%zu", json_array_size(step->looked_for));
	auto_free char *line = change_say(change, "{have} of {want} pods made anew have their images", "have", have,
					  "want", want, NULL);

	step->shown.progress = (int)(100 * done / json_array_size(step->looked_for));
	if (clock_monotonic_ms() >= step->deadline_ms) {
		finish(change, step, STEP_FAILED, line);
		return;
	}
	step_say_once(change, step, line);
	step->timer = loop_timer(change->context.loop, LOOK_MS, look, step);
}

static void look(void *data)
{
	struct plan_step *step = data;
	struct change *change = step->change;
	auto_free char *outcome = NULL;
	size_t done = 0;
	size_t i;
	json_t *deleted;

	step->timer = NULL;
	json_array_foreach(step->looked_for, i, deleted) {
		enum truth truth = judge(change, step, deleted);

		if (truth == TRUTH_FALSE)
			return;
		done += truth == TRUTH_TRUE;
	}
	if (done < json_array_size(step->looked_for)) {
		look_later(change, step, done);
		return;
	}
	outcome = change_say(change, "the new pods have their images", NULL);
	finish(change, step, STEP_DONE, outcome);
}

static void start(struct change *change, struct plan_step *step)
{
	json_int_t seconds = json_integer_value(json_object_get(step->definition, "timeoutSeconds"));

	(void)change;
	step->deadline_ms = clock_monotonic_ms() + (seconds > 0 ? seconds : WAIT_SECONDS) * 1000;
	look(step);
}

static void stop(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "no longer waited for", NULL);

	finish(change, step, STEP_SKIPPED, outcome);
}

const struct step_ops wait_replaced_step = {
	.type = "wait-replaced",
	.plan = plan,
	.start = start,
	.stop = stop,
};
