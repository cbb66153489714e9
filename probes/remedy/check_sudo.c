/*
 * Every command of the plan that needs it is asked of sudo on its node, as it
 * will be sent, before anything can be confirmed: what is missing is said at
 * once, and as lines for /etc/sudoers.d. Asked are the words after "sudo -n":
 * timeout, env and the command with its arguments. The mark around a command
 * (node_mark.h) is outside of sudo, so that these words are the same each time.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/plan_check.h"
#include "probes/ssh/node_check.h"

enum { ASK_SECONDS = 20, SUDO_WORDS = 2, REASONS_MAXIMUM = 16 << 10, LINES_MAXIMUM = 256 << 10 };

static bool same_words(const char *const *a, const char *const *b)
{
	while (*a && *b && !strcmp(*a, *b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool was_asked(const struct change *change, const struct plan_step *step, const char *const *argv)
{
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *other = change->steps[i];

		for (size_t at = 0; other->part && at < other->part->right_count; at++) {
			if (other->target == step->target && same_words(other->part->rights[at].argv, argv))
				return true;
		}
	}
	return false;
}

static void add_rights(struct change *change, struct plan_step *step)
{
	struct node_part *part = step->part;

	part->rights = xcalloc(step->shown.command_count + 1, sizeof(*part->rights));
	for (size_t i = 0; i < step->shown.command_count; i++) {
		const struct step_command *command = &step->shown.commands[i];
		const char *const *argv = (const char *const *)command->argv;

		if (command->sudo && !was_asked(change, step, argv))
			part->rights[part->right_count++] =
				(struct node_right){.argv = argv, .is_granted = TRUTH_UNKNOWN};
	}
}

static void on_answer(struct change *change, void *data, const struct node_answer *answer)
{
	struct node_right *right = data;

	if (answer->trouble != NODE_FINE)
		right->err = answer->err;
	else
		right->is_granted = answer->exit_status == 0 ? TRUTH_TRUE : TRUTH_FALSE;
	plan_answered(change);
}

static void ask_one(struct change *change, struct plan_step *step, struct node_right *right)
{
	struct argv_words words = {0};

	argv_add(&words, "sudo");
	argv_add(&words, "-n");
	argv_add(&words, "-l");
	argv_add_all(&words, right->argv + SUDO_WORDS);
	change->pending++;
	node_work(change, &(struct node_work_request){
				  .step = step,
				  .argv = (const char *const *)words.items,
				  .timeout_seconds = ASK_SECONDS,
				  .is_read = true,
				  .on_done = on_answer,
				  .data = right,
			  });
	argv_release(&words);
}

void sudo_ask(struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];

		if (step->part && step->shown.state != STEP_SKIPPED)
			add_rights(change, step);
	}
	for (size_t i = 0; i < change->step_count; i++) {
		struct node_part *part = change->steps[i]->part;

		for (size_t at = 0; part && at < part->right_count; at++)
			ask_one(change, change->steps[i], &part->rights[at]);
	}
}

static void add_reason(struct buffer *reasons, const char *node, const char *text)
{
	auto_free char *whole = xasprintf("%s: %s", node, text);

	if (!strstr(buffer_text(reasons), whole))
		plan_check_reason(reasons, whole);
}

/* Steps on nodes need somebody who reaches nodes, and what is there must have been read. */
static void judge_reach(struct change *change)
{
	const struct node_runner *nodes = change->context.nodes;
	CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAXIMUM);
	struct precondition *precondition = NULL;

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];
		const char *why = NULL;

		if (!step->part || step->shown.state == STEP_SKIPPED)
			continue;
		if (!precondition)
			precondition = plan_add_precondition(
				change, change->context.translate("Commands can run on the nodes from here"), true);
		why = nodes ? nodes->why_not(nodes->data, step->target->name)
			    : change->context.translate("not run from here yet: SSH is not configured");
		if (!why)
			why = step->shown.cannot_preview;
		if (why)
			add_reason(&reasons, step->target->name, why);
	}
	if (!reasons.length)
		return;
	precondition->ok = TRUTH_FALSE;
	precondition->reason = buffer_detach(&reasons);
}

