#include <string.h>

#include "probes/runbook/walk.h"

enum { MOST_OWNERS = 4 };	/* pod -> replica set -> deployment, and one to spare */

/* What one way of joining works with. */
struct joining {
	struct walk *walk;
	const struct snapshot *snapshot;
	const struct node *join;
	const struct record *from;
	void (*visit)(void *data, const struct record *to);
	void *data;
};

static void visit_list(const struct joining *joining, struct record_list list)
{
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i]->kind->id == joining->join->to)
			joining->visit(joining->data, list.items[i]);
	}
}

static void visit_one(const struct joining *joining, const struct record *record)
{
	if (record && record->kind->id == joining->join->to)
		joining->visit(joining->data, record);
}

static bool by_node(const struct joining *joining)
{
	if (joining->from->kind->id == KIND_NODE)
		visit_list(joining, snapshot_pods_on_node(joining->snapshot, joining->from->name));
	else
		visit_one(joining, snapshot_by_name(joining->snapshot, KIND_NODE, "",
						    record_pod(joining->from)->node_name));
	return true;
}

/* Up from owner to owner; the nearest of the kind, or with root the topmost. */
static bool by_owner(const struct joining *joining, bool root)
{
	const struct record *record = joining->from;
	const struct record *found = NULL;

	for (int i = 0; i < MOST_OWNERS && *record->owner_uid; i++) {
		const struct kind *kind = kind_find(record->owner_kind);
		const struct record *owner = snapshot_by_uid(joining->snapshot, record->owner_uid);

		if (!owner)
			return !kind || !kind->is_core || walk_can_read(joining->walk, kind->id);
		record = owner;
		if (record->kind->id == joining->join->to) {
			found = record;
			if (!root)
				break;
		}
	}
	visit_one(joining, found);
	return true;
}

static bool visit_owned(const struct joining *joining, const struct record *owner, int depth)
{
	struct record_list list = snapshot_owned_by(joining->snapshot, owner->uid);
	bool could_read = true;

	visit_list(joining, list);
	if (joining->join->to == KIND_REPLICA_SET || depth == 0)
		return true;
	/* A Deployment's pods are known only through its ReplicaSets. */
	if (owner->kind->id == KIND_DEPLOYMENT)
		could_read = walk_can_read(joining->walk, KIND_REPLICA_SET);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i]->kind->id == KIND_REPLICA_SET)
			could_read &= visit_owned(joining, list.items[i], depth - 1);
	}
	return could_read;
}

static const char *join_namespace(const struct joining *joining)
{
	if (joining->join->name_space)
		return joining->join->name_space;
	return joining->from ? joining->from->name_space : "*";
}

static bool is_in_namespace(const struct joining *joining, const struct record *record)
{
	const char *name_space = join_namespace(joining);

	return !strcmp(name_space, "*") || !*record->name_space || !strcmp(record->name_space, name_space);
}

static void visit_all(const struct joining *joining)
{
	struct record_list list = snapshot_all(joining->snapshot, joining->join->to);

	for (size_t i = 0; i < list.count; i++) {
		if (is_in_namespace(joining, list.items[i]))
			joining->visit(joining->data, list.items[i]);
	}
}

static bool has_labels(const struct node *join, const struct record *record)
{
	for (size_t i = 0; i < join->label_count; i++) {
		const char *value = record_label(record, join->labels[i].key);

		if (!value || strcmp(value, join->labels[i].value) != 0)
			return false;
	}
	return true;
}

static bool by_name(const struct joining *joining)
{
	const struct kind *kind = kind_get(joining->join->to);
	const char *name_space = kind->namespaced ? join_namespace(joining) : "";
	struct record_list list;

	if (strcmp(name_space, "*") != 0) {
		for (size_t i = 0; i < joining->join->names.count; i++)
			visit_one(joining, snapshot_by_name(joining->snapshot, kind->id, name_space,
							    joining->join->names.items[i]));
		return true;
	}
	list = snapshot_all(joining->snapshot, kind->id);
	for (size_t i = 0; i < list.count; i++) {
		if (words_have(&joining->join->names, list.items[i]->name))
			joining->visit(joining->data, list.items[i]);
	}
	return true;
}

