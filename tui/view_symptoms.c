/* Symptoms: findings worst first, then the checks that could not look. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/list_view.h"
#include "tui/view_detail.h"

enum column { SEVERITY, TITLE, SINCE };

static const struct table_column columns[] = {
	[SEVERITY] = {.title = "SEVERITY", .minimum = 10, .ideal = 12},
	[TITLE] = {.title = "SYMPTOM", .minimum = 20, .ideal = 60, .weight = 1},
	[SINCE] = {.title = "SINCE", .minimum = 5, .ideal = 5, .align = TABLE_RIGHT, .drop = 1, .squeezes = true},
};

enum { RANK_CHECK = 100 };

/* Checks that share a reason share a row: one lost list keeps ten of them from looking. */
static bool is_first(const struct world *world, size_t index)
{
	const struct check *check = symptoms_check_at(world->symptoms, index);

	for (size_t i = 0; i < index; i++) {
		if (checks_alike(symptoms_check_at(world->symptoms, i), check))
			return false;
	}
	return true;
}

static void collect(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);

	if (!world->symptoms)
		return;
	for (size_t i = 0; i < symptoms_finding_count(world->symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(world->symptoms, i);
		const struct list_row row = {
			.item = finding,
			.key = finding->key,
			.rank = 0,
			.order = (int64_t)i,
		};

		list_view_add(list, &row);
	}
	/* What is not listed yet is no news. */
	for (size_t i = 0; !world_is_loading(world) && i < symptoms_check_count(world->symptoms); i++) {
		const struct check *check = symptoms_check_at(world->symptoms, i);
		const struct list_row row = {
			.item = check,
			.key = check->runbook->id,
			.rank = RANK_CHECK,
			.order = (int64_t)i,
		};

		if (check->verdict == VERDICT_COULD_NOT_CHECK && !check->was_left_out && is_first(world, i))
			list_view_add(list, &row);
	}
}

static enum glyph severity_glyph(enum severity severity)
{
	return severity == SEVERITY_CRITICAL ? GLYPH_CRITICAL : severity == SEVERITY_WARNING ? GLYPH_WARNING :
											       GLYPH_INFO;
}

static enum role severity_role(enum severity severity)
{
	return severity == SEVERITY_CRITICAL ? ROLE_CRITICAL : severity == SEVERITY_WARNING ? ROLE_WARNING : ROLE_INFO;
}

static void finding_cell(const struct world *world, const struct finding *finding, enum column column,
			 struct table_cell *cell)
{
	CLEANUP(buffer_release) struct buffer headline = BUFFER_INIT(sizeof(cell->scratch));

	switch (column) {
	case SEVERITY:
		snprintf(cell->scratch, sizeof(cell->scratch), "%s %s",
			 glyph_text(world->glyphs, severity_glyph(finding->severity)),
			 translate(severity_name(finding->severity)));
		cell->text = cell->scratch;
		cell->role = severity_role(finding->severity);
		break;
	case TITLE:
		world_headline(world, finding, &headline);
		snprintf(cell->scratch, sizeof(cell->scratch), "%s %s%s%s", finding->runbook->id,
			 buffer_text(&headline),
			 finding->confidence == CONFIDENCE_SUSPECTED ? translate(" (suspected)") : "",
			 finding->came_back_after ? translate(" (came back after a fix)") : "");
		cell->text = cell->scratch;
		break;
	case SINCE:
		world_age(world, finding->since ? finding->since : finding->first_seen, cell->scratch,
			  sizeof(cell->scratch));
		cell->text = cell->scratch;
		cell->role = ROLE_DIM;
		break;
	}
}

