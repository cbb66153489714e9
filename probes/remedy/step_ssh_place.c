/*
 * Putting a file in its place on a node, one command each:
 *
 *	look -> install to a temporary name -> see its digest -> the runbook's
 *	check of it -> sync -> compare and mv -T -> look
 *
 * Before the rename the old file is untouched, after it the new one is there
 * whole. What is found must be what the preview showed, at the start and, in
 * one command with the rename (node_place.h), right before it. Where a step fails the temporary name is removed. When
 * the connection is lost, the file itself says how far it came: it is looked
 * at, and what is missing is done (again): every command may be repeated.
 *
 * The temporary name is fixed, so that an operator can grant these very
 * commands to sudo, and ends in "~", which logrotate and others leave out.
 */
#include "probes/remedy/step_ssh_place.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/node_place.h"
#include "probes/remedy/step.h"

enum { READ_SECONDS = 20, AGAIN_MS = 2000, LOST_SECONDS = 300, LOST_MAXIMUM = 5 };

/* Which look it is; commands are those of the plan, by index. */
enum phase { PHASE_FIRST_LOOK, PHASE_COMMANDS, PHASE_LAST_LOOK };

static void next_command(struct plan_step *step);
static void look(struct plan_step *step, enum phase phase);

static bool removes(const struct plan_step *step)
{
	return !step->part->after.is_there;
}

/* "/etc/logrotate.d/docker" -> "/etc/logrotate.d/.docker.nks-triage~" */
static char *temporary_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t folder = slash ? (size_t)(slash - file) + 1 : 0;

	return xasprintf("%.*s.%s.nks-triage~", (int)folder, file, file + folder);
}

static void add(struct plan_step *step, bool sudo, const char *note, const char *const *argv)
{
	struct argv_words words = {0};

	argv_add_all(&words, argv);
	node_add_command(step, &words, sudo, note);
}

static int add_check(struct plan_step *step, struct err *err)
{
	const json_t *check = json_object_get(step->definition, "checkArgv");
	struct argv_words words = {0};
	auto_free char *note = NULL;

	if (!check)
		return 0;
	if (node_fill_words(step, check, step->part->temporary, &words, err) < 0) {
		argv_release(&words);
		return -1;
	}
	note = change_say(step->change, "checks it: it must end with 0", NULL);
	node_add_command(step, &words, true, note);
	return 0;
}

int step_ssh_place_plan(struct plan_step *step, struct err *err)
{
	const char *file = node_member(step, "file", "");
	struct change *change = step->change;
	struct node_part *part = step->part;
	auto_free char *write = change_say(change, "writes it beside the old one", NULL);
	auto_free char *sync = change_say(change, "has it on the disk", NULL);
	auto_free char *place = change_say(change, "puts it in place of the old one", NULL);
	auto_free char *clean = change_say(change, "only if one of these fails: takes it away again", NULL);
	auto_free char *removal = change_say(change, "was not there before", NULL);

	free(part->temporary);
	part->temporary = temporary_name(file);
	if (removes(step)) {
		add(step, true, removal, (const char *const[]){"rm", "-f", file, NULL});
		part->placing_index = 0;
		node_show_commands(step, 1);
		return 0;
	}
	step->shown.content = xstrdup(part->after.content);
	add(step, true, write, (const char *const[]){"install", "-m", part->after.mode, "-o", part->after.owner, "-g",
						     part->after.group, "/dev/stdin", part->temporary, NULL});
	if (add_check(step, err) < 0)
		return -1;
	add(step, true, sync, (const char *const[]){"sync", part->temporary, NULL});
	part->placing_index = step->shown.command_count;
	add(step, true, place, (const char *const[]){"mv", "-T", part->temporary, file, NULL});
	node_show_commands(step, step->shown.command_count);
	add(step, true, clean, (const char *const[]){"rm", "-f", part->temporary, NULL});
	return 0;
}

