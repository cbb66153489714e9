/* Help: generated from the live keymap, filtered by what is typed behind `/`. */
#include <stdio.h>

#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/text_view.h"
#include "widgets/search.h"

/* From this width on the groups stand in two columns. */
enum { TWO_COLUMNS = 108, KEYS_CELLS = 9, NAME_CELLS = 18, MOST_ROWS = 64 };

struct help_view {
	struct text_view base;
	char filter[256];
	int columns;		/* width of the last draw; 0 before */
};

/* A line of the list: a heading, a key with what it does, or nothing. */
struct row {
	const char *heading;
	const char *name;
	const char *about;
	char keys[96];
};

struct rows {
	struct row items[MOST_ROWS];
	size_t count;
};

static bool is_wanted(const struct help_view *help, const char *keys, const char *name, const char *about)
{
	return !help->filter[0] || search_matches(keys, help->filter) || search_matches(name, help->filter) ||
	       search_matches(about, help->filter);
}

static struct row *add_row(struct rows *rows)
{
	if (rows->count == MOST_ROWS)
		bug("more keys than the help has rows for");
	return &rows->items[rows->count++];
}

static void collect_group(const struct help_view *help, enum action_group group, struct rows *rows)
{
	const struct keymap *keymap = &help->base.view.console->keymap;
	bool has_heading = false;

	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct action_info *info = action_info((enum action)i);
		struct row row = {.name = info->name, .about = translate(info->help)};

		keymap_text(keymap, (enum action)i, row.keys, sizeof(row.keys));
		if (info->group != group || !is_wanted(help, row.keys, row.name, row.about))
			continue;
		if (!has_heading && rows->count)
			*add_row(rows) = (struct row){0};
		if (!has_heading)
			*add_row(rows) = (struct row){.heading = translate(action_group_title(group))};
		has_heading = true;
		*add_row(rows) = row;
	}
}

/* Adds text and spaces up to cells; returns what it took beyond them. */
static void append_padded(struct textview *text, enum role role, const char *what, int cells)
{
	int width = text_width(what);

	textview_append(text, role, what);
	textview_appendf(text, ROLE_NORMAL, "%*s", width < cells ? cells - width : 1, "");
}

/* The names are for the configuration: shown where one looks for a key. */
static void append_row(struct textview *text, const struct row *row, bool with_name, int cells)
{
	int used = 2 + KEYS_CELLS + (with_name ? NAME_CELLS : 0);

	if (row->heading) {
		append_padded(text, ROLE_HEADING, row->heading, cells);
		return;
	}
	textview_append(text, ROLE_NORMAL, "  ");
	append_padded(text, ROLE_KEY, row->keys, KEYS_CELLS);
	if (with_name)
		append_padded(text, ROLE_DIM, row->name ? row->name : "", NAME_CELLS);
	append_padded(text, ROLE_NORMAL, row->about ? row->about : "", cells - used);
}

static void add_one_column(struct textview *text, const struct rows *rows, bool with_name)
{
	for (size_t i = 0; i < rows->count; i++) {
		textview_add(text, ROLE_NORMAL, "");
		append_row(text, &rows->items[i], with_name, 0);
		textview_indent(text, 2 + KEYS_CELLS + (with_name ? NAME_CELLS : 0));
	}
}

static int widest_row(const struct rows *rows)
{
	int widest = 0;

	for (size_t i = 0; i < rows->count; i++) {
		int width = rows->items[i].about ? text_width(rows->items[i].about) : 0;

		widest = width > widest ? width : widest;
	}
	return 2 + KEYS_CELLS + widest;
}

static void add_two_columns(struct textview *text, const struct rows *left, const struct rows *right, int columns)
{
	const struct row nothing = {0};
	size_t count = left->count > right->count ? left->count : right->count;
	int cells = widest_row(left) + 2;

	cells = cells < columns / 2 ? cells : columns / 2;
	for (size_t i = 0; i < count; i++) {
		textview_add(text, ROLE_NORMAL, "");
		append_row(text, i < left->count ? &left->items[i] : &nothing, false, cells);
		if (i < right->count)
			append_row(text, &right->items[i], false, 0);
		textview_indent(text, cells + 2 + KEYS_CELLS);
	}
}

static void add_keys(struct help_view *help)
{
	bool is_wide = help->columns >= TWO_COLUMNS && !help->filter[0];
	struct rows left = {.count = 0};
	struct rows right = {.count = 0};

	textview_add(&help->base.text, ROLE_NORMAL, "");
	for (int group = 0; group < ACTION_GROUP_COUNT; group++)
		collect_group(help, (enum action_group)group,
			      is_wide && group > GROUP_PANES ? &right : &left);
	if (is_wide)
		add_two_columns(&help->base.text, &left, &right, help->columns);
	else
		add_one_column(&help->base.text, &left, help->filter[0]);
}

static void add_glyphs(struct help_view *help)
{
	static const struct {
		enum glyph glyph;
		enum role role;
		const char *about;
	} rows[] = {
		{GLYPH_CRITICAL, ROLE_CRITICAL, N_("critical: something is broken now")},
		{GLYPH_WARNING, ROLE_WARNING, N_("warning")},
		{GLYPH_INFO, ROLE_INFO, N_("worth knowing")},
		{GLYPH_COULD_NOT_CHECK, ROLE_COULD_NOT_CHECK,
			N_("could not check: neither healthy nor sick, the reason is beside it")},
		{GLYPH_LIVE, ROLE_OK, N_("the link to the apiserver is up, and when it last answered")},
		{GLYPH_STALE, ROLE_STALE, N_("the link is lost; what is grey is as old as it says")},
		{GLYPH_ARMED, ROLE_ARMED, N_("changes are allowed, for as long as it says")},
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
		     translate("/ filters this list and adds the names for the configuration."));
	add_keys(help);
	add_glyphs(help);
	if (!help->filter[0]) {
		textview_add(text, ROLE_NORMAL, "");
		textview_add(text, ROLE_HEADING, translate("Commands behind `:`"));
		textview_add(text, ROLE_NORMAL,
			     "  ctx  ns  nodes  symptoms  pods  events  checks  plan E02  runs  requests");
		textview_add(text, ROLE_NORMAL, "  arm 15m  disarm  lang ko  theme light  info  help  q");
	}
	snprintf(base->title, sizeof(base->title),
		 help->filter[0] ? translate("Help /%.60s") : translate("Help"),
		 help->filter);
}

/* Filled for a width: again when that changes. */
static void draw(struct view *view, struct cells *cells, struct rect rect, bool focused)
{
	struct help_view *help = (struct help_view *)view;
	int columns = text_view_margin(rect).columns - 1;

	if (columns != help->columns) {
		help->columns = columns;
		text_view_update(view);
	}
	text_view_draw(view, cells, rect, focused);
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
	.draw = draw,
	.act = text_view_act,
	.filter = filter,
	.set_filter = set_filter,
	.copy = text_view_copy,
};
