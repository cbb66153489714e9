/*
 * The next boot's kernel arguments (grubby 8.28, grub2-common 2.06), and block devices (util-linux 2.38).
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"

enum { ARGUMENTS_MAXIMUM = 16 << 10, COLUMNS_MAXIMUM = 12 };

static const char grub_folder[] = "/etc/default/grub.d/";

static const char *kernel_of(const struct command *command)
{
	return doc_text(machine_node(command->shell->cluster, command->shell->machine)->now->value,
			"status.nodeInfo.kernelVersion");
}

static const char *next_arguments(const struct command *command)
{
	const char *next = json_string_value(machine_part(command->shell->machine, "nextArguments"));
	const char *now = json_string_value(machine_part(command->shell->machine, "bootArguments"));

	return next ? next : now ? now : "ro quiet";
}

/* Length of "name" in "name=value". */
static size_t key_length(const char *argument, size_t n)
{
	const char *equals = memchr(argument, '=', n);

	return equals ? (size_t)(equals - argument) : n;
}

static bool is_same_argument(const char *a, size_t a_length, const char *b, size_t b_length, bool whole)
{
	size_t an = whole ? a_length : key_length(a, a_length);
	size_t bn = whole ? b_length : key_length(b, b_length);

	return an == bn && !memcmp(a, b, an);
}

static bool is_listed(const char *list, const char *argument, size_t n, bool by_value)
{
	while (*list) {
		size_t length;

		list += strspn(list, " ");
		length = strcspn(list, " ");
		/* --remove-args=name takes it out whatever its value is. */
		if (length && is_same_argument(argument, n, list, length, by_value && memchr(list, '=', length)))
			return true;
		list += length;
	}
	return false;
}

/* The arguments without those of `remove`, then those of `add`. Caller frees. */
static char *edited(const char *arguments, const char *add, const char *remove)
{
	struct buffer text = BUFFER_INIT(ARGUMENTS_MAXIMUM);

	while (*arguments) {
		size_t n;

		arguments += strspn(arguments, " ");
		n = strcspn(arguments, " ");
		if (n && !is_listed(remove, arguments, n, true) && !is_listed(add, arguments, n, false))
			buffer_addf(&text, "%s%.*s", text.length ? " " : "", (int)n, arguments);
		arguments += n;
	}
	if (*add)
		buffer_addf(&text, "%s%s", text.length ? " " : "", add);
	return buffer_detach(&text);
}

static int print_entries(const struct command *command)
{
	const char *kernel = kernel_of(command);

	command_out(command, "index=0\nkernel=\"/boot/vmlinuz-%s\"\nargs=\"%s\"\nroot=\"/dev/vda1\"\n"
			     "initrd=\"/boot/initramfs-%s.img\"\ntitle=\"Linux (%s)\"\n",
		    kernel, next_arguments(command), kernel, kernel);
	return 0;
}

static int run_grubby(const struct command *command)
{
	const char *add = command_option(command, "--args");
	const char *remove = command_option(command, "--remove-args");
	auto_free char *arguments = NULL;

	if (!command->shell->is_root)
		return command_fail(command, 1, "error opening /boot/grub2/grub.cfg for read: Permission denied");
	if (command_option(command, "--info"))
		return print_entries(command);
	if (command_has(command, "--default-kernel")) {
		command_out(command, "/boot/vmlinuz-%s\n", kernel_of(command));
		return 0;
	}
	if (!command_option(command, "--update-kernel") || (!add && !remove))
		return command_fail(command, 1, "bad argument");
	arguments = edited(next_arguments(command), add ? add : "", remove ? remove : "");
	machine_put(command->shell->machine, "nextArguments", json_string(arguments));
	return 0;
}

/* A file of settings is shell: it is read as such, in a shell of its own. */
static void read_settings(const struct command *command, struct shell *shell, const char *path)
{
	struct buffer ignored = BUFFER_INIT(ARGUMENTS_MAXIMUM);
	const struct shell_io io = {.input = "", .out = &ignored, .error_out = command->io->error_out};
	const char *text;
	size_t length;

	if (!files_read(shell, path, &text, &length)) {
		auto_free char *copy = xstrndup(text, length);

		shell_say(command->io->error_out, "Sourcing file `%s'\n", path);
		shell_run(shell, copy, &io);
	}
	buffer_release(&ignored);
}

static const char *variable(const struct shell *shell, const char *name)
{
	const char *value = json_string_value(json_object_get(shell->variables, name));

	return value ? value : "";
}

