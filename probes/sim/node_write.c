#include "probes/sim/node_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_commands.h"
#include "probes/sim/node_files.h"

static const char copy_options[] = "-m -o -g --mode --owner --group";

static json_t *files_of(const struct command *command)
{
	return machine_part(command->shell->machine, "files");
}

static const char *either(const struct command *command, const char *letter, const char *word)
{
	const char *value = command_option(command, letter);

	return value ? value : command_option(command, word);
}

/* "0644" for "644" */
static char *mode_text(const char *mode)
{
	return xasprintf("%04lo", strtoul(mode, NULL, 8));
}

/* The file itself, or the one of that name in the folder. Caller frees. */
static char *destination(const struct command *command, const char *source, const char *target)
{
	const json_t *entry = files_find(command->shell->machine, target);

	if (entry && files_is_directory(entry) && !command_has(command, "-T"))
		return xasprintf("%s/%s", strcmp(target, "/") ? target : "", path_name(source));
	return xstrdup(target);
}

static int read_source(const struct command *command, const char *source, char **ret_text, size_t *ret_length)
{
	const char *text = command->io->input;
	const char *why = NULL;

	*ret_length = command->io->input_length;
	if (strcmp(source, "/dev/stdin") && strcmp(source, "/dev/null"))
		why = files_read(command->shell, source, &text, ret_length);
	if (!strcmp(source, "/dev/null"))
		*ret_length = 0;
	if (why)
		return command_fail(command, 1, "cannot stat '%s': %s", source, why);
	*ret_text = xmalloc(*ret_length + 1);
	memcpy(*ret_text, text, *ret_length);
	(*ret_text)[*ret_length] = '\0';
	return 0;
}

static int install_folder(const struct command *command, const char *path)
{
	const char *mode = either(command, "-m", "--mode");
	auto_free char *bits = mode_text(mode ? mode : "755");
	const char *why = files_make_directory(command->shell, path, true);

	if (why)
		return command_fail(command, 1, "cannot create directory '%s': %s", path, why);
	files_set_rights(command->shell->machine, path, bits, either(command, "-o", "--owner"),
			 either(command, "-g", "--group"));
	return 0;
}

/*
 * install takes the old file away before it writes the new one (copy.c: unlink_dest_before_opening): on a full disk
 * neither is left. Who wants one or the other installs beside it and renames.
 */
static int install_file(const struct command *command, const char *source, const char *path)
{
	struct shell *shell = command->shell;
	const char *owner = either(command, "-o", "--owner");
	const char *group = either(command, "-g", "--group");
	const char *mode = either(command, "-m", "--mode");
	auto_free char *bits = mode_text(mode ? mode : "755");
	auto_free char *text = NULL;
	size_t length;
	const char *why;

	if (read_source(command, source, &text, &length))
		return 1;
	if (json_object_get(files_of(command), path) && (why = files_remove(shell, path)))
		return command_fail(command, 1, "cannot remove '%s': %s", path, why);
	why = files_write(shell, path, text, length, FILES_NEW);
	if (why && !json_object_get(files_of(command), path))
		return command_fail(command, 1, "cannot create regular file '%s': %s", path, why);
	if (why)
		return command_fail(command, 1, "error writing '%s': %s", path, why);
	if (owner && !shell->is_root && strcmp(owner, shell->login))
		return command_fail(command, 1, "cannot change ownership of '%s': Operation not permitted", path);
	files_set_rights(shell->machine, path, bits, owner, group);
	return 0;
}

int write_install(const struct command *command)
{
	const char *source = command_operand(command, 0, copy_options);
	const char *target = command_operand(command, 1, copy_options);
	auto_free char *path = NULL;

	if (command_has(command, "-d") && source)
		return install_folder(command, source);
	if (!source || !target)
		return command_fail(command, 1, "missing file operand");
	path = destination(command, source, target);
	if (command_has(command, "-D")) {
		auto_free char *parent = path_parent(path);

		files_make_directory(command->shell, parent, true);
	}
	return install_file(command, source, path);
}

static bool keeps_rights(const struct command *command)
{
	return command_has(command, "-p") || command_has(command, "-a") || command_has(command, "-pf") ||
	       command_option(command, "--preserve") || command_has(command, "--preserve");
}

