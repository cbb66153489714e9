#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/runbook/compare.h"
#include "probes/runbook/detector.h"
#include "probes/runbook/runbook.h"
#include "probes/runbook/walk.h"

static const struct outcome is_false = {.truth = TRUTH_FALSE};

/*
 * Whether the child that was false of the last object is false of this one too,
 * as it is of ten thousand healthy pods: then nothing else is asked.
 */
static bool is_false_again(struct walk *walk, const struct node *node, struct frame frame)
{
	const char *before = walk->unknown.id;
	int64_t recheck_at = walk->recheck_at;
	bool again;

	if (!*node->last_false)
		return false;	/* it is asked first in any case */
	walk->quiet++;
	again = walk_node(walk, node->children[*node->last_false], frame).truth == TRUTH_FALSE;
	walk->quiet--;
	walk->unknown.id = before;
	if (!again)
		walk->recheck_at = recheck_at;
	return again;
}

/* What holds together holds since the last of its parts began. */
static struct outcome walk_all(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome all = {.truth = TRUTH_TRUE};
	struct walk_mark mark = walk_mark(walk);
	const char *before = walk->unknown.id;

	if (is_false_again(walk, node, frame))
		return is_false;
	for (size_t i = 0; i < node->child_count; i++) {
		struct outcome one = walk_node(walk, node->children[i], frame);

		if (one.truth == TRUTH_FALSE) {
			*node->last_false = i;
			walk_back(walk, mark);
			walk->unknown.id = before;
			return is_false;
		}
		if (one.truth == TRUTH_UNKNOWN)
			all.truth = TRUTH_UNKNOWN;
		if (one.since > all.since)
			all.since = one.since;
	}
	all.hits = all.truth == TRUTH_TRUE;
	all.maybes = all.truth == TRUTH_UNKNOWN;
	return all;
}

/* All children are looked at, for each that holds is evidence. */
static struct outcome walk_any(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome any = {.truth = TRUTH_FALSE};
	const char *before = walk->unknown.id;

	for (size_t i = 0; i < node->child_count; i++) {
		struct outcome one = walk_node(walk, node->children[i], frame);

		if (one.truth == TRUTH_FALSE)
			continue;
		if (one.truth == TRUTH_TRUE) {
			if (any.truth != TRUTH_TRUE || !any.since || (one.since && one.since < any.since))
				any.since = one.since;
			any.truth = TRUTH_TRUE;
		} else if (any.truth == TRUTH_FALSE) {
			any.truth = TRUTH_UNKNOWN;
		}
	}
	if (any.truth == TRUTH_TRUE)
		walk->unknown.id = before;
	any.hits = any.truth == TRUTH_TRUE;
	any.maybes = any.truth == TRUTH_UNKNOWN;
	return any;
}

static struct outcome walk_none(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome any;

	walk->quiet++;
	any = walk_any(walk, node, frame);
	walk->quiet--;
	if (any.truth != TRUTH_UNKNOWN)
		any.truth = any.truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	any.since = 0;
	any.hits = any.truth == TRUTH_TRUE;
	return any;
}

static struct outcome walk_unread(struct walk *walk, const struct node *node, struct frame frame)
{
	const char *before = walk->unknown.id;
	struct outcome one;
	bool is_unread;

	walk->quiet++;
	one = walk_node(walk, node->children[0], frame);
	walk->quiet--;
	walk->unknown.id = before;
	is_unread = one.truth == TRUTH_UNKNOWN;
	return (struct outcome){.truth = is_unread ? TRUTH_TRUE : TRUTH_FALSE, .hits = is_unread};
}

/* One walk over the values of a field. */
struct field_walk {
	struct walk *walk;
	const struct node *node;
	struct frame frame;
	const char *other;		/* to compare with, where there is one */
	struct outcome outcome;
	size_t values;
	bool has_bad;			/* a value that cannot be compared */
};

