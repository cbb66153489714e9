#include "probes/sim/node_wrappers.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/node_fault.h"
#include "probes/sim/node_files.h"
#include "probes/sim/node_mark.h"
#include "probes/sim/node_test.h"

static int no_such(const struct command *command, const char *word)
{
	return command_fail(command, SHELL_NOT_FOUND, "failed to run command '%s': No such file or directory", word);
}

static int list_right(const struct command *command, size_t first)
{
	const struct shell *shell = command->shell;
	const struct command_entry *entry;

	if (first >= command->count) {
		bool any = fault_lets_sudo(shell, command->words, 0);

		if (any)
			command_out(command, "User %s may run the following commands on %s:\n    (ALL) NOPASSWD: ALL\n",
				    shell->login, shell->machine->name);
		return any ? 0 : command_fail(command, 1, "a password is required");
	}
	entry = command_find(shell->machine, command->words[first]);
	if (!entry || !entry->folder || !fault_lets_sudo(shell, command->words + first, command->count - first))
		return 1;
	command_out(command, "%s/%s", entry->folder, entry->name);
	for (size_t i = first + 1; i < command->count; i++)
		command_out(command, " %s", command->words[i]);
	command_out(command, "\n");
	return 0;
}

static int run_sudo(const struct command *command)
{
	struct shell *shell = command->shell;
	bool was_root = shell->is_root;
	bool asks = true;
	bool lists = false;
	size_t first = 1;
	int status;

	while (first < command->count && command->words[first][0] == '-') {
		const char *option = command->words[first++];

		if (!strcmp(option, "--"))
			break;
		asks = asks && !strchr(option, 'n');
		lists = lists || strchr(option, 'l');
		first += !strcmp(option, "-u");
	}
	if (asks && !was_root)
		return command_fail(command, 1, "a terminal is required to read the password; either use the -S option "
						"to read from standard input or configure an askpass helper\n"
						"sudo: a password is required");
	if (lists)
		return list_right(command, first);
	if (first >= command->count)
		return command_fail(command, 1, "usage: sudo -n [command]");
	if (!was_root && !fault_lets_sudo(shell, command->words + first, command->count - first))
		return command_fail(command, 1, "a password is required");
	shell->is_root = true;
	status = command_run_inner(command, first);
	shell->is_root = was_root;
	return status >= 0 ? status : shell->is_over
		? status : command_fail(command, 1, "%s: command not found", command->words[first]);
}

/* What takes longer is ended, with 124: what it did is done all the same. */
static int run_timeout(const struct command *command)
{
	struct shell *shell = command->shell;
	const char *seconds = command_operand(command, 0, "-k -s --kill-after --signal");
	int64_t before = shell->milliseconds;
	size_t first = 1;
	int64_t limit;
	int status;

	while (first < command->count && command->words[first] != seconds)
		first++;
	if (++first >= command->count)
		return command_fail(command, 125, "missing operand");
	limit = (int64_t)(1000 * strtod(seconds, NULL));
	status = command_run_inner(command, first);
	if (status < 0 && !shell->is_over)
		return no_such(command, command->words[first]);
	if (limit && !shell->is_over && (shell->milliseconds < 0 || shell->milliseconds - before > limit)) {
		shell->milliseconds = before + limit;
		status = 124;
	}
	return status;
}

static int run_env(const struct command *command)
{
	size_t first = 1;
	int status;

	while (first < command->count && (command->words[first][0] == '-' || strchr(command->words[first], '=')))
		first++;
	if (first >= command->count) {
		command_out(command, "LC_ALL=C\n");
		return 0;
	}
	status = command_run_inner(command, first);
	if (status >= 0 || command->shell->is_over)
		return status;
	return command_fail(command, SHELL_NOT_FOUND, "'%s': No such file or directory", command->words[first]);
}

