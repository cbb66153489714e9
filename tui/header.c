/* The first lines (where we are, how the link is, what was found, may we write) and the last one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "tui/command.h"
#include "tui/console.h"
#include "tui/fix.h"
#include "tui/link_text.h"
#include "tui/runs.h"
#include "tui/view_events.h"
#include "widgets/textview.h"

int header_rows(const struct console *console, int rows, int columns)
{
	if (rows < 3)
		return 0;
	if (console->compact || rows < 24 || columns < 80)
		return 1;
	return 2;
}

/* Pieces that are put one behind the other, each in its role. */
struct line {
	struct cells *cells;
	int row;
	int column;
	int end;
};

static void put(struct line *line, enum role role, const char *text)
{
	if (line->column < line->end)
		line->column += cells_put(line->cells, line->row, line->column, line->end - line->column,
					  role,
					  PUT_ELLIPSIS, text);
}

enum { NARROW = 100, HINTS_CELLS = 20, MOST_MESSAGE_ROWS = 5, MOST_FAILURE_ROWS = 3, LEAST_ROWS_FOR_FAILURE = 24 };

static int width_of(const char *raw)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4096);

	text_show(&shown, raw, strlen(raw));
	return text_width(buffer_text(&shown));
}

/* "https://api.example:6443" without what every server has. */
static const char *short_server(const char *server)
{
	const char *at = strstr(server, "://");

	return at ? at + 3 : server;
}

/* Context, server, user: on every frame. */
static void put_context(const struct console *console, struct line *line)
{
	const struct kubeconfig_view *view = console->world.kubeconfig;
	const char *separator = console->world.glyphs == GLYPHS_UTF8 ? " · " : " | ";

	if (!view) {
		put(line, ROLE_ERROR, translate("no cluster"));
		return;
	}
	put(line, console->world.is_protected ? ROLE_BANNER : ROLE_STRONG, view->context);
	put(line, ROLE_DIM, separator);
	put(line, ROLE_NORMAL, short_server(view->server));
	put(line, ROLE_DIM, separator);
	put(line, ROLE_NORMAL, view->as_user ? view->as_user : view->user);
	if (view->as_user)
		put(line, ROLE_DIM, translate(" (impersonated)"));
	if (console->world.name_space) {
		put(line, ROLE_DIM, separator);
		put(line, ROLE_STRONG, translate("namespace "));
		put(line, ROLE_STRONG, console->world.name_space);
	}
	if (view->insecure_skip_verify)
		put(line, ROLE_BANNER, translate("  TLS NOT VERIFIED"));
	if (kube_check_version(console->world.server_version, NULL) < 0)
		put(line, ROLE_BANNER, translate("  SERVER TOO OLD"));
}

static void draw_first(struct console *console, struct cells *cells, struct rect rect)
{
	const struct world *world = &console->world;
	CLEANUP(buffer_release) struct buffer link = BUFFER_INIT(200);
	CLEANUP(buffer_release) struct buffer facts = BUFFER_INIT(400);
	struct line line = {cells, rect.row, rect.column, rect.column + rect.columns};
	enum role role;
	int link_width;
	int facts_width;

	link_state_text(world, &link, &role);
	link_width = width_of(buffer_text(&link)) + 1;
	line.end -= link_width;
	cells_put(cells, rect.row, line.end, link_width, role, ATTRIBUTE_BOLD, buffer_text(&link));
	line.end -= 2;
	put(&line, ROLE_BAR, " nks-triage ");
	put(&line, ROLE_NORMAL, " ");
	put_context(console, &line);
	world_facts(world, &facts);
	facts_width = width_of(buffer_text(&facts));
	if (facts.length && line.column + 4 + facts_width <= line.end)
		cells_put(cells, rect.row, line.end - facts_width - 1, facts_width, ROLE_DIM, 0,
			  buffer_text(&facts));
}

static bool is_narrow(const struct cells *cells)
{
	return cells->columns < NARROW;
}

static void put_count(struct line *line, enum role role, size_t count, const char *word)
{
	char text[64];

	snprintf(text, sizeof(text), " %zu %s ", count, translate(word));
	put(line, count ? role : ROLE_DIM, text);
}

