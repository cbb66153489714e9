#include "widgets/textview_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"

enum { FIRST_LINES = 64, MOST_SEGMENTS = 1024 };

void textview_init(struct textview *view, size_t max_lines)
{
	*view = (struct textview){.max_lines = max_lines ? max_lines : 1, .match = -1};
}

struct textview_line *textview_line(const struct textview *view, size_t n)
{
	return &view->lines[(view->first + n) % view->capacity];
}

static void release_line(struct textview_line *line)
{
	free(line->text);
	free(line->segments);
	*line = (struct textview_line){0};
}

void textview_clear(struct textview *view)
{
	for (size_t i = 0; i < view->count; i++)
		release_line(textview_line(view, i));
	view->count = 0;
	view->first = 0;
	view->dropped = 0;
}

void textview_release(struct textview *view)
{
	textview_clear(view);
	free(view->lines);
	free(view->search);
	*view = (struct textview){.max_lines = view->max_lines, .match = -1};
}

/* What the view is at stays the same text when the oldest line goes. */
static void drop_oldest(struct textview *view)
{
	release_line(textview_line(view, 0));
	view->first = (view->first + 1) % view->capacity;
	view->count--;
	view->dropped++;
	if (view->top > 0)
		view->top--;
	else
		view->top_row = 0;
	if (view->cursor > 0)
		view->cursor--;
	if (view->match >= 0)
		view->match--;
}

/* An empty line at the end. Only a full ring wraps around, so growing never has to move lines. */
static struct textview_line *new_line(struct textview *view)
{
	struct textview_line *line;

	if (view->count == view->max_lines)
		drop_oldest(view);
	if (view->count == view->capacity) {
		size_t capacity = view->capacity ? 2 * view->capacity : FIRST_LINES;

		view->capacity = capacity < view->max_lines ? capacity : view->max_lines;
		view->lines = xreallocarray(view->lines, view->capacity, sizeof(*view->lines));
	}
	view->count++;
	line = textview_line(view, view->count - 1);
	*line = (struct textview_line){0};
	return line;
}

/* A text that was cut may end within a character: its length without that one. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t at = length;

	while (at > 0 && length - at < 3 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
		at--;
	if (at > 0 && (unsigned char)text[at - 1] >= 0xC0) {
		size_t rest = length - at + 1;
		uint32_t c;

		if (rest == 1 || text_decode(text + at - 1, rest, &c) != rest)
			return at - 1;
	}
	return length;
}

static void add_segment(struct textview_line *line, const char *raw, size_t n, enum role role,
			unsigned attributes)
{
	size_t room = TEXTVIEW_LINE_BYTES - line->length;
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(room);
	struct textview_segment *segment;

	if (n > TEXTVIEW_LINE_BYTES)
		n = whole_characters(raw, TEXTVIEW_LINE_BYTES);
	text_show(&shown, raw, n);
	if (shown.overflowed)
		shown.length = whole_characters(shown.data, shown.length);
	if (line->segment_count == MOST_SEGMENTS || (!shown.length && line->segment_count))
		return;
	line->text = xreallocarray(line->text, line->length + shown.length + 1, 1);
	memcpy(line->text + line->length, buffer_text(&shown), shown.length);
	line->length += (uint32_t)shown.length;
	line->text[line->length] = '\0';
	line->segments = xreallocarray(line->segments, line->segment_count + 1U, sizeof(*line->segments));
	segment = &line->segments[line->segment_count++];
	*segment = (struct textview_segment){line->length, (uint8_t)role, (uint8_t)attributes};
	line->wrapped = 0;
}

void textview_add_bytes(struct textview *view, enum role role, const char *raw, size_t n)
{
	add_segment(new_line(view), raw, n, role, 0);
}

void textview_add(struct textview *view, enum role role, const char *raw)
{
	textview_add_bytes(view, role, raw ? raw : "", raw ? strlen(raw) : 0);
}

void textview_addf(struct textview *view, enum role role, const char *format, ...)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXTVIEW_LINE_BYTES);
	va_list arguments;

	va_start(arguments, format);
	buffer_addv(&text, format, arguments);
	va_end(arguments);
	textview_add_bytes(view, role, buffer_text(&text), text.length);
}

void textview_add_lines(struct textview *view, enum role role, const char *raw)
{
	while (*raw) {
		size_t length = strcspn(raw, "\n");
		size_t text = length && raw[length] && raw[length - 1] == '\r' ? length - 1 : length;

		textview_add_bytes(view, role, raw, text);
		raw += length + (raw[length] ? 1 : 0);
	}
}

void textview_append_with(struct textview *view, enum role role, unsigned attributes, const char *raw)
{
	struct textview_line *line = view->count ? textview_line(view, view->count - 1) : new_line(view);

	raw = raw ? raw : "";
	add_segment(line, raw, strlen(raw), role, attributes);
}

void textview_append(struct textview *view, enum role role, const char *raw)
{
	textview_append_with(view, role, 0, raw);
}

void textview_appendf(struct textview *view, enum role role, const char *format, ...)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXTVIEW_LINE_BYTES);
	va_list arguments;

	va_start(arguments, format);
	buffer_addv(&text, format, arguments);
	va_end(arguments);
	textview_append(view, role, buffer_text(&text));
}

void textview_indent(struct textview *view, int cells)
{
	if (!view->count)
		return;
	textview_line(view, view->count - 1)->indent = (uint16_t)(cells > 0 ? cells : 0);
	textview_line(view, view->count - 1)->wrapped = 0;
}

void textview_tag(struct textview *view, uint64_t tag)
{
	if (view->count)
		textview_line(view, view->count - 1)->tag = tag;
}

size_t textview_count(const struct textview *view)
{
	return view->count;
}

const char *textview_text(const struct textview *view, size_t line)
{
	const char *text = line < view->count ? textview_line(view, line)->text : NULL;

	return text ? text : "";
}

uint64_t textview_tag_at(const struct textview *view, size_t line)
{
	return line < view->count ? textview_line(view, line)->tag : 0;
}

size_t textview_current(const struct textview *view)
{
	size_t line = view->has_cursor ? view->cursor : view->top;

	return line < view->count ? line : view->count ? view->count - 1 : 0;
}
