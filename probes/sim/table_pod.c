/*
 * The pod's row. STATUS, READY and RESTARTS follow printPod of
 * kubernetes/pkg/printers/internalversion/printers.go (1.28).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/table.h"

static const struct column columns[] = {
	NAME_COLUMN,
	{"Ready", "string", "", 0, "Containers that are ready, of all"},
	{"Status", "string", "", 0, "What the pod does, in one word"},
	{"Restarts", "string", "", 0, "Restarts of its containers, and when the last one was"},
	AGE_COLUMN,
	{"IP", "string", "", 1, "Address of the pod"},
	{"Node", "string", "", 1, "Node that it runs on"},
	{"Nominated Node", "string", "", 1, "Node that room is being made on"},
	{"Readiness Gates", "string", "", 1, "Readiness gates that hold, of all"},
};

struct summary {
	char reason[128];
	size_t total;
	size_t ready;
	int64_t restarts;
	int64_t last_restart;
	int64_t sidecar_restarts;	/* those that count once the pod runs */
	int64_t sidecar_last;
	bool initializing;
};

static bool restarts_always(const json_t *pod, const char *name)
{
	return !strcmp(doc_text(doc_find(doc_get(pod, "spec.initContainers"), "name", name), "restartPolicy"),
		       "Always");
}

static void count_restarts(struct summary *summary, const json_t *status, bool sidecar)
{
	int64_t finished = doc_wall(status, "lastState.terminated.finishedAt");

	summary->restarts += doc_int(status, "restartCount");
	if (finished > summary->last_restart)
		summary->last_restart = finished;
	if (!sidecar)
		return;
	summary->sidecar_restarts += doc_int(status, "restartCount");
	if (finished > summary->sidecar_last)
		summary->sidecar_last = finished;
}

static void terminated_reason(const json_t *terminated, const char *prefix, char *out, size_t size)
{
	const char *reason = doc_text(terminated, "reason");
	int64_t signal_number = doc_int(terminated, "signal");

	if (reason[0])
		snprintf(out, size, "%s%s", prefix, reason);
	else if (signal_number)
		snprintf(out, size, "%sSignal:%" PRId64, prefix, signal_number);
	else
		snprintf(out, size, "%sExitCode:%" PRId64, prefix, doc_int(terminated, "exitCode"));
}

static void look_at_init_containers(struct summary *summary, const json_t *pod)
{
	size_t wanted = json_array_size(doc_get(pod, "spec.initContainers"));
	size_t i;
	json_t *status;

	json_array_foreach(doc_get(pod, "status.initContainerStatuses"), i, status) {
		const json_t *terminated = doc_get(status, "state.terminated");
		const char *waiting = doc_text(status, "state.waiting.reason");
		bool sidecar = restarts_always(pod, doc_text(status, "name"));

		count_restarts(summary, status, sidecar);
		if (terminated && !doc_int(terminated, "exitCode"))
			continue;
		if (sidecar && doc_true(status, "started")) {
			summary->ready += doc_true(status, "ready");
			continue;
		}
		if (terminated)
			terminated_reason(terminated, "Init:", summary->reason, sizeof(summary->reason));
		else if (waiting[0] && strcmp(waiting, "PodInitializing"))
			snprintf(summary->reason, sizeof(summary->reason), "Init:%s", waiting);
		else
			snprintf(summary->reason, sizeof(summary->reason), "Init:%zu/%zu", i, wanted);
		summary->initializing = true;
		return;
	}
}

static bool is_condition_true(const json_t *pod, const char *type)
{
	return !strcmp(doc_text(doc_find(doc_get(pod, "status.conditions"), "type", type), "status"), "True");
}

static void look_at_containers(struct summary *summary, const json_t *pod)
{
	const json_t *statuses = doc_get(pod, "status.containerStatuses");
	bool running = false;

	for (size_t i = json_array_size(statuses); i-- > 0;) {
		const json_t *status = json_array_get(statuses, i);
		const char *waiting = doc_text(status, "state.waiting.reason");
		const json_t *terminated = doc_get(status, "state.terminated");

		count_restarts(summary, status, false);
		if (waiting[0]) {
			snprintf(summary->reason, sizeof(summary->reason), "%s", waiting);
		} else if (terminated) {
			terminated_reason(terminated, "", summary->reason, sizeof(summary->reason));
		} else if (doc_true(status, "ready") && doc_get(status, "state.running")) {
			running = true;
			summary->ready++;
		}
	}
	if (!strcmp(summary->reason, "Completed") && running)
		snprintf(summary->reason, sizeof(summary->reason), "%s",
			 is_condition_true(pod, "Ready") ? "Running" : "NotReady");
}

static void summarise(const json_t *pod, struct summary *summary)
{
	const char *reason = doc_text(pod, "status.reason");
	size_t i;
	json_t *container;

	*summary = (struct summary){.total = json_array_size(doc_get(pod, "spec.containers"))};
	json_array_foreach(doc_get(pod, "spec.initContainers"), i, container)
		summary->total += !strcmp(doc_text(container, "restartPolicy"), "Always");
	snprintf(summary->reason, sizeof(summary->reason), "%s", reason[0] ? reason : doc_text(pod, "status.phase"));
	look_at_init_containers(summary, pod);
	if (!summary->initializing || is_condition_true(pod, "Initialized")) {
		summary->restarts = summary->sidecar_restarts;
		summary->last_restart = summary->sidecar_last;
		look_at_containers(summary, pod);
	}
	if (doc_get(pod, "metadata.deletionTimestamp"))
		snprintf(summary->reason, sizeof(summary->reason), "%s",
			 !strcmp(reason, "NodeLost") ? "Unknown" : "Terminating");
}

static void cell_restarts(struct row *row, const struct summary *summary)
{
	char age[24];

	if (!summary->restarts || !summary->last_restart) {
		cell_format(row, "%" PRId64, summary->restarts);
		return;
	}
	clock_age(row->now - summary->last_restart, age, sizeof(age));
	cell_format(row, "%" PRId64 " (%s ago)", summary->restarts, age);
}

static void cell_gates(struct row *row, const json_t *pod)
{
	const json_t *gates = doc_get(pod, "spec.readinessGates");
	size_t passed = 0;
	size_t i;
	json_t *gate;

	if (!json_array_size(gates)) {
		cell_text(row, "<none>");
		return;
	}
	json_array_foreach(gates, i, gate)
		passed += is_condition_true(pod, doc_text(gate, "conditionType"));
	cell_format(row, "%zu/%zu", passed, json_array_size(gates));
}

static void cells(const json_t *pod, struct row *row)
{
	struct summary summary;

	summarise(pod, &summary);
	cell_text(row, doc_text(pod, "metadata.name"));
	cell_format(row, "%zu/%zu", summary.ready, summary.total);
	cell_text(row, summary.reason);
	cell_restarts(row, &summary);
	cell_age(row, pod, "metadata.creationTimestamp");
	cell_or_none(row, doc_text(pod, "status.podIP"));
	cell_or_none(row, doc_text(pod, "spec.nodeName"));
	cell_or_none(row, doc_text(pod, "status.nominatedNodeName"));
	cell_gates(row, pod);
}

const struct table_ops pod_table = {
	.kind = KIND_POD, .columns = columns, .count = array_length(columns), .cells = cells,
};
