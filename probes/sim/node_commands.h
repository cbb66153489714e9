/*
 * The commands that a simulated node knows: those of checks and repair steps,
 * in the words of the real tools under LC_ALL=C. What is not in a table here
 * is not found. A command is a function that reads its words, looks at the
 * machine or changes it, and writes what the tool would.
 */
#ifndef SIM_NODE_COMMANDS_H
#define SIM_NODE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/sim/node_machine.h"
#include "probes/sim/node_shell.h"

struct command {
	struct shell *shell;
	char **words;		/* [0]: its name; NULL after the last */
	size_t count;
	const struct shell_io *io;
	const char *name;	/* without its folder */
};

struct command_entry {
	const char *name;
	const char *folder;	/* where it is: "/usr/bin"; NULL: of the shell itself */
	int (*run)(const struct command *command);
};

/* Each table ends with a name NULL. */
extern const struct command_entry commands_of_files[];
extern const struct command_entry commands_of_disks[];
extern const struct command_entry commands_of_units[];
extern const struct command_entry commands_of_images[];
extern const struct command_entry commands_of_system[];
extern const struct command_entry commands_of_boot[];

/* Runs one command, wrappers (sudo, timeout, env, sh...) and all; its exit status. */
int command_run(struct shell *shell, char **words, size_t count, const struct shell_io *io);
/* The same command with other words, as wrappers do it. */
int command_run_inner(const struct command *command, size_t first);
/* NULL: this machine has no such command. */
const struct command_entry *command_find(const struct machine *machine, const char *name);

void command_out(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "name: ..." and a line end, on the error output; returns status. */
int command_fail(const struct command *command, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The word after the option, or behind its =; NULL: not given. "--size" or "-s". */
const char *command_option(const struct command *command, const char *name);
bool command_has(const struct command *command, const char *word);
/* The nth word (from 0) that is neither an option nor, where the option is in `valued` ("-n --size"), its value. */
const char *command_operand(const struct command *command, size_t n, const char *valued);

#endif