static bool by_labels(const struct joining *joining)
{
	struct record_list list = snapshot_all(joining->snapshot, joining->join->to);

	for (size_t i = 0; i < list.count; i++) {
		if (is_in_namespace(joining, list.items[i]) && has_labels(joining->join, list.items[i]))
			joining->visit(joining->data, list.items[i]);
	}
	return true;
}

struct text_wanted {
	const char *text;
	bool is_there;
};

static bool compare_value(void *data, size_t item, const char *value)
{
	struct text_wanted *wanted = data;

	(void)item;
	wanted->is_there = !strcmp(value, wanted->text);
	return !wanted->is_there;
}

static bool has_value(const struct field_path *path, const struct record *record, const char *text)
{
	struct text_wanted wanted = {text, false};

	field_path_each(path, record, compare_value, &wanted);
	return wanted.is_there;
}

static bool take_any(void *data, size_t item, const char *value)
{
	(void)data;
	(void)item;
	(void)value;
	return false;
}

/* Whether the selector of an object has the labels of the other; *ret_known: it has one of the keys at all. */
static bool selects(const struct node *join, const struct record *from, const struct record *to, bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < join->names.count; i++) {
		const char *label;

		if (!field_path_each(join->selectors[i], from, take_any, NULL))
			continue;
		*ret_known = true;
		label = to ? record_label(to, join->names.items[i]) : NULL;
		if (to && (!label || !has_value(join->selectors[i], from, label)))
			return false;
	}
	return *ret_known;
}

static bool by_selector(const struct joining *joining)
{
	struct record_list list = snapshot_all(joining->snapshot, joining->join->to);
	struct message reason;
	bool is_known;

	if (!selects(joining->join, joining->from, NULL, &is_known)) {
		message_set(&reason, "the selector of {name} has none of the labels that are kept", "name",
			    joining->from->name, NULL);
		walk_unknown(joining->walk, &reason);
		return false;
	}
	for (size_t i = 0; i < list.count; i++) {
		if (is_in_namespace(joining, list.items[i]) &&
		    selects(joining->join, joining->from, list.items[i], &is_known))
			joining->visit(joining->data, list.items[i]);
	}
	return true;
}

static bool visit_named(void *data, size_t item, const char *value)
{
	const struct joining *joining = data;
	const struct kind *kind = kind_get(joining->join->to);

	(void)item;
	visit_one(joining, snapshot_by_name(joining->snapshot, kind->id,
					    kind->namespaced ? join_namespace(joining) : "", value));
	return true;
}

static void visit_referrers(const struct joining *joining)
{
	struct record_list list = snapshot_all(joining->snapshot, joining->join->to);

	for (size_t i = 0; i < list.count; i++) {
		if ((!*joining->from->name_space || is_in_namespace(joining, list.items[i])) &&
		    has_value(joining->join->far, list.items[i], joining->from->name))
			joining->visit(joining->data, list.items[i]);
	}
}

static void visit_successors(const struct joining *joining)
{
	struct record_list list = snapshot_owned_by(joining->snapshot, joining->from->owner_uid);

	for (size_t i = 0; *joining->from->owner_uid && i < list.count; i++) {
		if (list.items[i]->kind->id == joining->join->to &&
		    list.items[i]->created > joining->from->created)
			joining->visit(joining->data, list.items[i]);
	}
}

/* A node's events hold its name where its uid belongs: by name, then (entries.md 0.1). */
static const struct record *event_object(const struct snapshot *snapshot, const struct event_record *event)
{
	const struct kind *kind = kind_find(event->object_kind);

	if (!kind)
		return NULL;
	return snapshot_by_name(snapshot, kind->id, kind->namespaced ? event->object_namespace : "",
				event->object_name);
}

