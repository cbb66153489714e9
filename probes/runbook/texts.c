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

/* Notes why the evidence of a request is not there. */
static void not_collected(struct walk *walk, const struct evidence *evidence, const char *key)
{
	struct message reason;

	if (!evidence)
		message_set(&reason, "{key}: not read", "key", key, NULL);
	else
		message_set(&reason, "{key}: could not be read ({layer})", "key", key, "layer",
			    err_layer(evidence->code), NULL);
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
			  void (*look)(struct walk *walk, const struct node *node,
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

		free(requests[i].path);
		if (evidence && evidence->code == ERR_NONE) {
			look(walk, node, evidence, outcome);
			continue;
		}
		not_collected(walk, evidence, key);
		outcome->maybes++;
	}
	outcome->truth = outcome->hits ? TRUTH_TRUE : outcome->maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static void look_at_log(struct walk *walk, const struct node *node, const struct evidence *evidence,
			struct outcome *outcome)
{
	if (evidence->text)
		search_log(walk, node, evidence, outcome);
}

struct outcome walk_log(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome outcome = {.truth = TRUTH_FALSE};

	each_evidence(walk, node, frame, &outcome, look_at_log);
	return outcome;
}

/* The member at "spec.bpfEnabled"; NULL if it is not there. */
static const json_t *member_at(const json_t *document, const char *path)
{
	while (document && path && *path) {
		size_t n = strcspn(path, ".");
		auto_free char *key = xstrndup(path, n);

		document = json_object_get(document, key);
		path += n + (path[n] == '.');
	}
	return document;
}

static void look_at_document(struct walk *walk, const struct node *node, const struct evidence *evidence,
			     struct outcome *outcome)
{
	const json_t *value = member_at(evidence->document, node->document_path);
	struct fact fact = {.where = evidence->key, .text = ""};
	struct words texts;
	enum truth truth;

	words_init(&texts, value);
	if (node->op == OPERATOR_EXISTS || node->op == OPERATOR_ABSENT)
		truth = (texts.count > 0) == (node->op == OPERATOR_EXISTS) ? TRUTH_TRUE : TRUTH_FALSE;
	else if (!texts.count)
		truth = node->op == OPERATOR_NE ? TRUTH_TRUE : TRUTH_FALSE;
	else
		truth = value_fits(node, texts.items[0],
				   node->op == OPERATOR_IN ? NULL : node->values.items[0]);
	if (texts.count && node->op == OPERATOR_NE)
		truth = truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	outcome->hits += truth == TRUTH_TRUE;
	outcome->maybes += truth == TRUTH_UNKNOWN;
	if (truth == TRUTH_TRUE) {
		snprintf(fact.number, sizeof(fact.number), "%s", texts.count ? texts.items[0] : "absent");
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
