/* YAML and logs of one object: read from the server when the page is opened, never kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/object_view.h"
#include "tui/text_view.h"
#include "tui/yaml_text.h"

enum { TAIL_LINES = 500, MOST_LINE_BYTES = 16 << 10 };

struct live_view {
	struct text_view base;
	struct selection about;
	struct kube_slot *slot;		/* NULL: nothing is on its way */
	struct buffer line;		/* log: what came of a line so far */
	char *container;		/* log */
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
	buffer_release(&view->line);
	free(view->container);
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
	buffer_init(&view->line, MOST_LINE_BYTES);
	snprintf(view->base.title, sizeof(view->base.title), "%s %s", translate(title), name);
	return view;
}

static void start(struct live_view *view, const struct kube_request *request)
{
	struct kube_client *client = view->base.view.console->world.client;
	struct err err;

	set_state(view, translate("reading"));
	if (!client) {
		textview_add(&view->base.text, ROLE_WARNING, translate("no cluster"));
		set_state(view, "");
	} else if (kube_read(client, request, &view->slot, &err) < 0) {
		say_failure(view, &err);
		set_state(view, "");
	}
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

	if (path)
		start(view, &request);
	else
		textview_addf(&view->base.text, ROLE_WARNING,
			      translate("objects of kind %s are not read in this release"),
			      selected->kind);
	return &view->base.view;
}

static void end_line(struct live_view *view)
{
	const char *line = buffer_text(&view->line);
	bool is_bad = strstr(line, "ERROR") || strstr(line, "FATAL") || strstr(line, "[ERR");

	textview_add(&view->base.text, is_bad ? ROLE_WARNING : ROLE_NORMAL, line);
	buffer_clear(&view->line);
}

static int on_log_bytes(void *data, const char *bytes, size_t n)
{
	struct live_view *view = data;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(view);
		else
			buffer_add_byte(&view->line, bytes[i]);
	}
	view->base.view.console->is_dirty = true;
	return 0;
}

static void on_log_head(void *data, long status, const char *content_type)
{
	(void)status;
	(void)content_type;
	set_state(data, translate("following"));
}

static void on_log_end(void *data, const struct kube_result *result)
{
	struct live_view *view = data;

	view->slot = NULL;
	if (view->line.length)
		end_line(view);
	if (result->code != ERR_NONE)
		say_failure(view, &result->err);
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
	auto_free char *base = kind_path(kind_get(KIND_POD), selected->name_space, selected->name);
	auto_free char *escaped = kube_escape(container);
	auto_free char *path = xasprintf("%s/log?container=%s&tailLines=%d%s", base, escaped, TAIL_LINES,
					 previous ? "&previous=true" : "&follow=true");
	const struct kube_request request = {
		.method = "GET",
		.path = path,
		.accept = KUBE_TEXT,
		.kind = previous ? HTTP_ONCE : HTTP_FOLLOW,
		.on_head = on_log_head,
		.on_body = on_log_bytes,
		.on_done = on_log_end,
		.data = view,
	};
	size_t used = strlen(view->base.title);

	/* A pod that is gone has none to name. */
	if (*container)
		snprintf(view->base.title + used, sizeof(view->base.title) - used, " [%s]", container);
	textview_set_follow(&view->base.text, true);
	start(view, &request);
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
