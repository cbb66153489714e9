/* What is known of an object, from its record. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/nodes_text.h"
#include "tui/view_detail.h"
#include "tui/world.h"
#include "widgets/textview.h"

enum { MOST_EVENTS = 12, LABEL_CELLS = 14 };

static void add_pair(struct textview *text, const char *label, enum role role, const char *value)
{
	if (!value || !*value)
		return;
	label = translate(label);
	textview_addf(text, ROLE_DIM, "%-*s ", field_width(label, LABEL_CELLS), label);
	textview_append(text, role, value);
	textview_indent(text, LABEL_CELLS + 1);
}

static void add_age(struct textview *text, const struct world *world, const char *label, int64_t since)
{
	char age[32];

	world_age(world, since, age, sizeof(age));
	add_pair(text, label, ROLE_NORMAL, age);
}

static void add_heading(struct textview *text, const char *id)
{
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate(id));
}

static void add_conditions(struct textview *text, const struct world *world,
			   const struct condition *conditions,
			   size_t count, bool good_when_true, const char *good_exception)
{
	if (!count)
		return;
	add_heading(text, "Conditions");
	for (size_t i = 0; i < count; i++) {
		const struct condition *condition = &conditions[i];
		bool wants_true = good_when_true == (strcmp(condition->type, good_exception) != 0);
		bool is_good = !strcmp(condition->status, wants_true ? "True" : "False");
		char age[32];

		world_age(world, condition->changed, age, sizeof(age));
		textview_addf(text, is_good ? ROLE_OK : ROLE_WARNING, "  %-22s %-8s", condition->type,
			      condition->status);
		textview_appendf(text, ROLE_DIM, "%-6s", age);
		textview_append(text, ROLE_NORMAL, condition->reason);
		if (condition->message[0]) {
			textview_append(text, ROLE_DIM, "  ");
			textview_append(text, ROLE_DIM, condition->message);
		}
		textview_indent(text, 4);
	}
}

/* What the node said itself, over SSH. */
static void add_own_words(struct textview *text, const struct world *world, const struct node_record *node)
{
	const struct survey_node *known = world->survey ? node_survey_find(world->survey, node->base.name) : NULL;
	const struct nodes_page page = {
		.survey = world->survey, .glyphs = world->glyphs, .language = world->language, .now = world->now};
	char key[KEY_TEXT_SIZE];

	if (!world->survey)
		return;
	add_heading(text, "On the node");
	if (known && known->asked_ms && !strcmp(known->uid, node->base.uid))
		node_checks_text(text, &page, known);
	else
		textview_addf(text, ROLE_DIM, translate("not asked over SSH yet: %s asks it"),
			      world_key(world, ACTION_RECHECK, key));
}

static void add_node(struct textview *text, const struct world *world, const struct node_record *node)
{
	CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(256);
	CLEANUP(buffer_release) struct buffer roles = BUFFER_INIT(256);
	CLEANUP(buffer_release) struct buffer kernel = BUFFER_INIT(256);
	char pods[64];

	node_status_text(node, &status);
	node_roles_text(node, &roles);
	add_pair(text, "status", ROLE_STRONG, buffer_text(&status));
	add_pair(text, "roles", ROLE_NORMAL, buffer_text(&roles));
	add_pair(text, "kubelet", ROLE_NORMAL, node->kubelet_version);
	add_pair(text, "runtime", ROLE_NORMAL, node->container_runtime);
	add_pair(text, "system", ROLE_NORMAL, node->os_image);
	node_kernel_text(node, world->server_version, &kernel);
	add_pair(text, "kernel", ROLE_NORMAL, buffer_text(&kernel));
	for (size_t i = 0; i < node->address_count; i++)
		add_pair(text, node->addresses[i].type, ROLE_NORMAL, node->addresses[i].address);
	snprintf(pods, sizeof(pods), translate("%zu of %lld"), snapshot_pods_on_node(world->snapshot,
										     node->base.name).count,
		 (long long)node->pods_allocatable);
	add_pair(text, "pods", ROLE_NORMAL, pods);
	for (size_t i = 0; i < node->taint_count; i++) {
		auto_free char *taint = xasprintf("%s%s%s:%s", node->taints[i].key,
						  node->taints[i].value[0] ? "=" : "",
						  node->taints[i].value, node->taints[i].effect);

		add_pair(text, "taint", ROLE_WARNING, taint);
	}
	add_own_words(text, world, node);
	add_conditions(text, world, node->conditions, node->condition_count, false, "Ready");
}

