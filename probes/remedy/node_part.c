#include "probes/remedy/node_part.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/remedy/node_mark.h"
#include "probes/remedy/node_place.h"
#include "probes/remedy/step.h"
#include "probes/ssh/node_step.h"

enum { TIMEOUT_SECONDS = 60, FILLED_MAXIMUM = 64 << 10, LINE_MAXIMUM = 256 << 10, OUTPUT_LINES = 200 };

static const char file_place[] = "{file}";

struct node_part *node_part_get(struct plan_step *step)
{
	if (!step->part)
		step->part = xcalloc(1, sizeof(*step->part));
	return step->part;
}

void node_part_free(struct node_part *part)
{
	if (!part)
		return;
	free(part->rights);
	free(part->recorded);
	free(part->mark);
	node_file_release(&part->before);
	node_file_release(&part->after);
	free(part->temporary);
	for (size_t i = 0; i < part->among_count; i++)
		node_file_release(&part->among[i]);
	free(part->among);
	free(part->reason);
	free(part);
}

const char *node_member(const struct plan_step *step, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(step->definition, name));

	return text ? text : otherwise;
}

int node_timeout(const struct plan_step *step)
{
	json_int_t seconds = json_integer_value(json_object_get(step->definition, "timeoutSeconds"));

	return seconds > 0 ? (int)seconds : TIMEOUT_SECONDS;
}

bool node_wants_sudo(const struct plan_step *step)
{
	const json_t *sudo = json_object_get(step->definition, "sudo");

	return !sudo || json_is_true(sudo);
}

/* {file} is filled last: a parameter that holds these letters stays what it is. */
static char *fill_file(const char *text, const char *file)
{
	struct buffer out = BUFFER_INIT(FILLED_MAXIMUM);

	for (const char *at; file && (at = strstr(text, file_place)); text = at + strlen(file_place)) {
		buffer_add(&out, text, (size_t)(at - text));
		buffer_add_text(&out, file);
	}
	buffer_add_text(&out, text);
	return buffer_detach(&out);
}

int node_fill(const struct plan_step *step, const char *text, const char *file, char **ret_text, struct err *err)
{
	bool is_each = json_object_get(json_object_get(step->definition, "target"), "each") != NULL;
	struct finding_object node = {.kind = (char *)(uintptr_t)"Node", .name_space = (char *)(uintptr_t)"",
				      .name = step->target->name};
	auto_free char *own = NULL;

	/* The words of an undo were filled when they were planned first. */
	if (step->change->undo_of) {
		*ret_text = fill_file(text, file);
		return 0;
	}
	own = fill_file(text, file);
	return plan_fill(step->change, own, is_each ? &node : plan_subject(step->change), ret_text, err);
}

int node_fill_words(const struct plan_step *step, const json_t *argv, const char *file, struct argv_words *words,
		    struct err *err)
{
	size_t i;
	json_t *word;

	json_array_foreach((json_t *)(uintptr_t)argv, i, word) {
		const char *text = json_string_value(word);
		auto_free char *filled = NULL;

		if (node_fill(step, text ? text : "", file, &filled, err) < 0)
			return -1;
		argv_add(words, filled);
	}
	return 0;
}

void node_add_command(struct plan_step *step, struct argv_words *words, bool sudo, const char *note)
{
	struct step *shown = &step->shown;
	struct argv_words whole = {0};

	argv_add_start(&whole, sudo, node_timeout(step));
	argv_add_all(&whole, (const char *const *)words->items);
	argv_release(words);
	shown->commands = xreallocarray(shown->commands, shown->command_count + 1, sizeof(*shown->commands));
	shown->commands[shown->command_count++] =
		(struct step_command){.argv = argv_detach(&whole), .note = xstrdup(note), .sudo = sudo};
}

int node_check_target(const struct plan_step *step, struct err *err)
{
	if (step->target->kind->id != KIND_NODE)
		return err_set(err, ERR_REFUSED, "{object} is no node", "object", step->target->label, NULL);
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	return 0;
}

