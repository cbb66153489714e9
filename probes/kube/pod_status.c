/*
 * The columns STATUS, READY and RESTARTS of `kubectl get pods`, by the rules
 * of printPod in kubernetes pkg/printers/internalversion/printers.go, which
 * changed in 1.31 and in 1.35.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/kube/client.h"
#include "probes/kube/record.h"

enum { REASON_SIZE = 1200 };

/* Minor versions from which on a server */
enum {
	SHOWS_HOW_DELETED_ENDED = 31,	/* instead of Terminating, of a pod that has ended */
	SHOWS_ERROR_FIRST = 35,		/* of a container that failed, instead of Completed or NotReady */
};

/* Walks the statuses of one role, which lie side by side. */
static size_t role_count(const struct pod_record *pod, enum container_role role,
			 const struct container_status **ret_first)
{
	size_t count = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < pod->status_count; i++) {
		if (pod->statuses[i].role != role)
			continue;
		if (!count++)
			*ret_first = &pod->statuses[i];
	}
	return count;
}

static size_t spec_count(const struct pod_record *pod, enum container_role role)
{
	size_t count = 0;

	for (size_t i = 0; i < pod->spec_count; i++)
		count += pod->specs[i].role == role;
	return count;
}

/* A native sidecar: an init container that is restarted always. */
static bool is_sidecar(const struct pod_record *pod, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < pod->spec_count; i++) {
		if (pod->specs[i].role == CONTAINER_INIT && !strcmp(pod->specs[i].name, name))
			is = pod->specs[i].always_restarts;
	}
	return is;
}

static bool is_condition_true(const struct pod_record *pod, const char *type)
{
	for (size_t i = 0; i < pod->condition_count; i++) {
		if (!strcmp(pod->conditions[i].type, type) && !strcmp(pod->conditions[i].status, "True"))
			return true;
	}
	return false;
}

static bool is_initialized(const struct pod_record *pod)
{
	const struct condition *condition = condition_find(pod->conditions, pod->condition_count,
							   "Initialized");

	return condition && !strcmp(condition->status, "True");
}

/* True if this init container is done with, so that the next one counts. */
static bool is_past(const struct pod_record *pod, const struct container_status *status)
{
	if (status->state == STATE_TERMINATED && status->exit_code == 0)
		return true;
	return is_sidecar(pod, status->name) && status->started;
}

static void terminated_reason(const struct container_status *status, const char *prefix,
			      char reason[REASON_SIZE])
{
	if (*status->reason)
		snprintf(reason, REASON_SIZE, "%s%s", prefix, status->reason);
	else if (status->signal)
		snprintf(reason, REASON_SIZE, "%sSignal:%" PRId64, prefix, status->signal);
	else
		snprintf(reason, REASON_SIZE, "%sExitCode:%" PRId64, prefix, status->exit_code);
}

/* True while an init container holds the pod up. */
static bool init_reason(const struct pod_record *pod, char reason[REASON_SIZE])
{
	const struct container_status *first;
	size_t count = role_count(pod, CONTAINER_INIT, &first);

	for (size_t i = 0; i < count; i++) {
		const struct container_status *status = &first[i];

		if (is_past(pod, status))
			continue;
		if (status->state == STATE_TERMINATED)
			terminated_reason(status, "Init:", reason);
		else if (status->state == STATE_WAITING && *status->reason &&
			 strcmp(status->reason, "PodInitializing") != 0)
			snprintf(reason, REASON_SIZE, "Init:%s", status->reason);
		else
			snprintf(reason, REASON_SIZE, "Init:%zu/%zu", i, spec_count(pod, CONTAINER_INIT));
		return true;
	}
	return false;
}

/* What a pod shows of which the first container has completed. failure: of the first one that failed, or "". */
static const char *completed_reason(const struct pod_record *pod, int minor, bool has_running, const char *failure)
{
	if (has_running && is_condition_true(pod, "Ready"))
		return "Running";
	if (minor >= SHOWS_ERROR_FIRST && *failure)
		return failure;
	return has_running ? "NotReady" : "Completed";
}