bool join_each(struct walk *walk, const struct node *join, const struct record *from,
	       void (*visit)(void *data, const struct record *to), void *data)
{
	struct joining joining = {walk, walk->evaluation->snapshot, join, from, visit, data};

	if (!walk_can_read(walk, join->to))
		return false;
	if (!from && join->by != JOIN_NAME && join->by != JOIN_LABELS && join->by != JOIN_ALL)
		return true;
	switch (join->by) {
	case JOIN_NODE:
		return by_node(&joining);
	case JOIN_OWNER:
		return by_owner(&joining, false);
	case JOIN_ROOT_OWNER:
		return by_owner(&joining, true);
	case JOIN_OWNED:
		return visit_owned(&joining, from, 1);
	case JOIN_NAME:
		return by_name(&joining);
	case JOIN_LABELS:
		return by_labels(&joining);
	case JOIN_OBJECT:
		visit_one(&joining, event_object(joining.snapshot, record_event(from)));
		return true;
	case JOIN_EVENTS:
		visit_list(&joining, snapshot_events_about(joining.snapshot, from));
		return true;
	case JOIN_SELECTOR:
		return by_selector(&joining);
	case JOIN_REFERENCE:
		field_path_each(join->path, from, visit_named, &joining);
		return true;
	case JOIN_REFERRERS:
		visit_referrers(&joining);
		return true;
	case JOIN_SUCCESSORS:
		visit_successors(&joining);
		return true;
	case JOIN_NAMESPACE:
	case JOIN_ALL:
		break;
	}
	if (join->by == JOIN_ALL && !join->name_space)
		visit_list(&joining, snapshot_all(joining.snapshot, join->to));
	else
		visit_all(&joining);
	return true;
}

/* The way back, for condition_mark_dependents(). */

enum { DEPTH_MAX = 8 };

struct way {
	const struct evaluation *context;
	const struct snapshot *snapshot;
	const struct node *hops[DEPTH_MAX];	/* from the subject outwards */
	size_t hop_count;
	const struct record *changed;
	void (*mark)(void *data, const char *uid);
	void *data;
	bool marked_all;
};

static void go_back(struct way *way, const struct record *record, size_t hops);

static void mark_all(struct way *way)
{
	if (!way->marked_all)
		way->mark(way->data, NULL);
	way->marked_all = true;
}

static void go_back_list(struct way *way, struct record_list list, enum kind_id kind, size_t hops)
{
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i]->kind->id == kind)
			go_back(way, list.items[i], hops);
	}
}

static void go_back_owned(struct way *way, const struct record *owner, enum kind_id kind, size_t hops,
			  int depth)
{
	struct record_list list = snapshot_owned_by(way->snapshot, owner->uid);

	go_back_list(way, list, kind, hops);
	for (size_t i = 0; depth && i < list.count; i++) {
		if (list.items[i]->kind->id == KIND_REPLICA_SET)
			go_back_owned(way, list.items[i], kind, hops, depth - 1);
	}
}

static void go_back_to_owner(struct way *way, const struct record *record, enum kind_id kind, size_t hops)
{
	for (int i = 0; i < MOST_OWNERS && *record->owner_uid; i++) {
		record = snapshot_by_uid(way->snapshot, record->owner_uid);
		if (!record)
			return;
		if (record->kind->id == kind)
			go_back(way, record, hops);
	}
}

/* What a value of the far end names. */
struct hop {
	struct way *way;
	const struct node *join;
	const struct record *record;
	size_t hops;
};

static bool go_back_named(void *data, size_t item, const char *value)
{
	const struct hop *hop = data;
	bool namespaced = kind_get(hop->join->kind)->namespaced;

	(void)item;
	go_back(hop->way, snapshot_by_name(hop->way->snapshot, hop->join->kind,
					   namespaced ? hop->record->name_space : "", value),
		hop->hops);
	return true;
}

static void go_back_selecting(struct way *way, const struct node *join, const struct record *record, size_t hops)
{
	struct record_list list = snapshot_all(way->snapshot, join->kind);
	bool is_known;

	for (size_t i = 0; i < list.count; i++) {
		if (!strcmp(list.items[i]->name_space, record->name_space) &&
		    selects(join, list.items[i], record, &is_known))
			go_back(way, list.items[i], hops);
	}
}

