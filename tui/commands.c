/* The commands of the command line: a file each, a line each in this list. */
#include <string.h>

#include "probes/base/memory.h"
#include "tui/command.h"

extern const struct command plan_command;
extern const struct command fix_command;
extern const struct command runs_command;
extern const struct command undo_command;
extern const struct command resume_command;
extern const struct command match_command;
extern const struct command explain_command;
extern const struct command lint_command;
extern const struct command report_command;
extern const struct command nodes_command;
extern const struct command save_command;
extern const struct command sim_command;
extern const struct command doctor_command;
extern const struct command completion_command;
extern const struct command help_command;
extern const struct command version_command;

const struct command *const commands[] = {
	&plan_command,
	&fix_command,
	&runs_command,
	&undo_command,
	&resume_command,
	&match_command,
	&explain_command,
	&lint_command,
	&report_command,
	&nodes_command,
	&save_command,
	&sim_command,
	&doctor_command,
	&completion_command,
	&help_command,
	&version_command,
	NULL,
};

static int refuse(const struct invocation *invocation, const struct command *command, const char *id,
		  const char *flag)
{
	struct err err;

	err_set(&err, ERR_USAGE, id, "flag", flag, "command", command->name, NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", command->usage, NULL);
	command_fail(invocation, &err);
	return -2;
}

int command_misused(const struct invocation *invocation, const struct command *command, const char *id,
		    const char *word)
{
	struct err err;

	err_set(&err, ERR_USAGE, id, "word", word, NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", command->usage, NULL);
	return command_fail(invocation, &err);
}

static const struct command_flag *find_flag(const struct command *command, const char *word, const char **ret_value)
{
	for (const struct command_flag *flag = command->flags; flag && flag->name; flag++) {
		size_t length = strlen(flag->name);

		if (strncmp(word, flag->name, length) != 0 || (word[length] && word[length] != '='))
			continue;
		*ret_value = word[length] ? word + length + 1 : NULL;
		return flag;
	}
	return NULL;
}

/* Words behind "--" are plain. */
static bool is_behind_dashes(const struct invocation *invocation, int position)
{
	for (int i = 1; i < position; i++) {
		if (!strcmp(invocation->argv[i], "--"))
			return true;
	}
	return false;
}

int command_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (int index = 0; choices; index++) {
		if (strcspn(choices, "|") == length && !strncmp(choices, value, length))
			return index;
		choices = strchr(choices, '|');
		choices += choices != NULL;
	}
	return -1;
}

static int refuse_choice(const struct invocation *invocation, const struct command *command,
			 const struct command_flag *flag, const char *value)
{
	struct err err;

	err_set(&err, ERR_USAGE, "{flag} takes {choices}, not {value}", "flag", flag->name, "choices", flag->value,
		"value", value, NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", command->usage, NULL);
	command_fail(invocation, &err);
	return -2;
}

int command_next(const struct invocation *invocation, const struct command *command, int *position,
		 const char **ret_name, const char **ret_value)
{
	const struct command_flag *flag;
	const char *value = NULL;
	const char *word;

	if (*position < invocation->argc && !strcmp(invocation->argv[*position], "--") &&
	    !is_behind_dashes(invocation, *position))
		++*position;
	if (*position >= invocation->argc)
		return -1;
	word = invocation->argv[*position];
	if (word[0] != '-' || !word[1] || is_behind_dashes(invocation, *position)) {
		++*position;
		*ret_name = NULL;
		*ret_value = word;
		return 0;
	}
	flag = find_flag(command, word, &value);
	if (!flag)
		return refuse(invocation, command, "{command} has no flag {flag}", word);
	if (!flag->value && value)
		return refuse(invocation, command, "{flag} takes no value", flag->name);
	++*position;
	if (flag->value && !value) {
		if (*position >= invocation->argc)
			return refuse(invocation, command, "{flag} needs a value", flag->name);
		value = invocation->argv[(*position)++];
	}
	if (flag->value && strchr(flag->value, '|') && command_choice(flag->value, value) < 0)
		return refuse_choice(invocation, command, flag, value);
	*ret_name = flag->name;
	*ret_value = value;
	return 1;
}

int command_take_words(const struct invocation *invocation, const struct command *command, const char **words,
		       int most)
{
	const char *name;
	const char *value;
	int position = 1;
	int count = 0;
	int kind;

	while ((kind = command_next(invocation, command, &position, &name, &value)) >= 0) {
		if (count == most) {
			refuse(invocation, command, "{command} does not take {flag}", value);
			return -1;
		}
		words[count++] = value;
	}
	return kind == -2 ? -1 : count;
}