/* The values of the node's path; of the tied item alone, where "each" has tied one of that list. */
static void visit_values(const struct node *node, const struct frame *frame,
			 bool (*visit)(void *data, size_t item, const char *value), void *data)
{
	if (frame->group && node->is_tied)
		field_path_item(node->path, frame->record, frame->item, visit, data);
	else
		field_path_each(node->path, frame->record, visit, data);
}

static bool is_within(const struct record *record, const char *text)
{
	return text >= (const char *)record && text < (const char *)record + record->size;
}

static void add_fact(struct field_walk *field, size_t item, const char *value)
{
	const char *path = field_path_text(field->node->path);
	struct fact fact = {
		.record = field->frame.record,
		.where = path,
		.item = item,
		.text = "",
		.time = fact_time(field->frame.record, path, item),
	};
	int64_t *since = &field->outcome.since;

	if (is_within(field->frame.record, value))
		fact.text = value;
	else
		snprintf(fact.number, sizeof(fact.number), "%s", value);
	walk_add_fact(field->walk, &fact);
	if (fact.time && (!*since || fact.time < *since))
		*since = fact.time;
}

static bool on_value(void *data, size_t item, const char *value)
{
	struct field_walk *field = data;
	enum operator op = field->node->op;
	enum truth truth;

	field->values++;
	truth = op == OPERATOR_ABSENT ? TRUTH_FALSE : value_fits(field->node, value, field->other);
	field->has_bad |= truth == TRUTH_UNKNOWN;
	if (truth == TRUTH_TRUE) {
		field->outcome.hits++;
		if (op != OPERATOR_NE)
			add_fact(field, item, value);
	}
	return true;
}

struct first_value {
	char text[512];
	bool is_set;
};

static bool take_first(void *data, size_t item, const char *value)
{
	struct first_value *first = data;

	(void)item;
	snprintf(first->text, sizeof(first->text), "%s", value);
	first->is_set = true;
	return false;
}

/* A field that is absent counts as its default, where one is given. */
static void use_fallback(struct field_walk *field)
{
	if (!field->values && field->node->fallback)
		on_value(field, field->frame.group ? field->frame.item : 0, field->node->fallback);
}

static struct outcome field_outcome(struct field_walk *field)
{
	struct outcome outcome = field->outcome;
	struct message reason;

	if (field->node->op == OPERATOR_NE || field->node->op == OPERATOR_ABSENT) {
		outcome.hits = field->node->op == OPERATOR_NE ? !outcome.hits : !field->values;
		outcome.since = 0;
	}
	outcome.truth = outcome.hits ? TRUTH_TRUE : TRUTH_FALSE;
	if (outcome.hits || !field->has_bad)
		return outcome;
	message_set(&reason, "the field {path} cannot be compared", "path",
		    field_path_text(field->node->path), NULL);
	walk_unknown(field->walk, &reason);
	outcome.truth = TRUTH_UNKNOWN;
	outcome.maybes = 1;
	return outcome;
}

static struct outcome walk_field(struct walk *walk, const struct node *node, struct frame frame)
{
	struct field_walk field = {.walk = walk, .node = node, .frame = frame};
	struct first_value other;

	if (!frame.record)
		return is_false;
	if (node->other) {
		other.is_set = false;
		field_path_each(node->other, frame.record, take_first, &other);
		if (!other.is_set)
			return is_false;
		field.other = other.text;
	} else if (node->values.count && node->op != OPERATOR_IN && node->op != OPERATOR_EQ &&
		   node->op != OPERATOR_NE) {
		field.other = node->values.items[0];
	}
	visit_values(node, &frame, on_value, &field);
	use_fallback(&field);
	return field_outcome(&field);
}

/* One walk over the times of an age. */
struct age_walk {
	struct walk *walk;
	const struct node *node;
	struct frame frame;
	int64_t seconds;
	struct outcome outcome;
};