int write_cp(const struct command *command)
{
	const char *source = command_operand(command, 0, "");
	const char *target = command_operand(command, 1, "");
	auto_free char *path = NULL;
	auto_free char *text = NULL;
	const json_t *entry;
	size_t length;
	const char *why;

	if (!source || !target)
		return command_fail(command, 1, "missing file operand");
	if (read_source(command, source, &text, &length))
		return 1;
	path = destination(command, source, target);
	why = files_write(command->shell, path, text, length, FILES_REPLACE);
	if (why)
		return command_fail(command, 1, "cannot create regular file '%s': %s", path, why);
	entry = files_find(command->shell->machine, source);
	if (entry && keeps_rights(command)) {
		auto_free char *bits = xasprintf("%04o", files_mode(entry));
		auto_free char *owner = xstrdup(files_owner(entry));
		auto_free char *group = xstrdup(files_group(entry));

		files_set_rights(command->shell->machine, path, bits, owner, group);
	}
	return 0;
}

int write_mv(const struct command *command)
{
	const char *source = command_operand(command, 0, "");
	const char *target = command_operand(command, 1, "");
	auto_free char *path = NULL;
	const char *why;

	if (!source || !target)
		return command_fail(command, 1, "missing file operand");
	path = destination(command, source, target);
	if (!json_object_get(files_of(command), source))
		return command_fail(command, 1, "cannot stat '%s': No such file or directory", source);
	if ((command_has(command, "-n") || command_has(command, "-Tn") || command_has(command, "-nT")) &&
	    files_find(command->shell->machine, path))
		return 0;
	why = files_rename(command->shell, source, path);
	return why ? command_fail(command, 1, "cannot move '%s' to '%s': %s", source, path, why) : 0;
}

int write_rm(const struct command *command)
{
	bool all = command_has(command, "-r") || command_has(command, "-rf") || command_has(command, "-fr");
	bool forced = command_has(command, "-f") || command_has(command, "-rf") || command_has(command, "-fr");
	int status = 0;
	const char *path;

	for (size_t n = 0; (path = command_operand(command, n, "")); n++) {
		const json_t *entry = files_find(command->shell->machine, path);
		const char *why = "Is a directory";

		if (!entry && forced)
			continue;
		if (!entry || !files_is_directory(entry) || all)
			why = files_remove(command->shell, path);
		if (!why && all)
			files_forget_below(command->shell->machine, path);
		if (why)
			status = command_fail(command, 1, "cannot remove '%s': %s", path, why);
	}
	return status;
}

int write_mkdir(const struct command *command)
{
	const char *mode = either(command, "-m", "--mode");
	int status = 0;
	const char *path;

	for (size_t n = 0; (path = command_operand(command, n, "-m --mode")); n++) {
		bool parents = command_has(command, "-p") || command_has(command, "--parents");
		bool had = files_find(command->shell->machine, path);
		const char *why = files_make_directory(command->shell, path, parents);
		auto_free char *bits = mode ? mode_text(mode) : NULL;

		if (why)
			status = command_fail(command, 1, "cannot create directory '%s': %s", path, why);
		else if (bits && !had)
			files_set_rights(command->shell->machine, path, bits, NULL, NULL);
	}
	return status;
}

int write_rmdir(const struct command *command)
{
	const char *path = command_operand(command, 0, "");
	const json_t *files = files_of(command);
	size_t n = path ? strlen(path) : 0;
	const char *name;
	json_t *entry;
	const char *why = NULL;

	if (!path)
		return command_fail(command, 1, "missing operand");
	json_object_foreach((json_t *)(uintptr_t)files, name, entry)
		if (!strncmp(name, path, n) && name[n] == '/')
			why = "Directory not empty";
	if (!why)
		why = files_remove(command->shell, path);
	return why ? command_fail(command, 1, "failed to remove '%s': %s", path, why) : 0;
}

