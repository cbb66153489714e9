/* `fix ID`: plan, preview, confirm, run, verify without the screen. */
#include <string.h>

#include "tui/change_flow.h"
#include "tui/command.h"
#include "tui/plan_all.h"

struct arguments {
	const char *id;
	const char *target;
	const char *digest;
	const char *name;
	const char *alternative;
	struct change_settings settings;
	struct secret_files secrets;
	bool dry_run;
};

static int parse(struct invocation *invocation, struct arguments *arguments);

/* Another finding of the entry is left after one was mended. */
static bool has_more(const struct change_command *command, const struct arguments *arguments)
{
	return !arguments->target && command->change && change_state(command->change) == CHANGE_VERIFIED &&
	       change_command_has_finding(command);
}

/* Findings that were planned and not reached are named: nothing of theirs was touched. */
static void say_left(const struct plan_all *all, size_t from)
{
	size_t left = 0;

	for (size_t i = from; i < all->count; i++)
		left += change_state(all->changes[i]) == CHANGE_PREVIEWED;
	if (left)
		fprintf(all->command->invocation->error_out,
			translate_count(left, N_("%zu more finding was not touched: plan it again\n"),
					N_("%zu more findings were not touched: plan them again\n")), left);
}

/* What was confirmed as a whole is carried out one by one; one that does not end well ends it. */
static int carry_out_all(struct plan_all *all, struct change_flow *flow)
{
	int worst = EXIT_DONE;
	bool has_done = false;	/* then the whole is not "nothing was changed" */

	for (size_t i = 0; i < all->count; i++) {
		struct change *change = all->changes[i];
		int code;

		all->command->change = change;
		flow->digest = change_digest(change);
		flow->printed = 0;
		fprintf(all->command->invocation->out, translate("%sPlan %zu of %zu\n"), i ? "\n" : "", i + 1,
			all->count);
		if (!plan_all_is_found(all, i)) {
			fprintf(all->command->invocation->out, translate("%s: nothing to do: it was not found\n"),
				all->command->runbook->id);
			continue;
		}
		code = change_flow_go(flow);
		has_done = has_done || code == EXIT_DONE;
		if (code != EXIT_DONE)
			worst = code;
		/* What is refused by its plan was known when the others were confirmed. */
		if (code != EXIT_DONE && *change_digest(change)) {
			say_left(all, i + 1);
			return has_done && (code == EXIT_FAILED || code == EXIT_REFUSED || code == EXIT_INTERRUPTED) ?
				       EXIT_HALF_WAY : code;
		}
	}
	return worst;
}

static int refuse_all(const struct plan_all *all, bool has_digest)
{
	struct err err;

	plan_all_print(all, all->command->invocation->out);
	fflush(all->command->invocation->out);
	if (!all->runnable)
		err_set(&err, ERR_REFUSED, "none of the plans can be carried out", NULL);
	else if (has_digest)
		err_set(&err, ERR_REFUSED, "the digest is not the one of this preview", NULL);
	else
		err_set(&err, ERR_REFUSED, "not confirmed: nothing was changed", NULL);
	if (all->runnable)
		err_hint(&err, "look at the plans, then add --confirm {digest}", "digest", all->digest, NULL);
	command_fail(all->command->invocation, &err);
	return EXIT_REFUSED;
}

static int dry_run_all(struct plan_all *all, struct change_flow *flow)
{
	int worst = EXIT_DONE;

	for (size_t i = 0; i < all->count; i++) {
		all->command->change = all->changes[i];
		if (change_flow_go(flow) != EXIT_DONE)
			worst = EXIT_REFUSED;
	}
	return worst;
}

/* By one digest, all findings of an entry in order. */
static int fix_all(struct change_command *command, struct change_flow *flow, const struct arguments *arguments)
{
	struct plan_all all;
	int code = plan_all_make(&all, command, arguments->id, arguments->target);

	if (code != EXIT_DONE)
		;
	else if (all.count == 1)
		code = change_flow_go(flow);
	else if (flow->dry_run)
		code = dry_run_all(&all, flow);
	else if (!flow->digest || !all.runnable || strcmp(flow->digest, all.digest) != 0)
		code = refuse_all(&all, flow->digest != NULL);
	else
		code = carry_out_all(&all, flow);
	plan_all_release(&all);
	return code;
}

