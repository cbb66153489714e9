/*
 * Disks of a simulated node: df, du, find (coreutils 9.1, findutils 4.9), lsblk, findmnt, blkid (util-linux 2.38).
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"

enum { COLUMNS_MAXIMUM = 8 };

/* --- df --- */

struct df {
	bool inodes;
	int64_t unit;
	const char *columns;	/* of --output; NULL: the usual ones */
};

/* "1M", "K", "1024", "1" */
static int64_t unit_of(const char *text)
{
	char *end;
	int64_t number = strtoll(text, &end, 10);

	number = number > 0 ? number : 1;
	if (*end == 'K' || *end == 'k')
		return number << 10;
	if (*end == 'M')
		return number << 20;
	return *end == 'G' ? number << 30 : number;
}

static int64_t rounded_up(int64_t number, int64_t unit)
{
	return (number + unit - 1) / unit;
}

static void percent(int64_t used, int64_t total, char out[24])
{
	if (total <= 0)
		snprintf(out, 24, "-");
	else
		snprintf(out, 24, "%" PRId64 "%%", rounded_up(used * 100, total));
}

static char *df_value(const struct df *df, const struct machine *machine, const char *target, const char *column)
{
	const json_t *entry = json_object_get(machine_part(machine, "filesystems"), target);
	int64_t size = doc_int(entry, "size");
	int64_t used = filesystem_used(machine, target);
	int64_t inodes = doc_int(entry, "inodes");
	int64_t inodes_used = filesystem_inodes_used(machine, target);
	char text[24];

	if (!strcmp(column, "source"))
		return xstrdup(doc_text(entry, "source"));
	if (!strcmp(column, "fstype"))
		return xstrdup(doc_text(entry, "type"));
	if (!strcmp(column, "target"))
		return xstrdup(target);
	if (!strcmp(column, "size"))
		return xasprintf("%" PRId64, rounded_up(size, df->unit));
	if (!strcmp(column, "used"))
		return xasprintf("%" PRId64, rounded_up(used, df->unit));
	if (!strcmp(column, "avail"))
		return xasprintf("%" PRId64, (size - used) / df->unit);
	if (!strcmp(column, "itotal"))
		return xasprintf("%" PRId64, inodes);
	if (!strcmp(column, "iused"))
		return xasprintf("%" PRId64, inodes_used);
	if (!strcmp(column, "iavail"))
		return xasprintf("%" PRId64, inodes - inodes_used);
	if (!strcmp(column, "pcent"))
		percent(used, size, text);
	else if (!strcmp(column, "ipcent"))
		percent(inodes_used, inodes, text);
	else
		return NULL;
	return xstrdup(text);
}

static const char *df_heading(const struct df *df, const char *column, bool portable, char text[24])
{
	static const struct {
		const char *column;
		const char *heading;
	} headings[] = {
		{"source", "Filesystem"}, {"fstype", "Type"}, {"target", "Mounted on"}, {"used", "Used"},
		{"itotal", "Inodes"}, {"iused", "IUsed"}, {"iavail", "IFree"}, {"ipcent", "IUse%"},
	};

	for (size_t i = 0; i < array_length(headings); i++)
		if (!strcmp(headings[i].column, column))
			return headings[i].heading;
	if (!strcmp(column, "avail"))
		return portable || !df->columns ? "Available" : "Avail";
	if (!strcmp(column, "pcent"))
		return portable ? "Capacity" : "Use%";
	if (df->unit == 1)
		return "1B-blocks";
	snprintf(text, 24, df->unit == 1 << 20 ? "1M-blocks" : portable ? "1024-blocks" : "1K-blocks");
	return text;
}

struct df_table {
	char *cells[64][COLUMNS_MAXIMUM];
	size_t rows;
	size_t columns;
};

static void df_row(const struct df *df, struct df_table *table, const struct machine *machine, const char *target,
		   char *const *columns)
{
	for (size_t i = 0; table->rows < array_length(table->cells) && i < table->columns; i++) {
		char *value = df_value(df, machine, target, columns[i]);

		table->cells[table->rows][i] = value ? value : xstrdup("-");
	}
	table->rows += table->rows < array_length(table->cells);
}

