/*
 * ssh-command: a command on one node. What is shown is the argv as it is
 * sent, and the ssh line that does the same by hand. It may name what makes
 * it needless ("unless": another command, which only reads, and what its
 * output then holds), and what to write down before it ("record"), by which
 * it is taken back.
 *
 * It runs under a mark (node_mark.h). A connection that is lost in the middle
 * leads to a look at the mark: it goes on there, it ended, or it was never
 * started, and only then it is started again.
 *
 *	unless -> run -> answer ------------------------> record -> done
 *	           ^       '-> lost -> look -> ended ------^
 *	           '------------- never -'  '-> running -> look
 */
#include <string.h>

#include "probes/base/buffer.h"
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

/* The run that is gone on with may have started it: its mark says what became of that. */
static bool may_be_under_way(const struct plan_step *step)
{
	const char *state = json_string_value(json_object_get(step->resumed, "state"));

	return state && strcmp(state, "pending") != 0 && strcmp(state, "skipped") != 0;
}

char *ssh_command_mark(const struct plan_step *step)
{
	const json_t *before = json_object_get(step->resumed, "n");

	if (may_be_under_way(step))
		return xasprintf("%s-%d", step->change->resume_of, (int)json_integer_value(before));
	return xasprintf("%s-%d", step->change->run_id, step->shown.number);
}

static bool holds_text(const struct plan_step *step, const json_t *text, const char *output)
{
	auto_free char *filled = NULL;

	return node_fill(step, json_string_value(text), NULL, &filled, NULL) == 0 && strstr(output, filled);
}

/* A text, or any of several. */
static bool output_holds(const struct plan_step *step, const json_t *contains, const char *output)
{
	size_t i;
	json_t *one;

	if (json_is_string(contains))
		return holds_text(step, contains, output);
	json_array_foreach((json_t *)(uintptr_t)contains, i, one) {
		if (holds_text(step, one, output))
			return true;
	}
	return false;
}

/* Reads with the argv of a member ("unless", "record"); false: the step has none, or its places are not known. */
static bool read_member(struct plan_step *step, const char *member,
			void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	const json_t *definition = json_object_get(step->definition, member);
	struct argv_words words = {0};
	struct err err = {0};

	if (!definition)
		return false;
	if (node_fill_words(step, json_object_get(definition, "argv"), NULL, &words, &err) < 0) {
		node_part_get(step)->err = err;
		argv_release(&words);
		return false;
	}
	node_work(step->change, &(struct node_work_request){
					.step = step,
					.argv = (const char *const *)words.items,
					.timeout_seconds = READ_SECONDS,
					.is_read = true,
					.sudo = json_is_true(json_object_get(definition, "sudo")),
					.on_done = on_done,
					.data = step,
				});
	argv_release(&words);
	return true;
}

static bool unless_holds(const struct plan_step *step, const struct node_answer *answer)
{
	const json_t *unless = json_object_get(step->definition, "unless");

	return answer->out && output_holds(step, json_object_get(unless, "contains"), answer->out);
}

static void on_prepared_unless(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;

	(void)change;
	if (answer->trouble != NODE_FINE)
		step->part->err = answer->err;
	else
		step->part->is_so = unless_holds(step, answer);
	node_prepare_end(step);
}

/* Its words without blanks around them: what a command like systemctl is-enabled says. */
static char *recorded_text(const struct node_answer *answer)
{
	const char *text = answer->out ? answer->out : "";
	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	return xstrndup(text, length < 4096 ? length : 4096);
}

static void on_prepared_record(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;

	(void)change;
	if (answer->trouble != NODE_FINE)
		step->part->err = answer->err;
	else
		step->part->recorded = recorded_text(answer);
	node_prepare_end(step);
}

static void prepare_read(struct plan_step *step, const char *member,
			 void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	if (!json_object_get(step->definition, member))
		return;
	node_prepare_begin(step);
	if (!read_member(step, member, on_done))
		node_prepare_end(step);
}

static void prepare(struct change *change, struct plan_step *step)
{
	struct err err = {0};

	(void)change;
	if (node_check_target(step, &err) < 0)
		return;
	node_part_get(step);
	prepare_read(step, "unless", on_prepared_unless);
	prepare_read(step, "record", on_prepared_record);
}

