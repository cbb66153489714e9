/*
 * ssh-command: a command on one node. What is shown is the argv as it is
 * sent, and the ssh line that does the same by hand. It may name what makes
 * it needless ("unless": another command, which only reads, and what its
 * output then holds), and what to write down before it ("record"), by which
 * it is taken back.
 *
 * Here it is planned; step_ssh_run.c carries it out.
 */
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/step.h"
#include "probes/remedy/step_ssh_run.h"

enum { READ_SECONDS = 20 };

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

bool ssh_command_read(struct plan_step *step, const char *member,
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

bool ssh_command_is_so(const struct plan_step *step, const struct node_answer *answer)
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
		step->part->is_so = ssh_command_is_so(step, answer);
	node_prepare_end(step);
}

char *ssh_command_recorded(const struct node_answer *answer)
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
		step->part->recorded = ssh_command_recorded(answer);
	node_prepare_end(step);
}

static void prepare_read(struct plan_step *step, const char *member,
			 void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	if (!json_object_get(step->definition, member))
		return;
	node_prepare_begin(step);
	if (!ssh_command_read(step, member, on_done))
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

const struct step_ops ssh_command_step = {
	.type = "ssh-command",
	.needs_target = true,
	.is_work = true,
	.prepare = prepare,
	.plan = plan,
	.start = step_ssh_run_start,
	.stop = step_ssh_run_stop,
};
