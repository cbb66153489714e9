/* `resume RUN`: what is left of a run, from what the cluster shows; a change like any other. */
#include <string.h>

#include "tui/change_flow.h"
#include "tui/command.h"

struct arguments {
	const char *run;
	const char *digest;
	const char *name;
};

static int parse(struct invocation *invocation, struct arguments *arguments);

static int run(struct invocation *invocation)
{
	struct arguments arguments = {0};
	struct change_command command;
	struct change_flow flow = {0};
	int code = parse(invocation, &arguments);

	if (code != EXIT_DONE)
		return code;
	flow.digest = arguments.digest;
	flow.name = arguments.name;
	flow.nothing = "nothing to do: everything is as the run would have it";
	change_flow_init(&flow, &command);
	code = change_command_open(&command, invocation, true);
	if (code == EXIT_DONE)
		code = change_command_plan_resume(&command, arguments.run);
	if (code == EXIT_DONE)
		code = change_flow_go(&flow);
	change_command_close(&command);
	change_flow_release(&flow);
	return code;
}

static const struct command_flag flags[] = {
	{"--confirm", "DIGEST", "the digest that the preview printed: runs exactly that plan"},
	{"--confirm-name", "NAME", "for protected contexts and what cannot be undone: the context's name"},
	{NULL, NULL, NULL},
};

const struct command resume_command = {
	.name = "resume",
	.usage = "resume RUN [--confirm DIGEST [--confirm-name NAME]]",
	.help = "go on with a run that was stopped, from what the cluster shows",
	.flags = flags,
	.run = run,
};

static int parse(struct invocation *invocation, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	struct err err;
	int code;

	while ((code = command_next(invocation, &resume_command, &position, &name, &value)) >= 0) {
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
	err_set(&err, ERR_USAGE, "one run has to be named", NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", resume_command.usage, NULL);
	return command_fail(invocation, &err);
}