/* Compares now - time with the seconds; the answer changes by itself when the age passes them. */
static bool on_time(void *data, size_t item, const char *value)
{
	struct age_walk *age = data;
	struct fact fact;
	int64_t time;
	int64_t passed;

	if (clock_parse(value, &time) < 0)
		return true;
	passed = age->walk->evaluation->now - time;
	if (passed < age->seconds + 1)
		walk_recheck(age->walk, time + age->seconds + (passed >= age->seconds));
	if (!order_fits(age->node->op, passed < age->seconds ? -1 : passed > age->seconds))
		return true;
	fact = (struct fact){
		.record = age->frame.record,
		.where = field_path_text(age->node->path),
		.item = item,
		.text = "",
		.time = time,
	};
	snprintf(fact.number, sizeof(fact.number), "%.20s", value);
	walk_add_fact(age->walk, &fact);
	if (!age->outcome.hits++ || time < age->outcome.since)
		age->outcome.since = time;
	return true;
}

static struct outcome walk_age(struct walk *walk, const struct node *node, struct frame frame)
{
	struct age_walk age = {.walk = walk, .node = node, .frame = frame, .seconds = node->number};
	struct first_value plus;

	if (!frame.record)
		return is_false;
	plus.is_set = false;
	if (node->other && field_path_each(node->other, frame.record, take_first, &plus))
		age.seconds += strtol(plus.text, NULL, 10);
	visit_values(node, &frame, on_time, &age);
	age.outcome.truth = age.outcome.hits ? TRUTH_TRUE : TRUTH_FALSE;
	return age.outcome;
}

struct item_count {
	const struct record *record;
	size_t count;
};

static bool on_item(void *data, size_t item, const char *value)
{
	struct item_count *items = data;

	(void)value;
	if (item >= items->count)
		items->count = item + 1;
	return true;
}

/* How many items the list has, as far as the paths below can tell. */
static void count_items(const struct node *node, struct item_count *items)
{
	if (node->path && node->is_tied &&
	    items->count < field_path_most_items(node->path, items->record))
		field_path_each(node->path, items->record, on_item, items);
	for (size_t i = 0; i < node->child_count && node->type != NODE_JOIN; i++)
		count_items(node->children[i], items);
}

static struct outcome walk_each(struct walk *walk, const struct node *node, struct frame frame)
{
	struct item_count items = {.record = frame.record};
	struct outcome found = {.truth = TRUTH_FALSE};

	if (!frame.record)
		return is_false;
	count_items(node, &items);
	for (size_t item = 0; item < items.count; item++) {
		struct frame tied = {.record = frame.record, .group = node->group, .item = item};
		struct outcome one = walk_node(walk, node->children[0], tied);

		found.hits += one.truth == TRUTH_TRUE;
		found.maybes += one.truth == TRUTH_UNKNOWN;
		if (one.truth == TRUTH_TRUE && (!found.since || (one.since && one.since < found.since)))
			found.since = one.since;
	}
	found.truth = found.hits ? TRUTH_TRUE : found.maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
	return found;
}

static struct outcome walk_count(struct walk *walk, const struct node *node, struct frame frame)
{
	struct outcome of = walk_node(walk, node->children[0], frame);
	bool least = order_fits(node->op,
				(int64_t)of.hits < node->number ? -1 : (int64_t)of.hits > node->number);
	int64_t all = (int64_t)(of.hits + of.maybes);
	bool most = order_fits(node->op, all < node->number ? -1 : all > node->number);
	struct outcome outcome = {.since = of.since};

	outcome.truth = least && most ? TRUTH_TRUE : least || most ? TRUTH_UNKNOWN : TRUTH_FALSE;
	outcome.hits = outcome.truth == TRUTH_TRUE;
	outcome.maybes = outcome.truth == TRUTH_UNKNOWN;
	return outcome;
}

static struct outcome walk_for(struct walk *walk, const struct node *node, struct frame frame)
{
	struct walk_mark mark = walk_mark(walk);
	struct outcome of = walk_node(walk, node->children[0], frame);
	struct message reason;

	if (of.truth != TRUTH_TRUE)
		return of;
	if (!of.since) {
		walk_back(walk, mark);
		message_set(&reason, "since when it has been so is not known", NULL);
		walk_unknown(walk, &reason);
		return (struct outcome){.truth = TRUTH_UNKNOWN, .maybes = 1};
	}
	if (walk->evaluation->now - of.since >= node->number)
		return of;
	walk_back(walk, mark);
	walk_recheck(walk, of.since + node->number);
	return is_false;
}