/* Texts to the left, numbers to the right, the last column as it is. */
static void df_print(const struct command *command, const struct df_table *table, char *const *columns)
{
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < table->columns; i++) {
			bool text = !strcmp(columns[i], "source") || !strcmp(columns[i], "fstype");
			size_t width = !strcmp(columns[i], "source") ? 14 : 4;

			for (size_t other = 0; other < table->rows; other++)
				if (strlen(table->cells[other][i]) > width)
					width = strlen(table->cells[other][i]);
			if (i + 1 == table->columns && !strcmp(columns[i], "target"))
				width = 0;
			command_out(command, "%s%*s", i ? " " : "", text ? -(int)width : (int)width,
				    table->cells[row][i]);
		}
		command_out(command, "\n");
	}
}

static bool is_left_out(const struct command *command, const char *type)
{
	for (size_t i = 1; i + 1 < command->count; i++)
		if (!strcmp(command->words[i], "-x") && !strcmp(command->words[i + 1], type))
			return true;
	return false;
}

/* No operand: every file system that has a size; else the one that each path is on. */
static int df_fill(const struct command *command, const struct df *df, struct df_table *table, char *const *columns)
{
	static const char valued[] = "-B --block-size -x -t";
	const struct machine *machine = command->shell->machine;
	const char *path = command_operand(command, 0, valued);
	const char *target;
	json_t *entry;
	int status = 0;

	if (!path) {
		json_object_foreach(machine_part(machine, "filesystems"), target, entry)
			if (doc_int(entry, "size") && !is_left_out(command, doc_text(entry, "type")))
				df_row(df, table, machine, target, columns);
		return 0;
	}
	for (size_t n = 0; (path = command_operand(command, n, valued)); n++) {
		if (files_find(machine, path))
			df_row(df, table, machine, filesystem_of(machine, path), columns);
		else
			status = command_fail(command, 1, "%s: No such file or directory", path);
	}
	return status;
}

static void df_read_options(const struct command *command, struct df *df, bool *ret_portable)
{
	const char *unit = command_option(command, "--block-size");

	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i];

		if (word[0] != '-' || word[1] == '-')
			continue;
		*ret_portable = *ret_portable || strchr(word, 'P');
		df->inodes = df->inodes || strchr(word, 'i');
		if (strchr(word, 'B'))
			unit = strchr(word, 'B')[1] ? strchr(word, 'B') + 1 : command->words[i + 1];
		if (strchr(word, 'm'))
			df->unit = 1 << 20;
	}
	if (unit)
		df->unit = unit_of(unit);
	df->columns = command_option(command, "--output");
	if (!df->columns && command_has(command, "--output"))
		df->columns = "source,fstype,itotal,iused,iavail,ipcent,size,used,avail,pcent,target";
}

static int run_df(const struct command *command)
{
	struct df df = {.unit = 1024};
	struct df_table table = {0};
	bool portable = false;
	bool typed = command_has(command, "-T") || command_has(command, "-PT") || command_has(command, "-TP");
	const char *columns;
	char *names[COLUMNS_MAXIMUM];
	char heading[24];
	int status;

	df_read_options(command, &df, &portable);
	columns = df.columns ? df.columns
		  : df.inodes ? "source,itotal,iused,iavail,ipcent,target"
		  : typed     ? "source,fstype,size,used,avail,pcent,target"
			      : "source,size,used,avail,pcent,target";
	while (*columns && table.columns < COLUMNS_MAXIMUM) {
		names[table.columns++] = xstrndup(columns, strcspn(columns, ","));
		columns += strcspn(columns, ",");
		columns += *columns == ',';
	}
	for (size_t i = 0; i < table.columns; i++)
		table.cells[0][i] = xstrdup(df_heading(&df, names[i], portable && !df.inodes, heading));
	table.rows = 1;
	status = df_fill(command, &df, &table, names);
	if (table.rows > 1)
		df_print(command, &table, names);
	for (size_t row = 0; row < table.rows; row++)
		for (size_t i = 0; i < table.columns; i++)
			free(table.cells[row][i]);
	for (size_t i = 0; i < table.columns; i++)
		free(names[i]);
	return status;
}

