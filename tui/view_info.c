/* Where we are, as whom, with what: paths, versions, state of each list. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/configuration.h"
#include "tui/console.h"
#include "tui/paths.h"
#include "tui/text_view.h"

enum { LABEL_CELLS = 16 };

static void add_pair(struct textview *text, const char *label, const char *value)
{
	label = translate(label);
	textview_addf(text, ROLE_DIM, "%-*s ", field_width(label, LABEL_CELLS), label);
	textview_append(text, ROLE_NORMAL, value && *value ? value : "-");
	textview_indent(text, LABEL_CELLS + 1);
}

static void add_cluster(struct textview *text, const struct world *world)
{
	const struct kubeconfig_view *view = world->kubeconfig;
	CLEANUP(buffer_release) struct buffer facts = BUFFER_INIT(400);

	textview_add(text, ROLE_HEADING, translate("Cluster"));
	world_facts(world, &facts);
	if (view) {
		add_pair(text, "context", view->context);
		add_pair(text, "server", view->server);
		add_pair(text, "user", view->user);
		add_pair(text, "impersonating", view->as_user);
		add_pair(text, "kubeconfig", view->file);
		add_pair(text, "TLS",
			 !strncmp(view->server, "http://", strlen("http://")) ? translate("none: plain http") :
			 view->insecure_skip_verify			       ? translate("not verified") :
										 translate("verified"));
	}
	add_pair(text, "facts", buffer_text(&facts));
}

static void add_lists(struct textview *text, const struct world *world)
{
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Lists"));
	for (int i = 0; world->snapshot && i < KIND_COUNT; i++) {
		const struct collection *collection = snapshot_collection(world->snapshot, (enum kind_id)i);
		CLEANUP(buffer_release) struct buffer note = BUFFER_INIT(300);
		bool is_stale;

		if (!kind_get((enum kind_id)i)->is_core && collection->state == COLLECTION_NEVER)
			continue;
		world_note(world, (enum kind_id)i, &note, &is_stale);
		textview_addf(text, ROLE_DIM, "%-*s ", LABEL_CELLS, kind_get((enum kind_id)i)->resource);
		textview_appendf(text, ROLE_NORMAL, "%zu", collection->count);
		if (collection->dropped)
			textview_appendf(text, ROLE_WARNING, translate(", %llu dropped"),
					 (unsigned long long)collection->dropped);
		textview_appendf(text, is_stale ? ROLE_ERROR : ROLE_DIM, "  %s", buffer_text(&note));
	}
}

static void fill(struct text_view *view)
{
	struct console *console = view->view.console;
	struct textview *text = &view->text;

	add_cluster(text, console_world(console));
	add_lists(text, console_world(console));
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("This program"));
	add_pair(text, "version", program_version());
	add_pair(text, "assets", console->invocation->assets);
	add_pair(text, "configuration", console->configuration->file);
	add_pair(text, "state", console->invocation->state_dir);
	add_pair(text, "language", console->world.language);
	snprintf(view->title, sizeof(view->title), "%s", translate("Info"));
}

static struct view *new(struct console *console)
{
	struct text_view *view = text_view_new(console, &info_view, sizeof(*view));

	view->fill = fill;
	return &view->view;
}

const struct view_ops info_view = {.name = "info", .new = new, TEXT_VIEW_OPS};
