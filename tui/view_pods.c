/* Pods: those of system namespaces in their pane, all of them as a page. Worst first, STATUS as kubectl prints it. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"

enum column { NAME, READY, STATUS, RESTARTS, NODE, AGE, NAMESPACE, ADDRESS };

static const struct table_column system_columns[] = {
	[NAME] = {.title = "NAME", .minimum = 16, .ideal = 48, .weight = 1, .whole = 18, .cut_middle = true},
	[READY] = {.title = "READY", .minimum = 5},
	[STATUS] = {.title = "STATUS", .minimum = 10, .ideal = 20},
	[RESTARTS] = {.title = "RESTARTS", .minimum = 8, .align = TABLE_RIGHT, .drop = 4},
	[NODE] = {.title = "NODE", .minimum = 9, .ideal = 30, .drop = 1, .squeezes = true, .cut_middle = true},
	[AGE] = {.title = "AGE", .minimum = 5, .align = TABLE_RIGHT, .drop = 3},
	[NAMESPACE] = {.title = "NAMESPACE", .minimum = 9, .ideal = 24, .drop = 6, .cut_middle = true},
	[ADDRESS] = {.title = "ADDRESS", .minimum = 7, .drop = 7},
};

static const struct table_column all_columns[] = {
	[NAME] = {.title = "NAME", .minimum = 16, .ideal = 52, .weight = 1, .whole = 48, .cut_middle = true},
	[READY] = {.title = "READY", .minimum = 5},
	[STATUS] = {.title = "STATUS", .minimum = 10, .ideal = 24},
	[RESTARTS] = {.title = "RESTARTS", .minimum = 8, .align = TABLE_RIGHT, .drop = 4},
	[NODE] = {.title = "NODE", .minimum = 9, .ideal = 40, .drop = 2, .squeezes = true, .cut_middle = true},
	[AGE] = {.title = "AGE", .minimum = 5, .align = TABLE_RIGHT, .drop = 3},
	[NAMESPACE] = {.title = "NAMESPACE", .minimum = 9, .ideal = 30, .drop = 1, .squeezes = true,
		       .cut_middle = true},
	[ADDRESS] = {.title = "ADDRESS", .minimum = 7, .drop = 7},
};

/* The status that kubectl prints; scratch must outlive the use. */
static void status_of(const struct world *world, const struct pod_record *pod, char *out, size_t size)
{
	CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(512);

	pod_status_text(pod, world->server_version, &status);
	snprintf(out, size, "%s", buffer_text(&status));
}

static enum role status_role(const char *status, const struct pod_counts *counts)
{
	if (!strcmp(status, "Running"))
		return counts->ready == counts->total ? ROLE_OK : ROLE_WARNING;
	if (!strcmp(status, "Completed") || !strcmp(status, "Succeeded"))
		return ROLE_DIM;
	if (!strcmp(status, "Pending") || !strcmp(status, "ContainerCreating") || !strcmp(status,
											  "PodInitializing") ||
	    !strcmp(status, "Terminating") || !strncmp(status, "Init:", 5))
		return strstr(status, "Err") || strstr(status, "BackOff") ? ROLE_CRITICAL : ROLE_WARNING;
	return ROLE_CRITICAL;
}

static int status_rank(enum role role)
{
	return role == ROLE_CRITICAL ? 0 : role == ROLE_WARNING ? 1 : role == ROLE_OK ? 2 : 3;
}

static bool is_shown(const struct list_view *list, const struct world *world, const struct record *record)
{
	if (list->name_space[0])
		return !strcmp(record->name_space, list->name_space);
	return list->view.ops == &pods_view || world->name_space || world_is_system(world, record->name_space);
}

static void collect(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);
	struct record_list pods = snapshot_all(world->snapshot, KIND_POD);

	for (size_t i = 0; i < pods.count; i++) {
		const struct pod_record *pod = record_pod(pods.items[i]);
		struct pod_counts counts;
		char status[64];
		enum role role;

		if (!is_shown(list, world, pods.items[i]))
			continue;
		status_of(world, pod, status, sizeof(status));
		pod_count(pod, &counts);
		role = status_role(status, &counts);
		const struct list_row row = {
			.item = pod,
			.key = pod->base.uid,
			.rank = status_rank(role),
			.first = pod->base.name_space,
			.second = pod->base.name,
		};

		list->total++;
		list->good += role == ROLE_OK || role == ROLE_DIM;
		list_view_add(list, &row);
	}
}

