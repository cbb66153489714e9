#include "widgets/layout.h"

#include <stdbool.h>

#include "probes/base/memory.h"

static int part_minimum(const struct layout_part *part)
{
	return part->minimum > 0 ? part->minimum : 0;
}

static int part_ideal(const struct layout_part *part)
{
	return part->ideal > part_minimum(part) ? part->ideal : part_minimum(part);
}

static int needed(const struct layout_part *parts, const bool *dropped, size_t n, int gap)
{
	int sum = 0;
	int seen = 0;

	for (size_t i = 0; i < n; i++) {
		if (dropped[i])
			continue;
		sum += part_minimum(&parts[i]);
		seen++;
	}
	return sum + (seen > 1 ? (seen - 1) * gap : 0);
}

/* Drops the part with the highest drop, the last of equals. False where none may go. */
static bool drop_one(const struct layout_part *parts, bool *dropped, size_t n)
{
	size_t worst = n;

	for (size_t i = 0; i < n; i++) {
		if (dropped[i] || parts[i].drop <= 0)
			continue;
		if (worst == n || parts[i].drop >= parts[worst].drop)
			worst = i;
	}
	if (worst == n)
		return false;
	dropped[worst] = true;
	return true;
}

/* One cell a round to each part that is below its ideal size. Returns what is left. */
static int grow_to_ideal(const struct layout_part *parts, const bool *dropped, size_t n, int left, int *sizes)
{
	bool grew = true;

	while (left > 0 && grew) {
		grew = false;
		for (size_t i = 0; i < n && left > 0; i++) {
			if (dropped[i] || sizes[i] >= part_ideal(&parts[i]))
				continue;
			sizes[i]++;
			left--;
			grew = true;
		}
	}
	return left;
}

static int share_by_weight(const struct layout_part *parts, const bool *dropped, size_t n, int left,
			   int *sizes)
{
	int weights = 0;

	for (size_t i = 0; i < n; i++)
		weights += dropped[i] ? 0 : parts[i].weight;
	/* Each takes its share of what is still there, so that no cell is lost in rounding. */
	for (size_t i = 0; i < n && weights > 0; i++) {
		int share;

		if (dropped[i] || parts[i].weight <= 0)
			continue;
		share = (int)((long)left * parts[i].weight / weights);
		sizes[i] += share;
		left -= share;
		weights -= parts[i].weight;
	}
	return left;
}

/* Where the minimum sizes do not fit: the first parts get theirs, the last ones what remains. */
static void squeeze(const struct layout_part *parts, bool *dropped, size_t n, int length, int gap, int *sizes)
{
	int at = 0;

	for (size_t i = 0; i < n; i++) {
		int room = length - at - (at > 0 ? gap : 0);
		int size = part_minimum(&parts[i]);

		sizes[i] = 0;
		if (dropped[i])
			continue;
		if (room <= 0) {
			dropped[i] = true;
			continue;
		}
		sizes[i] = size < room ? size : room;
		at = length - room + sizes[i];
	}
}

int layout_split(int length, int gap, const struct layout_part *parts, size_t n, int *ret_sizes)
{
	auto_free bool *dropped = xcalloc(n ? n : 1, sizeof(*dropped));
	int left;

	while (needed(parts, dropped, n, gap) > length && drop_one(parts, dropped, n))
		;
	left = length - needed(parts, dropped, n, gap);
	if (left < 0) {
		squeeze(parts, dropped, n, length, gap, ret_sizes);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		ret_sizes[i] = dropped[i] ? 0 : part_minimum(&parts[i]);
	left = grow_to_ideal(parts, dropped, n, left, ret_sizes);
	return share_by_weight(parts, dropped, n, left, ret_sizes);
}

void layout_rows(struct rect area, int gap, const struct layout_part *parts, size_t n, struct rect *ret_rects)
{
	auto_free int *sizes = xcalloc(n ? n : 1, sizeof(*sizes));
	int row = area.row;

	layout_split(area.rows, gap, parts, n, sizes);
	for (size_t i = 0; i < n; i++) {
		ret_rects[i] = (struct rect){row, area.column, sizes[i], sizes[i] ? area.columns : 0};
		row += sizes[i] ? sizes[i] + gap : 0;
	}
}

void layout_columns(struct rect area, int gap, const struct layout_part *parts, size_t n,
		    struct rect *ret_rects)
{
	auto_free int *sizes = xcalloc(n ? n : 1, sizeof(*sizes));
	int column = area.column;

	layout_split(area.columns, gap, parts, n, sizes);
	for (size_t i = 0; i < n; i++) {
		ret_rects[i] = (struct rect){area.row, column, sizes[i] ? area.rows : 0, sizes[i]};
		column += sizes[i] ? sizes[i] + gap : 0;
	}
}
