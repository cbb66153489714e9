#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/collecting.h"
#include "probes/runbook/compare.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/walk.h"

enum truth walk_text(struct walk *walk, struct message_rule *rule, const char *text, size_t length)
{
	struct message reason;

	switch (message_rule_match(rule, text, length)) {
	case PATTERN_YES:
		return TRUTH_TRUE;
	case PATTERN_NO:
		return TRUTH_FALSE;
	case PATTERN_LIMIT:
		break;
	}
	message_set(&reason, "a pattern of {runbook} takes too long: {pattern}", "runbook",
		    rule->runbook ? rule->runbook->id : "", "pattern", pattern_source(rule->pattern), NULL);
	walk_unknown(walk, &reason);
	return TRUTH_UNKNOWN;
}

static bool has_reason(const struct words *reasons, const char *reason)
{
	return !reasons->count || words_have(reasons, reason);
}

static enum truth event_fits(struct walk *walk, const struct node *node, const struct event_record *event)
{
	if (node->event_type && strcmp(node->event_type, event->type) != 0)
		return TRUTH_FALSE;
	if (!has_reason(&node->reasons, event->reason))
		return TRUTH_FALSE;
	if (node->number && walk->evaluation->now - event->last > node->number)
		return TRUTH_FALSE;
	if (!node->rule)
		return TRUTH_TRUE;
	if (!has_reason(&node->rule->reasons, event->reason))
		return TRUTH_FALSE;
	return walk_text(walk, node->rule, event->message, strlen(event->message));
}

static bool is_resolved(const struct node *node, const struct record_list *events,
			const struct event_record *event)
{
	for (size_t i = 0; node->resolved_by.count && i < events->count; i++) {
		const struct event_record *later = record_event(events->items[i]);

		if (later->last >= event->last && later != event &&
		    words_have(&node->resolved_by, later->reason))
			return true;
	}
	return false;
}

static void on_event(struct walk *walk, const struct node *node, const struct record_list *events,
		     const struct record *record, struct outcome *outcome)
{
	const struct event_record *event = record_event(record);
	enum truth truth = event_fits(walk, node, event);
	struct fact fact;

	if (truth == TRUTH_TRUE && is_resolved(node, events, event))
		return;
	outcome->maybes += truth == TRUTH_UNKNOWN;
	if (truth != TRUTH_TRUE)
		return;
	if (node->number)
		walk_recheck(walk, event->last + node->number + 1);
	fact = (struct fact){.record = record, .where = "message", .text = event->message, .time = event->first};
	outcome->hits += (size_t)(event->count > 0 ? event->count : 1);
	if (fact.time && (!outcome->since || fact.time < outcome->since))
		outcome->since = fact.time;
	walk_add_fact(walk, &fact);
}

/* No event among those that are kept proves nothing while some were dropped. */
static bool some_were_dropped(struct walk *walk)
{
	const struct collection *events = snapshot_collection(walk->evaluation->snapshot, KIND_EVENT);
	struct message reason;
	char number[24];

	if (!events->dropped)
		return false;
	if (walk->unknown.id)
		return true;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)events->dropped);
	message_set(&reason, "{number} older events were dropped to save memory", "number", number, NULL);
	walk_unknown(walk, &reason);
	return true;
}

struct outcome walk_event(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome outcome = {.truth = TRUTH_FALSE};
	const char *before = walk->unknown.id;
	struct record_list events;

	if (!frame.record)
		return outcome;
	if (frame.record->kind->id == KIND_EVENT) {
		const struct record *event = frame.record;

		events = (struct record_list){&event, 1};
		on_event(walk, node, &events, event, &outcome);
	} else {
		events = snapshot_events_about(walk->evaluation->snapshot, frame.record);
		for (size_t i = 0; i < events.count; i++)
			on_event(walk, node, &events, events.items[i], &outcome);
		if (!outcome.hits && (!walk_can_read(walk, KIND_EVENT) || some_were_dropped(walk)))
			outcome.maybes++;
	}
	if (outcome.hits)
		walk->unknown.id = before;
	outcome.truth = outcome.hits ? TRUTH_TRUE : outcome.maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
	return outcome;
}

