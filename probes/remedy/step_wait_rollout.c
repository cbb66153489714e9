/*
 * wait-rollout: follows a rollout to its end by the rules of kubectl rollout
 * status. A link that is lost is waited for within the same deadline; where
 * it stands still, the reason is looked for in the target's pods.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/rollout.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"
#include "probes/remedy/target_kind.h"

enum { POLL_MS = 1000, STANDS_STILL_MS = 10000, ROLLOUT_SECONDS = 600, REASONS_MAXIMUM = 2048, EVENTS_BEFORE_S = 5 };

static void look(struct change *change, struct plan_step *step);

static char *kubectl_status(const struct change *change, const struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(4096);
	const char *resource = step->target->kind->resource;
	/* kubectl takes the singular too; "daemonsets" loses its s. */
	auto_free char *object = xasprintf("%.*s/%s", (int)strlen(resource) - 1, resource, step->target->name);
	auto_free char *timeout =
		xasprintf("--timeout=%llds", (long long)json_integer_value(json_object_get(step->definition,
											    "timeoutSeconds")));

	kubectl_add_start(&line, kube_client_view(change->context.client), change->context.kubeconfig);
	shell_add_word(&line, "rollout");
	shell_add_word(&line, "status");
	shell_add_word(&line, object);
	shell_add_word(&line, "--namespace");
	shell_add_word(&line, step->target->name_space);
	shell_add_word(&line, timeout);
	return buffer_detach(&line);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	if (!target_kind_rolls_out(step->target->kind)) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "rolls nothing out", NULL);
		return 0;
	}
	if (step->target->err.code == ERR_NOT_FOUND) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is not in this cluster", NULL);
		return 0;
	}
	if (step_is_for_nothing(change, step))
		return 0;
	plan_permission(change, "get", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	step->shown.kubectl = kubectl_status(change, step);
	return 0;
}

/* The words of the kubelet for a container that waits; NULL: none does, or only because it is its turn. */
static const struct container_status *waiting_container(const struct pod_record *pod)
{
	for (size_t i = 0; i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];

		if (status->state == STATE_WAITING && *status->reason &&
		    strcmp(status->reason, "ContainerCreating") != 0 && strcmp(status->reason, "PodInitializing") != 0)
			return status;
	}
	return NULL;
}

/* The last thing that somebody complained of, since the step began. */
static const struct event_record *last_complaint(const struct plan_step *step, const struct snapshot *snapshot,
						 const struct record *object)
{
	struct record_list events = snapshot_events_about(snapshot, object);
	int64_t since = clock_wall() - (clock_monotonic_ms() - step->shown.started_ms) / 1000 - EVENTS_BEFORE_S;

	for (size_t i = events.count; i-- > 0;) {
		const struct event_record *event = record_event(events.items[i]);

		if (!strcmp(event->type, "Warning") && event->last >= since)
			return event;
	}
	return NULL;
}

static void add_reason(struct buffer *reasons, const char *name, const char *reason, const char *message)
{
	buffer_addf(reasons, "%s%s: %s%s%.300s", reasons->length ? "; " : "", name, reason, *message ? ": " : "",
		    message);
}

static bool is_ready(const struct pod_record *pod)
{
	const struct condition *ready = condition_find(pod->conditions, pod->condition_count, "Ready");

	return ready && !strcmp(ready->status, "True");
}

static void add_pod_reason(const struct plan_step *step, const struct snapshot *snapshot, const struct record *record,
			   struct buffer *reasons)
{
	const struct pod_record *pod = record_pod(record);
	const struct container_status *status = waiting_container(pod);
	const struct event_record *event;

	if (status) {
		add_reason(reasons, record->name, status->reason, status->message);
		return;
	}
	if (is_ready(pod) || record->deleted)
		return;
	event = last_complaint(step, snapshot, record);
	if (event)
		add_reason(reasons, record->name, event->reason, event->message);
}

/* What nobody made a pod for: a quota, an admission webhook. */
static void add_owner_reasons(const struct plan_step *step, const struct snapshot *snapshot,
			      const struct record *workload, struct buffer *reasons)
{
	struct record_list sets = snapshot_owned_by(snapshot, workload->uid);
	const struct event_record *event = last_complaint(step, snapshot, workload);

	if (event)
		add_reason(reasons, workload->name, event->reason, event->message);
	for (size_t i = 0; i < sets.count; i++) {
		event = sets.items[i]->kind->id == KIND_REPLICA_SET ? last_complaint(step, snapshot, sets.items[i])
								    : NULL;
		if (event)
			add_reason(reasons, sets.items[i]->name, event->reason, event->message);
	}
}

/* What keeps pods of the target from being ready, as the kubelet, scheduler and controllers say it. */
static void add_reasons(struct change *change, const struct plan_step *step, struct buffer *reasons)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct record *workload =
		snapshot_by_name(snapshot, step->target->kind->id, step->target->name_space, step->target->name);
	struct record_list pods = snapshot_all(snapshot, KIND_POD);

	if (!workload)
		return;
	for (size_t i = 0; i < pods.count && reasons->length < REASONS_MAXIMUM / 2; i++) {
		if (snapshot_root_owner(snapshot, pods.items[i]) == workload)
			add_pod_reason(step, snapshot, pods.items[i], reasons);
	}
	if (reasons->length < REASONS_MAXIMUM / 2)
		add_owner_reasons(step, snapshot, workload, reasons);
}

