#include "probes/sim/node_commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_fault.h"
#include "probes/sim/node_wrappers.h"

static const struct command_entry *const tables[] = {
	commands_of_shell, commands_of_files, commands_of_disks, commands_of_units,
	commands_of_images, commands_of_system, commands_of_boot,
};

void command_out(const struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_addv(command->io->out, format, arguments);
	va_end(arguments);
}

int command_fail(const struct command *command, int status, const char *format, ...)
{
	va_list arguments;

	shell_say(command->io->error_out, "%s: ", command->name);
	va_start(arguments, format);
	buffer_addv(command->io->error_out, format, arguments);
	va_end(arguments);
	buffer_add_byte(command->io->error_out, '\n');
	return status;
}

const char *command_option(const struct command *command, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 1; i < command->count; i++) {
		if (!strcmp(command->words[i], name))
			return command->words[i + 1];
		if (name[1] == '-' && !strncmp(command->words[i], name, n) && command->words[i][n] == '=')
			return command->words[i] + n + 1;
	}
	return NULL;
}

bool command_has(const struct command *command, const char *word)
{
	for (size_t i = 1; i < command->count; i++)
		if (!strcmp(command->words[i], word))
			return true;
	return false;
}

static bool is_in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at && (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

const char *command_operand(const struct command *command, size_t n, const char *valued)
{
	bool options = true;

	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i];

		if (options && !strcmp(word, "--")) {
			options = false;
			continue;
		}
		if (options && word[0] == '-' && word[1]) {
			i += is_in_list(valued, word);
			continue;
		}
		if (!n--)
			return word;
	}
	return NULL;
}

const struct command_entry *command_find(const struct machine *machine, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *alone = slash ? slash + 1 : name;

	if (json_is_false(json_object_get(machine_part(machine, "commands"), alone)))
		return NULL;
	for (size_t i = 0; i < array_length(tables); i++) {
		for (const struct command_entry *entry = tables[i]; entry->name; entry++) {
			if (strcmp(entry->name, alone))
				continue;
			/* "/usr/bin/df" is df wherever /bin and /usr/bin are one. */
			return slash && !entry->folder ? NULL : entry;
		}
	}
	return NULL;
}

int command_run(struct shell *shell, char **words, size_t count, const struct shell_io *io)
{
	const struct command_entry *entry = command_find(shell->machine, words[0]);
	struct command command = {.shell = shell, .words = words, .count = count, .io = io, .name = words[0]};
	int status;

	if (!entry) {
		shell_say(io->error_out, "sh: 1: %s: not found\n", words[0]);
		return SHELL_NOT_FOUND;
	}
	command.name = entry->name;
	if (command_is_wrapper(entry))
		return entry->run(&command);
	if (fault_before(&command, &status))
		return status;
	status = entry->run(&command);
	fault_after(&command, &status);
	return status;
}

int command_run_inner(const struct command *command, size_t first)
{
	struct shell *shell = command->shell;

	/* What no shell is between cannot be one of a shell's own commands. */
	if (!command_find(shell->machine, command->words[first]) ||
	    !command_find(shell->machine, command->words[first])->folder)
		return -1;
	return command_run(shell, command->words + first, command->count - first, command->io);
}
