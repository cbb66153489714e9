#include "tui/view_node_checks.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/model/node_survey.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"
#include "tui/node_asking.h"
#include "tui/nodes_text.h"
#include "tui/text_view.h"
#include "widgets/gauge.h"

enum { PROGRESS_COLUMNS = 40 };

/* The first row is about the connections themselves; it has no name of a check. */
static const char connections[] = "ssh";

/* "11/12 answered, 1 failed", for titles. */
static void add_progress(const struct node_survey *survey, char *out, size_t size)
{
	struct survey_progress progress;
	size_t used = strlen(out);

	if (!survey || used >= size)
		return;
	node_survey_progress(survey, &progress);
	if (!progress.total)
		return;
	used += (size_t)snprintf(out + used, size - used, translate("  %zu/%zu answered"),
				 progress.done - progress.failed, progress.total);
	if (progress.failed && used < size)
		snprintf(out + used, size - used, translate(", %zu failed"), progress.failed);
}

/* All checks */

enum column { CHECK, FOUND, NOT_CHECKED, CLEAR, WAITING, TITLE };

static const struct table_column columns[] = {
	[CHECK] = {.title = "CHECK", .minimum = 10},
	[FOUND] = {.title = "FOUND", .minimum = 5, .align = TABLE_RIGHT},
	[NOT_CHECKED] = {.title = "UNKNOWN", .minimum = 7, .align = TABLE_RIGHT},
	[CLEAR] = {.title = "CLEAR", .minimum = 5, .align = TABLE_RIGHT},
	[WAITING] = {.title = "WAITING", .minimum = 7, .align = TABLE_RIGHT, .drop = 2},
	[TITLE] = {.title = "WHAT", .minimum = 12, .weight = 1, .drop = 1, .squeezes = true},
};

struct counts {
	size_t by_verdict[SURVEY_VERDICTS];
	size_t waiting;
};

static void count(const struct node_survey *survey, const char *check, struct counts *ret_counts)
{
	struct counts counts = {0};

	for (size_t i = 0; i < node_survey_count(survey); i++) {
		const struct survey_node *node = node_survey_at(survey, i);
		const struct survey_answer *answer = node_survey_answer(survey, node, check);

		counts.waiting += node->call != NULL && !answer;
		if (check == connections && !node->call)
			counts.by_verdict[node->has_failed ? SURVEY_COULD_NOT : SURVEY_OK]++;
		else if (check != connections && node->has_failed && !node->call)
			counts.by_verdict[SURVEY_COULD_NOT]++;
		else if (answer)
			counts.by_verdict[answer->verdict]++;
	}
	*ret_counts = counts;
}

static void add_check(struct list_view *list, const struct node_survey *survey, const char *check, int64_t order)
{
	struct counts counts;
	struct list_row row = {.item = check, .key = check, .order = order};

	count(survey, check, &counts);
	row.rank = counts.by_verdict[SURVEY_BAD] ? 0 : counts.by_verdict[SURVEY_COULD_NOT] ? 1 : 2;
	list->total++;
	list_view_add(list, &row);
}

static void collect(struct list_view *list)
{
	const struct node_survey *survey = console_world(list->view.console)->survey;

	if (!survey)
		return;
	add_check(list, survey, connections, -1);
	for (size_t i = 0; i < node_survey_check_count(survey); i++)
		add_check(list, survey, node_survey_check_name(survey, i), (int64_t)i);
}

static void number_cell(struct table_cell *cell, size_t number, enum role role)
{
	snprintf(cell->scratch, sizeof(cell->scratch), "%zu", number);
	cell->text = number ? cell->scratch : "";
	cell->role = role;
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);
	const char *check = row->item;
	struct counts counts;

	count(world->survey, check, &counts);
	switch ((enum column)column) {
	case CHECK:
		cell->text = check;
		cell->role = ROLE_STRONG;
		break;
	case FOUND:
		number_cell(cell, counts.by_verdict[SURVEY_BAD], ROLE_WARNING);
		break;
	case NOT_CHECKED:
		number_cell(cell, counts.by_verdict[SURVEY_COULD_NOT], ROLE_COULD_NOT_CHECK);
		break;
	case CLEAR:
		number_cell(cell, counts.by_verdict[SURVEY_OK] + counts.by_verdict[SURVEY_NOT_APPLICABLE], ROLE_OK);
		break;
	case WAITING:
		number_cell(cell, counts.waiting, ROLE_INFO);
		break;
	case TITLE:
		cell->text = check == connections ? translate("Nodes reached over SSH")
						  : node_survey_check_title(world->survey, check, world->language);
		cell->role = ROLE_DIM;
		break;
	}
}

