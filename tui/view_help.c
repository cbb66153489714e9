/* Help: generated from the live keymap, filtered by what is typed behind `/`. */
#include <stdio.h>

#include "tui/command.h"
#include "tui/console.h"
#include "tui/text_view.h"
#include "widgets/search.h"

struct help_view {
	struct text_view base;
	char filter[256];
};

static bool is_wanted(const struct help_view *help, const char *keys, const char *name, const char *about)
{
	return !help->filter[0] || search_matches(keys, help->filter) || search_matches(name, help->filter) ||
	       search_matches(about, help->filter);
}

static void add_group(struct help_view *help, enum action_group group)
{
	struct textview *text = &help->base.text;
	bool has_heading = false;

	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct action_info *info = action_info((enum action)i);
		const char *about = translate(info->help);
		char keys[96];

		keymap_text(&help->base.view.console->keymap, (enum action)i, keys, sizeof(keys));
		if (info->group != group || !is_wanted(help, keys, info->name, about))
			continue;
		if (!has_heading) {
			textview_add(text, ROLE_NORMAL, "");
			textview_add(text, ROLE_HEADING, translate(action_group_title(group)));
			has_heading = true;
		}
		textview_addf(text, ROLE_KEY, "  %-16s", keys);
		textview_appendf(text, ROLE_DIM, "%-18s", info->name);
		textview_append(text, ROLE_NORMAL, about);
		textview_indent(text, 36);
	}
}

static void add_glyphs(struct help_view *help)
{
	static const struct {
		enum glyph glyph;
		enum role role;
		const char *about;
	} rows[] = {
		{GLYPH_CRITICAL, ROLE_CRITICAL, "critical: something is broken now"},
		{GLYPH_WARNING, ROLE_WARNING, "warning"},
		{GLYPH_INFO, ROLE_INFO, "worth knowing"},
		{GLYPH_COULD_NOT_CHECK, ROLE_COULD_NOT_CHECK,
			"could not check: neither healthy nor sick, the reason is beside it"},
		{GLYPH_LIVE, ROLE_OK, "the link to the apiserver is up, and when it last answered"},
		{GLYPH_STALE, ROLE_STALE, "the link is lost; what is grey is as old as it says"},
		{GLYPH_ARMED, ROLE_ARMED, "changes are allowed, for as long as it says"},
	};
	struct textview *text = &help->base.text;

	if (help->filter[0])
		return;
	textview_add(text, ROLE_NORMAL, "");
	textview_add(text, ROLE_HEADING, translate("Signs"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		textview_addf(text, rows[i].role, "  %s ",
			      glyph_text(console_world(help->base.view.console)->glyphs, rows[i].glyph));
		textview_append(text, ROLE_NORMAL, translate(rows[i].about));
		textview_indent(text, 4);
	}
}

static void fill(struct text_view *base)
{
	struct help_view *help = (struct help_view *)base;
	struct textview *text = &base->text;

	textview_add(text, ROLE_DIM,
		     translate("/ filters this list. Nothing is changed in the cluster before you confirm it."));
	for (int group = 0; group < ACTION_GROUP_COUNT; group++)
		add_group(help, (enum action_group)group);
	add_glyphs(help);
	if (!help->filter[0]) {
		textview_add(text, ROLE_NORMAL, "");
		textview_add(text, ROLE_HEADING, translate("Commands behind `:`"));
		textview_add(text, ROLE_NORMAL,
			     "  ctx  ns  nodes  symptoms  pods  events  checks  plan  runs  requests");
		textview_add(text, ROLE_NORMAL, "  arm 15m  disarm  lang ko  theme light  info  help  q");
	}
	snprintf(base->title, sizeof(base->title),
		 help->filter[0] ? translate("Help /%.60s") : translate("Help"),
		 help->filter);
}

static struct view *new(struct console *console)
{
	struct text_view *view = text_view_new(console, &help_view, sizeof(struct help_view));

	view->fill = fill;
	return &view->view;
}

static const char *filter(struct view *view)
{
	return ((struct help_view *)view)->filter;
}

static void set_filter(struct view *view, const char *text)
{
	struct help_view *help = (struct help_view *)view;

	snprintf(help->filter, sizeof(help->filter), "%s", text);
	text_view_update(view);
	textview_top(&help->base.text);
}

const struct view_ops help_view = {
	.name = "help",
	.new = new,
	.free = text_view_free,
	.update = text_view_update,
	.heading = text_view_heading,
	.draw = text_view_draw,
	.act = text_view_act,
	.filter = filter,
	.set_filter = set_filter,
	.copy = text_view_copy,
};
