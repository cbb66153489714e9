/*
 * ssh-command, ssh-file: a command, or a file, on one node. What is shown is
 * the argv as it is sent, and the ssh line that does the same by hand. A
 * command may name what makes it needless ("unless": another command, which
 * only reads, and what its output then holds).
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_runner.h"
#include "probes/remedy/shell_line.h"
#include "probes/remedy/step.h"

enum { TIMEOUT_SECONDS = 60, WORDS_MAXIMUM = 64, LINE_MAXIMUM = 16 << 10 };

static void run_command(struct change *change, struct plan_step *step);

static int timeout_of(const struct plan_step *step)
{
	json_int_t seconds = json_integer_value(json_object_get(step->definition, "timeoutSeconds"));

	return seconds > 0 ? (int)seconds : TIMEOUT_SECONDS;
}

struct words {
	char *items[WORDS_MAXIMUM + 1];
	size_t count;
};

static void add_word(struct words *words, const char *text)
{
	if (words->count < WORDS_MAXIMUM)
		words->items[words->count++] = xstrdup(text);
}

static void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
}

/* sudo -n, timeout N, env LC_ALL=C, then the runbook's words with their places filled. */
static int make_words(const struct change *change, const struct plan_step *step, const json_t *argv, bool sudo,
		      struct words *words, struct err *err)
{
	auto_free char *seconds = xasprintf("%d", timeout_of(step));
	size_t i;
	json_t *word;

	if (sudo) {
		add_word(words, "sudo");
		add_word(words, "-n");
	}
	add_word(words, "timeout");
	add_word(words, seconds);
	add_word(words, "env");
	add_word(words, "LC_ALL=C");
	json_array_foreach((json_t *)(uintptr_t)argv, i, word) {
		auto_free char *filled = NULL;

		if (plan_fill(change, json_string_value(word), plan_subject(change), &filled, err) < 0)
			return -1;
		add_word(words, filled);
	}
	return 0;
}

static const char *address_of(const struct change *change, const struct plan_step *step)
{
	const struct record *record =
		snapshot_by_name(cluster_snapshot(change->context.cluster), KIND_NODE, "", step->target->name);
	const struct node_record *node = record ? record_node(record) : NULL;

	for (size_t i = 0; node && i < node->address_count; i++) {
		if (!strcmp(node->addresses[i].type, "InternalIP"))
			return node->addresses[i].address;
	}
	return "";
}

/* The remote shell sees one line of quoted words; so does the local one. */
static char *ssh_line(const struct change *change, const struct plan_step *step, const struct words *words)
{
	CLEANUP(buffer_release) struct buffer remote = BUFFER_INIT(LINE_MAXIMUM);
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(2 * LINE_MAXIMUM);
	const char *address = address_of(change, step);

	for (size_t i = 0; i < words->count; i++)
		shell_add_word(&remote, words->items[i]);
	shell_add_word(&line, "ssh");
	shell_add_word(&line, *address ? address : step->target->name);
	shell_add_word(&line, buffer_text(&remote));
	if (step->shown.content)
		buffer_add_text(&line, " < FILE");
	return buffer_detach(&line);
}

static void take_words(struct plan_step *step, const struct words *words)
{
	step->shown.node = xstrdup(step->target->name);
	step->shown.argv = xcalloc(words->count + 1, sizeof(char *));
	for (size_t i = 0; i < words->count; i++)
		step->shown.argv[i] = xstrdup(words->items[i]);
}

static int set_command(struct change *change, struct plan_step *step, const json_t *argv, bool sudo, struct err *err)
{
	CLEANUP(words_release) struct words words = {0};

	if (step->target->kind->id != KIND_NODE)
		return err_set(err, ERR_REFUSED, "{object} is no node", "object", step->target->label, NULL);
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	if (make_words(change, step, argv, sudo, &words, err) < 0)
		return -1;
	take_words(step, &words);
	step->shown.kubectl = ssh_line(change, step, &words);
	return 0;
}

static void say_unless(struct change *change, struct plan_step *step)
{
	const json_t *unless = json_object_get(step->definition, "unless");
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_MAXIMUM);
	size_t i;
	json_t *word;

	if (!unless)
		return;
	json_array_foreach(json_object_get(unless, "argv"), i, word)
		shell_add_word(&line, json_string_value(word));
	step->shown.instruction =
		change_say(change, "only where the output of {command} does not hold {text}", "command",
			   buffer_text(&line), "text", json_string_value(json_object_get(unless, "contains")), NULL);
}

static int plan_command(struct change *change, struct plan_step *step, struct err *err)
{
	const json_t *sudo = json_object_get(step->definition, "sudo");

	if (step_is_for_nothing(change, step))
		return 0;
	say_unless(change, step);
	return set_command(change, step, json_object_get(step->definition, "argv"), !sudo || json_is_true(sudo), err);
}

static const char *member(const struct plan_step *step, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(step->definition, name));

	return text ? text : otherwise;
}

