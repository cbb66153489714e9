#include "probes/remedy/node_work.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/json_path.h"

struct node_call_entry {
	struct change *change;
	struct plan_step *step;
	struct node_call_entry *next;
	void *running;
	void (*on_done)(struct change *change, void *data, const struct node_answer *answer);
	void *data;
	void (*drop)(void *data);
};

static void unlink_entry(struct node_call_entry *entry)
{
	struct node_call_entry **at = &entry->change->node_calls;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

static void on_answer(void *data, const struct node_answer *answer)
{
	struct node_call_entry entry = *(struct node_call_entry *)data;

	unlink_entry(data);
	free(data);
	entry.on_done(entry.change, entry.data, answer);
}

static void answer_refusal(struct node_call_entry *entry, const struct err *err)
{
	const struct node_answer answer = {
		.trouble = NODE_UNREACHABLE, .err = *err, .exit_status = -1, .out = "", .error_out = ""};

	on_answer(entry, &answer);
}

static const char *uid_of(const struct target *target)
{
	const char *uid = document_uid(target->document);

	return uid ? uid : "";
}

static void start(struct node_call_entry *entry, const struct node_work_request *request, struct err *err)
{
	const struct change *change = entry->change;
	const struct node_runner *nodes = change->context.nodes;
	const char *node = request->node ? request->node : request->step->target->name;
	const char *why = nodes ? nodes->why_not(nodes->data, node) : NULL;
	const struct node_command command = {
		.node = node,
		.uid = request->node ? request->uid : uid_of(request->step->target),
		.argv = request->argv,
		.input = request->input,
		.timeout_seconds = request->timeout_seconds,
		.sudo = request->sudo,
	};

	if (!nodes || why) {
		err_set(err, ERR_REFUSED, "{reason}", "reason",
			why ? why : change->context.translate("not run from here yet: SSH is not configured"), NULL);
		return;
	}
	if (request->is_read)
		entry->running = nodes->read(nodes->data, &command, on_answer, entry, err);
	else
		entry->running = lease_is_fresh(change) || lease_stale(err) == 0 ?
			nodes->run(nodes->data, change->node_token, &command, on_answer, entry, err) : NULL;
}

void node_work(struct change *change, const struct node_work_request *request)
{
	struct node_call_entry *entry = xcalloc(1, sizeof(*entry));
	struct err err = {0};

	*entry = (struct node_call_entry){.change = change, .step = request->step, .next = change->node_calls,
					  .on_done = request->on_done, .data = request->data,
					  .drop = request->drop};
	change->node_calls = entry;
	start(entry, request, &err);
	if (!entry->running)
		answer_refusal(entry, &err);
}

void node_work_cancel(struct change *change, const struct plan_step *step)
{
	struct node_call_entry **at = &change->node_calls;

	while (*at) {
		struct node_call_entry *entry = *at;

		if (step && entry->step != step) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		change->context.nodes->cancel(change->context.nodes->data, entry->running);
		if (entry->drop)
			entry->drop(entry->data);
		free(entry);
	}
}

/* The last line that is not empty. Caller frees. */
static char *last_line(const char *text)
{
	size_t end = strlen(text);
	size_t start;

	while (end && strchr(" \t\r\n", text[end - 1]))
		end--;
	start = end;
	while (start && text[start - 1] != '\n')
		start--;
	return xstrndup(text + start, end - start);
}

char *node_work_why(const struct change *change, const struct node_answer *answer)
{
	auto_free char *status = xasprintf("%d", answer->exit_status);
	auto_free char *said = NULL;

	if (answer->trouble != NODE_FINE)
		return change_say_err(change, &answer->err);
	said = last_line(answer->error_out && *answer->error_out ? answer->error_out
								  : answer->out ? answer->out : "");
	if (answer->exit_status < 0)
		return change_say(change, "was ended by the signal {signal}", "signal",
				  answer->signal ? answer->signal : "?", NULL);
	if (!*said)
		return change_say(change, "ended with exit status {status}", "status", status, NULL);
	return change_say(change, "ended with exit status {status}: {text}", "status", status, "text", said, NULL);
}