/* nice -n 19, ionice -c 3, setsid, nohup: options with a number behind them, then the command. */
static int run_beside(const struct command *command)
{
	size_t first = 1;
	int status;

	while (first < command->count &&
	       (command->words[first][0] == '-' || isdigit((unsigned char)command->words[first][0])))
		first++;
	if (first >= command->count)
		return command_fail(command, 125, "missing operand");
	status = command_run_inner(command, first);
	return status >= 0 || command->shell->is_over ? status : no_such(command, command->words[first]);
}

static int run_script(const struct command *command, const char *text, char **arguments, size_t count, const char *name)
{
	struct shell *shell = command->shell;
	struct shell inner = *shell;
	struct shell_io io = *command->io;
	int status;

	inner.variables = json_object();
	inner.arguments = arguments;
	inner.argument_count = count;
	inner.name = name;
	inner.status = 0;
	inner.depth++;
	status = shell_run(&inner, text, &io);
	shell->milliseconds = inner.milliseconds;
	shell->is_lost = inner.is_lost;
	memcpy(shell->signal, inner.signal, sizeof(shell->signal));
	shell->is_over = inner.is_lost || inner.signal[0];
	json_decref(inner.variables);
	return status;
}

/* A command that is read from the script's own input would need to share it: none of ours does. */
static int run_shell(const struct command *command)
{
	const char *script = NULL;
	const char *why;
	size_t length;
	size_t at = 1;
	bool from_word = false;
	bool from_input = false;
	char **rest;
	size_t left;
	int status;

	for (; at < command->count && command->words[at][0] == '-' && command->words[at][1]; at++) {
		from_word = from_word || strchr(command->words[at], 'c');
		from_input = from_input || strchr(command->words[at], 's');
		if (!strcmp(command->words[at], "--")) {
			at++;
			break;
		}
	}
	rest = command->words + at;
	left = command->count - at;
	if (from_word && left && mark_run(command, rest + 1, left - 1, &status))
		return status;
	if (from_word)
		return left ? run_script(command, rest[0], rest + (left > 1 ? 2 : 1), left > 1 ? left - 2 : 0,
					 left > 1 ? rest[1] : "sh")
			    : command_fail(command, 2, "0: -c requires an argument");
	if (from_input || !left)
		return run_script(command, command->io->input, rest, left, "sh");
	why = files_read(command->shell, rest[0], &script, &length);
	if (why)
		return command_fail(command, SHELL_NOT_FOUND, "0: cannot open %s: %s", rest[0], why);
	return run_script(command, script, rest + 1, left - 1, rest[0]);
}

static int run_true(const struct command *command)
{
	(void)command;
	return 0;
}

static int run_false(const struct command *command)
{
	(void)command;
	return 1;
}

static int run_exit(const struct command *command)
{
	struct shell *shell = command->shell;

	if (command->count > 1)
		shell->status = (int)strtol(command->words[1], NULL, 10) & 255;
	shell->is_over = true;
	return shell->status;
}

static int run_exec(const struct command *command)
{
	struct shell *shell = command->shell;
	int status;

	if (command->count < 2)
		return 0;
	status = command_run(shell, command->words + 1, command->count - 1, command->io);
	shell->status = status;
	shell->is_over = true;
	return status;
}

/* command -v NAME: where it is; command NAME...: runs it. */
static int run_command(const struct command *command)
{
	const struct command_entry *entry;

	if (command->count < 2)
		return 0;
	if (strcmp(command->words[1], "-v"))
		return command_run(command->shell, command->words + 1, command->count - 1, command->io);
	entry = command->count > 2 ? command_find(command->shell->machine, command->words[2]) : NULL;
	if (!entry)
		return SHELL_NOT_FOUND;
	command_out(command, "%s%s%s\n", entry->folder ? entry->folder : "", entry->folder ? "/" : "", entry->name);
	return 0;
}

static int run_export(const struct command *command)
{
	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i];
		const char *equals = strchr(word, '=');
		auto_free char *name = equals ? xstrndup(word, (size_t)(equals - word)) : NULL;

		if (name)
			json_object_set_new(command->shell->variables, name, json_string(equals + 1));
	}
	return 0;
}

