/* `completion`: a script for the shell, generated from the registry of commands and the global flags. */
#include <stdio.h>
#include <string.h>

#include "tui/command.h"

extern const struct command completion_command;

static void print_names(FILE *out, const struct command_flag *flag)
{
	for (; flag && flag->name; flag++)
		fprintf(out, " %s", flag->name);
}

static void print_bash(FILE *out)
{
	fprintf(out, "# bash completion of nks-triage: source <(nks-triage completion bash)\n"
		     "_nks_triage()\n{\n"
		     "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= flags= i\n"
		     "\tlocal global='");
	print_names(out, global_flags);
	fprintf(out, "'\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in\n");
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "\t\t%s) [ -n \"$command\" ] || { command=%s; flags='", commands[i]->name,
			commands[i]->name);
		print_names(out, commands[i]->flags);
		fprintf(out, "'; } ;;\n");
	}
	fprintf(out, "\t\tesac\n\tdone\n"
		     "\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n"
		     "\t--kubeconfig|--config|--ssh-config|--ssh-key|--state-dir)\n"
		     "\t\tCOMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
		     "\t--lang) COMPREPLY=($(compgen -W 'en ko ja' -- \"$word\")); return ;;\n"
		     "\t--color) COMPREPLY=($(compgen -W 'auto always never' -- \"$word\")); return ;;\n"
		     "\t--theme) COMPREPLY=($(compgen -W 'auto dark light mono' -- \"$word\")); return ;;\n"
		     "\tesac\n"
		     "\tif [ -z \"$command\" ] && [ \"${word:0:1}\" != - ]; then\n\t\tCOMPREPLY=($(compgen -W '");
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", commands[i]->name);
	fprintf(out, "' -- \"$word\"))\n\telse\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$flags $global\" -- \"$word\"))\n"
		     "\tfi\n}\ncomplete -F _nks_triage nks-triage\n");
}

/* A single-quoted word of the shell; our own texts hold no quotes but these. */
static void print_quoted(FILE *out, const char *text, const char *quote)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs(quote, out);
		else
			fputc(*text, out);
	}
}

static void print_zsh_flags(FILE *out, const struct command_flag *flag)
{
	for (; flag && flag->name; flag++) {
		fprintf(out, " '%s%s[", flag->name, flag->value ? (flag->value[0] == '=' ? "=-" : "=") : "");
		for (const char *c = flag->help; *c; c++) {
			if (*c == '[' || *c == ']')
				fputc('\\', out);
			if (*c == '\'')
				fputs("'\\''", out);
			else
				fputc(*c, out);
		}
		if (!flag->value)
			fprintf(out, "]'");
		else
			fprintf(out, "]:%s:%s'", flag->value,
				!strcmp(flag->value, "F") ? "_files" : !strcmp(flag->value,
									       "DIR") ? "_files -/" : "");
	}
}

static void print_zsh(FILE *out)
{
	fprintf(out, "#compdef nks-triage\n"
		     "# zsh completion of nks-triage: source <(nks-triage completion zsh)\n"
		     "_nks_triage()\n{\n\tlocal -a names\n\tlocal word\n\tnames=(");
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, " '%s:", commands[i]->name);
		print_quoted(out, commands[i]->help, "'\\''");
		fprintf(out, "'");
	}
	fprintf(out, " )\n\tfor word in ${words[2,CURRENT-1]}; do\n\t\tcase $word in\n");
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "\t\t%s) _arguments", commands[i]->name);
		print_zsh_flags(out, commands[i]->flags);
		print_zsh_flags(out, global_flags);
		fprintf(out, " '*::word:_default'; return ;;\n");
	}
	fprintf(out, "\t\tesac\n\tdone\n\t_arguments");
	print_zsh_flags(out, global_flags);
	fprintf(out, "\n\t_describe command names\n}\ncompdef _nks_triage nks-triage\n");
}

static void print_fish_flags(FILE *out, const char *condition, const struct command_flag *flag)
{
	for (; flag && flag->name; flag++) {
		bool is_long = flag->name[1] == '-';

		fprintf(out, "complete -c nks-triage%s %s %s%s -d '", condition, is_long ? "-l" : "-s",
			flag->name + (is_long ? 2 : 1), flag->value && flag->value[0] != '=' ? " -r" : "");
		print_quoted(out, flag->help, "\\'");
		fprintf(out, "'\n");
	}
}

static void print_fish(FILE *out)
{
	fprintf(out, "# fish completion of nks-triage: nks-triage completion fish | source\n"
		     "complete -c nks-triage -f\n");
	for (size_t i = 0; commands[i]; i++) {
		char condition[96];

		fprintf(out, "complete -c nks-triage -n __fish_use_subcommand -a %s -d '", commands[i]->name);
		print_quoted(out, commands[i]->help, "\\'");
		fprintf(out, "'\n");
		snprintf(condition, sizeof(condition), " -n '__fish_seen_subcommand_from %s'",
			 commands[i]->name);
		print_fish_flags(out, condition, commands[i]->flags);
	}
	print_fish_flags(out, "", global_flags);
}

static int run(struct invocation *invocation)
{
	const char *shell = "";
	struct err err;

	if (command_take_words(invocation, &completion_command, &shell, 1) < 0)
		return EXIT_FAILED;

	if (!strcmp(shell, "bash")) {
		print_bash(invocation->out);
	} else if (!strcmp(shell, "zsh")) {
		print_zsh(invocation->out);
	} else if (!strcmp(shell, "fish")) {
		print_fish(invocation->out);
	} else {
		err_set(&err, ERR_USAGE, "completion wants the name of a shell: bash, zsh or fish", NULL);
		return command_fail(invocation, &err);
	}
	return EXIT_DONE;
}

const struct command completion_command = {
	.name = "completion",
	.usage = "completion bash|zsh|fish",
	.help = N_("print a completion script for the shell"),
	.run = run,
};