static void main_reason(const struct pod_record *pod, int minor, char reason[REASON_SIZE])
{
	const struct container_status *first;
	size_t count = role_count(pod, CONTAINER_MAIN, &first);
	char failure[REASON_SIZE] = "";
	bool has_running = false;

	for (size_t i = count; i-- > 0;) {
		const struct container_status *status = &first[i];

		if (status->state == STATE_WAITING && *status->reason)
			snprintf(reason, REASON_SIZE, "%s", status->reason);
		else if (status->state == STATE_TERMINATED)
			terminated_reason(status, "", reason);
		else if (status->state == STATE_RUNNING && status->ready)
			has_running = true;
		if (status->state == STATE_TERMINATED && status->exit_code)
			memcpy(failure, reason, REASON_SIZE);
	}
	if (!strcmp(reason, "Completed"))
		snprintf(reason, REASON_SIZE, "%s", completed_reason(pod, minor, has_running, failure));
}

static bool is_gated(const struct pod_record *pod)
{
	for (size_t i = 0; i < pod->condition_count; i++) {
		if (!strcmp(pod->conditions[i].type, "PodScheduled") &&
		    !strcmp(pod->conditions[i].reason, "SchedulingGated"))
			return true;
	}
	return false;
}

void pod_status_text(const struct pod_record *pod, const char *server_version, struct buffer *out)
{
	char reason[REASON_SIZE];
	int minor = kube_version_minor(server_version);
	bool is_over = !strcmp(pod->phase, "Succeeded") || !strcmp(pod->phase, "Failed");

	snprintf(reason, sizeof(reason), "%s", *pod->reason ? pod->reason : pod->phase);
	if (is_gated(pod))
		snprintf(reason, sizeof(reason), "SchedulingGated");
	if (!init_reason(pod, reason) || is_initialized(pod))
		main_reason(pod, minor, reason);
	if (pod->base.deleted && !strcmp(pod->reason, "NodeLost"))
		snprintf(reason, sizeof(reason), "Unknown");
	else if (pod->base.deleted && !(is_over && minor >= SHOWS_HOW_DELETED_ENDED))
		snprintf(reason, sizeof(reason), "Terminating");
	buffer_add_text(out, reason);
}

static void add_restarts(const struct container_status *status, int64_t *restarts, int64_t *last)
{
	*restarts += status->restart_count;
	if (status->has_last && status->last_finished_at > *last)
		*last = status->last_finished_at;
}

/* Counts init containers up to the one that holds the pod up; true if there is one. */
static bool count_init(const struct pod_record *pod, struct pod_counts *all, struct pod_counts *sidecars)
{
	const struct container_status *first;
	size_t count = role_count(pod, CONTAINER_INIT, &first);

	for (size_t i = 0; i < count; i++) {
		const struct container_status *status = &first[i];
		bool is_restartable = is_sidecar(pod, status->name);

		add_restarts(status, &all->restarts, &all->last_restart);
		if (is_restartable)
			add_restarts(status, &sidecars->restarts, &sidecars->last_restart);
		if (!is_past(pod, status))
			return true;
		if (is_restartable && status->ready && !(status->state == STATE_TERMINATED &&
							 !status->exit_code))
			all->ready++;
	}
	return false;
}

void pod_count(const struct pod_record *pod, struct pod_counts *ret_counts)
{
	struct pod_counts all = {0};
	struct pod_counts sidecars = {0};
	const struct container_status *first;
	size_t count = role_count(pod, CONTAINER_MAIN, &first);

	all.total = (int)spec_count(pod, CONTAINER_MAIN);
	for (size_t i = 0; i < pod->spec_count; i++)
		all.total += pod->specs[i].role == CONTAINER_INIT && pod->specs[i].always_restarts;
	if (!count_init(pod, &all, &sidecars) || is_initialized(pod)) {
		all.restarts = sidecars.restarts;
		all.last_restart = sidecars.last_restart;
		for (size_t i = 0; i < count; i++) {
			add_restarts(&first[i], &all.restarts, &all.last_restart);
			all.ready += first[i].ready && first[i].state == STATE_RUNNING;
		}
	}
	/* A container that ended without being started again has not restarted. */
	if (!all.restarts)
		all.last_restart = 0;
	*ret_counts = all;
}