/* The path after the mode or owner, which is to be there and the user's own to change. */
static const char *to_change(const struct command *command, const char *what)
{
	const char *path = command_operand(command, 1, "");
	const json_t *entry = path ? json_object_get(files_of(command), path) : NULL;

	if (!path)
		command_fail(command, 1, "missing operand");
	else if (!entry)
		command_fail(command, 1, "cannot access '%s': No such file or directory", path);
	else if (!command->shell->is_root && (*what == 'o' || strcmp(files_owner(entry), command->shell->login)))
		command_fail(command, 1, "changing %s of '%s': Operation not permitted",
			     *what == 'o' ? "ownership" : "permissions", path);
	else
		return path;
	return NULL;
}

int write_chmod(const struct command *command)
{
	const char *path = to_change(command, "mode");
	auto_free char *bits = path ? mode_text(command_operand(command, 0, "")) : NULL;

	if (path)
		files_set_rights(command->shell->machine, path, bits, NULL, NULL);
	return !path;
}

int write_chown(const struct command *command)
{
	const char *path = to_change(command, "owner");
	const char *who = path ? command_operand(command, 0, "") : "";
	const char *colon = strchr(who, ':');
	auto_free char *owner = xstrndup(who, colon ? (size_t)(colon - who) : strlen(who));

	if (path)
		files_set_rights(command->shell->machine, path, NULL, *owner ? owner : NULL, colon ? colon + 1 : NULL);
	return !path;
}

int write_tee(const struct command *command)
{
	const struct shell_io *io = command->io;
	bool append = command_has(command, "-a");
	int status = 0;
	const char *path;

	buffer_add(io->out, io->input, io->input_length);
	for (size_t n = 0; (path = command_operand(command, n, "")); n++) {
		const char *why = strcmp(path, "/dev/null")
					  ? files_write(command->shell, path, io->input, io->input_length,
							append ? FILES_APPEND : FILES_REPLACE)
					  : NULL;

		if (why)
			status = command_fail(command, 1, "%s: %s", path, why);
	}
	return status;
}

int write_touch(const struct command *command)
{
	const char *path = command_operand(command, 0, "");
	const char *why = path ? files_write(command->shell, path, "", 0, FILES_APPEND) : "missing operand";

	return why ? command_fail(command, 1, "cannot touch '%s': %s", path ? path : "", why) : 0;
}

int write_truncate(const struct command *command)
{
	const char *size = either(command, "-s", "--size");
	const char *path = command_operand(command, 0, "-s --size");
	const char *why;

	if (!size || !path)
		return command_fail(command, 1, "you must specify either '--size' or '--reference'");
	if (!files_find(command->shell->machine, path))
		return command_fail(command, 1, "cannot open '%s' for writing: No such file or directory", path);
	why = files_write(command->shell, path, "", 0, FILES_REPLACE);
	if (why)
		return command_fail(command, 1, "cannot open '%s' for writing: %s", path, why);
	files_set_size(command->shell->machine, path, (int64_t)strtoll(size, NULL, 10));
	return 0;
}

int write_sync(const struct command *command)
{
	(void)command;
	return 0;
}

/* "/etc/x.XXXXXX" becomes a name that is not there yet. Caller frees. */
static char *fresh_name(const struct machine *machine, const char *pattern)
{
	size_t length = strlen(pattern);
	size_t places = 0;

	while (places < length && pattern[length - 1 - places] == 'X')
		places++;
	for (unsigned int number = 1;; number++) {
		char *path = xasprintf("%.*s%0*u", (int)(length - places), pattern, (int)places, number);

		if (!files_find(machine, path))
			return path;
		free(path);
	}
}

int write_mktemp(const struct command *command)
{
	const char *given = command_operand(command, 0, "-p --tmpdir");
	const char *pattern = given ? given : "/tmp/tmp.XXXXXXXXXX";
	bool folder = command_has(command, "-d");
	auto_free char *path = fresh_name(command->shell->machine, pattern);
	const char *why = folder ? files_make_directory(command->shell, path, false)
				 : files_write(command->shell, path, "", 0, FILES_NEW);

	if (why)
		return command_fail(command, 1, "failed to create %s via template '%s': %s",
				    folder ? "directory" : "file", pattern, why);
	files_set_rights(command->shell->machine, path, folder ? "0700" : "0600", NULL, NULL);
	command_out(command, "%s\n", path);
	return 0;
}