/* A rollout that does not move for a while has a reason: said once, and again when it changes. */
static void say_why_it_stands(struct change *change, struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAXIMUM);

	if (clock_monotonic_ms() - step->moved_ms < STANDS_STILL_MS)
		return;
	add_reasons(change, step, &reasons);
	if (!reasons.length || (step->last_reasons && !strcmp(step->last_reasons, buffer_text(&reasons))))
		return;
	free(step->last_reasons);
	step->last_reasons = buffer_detach(&reasons);
	free(step->shown.doing);
	step->shown.doing = xasprintf("%s; %s", step->last_said ? step->last_said : "", step->last_reasons);
	change_output(change, step->shown.number, step->last_reasons);
}

/*
 * What is put back may be what did not work before: where an undo's rollout stands still and says why, that is all
 * there is to wait for.
 */
static bool may_stand_still(const struct plan_step *step)
{
	return json_is_true(json_object_get(step->definition, "mayStandStill"));
}

static bool stands_still(const struct plan_step *step)
{
	return may_stand_still(step) && step->last_reasons && clock_monotonic_ms() - step->moved_ms >= STANDS_STILL_MS;
}

/* What was put back stays so; that its pods do not become ready is what the run ends with (verify_undo.c). */
static void leave(struct change *change, struct plan_step *step, bool is_known_to_stand, const char *outcome)
{
	step->was_left_standing = may_stand_still(step);
	step->is_known_to_stand = is_known_to_stand;
	step_wait_finish(change, step, may_stand_still(step) ? STEP_DONE : STEP_FAILED, outcome);
}

static void leave_standing(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "put back; its rollout stands still: {reasons}", "reasons",
					     step->last_reasons, NULL);

	leave(change, step, true, outcome);
}

static void give_up(struct change *change, struct plan_step *step)
{
	CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAXIMUM);
	auto_free char *outcome = NULL;

	add_reasons(change, step, &reasons);
	if (reasons.length)
		outcome = change_say(change, "not rolled out in time: {last}; {reasons}", "last",
				     step->last_said ? step->last_said : "?", "reasons", buffer_text(&reasons), NULL);
	else
		outcome = change_say(change, "not rolled out in time: {last}", "last",
				     step->last_said ? step->last_said : "?", NULL);
	leave(change, step, reasons.length > 0, outcome);
}

static void on_time(void *data)
{
	struct plan_step *step = data;

	step->timer = NULL;
	look(step->change, step);
}

static void look_later(struct change *change, struct plan_step *step)
{
	if (clock_monotonic_ms() >= step->deadline_ms)
		give_up(change, step);
	else
		step->timer = loop_timer(change->context.loop, POLL_MS, on_time, step);
}

static void on_document(struct change *change, struct plan_step *step, const json_t *document)
{
	struct rollout rollout;
	auto_free char *text = NULL;

	rollout_look(document, &rollout);
	text = change_say_message(change, &rollout.what);
	step->shown.progress = rollout.progress;
	if (rollout.state == ROLLOUT_WAITING)
		step_say_once(change, step, text);
	if (rollout.state == ROLLOUT_DONE) {
		step_wait_finish(change, step, STEP_DONE, text);
	} else if (rollout.state == ROLLOUT_FAILED) {
		CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAXIMUM);
		auto_free char *outcome = NULL;

		add_reasons(change, step, &reasons);
		outcome = xasprintf("%s%s%s", text, reasons.length ? "; " : "", buffer_text(&reasons));
		leave(change, step, true, outcome);
	} else {
		say_why_it_stands(change, step);
		if (stands_still(step))
			leave_standing(change, step);
		else
			look_later(change, step);
	}
}

static void on_answer(struct change *change, void *data, const struct kube_result *result)
{
	struct plan_step *step = data;
	const char *uid = document_uid(result->document);
	auto_free char *text = NULL;

	if (result->code == ERR_NONE && uid && !strcmp(uid, step->shown.target_uid)) {
		on_document(change, step, result->document);
		return;
	}
	if (result->code == ERR_NONE || result->code == ERR_NOT_FOUND) {
		text = change_say(change, "{object} is not the one of the preview any more", "object",
				  step->target->label, NULL);
		step_wait_finish(change, step, STEP_FAILED, text);
		return;
	}
	text = change_say_err(change, &result->err);
	step_say_once(change, step, text);
	look_later(change, step);
}

static void look(struct change *change, struct plan_step *step)
{
	const struct call_request request = {
		.door = CALL_READ,
		.path = step->target->path,
		.on_done = on_answer,
		.data = step,
	};

	change_call(change, &request);
}

static void start(struct change *change, struct plan_step *step)
{
	step_wait_start(step, ROLLOUT_SECONDS);
	look(change, step);
}

static void stop(struct change *change, struct plan_step *step)
{
	step_wait_stop(change, step, N_("no longer waited for; the rollout itself goes on"));
}

const struct step_ops wait_rollout_step = {
	.type = "wait-rollout",
	.needs_target = true,
	.takes_absence = true,
	.plan = plan,
	.start = start,
	.stop = stop,
};
