/*
 * Runs the command of a step under a mark (node_mark.h). A connection that is
 * lost in the middle leads to a look at the mark: it goes on there, it ended,
 * or it was never started, and only then it is started again.
 *
 *	unless -> look -> note -> run -> answer ------> note -> record -> done
 *	                          ^        '-> lost -> look -> ended -^
 *	                          '-------------- never -'  '-> running -> look
 *
 * A mark does not outlive a reboot. So the journal has the node's boot id and
 * the name of the mark before the command is sent, and how it ended before
 * the mark is taken away: whoever goes on with the run knows what to look for.
 * Where the node was started anew and there is no mark, "unless" says whether
 * there is something to do; without it nobody knows whether the command ran,
 * and the step ends with what to look at.
 */
#include "probes/remedy/step_ssh_run.h"

#include <stdio.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_mark.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/step.h"

enum {
	READ_SECONDS = 20,
	LOOK_MS = 1500,
	FIND_OUT_SECONDS = 300,		/* for a node to answer again */
	GOING_DOWN_SECONDS = 20,	/* the same where the command ends the connection */
	STARTS_MAXIMUM = 3,
	BROKEN_MAXIMUM = 2,		/* the mark may be seen before its process is */
};

static void run_marked(struct plan_step *step);
static void look_later(struct plan_step *step);

static const json_t *noted_before(const struct plan_step *step)
{
	return json_object_get(step->resumed, "request");
}

/* The run that is gone on with may have started it, and did not learn how it ended. */
static bool may_be_under_way(const struct plan_step *step)
{
	const char *state = json_string_value(json_object_get(step->resumed, "state"));

	return state && strcmp(state, "pending") != 0 && strcmp(state, "skipped") != 0 &&
	       json_is_string(json_object_get(noted_before(step), "mark")) &&
	       !json_is_integer(json_object_get(noted_before(step), "exitStatus"));
}

void ssh_command_take_mark(struct plan_step *step)
{
	const json_t *noted = noted_before(step);
	const char *boot_id = json_string_value(json_object_get(noted, "bootId"));
	struct node_part *part = step->part;

	free(part->mark);
	part->boot_id[0] = '\0';
	if (!may_be_under_way(step)) {
		part->mark = xasprintf("%s-%d", step->change->run_id, step->shown.number);
		return;
	}
	part->mark = xstrdup(json_string_value(json_object_get(noted, "mark")));
	snprintf(part->boot_id, sizeof(part->boot_id), "%s", boot_id ? boot_id : "");
}

char *ssh_command_request(const struct plan_step *step)
{
	const struct node_part *part = step->part;
	json_t *request = json_pack("{s:s}", "mark", part->mark);
	char *text;

	if (*part->boot_id)
		json_object_set_new(request, "bootId", json_string(part->boot_id));
	if (part->has_ended)
		json_object_set_new(request, "exitStatus", json_integer(part->exit_status));
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return text;
}

static void fail(struct plan_step *step, const char *outcome)
{
	node_finish(step, STEP_FAILED, outcome);
}

static void fail_saying(struct plan_step *step, const char *id)
{
	auto_free char *outcome = change_say(step->change, id, NULL);

	fail(step, outcome);
}

/* data is the change: the journal knows by it whom it need not tell any more. */
static void on_noted(void *data, const struct err *err)
{
	struct change *change = data;
	struct plan_step *step = change->current < change->step_count ? change->steps[change->current] : NULL;
	void (*after)(struct plan_step *step, const struct err *err) = step && step->part ? step->part->after_noted
											    : NULL;

	if (!after)
		return;
	step->part->after_noted = NULL;
	after(step, err);
}

static void note(struct plan_step *step, void (*after)(struct plan_step *step, const struct err *err))
{
	auto_free char *request = ssh_command_request(step);

	step->part->after_noted = after;
	journal_step_request(step->change->context.journal, step->change->run_id, step->shown.number, request,
			     on_noted, step->change);
}

static void on_recorded(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	json_t *image = json_array_get(step->touched, 0);

	if (answer->trouble == NODE_FINE && image) {
		auto_free char *now = ssh_command_recorded(answer);

		json_object_set_new(image, "after", json_string(now));
		json_object_set_new(json_object_get(image, "wayBack"), "recordedAfter", json_string(now));
		run_step_image(change, step);
	}
	node_finish(step, STEP_DONE, step->part->reason);
}

static void on_forgotten(struct change *change, void *data, const struct node_answer *answer)
{
	(void)change;
	(void)data;
	(void)answer;
}

/* The mark goes when the outcome is known; if it stays, it is in nobody's way. */
static void forget_mark(struct plan_step *step)
{
	struct argv_words words = {0};

	mark_add_forget(&words, step->part->mark);
	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = (const char *const *)words.items,
					.timeout_seconds = READ_SECONDS,
					.on_done = on_forgotten,
					.data = step,
				});
	argv_release(&words);
}

