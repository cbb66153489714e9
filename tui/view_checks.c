/* Every check with its verdict and why: nothing found is said with its coverage. */
#include <stdio.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"

enum column { VERDICT, ID, TITLE, REASON };

static const struct table_column columns[] = {
	[VERDICT] = {.title = "VERDICT", .minimum = 10},
	[ID] = {.title = "ID", .minimum = 4, .ideal = 24},
	[TITLE] = {.title = "SYMPTOM", .minimum = 20},
	[REASON] = {.title = "REASON", .minimum = 16, .weight = 1, .drop = 1, .squeezes = true},
};

static const struct {
	int rank;
	enum glyph glyph;
	enum role role;
	const char *word;
} looks[] = {
	[VERDICT_HIT] = {0, GLYPH_CRITICAL, ROLE_CRITICAL, N_("found")},
	[VERDICT_COULD_NOT_CHECK] = {1, GLYPH_COULD_NOT_CHECK, ROLE_COULD_NOT_CHECK, N_("could not check")},
	[VERDICT_CLEAR] = {2, GLYPH_OK, ROLE_OK, N_("clear")},
	[VERDICT_NOT_APPLICABLE] = {3, GLYPH_NOT_APPLICABLE, ROLE_DIM, N_("not applicable")},
};

static void collect(struct list_view *list)
{
	const struct symptoms *symptoms = console_world(list->view.console)->symptoms;

	for (size_t i = 0; symptoms && i < symptoms_check_count(symptoms); i++) {
		const struct check *check = symptoms_check_at(symptoms, i);
		const struct list_row row = {
			.item = check,
			.key = check->runbook->id,
			.rank = looks[check->verdict].rank,
			.order = (int64_t)i,
		};

		list->total++;
		list_view_add(list, &row);
	}
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);
	const struct check *check = row->item;
	auto_free char *reason = NULL;

	switch ((enum column)column) {
	case VERDICT:
		snprintf(cell->scratch, sizeof(cell->scratch), "%s %s",
			 glyph_text(world->glyphs,
				    looks[check->verdict].glyph), translate(looks[check->verdict].word));
		cell->text = cell->scratch;
		cell->role = looks[check->verdict].role;
		break;
	case ID:
		cell->text = check->runbook->id;
		cell->role = ROLE_STRONG;
		break;
	case TITLE:
		cell->text = runbook_text(check->runbook, world->language, "title");
		break;
	case REASON:
		reason = message_text(&check->reason);
		snprintf(cell->scratch, sizeof(cell->scratch), "%s%s",
			 check->was_left_out ? translate("left out: ") : "",
			 reason);
		cell->text = cell->scratch;
		cell->role = ROLE_DIM;
		break;
	}
}

static void title(struct list_view *list, char *out, size_t size)
{
	snprintf(out, size, translate("Checks %zu"), list->total);
}

static const struct list_ops checks_list = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_COUNT,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("no checks yet"),
};

static struct view *new(struct console *console)
{
	return list_view_new(console, &checks_view, &checks_list, 0);
}

const struct view_ops checks_view = {.name = "checks", .new = new, LIST_VIEW_OPS};