static void restarts_cell(const struct world *world, const struct pod_counts *counts, struct table_cell *cell)
{
	char age[32];

	if (counts->last_restart) {
		world_age(world, counts->last_restart, age, sizeof(age));
		snprintf(cell->scratch, sizeof(cell->scratch), "%lld %s", (long long)counts->restarts, age);
	} else {
		snprintf(cell->scratch, sizeof(cell->scratch), "%lld", (long long)counts->restarts);
	}
	cell->text = cell->scratch;
	cell->role = counts->restarts ? ROLE_NORMAL : ROLE_DIM;
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);
	const struct pod_record *pod = row->item;
	struct pod_counts counts;

	cell->role = ROLE_DIM;
	pod_count(pod, &counts);
	switch ((enum column)column) {
	case NAME:
		cell->text = pod->base.name;
		cell->role = ROLE_STRONG;
		break;
	case READY:
		snprintf(cell->scratch, sizeof(cell->scratch), "%d/%d", counts.ready, counts.total);
		cell->text = cell->scratch;
		cell->role = counts.ready == counts.total ? ROLE_NORMAL : ROLE_WARNING;
		break;
	case STATUS:
		status_of(world, pod, cell->scratch, sizeof(cell->scratch));
		cell->text = cell->scratch;
		cell->role = status_role(cell->scratch, &counts);
		break;
	case RESTARTS:
		restarts_cell(world, &counts, cell);
		break;
	case NODE:
		cell->text = pod->node_name[0] ? list_view_node_name(list, pod->node_name) : "<none>";
		break;
	case AGE:
		world_age(world, pod->base.created, cell->scratch, sizeof(cell->scratch));
		cell->text = cell->scratch;
		break;
	case NAMESPACE:
		cell->text = pod->base.name_space;
		break;
	case ADDRESS:
		cell->text = pod->pod_ip;
		break;
	}
}

/* The namespace that alone is shown, or NULL. */
static const char *only_namespace(const struct list_view *list)
{
	return list->name_space[0] ? list->name_space : console_world(list->view.console)->name_space;
}

static void system_title(struct list_view *list, char *out, size_t size)
{
	const char *only = only_namespace(list);

	if (only)
		snprintf(out, size, translate("Pods in %.60s %zu/%zu"), only, list->good, list->total);
	else
		snprintf(out, size, translate("System pods %zu/%zu"), list->good, list->total);
}

static void all_title(struct list_view *list, char *out, size_t size)
{
	const char *only = only_namespace(list);

	if (only)
		snprintf(out, size, translate("Pods in %.60s %zu/%zu"), only, list->good, list->total);
	else
		snprintf(out, size, translate("Pods %zu/%zu"), list->good, list->total);
}

static bool selection(struct list_view *list, const struct list_row *row, struct selection *selection)
{
	const struct pod_record *pod = row->item;

	(void)list;
	selection_set(selection, "Pod", pod->base.name_space, pod->base.name, pod->base.uid);
	return true;
}

static const struct list_ops system_list = {
	.columns = system_columns,
	.column_count = array_length(system_columns),
	.kind = KIND_POD,
	.collect = collect,
	.cell = cell,
	.title = system_title,
	.nothing = N_("no pods in the system namespaces"),
	.selection = selection,
};

static const struct list_ops all_list = {
	.columns = all_columns,
	.column_count = array_length(all_columns),
	.kind = KIND_POD,
	.collect = collect,
	.cell = cell,
	.title = all_title,
	.nothing = N_("no pods"),
	.selection = selection,
};

static struct view *new_system(struct console *console)
{
	return list_view_new(console, &system_pods_view, &system_list, 3);
}

static struct view *new_all(struct console *console)
{
	return list_view_new(console, &pods_view, &all_list, 0);
}

const struct view_ops system_pods_view = {.name = "system-pods", .new = new_system, LIST_VIEW_OPS};
const struct view_ops pods_view = {.name = "pods", .new = new_all, LIST_VIEW_OPS};