static int run_echo(const struct command *command)
{
	bool line = command->count < 2 || strcmp(command->words[1], "-n");

	for (size_t i = line ? 1 : 2; i < command->count; i++)
		command_out(command, "%s%s", i > (line ? 1U : 2U) ? " " : "", command->words[i]);
	command_out(command, "%s", line ? "\n" : "");
	return 0;
}

static const char *add_escape(struct buffer *out, const char *at)
{
	static const char from[] = "ntr\\\"'ab";
	static const char to[] = "\n\t\r\\\"'\a\b";
	const char *found = *at ? strchr(from, *at) : NULL;

	if (*at >= '0' && *at <= '7') {
		unsigned int code = 0;

		for (int i = 0; i < 3 && *at >= '0' && *at <= '7'; i++)
			code = code * 8 + (unsigned int)(*at++ - '0');
		buffer_add_byte(out, (char)code);
		return at;
	}
	buffer_add_byte(out, found ? to[found - from] : '\\');
	return found ? at + 1 : at;
}

/* Conversions s, d and c without widths, as scripts that end lines with a marker use them. */
static int run_printf(const struct command *command)
{
	struct buffer *out = command->io->out;
	size_t next = 2;

	if (command->count < 2)
		return command_fail(command, 2, "missing operand");
	do {
		for (const char *at = command->words[1]; *at;) {
			const char *value = next < command->count ? command->words[next] : "";

			if (*at == '\\') {
				at = add_escape(out, at + 1);
			} else if (at[0] == '%' && at[1] == '%') {
				buffer_add_byte(out, '%');
				at += 2;
			} else if (at[0] == '%' && at[1] && strchr("sdcb", at[1])) {
				buffer_add_text(out, at[1] == 'd' && !*value ? "0" : value);
				next++;
				at += 2;
			} else {
				buffer_add_byte(out, *at++);
			}
		}
	} while (next > 2 && next < command->count);
	return 0;
}

static int run_sleep(const struct command *command)
{
	if (command->count < 2)
		return command_fail(command, 1, "missing operand");
	shell_spend(command->shell, !strcmp(command->words[1], "infinity")
					    ? -1 : (int64_t)(1000 * strtod(command->words[1], NULL)));
	return 0;
}

const struct command_entry commands_of_shell[] = {
	{"sudo", "/usr/bin", run_sudo}, {"timeout", "/usr/bin", run_timeout}, {"env", "/usr/bin", run_env},
	{"nice", "/usr/bin", run_beside}, {"ionice", "/usr/bin", run_beside}, {"setsid", "/usr/bin", run_beside},
	{"nohup", "/usr/bin", run_beside}, {"sh", "/bin", run_shell}, {"bash", "/bin", run_shell},
	{"dash", "/bin", run_shell}, {"exec", NULL, run_exec}, {"command", NULL, run_command},
	{"true", "/usr/bin", run_true}, {"false", "/usr/bin", run_false}, {":", NULL, run_true},
	{"cd", NULL, run_true}, {"set", NULL, run_true}, {"umask", NULL, run_true}, {"trap", NULL, run_true},
	{"exit", NULL, run_exit}, {"export", NULL, run_export}, {"echo", "/usr/bin", run_echo},
	{"printf", "/usr/bin", run_printf}, {"sleep", "/usr/bin", run_sleep}, {"test", "/usr/bin", test_run},
	{"[", "/usr/bin", test_run}, {NULL, NULL, NULL},
};

bool command_is_wrapper(const struct command_entry *entry)
{
	int (*const wrappers[])(const struct command *command) = {run_sudo, run_timeout, run_env, run_beside, run_shell,
								  run_exec, run_command};

	for (size_t i = 0; i < array_length(wrappers); i++)
		if (entry->run == wrappers[i])
			return true;
	return false;
}
