/*
 * "each" of a target: one target for each object of the finding, or for each
 * one's node or topmost controller. What is changed is what makes the object:
 * a pod of a Deployment is only a copy. A controller that this program cannot
 * change (an operator's own kind) would put everything back: then there is no
 * plan.
 */
#include <string.h>
#include <strings.h>

#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"
#include "probes/remedy/target_kind.h"

static char *label_of(const char *kind, const char *name_space, const char *name)
{
	return name_space && *name_space ? xasprintf("%s/%s/%s", kind, name_space, name)
					 : xasprintf("%s/%s", kind, name);
}

static char *object_label(const struct finding_object *object)
{
	return label_of(object->kind, object->name_space, object->name);
}

/* A step of the runbook is about this very object. */
static bool is_named_by_step(const struct change *change, const char *label)
{
	size_t i;
	json_t *step;

	json_array_foreach(json_object_get(change->document, "steps"), i, step) {
		const json_t *target = json_object_get(step, "target");
		const char *kind = json_string_value(json_object_get(target, "kind"));
		const char *name = json_string_value(json_object_get(target, "name"));
		auto_free char *own = kind && name
			? label_of(kind, json_string_value(json_object_get(target, "namespace")), name) : xstrdup("");

		if (!strcasecmp(own, label))
			return true;
	}
	return false;
}

bool plan_names_object(const struct change *change)
{
	if (change->only_target && is_named_by_step(change, change->only_target))
		return false;
	for (size_t i = 0; change->only_target && change->finding && i < change->finding->object_count; i++) {
		auto_free char *label = object_label(&change->finding->objects[i]);

		if (!strcasecmp(label, change->only_target))
			return true;
	}
	return false;
}

static const struct record *record_of(const struct change *change, const struct finding_object *object)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct kind *kind = kind_find(object->kind);

	return kind ? snapshot_by_name(snapshot, kind->id, object->name_space, object->name) : NULL;
}

/* Kind and name of the topmost controller; the object itself where it has none. */
static int find_root(const struct change *change, const struct finding_object *object, const struct kind **ret_kind,
		     const char **ret_name, struct err *err)
{
	const struct record *record = record_of(change, object);
	const struct record *root =
		record ? snapshot_root_owner(cluster_snapshot(change->context.cluster), record) : NULL;
	const char *kind_name = root ? root->kind->name : object->kind;

	*ret_name = root ? root->name : object->name;
	if (root && root->kind->id == KIND_NODE)
		return err_set(err, ERR_REFUSED,
			       "{object} is a static pod: what makes it is a file on its node, not an object", "object",
			       object->name, NULL);
	if (root && *root->owner_name && strcmp(root->owner_kind, "Node") != 0) {
		kind_name = root->owner_kind;
		*ret_name = root->owner_name;
	}
	*ret_kind = target_kind_find(kind_name);
	if (*ret_kind)
		return 0;
	return err_set(err, ERR_REFUSED, "{object} is made by {kind} {name}, which would put it back: change it there",
		       "object", object->name, "kind", kind_name, "name", *ret_name, NULL);
}

const char *plan_node_of(const struct change *change, const struct finding_object *object)
{
	const struct record *record;

	if (!strcmp(object->kind, "Node"))
		return object->name;
	record = record_of(change, object);
	if (record && record->kind->id == KIND_POD && *record_pod(record)->node_name)
		return record_pod(record)->node_name;
	return NULL;
}

static int find_each(struct change *change, const char *each, const struct finding_object *object,
		     const struct kind **ret_kind, const char **ret_name, struct err *err)
{
	if (!strcmp(each, "rootOwner"))
		return find_root(change, object, ret_kind, ret_name, err);
	*ret_kind = target_kind_find(strcmp(each, "node") != 0 ? object->kind : "Node");
	*ret_name = strcmp(each, "node") != 0 ? object->name : plan_node_of(change, object);
	return 0;
}

/* By its own name, by that of what is changed for it, or by that of its topmost controller. */
static bool is_asked_for(const struct change *change, const struct finding_object *object, const struct target *target)
{
	const struct record *record = record_of(change, object);
	const struct record *root =
		record ? snapshot_root_owner(cluster_snapshot(change->context.cluster), record) : NULL;
	auto_free char *label = NULL;
	auto_free char *above = NULL;

	if (!change->only_target)
		return true;
	label = object_label(object);
	above = root ? label_of(root->kind->name, root->name_space, root->name) : xstrdup("");
	return !strcasecmp(label, change->only_target) || !strcasecmp(target->label, change->only_target) ||
	       !strcasecmp(above, change->only_target);
}

static void add_once(struct target_list *list, struct target *target)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == target)
			return;
	}
	list->items = xreallocarray(list->items, list->count + 1, sizeof(struct target *));
	list->items[list->count++] = target;
}

static bool is_subject(const struct change *change, const struct finding_object *object)
{
	const struct kind *kind = kind_find(object->kind);

	return kind && runbook_when(change->runbook, kind->id);
}

static int add_each(struct change *change, const json_t *definition, const struct finding_object *object,
		    struct target_list *list, struct err *err)
{
	const char *wanted = json_string_value(json_object_get(definition, "kind"));
	const char *each = json_string_value(json_object_get(definition, "each"));
	const struct kind *kind = NULL;
	const char *name = NULL;
	struct target *target;

	/* Objects that a sign only led to are beside it. */
	if (!strcmp(each, "rootOwner") && !is_subject(change, object))
		return 0;
	if (find_each(change, each, object, &kind, &name, err) < 0)
		return -1;
	if (!kind || !name || (strcmp(wanted, "*") != 0 && target_kind_find(wanted) != kind))
		return 0;
	target = plan_target_get(change, kind, object->name_space, name);
	if (is_asked_for(change, object, target))
		add_once(list, target);
	return 0;
}

/* "which": the first target of each controller, or the others. */
static void choose(const struct change *change, const json_t *definition, struct target_list *list)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const char *which = json_string_value(json_object_get(definition, "which"));
	struct map owners = {0};
	size_t kept = 0;

	resume_controllers(change, &owners);
	for (size_t i = 0; which && i < list->count; i++) {
		struct target *target = list->items[i];
		const struct record *record =
			snapshot_by_name(snapshot, target->kind->id, target->name_space, target->name);
		bool is_first = !record || !*record->owner_uid || !map_put(&owners, record->owner_uid, target);

		if (is_first == !strcmp(which, "first"))
			list->items[kept++] = target;
	}
	if (which)
		list->count = kept;
	map_release(&owners);
}

int plan_targets(struct change *change, const json_t *definition, const struct finding_object *object,
		 struct target_list *ret_list, struct err *err)
{
	struct target *target;

	*ret_list = (struct target_list){0};
	if (!json_object_get(definition, "each")) {
		if (plan_target(change, definition, object, &target, err) < 0)
			return -1;
		add_once(ret_list, target);
		return 0;
	}
	for (size_t i = 0; change->finding && i < change->finding->object_count; i++) {
		if (add_each(change, definition, &change->finding->objects[i], ret_list, err) == 0)
			continue;
		free(ret_list->items);
		return -1;
	}
	choose(change, definition, ret_list);
	return 0;
}

const struct finding_object *plan_subject(const struct change *change)
{
	const char *kind = kind_get(change->runbook->subject)->name;

	for (size_t i = 0; change->finding && i < change->finding->object_count; i++) {
		if (!strcmp(change->finding->objects[i].kind, kind))
			return &change->finding->objects[i];
	}
	return change->finding && change->finding->object_count ? &change->finding->objects[0] : NULL;
}
