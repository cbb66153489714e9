/* Nodes: worst first, with what their conditions say. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"
#include "tui/node_access.h"
#include "widgets/gauge.h"

enum column { NAME, STATUS, DISK, INODES, MEMORY, PODS, AGE, GROUP, ROLES, VERSION, RUNTIME, ADDRESS, IMAGE };

static const struct table_column columns[] = {
	[NAME] = {.title = "NAME", .minimum = 12, .ideal = 48, .weight = 1, .whole = 48, .cut_middle = true},
	[STATUS] = {.title = "STATUS", .minimum = 8, .ideal = 24},
	[DISK] = {.title = "DISK", .minimum = 4, .ideal = 13, .drop = 1, .squeezes = true},
	[INODES] = {.title = "INODE", .minimum = 4, .ideal = 9, .drop = 5, .only_filled = true},
	[MEMORY] = {.title = "MEM", .minimum = 3, .ideal = 9, .drop = 4, .only_filled = true},
	[PODS] = {.title = "POD", .minimum = 3, .align = TABLE_RIGHT, .drop = 2},
	[AGE] = {.title = "AGE", .minimum = 4, .align = TABLE_RIGHT, .drop = 3},
	[GROUP] = {.title = "GROUP", .minimum = 5, .ideal = 24, .drop = 6, .only_filled = true},
	[ROLES] = {.title = "ROLES", .minimum = 5, .ideal = 20, .drop = 9},
	[VERSION] = {.title = "VERSION", .minimum = 7, .drop = 7},
	[RUNTIME] = {.title = "RUNTIME", .minimum = 12, .ideal = 30, .drop = 8},
	[ADDRESS] = {.title = "ADDRESS", .minimum = 7, .drop = 10},
	[IMAGE] = {.title = "OS", .minimum = 12, .ideal = 40, .drop = 11},
};

/* What the other columns of a narrow pane take. */
enum { BESIDE_NAME = 26 };

static const struct condition *node_condition(const struct node_record *node, const char *type)
{
	return condition_find(node->conditions, node->condition_count, type);
}

static bool condition_is(const struct node_record *node, const char *type, const char *status)
{
	const struct condition *condition = node_condition(node, type);

	return condition && !strcmp(condition->status, status);
}

/* The short word for what presses a node; NULL for nothing. */
static const char *pressure_word(const struct node_record *node)
{
	if (condition_is(node, "DiskPressure", "True"))
		return "Disk";
	if (condition_is(node, "MemoryPressure", "True"))
		return "Memory";
	if (condition_is(node, "PIDPressure", "True"))
		return "PID";
	if (condition_is(node, "NetworkUnavailable", "True"))
		return "Network";
	return NULL;
}

static int node_rank(const struct node_record *node)
{
	if (!condition_is(node, "Ready", "True"))
		return 0;
	if (pressure_word(node))
		return 1;
	return node->unschedulable ? 2 : 3;
}

static void collect(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);
	struct record_list nodes = snapshot_all(world->snapshot, KIND_NODE);

	for (size_t i = 0; i < nodes.count; i++) {
		const struct node_record *node = record_node(nodes.items[i]);
		const struct list_row row = {
			.item = node,
			.key = node->base.uid,
			.rank = node_rank(node),
			.first = node->base.name,
		};

		list->total++;
		list->good += condition_is(node, "Ready", "True");
		if (strlen(node->base.name) > list->longest)
			list->longest = strlen(node->base.name);
		list_view_add(list, &row);
	}
}

static void status_cell(const struct world *world, const struct node_record *node, struct table_cell *cell)
{
	CLEANUP(buffer_release) struct buffer status = BUFFER_INIT(200);
	const char *pressure = pressure_word(node);

	node_status_text(node, &status);
	if (!condition_is(node, "Ready", "True")) {
		cell->role = ROLE_CRITICAL;
		snprintf(cell->scratch, sizeof(cell->scratch), "%s %s", glyph_text(world->glyphs,
										   GLYPH_CRITICAL),
			 buffer_text(&status));
	} else if (pressure) {
		cell->role = ROLE_WARNING;
		snprintf(cell->scratch, sizeof(cell->scratch), "! %s", pressure);
	} else {
		cell->role = node->unschedulable ? ROLE_WARNING : ROLE_OK;
		snprintf(cell->scratch, sizeof(cell->scratch), "%s",
			 node->unschedulable && !strncmp(buffer_text(&status), "Ready,", 6) ? "Cordoned" :
											       buffer_text(&status));
	}
	cell->text = cell->scratch;
}

