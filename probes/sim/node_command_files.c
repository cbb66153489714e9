/*
 * coreutils on the files of a simulated node (coreutils 8.30 and 9.1, LC_ALL=C), those that read.
 */
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"
#include "probes/sim/node_write.h"

enum { PATTERN_FLAGS = REG_EXTENDED | REG_NOSUB };

/* Reads the nth operand, or the standard input where there is none: 1: there is no nth. 2: it cannot be read. */
static int read_operand(const struct command *command, size_t n, const char *valued, const char **ret_text,
			size_t *ret_length)
{
	const char *path = command_operand(command, n, valued);
	const char *why;

	if ((!path && !n) || (path && (!strcmp(path, "-") || !strcmp(path, "/dev/stdin")))) {
		*ret_text = command->io->input;
		*ret_length = command->io->input_length;
		return 0;
	}
	if (!path)
		return 1;
	why = files_read(command->shell, path, ret_text, ret_length);
	if (!why)
		return 0;
	command_fail(command, 1, "%s: %s", path, why);
	return 2;
}

static int run_cat(const struct command *command)
{
	const char *text;
	size_t length;
	int status = 0;
	int result;

	for (size_t n = 0; (result = read_operand(command, n, "", &text, &length)) != 1; n++) {
		if (result)
			status = 1;
		else
			buffer_add(command->io->out, text, length);
	}
	return status;
}

