/*
 * `fix ID`: plan, preview, confirm, run, verify without the screen
 * (decisions.md 22). No flag skips the confirmation: it is a digest, or an
 * answer on the terminal.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/change_command.h"
#include "tui/command.h"
#include "tui/plan_text.h"

struct arguments {
	const char *id;
	const char *target;
	const char *digest;
	const char *name;
	bool dry_run;
};

struct fix {
	struct change_command command;
	struct arguments arguments;
	size_t printed;			/* output lines so far */
	int terminal;			/* /dev/tty; -1: none */
	struct buffer answer;
	bool answered;
};

static int parse(struct invocation *invocation, struct arguments *arguments);

static void print_output(struct fix *fix)
{
	const struct change *change = fix->command.change;
	FILE *out = fix->command.invocation->out;

	for (; fix->printed < change_output_count(change); fix->printed++) {
		const struct output_line *line = change_output_at(change, fix->printed);
		char time[21];

		clock_format(line->wall_ms / 1000, time);
		fprintf(out, "%.8s  ", time + 11);
		if (line->step)
			fprintf(out, "[%d/%zu] ", line->step, change_step_count(change));
		print_shown(out, line->text);
		fputc('\n', out);
	}
	fflush(out);
}

static void print_plan(const struct fix *fix)
{
	const struct invocation *invocation = fix->command.invocation;

	plan_print(invocation->out, fix->command.change, kube_client_view(fix->command.session->client),
		   invocation->options->language);
	fflush(invocation->out);
}

static int refuse(const struct fix *fix, const struct err *err)
{
	command_fail(fix->command.invocation, err);
	return EXIT_REFUSED;
}

static void on_terminal(void *data, int ready)
{
	struct fix *fix = data;
	char bytes[256];
	ssize_t n = read(fix->terminal, bytes, sizeof(bytes));

	(void)ready;
	if (n > 0)
		buffer_add(&fix->answer, bytes, (size_t)n);
	fix->answered = n <= 0 || memchr(bytes, '\n', (size_t)n) || fix->answer.overflowed;
}

/* Asks on the terminal while the loop goes on. The answer is without its line break. */
static char *ask(struct fix *fix, const char *question)
{
	struct descriptor_watch *watch;
	char *answer;

	if (dprintf(fix->terminal, "%s", question) < 0)
		return xstrdup("");
	fix->answered = false;
	buffer_clear(&fix->answer);
	watch = loop_watch(fix->command.session->loop, fix->terminal, WATCH_READ, on_terminal, fix);
	while (!fix->answered && !fix->command.interrupted)
		session_turn(fix->command.session, 200);
	descriptor_watch_cancel(watch);
	answer = buffer_detach(&fix->answer);
	answer[strcspn(answer, "\r\n")] = '\0';
	return answer;
}

static char *question_text(const struct fix *fix)
{
	const struct kubeconfig_view *view = kube_client_view(fix->command.session->client);
	const struct change *change = fix->command.change;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);
	struct message question;

	if (change_needs_name(change))
		message_set(&question,
			    "Run this on {context} ({server}) as {user}? Type {name} to run it, anything else cancels: ",
			    "context", view->context, "server", view->server, "user",
			    view->as_user ? view->as_user : view->user, "name", change_name_to_type(change), NULL);
	else
		message_set(&question, "Run this on {context} ({server}) as {user}? y runs it, anything else cancels: ",
			    "context", view->context, "server", view->server, "user",
			    view->as_user ? view->as_user : view->user, NULL);
	message_format(&question, translate, &text);
	return buffer_detach(&text);
}

/* The confirmation from the terminal. Sets digest and name where it was given. */
static int ask_confirmation(struct fix *fix, char **ret_typed)
{
	auto_free char *question = question_text(fix);
	auto_free char *answer = NULL;
	struct err err;

	print_plan(fix);
	answer = ask(fix, question);
	if (fix->command.interrupted)
		return EXIT_INTERRUPTED;
	if (!change_needs_name(fix->command.change) && strcmp(answer, "y") != 0) {
		err_set(&err, ERR_REFUSED, "not confirmed: nothing was changed", NULL);
		return refuse(fix, &err);
	}
	*ret_typed = take_pointer(answer);
	return EXIT_DONE;
}

static int confirm(struct fix *fix)
{
	struct change *change = fix->command.change;
	const char *digest = fix->arguments.digest;
	auto_free char *typed = fix->arguments.name ? xstrdup(fix->arguments.name) : NULL;
	struct err err;

	if (!digest && fix->terminal >= 0) {
		int code = ask_confirmation(fix, &typed);

		if (code != EXIT_DONE)
			return code;
		digest = change_digest(change);
	} else if (!digest) {
		print_plan(fix);
		err_set(&err, ERR_REFUSED, "not confirmed: nothing was changed", NULL);
		err_hint(&err, "look at the plan, then add --confirm {digest}", "digest", change_digest(change), NULL);
		return refuse(fix, &err);
	}
	if (change_confirm(change, digest, typed, &err) == 0)
		return EXIT_DONE;
	if (strcmp(digest, change_digest(change)) != 0)
		print_plan(fix);
	return refuse(fix, &err);
}

