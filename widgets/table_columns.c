/* How wide the columns of a table are: by what their cells hold. */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/base/text.h"
#include "widgets/layout.h"
#include "widgets/table_private.h"

/* Rows from the first that are measured, besides those that are seen: all of most tables. */
enum { MEASURED_ROWS = 256, MOST_GAP = 2 };

int table_text_width(const char *raw)
{
	size_t length = 0;

	/* Most texts: one cell a byte. */
	while (raw[length] >= ' ' && raw[length] <= '~')
		length++;
	if (!raw[length] && length < 4096)
		return (int)length;
	CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT(4096);

	text_show(&shown, raw, strlen(raw));
	return text_width(buffer_text(&shown));
}

static void measure_row(struct table *table, size_t place)
{
	struct table_cell cell;

	for (size_t i = 0; i < table->column_count; i++) {
		int width;

		table_get_cell(table, place, i, &cell);
		width = table_text_width(cell.text);
		if (cell.has_gauge)
			width += TABLE_MOST_GAUGE + (width > 0 ? 1 : 0);
		if (width > table->contents[i])
			table->contents[i] = width;
	}
}

static void measure(struct table *table, int width)
{
	size_t count = table_places(table);
	size_t end = table->top + (size_t)(table->seen_rows > 0 ? table->seen_rows : 0);

	if (table->measured_width != width) {
		memset(table->contents, 0, sizeof(table->contents));
		for (size_t place = 0; place < count && place < MEASURED_ROWS; place++)
			measure_row(table, place);
		table->measured_width = width;
	}
	for (size_t place = table->top; place < count && place < end; place++)
		measure_row(table, place);
}

static int wanted_width(const struct table *table, size_t i)
{
	const struct table_column *column = &table->columns[i];
	int title = table->no_header ? 0 : table_text_width(column->title);
	int wanted = table->contents[i];

	if (column->ideal > 0 && wanted > column->ideal)
		wanted = column->ideal;
	/* Numbers and ages get longer and shorter as one looks: they keep their place. */
	if (column->align == TABLE_RIGHT && wanted < column->minimum)
		wanted = column->minimum;
	return wanted > title ? wanted : title;
}

static int wanted_by_all(const struct layout_part *parts, const bool *dropped, size_t n)
{
	int sum = 0;
	int seen = 0;

	for (size_t i = 0; i < n; i++) {
		sum += dropped[i] ? 0 : parts[i].ideal;
		seen += !dropped[i];
	}
	return sum + (seen > 1 ? seen - 1 : 0);
}

/* The column to go first: the highest drop, the last of equals; n where none may go. */
static size_t first_to_go(const struct table *table, const bool *dropped)
{
	size_t found = table->column_count;

	for (size_t i = 0; i < table->column_count; i++) {
		int drop = table->columns[i].drop;

		if (!dropped[i] && drop > 0 && !table->columns[i].squeezes &&
		    (found == table->column_count || drop >= table->columns[found].drop))
			found = i;
	}
	return found;
}

/* Columns that are worth less than whole texts in the others. */
static void drop_extras(const struct table *table, const struct layout_part *parts, int width, bool *dropped)
{
	while (wanted_by_all(parts, dropped, table->column_count) > width) {
		size_t i = first_to_go(table, dropped);

		if (i == table->column_count)
			return;
		dropped[i] = true;
	}
}

/* Cells between two columns: more where all get what they would like. */
static int choose_gap(const struct layout_part *parts, size_t n, int width)
{
	const bool none[TABLE_MOST_COLUMNS] = {false};
	int left = width - wanted_by_all(parts, none, n);
	int gap = n > 1 ? 1 + left / (int)(n - 1) : 1;

	return left < 0 || gap < 1 ? 1 : gap > MOST_GAP ? MOST_GAP : gap;
}

/* The least that the columns take which stay whatever comes, without those that want to be whole. */
static int least_of_others(const struct layout_part *parts, const struct table_column *const *columns, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (!parts[i].drop && !columns[i]->whole)
			sum += parts[i].minimum + 1;
	}
	return sum;
}

static void keep_names_whole(struct layout_part *parts, const struct table_column *const *columns, size_t n,
			     int width)
{
	int room = width - least_of_others(parts, columns, n);

	for (size_t i = 0; i < n; i++) {
		int whole = columns[i]->whole;

		whole = whole < parts[i].ideal ? whole : parts[i].ideal;
		whole = whole < room ? whole : room;
		if (whole > parts[i].minimum)
			parts[i].minimum = whole;
	}
}

static struct layout_part part_of(const struct table *table, size_t i)
{
	const struct table_column *column = &table->columns[i];
	int wanted = wanted_width(table, i);

	return (struct layout_part){
		.minimum = column->minimum < wanted ? column->minimum : wanted,
		.ideal = wanted,
		.weight = column->weight,
		.drop = column->drop,
	};
}

void table_lay_out(struct table *table, struct rect area, struct rect rects[TABLE_MOST_COLUMNS])
{
	struct layout_part parts[TABLE_MOST_COLUMNS];
	const struct table_column *columns[TABLE_MOST_COLUMNS];
	struct rect placed[TABLE_MOST_COLUMNS];
	bool dropped[TABLE_MOST_COLUMNS] = {false};
	size_t seen = 0;

	measure(table, area.columns);
	for (size_t i = 0; i < table->column_count; i++) {
		parts[i] = part_of(table, i);
		dropped[i] = table->columns[i].only_filled && !table->contents[i];
	}
	drop_extras(table, parts, area.columns, dropped);
	for (size_t i = 0; i < table->column_count; i++) {
		if (dropped[i])
			continue;
		columns[seen] = &table->columns[i];
		parts[seen++] = parts[i];
	}
	keep_names_whole(parts, columns, seen, area.columns);
	layout_columns(area, choose_gap(parts, seen, area.columns), parts, seen, placed);
	seen = 0;
	for (size_t i = 0; i < table->column_count; i++)
		rects[i] = dropped[i] ? (struct rect){area.row, area.column, 0, 0} : placed[seen++];
}
