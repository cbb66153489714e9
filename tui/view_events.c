/* Events, newest first: all of them, or those of one object. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"
#include "tui/view_events.h"

enum column { TIME, AGE, TYPE, REASON, OBJECT, COUNT, MESSAGE };

static const struct table_column columns[] = {
	[TIME] = {.title = "TIME", .minimum = 8},
	[AGE] = {.title = "AGE", .minimum = 5, .align = TABLE_RIGHT, .drop = 3},
	[TYPE] = {.title = "TYPE", .minimum = 7, .drop = 2},
	[REASON] = {.title = "REASON", .minimum = 10, .ideal = 24},
	[OBJECT] = {.title = "OBJECT", .minimum = 14, .ideal = 40, .cut_middle = true},
	[COUNT] = {.title = "COUNT", .minimum = 5, .align = TABLE_RIGHT, .drop = 1, .squeezes = true},
	[MESSAGE] = {.title = "MESSAGE", .minimum = 20, .ideal = 60, .weight = 1},
};

static void add(struct list_view *list, const struct record *record)
{
	const struct event_record *event = record_event(record);
	const struct list_row row = {
		.item = event,
		.key = event->base.uid,
		.order = -event->last,
		.first = event->object_name,
		.second = event->reason,
	};

	list->total++;
	list->good += !strcmp(event->type, "Warning");
	list_view_add(list, &row);
}

static void collect(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);
	const struct selection *about = &list->about;
	struct record_list events;

	if (about->is_object) {
		const struct record *object = snapshot_by_uid(world->snapshot, about->uid);

		events = object ? snapshot_events_about(world->snapshot, object) :
				  snapshot_events_of(world->snapshot, about->kind, about->name_space,
						     about->name);
	} else {
		events = snapshot_all(world->snapshot, KIND_EVENT);
	}
	for (size_t i = 0; i < events.count; i++) {
		if (!list->name_space[0] || !strcmp(events.items[i]->name_space, list->name_space))
			add(list, events.items[i]);
	}
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);
	const struct event_record *event = row->item;
	bool is_warning = !strcmp(event->type, "Warning");

	cell->role = ROLE_DIM;
	cell->text = cell->scratch;
	switch ((enum column)column) {
	case TIME:
		world_clock(event->last, cell->scratch, sizeof(cell->scratch));
		break;
	case AGE:
		world_age(world, event->last, cell->scratch, sizeof(cell->scratch));
		break;
	case TYPE:
		cell->text = event->type;
		cell->role = is_warning ? ROLE_WARNING : ROLE_DIM;
		break;
	case REASON:
		cell->text = event->reason;
		cell->role = is_warning ? ROLE_WARNING : ROLE_NORMAL;
		break;
	case OBJECT:
		snprintf(cell->scratch, sizeof(cell->scratch), "%s/%s", event->object_kind,
			 event->object_name);
		cell->role = ROLE_NORMAL;
		break;
	case COUNT:
		cell->scratch[0] = '\0';
		if (event->count > 1)
			snprintf(cell->scratch, sizeof(cell->scratch), "x%lld", (long long)event->count);
		break;
	case MESSAGE:
		cell->text = event->message;
		cell->role = ROLE_NORMAL;
		break;
	}
}

static void title(struct list_view *list, char *out, size_t size)
{
	if (list->about.is_object)
		snprintf(out, size, translate("Events of %.40s/%.80s"), list->about.kind, list->about.name);
	else
		snprintf(out, size,
			 translate_count(list->good, N_("Events (newest first) %zu, %zu warning"),
					 N_("Events (newest first) %zu, %zu warnings")),
			 list->total, list->good);
}

/* An event stands for the object that it is about. */
static bool selection(struct list_view *list, const struct list_row *row, struct selection *selection)
{
	const struct event_record *event = row->item;

	(void)list;
	selection_set(selection, event->object_kind, event->object_namespace, event->object_name,
		      event->object_uid);
	return true;
}

static const struct list_ops events_list = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_EVENT,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("no events: the cluster keeps them for about an hour"),
	.selection = selection,
};

static struct view *new(struct console *console)
{
	return list_view_new(console, &events_view, &events_list, 5);
}

struct view *events_view_about(struct console *console, const struct selection *about)
{
	struct view *view = list_view_new(console, &events_view, &events_list, 0);

	((struct list_view *)view)->about = *about;
	return view;
}

const struct event_record *events_view_newest(struct view *view)
{
	struct list_view *list = (struct list_view *)view;

	return list->count ? list->rows[0].item : NULL;
}

static bool about(struct view *view, struct selection *about)
{
	*about = ((struct list_view *)view)->about;
	return about->is_object;
}

const struct view_ops events_view = {
	.name = "events",
	.new = new,
	.new_about = events_view_about,
	.about = about,
	LIST_VIEW_OPS,
};