/* On a terminal: all findings of an entry, one after the other, each with a plan and an answer of its own. */
static int fix_each(struct change_command *command, struct change_flow *flow, const struct arguments *arguments)
{
	int code;

	for (;;) {
		code = change_command_plan(command, arguments->id, arguments->target);
		if (code == EXIT_DONE)
			code = change_flow_go(flow);
		if (code != EXIT_DONE || !has_more(command, arguments))
			return code;
		change_free(command->change);
		command->change = NULL;
		flow->printed = 0;
	}
}

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
	flow.dry_run = arguments.dry_run;
	flow.secrets = &arguments.secrets;
	flow.nothing = N_("nothing to do: it was not found");
	change_flow_init(&flow, &command);
	code = change_command_open(&command, invocation, true);
	command.alternative = arguments.alternative;
	command.settings = arguments.settings;
	if (code == EXIT_DONE)
		code = flow.terminal < 0 || flow.digest || flow.dry_run ? fix_all(&command, &flow, &arguments)
									: fix_each(&command, &flow, &arguments);
	change_command_close(&command);
	change_flow_release(&flow);
	secret_files_release(&arguments.secrets);
	return code;
}

static const struct command_flag flags[] = {
	{"--target", "T", N_("Kind/namespace/name or Kind/name: one object of the finding")},
	{"--confirm", "DIGEST", N_("the digest that plan printed: runs exactly that plan")},
	{"--confirm-name", "NAME", N_("for protected contexts and what cannot be undone: the context's name")},
	{"--secret-file", "NAME=PATH", N_("a value that nobody may see, from a file or (-) the standard input")},
	{"--alternative", "WAY", N_("another of the ways that the plan lists")},
	{"--set", "NAME=VALUE", N_("a parameter of the plan, such as E04's mirror")},
	{"--dry-run", NULL, N_("send every request as a dry run and change nothing")},
	{NULL, NULL, NULL},
};

const struct command fix_command = {
	.name = "fix",
	.usage = "fix ID [--target T] [--confirm DIGEST [--confirm-name NAME]] [--secret-file NAME=PATH]... "
		 "[--alternative WAY] [--set NAME=VALUE]... [--dry-run]",
	.help = N_("repair what an entry found, step by step, and verify it"),
	.flags = flags,
	.run = run,
};

static int parse(struct invocation *invocation, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	int code;

	while ((code = command_next(invocation, &fix_command, &position, &name, &value)) >= 0) {
		if (code == 0 && arguments->id)
			return command_misused(invocation, &fix_command, "one entry at a time: what is {word}?", value);
		if (code == 0)
			arguments->id = value;
		else if (!strcmp(name, "--target"))
			arguments->target = value;
		else if (!strcmp(name, "--confirm"))
			arguments->digest = value;
		else if (!strcmp(name, "--confirm-name"))
			arguments->name = value;
		else if (!strcmp(name, "--alternative"))
			arguments->alternative = value;
		else if (!strcmp(name, "--secret-file") && secret_files_add(&arguments->secrets, value) < 0)
			return command_misused(invocation, &fix_command, "{word} is no NAME=PATH", value);
		else if (!strcmp(name, "--set") && change_settings_add(&arguments->settings, value) < 0)
			return command_misused(invocation, &fix_command, "{word} is no NAME=VALUE", value);
		else if (!strcmp(name, "--dry-run"))
			arguments->dry_run = true;
	}
	if (code == -2)
		return EXIT_FAILED;
	if (!arguments->id)
		return command_misused(invocation, &fix_command, "which entry? For example E08", "");
	if (arguments->dry_run && arguments->digest)
		return command_misused(invocation, &fix_command,
				       "a dry run confirms nothing: leave out --confirm or --dry-run", "");
	return change_command_check_target(invocation, arguments->target);
}
