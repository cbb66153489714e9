/* change->impact as sentences: the same for the text, the screen, the dialog and plan -o json. */
#include <stdio.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/remedy/plan_impact.h"

enum { NAMES_SHOWN = 6, NAMES_BYTES = 4096 };

/* Takes text. */
static void add(struct change *change, bool is_warning, char *text)
{
	change->effects = xreallocarray(change->effects, change->effect_count + 1, sizeof(*change->effects));
	change->effects[change->effect_count++] = (struct effect){.text = text, .is_warning = is_warning};
}

static const char *text_of(const json_t *item, const char *name)
{
	const char *text = json_string_value(json_object_get(item, name));

	return text ? text : "";
}

static char *number_of(const json_t *item, const char *name)
{
	return xasprintf("%lld", (long long)json_integer_value(json_object_get(item, name)));
}

/* "a, b, c and 4 more" of texts, or of the member of objects. Caller frees. */
static char *names_of(const struct change *change, const json_t *list, const char *member)
{
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(NAMES_BYTES);
	size_t total = json_array_size(list);
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item) {
		const char *name = member ? text_of(item, member) : json_string_value(item);

		if (i == NAMES_SHOWN)
			break;
		buffer_addf(&names, "%s%s", i ? ", " : "", name ? name : "?");
	}
	if (total > NAMES_SHOWN) {
		auto_free char *count = xasprintf("%zu", total - NAMES_SHOWN);

		return change_say(change, "{names} and {count} more", "names", buffer_text(&names), "count", count,
				  NULL);
	}
	return buffer_detach(&names);
}

static char *restart_text(const struct change *change, const json_t *item)
{
	const char *how = text_of(item, "how");
	const char *object = text_of(item, "object");
	bool is_one = json_integer_value(json_object_get(item, "pods")) == 1;
	auto_free char *pods = number_of(item, "pods");
	auto_free char *nodes = number_of(item, "nodes");

	if (!strcmp(how, "onDelete"))
		return change_say(change,
				  is_one ? N_("{object}: its pod stays as it is until somebody deletes it (OnDelete)")
					 : N_("{object}: its {pods} pods stay as they are until somebody deletes "
					      "them (OnDelete)"),
				  "object", object, "pods", pods, NULL);
	if (!strcmp(how, "recreate") && is_one)
		return change_say(change,
				  "{object}: its one pod ends first, nothing serves until the new one is ready "
				  "(Recreate)", "object", object, NULL);
	if (!strcmp(how, "recreate"))
		return change_say(change, "{object}: all its {pods} pods end before the new ones start (Recreate)",
				  "object", object, "pods", pods, NULL);
	if (json_is_true(json_object_get(item, "everyNode")))
		return change_say(change, "{object}: the pod on each of {nodes} nodes is replaced, node after node",
				  "object", object, "nodes", nodes, NULL);
	if (is_one)
		return change_say(change, "{object}: its pod is replaced", "object", object, NULL);
	return change_say(change, "{object}: {pods} pods on {nodes} nodes are replaced, some at a time", "object",
			  object, "pods", pods, "nodes", nodes, NULL);
}

static void tell_restarts(struct change *change)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "restarts"), i, item) {
		const char *how = text_of(item, "how");

		add(change, strcmp(how, "rolling") != 0, restart_text(change, item));
		if (!json_is_true(json_object_get(item, "single")) || !strcmp(how, "onDelete") ||
		    (!strcmp(how, "recreate") && json_integer_value(json_object_get(item, "pods")) == 1))
			continue;
		if (json_is_true(json_object_get(item, "gap")))
			add(change, true,
			    change_say(change, "{object} has one replica: nothing serves until the new pod is ready",
				       "object", text_of(item, "object"), NULL));
		else
			add(change, false,
			    change_say(change,
				       "{object} has one replica: the old pod stays until the new one is ready",
				       "object", text_of(item, "object"), NULL));
	}
}

/* Pods that go this way. New reference. */
static json_t *leaving(const struct change *change, const char *how)
{
	json_t *list = json_array();
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "leaving"), i, item) {
		if (!strcmp(text_of(item, "how"), how))
			json_array_append(list, json_object_get(item, "object"));
	}
	return list;
}

static void tell_leaving(struct change *change)
{
	json_t *evicted = leaving(change, "evicted");
	json_t *deleted = leaving(change, "deleted");
	auto_free char *evicted_names = names_of(change, evicted, NULL);
	auto_free char *deleted_names = names_of(change, deleted, NULL);
	auto_free char *evicted_count = xasprintf("%zu", json_array_size(evicted));
	auto_free char *deleted_count = xasprintf("%zu", json_array_size(deleted));

	if (json_array_size(evicted) == 1)
		add(change, true, change_say(change, "{name} is evicted and made again elsewhere", "name",
					     evicted_names, NULL));
	else if (json_array_size(evicted))
		add(change, true,
		    change_say(change, "{count} pods are evicted and made again elsewhere: {names}", "count",
			       evicted_count, "names", evicted_names, NULL));
	if (json_array_size(deleted) == 1)
		add(change, true, change_say(change, "{name} is deleted and made again by its controller", "name",
					     deleted_names, NULL));
	else if (json_array_size(deleted))
		add(change, true,
		    change_say(change, "{count} pods are deleted and made again by their controllers: {names}", "count",
			       deleted_count, "names", deleted_names, NULL));
	json_decref(evicted);
	json_decref(deleted);
}