static const char *const not_asked = "{what}: not read";
static const char *const left_out = "{what}: left out: {why}";

bool unknown_is_by_choice(const struct message *unknown, bool is_offline)
{
	if (!unknown->id)
		return false;
	return !strcmp(unknown->id, left_out) ||
	       (is_offline && (!strcmp(unknown->id, not_asked) || !strcmp(unknown->id, walk_not_saved)));
}

void evidence_reason(const struct evidence *evidence, const struct evidence_request *request, const char *key,
		     struct message *ret_reason)
{
	auto_free char *why = NULL;

	if (!evidence) {
		message_set(ret_reason, "{what}: not read", "what", key, NULL);
	} else if (evidence->code == ERR_REFUSED) {
		why = err_text(&evidence->err);
		message_set(ret_reason, "{what}: left out: {why}", "what", key, "why", why, NULL);
	} else if (!strncmp(key, "node:", 5) && evidence->code != ERR_NONE) {
		/* Between us and a node more can go wrong than a word for a layer says. */
		why = err_text(&evidence->err);
		message_set(ret_reason, "{what}: {why}", "what", key, "why", why, NULL);
	} else if (evidence->code == ERR_FORBIDDEN) {
		message_set(ret_reason, "forbidden: {what}", "what",
			    request && request->type == EVIDENCE_STATS ? "nodes/proxy" : key, NULL);
	} else {
		message_set(ret_reason, "{key}: could not be read ({layer})", "key", key, "layer",
			    err_layer(evidence->code), NULL);
	}
}

/* Notes why the evidence of a request is not there. */
static void not_collected(struct walk *walk, const struct evidence *evidence,
			  const struct evidence_request *request, const char *key)
{
	struct message reason;

	evidence_reason(evidence, request, key, &reason);
	walk_unknown(walk, &reason);
}

static void search_log(struct walk *walk, const struct node *node, const struct evidence *log,
		       struct outcome *outcome)
{
	for (const char *line = log->text; *line;) {
		size_t length = strcspn(line, "\n");
		enum truth truth = walk_text(walk, node->rule, line, length);

		outcome->maybes += truth == TRUTH_UNKNOWN;
		if (truth == TRUTH_TRUE && !outcome->hits++) {
			struct fact fact = {.where = log->key, .text = line, .length = length};

			walk_add_fact(walk, &fact);
		}
		line += length + (line[length] == '\n');
	}
}

