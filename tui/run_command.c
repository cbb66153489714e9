/* `undo RUN` and `resume RUN`: a change planned from a run of the journal, and from there like any other. */
#include <string.h>

#include "tui/change_flow.h"
#include "tui/command.h"

static int undo(struct invocation *invocation);
static int resume(struct invocation *invocation);

static const struct command_flag flags[] = {
	{"--confirm", "DIGEST", N_("the digest that the preview printed: runs exactly that plan")},
	{"--confirm-name", "NAME", N_("for protected contexts and what cannot be undone: the context's name")},
	{NULL, NULL, NULL},
};

const struct command undo_command = {
	.name = "undo",
	.usage = "undo RUN [--confirm DIGEST [--confirm-name NAME]]",
	.help = N_("put back what a run changed, where nobody changed it since"),
	.flags = flags,
	.run = undo,
};

const struct command resume_command = {
	.name = "resume",
	.usage = "resume RUN [--confirm DIGEST [--confirm-name NAME]]",
	.help = N_("go on with a run that was stopped, from what the cluster shows"),
	.flags = flags,
	.run = resume,
};

/* What is another for each of them. */
struct way {
	const struct command *command;
	int (*plan)(struct change_command *command, const char *run_id);
	const char *nothing;
};

struct arguments {
	const char *run;
	const char *digest;
	const char *name;
};

static int parse(struct invocation *invocation, const struct command *command, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	int code;

	while ((code = command_next(invocation, command, &position, &name, &value)) >= 0) {
		if (code == 0 && arguments->run)
			break;
		if (code == 0)
			arguments->run = value;
		else if (!strcmp(name, "--confirm"))
			arguments->digest = value;
		else
			arguments->name = value;
	}
	if (code == -2)
		return EXIT_FAILED;
	if (arguments->run && code == -1)
		return EXIT_DONE;
	return command_misused(invocation, command, "one run has to be named", "");
}

static int go(struct invocation *invocation, const struct way *way)
{
	struct arguments arguments = {0};
	struct change_command command;
	struct change_flow flow = {0};
	int code = parse(invocation, way->command, &arguments);

	if (code != EXIT_DONE)
		return code;
	flow.digest = arguments.digest;
	flow.name = arguments.name;
	flow.nothing = way->nothing;
	change_flow_init(&flow, &command);
	code = change_command_open(&command, invocation, true);
	if (code == EXIT_DONE)
		code = way->plan(&command, arguments.run);
	if (code == EXIT_DONE)
		code = change_flow_go(&flow);
	change_command_close(&command);
	change_flow_release(&flow);
	return code;
}

static int undo(struct invocation *invocation)
{
	const struct way way = {
		.command = &undo_command,
		.plan = change_command_plan_undo,
		.nothing = N_("nothing to do: everything is as it was before"),
	};

	return go(invocation, &way);
}

static int resume(struct invocation *invocation)
{
	const struct way way = {
		.command = &resume_command,
		.plan = change_command_plan_resume,
		.nothing = N_("nothing to do: everything is as the run would have it"),
	};

	return go(invocation, &way);
}