static int make_config(const struct command *command, const char *config)
{
	struct shell shell = *command->shell;
	const char *kernel = kernel_of(command);
	auto_free char *arguments = NULL;
	auto_free char *text = NULL;
	const char *path;
	json_t *entry;
	const char *why;

	if (!shell.is_root)
		return command_fail(command, 1, "You must run this as root");
	shell.variables = json_object();
	read_settings(command, &shell, "/etc/default/grub");
	json_object_foreach(machine_part(shell.machine, "files"), path, entry)
		if (!strncmp(path, grub_folder, strlen(grub_folder)) && strlen(path) > 4 &&
		    !strcmp(path + strlen(path) - 4, ".cfg"))
			read_settings(command, &shell, path);
	arguments = xasprintf("root=UUID=6a1d2c8e-7f04-4b7e-9d55-3c1a8e0b42f7 ro %s %s",
			      variable(&shell, "GRUB_CMDLINE_LINUX"), variable(&shell, "GRUB_CMDLINE_LINUX_DEFAULT"));
	json_decref(shell.variables);
	text = xasprintf("# DO NOT EDIT THIS FILE\nmenuentry 'Linux' {\n\tlinux\t/boot/vmlinuz-%s %s\n}\n", kernel,
			 arguments);
	why = files_write(command->shell, config, text, strlen(text), FILES_REPLACE);
	if (why)
		return command_fail(command, 1, "%s: %s", config, why);
	machine_put(command->shell->machine, "nextArguments", json_string(arguments));
	shell_say(command->io->error_out,
		  "Generating grub configuration file ...\nFound linux image: /boot/vmlinuz-%s\n"
		  "Found initrd image: /boot/initrd.img-%s\ndone\n", kernel, kernel);
	return 0;
}

static int run_update_grub(const struct command *command)
{
	return make_config(command, "/boot/grub/grub.cfg");
}

static int run_mkconfig(const struct command *command)
{
	const char *config = command_option(command, "-o");

	if (!config)
		return command_fail(command, 1, "an output file is wanted");
	return make_config(command, config);
}

/* --- lsblk, findmnt --- */

static char *device_value(const json_t *device, const char *column)
{
	static const struct {
		const char *column;
		const char *member;
	} columns[] = {{"NAME", "name"}, {"KNAME", "name"}, {"TYPE", "type"}, {"FSTYPE", "fsType"},
		       {"MOUNTPOINT", "mountPoint"}};

	if (!strcmp(column, "SIZE"))
		return xasprintf("%" PRId64, doc_int(device, "size"));
	for (size_t i = 0; i < array_length(columns); i++)
		if (!strcmp(columns[i].column, column))
			return xstrdup(doc_text(device, columns[i].member));
	return xstrdup("");
}

static void print_devices(const struct command *command, const json_t *devices, const char *columns, const char *only)
{
	bool pairs = command_has(command, "-P");
	size_t i;
	json_t *device;

	json_array_foreach(devices, i, device) {
		auto_free char *path = xasprintf("/dev/%s", doc_text(device, "name"));

		for (const char *at = columns; *at && (!only || !strcmp(only, path));) {
			auto_free char *column = xstrndup(at, strcspn(at, ","));
			auto_free char *value = device_value(device, column);

			command_out(command, pairs ? "%s%s=\"%s\"" : "%s%.0s%s", at == columns ? "" : " ", column,
				    value);
			at += strlen(column);
			at += *at == ',';
			if (!*at)
				command_out(command, "\n");
		}
		print_devices(command, json_object_get(device, "children"), columns, only);
	}
}

static int run_lsblk(const struct command *command)
{
	const char *columns = NULL;

	for (size_t i = 1; i + 1 < command->count; i++)
		if (command->words[i][0] == '-' && command->words[i][1] != '-' &&
		    command->words[i][strlen(command->words[i]) - 1] == 'o')
			columns = command->words[i + 1];
	print_devices(command, machine_part(command->shell->machine, "blockDevices"),
		      columns ? columns : "NAME,SIZE,TYPE",
		      command_operand(command, 0, "-o -bno -no -nbo -bo"));
	return 0;
}

static int run_findmnt(const struct command *command)
{
	const char *target = command_operand(command, 0, "-o -no -T");
	const char *path = target ? target : command_option(command, "-T");
	const char *mounted;
	json_t *entry;
	bool found = false;

	json_object_foreach(machine_part(command->shell->machine, "filesystems"), mounted, entry) {
		if (path && strcmp(path, mounted) &&
		    (!command_option(command, "-T") || strcmp(filesystem_of(command->shell->machine, path), mounted)))
			continue;
		found = true;
		command_out(command, "%s %s %s %s\n", mounted, doc_text(entry, "source"), doc_text(entry, "type"),
			    doc_text(entry, "options"));
	}
	return found ? 0 : 1;
}

const struct command_entry commands_of_boot[] = {
	{"grubby", "/usr/sbin", run_grubby}, {"update-grub", "/usr/sbin", run_update_grub},
	{"grub-mkconfig", "/usr/sbin", run_mkconfig}, {"grub2-mkconfig", "/usr/sbin", run_mkconfig},
	{"lsblk", "/usr/bin", run_lsblk}, {"findmnt", "/usr/bin", run_findmnt}, {NULL, NULL, NULL},
};