/* "a" or "a, b, c". Caller frees. */
static char *texts_of(const struct plan_step *step, const json_t *contains)
{
	struct buffer texts = BUFFER_INIT(4096);
	size_t count = json_is_string(contains) ? 1 : json_array_size(contains);

	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_string(contains) ? contains : json_array_get(contains, i);
		auto_free char *filled = NULL;

		if (node_fill(step, json_string_value(one), NULL, &filled, NULL) == 0)
			buffer_addf(&texts, "%s%s", i ? ", " : "", filled);
	}
	return buffer_detach(&texts);
}

static void say_unless(struct change *change, struct plan_step *step)
{
	const json_t *unless = json_object_get(step->definition, "unless");
	const json_t *contains = json_object_get(unless, "contains");
	CLEANUP(argv_release) struct argv_words words = {0};
	auto_free char *line = NULL;
	auto_free char *texts = NULL;

	if (!unless || node_fill_words(step, json_object_get(unless, "argv"), NULL, &words, NULL) < 0)
		return;
	line = argv_line((const char *const *)words.items);
	texts = texts_of(step, contains);
	free(step->shown.instruction);
	step->shown.instruction = change_say(change, "only where the output of {command} does not hold {text}",
					     "command", line, "text", texts, NULL);
}

static json_t *words_json(const struct argv_words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(list, json_string(words->items[i]));
	return list;
}

/* What the journal keeps of a command that can be taken back; undo.c makes a step of "wayBack". */
static int plan_undo(struct plan_step *step, struct err *err)
{
	const json_t *undo = json_object_get(step->definition, "undoArgv");
	const json_t *record = json_object_get(step->definition, "record");
	const char *only = node_member(step, "undoOnly", NULL);
	const char *recorded = step->part->recorded;
	CLEANUP(argv_release) struct argv_words words = {0};
	CLEANUP(argv_release) struct argv_words reads = {0};
	auto_free char *title = NULL;
	json_t *way_back;

	/* What only reads leaves nothing behind; undo.c knows the word. */
	if (json_is_true(json_object_get(step->definition, "onlyReads")))
		step->touched = json_pack("[{s:s, s:b}]", "path", step->shown.title, "onlyReads", 1);
	if (!undo || (only && (!recorded || !strstr(recorded, only))))
		return 0;
	if (node_fill_words(step, undo, NULL, &words, err) < 0 ||
	    node_fill_words(step, json_object_get(record, "argv"), NULL, &reads, err) < 0)
		return -1;
	title = change_say(step->change, "Take back: {step}", "step", step->shown.title, NULL);
	way_back = json_pack("{s:s, s:{s:s}, s:o, s:b, s:i}", "type", "ssh-command", "title", "en", title, "argv",
			     words_json(&words), "sudo", node_wants_sudo(step), "timeoutSeconds", node_timeout(step));
	if (json_is_true(json_object_get(step->definition, "undoLast")))
		json_object_set_new(way_back, "goesLast", json_true());
	if (record) {
		json_object_set_new(way_back, "record", json_pack("{s:o}", "argv", words_json(&reads)));
		json_object_set_new(way_back, "recordedBefore", json_string(recorded ? recorded : ""));
	}
	step->touched = json_pack("[{s:s, s:o, s:n, s:o}]", "path", step->shown.title, "before",
				  recorded ? json_string(recorded) : json_null(), "after", "wayBack", way_back);
	return 0;
}