static void put_severities(const struct console *console, struct line *line)
{
	const struct symptoms *symptoms = console->world.symptoms;
	size_t severities[SEVERITY_CRITICAL + 1] = {0};

	for (size_t i = 0; symptoms && i < symptoms_finding_count(symptoms); i++)
		severities[symptoms_finding_at(symptoms, i)->severity]++;
	put_count(line, ROLE_CRITICAL, severities[SEVERITY_CRITICAL], "critical");
	put_count(line, ROLE_WARNING, severities[SEVERITY_WARNING], "warning");
	if (severities[SEVERITY_INFO])
		put_count(line, ROLE_INFO, severities[SEVERITY_INFO], "info");
}

static void put_counts(const struct console *console, struct line *line)
{
	const struct symptoms *symptoms = console->world.symptoms;
	size_t verdicts[VERDICT_COULD_NOT_CHECK + 1] = {0};

	/* Without a cluster nothing was counted. */
	if (!console->world.snapshot)
		return;
	put_severities(console, line);
	for (size_t i = 0; symptoms && i < symptoms_check_count(symptoms); i++) {
		const struct check *check = symptoms_check_at(symptoms, i);

		verdicts[check->verdict] += !check->was_left_out;
	}
	put(line, ROLE_DIM, console->world.glyphs == GLYPHS_UTF8 ? " ·" : " |");
	if (world_is_loading(&console->world)) {
		put(line, ROLE_INFO, translate(" listing ..."));
		return;
	}
	put_count(line, ROLE_OK, verdicts[VERDICT_CLEAR], "clear");
	put_count(line, ROLE_COULD_NOT_CHECK, verdicts[VERDICT_COULD_NOT_CHECK],
		  is_narrow(line->cells) ? N_("unchecked") : N_("could not check"));
}

/* The least of the counts: only where it has room beside all else. */
static void put_not_applicable(const struct console *console, struct line *line)
{
	const struct symptoms *symptoms = console->world.symptoms;
	const char *const words[] = {N_("not applicable"), N_("n/a")};
	size_t count = 0;

	if (world_is_loading(&console->world))
		return;
	for (size_t i = 0; symptoms && i < symptoms_check_count(symptoms); i++)
		count += symptoms_check_at(symptoms, i)->verdict == VERDICT_NOT_APPLICABLE;
	for (size_t i = 0; count && i < array_length(words); i++) {
		char text[64];

		snprintf(text, sizeof(text), " %zu %s ", count, translate(words[i]));
		if (line->column + width_of(text) > line->end)
			continue;
		put(line, ROLE_DIM, text);
		return;
	}
}

/* What somebody else is changing right now. */
static void put_elsewhere(const struct console *console, struct line *line)
{
	const struct running *running =
		console->runs && runs_elsewhere_count(console->runs) ? runs_elsewhere_at(console->runs, 0) : NULL;
	char steps[32] = "";
	char text[200];

	if (!running)
		return;
	if (running->done >= 0)
		snprintf(steps, sizeof(steps), " %d/%d", running->done, running->steps);
	snprintf(text, sizeof(text), translate(" %.20s%s runs elsewhere "), running->entry, steps);
	if (line->column + width_of(text) > line->end)
		snprintf(text, sizeof(text), " %.20s%s... ", running->entry, steps);
	if (line->column + width_of(text) <= line->end)
		put(line, ROLE_ARMED, text);
}

static void clock_text(const struct world *world, bool with_zone, char *out, size_t size)
{
	time_t now = (time_t)world->now;
	struct tm local;

	out[0] = '\0';
	if (localtime_r(&now, &local))
		strftime(out, size, with_zone ? "%H:%M:%S %Z" : "%H:%M:%S", &local);
}

/* Writing: READ-ONLY with the key that arms, or for how long it is armed. */
static int writing_text(const struct console *console, char *out, size_t size, enum role *ret_role)
{
	char key[KEY_TEXT_SIZE];
	int64_t left = (console->armed_until - console->world.now_ms + 999) / 1000;

	keymap_first(&console->keymap, ACTION_ARM, key);
	if (console_is_armed(console)) {
		*ret_role = ROLE_ARMED;
		return snprintf(out, size, "%s %s %lld:%02lld", glyph_text(console->world.glyphs,
									   GLYPH_ARMED),
				translate("ARMED"), (long long)(left / 60), (long long)(left % 60));
	}
	*ret_role = ROLE_READ_ONLY;
	if (console_read_only_reason(console))
		return snprintf(out, size, "%s", translate("READ-ONLY"));
	return snprintf(out, size, "%s  %s %s", translate("READ-ONLY"), key, translate("arm"));
}

