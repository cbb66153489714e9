/*
 * Why a command did not answer, from its exit status and its standard error
 * (LC_ALL=C; sudo, env and timeout of GNU).
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

enum { EXIT_TIMED_OUT = 124, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127, EXIT_KILLED = 128 + 9 };

static struct piece error_of(const struct batch_output *output)
{
	return piece_of(buffer_text(&output->texts[1]), output->texts[1].length);
}

static bool is_sudo_refusal(struct piece error)
{
	static const char *const texts[] = {
		"a password is required", "is not allowed to", "not allowed to execute", "must have a tty",
		"a terminal is required", "not in the sudoers", "may not run sudo", "account validation failure",
	};
	struct piece line;

	while (piece_line(&error, &line)) {
		/* "Sorry, user x is not allowed to execute …" has no "sudo:" before it. */
		if (!piece_begins(line, "sudo:") && !piece_begins(line, "Sorry, user "))
			continue;
		for (size_t i = 0; i < array_length(texts); i++) {
			if (piece_holds(line, texts[i]))
				return true;
		}
	}
	return false;
}

/* Another status than 127 may mean it too: a shell without sudo, a sudo without timeout. */
bool is_not_installed(const struct batch_output *output)
{
	struct piece error = error_of(output);

	return output->exit_status == EXIT_NOT_FOUND ||
	       (output->exit_status == 1 && piece_begins(error, "sudo: ") && piece_holds(error, "command not found"));
}

bool is_missing_file(const struct batch_output *output)
{
	return output->exit_status && output->exit_status != EXIT_NOT_FOUND &&
	       piece_holds(error_of(output), ": No such file or directory") && !piece_begins(error_of(output), "sudo:");
}

/* The last line of the error that says something; or of the output. */
static char *last_words(const struct batch_output *output)
{
	struct piece rest = error_of(output);
	struct piece line;
	struct piece last = {"", 0};

	while (piece_line(&rest, &line)) {
		if (piece_trim(line).length)
			last = piece_trim(line);
	}
	return xstrndup(last.at, last.length < 300 ? last.length : 300);
}

static void explain_sudo(const struct batch_command *command, struct err *ret_reason)
{
	auto_free char *line = sudoers_line("USER", command->command->argv, command->read->timeout_seconds);

	err_set(ret_reason, ERR_FORBIDDEN, "sudo is refused for {command}", "command", command->command->argv[0], NULL);
	err_hint(ret_reason, "allow it in sudoers: {line}", "line", line, NULL);
}

/* The connection had its own trouble, or ended before this command did. */
static void explain_connection(const char *name, const struct node_answer *answer, struct err *ret_reason)
{
	if (answer->trouble != NODE_FINE && answer->err.code != ERR_NONE)
		*ret_reason = answer->err;
	else if (!answer->trouble && answer->exit_status == EXIT_NOT_FOUND)
		err_set(ret_reason, ERR_NOT_FOUND, "the node has no sh", NULL);
	else
		err_set(ret_reason, ERR_PROTOCOL, "the node ended the connection before {command} was done",
			"command", name, NULL);
}

void explain_failure(const struct batch_command *command, const struct node_answer *answer, struct err *ret_reason)
{
	const struct batch_output *output = &command->output;
	const char *name = command->command->argv[0];
	char number[16];

	snprintf(number, sizeof(number), "%d", output->exit_status);
	if (!output->has_ended[0]) {
		explain_connection(name, answer, ret_reason);
	} else if (is_not_installed(output)) {
		bool is_sudo = command->read->sudo && piece_holds(error_of(output), "sudo: ") &&
			       !piece_holds(error_of(output), "env: ");

		err_set(ret_reason, ERR_NOT_FOUND, "{command} is not installed on the node", "command",
			is_sudo ? "sudo" : name,
			NULL);
	} else if (command->read->sudo && is_sudo_refusal(error_of(output))) {
		explain_sudo(command, ret_reason);
	} else if (output->exit_status == EXIT_TIMED_OUT || output->exit_status == EXIT_KILLED) {
		snprintf(number, sizeof(number), "%d", command->read->timeout_seconds);
		err_set(ret_reason, ERR_TIMEOUT, "{command} did not end within {seconds} s", "command", name,
			"seconds", number,
			NULL);
	} else if (output->exit_status == EXIT_CANNOT_RUN) {
		err_set(ret_reason, ERR_FORBIDDEN, "{command} cannot be run on the node", "command", name, NULL);
	} else {
		auto_free char *words = last_words(output);

		err_set(ret_reason, ERR_IO, *words ? "{command} ended with {exit}: {words}"
			: "{command} ended with {exit}",
			"command", name, "exit", number, "words", words, NULL);
	}
}