/* One hop back from a record that may be at the far end of the join. */
static void hop_back(struct way *way, const struct node *join, const struct record *record, size_t hops)
{
	switch (join->by) {
	case JOIN_NODE:
		if (record->kind->id == KIND_NODE)
			go_back_list(way, snapshot_pods_on_node(way->snapshot, record->name), KIND_POD, hops);
		else if (*record_pod(record)->node_name)
			go_back(way, snapshot_by_name(way->snapshot, KIND_NODE, "",
						      record_pod(record)->node_name),
				hops);
		return;
	case JOIN_OWNER:
	case JOIN_ROOT_OWNER:
		go_back_owned(way, record, join->kind, hops, 1);
		return;
	case JOIN_OWNED:
		go_back_to_owner(way, record, join->kind, hops);
		return;
	case JOIN_NAME:
		if (words_have(&join->names, record->name))
			mark_all(way);
		return;
	case JOIN_EVENTS:
		go_back(way, event_object(way->snapshot, record_event(record)), hops);
		return;
	case JOIN_OBJECT:
		go_back_list(way, snapshot_events_about(way->snapshot, record), KIND_EVENT, hops);
		return;
	case JOIN_LABELS:
		if (has_labels(join, record))
			mark_all(way);
		return;
	case JOIN_SELECTOR:
		go_back_selecting(way, join, record, hops);
		return;
	case JOIN_REFERRERS:
		field_path_each(join->far, record, go_back_named, &(struct hop){way, join, record, hops});
		return;
	case JOIN_SUCCESSORS:
		if (*record->owner_uid)
			go_back_list(way, snapshot_owned_by(way->snapshot, record->owner_uid), join->kind, hops);
		return;
	case JOIN_REFERENCE:
	case JOIN_NAMESPACE:
	case JOIN_ALL:
		mark_all(way);
		return;
	}
}

static void go_back(struct way *way, const struct record *record, size_t hops)
{
	const struct node *join;

	if (!record || way->marked_all)
		return;
	if (!hops) {
		way->mark(way->data, record->uid);
		return;
	}
	join = way->hops[hops - 1];
	if (record->kind->id == join->to)
		hop_back(way, join, record, hops - 1);
}

/* A ReplicaSet that came or went between a Deployment and its pods: joins lead through it, not to it. */
static void go_back_through(struct way *way, const struct node *join)
{
	if (way->changed->kind->id != KIND_REPLICA_SET || join->to == KIND_REPLICA_SET)
		return;
	if (join->by == JOIN_OWNED)
		go_back_to_owner(way, way->changed, join->kind, way->hop_count - 1);
	else if (join->by == JOIN_OWNER || join->by == JOIN_ROOT_OWNER)
		go_back_owned(way, way->changed, join->kind, way->hop_count - 1, 0);
}

/* Joins that lead to an object from every subject. */
static bool is_wide(const struct node *join)
{
	return join->by == JOIN_ALL || join->by == JOIN_NAMESPACE || join->by == JOIN_LABELS || join->by == JOIN_NAME ||
	       join->by == JOIN_REFERENCE;
}

/*
 * Nothing that the join asks for holds of the changed record, nor will it by
 * itself: then no subject is the wiser for it. Not asked of joins that lead to
 * a few subjects only.
 */
static bool says_nothing(const struct way *way, const struct node *join)
{
	struct evaluation evaluation = *way->context;
	struct frame frame = {.record = way->changed};
	struct walk walk;
	bool is_false;

	if (!join->child_count || !is_wide(join))
		return false;
	walk_init(&walk, &evaluation);
	walk.quiet++;
	is_false = walk_node(&walk, join->children[0], frame).truth == TRUTH_FALSE && !walk.recheck_at;
	walk_release(&walk);
	return is_false;
}

static void mark_below(struct way *way, const struct node *node)
{
	bool is_join = node->type == NODE_JOIN;

	/* Events are joined without a word. */
	if (node->type == NODE_EVENT && way->changed->kind->id == KIND_EVENT && node->kind != KIND_EVENT) {
		const struct record *object = event_object(way->snapshot, record_event(way->changed));

		if (object && object->kind->id == node->kind)
			go_back(way, object, way->hop_count);
	}
	if (is_join && way->hop_count == DEPTH_MAX) {
		mark_all(way);
		return;
	}
	if (is_join) {
		way->hops[way->hop_count++] = node;
		if (way->changed->kind->id != node->to)
			go_back_through(way, node);
		else if (!says_nothing(way, node))
			go_back(way, way->changed, way->hop_count);
	}
	for (size_t i = 0; i < node->child_count && !way->marked_all; i++)
		mark_below(way, node->children[i]);
	way->hop_count -= is_join;
}

void condition_mark_dependents(const struct condition_tree *tree, const struct evaluation *context,
			       const struct record *changed, void (*mark)(void *data, const char *uid),
			       void *data)
{
	struct way way = {
		.context = context,
		.snapshot = context->snapshot,
		.changed = changed,
		.mark = mark,
		.data = data,
	};

	mark_below(&way, tree->root);
}