static int exit_code_of(const struct fix *fix)
{
	const struct change *change = fix->command.change;

	switch (change_state(change)) {
	case CHANGE_VERIFIED:
		return EXIT_DONE;
	case CHANGE_NOT_IMPROVED:
		return EXIT_STILL_THERE;
	case CHANGE_COULD_NOT_VERIFY:
		return EXIT_UNCHECKED;
	case CHANGE_REFUSED:
		return EXIT_REFUSED;
	case CHANGE_STOPPED:
		return change_wrote_anything(change) ? EXIT_HALF_WAY : EXIT_INTERRUPTED;
	default:
		return change_wrote_anything(change) ? EXIT_HALF_WAY : EXIT_FAILED;
	}
}

static int carry_out(struct fix *fix)
{
	const struct invocation *invocation = fix->command.invocation;
	struct change *change = fix->command.change;
	struct err err;

	if (change_run(change, &err) < 0) {
		command_fail(invocation, &err);
		return err.code == ERR_REFUSED ? EXIT_REFUSED : EXIT_FAILED;
	}
	fprintf(invocation->out, translate("run %s\n"), change_run_id(change));
	while (!change_is_settled(change)) {
		session_turn(fix->command.session, 200);
		print_output(fix);
	}
	print_output(fix);
	if (change_state(change) == CHANGE_VERIFIED)
		fprintf(invocation->out, translate("%s: done and verified\n"), fix->command.runbook->id);
	else
		command_fail(invocation, change_error(change));
	return exit_code_of(fix);
}

static bool is_previewed_whole(const struct change *change)
{
	for (size_t i = 0; i < change_step_count(change); i++) {
		if (change_step_at(change, i)->cannot_preview)
			return false;
	}
	return change_state(change) == CHANGE_PREVIEWED;
}

/* Every target is right and the symptom is still there: that is no success. */
static int say_nothing_to_do(const struct fix *fix)
{
	FILE *out = fix->command.invocation->out;

	if (!fix->command.finding) {
		fprintf(out, translate("%s: nothing to do: it was not found\n"), fix->command.runbook->id);
		return EXIT_DONE;
	}
	fprintf(out, translate("%s: nothing to do: every object has what the plan would set, but the signs are still "
			       "there\n"),
		fix->command.runbook->id);
	return EXIT_STILL_THERE;
}

static int go(struct fix *fix)
{
	struct change *change = fix->command.change;
	int code;

	if (change_state(change) == CHANGE_NOTHING_TO_DO)
		return say_nothing_to_do(fix);
	if (change_state(change) == CHANGE_REFUSED) {
		print_plan(fix);
		return refuse(fix, change_error(change));
	}
	if (fix->arguments.dry_run) {
		print_plan(fix);
		return is_previewed_whole(change) ? EXIT_DONE : EXIT_REFUSED;
	}
	code = confirm(fix);
	return code == EXIT_DONE ? carry_out(fix) : code;
}

static int run(struct invocation *invocation)
{
	struct fix fix = {.terminal = -1, .answer = BUFFER_INIT(4096)};
	int code = parse(invocation, &fix.arguments);

	if (code != EXIT_DONE)
		return code;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		fix.terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	code = change_command_open(&fix.command, invocation, fix.arguments.id, fix.arguments.target, true);
	if (code == EXIT_DONE)
		code = go(&fix);
	change_command_close(&fix.command);
	buffer_release(&fix.answer);
	if (fix.terminal >= 0)
		close(fix.terminal);
	return code;
}

static const struct command_flag flags[] = {
	{"--target", "T", "Kind/namespace/name or Kind/name: one object of the finding"},
	{"--confirm", "DIGEST", "the digest that plan printed: runs exactly that plan"},
	{"--confirm-name", "NAME", "for protected contexts and what cannot be undone: the context's name"},
	{"--dry-run", NULL, "send every request as a dry run and change nothing"},
	{NULL, NULL, NULL},
};

const struct command fix_command = {
	.name = "fix",
	.usage = "fix ID [--target T] [--confirm DIGEST [--confirm-name NAME]] [--dry-run]",
	.help = "repair what an entry found, step by step, and verify it",
	.flags = flags,
	.run = run,
};

static int fail_usage(const struct invocation *invocation, const char *id, const char *word)
{
	struct err err;

	err_set(&err, ERR_USAGE, id, "word", word, NULL);
	err_hint(&err, "usage: nks-triage {usage}", "usage", fix_command.usage, NULL);
	return command_fail(invocation, &err);
}

static int parse(struct invocation *invocation, struct arguments *arguments)
{
	const char *name;
	const char *value;
	int position = 1;
	int code;

	while ((code = command_next(invocation, &fix_command, &position, &name, &value)) >= 0) {
		if (code == 0 && arguments->id)
			return fail_usage(invocation, "one entry at a time: what is {word}?", value);
		if (code == 0)
			arguments->id = value;
		else if (!strcmp(name, "--target"))
			arguments->target = value;
		else if (!strcmp(name, "--confirm"))
			arguments->digest = value;
		else if (!strcmp(name, "--confirm-name"))
			arguments->name = value;
		else
			arguments->dry_run = true;
	}
	if (code == -2)
		return EXIT_FAILED;
	if (!arguments->id)
		return fail_usage(invocation, "which entry? For example E08", "");
	if (arguments->dry_run && arguments->digest)
		return fail_usage(invocation, "a dry run confirms nothing: leave out --confirm or --dry-run", "");
	return EXIT_DONE;
}
