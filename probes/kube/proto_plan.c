#include "probes/kube/proto_plan.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/scanner.h"

static const struct proto_message *message_of(const struct proto_field *field)
{
	return field->type == PROTO_MESSAGE ? field->message : NULL;
}

/* What an item of the field is: the list's, or the field itself. */
static const struct field_node *value_node(const struct proto_field *field, const struct field_node *node)
{
	return field->shape == PROTO_LIST ? node->each : node;
}

static void add_step(struct proto_plan *plan, const struct proto_field *field, const struct field_node *node,
		     struct proto_plan *below)
{
	if (field->number >= PROTO_NUMBERS)
		bug("a field number beyond those of the plan");
	plan->steps = xreallocarray(plan->steps, plan->count + 1, sizeof(*plan->steps));
	plan->steps[plan->count++] = (struct proto_step){field, node, below, 0};
	plan->by_number[field->number] = (uint8_t)plan->count;
}

static void plan_field(struct proto_plan *plan, const struct proto_field *field, const struct field_node *node)
{
	const struct field_node *child = node;
	struct proto_plan *below = NULL;

	if (field->shape == PROTO_INLINE) {
		below = proto_plan_new(node, field->message);
		if (below)
			add_step(plan, field, NULL, below);
		return;
	}
	child = field_node_child(node, field->name, strlen(field->name));
	if (!child)
		return;
	if (message_of(field) && value_node(field, child))
		below = proto_plan_new(value_node(field, child), field->message);
	add_step(plan, field, child, below);
}

struct proto_plan *proto_plan_new(const struct field_node *node, const struct proto_message *message)
{
	struct proto_plan *plan = xcalloc(1, sizeof(*plan));

	for (size_t i = 0; i < message->count; i++)
		plan_field(plan, &message->fields[i], node);
	if (plan->count)
		return plan;
	proto_plan_free(plan);
	return NULL;
}

void proto_plan_free(struct proto_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		proto_plan_free(plan->steps[i].plan);
	free(plan->steps);
	free(plan);
}

/* Which wanted paths have numbers. */

static bool covers_children(const struct field_node *node, const struct proto_message *message);

static bool covers_value(const struct field_node *node, const struct proto_field *field)
{
	if (!node)
		return true;
	if (node->each)
		return false;
	if (field->shape == PROTO_MAP) {
		for (size_t i = 0; i < node->child_count; i++) {
			if (node->children[i]->child_count || node->children[i]->each)
				return false;
		}
		return true;
	}
	if (message_of(field))
		return covers_children(node, field->message);
	return !node->child_count;
}

static bool covers_field(const struct field_node *node, const struct proto_field *field)
{
	if (field->shape != PROTO_LIST)
		return covers_value(node, field);
	return !node->child_count && covers_value(node->each, field);
}

static const struct proto_field *find_field(const struct proto_message *message, const char *name)
{
	const struct proto_field *found = NULL;

	for (size_t i = 0; i < message->count && !found; i++) {
		const struct proto_field *field = &message->fields[i];

		if (field->shape == PROTO_INLINE)
			found = find_field(field->message, name);
		else if (!strcmp(field->name, name))
			found = field;
	}
	return found;
}

/* A row that several kinds share may name a field that one of them lacks; a runbook's path may not. */
static bool is_of_a_runbook(const struct field_node *node)
{
	if (!node)
		return false;
	for (size_t i = 0; i < node->child_count; i++) {
		if (is_of_a_runbook(node->children[i]))
			return true;
	}
	return node->extra >= 0 || is_of_a_runbook(node->each);
}

static bool covers_children(const struct field_node *node, const struct proto_message *message)
{
	for (size_t i = 0; i < node->child_count; i++) {
		const struct field_node *child = node->children[i];
		const struct proto_field *field = child->is_prefix ? NULL : find_field(message, child->key);

		if (field ? !covers_field(child, field) : is_of_a_runbook(child))
			return false;
	}
	return !node->each;
}

bool proto_scanner_knows(const struct field_table *table)
{
	const struct proto_message *message = proto_schema(table->kind->id);

	return message && covers_children(table->root, message);
}