static void draw_second(struct console *console, struct cells *cells, struct rect rect)
{
	struct line line = {cells, rect.row, rect.column, rect.column + rect.columns};
	char time[64];
	char writing[96];
	char banner[96];
	enum role role;
	int width;

	clock_text(&console->world, !is_narrow(cells), time, sizeof(time));
	width = width_of(time) + 1;
	line.end -= width;
	cells_put(cells, rect.row, line.end, width, ROLE_NORMAL, 0, time);
	writing_text(console, writing, sizeof(writing), &role);
	width = width_of(writing);
	line.end -= width + (is_narrow(cells) ? 2 : 3);
	cells_put(cells, rect.row, line.end, width, role, 0, writing);
	line.end -= 1;
	put_counts(console, &line);
	if (console->world.demo)
		snprintf(banner, sizeof(banner), translate(" DEMO %.40s "), console->world.demo);
	else
		snprintf(banner, sizeof(banner), "%s", console->world.is_protected ? translate(" PROTECTED ") : "");
	width = width_of(banner);
	if (width && line.column + 2 + width <= line.end) {
		line.end -= width + 1;
		cells_put(cells, rect.row, line.end, width, console->world.demo ? ROLE_BAR : ROLE_BANNER, 0, banner);
	}
	put_elsewhere(console, &line);
	put_not_applicable(console, &line);
}

/* All in one line: worst counts, where we are, link. */
static void draw_short(struct console *console, struct cells *cells, struct rect rect)
{
	CLEANUP(buffer_release) struct buffer link = BUFFER_INIT(200);
	struct line line = {cells, rect.row, rect.column, rect.column + rect.columns};
	enum role role;
	int width;

	link_state_text(&console->world, &link, &role);
	width = width_of(buffer_text(&link)) + 1;
	line.end -= width;
	cells_put(cells, rect.row, line.end, width, role, ATTRIBUTE_BOLD, buffer_text(&link));
	line.end -= 1;
	if (console_is_armed(console)) {
		char writing[96];

		writing_text(console, writing, sizeof(writing), &role);
		width = width_of(writing) + 1;
		line.end -= width;
		cells_put(cells, rect.row, line.end, width, role, 0, writing);
	}
	put_severities(console, &line);
	put(&line, ROLE_DIM, "  ");
	put_context(console, &line);
}

void header_draw(struct console *console, struct cells *cells, struct rect rect)
{
	if (rect.rows == 1) {
		draw_short(console, cells, rect);
		return;
	}
	draw_first(console, cells, rect);
	rect.row++;
	draw_second(console, cells, rect);
}

static void draw_newest_event(struct console *console, struct line *line)
{
	const struct event_record *event = events_view_newest(console->panes[PANE_EVENTS]);
	char time[16];
	char count[32];

	put(line, ROLE_TITLE, translate(" 5 Events  "));
	if (!event) {
		CLEANUP(buffer_release) struct buffer why = BUFFER_INIT(300);

		world_empty(&console->world, KIND_EVENT, &why);
		put(line, ROLE_DIM, why.length ? buffer_text(&why) : translate("none"));
		return;
	}
	world_clock(event->last, time, sizeof(time));
	put(line, ROLE_DIM, time);
	put(line, ROLE_NORMAL, " ");
	put(line, ROLE_NORMAL, event->object_kind);
	put(line, ROLE_NORMAL, "/");
	put(line, ROLE_NORMAL, event->object_name);
	put(line, ROLE_NORMAL, " ");
	put(line, !strcmp(event->type, "Warning") ? ROLE_WARNING : ROLE_STRONG, event->reason);
	put(line, ROLE_NORMAL, ": ");
	snprintf(count, sizeof(count), " (x%lld)", (long long)event->count);
	if (event->count > 1)
		line->end -= (int)strlen(count);
	put(line, ROLE_NORMAL, event->message);
	if (event->count > 1) {
		line->end += (int)strlen(count);
		put(line, ROLE_DIM, count);
	}
}

