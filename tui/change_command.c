#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "tui/change_command.h"
#include "tui/remedy_context.h"

enum { TURN_MS = 200 };

static void on_signal(void *data, int ready)
{
	struct change_command *command = data;
	struct signalfd_siginfo info;

	(void)ready;
	while (read(command->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		bool running = command->change && !change_is_settled(command->change);

		if (!running) {
			command->interrupted = true;
		} else if (info.ssi_signo != SIGINT) {
			change_stop(command->change, STOP_NOW, translate("terminal lost"));
		} else if (command->interrupts++ == 0) {
			fprintf(command->invocation->error_out, "%s\n",
				translate("Stopping after this step. Ctrl-C again stops now."));
			change_stop(command->change, STOP_AFTER_STEP, translate("by the operator"));
		} else {
			change_stop(command->change, STOP_NOW, translate("by the operator"));
		}
	}
}

static void take_signals(struct change_command *command)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	command->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool change_command_has_target(const struct finding *finding, const char *target)
{
	for (size_t i = 0; i < finding->object_count; i++) {
		const struct finding_object *object = &finding->objects[i];
		auto_free char *label = *object->name_space
						? xasprintf("%s/%s/%s", object->kind, object->name_space, object->name)
						: xasprintf("%s/%s", object->kind, object->name);

		if (!strcasecmp(label, target))
			return true;
	}
	return false;
}

static const struct finding *find(const struct session *session, const struct runbook *runbook, const char *target)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < symptoms_finding_count(session->symptoms); i++) {
		const struct finding *finding = symptoms_finding_at(session->symptoms, i);

		if (finding->runbook != runbook)
			continue;
		if (target && change_command_has_target(finding, target))
			return finding;
		if (!first)
			first = finding;
	}
	/* A target that is no object of a finding may still be one of the plan's: planning says if it is not. */
	return first;
}

/* Not found because it could not be looked for is no "nothing to do". */
static int refuse_unchecked(const struct change_command *command)
{
	const struct symptoms *symptoms = command->session->symptoms;

	for (size_t i = 0; i < symptoms_check_count(symptoms); i++) {
		const struct check *check = symptoms_check_at(symptoms, i);
		auto_free char *reason = NULL;
		struct err err;

		if (check->runbook != command->runbook || check->verdict != VERDICT_COULD_NOT_CHECK)
			continue;
		reason = check->reason.id ? message_text(&check->reason) : xstrdup("");
		err_set(&err, ERR_REFUSED, "{id} could not be checked: {reason}", "id", command->runbook->id, "reason",
			reason, NULL);
		command_fail(command->invocation, &err);
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static int fail_unknown(const struct change_command *command, const char *id)
{
	struct err err;

	err_set(&err, ERR_USAGE, "there is no entry {id}", "id", id, NULL);
	err_hint(&err, "nks-triage explain without an id lists them all", NULL);
	return command_fail(command->invocation, &err);
}

static int open_all(struct change_command *command, bool with_journal)
{
	const struct invocation *invocation = command->invocation;
	struct err err;

	if ((with_journal && journal_open(invocation->state_dir, &command->journal, &err) < 0) ||
	    session_open(invocation, NULL, &command->session, &err) < 0)
		return command_fail(invocation, &err);
	if (command->signals >= 0)
		command->watch = loop_watch(command->session->loop, command->signals, WATCH_READ, on_signal, command);
	if (session_wait(command->session, &err) < 0)
		return command_fail(invocation, &err);
	return command->interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

static bool is_planned(const struct change *change)
{
	return change_state(change) != CHANGE_PLANNING;
}

int change_command_open(struct change_command *command, const struct invocation *invocation, const char *id,
			const char *target, bool with_journal)
{
	struct change_context context;
	int code;

	*command = (struct change_command){.invocation = invocation, .signals = -1};
	take_signals(command);
	code = open_all(command, with_journal);
	if (code != EXIT_DONE)
		return code;
	command->runbook = runbook_find(command->session->runbooks, id);
	if (!command->runbook)
		return fail_unknown(command, id);
	command->finding = find(command->session, command->runbook, target);
	if (!command->finding) {
		code = refuse_unchecked(command);
		if (code != EXIT_DONE)
			return code;
	}
	remedy_context_make(command->session, command->journal, &context);
	command->change = change_new(&context, command->runbook, command->finding, target, NULL, NULL);
	change_command_wait(command, is_planned);
	return command->interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

void change_command_wait(struct change_command *command, bool (*done)(const struct change *change))
{
	while (!done(command->change) && !command->interrupted)
		session_turn(command->session, TURN_MS);
}

void change_command_close(struct change_command *command)
{
	change_free(command->change);
	if (command->watch)
		descriptor_watch_cancel(command->watch);
	session_close(command->session);
	journal_close(command->journal);
	if (command->signals >= 0)
		close(command->signals);
}