static void title(struct list_view *list, char *out, size_t size)
{
	snprintf(out, size, "%s", translate("Node checks"));
	add_progress(console_world(list->view.console)->survey, out, size);
}

static const struct list_ops checks_list = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_COUNT,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("no checks of nodes"),
};

static struct view *new_checks(struct console *console)
{
	return list_view_new(console, &node_checks_view, &checks_list, 0);
}

static bool act_on_checks(struct view *base, enum action action)
{
	struct list_view *list = (struct list_view *)base;
	ptrdiff_t row = table_cursor_row(&list->table);
	const char *check;

	if (action != ACTION_OPEN)
		return list_view_act(base, action);
	if (row == TABLE_NO_ROW || (size_t)row >= list->count)
		return false;
	check = list->rows[row].item;
	console_push(base->console, node_check_view_new(base->console, check == connections ? "" : check));
	return true;
}

/* One check */

struct check_view {
	struct text_view base;
	char check[256];		/* "": the nodes that could not be asked */
};

static void fill(struct text_view *base)
{
	struct check_view *view = (struct check_view *)base;
	struct nodes_page page;

	console_nodes_page(base->view.console, &page);
	snprintf(base->title, sizeof(base->title), translate("Check %s"), view->check[0] ? view->check : connections);
	if (!page.survey)
		return;
	add_progress(page.survey, base->title, sizeof(base->title));
	nodes_progress_text(&base->text, &page);
	textview_add(&base->text, ROLE_NORMAL, "");
	if (view->check[0])
		nodes_check_text(&base->text, &page, view->check, true);
	else
		nodes_failed_text(&base->text, &page);
}

struct view *node_check_view_new(struct console *console, const char *check)
{
	struct text_view *base = text_view_new(console, &node_check_view, sizeof(struct check_view));

	base->fill = fill;
	snprintf(((struct check_view *)base)->check, sizeof(((struct check_view *)base)->check), "%s", check);
	return &base->view;
}

const char *node_check_view_check(struct view *view)
{
	const struct check_view *check = (const struct check_view *)view;

	return view->ops == &node_check_view && check->check[0] ? check->check : NULL;
}

static struct view *new_about(struct console *console, const struct selection *about)
{
	return node_check_view_new(console, about->name);
}

static bool about(struct view *view, struct selection *about)
{
	snprintf(about->kind, sizeof(about->kind), "check");
	snprintf(about->name, sizeof(about->name), "%s", ((struct check_view *)view)->check);
	return true;
}

/* While nodes are asked a bar says how far it is. */
static void draw(struct view *base, struct cells *cells, struct rect rect, bool focused)
{
	const struct world *world = console_world(base->console);
	struct survey_progress progress = {0};

	if (world->survey)
		node_survey_progress(world->survey, &progress);
	if (progress.done < progress.total && rect.rows > 3) {
		int width = rect.columns - 2 < PROGRESS_COLUMNS ? rect.columns - 2 : PROGRESS_COLUMNS;

		progress_draw(cells, rect.row, rect.column + 1, width, (int)progress.done, (int)progress.total,
			      (unsigned)(world->now_ms / 100), ROLE_GAUGE);
		rect.row++;
		rect.rows--;
	}
	text_view_draw(base, cells, rect, focused);
}

const struct view_ops node_checks_view = {
	.name = "node-checks",
	.new = new_checks,
	.free = list_view_free,
	.update = list_view_update,
	.heading = list_view_heading,
	.draw = list_view_draw,
	.act = act_on_checks,
	.selection = list_view_selection,
	.select = list_view_select,
	.filter = list_view_filter,
	.set_filter = list_view_set_filter,
	.copy = list_view_copy,
	.freeze = list_view_freeze,
	.wanted_rows = list_view_wanted_rows,
};

const struct view_ops node_check_view = {
	.name = "node-check",
	.new_about = new_about,
	.about = about,
	.free = text_view_free,
	.update = text_view_update,
	.heading = text_view_heading,
	.draw = draw,
	.act = text_view_act,
	.filter = text_view_filter,
	.set_filter = text_view_set_filter,
	.copy = text_view_copy,
};
