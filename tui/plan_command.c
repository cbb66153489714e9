/* `plan ID`: the plan with its preview; ends with its digest. */
#include <string.h>

#include "probes/base/memory.h"

#include "tui/change_command.h"
#include "tui/command.h"
#include "tui/plan_all.h"
#include "tui/plan_text.h"

struct arguments {
	const char *id;
	const char *target;
	const char *alternative;
	struct change_settings settings;
	bool json;
	bool sudoers;
};

static int parse(struct invocation *invocation, struct arguments *arguments);

/* Of a plan that lacks rights, too: that is what it is for. */
static int print_sudoers(const struct change_command *command)
{
	const struct invocation *invocation = command->invocation;
	auto_free char *lines = change_sudoers(command->change);

	if (*lines) {
		fprintf(invocation->out, "# nks-triage plan %s: exactly these commands. Put them in a file of "
					 "/etc/sudoers.d on the nodes; visudo -cf FILE checks it.\n",
			command->runbook->id);
		char *position = NULL;

		for (char *line = strtok_r(lines, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
			print_shown(invocation->out, line);
			fputc('\n', invocation->out);
		}
	} else {
		fprintf(invocation->out, "# %s\n", translate("the plan runs no command on a node with sudo"));
	}
	return EXIT_DONE;
}

static int print(const struct change_command *command, bool json)
{
	const struct invocation *invocation = command->invocation;
	const struct change *change = command->change;
	enum change_state state = change_state(change);

	if (json)
		plan_print_json(invocation->out, change);
	else if (state != CHANGE_NOTHING_TO_DO)
		plan_print(invocation->out, change, kube_client_view(command->session->client),
			   invocation->options->language);
	else
		fprintf(invocation->out, command->was_found
						 ? translate("%s: nothing to set: every object has what the "
							     "plan would set\n")
						 : translate("%s: nothing to do: it was not found\n"),
			command->runbook->id);
	if (state != CHANGE_REFUSED)
		return EXIT_DONE;
	command_fail(invocation, change_error(change));
	return EXIT_REFUSED;
}

/* Several findings: runnable as soon as one of the plans is; why another is not is said. */
static int print_all(const struct plan_all *all, bool json)
{
	const struct invocation *invocation = all->command->invocation;

	if (json)
		plan_all_print_json(all, invocation->out);
	else
		plan_all_print(all, invocation->out);
	for (size_t i = 0; i < all->count; i++) {
		if (change_state(all->changes[i]) == CHANGE_REFUSED)
			command_fail(invocation, change_error(all->changes[i]));
	}
	return all->runnable ? EXIT_DONE : EXIT_REFUSED;
}

static int print_all_sudoers(const struct plan_all *all)
{
	int code = EXIT_DONE;

	for (size_t i = 0; i < all->count && code == EXIT_DONE; i++) {
		all->command->change = all->changes[i];
		code = print_sudoers(all->command);
	}
	return code;
}

static int run(struct invocation *invocation)
{
	struct arguments arguments = {0};
	struct change_command command;
	struct plan_all all = {0};
	int code = parse(invocation, &arguments);

	if (code != EXIT_DONE)
		return code;
	code = change_command_open(&command, invocation, false);
	command.alternative = arguments.alternative;
	command.settings = arguments.settings;
	if (code == EXIT_DONE)
		code = plan_all_make(&all, &command, arguments.id, arguments.target);
	if (code == EXIT_DONE && arguments.sudoers)
		code = print_all_sudoers(&all);
	else if (code == EXIT_DONE)
		code = all.count == 1 ? print(&command, arguments.json) : print_all(&all, arguments.json);
	plan_all_release(&all);
	change_command_close(&command);
	return code;
}

static const struct command_flag flags[] = {
	{"--target", "T", N_("Kind/namespace/name or Kind/name: one object of the finding")},
	{"--alternative", "WAY", N_("another of the ways that the plan lists")},
	{"--set", "NAME=VALUE", N_("a parameter of the plan, such as E04's mirror")},
	{"-o", "text|json", N_("form of the plan (text)")},
	{"--sudoers", NULL, N_("print the lines for sudo that the plan's commands on nodes need")},
	{NULL, NULL, NULL},
};

const struct command plan_command = {
	.name = "plan",
	.usage = "plan ID [--target T] [--alternative WAY] [--set NAME=VALUE]... [-o text|json] [--sudoers]",
	.help = N_("show what a fix would do, with the server's preview, and its digest"),
	.flags = flags,
	.run = run,
};

static int parse(struct invocation *invocation, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	int code;

	while ((code = command_next(invocation, &plan_command, &position, &name, &value)) >= 0) {
		if (code == 0 && arguments->id)
			return command_misused(invocation, &plan_command,
					      "one entry at a time: what is {word}?", value);
		if (code == 0)
			arguments->id = value;
		else if (!strcmp(name, "--target"))
			arguments->target = value;
		else if (!strcmp(name, "--alternative"))
			arguments->alternative = value;
		else if (!strcmp(name, "--set") && change_settings_add(&arguments->settings, value) < 0)
			return command_misused(invocation, &plan_command, "{word} is no NAME=VALUE", value);
		else if (!strcmp(name, "--set"))
			continue;
		else if (!strcmp(name, "--sudoers"))
			arguments->sudoers = true;
		else
			arguments->json = !strcmp(value, "json");
	}
	if (code == -2)
		return EXIT_FAILED;
	if (!arguments->id)
		return command_misused(invocation, &plan_command, "which entry? For example E08", "");
	return change_command_check_target(invocation, arguments->target);
}