/* "E10 could not check: nodes/proxy forbidden", "3 could not check: cannot list pods (E03 E08 image-pull)". */
static void check_title(const struct world *world, const struct check *check, struct table_cell *cell)
{
	CLEANUP(buffer_release) struct buffer ids = BUFFER_INIT(sizeof(cell->scratch));
	auto_free char *reason = message_text(&check->reason);
	const char *colon = *reason ? ": " : "";
	size_t count = 0;

	for (size_t i = 0; i < symptoms_check_count(world->symptoms); i++) {
		const struct check *other = symptoms_check_at(world->symptoms, i);

		if (!checks_alike(check, other))
			continue;
		buffer_addf(&ids, "%s%s", count++ ? " " : "", other->runbook->id);
	}
	if (count > 1)
		snprintf(cell->scratch, sizeof(cell->scratch), translate("%zu could not check%s%s (%s)"), count, colon,
			 reason, buffer_text(&ids));
	else
		snprintf(cell->scratch, sizeof(cell->scratch), translate("%s could not check%s%s"),
			 check->runbook->id, colon, reason);
	cell->text = cell->scratch;
}

static void check_cell(const struct world *world, const struct check *check, enum column column,
		       struct table_cell *cell)
{
	switch (column) {
	case SEVERITY:
		snprintf(cell->scratch, sizeof(cell->scratch), "%s %s",
			 glyph_text(world->glyphs, GLYPH_COULD_NOT_CHECK), translate("unknown"));
		cell->text = cell->scratch;
		cell->role = ROLE_COULD_NOT_CHECK;
		break;
	case TITLE:
		check_title(world, check, cell);
		break;
	case SINCE:
		break;
	}
}

static void cell(struct list_view *list, const struct list_row *row, size_t column, struct table_cell *cell)
{
	const struct world *world = console_world(list->view.console);

	if (row->rank == RANK_CHECK)
		check_cell(world, row->item, (enum column)column, cell);
	else
		finding_cell(world, row->item, (enum column)column, cell);
}

static void title(struct list_view *list, char *out, size_t size)
{
	(void)list;
	snprintf(out, size, "%s", translate("Symptoms (worst first)"));
}

static bool selection(struct list_view *list, const struct list_row *row, struct selection *selection)
{
	const struct finding *finding = row->item;

	(void)list;
	if (row->rank == RANK_CHECK) {
		selection->is_check = true;
		snprintf(selection->finding_key, sizeof(selection->finding_key), "%s", row->key);
		return true;
	}
	selection->is_finding = true;
	snprintf(selection->finding_key, sizeof(selection->finding_key), "%s", finding->key);
	if (finding->object_count) {
		const struct finding_object *object = &finding->objects[0];

		selection_set(selection, object->kind, object->name_space, object->name, object->uid);
	}
	return true;
}

static const struct list_ops symptoms_list = {
	.columns = columns,
	.column_count = array_length(columns),
	.kind = KIND_COUNT,
	.collect = collect,
	.cell = cell,
	.title = title,
	.nothing = N_("looking for symptoms ..."),
	.selection = selection,
};

static struct view *new(struct console *console)
{
	struct view *view = list_view_new(console, &symptoms_view, &symptoms_list, 2);

	((struct list_view *)view)->table.no_header = true;
	return view;
}

/* Nothing found is said with its coverage. */
static void say_coverage(struct list_view *list)
{
	const struct world *world = console_world(list->view.console);
	size_t counts[VERDICT_COULD_NOT_CHECK + 1] = {0};

	if (!world->symptoms || list->count || list->hidden || world_is_loading(world))
		return;
	for (size_t i = 0; i < symptoms_check_count(world->symptoms); i++)
		counts[symptoms_check_at(world->symptoms, i)->verdict]++;
	if (!counts[VERDICT_CLEAR] && !counts[VERDICT_COULD_NOT_CHECK])
		return;
	free(list->empty);
	list->empty =
		xasprintf(translate("nothing found: %zu clear, %zu could not check, %zu not applicable"),
				counts[VERDICT_CLEAR], counts[VERDICT_COULD_NOT_CHECK],
				counts[VERDICT_NOT_APPLICABLE]);
	list->table.empty_text = list->empty;
}

static void update(struct view *view)
{
	struct list_view *list = (struct list_view *)view;

	list_view_update(view);
	say_coverage(list);
}

const struct view_ops symptoms_view = {
	.name = "symptoms",
	.new = new,
	LIST_VIEW_OPS_BUT_UPDATE,
	.update = update,
};