static void tell_drains(struct change *change)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "drains"), i, item) {
		auto_free char *count = number_of(item, "daemonSetPodsStay");

		add(change, false,
		    change_say(change, "{count} pods of DaemonSets stay on {node}", "count", count, "node",
			       text_of(item, "node"), NULL));
	}
}

static bool is_restarted(const struct change *change, const json_t *label)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "restarts"), i, item) {
		if (json_equal(json_object_get(item, "object"), label))
			return true;
	}
	return false;
}

/* Those of rollouts were told with the rollout. */
static void tell_singles(struct change *change)
{
	size_t i;
	json_t *label;

	json_array_foreach(json_object_get(change->impact, "singleReplicas"), i, label) {
		if (!is_restarted(change, label))
			add(change, true,
			    change_say(change,
				       "{object} has one replica: nothing serves until the new pod is ready", "object",
				       json_string_value(label), NULL));
	}
}

static char *budget_text(const struct change *change, const json_t *item)
{
	auto_free char *name = xasprintf("%s/%s", text_of(item, "namespace"), text_of(item, "name"));
	auto_free char *allowed = number_of(item, "allowed");
	auto_free char *evicted = number_of(item, "evicted");

	if (!json_integer_value(json_object_get(item, "evicted")))
		return change_say(change,
				  "the disruption budget {name} allows {allowed} now; it does not hold up rollouts and "
				  "deletions", "name", name, "allowed", allowed, NULL);
	if (json_integer_value(json_object_get(item, "allowed")) <= 0)
		return change_say(change,
				  "the disruption budget {name} allows none to go now: {count} evictions wait for it",
				  "name", name, "count", evicted, NULL);
	return change_say(change, "the disruption budget {name} allows {allowed} of {count} evictions at once", "name",
			  name, "allowed", allowed, "count", evicted, NULL);
}

static void tell_budgets(struct change *change)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "budgets"), i, item)
		add(change, json_integer_value(json_object_get(item, "allowed")) <= 0, budget_text(change, item));
}

static void tell_losses(struct change *change)
{
	const json_t *bare = json_object_get(change->impact, "barePods");
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "emptyDir"), i, item) {
		auto_free char *volumes = names_of(change, json_object_get(item, "volumes"), NULL);

		add(change, true,
		    change_say(change, "{object}: what is in its emptyDir volumes is lost: {volumes}", "object",
			       text_of(item, "object"), "volumes", volumes, NULL));
	}
	json_array_foreach(json_object_get(change->impact, "localVolumes"), i, item)
		add(change, true,
		    change_say(change, "{object}: the data of {volume} stays on the node", "object",
			       text_of(item, "object"), "volume", text_of(item, "volume"), NULL));
	if (json_array_size(bare)) {
		auto_free char *names = names_of(change, bare, NULL);

		add(change, true,
		    change_say(change, "no controller would make these pods again: {names}", "names", names, NULL));
	}
}

static void tell_room(struct change *change)
{
	const json_t *room = json_object_get(change->impact, "room");
	const json_t *unplaced = json_object_get(room, "unplaced");
	auto_free char *names = names_of(change, unplaced, NULL);
	auto_free char *judged = number_of(room, "judged");
	auto_free char *looked_at = number_of(room, "nodesLookedAt");
	auto_free char *ready = number_of(room, "nodesReady");

	if (!room)
		return;
	if (!json_integer_value(json_object_get(room, "judged")))
		add(change, true,
		    change_say(change, "whether the evicted pods find room elsewhere is not known", NULL));
	else if (json_array_size(unplaced))
		add(change, true,
		    change_say(change, "no room for {names} on {looked} of {ready} ready nodes that were looked at",
			       "names", names, "looked", looked_at, "ready", ready, NULL));
	else
		add(change, false,
		    change_say(change, "room for {count} evicted pods on {looked} of {ready} ready nodes", "count",
			       judged, "looked", looked_at, "ready", ready, NULL));
	add(change, false,
	    change_say(change,
		       "that counts requests, node selectors and taints; affinity, spread, host ports and zones of "
		       "volumes were not looked at", NULL));
}

static void tell_unseen(struct change *change)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(change->impact, "couldNotLook"), i, item)
		add(change, true,
		    change_say(change, "could not look at {what}", "what", json_string_value(item), NULL));
}

void effects_make(struct change *change)
{
	tell_restarts(change);
	tell_leaving(change);
	tell_drains(change);
	tell_singles(change);
	tell_budgets(change);
	tell_losses(change);
	tell_room(change);
	tell_unseen(change);
}
