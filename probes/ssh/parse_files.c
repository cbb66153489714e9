/*
 * Files: sha256sum, stat -c, find -printf, logrotate's status file.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/ssh/parse.h"

json_t *parse_sha256(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece sum;
	bool is_hex;

	/* A name with a backslash or a line break in it puts a backslash before the line. */
	piece_skip(&rest, "\\");
	is_hex = piece_word(&rest, &sum) && sum.length == 64;
	for (size_t i = 0; is_hex && i < sum.length; i++)
		is_hex = (sum.at[i] >= '0' && sum.at[i] <= '9') || (sum.at[i] >= 'a' && sum.at[i] <= 'f');
	if (!is_hex) {
		err_set(err, ERR_PROTOCOL, "sha256sum prints no sum", NULL);
		return NULL;
	}
	return json_pack("{s:o}", "sha256", piece_json(sum));
}

/* stat -c '%a %U %G %s %Y %F' */
json_t *parse_stat(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_trim(piece_of(input->text, input->length));
	struct piece words[5];
	size_t count = 0;
	int64_t size;
	int64_t modified;
	int64_t mode;

	while (count < array_length(words) && piece_word(&rest, &words[count]))
		count++;
	if (count < array_length(words) || !piece_integer(words[0], &mode) || !piece_integer(words[3], &size) ||
	    !piece_integer(words[4], &modified)) {
		err_set(err, ERR_PROTOCOL, "stat does not print what it was asked for", NULL);
		return NULL;
	}
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o}", "mode", piece_json(words[0]), "owner", piece_json(words[1]),
			 "group", piece_json(words[2]), "bytes", (json_int_t)size, "modified", (json_int_t)modified,
			 "type", piece_json(piece_trim(rest)));
}

/* The name of a file in its folder. */
static struct piece last_part(struct piece path)
{
	for (size_t i = path.length; i; i--) {
		if (path.at[i - 1] == '/')
			return piece_of(path.at + i, path.length - i);
	}
	return path;
}

static bool ends(struct piece text, const char *end)
{
	size_t n = strlen(end);

	return text.length >= n && !memcmp(text.at + text.length - n, end, n);
}

/* find -printf '%m %u %g %s %T@ %p\0' */
static json_t *read_file(struct piece entry, struct piece *ret_path)
{
	struct piece words[5];
	struct piece seconds = {"", 0};
	size_t count = 0;
	int64_t size;
	int64_t modified;

	while (count < array_length(words) && piece_word(&entry, &words[count]))
		count++;
	if (count < array_length(words) || entry.length < 2 || !piece_integer(words[3], &size) ||
	    !piece_until(&words[4], '.', &seconds) || !piece_integer(seconds, &modified))
		return NULL;
	*ret_path = piece_of(entry.at + 1, entry.length - 1);
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "path", piece_json(*ret_path), "mode", piece_json(words[0]),
			 "owner", piece_json(words[1]), "group", piece_json(words[2]), "bytes", (json_int_t)size,
			 "modified", (json_int_t)modified);
}

json_t *parse_find_files(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	json_t *files = json_array();
	json_t *names = json_array();
	int64_t count = 0;
	int64_t networks = 0;
	struct piece part;

	while (piece_until(&rest, '\0', &part)) {
		struct piece path;
		json_t *file = input->was_cut && !rest.length ? NULL : read_file(part, &path);

		if (!file)
			continue;
		count++;
		networks += ends(path, ".conf") || ends(path, ".conflist") || ends(path, ".json");
		if (count <= PARSE_ITEMS_MAX) {
			json_array_append(files, file);
			json_array_append_new(names, piece_json(last_part(path)));
		}
		json_decref(file);
	}
	if (!count && piece_trim(piece_of(input->text, input->length)).length) {
		json_decref(files);
		json_decref(names);
		err_set(err, ERR_PROTOCOL, "find lists no files", NULL);
		return NULL;
	}
	return json_pack("{s:I, s:I, s:o, s:o}", "count", (json_int_t)count, "networkCount",
			 (json_int_t)networks, "names",
			 names, "files", files);
}

/* "2023-11-5-6:25:1", or without the time of day by old ones; as a number that grows with it. */
static bool read_day(struct piece text, int64_t *ret_order)
{
	static const char separators[] = "---::";
	int64_t order = 0;

	for (size_t i = 0; i < 6; i++) {
		struct piece word = {"", 0};
		int64_t number = 0;
		bool is_there = text.length && piece_until(&text, i < 5 ? separators[i] : '\0', &word);

		if (is_there && (!piece_integer(word, &number) || number < 0 || number > (i ? 99 : 9999)))
			return false;
		if (!is_there && i < 3)
			return false;
		order = order * 100 + number;
	}
	*ret_order = order;
	return true;
}