static void draw_hints(struct console *console, struct line *line)
{
	static const struct {
		enum action action;
		const char *word;
	} hints[] = {{ACTION_HELP, N_("help")}, {ACTION_COMMAND, N_("command")}};
	char keys[array_length(hints)][KEY_TEXT_SIZE];
	size_t count = is_narrow(line->cells) ? 1 : array_length(hints);
	int width = 1;

	for (size_t i = 0; i < count; i++) {
		keymap_first(&console->keymap, hints[i].action, keys[i]);
		width += width_of(keys[i]) + width_of(translate(hints[i].word)) + 3;
	}
	if (line->end - line->column < width + 20)
		return;
	struct line right = {line->cells, line->row, line->end - width, line->end};

	for (size_t i = 0; i < count; i++) {
		put(&right, ROLE_NORMAL, i ? "  " : " ");
		put(&right, ROLE_KEY, keys[i]);
		put(&right, ROLE_DIM, " ");
		put(&right, ROLE_DIM, translate(hints[i].word));
	}
	line->end -= width;
}

/* Why nothing new comes and what to try, as a text; the caller releases it. */
static void fill_failure(const struct console *console, struct textview *text)
{
	CLEANUP(buffer_release) struct buffer failure = BUFFER_INIT(2048);

	link_failure_text(&console->world, &failure);
	textview_init(text, MOST_FAILURE_ROWS);
	if (failure.length)
		textview_add(text, ROLE_ERROR, buffer_text(&failure));
}

int failure_rows(const struct console *console, int rows, int columns)
{
	struct textview text;
	int wanted;

	/* Where there is no room the header has to do. */
	if (rows < LEAST_ROWS_FOR_FAILURE)
		return 0;
	fill_failure(console, &text);
	wanted = text.count ? textview_rows(&text, columns - 2) : 0;
	textview_release(&text);
	return wanted < MOST_FAILURE_ROWS ? wanted : MOST_FAILURE_ROWS;
}

void failure_draw(const struct console *console, struct cells *cells, struct rect rect)
{
	struct textview text;

	fill_failure(console, &text);
	textview_draw(&text, cells, (struct rect){rect.row, rect.column + 1, rect.rows, rect.columns - 1}, false);
	textview_release(&text);
}

/* The message as a text of several lines; the caller releases it. */
static void fill_message(const struct console *console, struct textview *text)
{
	textview_init(text, MOST_MESSAGE_ROWS);
	textview_add(text, console->message_role, console->message);
}

int message_rows(const struct console *console, int columns)
{
	struct textview text;
	int rows;

	if (!console->message[0] || console->prompt != PROMPT_NONE)
		return 0;
	/* What fits beside the hints stays on the last line. */
	if (width_of(console->message) + 1 + HINTS_CELLS <= columns)
		return 1;
	fill_message(console, &text);
	rows = textview_rows(&text, columns - 2);
	textview_release(&text);
	return rows < MOST_MESSAGE_ROWS ? rows : MOST_MESSAGE_ROWS;
}

void message_draw(const struct console *console, struct cells *cells, struct rect rect)
{
	struct textview text;

	fill_message(console, &text);
	cells_fill(cells, rect, ROLE_NORMAL);
	textview_draw(&text, cells, (struct rect){rect.row, rect.column + 1, rect.rows, rect.columns - 1}, false);
	textview_release(&text);
}

void status_line_draw(struct console *console, struct cells *cells, struct rect rect)
{
	struct line line = {cells, rect.row, rect.column, rect.column + rect.columns};

	if (console->prompt != PROMPT_NONE) {
		console->cursor_row = rect.row;
		console->cursor_column = input_line_draw(&console->input, cells, rect.row, rect.column,
							 rect.columns);
		return;
	}
	draw_hints(console, &line);
	if (console->message[0]) {
		put(&line, console->message_role, " ");
		put(&line, console->message_role, console->message);
		return;
	}
	draw_newest_event(console, &line);
}