/* The remote shell sees one line of quoted words for each command; the local one sees one word. */
static char *ssh_line(const struct plan_step *step, size_t count)
{
	CLEANUP(argv_release) struct argv_words words = {0};
	const struct node_runner *nodes = step->change->context.nodes;
	const char *node = step->target->name;
	CLEANUP(buffer_release) struct buffer remote = BUFFER_INIT(LINE_MAXIMUM);
	auto_free char *line = NULL;

	for (size_t i = 0; i < count; i++) {
		auto_free char *command = argv_line((const char *const *)step->shown.commands[i].argv);

		buffer_addf(&remote, "%s%s", i ? " && " : "", command);
	}
	argv_add(&words, "ssh");
	if (!nodes || !nodes->add_destination || !nodes->add_destination(nodes->data, node, &words))
		argv_add(&words, node);
	argv_add(&words, buffer_text(&remote));
	line = argv_line((const char *const *)words.items);
	return xasprintf("%s%s", line, step->shown.content ? " < FILE" : "");
}

void node_show_commands(struct plan_step *step, size_t count)
{
	struct argv_words copy = {0};

	argv_add_all(&copy, (const char *const *)step->shown.commands[0].argv);
	step->shown.node = xstrdup(step->target->name);
	step->shown.argv = argv_detach(&copy);
	step->shown.kubectl = ssh_line(step, count);
}

void node_prepare_begin(struct plan_step *step)
{
	step->change->pending++;
	node_part_get(step)->pending++;
}

void node_prepare_end(struct plan_step *step)
{
	step->part->pending--;
	plan_answered(step->change);
}

static void permit_mark(struct change *change, const struct plan_step *step,
			void (*add)(struct argv_words *words, const char *mark))
{
	struct argv_words words = {0};

	add(&words, step->part->mark);
	node_token_permit(change->node_token, step->target->name, (const char *const *)words.items, NULL);
	argv_release(&words);
}

static bool is_marked(const struct plan_step *step)
{
	return step->ops == step_type_find("ssh-command");
}

static void permit_step(struct change *change, struct plan_step *step)
{
	for (size_t i = 0; i < step->shown.command_count; i++) {
		const char *const *argv = (const char *const *)step->shown.commands[i].argv;
		struct argv_words words = {0};

		if (is_marked(step))
			mark_add_run(&words, step->part->mark, argv);
		else if (i == step->part->placing_index)
			place_add(&words, node_member(step, "file", ""), &step->part->before, argv);
		else
			argv_add_all(&words, argv);
		node_token_permit(change->node_token, step->target->name, (const char *const *)words.items,
				  i == 0 ? step->shown.content : NULL);
		argv_release(&words);
	}
	if (is_marked(step)) {
		permit_mark(change, step, mark_add_look);
		permit_mark(change, step, mark_add_forget);
	}
}

void node_permit(struct change *change)
{
	for (size_t i = 0; i < change->step_count; i++) {
		struct plan_step *step = change->steps[i];

		if (!step->part || !step->shown.command_count || step->shown.state == STEP_SKIPPED)
			continue;
		if (is_marked(step))
			ssh_command_take_mark(step);
		permit_step(change, step);
	}
}

void node_finish(struct plan_step *step, enum step_state state, const char *outcome)
{
	timer_cancel(step->timer);
	step->timer = NULL;
	free(step->shown.watched);
	step->shown.watched = NULL;
	step->part->after_noted = NULL;
	run_step_finished(step->change, step, state, outcome, NULL);
}

void node_say_output(struct plan_step *step, const char *text)
{
	for (int lines = 0; *text && lines < OUTPUT_LINES; lines++) {
		size_t length = strcspn(text, "\n");
		auto_free char *line = xstrndup(text, length);

		if (length)
			change_output(step->change, step->shown.number, line);
		text += length + (text[length] == '\n');
	}
}