/* A gauge with its share, bad from so many thousandths on. False where nothing was measured. */
static bool gauge_cell(int permille, int warning, int critical, struct table_cell *cell)
{
	if (permille < 0)
		return false;
	cell->has_gauge = true;
	cell->gauge_permille = permille;
	cell->gauge_role = gauge_role(permille, warning, critical);
	cell->role = cell->gauge_role == ROLE_GAUGE ? ROLE_NORMAL : cell->gauge_role;
	snprintf(cell->scratch, sizeof(cell->scratch), "%d%%", (permille + 5) / 10);
	cell->text = cell->scratch;
	return true;
}

/*
 * DiskPressure as a word until a measured value exists, then the gauge and how old it is (decisions.md 40). The
 * kubelet deletes images from 85 % on, and evicts pods at 90 %.
 */
static void disk_cell(const struct world *world, const struct node_record *node, const struct survey_gauges *gauges,
		      struct table_cell *cell)
{
	const struct condition *disk = node_condition(node, "DiskPressure");

	if (gauge_cell(gauges->disk, 850, 900, cell)) {
		size_t used = strlen(cell->scratch);
		char age[32];

		world_age(world, gauges->measured_at, age, sizeof(age));
		snprintf(cell->scratch + used, sizeof(cell->scratch) - used, " %s", age);
	} else if (!disk || !strcmp(disk->status, "Unknown")) {
		cell->text = translate("unknown");
		cell->role = ROLE_UNKNOWN;
	} else if (!strcmp(disk->status, "True")) {
		cell->text = translate("pressure");
		cell->role = ROLE_CRITICAL;
	} else {
		cell->text = translate("ok");
		cell->role = ROLE_DIM;
	}
}

static const char *node_address(const struct node_record *node)
{
	for (size_t i = 0; i < node->address_count; i++) {
		if (!strcmp(node->addresses[i].type, "InternalIP"))
			return node->addresses[i].address;
	}
	return "";
}

static void roles_cell(const struct node_record *node, struct table_cell *cell)
{
	CLEANUP(buffer_release) struct buffer roles = BUFFER_INIT(sizeof(cell->scratch) - 1);

	node_roles_text(node, &roles);
	snprintf(cell->scratch, sizeof(cell->scratch), "%s", buffer_text(&roles));
	cell->text = cell->scratch;
	cell->role = ROLE_DIM;
}

static void read_gauges(const struct world *world, const struct node_record *node, struct survey_gauges *ret_gauges)
{
	const struct survey_node *known = world->survey ? node_survey_find(world->survey, node->base.name) : NULL;

	/* What was measured on a machine that is gone says nothing of the one that has its name now. */
	survey_gauges_read(known && !strcmp(known->uid, node->base.uid) ? known : NULL, ret_gauges);
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);
	const struct node_record *node = row->item;
	struct survey_gauges gauges;

	if (column == DISK || column == INODES || column == MEMORY)
		read_gauges(world, node, &gauges);

	cell->role = ROLE_DIM;
	switch ((enum column)column) {
	case NAME:
		cell->text = node->base.name;
		if (list->drawn_columns < (int)list->longest + BESIDE_NAME)
			cell->text = list_view_node_name(list, node->base.name);
		cell->role = ROLE_STRONG;
		break;
	case STATUS:
		status_cell(world, node, cell);
		break;
	case DISK:
		disk_cell(world, node, &gauges, cell);
		break;
	case INODES:
		gauge_cell(gauges.inodes, 800, 900, cell);
		break;
	case MEMORY:
		gauge_cell(gauges.memory, 900, 950, cell);
		break;
	case PODS:
		snprintf(cell->scratch, sizeof(cell->scratch), "%zu",
			 snapshot_pods_on_node(world->snapshot, node->base.name).count);
		cell->text = cell->scratch;
		cell->role = ROLE_NORMAL;
		break;
	case AGE:
		world_age(world, node->base.created, cell->scratch, sizeof(cell->scratch));
		cell->text = cell->scratch;
		break;
	case GROUP:
		cell->text = node_group_of(&node->base);
		break;
	case ROLES:
		roles_cell(node, cell);
		break;
	case VERSION:
		cell->text = node->kubelet_version;
		break;
	case RUNTIME:
		cell->text = node->container_runtime;
		break;
	case ADDRESS:
		cell->text = node_address(node);
		break;
	case IMAGE:
		cell->text = node->os_image;
		break;
	}
}

static void title(struct list_view *list, char *out, size_t size)
{
	snprintf(out, size, translate("Nodes %zu/%zu ready"), list->good, list->total);
}

static bool selection(struct list_view *list, const struct list_row *row, struct selection *selection)
{
	const struct node_record *node = row->item;

	(void)list;
	selection_set(selection, "Node", "", node->base.name, node->base.uid);
	return true;
}

static const struct list_ops nodes_list = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_NODE,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("the cluster has no nodes"),
	.selection = selection,
};

static struct view *new(struct console *console)
{
	return list_view_new(console, &nodes_view, &nodes_list, 1);
}

const struct view_ops nodes_view = {.name = "nodes", .new = new, LIST_VIEW_OPS};
