/*
 * Disks: df -P (POSIX: six columns, whatever the widths), lsblk -P, find
 * -printf, /proc/mounts (proc(5)).
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

enum { LARGEST = 10, WORDS_OF_A_LINE = 64 };

/* A number of df, or "-" where a file system has none. */
static bool read_figure(struct piece word, int64_t *ret_number)
{
	*ret_number = -1;
	return piece_is(word, "-") || piece_integer(word, ret_number);
}

static bool read_percent(struct piece word, int64_t *ret_percent)
{
	*ret_percent = -1;
	if (piece_is(word, "-"))
		return true;
	if (word.length < 2 || word.at[word.length - 1] != '%')
		return false;
	word.length--;
	return piece_integer(word, ret_percent) && *ret_percent >= 0 && *ret_percent <= 1000000;
}

struct df_line {
	struct piece device;
	struct piece mount;
	int64_t figures[3];	/* all, used, free; -1: none */
	int64_t percent;	/* -1: none */
};

/* Device and mount point may hold blanks: the four columns between them say where they end. */
static bool read_df_line(struct piece line, struct df_line *ret_line)
{
	struct piece words[WORDS_OF_A_LINE];
	struct piece rest = line;
	size_t count = 0;

	while (count < WORDS_OF_A_LINE && piece_word(&rest, &words[count]))
		count++;
	for (size_t i = 1; i + 4 < count; i++) {
		struct piece last = words[i + 3];

		if (!read_figure(words[i], &ret_line->figures[0]) || !read_figure(words[i + 1],
										  &ret_line->figures[1]) ||
		    !read_figure(words[i + 2], &ret_line->figures[2]) || !read_percent(last, &ret_line->percent))
			continue;
		ret_line->device = piece_trim(piece_of(line.at, (size_t)(words[i].at - line.at)));
		ret_line->mount = piece_trim(piece_of(last.at + last.length,
						      line.length - (size_t)(last.at + last.length - line.at)));
		return true;
	}
	return false;
}

/* Volumes of pods are none of the node's own disks: a full one is its pod's matter. */
static bool is_volume(struct piece mount)
{
	return piece_begins(mount, "/var/lib/kubelet/pods/") || piece_begins(mount, "/var/lib/kubelet/plugins/");
}

/* Names of the three figures, and their unit in df's output. */
struct df_form {
	const char *members[3];
	int64_t unit;
};

static json_t *describe_df_line(const struct df_line *line, const struct df_form *form)
{
	json_t *entry = json_object();

	parse_set(entry, "device", line->device);
	parse_set(entry, "mount", line->mount);
	for (size_t i = 0; i < 3; i++) {
		if (line->figures[i] != -1)
			json_object_set_new(entry, form->members[i],
					    json_integer(parse_scaled(line->figures[i], form->unit)));
	}
	if (line->percent >= 0)
		json_object_set_new(entry, "usedPercent", json_integer(line->percent));
	return entry;
}

static json_t *read_df(const struct parse_input *input, const struct df_form *form, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *filesystems = json_array();
	json_t *volumes = json_array();
	json_t *worst = NULL;
	int64_t most = -1;
	struct piece line;
	struct df_line found;

	while (piece_line(&rest, &line)) {
		json_t *list;
		json_t *entry;

		if (!read_df_line(line, &found))
			continue;
		list = is_volume(found.mount) ? volumes : filesystems;
		if (json_array_size(list) >= PARSE_ITEMS_MAX)
			continue;
		entry = describe_df_line(&found, form);
		json_array_append_new(list, entry);
		if (list == filesystems && found.percent > most && !piece_is(found.device, "efivarfs")) {
			most = found.percent;
			worst = entry;
		}
	}
	if (!json_array_size(filesystems) && !json_array_size(volumes)) {
		json_decref(filesystems);
		json_decref(volumes);
		err_set(err, ERR_PROTOCOL, "df lists no file system", NULL);
		return NULL;
	}
	return json_pack("{s:o, s:o, s:O*}", "filesystems", filesystems, "volumes", volumes, "worst", worst);
}

json_t *parse_df(const struct parse_input *input, struct err *err)
{
	static const struct df_form form = {{"sizeBytes", "usedBytes", "availableBytes"}, 1024};

	return read_df(input, &form, err);
}

json_t *parse_df_inodes(const struct parse_input *input, struct err *err)
{
	static const struct df_form form = {{"inodes", "used", "free"}, 1};

	return read_df(input, &form, err);
}