static void fail_now(struct plan_step *step)
{
	step->was_refused = step->part->is_conflict;
	node_finish(step, STEP_FAILED, step->part->reason);
}

static void on_cleaned(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;

	if (answer->trouble != NODE_FINE || answer->exit_status != 0) {
		auto_free char *why = node_work_why(change, answer);
		auto_free char *text = change_say(change, "{path} may be left over: {reason}", "path",
						  step->part->temporary, "reason", why, NULL);

		change_output(change, step->shown.number, text);
	}
	fail_now(step);
}

static void run_command(struct plan_step *step, size_t index,
			void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	const char *const *argv = (const char *const *)step->shown.commands[index].argv;
	struct argv_words words = {0};

	if (index == step->part->placing_index)
		place_add(&words, node_member(step, "file", ""), &step->part->before, argv);
	else
		argv_add_all(&words, argv);
	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = (const char *const *)words.items,
					.input = index == 0 ? step->shown.content : NULL,
					.timeout_seconds = node_timeout(step),
					.on_done = on_done,
					.data = step,
				});
	argv_release(&words);
}

/* Takes reason. Nothing was written yet where has_written is false. */
static void fail(struct plan_step *step, char *reason, bool has_written)
{
	free(step->part->reason);
	step->part->reason = reason;
	if (has_written && !removes(step))
		run_command(step, step->shown.command_count - 1, on_cleaned);
	else
		fail_now(step);
}

static void fail_saying(struct plan_step *step, const char *id, bool has_written)
{
	fail(step, change_say(step->change, id, "path", node_member(step, "file", ""), NULL), has_written);
}

static void done(struct plan_step *step)
{
	auto_free char *outcome = removes(step) ? change_say(step->change, "removed", NULL)
						: change_say(step->change, "in place: sha256 {digest}", "digest",
							     step->part->after.digest, NULL);

	node_finish(step, STEP_DONE, outcome);
}

static void begin_commands(struct plan_step *step)
{
	step->part->command_index = 0;
	step->part->phase = PHASE_COMMANDS;
	next_command(step);
}

static void judge_first(struct plan_step *step, const struct node_file *now)
{
	auto_free char *outcome = NULL;

	if (node_file_same(now, &step->part->after)) {
		/* After a lost connection it may be ours. */
		if (step->part->attempts) {
			done(step);
			return;
		}
		outcome = change_say(step->change, "is so already", NULL);
		node_finish(step, STEP_SKIPPED, outcome);
	} else if (node_file_same(now, &step->part->before)) {
		begin_commands(step);
	} else {
		step->part->is_conflict = true;
		fail_saying(step, N_("{path} changed since the preview: it was left as it is"),
			    step->part->attempts > 0);
	}
}

static void look_after_loss(void *data)
{
	struct plan_step *step = data;

	step->timer = NULL;
	look(step, PHASE_FIRST_LOOK);
}

/* Everything can be done again: the file says how far it came. */
static void begin_anew(struct plan_step *step, char *why)
{
	struct node_part *part = step->part;
	int64_t now = clock_monotonic_ms();
	auto_free char *text = change_say(step->change, "{reason}: looking how far it came", "reason", why, NULL);

	if (!part->deadline_ms)
		part->deadline_ms = now + LOST_SECONDS * 1000;
	part->attempts++;
	if (now >= part->deadline_ms) {
		fail(step, why, false);
		return;
	}
	free(why);
	step_say_once(step->change, step, text);
	step->timer = loop_timer(step->change->context.loop, AGAIN_MS, look_after_loss, step);
}

static void on_looked(struct plan_step *step, struct node_file *file, const struct err *err)
{
	bool is_first = step->part->phase == PHASE_FIRST_LOOK && !step->part->attempts;

	if (err) {
		char *why = change_say_err(step->change, err);

		if (is_first || err->code == ERR_REFUSED || err->code == ERR_LIMIT)
			fail(step, why, !is_first);
		else
			begin_anew(step, why);
	} else if (step->part->phase == PHASE_FIRST_LOOK) {
		judge_first(step, file);
	} else if (node_file_same(file, &step->part->after)) {
		done(step);
	} else {
		step->part->is_conflict = true;
		fail_saying(step, N_("{path} is not what was written: somebody else was there"), false);
	}
}

