#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "probes/remedy/json_path.h"
#include "probes/remedy/rollout.h"

static long long number_at(const json_t *document, const char *pointer, long long otherwise)
{
	const json_t *value = pointer_get(document, pointer);

	return json_is_integer(value) ? (long long)json_integer_value(value) : otherwise;
}

static const char *text_at(const json_t *document, const char *pointer)
{
	const char *text = json_string_value(pointer_get(document, pointer));

	return text ? text : "";
}

static bool is_behind(const json_t *document)
{
	return number_at(document, "/metadata/generation", 0) > number_at(document, "/status/observedGeneration", 0);
}

static void set_waiting(struct rollout *rollout, const char *id, long long have, long long want)
{
	char have_text[24];
	char want_text[24];

	snprintf(have_text, sizeof(have_text), "%lld", have);
	snprintf(want_text, sizeof(want_text), "%lld", want);
	rollout->state = ROLLOUT_WAITING;
	message_set(&rollout->what, id, "have", have_text, "want", want_text, NULL);
}

static int share(long long have, long long want)
{
	if (want <= 0)
		return 0;
	return have >= want ? 100 : (int)(have * 100 / want);
}

static bool deadline_passed(const json_t *document)
{
	size_t i;
	json_t *condition;

	json_array_foreach(pointer_get(document, "/status/conditions"), i, condition) {
		/* The first of its type counts, as in kubectl. */
		if (!strcmp(text_at(condition, "/type"), "Progressing"))
			return !strcmp(text_at(condition, "/reason"), "ProgressDeadlineExceeded");
	}
	return false;
}

static void look_deployment(const json_t *document, struct rollout *rollout)
{
	long long wanted = number_at(document, "/spec/replicas", 1);
	long long replicas = number_at(document, "/status/replicas", 0);
	long long updated = number_at(document, "/status/updatedReplicas", 0);
	long long available = number_at(document, "/status/availableReplicas", 0);

	rollout->progress = (share(updated, wanted) + share(available < updated ? available : updated, wanted)) / 2;
	if (is_behind(document)) {
		rollout->progress = 0;
		set_waiting(rollout, "waiting for the controller to see the new template", 0, 0);
	} else if (deadline_passed(document)) {
		rollout->state = ROLLOUT_FAILED;
		message_set(&rollout->what, "the rollout exceeded its progress deadline", NULL);
	} else if (updated < wanted) {
		set_waiting(rollout, "{have} of {want} new replicas updated", updated, wanted);
	} else if (replicas > updated) {
		set_waiting(rollout, "{have} old replicas still have to end", replicas - updated, replicas);
	} else if (available < updated) {
		set_waiting(rollout, "{have} of {want} updated replicas available", available, updated);
	} else {
		rollout->state = ROLLOUT_DONE;
	}
}

static bool on_delete(const json_t *document, struct rollout *rollout)
{
	const char *strategy = text_at(document, "/spec/updateStrategy/type");

	if (!*strategy || !strcmp(strategy, "RollingUpdate"))
		return false;
	rollout->state = ROLLOUT_FAILED;
	message_set(&rollout->what,
		    "its update strategy is {strategy}: pods are replaced only when somebody deletes them",
		    "strategy", strategy, NULL);
	return true;
}

static void look_daemon_set(const json_t *document, struct rollout *rollout)
{
	long long wanted = number_at(document, "/status/desiredNumberScheduled", 0);
	long long updated = number_at(document, "/status/updatedNumberScheduled", 0);
	long long available = number_at(document, "/status/numberAvailable", 0);

	if (on_delete(document, rollout))
		return;
	rollout->progress = (share(updated, wanted) + share(available < updated ? available : updated, wanted)) / 2;
	if (is_behind(document)) {
		rollout->progress = 0;
		set_waiting(rollout, "waiting for the controller to see the new template", 0, 0);
	} else if (updated < wanted) {
		set_waiting(rollout, "{have} of {want} new pods scheduled", updated, wanted);
	} else if (available < wanted) {
		set_waiting(rollout, "{have} of {want} updated pods available", available, wanted);
	} else {
		rollout->state = ROLLOUT_DONE;
	}
}

/*
 * Where rollingUpdate is there at all, kubectl counts pods down to the partition (also 0, which the
 * server fills in) and does not look at the revisions.
 */
static bool stateful_set_is_updated(const json_t *document, long long wanted, long long updated)
{
	long long partition = number_at(document, "/spec/updateStrategy/rollingUpdate/partition", wanted);

	if (pointer_get(document, "/spec/updateStrategy/rollingUpdate"))
		return updated >= wanted - partition;
	return !strcmp(text_at(document, "/status/updateRevision"), text_at(document, "/status/currentRevision"));
}

static void look_stateful_set(const json_t *document, struct rollout *rollout)
{
	long long wanted = number_at(document, "/spec/replicas", 1);
	long long partition = number_at(document, "/spec/updateStrategy/rollingUpdate/partition", 0);
	long long ready = number_at(document, "/status/readyReplicas", 0);
	long long updated = number_at(document, "/status/updatedReplicas", 0);

	if (on_delete(document, rollout))
		return;
	rollout->progress = share(updated < ready ? updated : ready, wanted);
	if (number_at(document, "/status/observedGeneration", 0) == 0 || is_behind(document)) {
		rollout->progress = 0;
		set_waiting(rollout, "waiting for the controller to see the new template", 0, 0);
	} else if (ready < wanted) {
		set_waiting(rollout, "{have} of {want} pods ready", ready, wanted);
	} else if (!stateful_set_is_updated(document, wanted, updated)) {
		set_waiting(rollout, "{have} of {want} pods updated", updated, wanted - partition);
	} else {
		rollout->state = ROLLOUT_DONE;
	}
}

void rollout_look(const json_t *document, struct rollout *ret_rollout)
{
	const char *kind = text_at(document, "/kind");

	memset(ret_rollout, 0, sizeof(*ret_rollout));
	if (!strcmp(kind, "Deployment")) {
		look_deployment(document, ret_rollout);
	} else if (!strcmp(kind, "DaemonSet")) {
		look_daemon_set(document, ret_rollout);
	} else if (!strcmp(kind, "StatefulSet")) {
		look_stateful_set(document, ret_rollout);
	} else {
		ret_rollout->state = ROLLOUT_FAILED;
		message_set(&ret_rollout->what, "a {kind} has no rollout", "kind", kind, NULL);
	}
	if (ret_rollout->state == ROLLOUT_DONE) {
		ret_rollout->progress = 100;
		message_set(&ret_rollout->what, "rolled out", NULL);
	} else if (ret_rollout->progress > 99) {
		ret_rollout->progress = 99;
	}
}
