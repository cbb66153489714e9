/*
 * Which finding a subject belongs to (decisions.md 10).
 */
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/symptoms/symptoms_private.h"

/* Names the object that stands for a group. */
struct group_object {
	const char *kind;
	const char *name_space;
	const char *name;
};

static void of_record(struct group_object *object, const struct record *record)
{
	object->kind = record->kind->name;
	object->name_space = record->name_space;
	object->name = record->name;
}

/*
 * The topmost controller, also when it is of a kind that is not watched
 * (CronJob) or may not be read. A static pod's owner is its node: that groups nothing.
 */
static void of_owner(struct group_object *object, const struct snapshot *snapshot, const struct record *record)
{
	const struct record *top = snapshot_root_owner(snapshot, record);
	bool may_climb;

	if (!top || top->kind->id == KIND_NODE)
		top = record;
	of_record(object, top);
	may_climb = top->kind->id == KIND_POD || top->kind->id == KIND_REPLICA_SET ||
		    top->kind->id == KIND_JOB;
	if (may_climb && *top->owner_name && strcmp(top->owner_kind, "Node") != 0) {
		object->kind = top->owner_kind;
		object->name = top->owner_name;
	}
}

static bool of_node(struct group_object *object, const struct record *record)
{
	object->kind = "Node";
	object->name_space = "";
	if (record->kind->id == KIND_NODE)
		object->name = record->name;
	else if (record->kind->id == KIND_POD)
		object->name = record_pod(record)->node_name;
	else if (record->kind->id == KIND_EVENT && !strcmp(record_event(record)->object_kind, "Node"))
		object->name = record_event(record)->object_name;
	else
		object->name = "";
	return *object->name;
}

void group_of(const struct runbook *runbook, const struct snapshot *snapshot, const struct record *record,
	      char **ret_key, char **ret_name)
{
	struct group_object object;
	const char *slash;

	if (runbook->group == GROUP_CLUSTER) {
		*ret_key = xstrdup(runbook->id);
		*ret_name = xstrdup("");
		return;
	}
	if (runbook->group == GROUP_OWNER)
		of_owner(&object, snapshot, record);
	else if (runbook->group != GROUP_NODE || !of_node(&object, record))
		of_record(&object, record);
	slash = *object.name_space ? "/" : "";
	*ret_key = xasprintf("%s/%s/%s%s%s", runbook->id, object.kind, object.name_space, slash, object.name);
	*ret_name = xasprintf("%s%s%s", object.name_space, slash, object.name);
}

bool namespace_is_system(const char *const *system_namespaces, const char *name_space)
{
	for (; *system_namespaces; system_namespaces++)
		if (!strcmp(*system_namespaces, name_space))
			return true;
	return false;
}
