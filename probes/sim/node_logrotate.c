#include "probes/sim/node_logrotate.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"

enum { COMPRESSED_SHARE = 20, LOGS_MAXIMUM = 256 };

static const char state_file[] = "/var/lib/logrotate/status";

/* The first block of a file: that is all that ours has. */
struct rotation {
	char *pattern;
	int64_t rotate;
	int64_t larger;		/* maxsize or size; 0 = none */
	const char *when;	/* "after 1 days" */
	bool compress;
	bool delay_compress;
	bool copy_truncate;
	bool keep_empty;
};

static void say(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_addv(command->io->error_out, format, arguments);
	va_end(arguments);
}

static int64_t bytes_of(const char *text)
{
	char *end;
	int64_t number = strtoll(text, &end, 10);

	return *end == 'k' ? number << 10 : *end == 'M' ? number << 20 : *end == 'G' ? number << 30 : number;
}

static const char *value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) || !line[n] || !strchr(" \t=", line[n]))
		return NULL;
	return line + n + strspn(line + n, " \t=");
}

/* False: no such option. */
static bool read_option(struct rotation *rotation, const char *line)
{
	static const char *const known[] = {"missingok", "dateext", "nodateext", "nocreate", "sharedscripts", "nomail",
					    "nomissingok", "copy", "delaycompress", "endscript"};
	const char *size = value_of(line, "maxsize") ? value_of(line, "maxsize") : value_of(line, "size");

	if (size)
		rotation->larger = bytes_of(size);
	else if (value_of(line, "rotate"))
		rotation->rotate = strtoll(value_of(line, "rotate"), NULL, 10);
	else if (!strcmp(line, "daily"))
		rotation->when = "after 1 days";
	else if (!strcmp(line, "weekly"))
		rotation->when = "weekly";
	else if (!strcmp(line, "hourly"))
		rotation->when = "hourly";
	else if (!strcmp(line, "compress"))
		rotation->compress = true;
	else if (!strcmp(line, "copytruncate"))
		rotation->copy_truncate = true;
	else if (!strcmp(line, "notifempty"))
		rotation->keep_empty = true;
	else if (value_of(line, "create") || value_of(line, "su") || value_of(line, "dateformat") ||
		 value_of(line, "minsize") || value_of(line, "maxage"))
		return true;
	else
		for (size_t i = 0; i <= array_length(known); i++) {
			if (i == array_length(known))
				return false;
			if (!strcmp(line, known[i]))
				break;
		}
	rotation->delay_compress = rotation->delay_compress || !strcmp(line, "delaycompress");
	return true;
}

static char *trimmed(const char *text, size_t n)
{
	while (n && strchr(" \t", *text)) {
		text++;
		n--;
	}
	while (n && strchr(" \t{", text[n - 1]))
		n--;
	return xstrndup(text, n);
}

/* What is not understood is said and left out, as logrotate does it since 3.19. */
static void read_config(const struct command *command, const char *path, const char *text, struct rotation *rotation)
{
	int number = 0;

	*rotation = (struct rotation){.when = "weekly"};
	while (*text) {
		size_t n = strcspn(text, "\n");
		auto_free char *line = trimmed(text, n);

		number++;
		text += n;
		text += *text == '\n';
		if (!*line || *line == '#' || !strcmp(line, "}"))
			continue;
		if (*line == '/' || *line == '"') {
			free(rotation->pattern);
			rotation->pattern = trimmed(line + (*line == '"'), strcspn(line + (*line == '"'), "\""));
		} else if (!read_option(rotation, line)) {
			say(command, "error: %s:%d unknown option '%.*s' -- ignoring line\n", path, number,
			    (int)strcspn(line, " \t"), line);
		}
	}
}