static size_t count_lines(const char *text, size_t length)
{
	size_t lines = 0;

	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Where the line after the nth begins. */
static size_t after_lines(const char *text, size_t length, size_t lines)
{
	size_t i = 0;

	while (i < length && lines)
		lines -= text[i++] == '\n';
	return i;
}

/* -c N or -n N; "-5" alone is not taken. */
static size_t wanted(const struct command *command, bool *ret_bytes)
{
	const char *bytes = command_option(command, "-c");
	const char *lines = command_option(command, "-n");

	*ret_bytes = bytes;
	if (!bytes && !lines)
		return 10;
	return (size_t)strtoull(bytes ? bytes : lines, NULL, 10);
}

static int run_head(const struct command *command)
{
	const char *text;
	size_t length;
	bool bytes;
	size_t n = wanted(command, &bytes);

	if (read_operand(command, 0, "-c -n", &text, &length))
		return 1;
	if (!bytes)
		n = after_lines(text, length, n);
	buffer_add(command->io->out, text, n < length ? n : length);
	return 0;
}

static int run_tail(const struct command *command)
{
	const char *text;
	size_t length;
	bool bytes;
	size_t n = wanted(command, &bytes);
	size_t lines;
	size_t from;

	if (read_operand(command, 0, "-c -n", &text, &length))
		return 1;
	lines = count_lines(text, length);
	if (bytes)
		from = n < length ? length - n : 0;
	else
		from = lines > n ? after_lines(text, length, lines - n) : 0;
	buffer_add(command->io->out, text + from, length - from);
	return 0;
}

static int run_wc(const struct command *command)
{
	const char *text;
	size_t length;
	const char *path = command_operand(command, 0, "");

	if (read_operand(command, 0, "", &text, &length))
		return 1;
	command_out(command, "%zu%s%s\n", command_has(command, "-l") ? count_lines(text, length) : length,
		    path ? " " : "", path ? path : "");
	return 0;
}

static int run_sha256sum(const struct command *command)
{
	const char *text;
	size_t length;
	int status = 0;
	int result;

	for (size_t n = 0; (result = read_operand(command, n, "", &text, &length)) != 1; n++) {
		const char *path = command_operand(command, n, "");
		char digest[DIGEST_HEX_SIZE];

		status = result ? 1 : status;
		if (result)
			continue;
		digest_sha256(text, length, digest);
		command_out(command, "%s  %s\n", digest, path ? path : "-");
	}
	return status;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Names in a folder, by bytes, each once. Caller frees the list and its texts; *ret_count of them. */
static char **names_in(const struct machine *machine, const char *folder, size_t *ret_count)
{
	const json_t *files = machine_part(machine, "files");
	size_t n = strcmp(folder, "/") ? strlen(folder) : 0;
	char **names = xcalloc(json_object_size(files) + 1, sizeof(char *));
	size_t count = 0;
	size_t kept = 0;
	const char *path;
	json_t *entry;

	json_object_foreach((json_t *)(uintptr_t)files, path, entry)
		if (!strncmp(path, folder, n) && path[n] == '/' && path[n + 1])
			names[count++] = xstrndup(path + n + 1, strcspn(path + n + 1, "/"));
	qsort(names, count, sizeof(char *), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (kept && !strcmp(names[kept - 1], names[i]))
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	*ret_count = kept;
	return names;
}

static int list_folder(const struct command *command, const char *path)
{
	size_t count;
	char **names = names_in(command->shell->machine, path, &count);
	bool all = command_has(command, "-A") || command_has(command, "-1A") || command_has(command, "-a");

	for (size_t i = 0; i < count; i++) {
		if (all || names[i][0] != '.')
			command_out(command, "%s\n", names[i]);
		free(names[i]);
	}
	free(names);
	return 0;
}

static int run_ls(const struct command *command)
{
	const char *path = command_operand(command, 0, "");
	const json_t *entry;

	path = path ? path : "/root";
	entry = files_reachable(command->shell, path) ? files_find(command->shell->machine, path) : NULL;
	if (!files_reachable(command->shell, path))
		return command_fail(command, 2, "cannot access '%s': Permission denied", path);
	if (!entry)
		return command_fail(command, 2, "cannot access '%s': No such file or directory", path);
	if (!files_is_directory(entry)) {
		command_out(command, "%s\n", path);
		return 0;
	}
	if (!files_may_read(command->shell, path))
		return command_fail(command, 2, "cannot open directory '%s': Permission denied", path);
	return list_folder(command, path);
}

static const char *type_name(const json_t *entry)
{
	if (files_is_directory(entry))
		return "directory";
	return files_size(entry) ? "regular file" : "regular empty file";
}

/* coreutils' names of file systems by their magic number (src/stat.c, human_fstype). */
static const char *filesystem_type(const struct machine *machine, const char *path)
{
	const char *mounted = filesystem_of(machine, path);
	const char *type = doc_text(json_object_get(machine_part(machine, "filesystems"), mounted), "type");

	if (!strncmp(path, "/sys/fs/cgroup", 14))
		return doc_int_or(machine_part(machine, "cgroups"), "version", 2) == 2 ? "cgroup2fs" : "tmpfs";
	if (!strncmp(path, "/proc", 5))
		return "proc";
	if (!strncmp(type, "ext", 3))
		return "ext2/ext3";
	return type[0] ? type : "xfs";
}

static void add_status(const struct command *command, const char *format, const char *path, const json_t *entry)
{
	for (; *format; format++) {
		if (*format != '%' || !format[1]) {
			command_out(command, "%c", *format);
			continue;
		}
		switch (*++format) {
		case 'a':
			command_out(command, "%o", files_mode(entry));
			break;
		case 'U':
			command_out(command, "%s", files_owner(entry));
			break;
		case 'G':
			command_out(command, "%s", files_group(entry));
			break;
		case 's':
			command_out(command, "%" PRId64, files_size(entry));
			break;
		case 'n':
			command_out(command, "%s", path);
			break;
		case 'F':
			command_out(command, "%s", type_name(entry));
			break;
		case 'Y':
			command_out(command, "%" PRId64, doc_int_or(entry, "changed", command->shell->machine->booted));
			break;
		default:
			command_out(command, "?");
		}
	}
	command_out(command, "\n");
}

static const char *stat_format(const struct command *command, bool *ret_filesystem)
{
	const char *format = command_option(command, "--format");

	*ret_filesystem = command_has(command, "-f") || command_has(command, "--file-system") ||
			  command_has(command, "-fc");
	if (!format)
		format = command_option(command, "-c");
	return format ? format : command_option(command, "-fc");
}

static int run_stat(const struct command *command)
{
	static const char valued[] = "-c -fc --format";
	bool filesystem;
	const char *format = stat_format(command, &filesystem);
	int status = 0;
	const char *path;

	for (size_t n = 0; (path = command_operand(command, n, valued)); n++) {
		bool seen = files_reachable(command->shell, path);
		const json_t *entry = files_find(command->shell->machine, path);

		if (filesystem) {
			command_out(command, "%s\n", filesystem_type(command->shell->machine, path));
			continue;
		}
		if (!seen || !entry)
			status = command_fail(command, 1, "cannot stat '%s': %s", path,
					      seen ? "No such file or directory" : "Permission denied");
		else
			add_status(command, format ? format : "%n %s %a %U %G", path, entry);
	}
	return status;
}

static int run_readlink(const struct command *command)
{
	const char *path = command_operand(command, 0, "");
	const json_t *entry = path ? json_object_get(machine_part(command->shell->machine, "files"), path) : NULL;
	const char *target = doc_text(entry, "target");

	if (!path || (!target[0] && !command_has(command, "-f")))
		return 1;
	command_out(command, "%s\n", target[0] ? target : path);
	return 0;
}

static int match_lines(const struct command *command, const regex_t *pattern, const char *text)
{
	bool inverted = command_has(command, "-v");
	bool quiet = command_has(command, "-q") || command_has(command, "-c");
	size_t count = 0;

	while (*text) {
		auto_free char *line = xstrndup(text, strcspn(text, "\n"));

		if (!regexec(pattern, line, 0, NULL, 0) != inverted) {
			count++;
			if (!quiet)
				command_out(command, "%s\n", line);
		}
		text += strlen(line);
		text += *text == '\n';
	}
	if (command_has(command, "-c"))
		command_out(command, "%zu\n", count);
	return count ? 0 : 1;
}

/* Extended patterns whether -E was said or not; -F takes the letters as they are where they hold none of .[*^$. */
static int run_grep(const struct command *command)
{
	const char *given = command_option(command, "-e");
	const char *pattern = given ? given : command_operand(command, 0, "-e -m");
	const char *text;
	size_t length;
	regex_t compiled;
	int status;

	if (!pattern || regcomp(&compiled, pattern, PATTERN_FLAGS | (command_has(command, "-i") ? REG_ICASE : 0)))
		return command_fail(command, 2, "invalid pattern");
	if (command_operand(command, given ? 0 : 1, "-e -m"))
		status = read_operand(command, given ? 0 : 1, "-e -m", &text, &length) ? 2 : 0;
	else
		status = 0, text = command->io->input;
	if (!status)
		status = match_lines(command, &compiled, text);
	regfree(&compiled);
	return status;
}

const struct command_entry commands_of_files[] = {
	{"cat", "/usr/bin", run_cat}, {"head", "/usr/bin", run_head}, {"tail", "/usr/bin", run_tail},
	{"wc", "/usr/bin", run_wc}, {"sha256sum", "/usr/bin", run_sha256sum}, {"ls", "/usr/bin", run_ls},
	{"stat", "/usr/bin", run_stat}, {"readlink", "/usr/bin", run_readlink}, {"grep", "/usr/bin", run_grep},
	{"install", "/usr/bin", write_install}, {"cp", "/usr/bin", write_cp}, {"mv", "/usr/bin", write_mv},
	{"rm", "/usr/bin", write_rm}, {"mkdir", "/usr/bin", write_mkdir}, {"rmdir", "/usr/bin", write_rmdir},
	{"chmod", "/usr/bin", write_chmod}, {"chown", "/usr/bin", write_chown}, {"tee", "/usr/bin", write_tee},
	{"touch", "/usr/bin", write_touch}, {"truncate", "/usr/bin", write_truncate}, {"sync", "/usr/bin", write_sync},
	{"mktemp", "/usr/bin", write_mktemp}, {NULL, NULL, NULL},
};
