/*
 * The way of a planned change through preview, confirmation, run and
 * verification without the screen (decisions.md 22). No flag skips the
 * confirmation: it is a digest, or an answer on the terminal.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "tui/change_flow.h"
#include "tui/command.h"
#include "tui/plan_text.h"

static void print_output(struct change_flow *flow)
{
	const struct change *change = flow->command->change;
	FILE *out = flow->command->invocation->out;

	for (; flow->printed < change_output_count(change); flow->printed++) {
		const struct output_line *line = change_output_at(change, flow->printed);
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

static void print_plan(const struct change_flow *flow)
{
	const struct invocation *invocation = flow->command->invocation;

	plan_print(invocation->out, flow->command->change, kube_client_view(flow->command->session->client),
		   invocation->options->language);
	fflush(invocation->out);
}

static int refuse(const struct change_flow *flow, const struct err *err)
{
	command_fail(flow->command->invocation, err);
	return EXIT_REFUSED;
}

static void on_terminal(void *data, int ready)
{
	struct change_flow *flow = data;
	char bytes[256];
	ssize_t n = read(flow->terminal, bytes, sizeof(bytes));

	(void)ready;
	if (n > 0)
		buffer_add(&flow->answer, bytes, (size_t)n);
	flow->answered = n <= 0 || memchr(bytes, '\n', (size_t)n) || flow->answer.overflowed;
}

/* Asks on the terminal while the loop goes on. The answer is without its line break. */
static char *ask(struct change_flow *flow, const char *question)
{
	struct descriptor_watch *watch;
	char *answer;

	if (dprintf(flow->terminal, "%s", question) < 0)
		return xstrdup("");
	flow->answered = false;
	buffer_clear(&flow->answer);
	watch = loop_watch(flow->command->session->loop, flow->terminal, WATCH_READ, on_terminal, flow);
	while (!flow->answered && !flow->command->interrupted)
		session_turn(flow->command->session, 200);
	descriptor_watch_cancel(watch);
	answer = buffer_detach(&flow->answer);
	answer[strcspn(answer, "\r\n")] = '\0';
	return answer;
}

static char *question_text(const struct change_flow *flow)
{
	const struct kubeconfig_view *view = kube_client_view(flow->command->session->client);
	const struct change *change = flow->command->change;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(4096);
	struct message question;

	if (change_needs_name(change))
		message_set(&question,
			    "Run this on {context} ({server}) as {user}? Type {name} to run it, anything "
			    "else cancels: ",
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
static int ask_confirmation(struct change_flow *flow, char **ret_typed)
{
	auto_free char *question = question_text(flow);
	auto_free char *answer = NULL;
	struct err err;

	print_plan(flow);
	answer = ask(flow, question);
	if (flow->command->interrupted)
		return EXIT_INTERRUPTED;
	if (!change_needs_name(flow->command->change) && strcmp(answer, "y") != 0) {
		err_set(&err, ERR_REFUSED, "not confirmed: nothing was changed", NULL);
		return refuse(flow, &err);
	}
	*ret_typed = take_pointer(answer);
	return EXIT_DONE;
}

/* What nobody may see, from files, then from the terminal. What is still missing refuses the confirmation. */
static int give_secrets(struct change_flow *flow, struct err *err)
{
	struct change *change = flow->command->change;

	if (flow->secrets && secret_files_give(flow->secrets, change, err) < 0)
		return -1;
	return flow->terminal >= 0 && change_secret_count(change) ? secret_files_ask(flow->terminal, change, err) : 0;
}

static int confirm(struct change_flow *flow)
{
	struct change *change = flow->command->change;
	const char *digest = flow->digest;
	auto_free char *typed = flow->name ? xstrdup(flow->name) : NULL;
	struct err err;

	if (!digest && flow->terminal >= 0) {
		int code = ask_confirmation(flow, &typed);

		if (code != EXIT_DONE)
			return code;
		digest = change_digest(change);
	} else if (!digest) {
		print_plan(flow);
		err_set(&err, ERR_REFUSED, "not confirmed: nothing was changed", NULL);
		err_hint(&err, "look at the plan, then add --confirm {digest}", "digest", change_digest(change), NULL);
		return refuse(flow, &err);
	}
	if (give_secrets(flow, &err) < 0)
		return refuse(flow, &err);
	if (change_confirm(change, digest, typed, &err) == 0)
		return EXIT_DONE;
	if (strcmp(digest, change_digest(change)) != 0)
		print_plan(flow);
	return refuse(flow, &err);
}

static int exit_code_of(const struct change_flow *flow)
{
	const struct change *change = flow->command->change;

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
		return change_is_half_way(change) ? EXIT_HALF_WAY : EXIT_FAILED;
	}
}

static void say_verified(const struct change_flow *flow)
{
	FILE *out = flow->command->invocation->out;
	int seconds = change_watch_seconds(flow->command->change);
	char time[32];

	if (change_stands_still(flow->command->change)) {
		fprintf(out, translate("%s: undone, but what was put back does not become ready"),
			flow->command->runbook->id);
		fputc('\n', out);
		command_fail(flow->command->invocation, change_error(flow->command->change));
		return;
	}
	fprintf(out, translate("%s: done and verified\n"), flow->command->runbook->id);
	if (!seconds)
		return;
	clock_age(seconds, time, sizeof(time));
	fprintf(out, translate("watched for %s more by every console of this machine: it says so if it comes back\n"),
		time);
}

static int carry_out(struct change_flow *flow)
{
	const struct invocation *invocation = flow->command->invocation;
	struct change *change = flow->command->change;
	struct err err;

	if (change_run(change, &err) < 0) {
		command_fail(invocation, &err);
		return err.code == ERR_REFUSED ? EXIT_REFUSED : EXIT_FAILED;
	}
	fprintf(invocation->out, translate("run %s\n"), change_run_id(change));
	while (!change_is_settled(change)) {
		session_turn(flow->command->session, 200);
		print_output(flow);
	}
	print_output(flow);
	if (change_state(change) == CHANGE_VERIFIED)
		say_verified(flow);
	else
		command_fail(invocation, change_error(change));
	return exit_code_of(flow);
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
static int say_nothing_to_do(const struct change_flow *flow)
{
	FILE *out = flow->command->invocation->out;

	if (!flow->command->was_found) {
		fprintf(out, "%s: %s\n", flow->command->runbook->id, translate(flow->nothing));
		return EXIT_DONE;
	}
	fprintf(out, translate("%s: nothing to do: every object has what the plan would set, but the signs are still "
			       "there\n"),
		flow->command->runbook->id);
	return EXIT_STILL_THERE;
}

int change_flow_go(struct change_flow *flow)
{
	struct change *change = flow->command->change;
	int code;

	if (change_state(change) == CHANGE_NOTHING_TO_DO)
		return say_nothing_to_do(flow);
	if (change_state(change) == CHANGE_REFUSED) {
		print_plan(flow);
		return refuse(flow, change_error(change));
	}
	if (flow->dry_run) {
		print_plan(flow);
		return is_previewed_whole(change) ? EXIT_DONE : EXIT_REFUSED;
	}
	code = confirm(flow);
	return code == EXIT_DONE ? carry_out(flow) : code;
}

void change_flow_init(struct change_flow *flow, struct change_command *command)
{
	flow->command = command;
	flow->terminal = -1;
	buffer_init(&flow->answer, 4096);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		flow->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

void change_flow_release(struct change_flow *flow)
{
	buffer_release(&flow->answer);
	if (flow->terminal >= 0)
		close(flow->terminal);
}
