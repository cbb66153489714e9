/*
 * The longest common subsequence by a table, after the same lines at both
 * ends were set aside. What is left of files that differ in very many lines is
 * shown as taken out and put in as a whole.
 */
#include "probes/remedy/unified.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"

enum { CONTEXT = 3, TABLE_MAXIMUM = 4 << 20, TEXT_MAXIMUM = 1 << 20 };

struct line {
	const char *text;
	size_t length;		/* with its line break */
};

struct lines {
	struct line *items;
	size_t count;
};

/* One line of the result: ' ' in both, '-' or '+'. */
struct edit {
	char sign;
	const struct line *line;
};

struct edits {
	struct edit *items;
	size_t count;
};

/* Of an empty text, too, there is an array: its pointer is counted on. */
static struct lines split(const char *text)
{
	struct lines lines = {.items = xcalloc(1, sizeof(*lines.items))};

	while (text && *text) {
		size_t length = strcspn(text, "\n");

		length += text[length] == '\n';
		lines.items = xreallocarray(lines.items, lines.count + 1, sizeof(*lines.items));
		lines.items[lines.count++] = (struct line){text, length};
		text += length;
	}
	return lines;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->length == b->length && !memcmp(a->text, b->text, a->length);
}

static void add(struct edits *edits, char sign, const struct line *line)
{
	edits->items = xreallocarray(edits->items, edits->count + 1, sizeof(*edits->items));
	edits->items[edits->count++] = (struct edit){sign, line};
}

/* table[i][j]: how many lines the tails from i and j have in common. */
static void add_middle(struct edits *edits, const struct line *old, size_t old_count, const struct line *new,
		       size_t new_count)
{
	size_t width = new_count + 1;
	bool has_table = (old_count + 1) * width <= TABLE_MAXIMUM;
	uint16_t *table = xcalloc(has_table ? (old_count + 1) * width : 1, sizeof(*table));
	size_t i = 0;
	size_t j = 0;

	for (size_t a = old_count; has_table && a-- > 0;) {
		for (size_t b = new_count; b-- > 0;) {
			uint16_t down = table[(a + 1) * width + b];
			uint16_t right = table[a * width + b + 1];

			table[a * width + b] = same(&old[a], &new[b])
						       ? (uint16_t)(table[(a + 1) * width + b + 1] + 1)
						       : down > right ? down : right;
		}
	}
	while (i < old_count || j < new_count) {
		if (has_table && i < old_count && j < new_count && same(&old[i], &new[j])) {
			add(edits, ' ', &old[i]);
			i++;
			j++;
		} else if (i < old_count &&
			   (j == new_count || !has_table || table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			add(edits, '-', &old[i++]);
		} else {
			add(edits, '+', &new[j++]);
		}
	}
	free(table);
}

static struct edits compare(const struct lines *old, const struct lines *new)
{
	struct edits edits = {0};
	size_t shorter = old->count < new->count ? old->count : new->count;
	size_t head = 0;
	size_t tail = 0;

	while (head < shorter && same(&old->items[head], &new->items[head]))
		add(&edits, ' ', &old->items[head++]);
	while (tail < shorter - head &&
	       same(&old->items[old->count - 1 - tail], &new->items[new->count - 1 - tail]))
		tail++;
	add_middle(&edits, old->items + head, old->count - head - tail, new->items + head, new->count - head - tail);
	for (size_t i = old->count - tail; i < old->count; i++)
		add(&edits, ' ', &old->items[i]);
	return edits;
}

static void add_range(struct buffer *out, char sign, size_t first, size_t count)
{
	buffer_addf(out, " %c%zu", sign, count ? first + 1 : first);
	if (count != 1)
		buffer_addf(out, ",%zu", count);
}

static void add_hunk(struct buffer *out, const struct edit *edits, size_t count, size_t old_at, size_t new_at)
{
	size_t old_count = 0;
	size_t new_count = 0;

	for (size_t i = 0; i < count; i++) {
		old_count += edits[i].sign != '+';
		new_count += edits[i].sign != '-';
	}
	buffer_add_text(out, "@@");
	add_range(out, '-', old_at, old_count);
	add_range(out, '+', new_at, new_count);
	buffer_add_text(out, " @@\n");
	for (size_t i = 0; i < count; i++) {
		const struct line *line = edits[i].line;

		buffer_add_byte(out, edits[i].sign);
		buffer_add(out, line->text, line->length);
		if (line->text[line->length - 1] != '\n')
			buffer_add_text(out, "\n\\ No newline at end of file\n");
	}
}

/* Where the hunk that begins at "from" ends: before a gap of same lines that is too wide to be shown whole. */
static size_t hunk_end(const struct edits *edits, size_t from)
{
	size_t last = from;

	for (size_t i = from; i < edits->count && i <= last + 2 * CONTEXT + 1; i++) {
		if (edits->items[i].sign != ' ')
			last = i;
	}
	return last + CONTEXT + 1 < edits->count ? last + CONTEXT + 1 : edits->count;
}

static void add_hunks(struct buffer *out, const struct edits *edits)
{
	size_t old_at = 0;
	size_t new_at = 0;
	size_t i = 0;

	while (i < edits->count) {
		size_t first = i;
		size_t end;

		while (first < edits->count && edits->items[first].sign == ' ')
			first++;
		if (first == edits->count)
			return;
		end = hunk_end(edits, first);
		for (; i + CONTEXT < first; i++, old_at++, new_at++)
			;
		add_hunk(out, edits->items + i, end - i, old_at, new_at);
		for (; i < end; i++) {
			old_at += edits->items[i].sign != '+';
			new_at += edits->items[i].sign != '-';
		}
	}
}

char *unified_make(const char *name, const char *before, const char *after)
{
	struct buffer out = BUFFER_INIT(TEXT_MAXIMUM);
	struct lines old = split(before);
	struct lines new = split(after);
	struct edits edits = compare(&old, &new);

	if (!before != !after || strcmp(before ? before : "", after ? after : "") != 0) {
		buffer_addf(&out, "--- %s\n", before ? name : "/dev/null");
		buffer_addf(&out, "+++ %s\n", after ? name : "/dev/null");
		add_hunks(&out, &edits);
	}
	free(edits.items);
	free(old.items);
	free(new.items);
	return buffer_detach(&out);
}
