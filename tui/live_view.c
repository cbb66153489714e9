/* YAML and logs of one object: read from the server when the page is opened, never kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/logs.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/object_view.h"
#include "tui/text_view.h"
#include "tui/yaml_text.h"

enum { TAIL_LINES = 500 };

struct live_view {
	struct text_view base;
	struct selection about;
	struct kube_slot *slot;		/* YAML; NULL: nothing is on its way */
	struct pod_log *log;		/* NULL: it has ended */
	char *state;			/* said in the title */
};

static void set_state(struct live_view *view, const char *text)
{
	free(view->state);
	view->state = xstrdup(text);
	view->base.view.console->is_dirty = true;
}

static void say_failure(struct live_view *view, const struct err *err)
{
	auto_free char *what = message_text(&err->what);
	auto_free char *hint = message_text(&err->hint);

	textview_add(&view->base.text, ROLE_ERROR, err_layer(err->code));
	textview_append(&view->base.text, ROLE_ERROR, ": ");
	textview_append(&view->base.text, ROLE_NORMAL, what);
	if (*hint)
		textview_add(&view->base.text, ROLE_NORMAL, hint);
}

static void release(struct text_view *base)
{
	struct live_view *view = (struct live_view *)base;

	kube_cancel(view->slot);
	pod_log_cancel(view->log);
	free(view->state);
}

static void heading(struct view *base, struct heading *heading)
{
	struct live_view *view = (struct live_view *)base;

	text_view_heading(base, heading);
	snprintf(heading->note, sizeof(heading->note), "%s", view->state ? view->state : "");
}

static bool selection(struct view *base, struct selection *selection)
{
	*selection = ((struct live_view *)base)->about;
	return true;
}

static bool act_on_yaml(struct view *base, enum action action)
{
	return text_view_act(base, action);
}

/* Going up stops following, going to the end starts it again. */
static bool act_on_log(struct view *base, enum action action)
{
	struct text_view *view = (struct text_view *)base;

	if (action == ACTION_BOTTOM)
		textview_set_follow(&view->text, true);
	return text_view_act(base, action);
}

static const struct view_ops yaml_view = {
	.name = "yaml",
	.new_about = yaml_view_new,
	.about = selection,
	.free = text_view_free,
	.update = text_view_update,
	.heading = heading,
	.draw = text_view_draw,
	.act = act_on_yaml,
	.selection = selection,
	.filter = text_view_filter,
	.set_filter = text_view_set_filter,
	.copy = text_view_copy,
};

#define LOG_VIEW_OPS                                                                                       \
	.about = selection, .free = text_view_free, .update = text_view_update, .heading = heading,        \
	.draw = text_view_draw, .act = act_on_log, .selection = selection, .filter = text_view_filter,     \
	.set_filter = text_view_set_filter, .copy = text_view_copy

static const struct view_ops log_view = {.name = "logs", .new_about = log_view_new, LOG_VIEW_OPS};

static const struct view_ops previous_log_view = {
	.name = "previous-logs",
	.new_about = previous_log_view_new,
	LOG_VIEW_OPS,
};

static struct live_view *live_view_new(struct console *console, const struct view_ops *ops,
				       const struct selection *selected, const char *title)
{
	struct live_view *view = (struct live_view *)text_view_new(console, ops, sizeof(struct live_view));
	auto_free char *name = world_object_name(selected->kind, selected->name_space, selected->name);

	view->about = *selected;
	view->about.is_finding = false;
	view->base.release = release;
	snprintf(view->base.title, sizeof(view->base.title), "%s %s", translate(title), name);
	return view;
}

/* Nothing was asked for: why. */
static void say_not_started(struct live_view *view, const struct err *err)
{
	if (err)
		say_failure(view, err);
	else
		textview_add(&view->base.text, ROLE_WARNING, translate("no cluster"));
	set_state(view, "");
}

static void on_document(void *data, const struct kube_result *result)
{
	struct live_view *view = data;
	json_t *document;

	view->slot = NULL;
	set_state(view, "");
	textview_clear(&view->base.text);
	if (result->code != ERR_NONE || !result->document) {
		say_failure(view, &result->err);
		return;
	}
	document = json_deep_copy(result->document);
	yaml_mask(document);
	yaml_text(&view->base.text, document);
	json_decref(document);
	textview_top(&view->base.text);
}