struct sized {
	struct piece path;
	int64_t bytes;
};

/* The largest so far, largest first. */
static void keep_largest(struct sized *largest, size_t *count, struct sized candidate)
{
	size_t place = *count < LARGEST ? (*count)++ : LARGEST;

	while (place && largest[place - 1].bytes < candidate.bytes) {
		if (place < LARGEST)
			largest[place] = largest[place - 1];
		place--;
	}
	if (place < LARGEST)
		largest[place] = candidate;
}

/* find -printf '%b %s %p\0': blocks of 512 bytes that it takes, its size, its path. */
static bool read_sized(struct piece entry, int64_t *ret_allocated, struct sized *ret_sized)
{
	struct piece blocks;
	struct piece size;
	int64_t number;

	if (!piece_word(&entry, &blocks) || !piece_word(&entry, &size) || !piece_integer(blocks, &number) ||
	    !piece_integer(size, &ret_sized->bytes) || number < 0 || ret_sized->bytes < 0 || entry.length < 2)
		return false;
	*ret_allocated = parse_scaled(number, 512);
	ret_sized->path = piece_of(entry.at + 1, entry.length - 1);
	return true;
}

json_t *parse_find_sizes(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct sized largest[LARGEST];
	size_t kept = 0;
	int64_t total = 0;
	int64_t count = 0;
	struct piece part;
	json_t *list = json_array();

	while (piece_until(&rest, '\0', &part)) {
		struct sized found;
		int64_t allocated;

		/* The last entry of a text that was cut is not whole. */
		if ((input->was_cut && !rest.length) || !read_sized(part, &allocated, &found))
			continue;
		count++;
		if (__builtin_add_overflow(total, allocated, &total))
			total = INT64_MAX;
		keep_largest(largest, &kept, found);
	}
	for (size_t i = 0; i < kept; i++)
		json_array_append_new(list, json_pack("{s:o, s:I}", "path", piece_json(largest[i].path), "bytes",
						      (json_int_t)largest[i].bytes));
	if (!count && piece_trim(piece_of(input->text, input->length)).length) {
		json_decref(list);
		err_set(err, ERR_PROTOCOL, "find lists no sizes", NULL);
		return NULL;
	}
	return json_pack("{s:I, s:I, s:I, s:o, s:b}", "count", (json_int_t)count, "totalBytes", (json_int_t)total,
			 "largestBytes", (json_int_t)(kept ? largest[0].bytes : 0), "largest", list, "atLeast",
			 input->was_cut);
}

/* The value of KEY="…" in a line of lsblk -P; what it writes as \xNN stays so. */
static bool quoted(struct piece line, const char *key, struct piece *ret_value)
{
	for (; line.length; line.at++, line.length--) {
		struct piece rest = line;

		if (!piece_skip(&rest, key) || !piece_skip(&rest, "=\""))
			continue;
		if (!memchr(rest.at, '"', rest.length))
			return false;
		return piece_until(&rest, '"', ret_value) || true;
	}
	return false;
}

static json_t *read_device(struct piece line)
{
	/* KNAME ends in NAME: that one is looked for with the blank before it. */
	static const char *const keys[] = {" KNAME", " TYPE", " FSTYPE", " MOUNTPOINT"};
	static const char *const members[] = {"kernelName", "type", "fileSystem", "mount"};
	struct piece value = {"", 0};
	int64_t bytes;
	json_t *device;

	if (!piece_begins(line, "NAME=\"") || !quoted(line, " SIZE", &value) || !piece_integer(value, &bytes))
		return NULL;
	device = json_object();
	if (quoted(line, "NAME", &value))
		parse_set(device, "name", value);
	json_object_set_new(device, "bytes", json_integer(bytes));
	for (size_t i = 0; i < array_length(keys); i++) {
		value = piece_of("", 0);
		if (quoted(line, keys[i], &value) && value.length)
			parse_set(device, members[i], value);
	}
	return device;
}

json_t *parse_lsblk(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *devices = json_array();
	struct piece line;

	while (piece_line(&rest, &line) && json_array_size(devices) < PARSE_ITEMS_MAX) {
		json_t *device = read_device(line);

		if (device)
			json_array_append_new(devices, device);
	}
	if (!json_array_size(devices)) {
		json_decref(devices);
		err_set(err, ERR_PROTOCOL, "lsblk lists no device", NULL);
		return NULL;
	}
	return json_pack("{s:o, s:I}", "devices", devices, "count", (json_int_t)json_array_size(devices));
}