/* --- du --- */

static bool is_below(const char *path, const char *folder)
{
	size_t n = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int64_t size_below(const struct machine *machine, const char *folder)
{
	int64_t sum = 0;
	const char *path;
	json_t *entry;

	json_object_foreach(machine_part(machine, "files"), path, entry)
		if (is_below(path, folder))
			sum += rounded_up(files_size(entry), 4096) * 4096;
	return sum;
}

/* One line an operand: folders within it are not listed. -a of single files adds nothing to that. */
static int run_du(const struct command *command)
{
	static const char valued[] = "-d -B --max-depth --block-size --time";
	int64_t unit = 1024;
	int64_t total = 0;
	int status = 0;
	const char *path;

	for (size_t i = 1; i < command->count; i++)
		if (command->words[i][0] == '-' && command->words[i][1] != '-' && strchr(command->words[i], 'b'))
			unit = 1;
	if (command_has(command, "-B1") || command_has(command, "--block-size=1"))
		unit = 1;
	for (size_t n = 0; (path = command_operand(command, n, valued)); n++) {
		int64_t size = size_below(command->shell->machine, path);

		if (!files_reachable(command->shell, path) || !files_may_read(command->shell, path)) {
			status = command_fail(command, 1, "cannot read directory '%s': Permission denied", path);
			continue;
		}
		if (!files_find(command->shell->machine, path)) {
			status = command_fail(command, 1, "cannot access '%s': No such file or directory", path);
			continue;
		}
		total += size;
		command_out(command, "%" PRId64 "\t%s\n", rounded_up(size, unit), path);
	}
	for (size_t i = 1; i < command->count; i++)
		if (command->words[i][0] == '-' && command->words[i][1] != '-' && strchr(command->words[i], 'c'))
			command_out(command, "%" PRId64 "\ttotal\n", rounded_up(total, unit));
	return status;
}

/* --- find --- */

struct find {
	const char *name;
	const char *path;
	const char *type;
	const char *size;
	const char *format;
	int64_t depth;		/* -maxdepth; -1: none */
	bool count;
};

/* "+1048576k": more than so many units; "c" bytes, "k", "M", "G", none: 512 bytes. */
static bool size_matches(const char *wanted, int64_t size)
{
	char *end;
	int64_t number = strtoll(wanted + (*wanted == '+' || *wanted == '-'), &end, 10);
	int64_t unit = *end == 'c' ? 1 : *end == 'k' ? 1024 : *end == 'M' ? 1 << 20 : *end == 'G' ? 1 << 30 : 512;
	int64_t units = rounded_up(size, unit);

	return *wanted == '+' ? units > number : *wanted == '-' ? units < number : units == number;
}

static int64_t depth_of(const char *path, const char *from)
{
	int64_t depth = 0;

	for (path += strlen(from); *path; path++)
		depth += *path == '/';
	return depth;
}

static bool find_matches(const struct find *find, const char *from, const char *path, const json_t *entry)
{
	char type = files_is_directory(entry) ? 'd' : doc_text(entry, "target")[0] ? 'l' : 'f';

	return (!find->name || !fnmatch(find->name, path_name(path), 0)) &&
	       (!find->path || !fnmatch(find->path, path, 0)) && (!find->type || *find->type == type) &&
	       (!find->size || size_matches(find->size, files_size(entry))) &&
	       (find->depth < 0 || depth_of(path, from) <= find->depth);
}

static char escaped(char letter)
{
	return letter == 'n' ? '\n' : letter == 't' ? '\t' : letter == '0' ? '\0' : letter;
}

static void find_print(const struct command *command, const char *format, const char *path, const json_t *entry)
{
	for (; *format; format++) {
		if (format[0] == '\\' && format[1]) {
			command_out(command, "%c", escaped(*++format));
		} else if (format[0] != '%' || !format[1]) {
			command_out(command, "%c", *format);
		} else if (*++format == 'k') {
			command_out(command, "%" PRId64, rounded_up(files_size(entry), 4096) * 4);
		} else if (*format == 'b') {
			command_out(command, "%" PRId64, rounded_up(files_size(entry), 4096) * 8);
		} else if (*format == 's') {
			command_out(command, "%" PRId64, files_size(entry));
		} else if (*format == 'p') {
			command_out(command, "%s", path);
		} else if (*format == 'f') {
			command_out(command, "%s", path_name(path));
		} else if (*format == 'm') {
			command_out(command, "%o", files_mode(entry));
		} else if (*format == 'u') {
			command_out(command, "%s", files_owner(entry));
		} else if (*format == 'g') {
			command_out(command, "%s", files_group(entry));
		} else if (*format == 'T') {
			format += format[1] != '\0';
			command_out(command, "%" PRId64 ".0000000000", doc_int(entry, "changed"));
		}
	}
}

/* The kernel's own view of the memory controller: so many folders, of which find lists as many lines. */
static int find_groups(const struct command *command)
{
	const json_t *groups = machine_part(command->shell->machine, "cgroups");
	const char *format = command_option(command, "-printf");
	int64_t count = doc_int_or(groups, "directories", 90);

	if (doc_int_or(groups, "version", 2) == 2)
		return command_fail(command, 1, "'/sys/fs/cgroup/memory': No such file or directory");
	for (int64_t i = 0; i < count; i++) {
		if (format)
			command_out(command, "%s", format);
		else
			command_out(command, "/sys/fs/cgroup/memory/kubepods/besteffort/pod%08" PRId64 "\n", i);
	}
	return 0;
}

static int run_find(const struct command *command)
{
	const char *from = command->count > 1 ? command->words[1] : ".";
	const char *depth = command_option(command, "-maxdepth");
	const struct find find = {
		.name = command_option(command, "-name"), .path = command_option(command, "-path"),
		.type = command_option(command, "-type"), .size = command_option(command, "-size"),
		.format = command_option(command, "-printf"), .depth = depth ? strtoll(depth, NULL, 10) : -1,
	};
	const char *path;
	json_t *entry;

	if (!strncmp(from, "/sys/fs/cgroup/memory", 21))
		return find_groups(command);
	if (!files_find(command->shell->machine, from))
		return command_fail(command, 1, "'%s': No such file or directory", from);
	if (!files_reachable(command->shell, from) || !files_may_read(command->shell, from))
		return command_fail(command, 1, "'%s': Permission denied", from);
	json_object_foreach(machine_part(command->shell->machine, "files"), path, entry)
		if (is_below(path, from) && find_matches(&find, from, path, entry))
			find_print(command, find.format ? find.format : "%p\\n", path, entry);
	return 0;
}

/* lsof +L1 -F Disn (lsof 4.95): open files without a name. Ends with 1 where there are none. */
static int run_lsof(const struct command *command)
{
	const json_t *files = machine_part(command->shell->machine, "deletedFiles");
	size_t i;
	json_t *file;

	if (!command->shell->is_root)
		return 1;
	json_array_foreach(files, i, file)
		command_out(command, "p%" PRId64 "\nf%zu\nD0xfd01\ns%" PRId64 "\ni%zu\nn%s (deleted)\n",
			    doc_int_or(file, "pid", 1011), 40 + i, doc_int(file, "size"), 70001 + i,
			    doc_text(file, "path"));
	return json_array_size(files) ? 0 : 1;
}

const struct command_entry commands_of_disks[] = {
	{"df", "/usr/bin", run_df}, {"du", "/usr/bin", run_du}, {"find", "/usr/bin", run_find},
	{"lsof", "/usr/bin", run_lsof}, {NULL, NULL, NULL},
};