struct view *yaml_view_new(struct console *console, const struct selection *selected)
{
	struct live_view *view = live_view_new(console, &yaml_view, selected, "YAML of");
	const struct kind *kind = kind_find(selected->kind);
	auto_free char *path = kind ? kind_path(kind, selected->name_space[0] ? selected->name_space : NULL,
						selected->name) :
				      NULL;
	const struct kube_request request = {
		.method = "GET",
		.path = path,
		.on_done = on_document,
		.data = view,
	};
	struct kube_client *client = console->world.client;
	struct err err;

	if (!path) {
		textview_addf(&view->base.text, ROLE_WARNING,
			      translate("objects of kind %s are not read in this release"),
			      selected->kind);
		return &view->base.view;
	}
	set_state(view, translate("reading"));
	if (!client || kube_read(client, &request, &view->slot, &err) < 0)
		say_not_started(view, client ? &err : NULL);
	return &view->base.view;
}

static void on_log_line(void *data, const struct log_line_view *line)
{
	struct live_view *view = data;
	bool is_bad = strstr(line->text, "ERROR") || strstr(line->text, "FATAL") || strstr(line->text, "[ERR");

	textview_add_bytes(&view->base.text, is_bad ? ROLE_WARNING : ROLE_NORMAL, line->text, line->length);
	view->base.view.console->is_dirty = true;
}

static void on_log_link(void *data, const struct err *err)
{
	set_state(data, err ? translate("connection lost: goes on as soon as it can") : translate("following"));
}

static void on_log_end(void *data, const struct err *err)
{
	struct live_view *view = data;

	view->log = NULL;
	if (err)
		say_failure(view, err);
	else if (!textview_count(&view->base.text))
		textview_add(&view->base.text, ROLE_DIM, translate("the log is empty"));
	set_state(view, translate("ended"));
}

/* The container that is worst off: waiting, then restarting, then the first. */
static const char *container_of(const struct pod_record *pod, bool previous)
{
	const char *name = pod->spec_count ? pod->specs[0].name : "";

	for (size_t i = 0; i < pod->spec_count; i++) {
		if (pod->specs[i].role == CONTAINER_MAIN) {
			name = pod->specs[i].name;
			break;
		}
	}
	for (size_t i = 0; i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];

		if (previous ? status->has_last : status->state == STATE_RUNNING && !status->ready)
			return status->name;
	}
	return name;
}

static struct view *log_page(struct console *console, const struct selection *selected, bool previous)
{
	struct live_view *view = live_view_new(console, previous ? &previous_log_view : &log_view, selected,
					       previous ? N_("Previous logs of") : N_("Logs of"));
	const struct record *record = console_record(console, selected);
	const char *container = record && record->kind->id == KIND_POD ? container_of(record_pod(record),
										      previous) : "";
	const struct pod_log_request request = {
		.name_space = selected->name_space,
		.pod = selected->name,
		.container = *container ? container : NULL,
		.follow = !previous,
		.previous = previous,
		.tail_lines = TAIL_LINES,
		.on_line = on_log_line,
		.on_link = on_log_link,
		.on_done = on_log_end,
		.data = view,
	};
	struct kube_client *client = console->world.client;
	size_t used = strlen(view->base.title);
	struct err err;

	/* A pod that is gone has none to name. */
	if (*container)
		snprintf(view->base.title + used, sizeof(view->base.title) - used, " [%s]", container);
	textview_set_follow(&view->base.text, true);
	set_state(view, translate("reading"));
	if (!client || pod_log_start(client, &request, &view->log, &err) < 0)
		say_not_started(view, client ? &err : NULL);
	return &view->base.view;
}

struct view *log_view_new(struct console *console, const struct selection *selected)
{
	return log_page(console, selected, false);
}

struct view *previous_log_view_new(struct console *console, const struct selection *selected)
{
	return log_page(console, selected, true);
}
