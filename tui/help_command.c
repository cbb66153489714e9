/* `help`: generated from the registry of commands and the table of global flags. */
#include "tui/help_command.h"

#include <stdio.h>
#include <string.h>

#include "tui/command.h"

extern const struct command help_command;

static void print_flags(FILE *out, const struct command_flag *flag)
{
	for (; flag && flag->name; flag++) {
		char text[64];
		bool attached = flag->value && flag->value[0] == '=';

		if (attached)
			snprintf(text, sizeof(text), "%s[%s]", flag->name, flag->value);
		else
			snprintf(text, sizeof(text), "%s%s%s", flag->name, flag->value ? " " : "",
				 flag->value ? flag->value : "");
		fprintf(out, "  %-24s %s\n", text, translate(flag->help));
	}
}

void help_print_command(FILE *out, const struct command *command)
{
	fprintf(out, "nks-triage %s\n\n  %s\n", command->usage, translate(command->help));
	if (command->flags) {
		fprintf(out, "\n%s\n", translate("Flags:"));
		print_flags(out, command->flags);
	}
	fprintf(out, "\n%s\n",
		translate("The flags of `nks-triage help` may stand before or behind the command."));
}

void help_print_all(FILE *out)
{
	fprintf(out, "%s\n\n",
		translate("nks-triage watches a Kubernetes cluster, shows what is wrong with it and repairs it."));
	fprintf(out, "nks-triage [GLOBAL] [--demo[=SCENARIO]]\n  %s\n\n%s\n",
		translate("the full-screen console"),
		translate("Commands:"));
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, translate(commands[i]->help));
	fprintf(out, "\n%s\n",
		translate("GLOBAL flags (environment: NKS_TRIAGE_KUBECONFIG for --kubeconfig, and so on):"));
	print_flags(out, global_flags);
	fprintf(out, "\n%s\n",
		translate("nks-triage help COMMAND says more. On the screen, ? shows the keys."));
}

static int run(struct invocation *invocation)
{
	const char *name = NULL;
	struct err err;

	if (command_take_words(invocation, &help_command, &name, 1) < 0)
		return EXIT_FAILED;
	if (!name) {
		help_print_all(invocation->out);
		return EXIT_DONE;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name)) {
			help_print_command(invocation->out, commands[i]);
			return EXIT_DONE;
		}
	}
	err_set(&err, ERR_USAGE, "there is no command {name}", "name", name, NULL);
	err_hint(&err, "nks-triage help lists what there is", NULL);
	return command_fail(invocation, &err);
}

const struct command help_command = {
	.name = "help",
	.usage = "help [COMMAND]",
	.help = N_("say how a command is used"),
	.run = run,
};
