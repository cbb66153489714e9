/*
 * The rows of workloads and of what goes with them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/table.h"

#define TABLE(variable, id, of, function)                                                          \
	const struct table_ops variable = {                                                        \
		.kind = (id), .columns = (of), .count = array_length(of), .cells = (function),     \
	}

#define CONTAINER_COLUMNS                                                                          \
	{"Containers", "string", "", 1, "Names of the containers"},                                \
		{"Images", "string", "", 1, "Images of the containers"}
#define SELECTOR_COLUMN {"Selector", "string", "", 1, "Pods that belong to it"}

static const struct column daemon_set_columns[] = {
	NAME_COLUMN,
	{"Desired", "integer", "", 0, "Nodes that should run it"},
	{"Current", "integer", "", 0, "Nodes that run it"},
	{"Ready", "integer", "", 0, "Pods that are ready"},
	{"Up-to-date", "integer", "", 0, "Pods of the present template"},
	{"Available", "integer", "", 0, "Pods that are ready long enough"},
	{"Node Selector", "string", "", 0, "Labels of the nodes"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
	SELECTOR_COLUMN,
};

static void daemon_set_cells(const json_t *set, struct row *row)
{
	cell_text(row, doc_text(set, "metadata.name"));
	cell_integer(row, doc_int(set, "status.desiredNumberScheduled"));
	cell_integer(row, doc_int(set, "status.currentNumberScheduled"));
	cell_integer(row, doc_int(set, "status.numberReady"));
	cell_integer(row, doc_int(set, "status.updatedNumberScheduled"));
	cell_integer(row, doc_int(set, "status.numberAvailable"));
	cell_labels(row, doc_get(set, "spec.template.spec.nodeSelector"));
	cell_age(row, set, "metadata.creationTimestamp");
	cell_containers(row, doc_get(set, "spec.template.spec"));
	cell_selector(row, doc_get(set, "spec.selector"));
}
TABLE(daemon_set_table, KIND_DAEMON_SET, daemon_set_columns, daemon_set_cells);

static const struct column deployment_columns[] = {
	NAME_COLUMN,
	{"Ready", "string", "", 0, "Pods that are ready, of those wanted"},
	{"Up-to-date", "string", "", 0, "Pods of the present template"},
	{"Available", "string", "", 0, "Pods that are ready long enough"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
	SELECTOR_COLUMN,
};

static void deployment_cells(const json_t *deployment, struct row *row)
{
	cell_text(row, doc_text(deployment, "metadata.name"));
	cell_format(row, "%" PRId64 "/%" PRId64, doc_int(deployment, "status.readyReplicas"),
		    doc_int_or(deployment, "spec.replicas", 1));
	cell_integer(row, doc_int(deployment, "status.updatedReplicas"));
	cell_integer(row, doc_int(deployment, "status.availableReplicas"));
	cell_age(row, deployment, "metadata.creationTimestamp");
	cell_containers(row, doc_get(deployment, "spec.template.spec"));
	cell_selector(row, doc_get(deployment, "spec.selector"));
}
TABLE(deployment_table, KIND_DEPLOYMENT, deployment_columns, deployment_cells);

static const struct column replica_set_columns[] = {
	NAME_COLUMN,
	{"Desired", "integer", "", 0, "Pods that are wanted"},
	{"Current", "integer", "", 0, "Pods that exist"},
	{"Ready", "integer", "", 0, "Pods that are ready"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
	SELECTOR_COLUMN,
};

static void replica_set_cells(const json_t *set, struct row *row)
{
	cell_text(row, doc_text(set, "metadata.name"));
	cell_integer(row, doc_int_or(set, "spec.replicas", 1));
	cell_integer(row, doc_int(set, "status.replicas"));
	cell_integer(row, doc_int(set, "status.readyReplicas"));
	cell_age(row, set, "metadata.creationTimestamp");
	cell_containers(row, doc_get(set, "spec.template.spec"));
	cell_selector(row, doc_get(set, "spec.selector"));
}
TABLE(replica_set_table, KIND_REPLICA_SET, replica_set_columns, replica_set_cells);

static const struct column stateful_set_columns[] = {
	NAME_COLUMN,
	{"Ready", "string", "", 0, "Pods that are ready, of those wanted"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
};

static void stateful_set_cells(const json_t *set, struct row *row)
{
	cell_text(row, doc_text(set, "metadata.name"));
	cell_format(row, "%" PRId64 "/%" PRId64, doc_int(set, "status.readyReplicas"),
		    doc_int_or(set, "spec.replicas", 1));
	cell_age(row, set, "metadata.creationTimestamp");
	cell_containers(row, doc_get(set, "spec.template.spec"));
}
TABLE(stateful_set_table, KIND_STATEFUL_SET, stateful_set_columns, stateful_set_cells);

static const struct column controller_revision_columns[] = {
	NAME_COLUMN,
	{"Controller", "string", "", 0, "Owner"},
	{"Revision", "integer", "", 0, "Number of the revision"},
	AGE_COLUMN,
};

static void controller_revision_cells(const json_t *revision, struct row *row)
{
	const json_t *owner = json_array_get(doc_get(revision, "metadata.ownerReferences"), 0);

	cell_text(row, doc_text(revision, "metadata.name"));
	if (owner)
		cell_format(row, "%s.apps/%s", !strcmp(doc_text(owner, "kind"), "DaemonSet") ? "daemonset"
											     : "statefulset",
			    doc_text(owner, "name"));
	else
		cell_text(row, "<none>");
	cell_integer(row, doc_int(revision, "revision"));
	cell_age(row, revision, "metadata.creationTimestamp");
}
TABLE(controller_revision_table, KIND_CONTROLLER_REVISION, controller_revision_columns, controller_revision_cells);

static const struct column job_columns[] = {
	NAME_COLUMN,
	{"Completions", "string", "", 0, "Pods that succeeded, of those wanted"},
	{"Duration", "string", "", 0, "How long it took"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
	SELECTOR_COLUMN,
};

static void job_cells(const json_t *job, struct row *row)
{
	int64_t started = doc_wall(job, "status.startTime");
	int64_t ended = doc_wall(job, "status.completionTime");
	char duration[24] = "";

	if (started)
		clock_age((ended ? ended : row->now) - started, duration, sizeof(duration));
	cell_text(row, doc_text(job, "metadata.name"));
	cell_format(row, "%" PRId64 "/%" PRId64, doc_int(job, "status.succeeded"),
		    doc_int_or(job, "spec.completions", 1));
	cell_text(row, duration);
	cell_age(row, job, "metadata.creationTimestamp");
	cell_containers(row, doc_get(job, "spec.template.spec"));
	cell_selector(row, doc_get(job, "spec.selector"));
}
TABLE(job_table, KIND_JOB, job_columns, job_cells);

static const struct column cron_job_columns[] = {
	NAME_COLUMN,
	{"Schedule", "string", "", 0, "When it runs, as in a crontab"},
	{"Suspend", "boolean", "", 0, "Whether it is held"},
	{"Active", "integer", "", 0, "Jobs that run now"},
	{"Last Schedule", "string", "", 0, "When it ran last"},
	AGE_COLUMN,
	CONTAINER_COLUMNS,
	SELECTOR_COLUMN,
};

static void cron_job_cells(const json_t *job, struct row *row)
{
	cell_text(row, doc_text(job, "metadata.name"));
	cell_text(row, doc_text(job, "spec.schedule"));
	cell_text(row, doc_true(job, "spec.suspend") ? "True" : "False");
	cell_integer(row, (int64_t)json_array_size(doc_get(job, "status.active")));
	if (doc_get(job, "status.lastScheduleTime"))
		cell_age(row, job, "status.lastScheduleTime");
	else
		cell_text(row, "<none>");
	cell_age(row, job, "metadata.creationTimestamp");
	cell_containers(row, doc_get(job, "spec.jobTemplate.spec.template.spec"));
	cell_selector(row, doc_get(job, "spec.jobTemplate.spec.selector"));
}
TABLE(cron_job_table, KIND_CRON_JOB, cron_job_columns, cron_job_cells);

static const struct column disruption_budget_columns[] = {
	NAME_COLUMN,
	{"Min Available", "string", "", 0, "Pods that must stay"},
	{"Max Unavailable", "string", "", 0, "Pods that may be missing"},
	{"Allowed Disruptions", "integer", "", 0, "Evictions that are possible now"},
	AGE_COLUMN,
};

static void cell_int_or_percent(struct row *row, const json_t *value)
{
	if (json_is_integer(value))
		cell_format(row, "%" PRId64, (int64_t)json_integer_value(value));
	else
		cell_text(row, json_is_string(value) ? json_string_value(value) : "N/A");
}

static void disruption_budget_cells(const json_t *budget, struct row *row)
{
	cell_text(row, doc_text(budget, "metadata.name"));
	cell_int_or_percent(row, doc_get(budget, "spec.minAvailable"));
	cell_int_or_percent(row, doc_get(budget, "spec.maxUnavailable"));
	cell_integer(row, doc_int(budget, "status.disruptionsAllowed"));
	cell_age(row, budget, "metadata.creationTimestamp");
}
TABLE(disruption_budget_table, KIND_DISRUPTION_BUDGET, disruption_budget_columns, disruption_budget_cells);

static const struct column lease_columns[] = {
	NAME_COLUMN,
	{"Holder", "string", "", 0, "Who holds it"},
	AGE_COLUMN,
};

static void lease_cells(const json_t *lease, struct row *row)
{
	cell_text(row, doc_text(lease, "metadata.name"));
	cell_text(row, doc_text(lease, "spec.holderIdentity"));
	cell_age(row, lease, "metadata.creationTimestamp");
}
TABLE(lease_table, KIND_LEASE, lease_columns, lease_cells);