/* Paths of the logs; of names that the machine owns only until its files change: copies. */
static size_t find_logs(const struct machine *machine, const char *pattern, char *logs[LOGS_MAXIMUM])
{
	size_t count = 0;
	const char *path;
	json_t *entry;

	json_object_foreach(machine_part(machine, "files"), path, entry)
		if (count < LOGS_MAXIMUM && !files_is_directory(entry) && !fnmatch(pattern, path, FNM_PATHNAME))
			logs[count++] = xstrdup(path);
	return count;
}

static bool is_due(const struct rotation *rotation, int64_t size, bool forced)
{
	if (!size && rotation->keep_empty)
		return false;
	return forced || (rotation->larger && size >= rotation->larger);
}

static void explain(const struct command *command, const struct rotation *rotation, bool forced)
{
	say(command, "\nrotating pattern: %s  %s ", rotation->pattern, forced ? "forced from command line"
									       : rotation->when);
	if (rotation->rotate)
		say(command, "(%" PRId64 " rotations)\n", rotation->rotate);
	else
		say(command, "(no old logs will be kept)\n");
	say(command, "empty log files are %srotated, ", rotation->keep_empty ? "not " : "");
	if (rotation->larger)
		say(command, "log files >= %" PRId64 " are rotated earlier, ", rotation->larger);
	say(command, "old logs are removed\n");
}

static void explain_log(const struct command *command, const char *path, int64_t size, bool due)
{
	char now[21];

	clock_format(clock_wall(), now);
	say(command, "considering log %s\nCreating new state\n  Now: %.10s %.5s\n  Last rotated at %.10s %.2s:00\n",
	    path, now, now + 11, now, now + 11);
	say(command, "  log %s\n", due      ? "needs rotating"
				    : size ? "does not need rotating (log has already been rotated)"
					   : "does not need rotating (log is empty)");
}

static void set_file(struct machine *machine, const char *path, int64_t size)
{
	json_t *entry = json_pack("{s:s, s:s, s:s, s:I, s:I}", "mode", "0640", "owner", "root", "group", "root", "size",
				  (json_int_t)size, "changed", (json_int_t)clock_wall());

	json_object_set_new(machine_own(machine, "files"), path, entry);
}

/* log.1.gz becomes log.2.gz and so on; the last one goes. */
static void shift(struct machine *machine, const struct rotation *rotation, const char *path)
{
	json_t *files = machine_own(machine, "files");
	static const char *const ends[] = {"", ".gz"};

	for (int64_t i = rotation->rotate; i >= 1; i--) {
		for (size_t j = 0; j < array_length(ends); j++) {
			auto_free char *from = xasprintf("%s.%" PRId64 "%s", path, i, ends[j]);
			auto_free char *to = xasprintf("%s.%" PRId64 "%s", path, i + 1, ends[j]);
			json_t *entry = json_incref(json_object_get(files, from));

			json_object_del(files, from);
			if (entry && i < rotation->rotate)
				json_object_set(files, to, entry);
			json_decref(entry);
		}
	}
}

/*
 * The copy needs room for the whole log, beside it; only then is the log cut, and the copy compressed. With
 * delaycompress the copy stays as large as it is: nothing is freed yet.
 */
static int rotate(const struct command *command, const struct rotation *rotation, const char *path)
{
	struct machine *machine = command->shell->machine;
	const char *mounted = filesystem_of(machine, path);
	int64_t size = files_size(json_object_get(machine_part(machine, "files"), path));
	int64_t room = doc_int_or(json_object_get(machine_part(machine, "filesystems"), mounted), "size", INT64_MAX) -
		       filesystem_used(machine, mounted);
	auto_free char *copy = xasprintf("%s.1", path);
	auto_free char *packed = xasprintf("%s.1.gz", path);

	if (room < size) {
		say(command, "error: error copying %s to %s: No space left on device\n", path, copy);
		return 1;
	}
	shift(machine, rotation, path);
	if (rotation->rotate && (!rotation->compress || rotation->delay_compress))
		set_file(machine, copy, size);
	else if (rotation->rotate)
		set_file(machine, packed, size / COMPRESSED_SHARE);
	files_set_size(machine, path, 0);
	/* A disk reads and writes some 200 MB a second. */
	shell_spend(command->shell, size / (200 << 20) * 10);
	return 0;
}