static void add_container(struct textview *text, const struct world *world,
			  const struct container_status *status)
{
	static const char *const states[] = {
		[STATE_UNKNOWN] = N_("unknown"), [STATE_WAITING] = N_("waiting"), [STATE_RUNNING] = N_("running"),
		[STATE_TERMINATED] = N_("terminated")};
	bool is_done = status->state == STATE_TERMINATED && status->exit_code == 0;
	char age[32];

	textview_addf(text, ROLE_STRONG, "  %s", status->name);
	textview_appendf(text, status->ready || is_done ? ROLE_OK : ROLE_WARNING, "  %s",
			 translate(states[status->state]));
	if (status->reason[0])
		textview_appendf(text, status->ready || is_done ? ROLE_NORMAL : ROLE_WARNING, " %s",
				 status->reason);
	textview_appendf(text, ROLE_DIM, translate("  %s, %lld restarts"),
			 translate(status->ready ? N_("ready") : N_("not ready")),
			 (long long)status->restart_count);
	textview_addf(text, ROLE_DIM, "    %s", status->image);
	textview_indent(text, 6);
	if (status->message[0]) {
		textview_add(text, ROLE_NORMAL, "    ");
		textview_append(text, ROLE_NORMAL, status->message);
		textview_indent(text, 4);
	}
	if (status->has_last) {
		world_age(world, status->last_finished_at, age, sizeof(age));
		textview_addf(text, ROLE_WARNING, translate("    ended before: %s, exit %lld, %s ago"),
			      status->last_reason,
			      (long long)status->last_exit_code, age);
	}
}

static void add_pod(struct textview *text, const struct world *world, const struct pod_record *pod)
{
	CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(256);
	struct pod_counts counts;
	auto_free char *ready = NULL;

	pod_count(pod, &counts);
	pod_status_text(pod, world->server_version, &status);
	ready = xasprintf("%d/%d", counts.ready, counts.total);
	add_pair(text, "status", ROLE_STRONG, buffer_text(&status));
	add_pair(text, "ready", counts.ready == counts.total ? ROLE_OK : ROLE_WARNING, ready);
	add_pair(text, "node", ROLE_NORMAL, pod->node_name);
	add_pair(text, "address", ROLE_NORMAL, pod->pod_ip);
	add_pair(text, "account", ROLE_NORMAL, pod->service_account);
	add_pair(text, "reason", ROLE_WARNING, pod->reason);
	add_pair(text, "message", ROLE_NORMAL, pod->message);
	if (pod->status_count)
		add_heading(text, "Containers");
	for (size_t i = 0; i < pod->status_count; i++)
		add_container(text, world, &pod->statuses[i]);
	for (size_t i = 0; !pod->status_count && i < pod->spec_count; i++)
		add_pair(text, pod->specs[i].name, ROLE_NORMAL, pod->specs[i].image);
	add_conditions(text, world, pod->conditions, pod->condition_count, true, "DisruptionTarget");
}