static bool ends_connection(const struct plan_step *step)
{
	return json_is_true(json_object_get(step->definition, "endsConnection"));
}

/* The journal knows how it ended: only now its mark may go. */
static void on_end_noted(struct plan_step *step, const struct err *err)
{
	struct change *change = step->change;
	auto_free char *status = xasprintf("%d", step->part->exit_status);
	auto_free char *outcome = change_say(change, "ended with exit status {status}", "status", status, NULL);

	if (!err && !ends_connection(step))
		forget_mark(step);
	if (step->part->exit_status != 0) {
		fail(step, outcome);
		return;
	}
	free(step->part->reason);
	step->part->reason = take_pointer(outcome);
	if (!step->touched || !ssh_command_read(step, "record", on_recorded))
		node_finish(step, STEP_DONE, step->part->reason);
}

static void end_with(struct plan_step *step, int exit_status, const char *output)
{
	node_say_output(step, output);
	step->part->has_ended = true;
	step->part->exit_status = exit_status;
	note(step, on_end_noted);
}

static void end_sent(struct plan_step *step)
{
	auto_free char *outcome = change_say(step->change, "sent; the connection ended with it", NULL);

	node_finish(step, STEP_DONE, outcome);
}

static void on_boot_noted(struct plan_step *step, const struct err *err)
{
	auto_free char *why = err ? change_say_err(step->change, err) : NULL;

	if (why)
		fail(step, why);
	else
		run_marked(step);
}

/* Not before the journal knows where to look for its mark. */
static void begin_in_boot(struct plan_step *step, const struct mark_look *look)
{
	snprintf(step->part->boot_id, sizeof(step->part->boot_id), "%s", look->boot_id);
	note(step, on_boot_noted);
}

static void fail_unknown(struct plan_step *step)
{
	auto_free char *command = argv_line((const char *const *)step->shown.commands[0].argv);
	auto_free char *outcome = change_say(
		step->change, "could not be found out: {node} was started anew meanwhile, and the mark of the command "
			      "is gone. Look there whether it was done, then make a new plan: {command}",
		"node", step->target->name, "command", command, NULL);

	/* It may have. */
	step->change->wrote_anything = true;
	fail(step, outcome);
}

static void on_unless_restarted(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	auto_free char *outcome = NULL;
	struct mark_look look = {0};

	if (answer->trouble != NODE_FINE) {
		fail_unknown(step);
	} else if (ssh_command_is_so(step, answer)) {
		outcome = change_say(change, "the node was started anew meanwhile, and it is so now", NULL);
		node_finish(step, STEP_DONE, outcome);
	} else {
		snprintf(look.boot_id, sizeof(look.boot_id), "%s", step->part->new_boot_id);
		outcome = change_say(change, "the node was started anew meanwhile, and it is not so: it is run", NULL);
		step_say_once(change, step, outcome);
		begin_in_boot(step, &look);
	}
}

/* Whether it was started in the boot that is over cannot be seen any more. */
static void end_restarted(struct plan_step *step, const struct mark_look *look)
{
	snprintf(step->part->new_boot_id, sizeof(step->part->new_boot_id), "%s", look->boot_id);
	if (ends_connection(step))
		end_sent(step);
	else if (!ssh_command_read(step, "unless", on_unless_restarted))
		fail_unknown(step);
}

static void end_never(struct plan_step *step, const struct mark_look *look)
{
	struct node_part *part = step->part;

	if (!*look->boot_id)
		fail_saying(step, N_("what became of it could not be found out: the node answers something else"));
	else if (!*part->boot_id)
		begin_in_boot(step, look);
	else if (strcmp(part->boot_id, look->boot_id) != 0)
		end_restarted(step, look);
	else if (part->attempts >= STARTS_MAXIMUM)
		fail_saying(step, N_("it was never started: the connection was lost each time"));
	else
		run_marked(step);
}

static void on_unless_after_all(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	auto_free char *outcome = NULL;

	if (answer->trouble == NODE_FINE && ssh_command_is_so(step, answer)) {
		outcome = change_say(change, "was broken off on the node, but it is so now", NULL);
		node_finish(step, STEP_DONE, outcome);
		return;
	}
	fail_saying(step, N_("was broken off on the node: how far it came is not known"));
}

static void end_broken(struct plan_step *step)
{
	if (++step->part->broken_count < BROKEN_MAXIMUM)
		look_later(step);
	else if (ends_connection(step))
		end_sent(step);
	else if (!ssh_command_read(step, "unless", on_unless_after_all))
		fail_saying(step, N_("was broken off on the node: how far it came is not known"));
}