static void look(struct plan_step *step, enum phase phase)
{
	step->part->phase = (int)phase;
	node_file_read(step, NULL, NULL, node_member(step, "file", ""), on_looked);
}

/* What the temporary name holds: an upload that was cut off is seen here. */
static void on_digest(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	const char *wanted = step->part->after.digest;

	if (answer->trouble != NODE_FINE) {
		begin_anew(step, node_work_why(change, answer));
	} else if (answer->exit_status != 0) {
		fail(step, node_work_why(change, answer), true);
	} else if (strncmp(answer->out, wanted, strlen(wanted)) != 0) {
		fail_saying(step, N_("what was written beside {path} is not what was sent: the disk may be full"),
			    true);
	} else {
		step->part->command_index++;
		next_command(step);
	}
}

static void see_digest(struct plan_step *step)
{
	const char *const argv[] = {"sha256sum", step->part->temporary, NULL};
	/* A file that others may not read is read as root. */
	bool sudo = step->part->after.mode[3] < '4';

	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = argv,
					.timeout_seconds = READ_SECONDS,
					.is_read = true,
					.sudo = sudo,
					.on_done = on_digest,
					.data = step,
				});
}

/* Right after the file was written; where there is a check at all. */
static bool is_check(const struct plan_step *step, size_t index)
{
	return index == 1 && json_object_get(step->definition, "checkArgv");
}

/* logrotate -d ends with 0 though it names errors [M: 3.21]. */
static bool says_refused(const struct plan_step *step, const struct node_answer *answer)
{
	const char *without = node_member(step, "checkWithout", NULL);

	return without && ((answer->out && strstr(answer->out, without)) ||
			   (answer->error_out && strstr(answer->error_out, without)));
}

/* By the comparison before the rename. */
static bool was_refused(const struct node_answer *answer)
{
	return answer->exit_status == PLACE_REFUSED && answer->error_out &&
	       strstr(answer->error_out, PLACE_REFUSED_TEXT);
}

static void on_command(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	size_t index = step->part->command_index;

	change->wrote_anything = change->wrote_anything || answer->may_have_run;
	if (answer->trouble != NODE_FINE) {
		if (index == 0 && !answer->may_have_run && !step->part->attempts)
			fail(step, node_work_why(change, answer), false);
		else
			begin_anew(step, node_work_why(change, answer));
		return;
	}
	if (answer->exit_status == 0 && is_check(step, index) && says_refused(step, answer)) {
		node_say_output(step, answer->error_out);
		fail_saying(step, N_("the check of what is to become {path} names an error: the old file stays"), true);
		return;
	}
	if (index == step->part->placing_index && was_refused(answer)) {
		step->part->is_conflict = true;
		fail_saying(step, N_("{path} changed since the preview: it was left as it is"), true);
		return;
	}
	if (answer->exit_status != 0) {
		if (index != step->part->placing_index && answer->out)
			node_say_output(step, answer->out);
		fail(step, node_work_why(change, answer), true);
		return;
	}
	if (index == step->part->placing_index) {
		look(step, PHASE_LAST_LOOK);
		return;
	}
	if (index == 0) {
		see_digest(step);
		return;
	}
	step->part->command_index++;
	next_command(step);
}

static void next_command(struct plan_step *step)
{
	run_command(step, step->part->command_index, on_command);
}

void step_ssh_place_start(struct change *change, struct plan_step *step)
{
	(void)change;
	step->part->attempts = 0;
	step->part->deadline_ms = 0;
	look(step, PHASE_FIRST_LOOK);
}

void step_ssh_place_stop(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "no longer waited for: it may go on on the node", NULL);

	node_work_cancel(change, step);
	node_finish(step, STEP_FAILED, outcome);
}
