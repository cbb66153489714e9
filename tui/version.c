#include <stdio.h>

#include "tui/command.h"
#include "tui/paths.h"

extern const struct command version_command;

const char *program_version(void)
{
	return NKS_TRIAGE_VERSION;
}

static int run(struct invocation *invocation)
{
	if (command_take_words(invocation, &version_command, NULL, 0) < 0)
		return EXIT_FAILED;
	fprintf(invocation->out, "nks-triage %s\n", program_version());
	return EXIT_DONE;
}

const struct command version_command = {
	.name = "version",
	.usage = "version",
	.help = N_("print the version"),
	.run = run,
};