static json_t *day_text(int64_t order)
{
	int parts[6];

	for (size_t i = 6; i; i--, order /= 100)
		parts[i - 1] = (int)(i > 1 ? order % 100 : order);
	auto_free char *text = xasprintf("%04d-%02d-%02d %02d:%02d", parts[0], parts[1], parts[2], parts[3], parts[4]);

	return json_string(text);
}

/* First line "logrotate state -- version 2", then "path" and its last rotation, by the node's own time. */
json_t *parse_logrotate_status(const struct parse_input *input, struct err *err)
{
	struct piece rest = piece_of(input->text, input->length);
	struct piece line;
	int64_t version = 0;
	int64_t count = 0;
	int64_t containers = 0;
	int64_t latest = 0;
	json_t *value;

	if (!piece_line(&rest, &line) || !piece_skip(&line, "logrotate state -- version ") ||
	    !piece_integer(piece_trim(line), &version)) {
		err_set(err, ERR_PROTOCOL, "this is no status file of logrotate", NULL);
		return NULL;
	}
	while (piece_line(&rest, &line)) {
		struct piece path;
		int64_t day;

		if (!piece_skip(&line, "\"") || !piece_until(&line, '"', &path) || !read_day(piece_trim(line), &day))
			continue;
		count++;
		containers += piece_begins(path, "/var/lib/docker/containers/");
		if (day > latest)
			latest = day;
	}
	value = json_pack("{s:I, s:I, s:I}", "version", (json_int_t)version, "count", (json_int_t)count,
			  "containerCount",
			  (json_int_t)containers);
	if (latest)
		json_object_set_new(value, "latest", day_text(latest));
	return value;
}

/* A file that has no name any more and is still open somewhere. */
struct deleted_file {
	struct piece device;
	struct piece inode;
	struct piece name;
	int64_t bytes;
};

static bool same(struct piece left, struct piece right)
{
	return left.length == right.length && !memcmp(left.at, right.at, left.length);
}

/* Only what was on a file system: shared memory and memfds look alike. */
static bool was_on_disk(struct piece name)
{
	return piece_begins(name, "/") && !piece_begins(name, "/dev/") && !piece_begins(name, "/memfd:") &&
	       !piece_begins(name, "/SYSV") && !piece_begins(name, "/[aio]");
}

static void add_deleted(struct deleted_file *files, size_t *count, const struct deleted_file *file)
{
	for (size_t i = 0; i < *count; i++) {
		if (same(files[i].device, file->device) && same(files[i].inode, file->inode))
			return;
	}
	if (*count < PARSE_ITEMS_MAX)
		files[(*count)++] = *file;
}

static json_t *describe_deleted(const struct deleted_file *files, size_t count, bool was_cut)
{
	const struct deleted_file *largest = NULL;
	int64_t total = 0;
	json_t *value;

	for (size_t i = 0; i < count; i++) {
		if (__builtin_add_overflow(total, files[i].bytes, &total))
			total = INT64_MAX;
		if (!largest || files[i].bytes > largest->bytes)
			largest = &files[i];
	}
	value = json_pack("{s:I, s:I, s:b}", "count", (json_int_t)count, "totalBytes", (json_int_t)total,
			  "atLeast", was_cut);
	if (largest)
		json_object_set_new(value, "largest", json_pack("{s:o, s:I}", "path",
								piece_json(largest->name), "bytes",
								(json_int_t)largest->bytes));
	return value;
}

/*
 * lsof +L1 -F Disn: a letter and a value a line, p before those of a process; D, s, i, n of each open file, the name
 * last. It ends with 1 where it lists nothing.
 */
json_t *parse_deleted_files(const struct parse_input *input, struct err *err)
{
	auto_free struct deleted_file *files = xcalloc(PARSE_ITEMS_MAX, sizeof(*files));
	struct piece rest = piece_of(input->text, input->length);
	struct deleted_file file = {{"", 0}, {"", 0}, {"", 0}, 0};
	bool is_known = !input->length && !input->error_length;
	size_t count = 0;
	struct piece line;

	while (piece_line(&rest, &line)) {
		struct piece value = piece_of(line.at + 1, line.length ? line.length - 1 : 0);

		if (!line.length)
			continue;
		is_known |= *line.at == 'p';
		if (*line.at == 'D')
			file = (struct deleted_file){value, {"", 0}, {"", 0}, 0};
		else if (*line.at == 'i')
			file.inode = value;
		else if (*line.at == 's' && (!piece_integer(value, &file.bytes) || file.bytes < 0))
			file.bytes = 0;
		if (*line.at != 'n' || !was_on_disk(value) || !file.device.length)
			continue;
		file.name = value;
		add_deleted(files, &count, &file);
	}
	if (!is_known) {
		err_set(err, ERR_PROTOCOL, "lsof lists no files in a form that is known", NULL);
		return NULL;
	}
	return describe_deleted(files, count, input->was_cut);
}
