#include "widgets/input_line.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

enum { USUAL_HISTORY = 200 };

void input_history_release(struct input_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i]);
	free(history->lines);
	history->lines = NULL;
	history->count = 0;
}

static void remove_history(struct input_history *history, size_t at)
{
	free(history->lines[at]);
	history->count--;
	memmove(history->lines + at, history->lines + at + 1,
		(history->count - at) * sizeof(*history->lines));
}

void input_history_add(struct input_history *history, const char *line)
{
	size_t maximum = history->maximum ? history->maximum : USUAL_HISTORY;
	char *copy;

	if (!*line)
		return;
	copy = xstrdup(line);
	for (size_t i = 0; i < history->count; i++) {
		if (!strcmp(history->lines[i], line))
			remove_history(history, i--);
	}
	while (history->count >= maximum)
		remove_history(history, 0);
	history->lines = xreallocarray(history->lines, history->count + 1, sizeof(*history->lines));
	history->lines[history->count++] = copy;
}

void input_candidates_add(struct input_candidates *candidates, const char *text)
{
	if (candidates->count < INPUT_CANDIDATES)
		candidates->texts[candidates->count++] = xstrdup(text);
}

static void forget_candidates(struct input_line *line)
{
	for (size_t i = 0; i < line->candidates.count; i++)
		free(line->candidates.texts[i]);
	line->candidates.count = 0;
	line->candidate = 0;
	free(line->typed);
	line->typed = NULL;
}

static size_t history_count(const struct input_line *line)
{
	return line->options.history ? line->options.history->count : 0;
}

void input_line_set(struct input_line *line, const char *raw)
{
	size_t length = strlen(raw);

	length = length < line->options.maximum ? length : line->options.maximum;
	/* Never half a character at the end. */
	while (length > 0 && ((unsigned char)raw[length] & 0xC0) == 0x80)
		length--;
	memmove(line->text, raw, length);
	line->text[length] = '\0';
	line->length = line->cursor = length;
}

void input_line_start(struct input_line *line, const struct input_options *options)
{
	*line = (struct input_line){.options = *options};
	if (!line->options.maximum || line->options.maximum > INPUT_LINE_BYTES - 1)
		line->options.maximum = INPUT_LINE_BYTES - 1;
	if (line->options.masked)
		line->options.history = NULL;
	line->history_at = history_count(line);
	input_line_set(line, options->initial ? options->initial : "");
}

void input_line_stop(struct input_line *line)
{
	forget_candidates(line);
	if (line->kept)
		explicit_bzero(line->kept, strlen(line->kept));
	free(line->kept);
	explicit_bzero(line, sizeof(*line));
}

const char *input_line_text(const struct input_line *line)
{
	return line->text;
}

static size_t before(const struct input_line *line, size_t at)
{
	while (at > 0 && ((unsigned char)line->text[--at] & 0xC0) == 0x80)
		;
	return at;
}

static size_t behind(const struct input_line *line, size_t at)
{
	uint32_t c;

	return at < line->length ? at + text_decode(line->text + at, line->length - at, &c) : at;
}

/* With combining marks: what looks like one character is one step. */
static size_t step_left(const struct input_line *line)
{
	size_t at = line->cursor;
	uint32_t c;

	do {
		at = before(line, at);
		if (at >= line->length)
			break;
		text_decode(line->text + at, line->length - at, &c);
	} while (at > 0 && text_cell_width(c) == 0);
	return at;
}

static size_t step_right(const struct input_line *line)
{
	size_t at = behind(line, line->cursor);
	uint32_t c;

	while (at < line->length) {
		text_decode(line->text + at, line->length - at, &c);
		if (text_cell_width(c) != 0)
			break;
		at = behind(line, at);
	}
	return at;
}