static void add_workload(struct textview *text, const struct world *world,
			 const struct workload_record *workload)
{
	const struct {
		const char *label;
		int64_t value;
	} numbers[] = {
		{N_("wanted"), workload->wanted},	      {N_("current"), workload->current},
		{N_("ready"), workload->ready},	      {N_("available"), workload->available},
		{N_("updated"), workload->updated},	      {N_("unavailable"), workload->unavailable},
	};

	add_pair(text, "strategy", ROLE_NORMAL, workload->strategy);
	add_pair(text, "revision", ROLE_NORMAL, workload->revision);
	for (size_t i = 0; i < array_length(numbers); i++) {
		auto_free char *value = xasprintf("%lld", (long long)numbers[i].value);

		if (numbers[i].value >= 0)
			add_pair(text, numbers[i].label, ROLE_NORMAL, value);
	}
	if (workload->spec_count)
		add_heading(text, "Containers");
	for (size_t i = 0; i < workload->spec_count; i++) {
		textview_addf(text, ROLE_STRONG, "  %s", workload->specs[i].name);
		textview_appendf(text, ROLE_DIM, "%s  %s",
				 workload->specs[i].role == CONTAINER_INIT ? translate(" (init)") : "",
				 workload->specs[i].image);
		textview_indent(text, 4);
	}
	add_conditions(text, world, workload->conditions, workload->condition_count, true, "ReplicaFailure");
}

static void add_findings(struct textview *text, const struct world *world, const struct record *record)
{
	bool any = false;

	for (size_t i = 0; world->symptoms && i < symptoms_finding_count(world->symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(world->symptoms, i);

		for (size_t k = 0; k < finding->object_count; k++) {
			auto_free char *title = NULL;

			if (strcmp(finding->objects[k].uid, record->uid) != 0)
				continue;
			title = world_title(world, finding);
			if (!any)
				add_heading(text, "Symptoms");
			any = true;
			textview_addf(text, ROLE_WARNING, "  %s ", finding->runbook->id);
			textview_append(text, ROLE_NORMAL, title);
			textview_indent(text, 4);
			break;
		}
	}
}

static void add_events(struct textview *text, const struct world *world, const struct record *record,
		       size_t most)
{
	struct record_list events = snapshot_events_about(world->snapshot, record);
	size_t shown = events.count < most ? events.count : most;

	if (!events.count)
		return;
	add_heading(text, "Events");
	for (size_t i = 0; i < shown; i++) {
		const struct event_record *event = record_event(events.items[events.count - 1 - i]);
		bool is_warning = !strcmp(event->type, "Warning");
		char age[32];

		world_age(world, event->last, age, sizeof(age));
		textview_addf(text, ROLE_DIM, "  %-5s ", age);
		textview_append(text, is_warning ? ROLE_WARNING : ROLE_NORMAL, event->reason);
		if (event->count > 1)
			textview_appendf(text, ROLE_DIM, " x%lld", (long long)event->count);
		textview_append(text, ROLE_DIM, "  ");
		textview_append(text, ROLE_NORMAL, event->message);
		textview_indent(text, 8);
	}
	if (events.count > shown)
		textview_addf(text, ROLE_DIM, translate("  and %zu older ones"), events.count - shown);
}

void describe_text(struct textview *text, const struct world *world, const struct record *record,
		   bool complete)
{
	auto_free char *name = world_object_name(record->kind->name, record->name_space, record->name);

	textview_add(text, ROLE_STRONG, name);
	add_age(text, world, "age", record->created);
	if (record->deleted)
		add_age(text, world, "deleted", record->deleted);
	if (record->owner_kind[0]) {
		auto_free char *owner = xasprintf("%s/%s", record->owner_kind, record->owner_name);

		add_pair(text, "owner", ROLE_NORMAL, owner);
	}
	if (complete) {
		add_pair(text, "uid", ROLE_DIM, record->uid);
		add_pair(text, "version", ROLE_DIM, record->resource_version);
	}
	switch (record->kind->id) {
	case KIND_NODE:
		add_node(text, world, record_node(record));
		break;
	case KIND_POD:
		add_pod(text, world, record_pod(record));
		break;
	case KIND_DAEMON_SET:
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_STATEFUL_SET:
		add_workload(text, world, record_workload(record));
		break;
	default:
		break;
	}
	add_findings(text, world, record);
	add_events(text, world, record, complete ? 200 : MOST_EVENTS);
}