/* Of an undo: what was recorded must be what the run made of it. */
static int check_recorded(struct change *change, struct plan_step *step, struct err *err)
{
	const char *before = node_member(step, "recordedBefore", NULL);
	const char *after = node_member(step, "recordedAfter", NULL);
	const char *now = step->part->recorded;

	if (!before || !now)
		return 0;
	if (!strcmp(before, now)) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is as it was before", NULL);
		return 0;
	}
	if (!after || !strcmp(after, now))
		return 0;
	return err_set(err, ERR_CONFLICT, "somebody changed {path} since: it is {now}, the run set {after}", "path",
		       step->target->label, "now", now, "after", after, NULL);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	struct argv_words words = {0};

	if (step_is_for_nothing(change, step))
		return 0;
	if (node_check_target(step, err) < 0)
		return -1;
	if (node_part_get(step)->err.code != ERR_NONE) {
		*err = step->part->err;
		return -1;
	}
	if (step->part->is_so) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "is so already", NULL);
		return 0;
	}
	if (check_recorded(change, step, err) < 0 || step->shown.state == STEP_SKIPPED)
		return step->shown.state == STEP_SKIPPED ? 0 : -1;
	say_unless(change, step);
	if (node_fill_words(step, json_object_get(step->definition, "argv"), NULL, &words, err) < 0) {
		argv_release(&words);
		return -1;
	}
	node_add_command(step, &words, node_wants_sudo(step), "");
	node_show_commands(step, 1);
	return plan_undo(step, err);
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

static void on_recorded(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	json_t *image = json_array_get(step->touched, 0);

	if (answer->trouble == NODE_FINE && image) {
		auto_free char *now = recorded_text(answer);

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

static void end_with(struct plan_step *step, int exit_status, const char *output)
{
	struct change *change = step->change;
	auto_free char *status = xasprintf("%d", exit_status);
	auto_free char *outcome = change_say(change, "ended with exit status {status}", "status", status, NULL);

	node_say_output(step, output);
	if (!json_is_true(json_object_get(step->definition, "endsConnection")))
		forget_mark(step);
	if (exit_status != 0) {
		fail(step, outcome);
		return;
	}
	free(step->part->reason);
	step->part->reason = take_pointer(outcome);
	if (!step->touched || !read_member(step, "record", on_recorded))
		node_finish(step, STEP_DONE, step->part->reason);
}

static bool ends_connection(const struct plan_step *step)
{
	return json_is_true(json_object_get(step->definition, "endsConnection"));
}

static void end_sent(struct plan_step *step)
{
	auto_free char *outcome = change_say(step->change, "sent; the connection ended with it", NULL);

	node_finish(step, STEP_DONE, outcome);
}

/* The node was started anew since the plan was made. */
static bool was_restarted(const struct plan_step *step, const char *boot_id)
{
	const json_t *info = json_object_get(json_object_get(step->target->document, "status"), "nodeInfo");
	const char *known = json_string_value(json_object_get(info, "bootID"));

	return known && *known && *boot_id && strcmp(known, boot_id) != 0;
}

static void end_never(struct plan_step *step, const struct mark_look *look)
{
	if (was_restarted(step, look->boot_id)) {
		if (ends_connection(step))
			end_sent(step);
		else
			fail_saying(step, N_("the node was started anew meanwhile: what became of the command is not "
					     "known"));
	} else if (step->part->attempts >= STARTS_MAXIMUM) {
		fail_saying(step, N_("it was never started: the connection was lost each time"));
	} else {
		run_marked(step);
	}
}

static void on_unless_after_all(struct change *change, void *data, const struct node_answer *answer)
{
	struct plan_step *step = data;
	auto_free char *outcome = NULL;

	if (answer->trouble == NODE_FINE && unless_holds(step, answer)) {
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
	else if (!read_member(step, "unless", on_unless_after_all))
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
	if (clock_monotonic_ms() < step->part->deadline_ms && answer->trouble != NODE_HOST_KEY_CHANGED) {
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
	if (!may_be_under_way(step)) {
		run_marked(step);
		return;
	}
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
	} else if (unless_holds(step, answer)) {
		outcome = change_say(change, "is so already", NULL);
		node_finish(step, STEP_SKIPPED, outcome);
	} else {
		begin(step);
	}
}

static void start(struct change *change, struct plan_step *step)
{
	(void)change;
	step->part->attempts = 0;
	step->part->broken_count = 0;
	if (!read_member(step, "unless", on_unless))
		begin(step);
}

static void stop(struct change *change, struct plan_step *step)
{
	node_work_cancel(change, step);
	fail_saying(step, N_("no longer waited for: it may go on on the node"));
}

const struct step_ops ssh_command_step = {
	.type = "ssh-command",
	.needs_target = true,
	.is_work = true,
	.prepare = prepare,
	.plan = plan,
	.start = start,
	.stop = stop,
};