static void judge_look(struct plan_step *step, const struct mark_look *look)
{
	switch (look->state) {
	case MARK_NEVER:
		end_never(step, look);
		break;
	case MARK_RUNNING:
		if (ends_connection(step)) {
			end_sent(step);
		} else {
			auto_free char *text = change_say(step->change, "is still running there: waiting for it", NULL);

			step_say_once(step->change, step, text);
			look_later(step);
		}
		break;
	case MARK_ENDED:
		end_with(step, look->exit_status, look->output);
		break;
	case MARK_BROKEN:
		end_broken(step);
		break;
	case MARK_UNKNOWN:
		fail_saying(step, N_("what became of it could not be found out: the node answers something else"));
		break;
	}
}

static void on_look(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	struct mark_look look;

	if (answer->trouble == NODE_FINE && answer->exit_status == 0) {
		mark_read(answer->out, &look);
		judge_look(step, &look);
		return;
	}
	if (!step->part->attempts && !may_be_under_way(step)) {
		auto_free char *why = node_work_why(change, answer);

		fail(step, why);
	} else if (clock_monotonic_ms() < step->part->deadline_ms && answer->trouble != NODE_HOST_KEY_CHANGED) {
		auto_free char *why = node_work_why(change, answer);

		step_say_once(change, step, why);
		look_later(step);
	} else if (ends_connection(step)) {
		end_sent(step);
	} else {
		auto_free char *why = node_work_why(change, answer);
		auto_free char *outcome =
			change_say(change, "what became of it is not known: {reason}", "reason", why, NULL);

		fail(step, outcome);
	}
}

static void look(void *data)
{
	struct plan_step *step = data;
	struct argv_words words = {0};

	step->timer = NULL;
	mark_add_look(&words, step->part->mark);
	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = (const char *const *)words.items,
					.timeout_seconds = READ_SECONDS,
					.on_done = on_look,
					.data = step,
				});
	argv_release(&words);
}

static void look_later(struct plan_step *step)
{
	step->timer = loop_timer(step->change->context.loop, LOOK_MS, look, step);
}

static void find_out(struct plan_step *step, const struct node_answer *answer)
{
	auto_free char *why = node_work_why(step->change, answer);
	auto_free char *text = change_say(step->change, "{reason}: finding out what became of the command", "reason",
					  why, NULL);
	int seconds = ends_connection(step) ? GOING_DOWN_SECONDS : node_timeout(step) + FIND_OUT_SECONDS;

	step_say_once(step->change, step, text);
	step->part->deadline_ms = clock_monotonic_ms() + (int64_t)seconds * 1000;
	look_later(step);
}

static void on_answer(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	auto_free char *why = NULL;

	change->wrote_anything = change->wrote_anything || answer->may_have_run;
	if (answer->trouble == NODE_FINE && answer->exit_status >= 0) {
		bool is_refused = answer->exit_status == MARK_REFUSED;

		if (is_refused && answer->error_out && strstr(answer->error_out, MARK_STARTED_TEXT))
			find_out(step, answer);
		else if (is_refused && answer->error_out && strstr(answer->error_out, MARK_NO_PLACE_TEXT))
			fail_saying(step, N_("not started: the node has no room for its mark in /run/nks-triage, /tmp "
					     "or /dev/shm"));
		else
			end_with(step, answer->exit_status, answer->out ? answer->out : "");
		return;
	}
	if (answer->may_have_run) {
		find_out(step, answer);
		return;
	}
	why = node_work_why(change, answer);
	fail(step, why);
}

static void run_marked(struct plan_step *step)
{
	struct argv_words words = {0};

	step->part->attempts++;
	mark_add_run(&words, step->part->mark, (const char *const *)step->shown.commands[0].argv);
	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = (const char *const *)words.items,
					.timeout_seconds = node_timeout(step),
					.on_done = on_answer,
					.data = step,
				});
	argv_release(&words);
}

static void begin(struct plan_step *step)
{
	step->part->deadline_ms =
		clock_monotonic_ms() + (int64_t)(node_timeout(step) + FIND_OUT_SECONDS) * 1000;
	look(step);
}

static void on_unless(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	auto_free char *outcome = NULL;

	if (answer->trouble != NODE_FINE) {
		outcome = node_work_why(change, answer);
		fail(step, outcome);
	} else if (ssh_command_is_so(step, answer)) {
		outcome = change_say(change, "is so already", NULL);
		node_finish(step, STEP_SKIPPED, outcome);
	} else {
		begin(step);
	}
}

void step_ssh_run_start(struct change *change, struct plan_step *step)
{
	(void)change;
	step->part->attempts = 0;
	step->part->broken_count = 0;
	step->part->has_ended = false;
	if (!ssh_command_read(step, "unless", on_unless))
		begin(step);
}

void step_ssh_run_stop(struct change *change, struct plan_step *step)
{
	node_work_cancel(change, step);
	fail_saying(step, N_("no longer waited for: it may go on on the node"));
}