struct join_walk {
	struct walk *walk;
	const struct node *node;
	struct outcome outcome;
};

static void on_joined(void *data, const struct record *to)
{
	struct join_walk *join = data;
	struct walk *walk = join->walk;
	struct frame frame = {.record = to};
	struct outcome one = {.truth = TRUTH_TRUE};
	size_t facts = walk->fact_count;

	if (join->node->child_count)
		one = walk_node(walk, join->node->children[0], frame);
	join->outcome.maybes += one.truth == TRUTH_UNKNOWN;
	if (one.truth != TRUTH_TRUE)
		return;
	if (++join->outcome.hits > FACTS_A_JOIN)
		walk->fact_count = facts;
	if (one.since && (!join->outcome.since || one.since < join->outcome.since))
		join->outcome.since = one.since;
	if (join->node->is_object)
		walk_add_object(walk, to);
}

static struct outcome walk_join(struct walk *walk, const struct node *node, struct frame frame)
{
	struct join_walk join = {.walk = walk, .node = node};
	const char *before = walk->unknown.id;

	if (!join_each(walk, node, frame.record, on_joined, &join))
		join.outcome.maybes++;
	join.outcome.truth = join.outcome.maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
	if (join.outcome.hits)
		join.outcome.truth = TRUTH_TRUE;
	if (join.outcome.truth != TRUTH_UNKNOWN)
		walk->unknown.id = before;
	return join.outcome;
}

static struct outcome walk_detector(struct walk *walk, const struct node *node, struct frame frame)
{
	char *source = NULL;
	char *text = NULL;
	struct fact fact = {.text = ""};
	struct outcome outcome = {.truth = TRUTH_FALSE};

	if (!frame.record)
		return is_false;
	outcome.truth = node->detector->judge(frame.record, walk->evaluation, &source, &text);
	outcome.hits = outcome.truth == TRUTH_TRUE;
	outcome.maybes = outcome.truth == TRUTH_UNKNOWN;
	if (outcome.truth == TRUTH_TRUE && source && text) {
		fact.where = walk_keep(walk, take_pointer(source));
		fact.text = walk_keep(walk, take_pointer(text));
		if (fact.where && fact.text)
			walk_add_fact(walk, &fact);
	} else if (outcome.truth == TRUTH_UNKNOWN) {
		walk_unknown(walk, &walk->evaluation->unknown);
	}
	free(source);
	free(text);
	return outcome;
}

struct outcome walk_node(struct walk *walk, const struct node *node, struct frame frame)
{
	static struct outcome (*const walkers[])(struct walk *, const struct node *, struct frame) = {
		[NODE_ALL] = walk_all,	     [NODE_ANY] = walk_any,   [NODE_NONE] = walk_none,
		[NODE_UNREAD] = walk_unread, [NODE_FIELD] = walk_field, [NODE_AGE] = walk_age,
		[NODE_EACH] = walk_each,     [NODE_IMAGE] = walk_image, [NODE_WAITING] = walk_waiting,
		[NODE_EVENT] = walk_event,   [NODE_LOG] = walk_log,   [NODE_COUNT] = walk_count,
		[NODE_FOR] = walk_for,	     [NODE_JOIN] = walk_join, [NODE_CHECK] = walk_check,
		[NODE_DETECTOR] = walk_detector,
	};
	struct walk_mark mark = walk_mark(walk);
	struct outcome outcome = walkers[node->type](walk, node, frame);

	if (outcome.truth != TRUTH_TRUE)
		walk_back(walk, mark);
	return outcome;
}

enum truth condition_evaluate(const struct condition_tree *tree, const struct record *subject,
			      struct evaluation *evaluation)
{
	struct walk walk;
	struct frame frame = {.record = subject};
	enum truth truth;

	walk_init(&walk, evaluation);
	truth = walk_node(&walk, tree->root, frame).truth;
	walk_finish(&walk, truth);
	walk_release(&walk);
	return truth;
}