void sudo_judge(struct change *change)
{
	CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(REASONS_MAXIMUM);
	CLEANUP(buffer_release) struct buffer unknown = BUFFER_INIT(REASONS_MAXIMUM);
	struct precondition *precondition = NULL;

	judge_reach(change);
	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		for (size_t at = 0; step->part && at < step->part->right_count; at++) {
			const struct node_right *right = &step->part->rights[at];
			auto_free char *line = argv_line(right->argv + SUDO_WORDS);
			auto_free char *why = NULL;

			if (!precondition)
				precondition = plan_add_precondition(
					change,
					change->context.translate("sudo permits each command on its node without a "
								  "password"), true);
			if (right->is_granted == TRUTH_FALSE)
				add_reason(&missing, step->target->name, line);
			if (right->is_granted != TRUTH_UNKNOWN)
				continue;
			why = change_say_err(change, &right->err);
			add_reason(&unknown, step->target->name, why);
		}
	}
	if (missing.length) {
		precondition->ok = TRUTH_FALSE;
		/* A list is longer than a message's values may be. */
		precondition->reason = xasprintf(
			"%s %s", change->context.translate(N_("missing (plan --sudoers prints the lines):")),
			buffer_text(&missing));
	} else if (unknown.length) {
		precondition->ok = TRUTH_UNKNOWN;
		precondition->reason = buffer_detach(&unknown);
	}
}

/* sudoers(5): these have a meaning of their own in a command's arguments. */
static void add_escaped(struct buffer *line, const char *word)
{
	for (; *word; word++) {
		if (strchr(",:=\\*?[]!#\" ", *word))
			buffer_add_byte(line, '\\');
		buffer_add_byte(line, *word);
	}
}

static char *command_line(const char *user, const char *const *argv)
{
	struct buffer line = BUFFER_INIT(LINES_MAXIMUM);

	buffer_addf(&line, "%s ALL=(root) NOPASSWD: /usr/bin/", user);
	for (size_t i = SUDO_WORDS; argv[i]; i++) {
		if (i > SUDO_WORDS)
			buffer_add_byte(&line, ' ');
		add_escaped(&line, argv[i]);
	}
	buffer_add_byte(&line, '\n');
	return buffer_detach(&line);
}

static char *user_of(const struct node_runner *nodes, const char *node)
{
	return nodes && nodes->user ? nodes->user(nodes->data, node) : NULL;
}

static void add_line(struct buffer *lines, char *line)
{
	if (!strstr(buffer_text(lines), line))
		buffer_add_text(lines, line);
	free(line);
}

/* What a step looks at with sudo before it does anything. */
static void add_read_lines(const struct plan_step *step, const char *user, struct buffer *lines)
{
	static const char *const members[] = {"unless", "record"};

	for (size_t i = 0; i < array_length(members); i++) {
		const json_t *read = json_object_get(step->definition, members[i]);
		CLEANUP(argv_release) struct argv_words words = {0};
		auto_free char *line = NULL;

		if (!json_is_true(json_object_get(read, "sudo")) ||
		    node_fill_words(step, json_object_get(read, "argv"), NULL, &words, NULL) < 0)
			continue;
		line = node_read_sudoers_line(user, (const char *const *)words.items);
		add_line(lines, xasprintf("%s\n", line));
	}
}

char *change_sudoers(const struct change *change)
{
	struct buffer lines = BUFFER_INIT(LINES_MAXIMUM);
	const struct node_runner *nodes = change->context.nodes;

	for (size_t i = 0; i < change->step_count; i++) {
		const struct plan_step *step = change->steps[i];

		auto_free char *known = step->shown.command_count ? user_of(nodes, step->target->name) : NULL;
		const char *user = known ? known : "USER";

		for (size_t at = 0; at < step->shown.command_count; at++) {
			const char *const *argv = (const char *const *)step->shown.commands[at].argv;

			if (step->shown.commands[at].sudo)
				add_line(&lines, command_line(user, argv));
		}
		if (step->shown.command_count)
			add_read_lines(step, user, &lines);
	}
	return buffer_detach(&lines);
}