static size_t word_left(const struct input_line *line)
{
	size_t at = line->cursor;

	while (at > 0 && line->text[at - 1] == ' ')
		at--;
	while (at > 0 && line->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_right(const struct input_line *line)
{
	size_t at = line->cursor;

	while (at < line->length && line->text[at] != ' ')
		at++;
	while (at < line->length && line->text[at] == ' ')
		at++;
	return at;
}

static enum input_result move_to(struct input_line *line, size_t at)
{
	line->cursor = at;
	return INPUT_MOVED;
}

/* Removes bytes from..to; the cursor is at "from" then. */
static enum input_result cut(struct input_line *line, size_t from, size_t to)
{
	if (from >= to)
		return INPUT_MOVED;
	memmove(line->text + from, line->text + to, line->length - to + 1);
	line->length -= to - from;
	/* A masked value leaves nothing behind its end. */
	explicit_bzero(line->text + line->length, to - from);
	line->cursor = from;
	return INPUT_CHANGED;
}

static enum input_result insert(struct input_line *line, uint32_t code_point)
{
	char bytes[4];
	size_t n = text_encode(code_point, bytes);

	if (line->length + n > line->options.maximum)
		return INPUT_MOVED;
	memmove(line->text + line->cursor + n, line->text + line->cursor, line->length - line->cursor + 1);
	memcpy(line->text + line->cursor, bytes, n);
	line->length += n;
	line->cursor += n;
	return INPUT_CHANGED;
}

static enum input_result walk_history(struct input_line *line, bool older)
{
	size_t count = history_count(line);

	if (older ? line->history_at == 0 : line->history_at >= count)
		return count ? INPUT_MOVED : INPUT_IGNORED;
	if (line->history_at == count) {
		free(line->kept);
		line->kept = xstrdup(line->text);
	}
	line->history_at += older ? (size_t)-1 : 1;
	if (line->history_at == count)
		input_line_set(line, line->kept ? line->kept : "");
	else
		input_line_set(line, line->options.history->lines[line->history_at]);
	return INPUT_CHANGED;
}

/* Puts a candidate, or what was typed, where the completion began. */
static void show_candidate(struct input_line *line)
{
	const char *typed = line->typed;
	size_t cursor = strlen(typed);
	const char *middle = typed + line->candidates.start;
	auto_free char *rest = xstrdup(line->text + line->cursor);
	auto_free char *whole = NULL;

	if (line->candidate < line->candidates.count)
		middle = line->candidates.texts[line->candidate];
	whole = xasprintf("%.*s%s", (int)line->candidates.start, typed, middle);
	cursor = strlen(whole);
	free(whole);
	whole = xasprintf("%.*s%s%s", (int)line->candidates.start, typed, middle, rest);
	input_line_set(line, whole);
	line->cursor = cursor < line->length ? cursor : line->length;
}

static enum input_result complete(struct input_line *line, bool backwards)
{
	size_t places;

	if (!line->options.complete)
		return INPUT_IGNORED;
	if (!line->typed) {
		line->typed = xstrndup(line->text, line->cursor);
		line->candidates.start = line->cursor;
		line->options.complete(line->options.context, line->typed, line->cursor, &line->candidates);
		if (line->candidates.start > line->cursor)
			bug("a completion that starts behind the cursor");
		if (!line->candidates.count) {
			forget_candidates(line);
			return INPUT_MOVED;
		}
		line->candidate = line->candidates.count;
	}
	/* After the last candidate comes what was typed, then the first again. */
	places = line->candidates.count + 1;
	line->candidate = (line->candidate + (backwards ? places - 1 : 1)) % places;
	if (line->candidates.count == 1)
		line->candidate = 0;
	show_candidate(line);
	if (line->candidates.count == 1)
		forget_candidates(line);
	return INPUT_CHANGED;
}

static enum input_result feed_ctrl(struct input_line *line, uint32_t letter)
{
	switch (letter) {
	case 'e':
		return move_to(line, line->length);
	case 'd':
		return cut(line, line->cursor, step_right(line));
	case 'u':
		return cut(line, 0, line->cursor);
	case 'w':
		return cut(line, word_left(line), line->cursor);
	case 'p':
		return walk_history(line, true);
	case 'n':
		return walk_history(line, false);
	case 'c':
		return INPUT_CANCELLED;
	default:
		return INPUT_IGNORED;
	}
}

static enum input_result feed_named(struct input_line *line, const struct key *key)
{
	switch (key->sym) {
	case KEYSYM_LEFT:
		return move_to(line, key->modifiers & MODIFIER_CTRL ? word_left(line) : step_left(line));
	case KEYSYM_RIGHT:
		return move_to(line, key->modifiers & MODIFIER_CTRL ? word_right(line) : step_right(line));
	case KEYSYM_HOME:
		return move_to(line, 0);
	case KEYSYM_END:
		return move_to(line, line->length);
	case KEYSYM_BACKSPACE:
		return cut(line, step_left(line), line->cursor);
	case KEYSYM_DELETE:
		return cut(line, line->cursor, step_right(line));
	case KEYSYM_UP:
		return walk_history(line, true);
	case KEYSYM_DOWN:
		return walk_history(line, false);
	case KEYSYM_ENTER:
		return INPUT_ACCEPTED;
	case KEYSYM_ESCAPE:
		return INPUT_CANCELLED;
	default:
		return INPUT_IGNORED;
	}
}

/* What is pasted is text: its line breaks must not accept, its tabs not complete. */
static enum input_result feed_pasted(struct input_line *line, const struct key *key)
{
	if (key->sym == KEYSYM_ENTER || key->sym == KEYSYM_TAB)
		return insert(line, ' ');
	if (key->sym == KEYSYM_CHARACTER && !key->modifiers)
		return insert(line, key->code_point);
	return INPUT_IGNORED;
}

enum input_result input_line_feed(struct input_line *line, const struct key *key)
{
	if (key->sym == KEYSYM_TAB && !key->pasted && !(key->modifiers & ~(unsigned)MODIFIER_SHIFT))
		return complete(line, key->modifiers & MODIFIER_SHIFT);
	/* Esc gives back what was typed before Tab, and only then leaves. */
	if (key_is(key, KEYSYM_ESCAPE) && line->typed) {
		line->candidate = line->candidates.count;
		show_candidate(line);
		forget_candidates(line);
		return INPUT_CHANGED;
	}
	forget_candidates(line);
	if (key->pasted)
		return feed_pasted(line, key);
	if (key->sym != KEYSYM_CHARACTER)
		return feed_named(line, key);
	if (key->modifiers == MODIFIER_CTRL)
		return feed_ctrl(line, key->code_point);
	if (key->modifiers)
		return INPUT_IGNORED;
	return insert(line, key->code_point);
}

/* Cells of the shown form of bytes from..to; one * for each character when masked. */
static int cells_between(const struct input_line *line, size_t from, size_t to)
{
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(8 * INPUT_LINE_BYTES);
	int count = 0;

	if (!line->options.masked) {
		text_show(&shown, line->text + from, to - from);
		return text_width(buffer_text(&shown));
	}
	while (from < to) {
		from = behind(line, from);
		count++;
	}
	return count;
}

static void draw_masked(struct cells *cells, int row, int column, int width, int count)
{
	for (int i = 0; i < width && i < count; i++)
		cells_put_glyph(cells, row, column + i, ROLE_INPUT, GLYPH_MASKED);
}

int input_line_draw(const struct input_line *line, struct cells *cells, int row, int column, int width)
{
	int prompt = cells_put(cells, row, column, width / 2, ROLE_KEY, PUT_ELLIPSIS, line->options.prompt);
	int room = width - prompt;
	size_t start = 0;

	column += prompt;
	cells_fill(cells, (struct rect){row, column, 1, room}, ROLE_INPUT);
	if (!line->length && line->options.placeholder) {
		cells_put(cells, row, column, room, ROLE_DIM, PUT_ELLIPSIS, line->options.placeholder);
		return column;
	}
	/* The cursor needs a cell of its own at the end. */
	while (start < line->cursor && cells_between(line, start, line->cursor) >= room)
		start = behind(line, start);
	if (line->options.masked)
		draw_masked(cells, row, column, room, cells_between(line, start, line->length));
	else
		cells_put(cells, row, column, room, ROLE_INPUT, 0, line->text + start);
	return column + cells_between(line, start, line->cursor);
}

void input_line_draw_candidates(const struct input_line *line, struct cells *cells, int row, int column,
				int width)
{
	int end = column + width;
	size_t first = 0;

	if (line->candidates.count < 2)
		return;
	cells_fill(cells, (struct rect){row, column, 1, width}, ROLE_DIM);
	/* Whole pages, so that the chosen one is among those seen. */
	for (size_t i = 0, used = 0; i < line->candidates.count && i <= line->candidate; i++) {
		size_t cells_used = (size_t)text_width(line->candidates.texts[i]) + 2;

		if (used + cells_used > (size_t)width) {
			first = i;
			used = 0;
		}
		used += cells_used;
	}
	for (size_t i = first; i < line->candidates.count && column < end; i++) {
		bool chosen = i == line->candidate;
		int used = cells_put(cells, row, column, end - column, chosen ? ROLE_STRONG : ROLE_DIM,
				     PUT_ELLIPSIS, line->candidates.texts[i]);

		if (chosen)
			cells_overlay(cells, (struct rect){row, column, 1, used}, ROLE_SELECTED);
		column += used + 2;
	}
}
