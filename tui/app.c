#include "tui/app.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tui/command.h"

static int run_report(struct invocation *invocation)
{
	char name[] = "report";
	char *words[] = {name, NULL};

	fprintf(invocation->error_out, "nks-triage: %s\n",
		translate("no terminal here, so this is the report instead of the console"));
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) != 0)
			continue;
		invocation->argc = 1;
		invocation->argv = words;
		return commands[i]->run(invocation);
	}
	return EXIT_FAILED;
}

int app_run(struct invocation *invocation)
{
	return run_report(invocation);
}