/* Calls look for each evidence of the item; counts what is missing. */
static void each_evidence(struct walk *walk, const struct node *node, struct frame frame,
			  struct outcome *outcome,
			  void (*look)(struct walk *walk, const struct node *node, struct frame frame,
				       const struct evidence *evidence, struct outcome *outcome))
{
	struct evidence_request requests[COLLECT_LIMIT];
	size_t count = 0;
	struct message reason;

	if (walk->evaluation->runbook)
		count = collecting_requests(walk->evaluation->runbook, node->collect, frame.record,
					    walk->evaluation, requests);
	if (!count && frame.record) {
		message_set(&reason, "{name}: not collected", "name", node->collect, NULL);
		walk_unknown(walk, &reason);
		outcome->maybes++;
	}
	for (size_t i = 0; i < count; i++) {
		auto_free char *key = evidence_key(&requests[i]);
		const struct evidence *evidence =
			walk->evaluation->evidence ? evidence_get(walk->evaluation->evidence, key) : NULL;

		/* That an object is not there is an answer: no field of it is. */
		if (evidence && (evidence->code == ERR_NONE || (requests[i].type == EVIDENCE_GET &&
								evidence->code == ERR_NOT_FOUND))) {
			look(walk, node, frame, evidence, outcome);
		} else {
			not_collected(walk, evidence, &requests[i], key);
			outcome->maybes++;
		}
		free(requests[i].path);
	}
	outcome->truth = outcome->hits ? TRUTH_TRUE : outcome->maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static void look_at_log(struct walk *walk, const struct node *node, struct frame frame,
			const struct evidence *evidence, struct outcome *outcome)
{
	(void)frame;
	if (evidence->text)
		search_log(walk, node, evidence, outcome);
}

struct outcome walk_log(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome outcome = {.truth = TRUTH_FALSE};

	each_evidence(walk, node, frame, &outcome, look_at_log);
	return outcome;
}

static bool take_other(void *data, size_t item, const char *value)
{
	char **other = data;

	(void)item;
	*other = xstrdup(value);
	return false;
}

/* What a check compares with: a value, or so many percent of a field of the object. NULL: neither. */
static char *other_value(const struct node *node, struct frame frame)
{
	char *other = NULL;
	double number;

	if (!node->other)
		return node->op == OPERATOR_IN || !node->values.count ? NULL : xstrdup(node->values.items[0]);
	if (frame.record)
		field_path_each(node->other, frame.record, take_other, &other);
	if (other && node->number && value_number(other, &number)) {
		free(other);
		other = xasprintf("%.0f", number * (double)node->number / 100);
	}
	return other;
}

/* What the collected object says, against what the condition asks for. */
static enum truth value_truth(const struct node *node, const struct words *texts, const char *other)
{
	enum truth truth;

	if (node->op == OPERATOR_EXISTS || node->op == OPERATOR_ABSENT)
		return (texts->count > 0) == (node->op == OPERATOR_EXISTS) ? TRUTH_TRUE : TRUTH_FALSE;
	if (!texts->count)
		return node->op == OPERATOR_NE ? TRUTH_TRUE : TRUTH_FALSE;
	if (node->other && !other)
		return TRUTH_FALSE;
	truth = value_fits(node, texts->items[0], other);
	if (node->op == OPERATOR_NE && truth != TRUTH_UNKNOWN)
		truth = truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	return truth;
}

/*
 * What a check on a node found says more than that a sign of it is "true" or its verdict "bad", and says it once for
 * all of its signs.
 */
static void tell_check(const struct evidence *evidence, struct fact *fact)
{
	const char *text = json_string_value(json_object_get(evidence->document, "text"));
	const char *path = fact->member ? fact->member : "";

	if (!json_object_get(evidence->document, "signs") || !text || !*text ||
	    (strncmp(path, "signs.", strlen("signs.")) != 0 && strcmp(path, "verdict") != 0))
		return;
	fact->member = NULL;
	fact->text = text;
}

/* The path with the subject's field in its place. Caller frees; NULL: the subject has no such field. */
static char *path_of(const struct node *node, struct frame frame)
{
	const char *path = node->document_path;
	const char *open = path && node->place ? strchr(path, '{') : NULL;
	auto_free char *value = NULL;

	if (!open)
		return path ? xstrdup(path) : NULL;
	if (frame.record)
		field_path_each(node->place, frame.record, take_other, &value);
	return value && *value ? xasprintf("%.*s%s%s", (int)(open - path), path, value, strchr(open, '}') + 1) : NULL;
}

static void look_at_document(struct walk *walk, const struct node *node, struct frame frame,
			     const struct evidence *evidence, struct outcome *outcome)
{
	auto_free char *path = path_of(node, frame);
	const json_t *value = node->place && !path ? NULL : document_member(evidence->document, path, frame.record);
	auto_free char *other = other_value(node, frame);
	struct fact fact = {.where = evidence->key, .member = node->document_path, .text = ""};
	struct words texts;
	enum truth truth;

	words_init(&texts, value);
	truth = value_truth(node, &texts, other);
	outcome->hits += truth == TRUTH_TRUE;
	outcome->maybes += truth == TRUTH_UNKNOWN;
	if (truth == TRUTH_TRUE) {
		if (json_is_string(value))
			fact.text = json_string_value(value);
		snprintf(fact.number, sizeof(fact.number), "%s", texts.count ? texts.items[0] : "absent");
		if (fact.member && strchr(fact.member, '{') && !walk->quiet)
			fact.member = walk_keep(walk, document_path_text(path, frame.record));
		tell_check(evidence, &fact);
		walk_add_fact(walk, &fact);
	}
	words_release(&texts);
}

struct outcome walk_check(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome outcome = {.truth = TRUTH_FALSE};

	each_evidence(walk, node, frame, &outcome, look_at_document);
	return outcome;
}