static void write_state(struct machine *machine, char *const *logs, size_t count)
{
	struct buffer text = BUFFER_INIT(64 << 10);
	char now[21];
	json_t *entry;

	clock_format(clock_wall(), now);
	buffer_add_text(&text, "logrotate state -- version 2\n");
	for (size_t i = 0; i < count; i++)
		buffer_addf(&text, "\"%s\" %.4s-%d-%d-%d:%d:%d\n", logs[i], now, (now[5] - '0') * 10 + now[6] - '0',
			    (now[8] - '0') * 10 + now[9] - '0', (now[11] - '0') * 10 + now[12] - '0',
			    (now[14] - '0') * 10 + now[15] - '0', (now[17] - '0') * 10 + now[18] - '0');
	entry = json_pack("{s:s, s:s, s:s, s:s}", "mode", "0640", "owner", "root", "group", "root", "content",
			  buffer_text(&text));
	json_object_set_new(machine_own(machine, "files"), state_file, entry);
	buffer_release(&text);
}

static int handle(const struct command *command, const struct rotation *rotation, bool debug, bool forced)
{
	struct machine *machine = command->shell->machine;
	bool verbose = debug || command_has(command, "-v");
	char *logs[LOGS_MAXIMUM];
	size_t count = find_logs(machine, rotation->pattern, logs);
	int status = 0;

	if (verbose)
		explain(command, rotation, forced);
	for (size_t i = 0; i < count; i++) {
		int64_t size = files_size(json_object_get(machine_part(machine, "files"), logs[i]));
		bool due = is_due(rotation, size, forced);

		if (verbose)
			explain_log(command, logs[i], size, due);
		if (due && !debug)
			status = rotate(command, rotation, logs[i]) || status;
	}
	if (!debug)
		write_state(machine, logs, count);
	for (size_t i = 0; i < count; i++)
		free(logs[i]);
	return status;
}

static int print_version(const struct command *command)
{
	say(command, "logrotate 3.18.0\n\n    Default mail command:       /bin/mail\n"
		     "    Default compress command:   /bin/gzip\n    Default uncompress command: /bin/gunzip\n"
		     "    Default compress extension: .gz\n    Default state file path:    %s\n", state_file);
	return 0;
}

int logrotate_run(const struct command *command)
{
	const char *path = command_operand(command, 0, "-s --state");
	bool debug = command_has(command, "-d") || command_has(command, "--debug");
	bool forced = command_has(command, "-f") || command_has(command, "--force");
	const json_t *entry;
	struct rotation rotation;
	const char *text;
	const char *why;
	size_t length;
	int status = 0;

	if (command_has(command, "--version"))
		return print_version(command);
	if (debug)
		say(command, "warning: logrotate in debug mode does nothing except printing debug messages!  Consider "
			     "using verbose mode (-v) instead if this is not what you want.\n\n");
	why = path ? files_read(command->shell, path, &text, &length) : "No such file or directory";
	if (why) {
		say(command, "error: cannot stat %s: %s\n", path ? path : "", why);
		return 1;
	}
	entry = files_find(command->shell->machine, path);
	if (files_mode(entry) & 022) {
		say(command, "error: Ignoring %s because it is writable by group or others.\n", path);
		return 0;
	}
	if (!command->shell->is_root && !debug) {
		say(command, "error: error creating state file %s: Permission denied\n", state_file);
		return 3;
	}
	if (debug)
		say(command, "reading config file %s\n", path);
	read_config(command, path, text, &rotation);
	if (debug)
		say(command, "Reading state from file: %s\nAllocating hash table for state file, size 64 entries\n\n"
			     "Handling %d logs\n", state_file, rotation.pattern != NULL);
	if (rotation.pattern)
		status = handle(command, &rotation, debug, forced);
	free(rotation.pattern);
	return status;
}