static void show_content(struct plan_step *step)
{
	struct step_diff *line = xcalloc(1, sizeof(*line));
	json_t *text = json_string(step->shown.content);

	line->path = xstrdup(member(step, "file", ""));
	line->before = xstrdup("");
	line->after = json_dumps(text, JSON_ENCODE_ANY);
	json_decref(text);
	step->shown.diff = line;
	step->shown.diff_count = 1;
}

/* install(1) reads the new file whole before it puts it in the old one's place. */
static int plan_file(struct change *change, struct plan_step *step, struct err *err)
{
	json_t *argv = json_pack("[s, s, s, s, s, s, s, s, s]", "install", "-m", member(step, "mode", "0644"), "-o",
				 member(step, "owner", "root"), "-g", member(step, "fileGroup", "root"), "/dev/stdin",
				 member(step, "file", ""));
	auto_free char *content = NULL;
	int code = -1;

	if (step_is_for_nothing(change, step))
		code = 0;
	else if (plan_fill(change, member(step, "content", ""), plan_subject(change), &content, err) == 0) {
		step->shown.content = take_pointer(content);
		code = set_command(change, step, argv, true, err);
		show_content(step);
		step->shown.instruction = change_say(change, "the file that is there now is read before it is written: "
							     "what it holds is not known from here", NULL);
	}
	json_decref(argv);
	return code;
}

static void finish(struct change *change, struct plan_step *step, enum step_state state, const char *outcome)
{
	step->running = NULL;
	run_step_finished(change, step, state, outcome, NULL);
}

static void on_done(void *data, const struct node_result *result)
{
	struct plan_step *step = data;
	struct change *change = step->change;
	auto_free char *outcome = NULL;

	if (result->output && *result->output)
		change_output(change, step->shown.number, result->output);
	change->wrote_anything = true;
	if (result->code != ERR_NONE) {
		outcome = change_say_err(change, &result->err);
	} else {
		auto_free char *status = xasprintf("%d", result->exit_status);

		outcome = change_say(change, "ended with exit status {status}", "status", status, NULL);
	}
	finish(change, step, result->code == ERR_NONE && result->exit_status == 0 ? STEP_DONE : STEP_FAILED, outcome);
}

static void start_argv(struct change *change, struct plan_step *step, const char *const *argv, const char *input,
		       void (*done)(void *data, const struct node_result *result))
{
	const struct node_runner *nodes = change->context.nodes;
	const char *why = nodes ? nodes->why_not(nodes->data, step->target->name) : NULL;
	const struct node_command command = {
		.node = step->target->name,
		.address = address_of(change, step),
		.argv = argv,
		.input = input,
		.timeout_seconds = timeout_of(step),
	};
	struct err err;
	auto_free char *text = NULL;

	if (!nodes || why) {
		text = change_say(change, "not run from here yet: SSH is not configured", NULL);
		finish(change, step, STEP_FAILED, why ? why : text);
		return;
	}
	step->running = nodes->run(nodes->data, &command, done, step, &err);
	if (step->running)
		return;
	text = change_say_err(change, &err);
	finish(change, step, STEP_FAILED, text);
}

static void on_checked(void *data, const struct node_result *result)
{
	struct plan_step *step = data;
	struct change *change = step->change;
	const json_t *unless = json_object_get(step->definition, "unless");
	const char *wanted = json_string_value(json_object_get(unless, "contains"));
	auto_free char *outcome = NULL;

	step->running = NULL;
	if (result->code != ERR_NONE) {
		outcome = change_say_err(change, &result->err);
		finish(change, step, STEP_FAILED, outcome);
	} else if (result->output && wanted && strstr(result->output, wanted)) {
		outcome = change_say(change, "is so already", NULL);
		finish(change, step, STEP_SKIPPED, outcome);
	} else {
		run_command(change, step);
	}
}

static void run_command(struct change *change, struct plan_step *step)
{
	start_argv(change, step, (const char *const *)step->shown.argv, step->shown.content, on_done);
}

static void start(struct change *change, struct plan_step *step)
{
	const json_t *argv = json_object_get(json_object_get(step->definition, "unless"), "argv");
	CLEANUP(words_release) struct words words = {0};
	auto_free char *text = NULL;
	struct err err;

	if (!argv) {
		run_command(change, step);
		return;
	}
	if (make_words(change, step, argv, false, &words, &err) == 0) {
		start_argv(change, step, (const char *const *)words.items, NULL, on_checked);
		return;
	}
	text = change_say_err(change, &err);
	finish(change, step, STEP_FAILED, text);
}

static void stop(struct change *change, struct plan_step *step)
{
	auto_free char *outcome = change_say(change, "no longer waited for: it may go on on the node", NULL);

	if (step->running)
		change->context.nodes->cancel(change->context.nodes->data, step->running);
	finish(change, step, STEP_FAILED, outcome);
}

const struct step_ops ssh_command_step = {
	.type = "ssh-command",
	.needs_target = true,
	.is_work = true,
	.plan = plan_command,
	.start = start,
	.stop = stop,
};

const struct step_ops ssh_file_step = {
	.type = "ssh-file",
	.needs_target = true,
	.is_work = true,
	.plan = plan_file,
	.start = start,
	.stop = stop,
};
