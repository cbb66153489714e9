/* Describe and timeline of one object, from what is known of it now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/object_view.h"
#include "tui/text_view.h"
#include "tui/view_detail.h"

struct object_view {
	struct text_view base;
	struct selection about;
};

static const struct record *record_of(const struct object_view *view)
{
	return console_record(view->base.view.console, &view->about);
}

static void say_gone(struct object_view *view)
{
	auto_free char *name = world_object_name(view->about.kind, view->about.name_space, view->about.name);

	textview_addf(&view->base.text, ROLE_WARNING,
		      translate("%s is gone, or of a kind that is not watched"), name);
}

static void fill_description(struct text_view *base)
{
	struct object_view *view = (struct object_view *)base;
	const struct record *record = record_of(view);

	if (record)
		describe_text(&base->text, console_world(base->view.console), record, true);
	else
		say_gone(view);
}

static bool selection(struct view *base, struct selection *selection)
{
	*selection = ((struct object_view *)base)->about;
	return true;
}

static const struct view_ops describe_view = {
	.name = "describe",
	TEXT_VIEW_OPS,
	.new_about = describe_view_new,
	.about = selection,
	.selection = selection,
};

static const struct view_ops timeline_view = {
	.name = "timeline",
	TEXT_VIEW_OPS,
	.new_about = timeline_view_new,
	.about = selection,
	.selection = selection,
};

static struct object_view *object_view_new(struct console *console, const struct view_ops *ops,
					   const struct selection *selected, const char *title)
{
	struct object_view *view =
		(struct object_view *)text_view_new(console, ops, sizeof(struct object_view));
	auto_free char *name = world_object_name(selected->kind, selected->name_space, selected->name);

	view->about = *selected;
	view->about.is_finding = false;
	snprintf(view->base.title, sizeof(view->base.title), "%s %s", translate(title), name);
	return view;
}

struct view *describe_view_new(struct console *console, const struct selection *selected)
{
	struct object_view *view = object_view_new(console, &describe_view, selected, "Describe");

	view->base.fill = fill_description;
	return &view->base.view;
}

/* One thing that happened; texts are borrowed from records. */
struct happening {
	int64_t at;
	enum role role;
	char what[80];
	const char *text;
};

struct timeline {
	struct happening *items;
	size_t count;
};

static void add(struct timeline *timeline, int64_t at, enum role role, const char *text, const char *what)
{
	struct happening *item;

	if (!at)
		return;
	timeline->items = xreallocarray(timeline->items, timeline->count + 1, sizeof(*timeline->items));
	item = &timeline->items[timeline->count++];
	*item = (struct happening){.at = at, .role = role, .text = text};
	snprintf(item->what, sizeof(item->what), "%s", what);
}

static void add_conditions(struct timeline *timeline, const struct condition *conditions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char what[80];

		snprintf(what, sizeof(what), "%.40s=%.10s", conditions[i].type, conditions[i].status);
		add(timeline, conditions[i].changed, ROLE_INFO,
		    conditions[i].message[0] ? conditions[i].message : conditions[i].reason, what);
	}
}

static void add_containers(struct timeline *timeline, const struct pod_record *pod)
{
	for (size_t i = 0; i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];
		char what[80];

		snprintf(what, sizeof(what), translate("%.40s started"), status->name);
		add(timeline, status->started_at, ROLE_OK, "", what);
		snprintf(what, sizeof(what), translate("%.40s ended"), status->name);
		add(timeline, status->finished_at, ROLE_WARNING, status->reason, what);
		if (status->has_last)
			add(timeline, status->last_finished_at, ROLE_WARNING, status->last_reason, what);
	}
}

static void add_record(struct timeline *timeline, const struct record *record)
{
	add(timeline, record->created, ROLE_NORMAL, "", translate("created"));
	add(timeline, record->deleted, ROLE_WARNING, "", translate("deletion asked for"));
	switch (record->kind->id) {
	case KIND_NODE:
		add_conditions(timeline, record_node(record)->conditions,
			       record_node(record)->condition_count);
		break;
	case KIND_POD:
		add_conditions(timeline, record_pod(record)->conditions, record_pod(record)->condition_count);
		add_containers(timeline, record_pod(record));
		break;
	case KIND_EVENT:
		break;
	case KIND_DAEMON_SET:
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_STATEFUL_SET:
		add_conditions(timeline, record_workload(record)->conditions,
			       record_workload(record)->condition_count);
		break;
	default:
		add_conditions(timeline, record_object(record)->conditions,
			       record_object(record)->condition_count);
		break;
	}
}

static void add_events(struct timeline *timeline, const struct snapshot *snapshot,
		       const struct record *record)
{
	struct record_list events = snapshot_events_about(snapshot, record);

	for (size_t i = 0; i < events.count; i++) {
		const struct event_record *event = record_event(events.items[i]);
		bool is_warning = !strcmp(event->type, "Warning");
		char what[80];

		if (event->count > 1) {
			snprintf(what, sizeof(what), translate("%.40s, first of %lld"), event->reason,
				 (long long)event->count);
			add(timeline, event->first, is_warning ? ROLE_WARNING : ROLE_NORMAL, event->message,
			    what);
		}
		add(timeline, event->last, is_warning ? ROLE_WARNING : ROLE_NORMAL, event->message,
		    event->reason);
	}
}

static int compare(const void *left, const void *right)
{
	const struct happening *a = left;
	const struct happening *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return strcmp(a->what, b->what);
}

static void fill_timeline(struct text_view *base)
{
	struct object_view *view = (struct object_view *)base;
	const struct world *world = console_world(base->view.console);
	const struct record *record = record_of(view);
	struct timeline timeline = {0};

	if (!record) {
		say_gone(view);
		return;
	}
	add_record(&timeline, record);
	add_events(&timeline, world->snapshot, record);
	if (timeline.count)
		qsort(timeline.items, timeline.count, sizeof(*timeline.items), compare);
	textview_add(&base->text, ROLE_DIM,
		     translate("from conditions, containers and events as they are known now"));
	for (size_t i = 0; i < timeline.count; i++) {
		const struct happening *item = &timeline.items[i];
		char time[16];
		char age[32];

		world_clock(item->at, time, sizeof(time));
		world_age(world, item->at, age, sizeof(age));
		textview_addf(&base->text, ROLE_DIM, "%s %6s  ", time, age);
		textview_append(&base->text, item->role, item->what);
		textview_append(&base->text, ROLE_DIM, "  ");
		textview_append(&base->text, ROLE_NORMAL, item->text);
		textview_indent(&base->text, 17);
	}
	free(timeline.items);
}

struct view *timeline_view_new(struct console *console, const struct selection *selected)
{
	struct object_view *view = object_view_new(console, &timeline_view, selected, "Timeline");

	view->base.fill = fill_timeline;
	return &view->base.view;
}
