/*
 * node-space: the file system of a path on the nodes of the named steps is
 * not too full, or has room for a copy of the largest of some files. Steps
 * that have nothing to do ask for nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/node_space.h"
#include "probes/remedy/plan_check.h"

enum { ASK_SECONDS = 60, REASONS_MAXIMUM = 8192 };

/* Of one precondition on one node. */
struct space_question {
	struct space_question *next;
	const json_t *definition;
	struct plan_step *step;
	bool has_space;
	bool has_largest;
	struct node_space space;
	int64_t largest;
	struct err err;
};

static const char *text_of(const json_t *definition, const char *key)
{
	const char *text = json_string_value(json_object_get(definition, key));

	return text ? text : "";
}

static void on_space(struct change *change, void *data, const struct node_answer *answer)
{
	struct space_question *question = data;
	auto_free char *why = NULL;

	if (answer->trouble != NODE_FINE) {
		question->err = answer->err;
	} else if (answer->exit_status != 0) {
		why = node_work_why(change, answer);
		err_set(&question->err, ERR_REFUSED, "{reason}", "reason", why, NULL);
	} else {
		question->has_space = node_space_parse(answer->out, &question->space, &question->err) == 0;
	}
	plan_answered(change);
}

static void on_largest(struct change *change, void *data, const struct node_answer *answer)
{
	struct space_question *question = data;
	auto_free char *why = NULL;

	if (answer->trouble != NODE_FINE) {
		question->err = answer->err;
	} else if (answer->exit_status != 0 || answer->was_cut) {
		why = node_work_why(change, answer);
		err_set(&question->err, ERR_REFUSED, "{reason}", "reason", why, NULL);
	} else {
		question->has_largest = true;
		question->largest = node_space_largest(answer->out);
	}
	plan_answered(change);
}

static void ask_node(struct change *change, struct space_question *question, const char *const *argv, bool sudo,
		     void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	change->pending++;
	node_work(change, &(struct node_work_request){
				  .step = question->step,
				  .argv = argv,
				  .timeout_seconds = ASK_SECONDS,
				  .is_read = true,
				  .sudo = sudo,
				  .on_done = on_done,
				  .data = question,
			  });
}

static void ask_step(struct change *change, struct plan_step *step, void *data)
{
	const json_t *definition = data;
	const json_t *largest = json_object_get(definition, "largest");
	struct space_question *question;

	if (step->shown.state == STEP_SKIPPED || !step->part)
		return;
	question = xcalloc(1, sizeof(*question));
	*question = (struct space_question){.definition = definition, .step = step, .next = change->space_questions};
	change->space_questions = question;
	ask_node(change, question, (const char *const[]){"df", "-P", "-k", text_of(definition, "path"), NULL}, false,
		 on_space);
	if (largest)
		ask_node(change, question,
			 (const char *const[]){"find", text_of(largest, "folder"), "-xdev", "-name",
					       text_of(largest, "name"), "-printf", "%s\\n", NULL},
			 true, on_largest);
}

static void ask(struct change *change, const json_t *definition)
{
	plan_check_steps(change, definition, ask_step, (json_t *)(uintptr_t)definition);
}

/* Why this node has no room; NULL: it has, or that is not known (question->err). Caller frees. */
static char *why_none(const struct change *change, const struct space_question *question)
{
	json_int_t below = json_integer_value(json_object_get(question->definition, "usedBelowPercent"));
	auto_free char *percent = xasprintf("%d %%", question->space.used_percent);
	auto_free char *available = xasprintf("%lld", (long long)question->space.available);
	auto_free char *largest = xasprintf("%lld", (long long)question->largest);

	if (question->has_space && below && question->space.used_percent >= below)
		return change_say(change, "{node}: {percent} used", "node", question->step->target->name, "percent",
				  percent, NULL);
	if (question->has_space && question->has_largest && question->space.available <= question->largest)
		return change_say(change, "{node}: {available} bytes are free, the largest has {size}", "node",
				  question->step->target->name, "available", available, "size", largest, NULL);
	return NULL;
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAXIMUM);
	CLEANUP(buffer_release) struct buffer unknown = BUFFER_INIT(REASONS_MAXIMUM);

	for (const struct space_question *question = change->space_questions; question; question = question->next) {
		auto_free char *why = question->definition == definition ? why_none(change, question) : NULL;
		auto_free char *err = NULL;

		if (why)
			plan_check_reason(&reasons, why);
		if (question->definition != definition || question->err.code == ERR_NONE)
			continue;
		err = change_say_err(change, &question->err);
		plan_check_reason(&unknown, question->step->target->name);
		buffer_addf(&unknown, ": %s", err);
	}
	if (!reasons.length && !unknown.length)
		return;
	precondition->ok = reasons.length ? TRUTH_FALSE : TRUTH_UNKNOWN;
	precondition->reason = buffer_detach(reasons.length ? &reasons : &unknown);
}

void space_questions_free(struct change *change)
{
	for (struct space_question *question = change->space_questions, *next; question; question = next) {
		next = question->next;
		free(question);
	}
	change->space_questions = NULL;
}

const struct plan_check space_check = {
	.name = "node-space",
	.ask = ask,
	.judge = judge,
};
