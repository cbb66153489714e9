#include "probes/sim/node_machine.h"

#include <fnmatch.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/file.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/merge_patch.h"
#include "probes/sim/node_images.h"

enum { FILE_MAXIMUM = 1 << 20 };

struct machines {
	json_t *assets;		/* assets/machines.json */
	json_t *bases;		/* "system|runtime" -> state before the scenario's patches */
	json_t *patches;	/* node -> [patch] */
	struct map by_name;
};

struct machines *machines_new(void)
{
	struct machines *machines = xcalloc(1, sizeof(*machines));

	machines->bases = json_object();
	machines->patches = json_object();
	return machines;
}

static void machine_free(struct machine *machine)
{
	if (!machine)
		return;
	free(machine->name);
	json_decref(machine->state);
	json_decref(machine->owned);
	json_decref(machine->faults);
	free(machine);
}

void machines_free(struct machines *machines)
{
	size_t position = 0;
	struct machine *machine;

	if (!machines)
		return;
	while ((machine = map_next(&machines->by_name, &position)))
		machine_free(machine);
	map_release(&machines->by_name);
	json_decref(machines->assets);
	json_decref(machines->bases);
	json_decref(machines->patches);
	free(machines);
}

int machines_load(struct cluster *cluster, const char *path, struct err *err)
{
	return file_read_json(path, FILE_MAXIMUM, &cluster->machines->assets, err);
}

void machines_describe(struct cluster *cluster, const char *node, json_t *patch)
{
	json_t *patches = json_object_get(cluster->machines->patches, node);

	if (!patch)
		return;
	if (!patches) {
		patches = json_array();
		json_object_set_new(cluster->machines->patches, node, patches);
	}
	json_array_append(patches, patch);
}

/* The entry of assets/machines.json that describes this system, or NULL. */
static const json_t *system_of(const struct machines *machines, const char *os_image)
{
	size_t i;
	json_t *system;

	json_array_foreach(json_object_get(machines->assets, "systems"), i, system)
		if (!fnmatch(doc_text(system, "osImage"), os_image, 0))
			return system;
	return NULL;
}

static json_t *patched(json_t *state, const json_t *patch)
{
	json_t *merged;

	if (!patch)
		return state;
	merged = merge_patch(state, patch);
	json_decref(state);
	return merged;
}

static json_t *base_of(struct machines *machines, const struct object *node)
{
	const char *os_image = doc_text(node->now->value, "status.nodeInfo.osImage");
	const char *runtime = doc_text(node->now->value, "status.nodeInfo.containerRuntimeVersion");
	auto_free char *scheme = xstrndup(runtime, strcspn(runtime, ":"));
	auto_free char *key = xasprintf("%s|%s", os_image, scheme);
	json_t *base = json_object_get(machines->bases, key);

	if (base)
		return base;
	base = json_object();
	base = patched(base, json_object_get(machines->assets, "common"));
	base = patched(base, json_object_get(json_object_get(machines->assets, "runtimes"), scheme));
	base = patched(base, json_object_get(system_of(machines, os_image), "machine"));
	json_object_set_new(machines->bases, key, base);
	return base;
}

static struct machine *machine_new(struct cluster *cluster, const struct object *node)
{
	struct machine *machine = xcalloc(1, sizeof(*machine));
	json_t *base = base_of(cluster->machines, node);
	const json_t *patches = json_object_get(cluster->machines->patches, node->name);
	size_t i;
	json_t *patch;

	machine->name = xstrdup(node->name);
	memcpy(machine->uid, node->uid, sizeof(machine->uid));
	machine->booted = doc_wall(node->now->value, "metadata.creationTimestamp");
	machine->owned = json_object();
	machine->state = doc_fork(base);
	json_array_foreach(patches, i, patch)
		machine_patch(machine, patch);
	images_adopt(cluster, machine);
	machine_settle(cluster, machine);
	return machine;
}

struct machine *machine_of(struct cluster *cluster, const char *node)
{
	struct machine *machine = map_get(&cluster->machines->by_name, node);
	const struct object *object = store_find(&cluster->store, KIND_NODE, "", node);

	if (machine && (!object || strcmp(machine->uid, object->uid))) {
		map_remove(&cluster->machines->by_name, node);
		machine_free(machine);
		machine = NULL;
	}
	if (!machine && object) {
		machine = machine_new(cluster, object);
		map_put(&cluster->machines->by_name, machine->name, machine);
	}
	return machine;
}

struct machine *machine_known(const struct cluster *cluster, const char *node)
{
	return map_get(&cluster->machines->by_name, node);
}

struct machine *machine_next(const struct cluster *cluster, size_t *position)
{
	return map_next(&cluster->machines->by_name, position);
}

/* Only the members that the patch names become the machine's own. */
void machine_patch(struct machine *machine, const json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
		if (!strcmp(name, "ssh")) {
			json_decref(machine->faults);
			machine->faults = json_deep_copy(value);
			continue;
		}
		machine_put(machine, name, merge_patch(machine_part(machine, name), value));
	}
}

json_t *machine_part(const struct machine *machine, const char *name)
{
	return json_object_get(machine->state, name);
}

void machine_put(struct machine *machine, const char *name, json_t *value)
{
	json_object_set_new(machine->state, name, value);
	json_object_set_new(machine->owned, name, json_true());
}

json_t *machine_own(struct machine *machine, const char *name)
{
	json_t *part = machine_part(machine, name);

	if (!json_object_get(machine->owned, name))
		machine_put(machine, name, part ? json_deep_copy(part) : json_object());
	return machine_part(machine, name);
}

const char *machine_login(const struct object *node)
{
	static const struct {
		const char *system;
		const char *user;
	} users[] = {{"CentOS", "centos"}, {"Rocky", "rocky"}, {"Ubuntu", "ubuntu"}, {"Debian", "debian"}};
	const char *os_image = doc_text(node->now->value, "status.nodeInfo.osImage");

	for (size_t i = 0; i < array_length(users); i++)
		if (!strncmp(os_image, users[i].system, strlen(users[i].system)))
			return users[i].user;
	return "cloud-user";
}

const struct object *machine_node(const struct cluster *cluster, const struct machine *machine)
{
	return store_find(&cluster->store, KIND_NODE, "", machine->name);
}

bool machine_is_down(const struct cluster *cluster, const char *node)
{
	const struct machine *machine = machine_known(cluster, node);

	return machine && (machine->up_at || !machine->shown.kubelet);
}

/* The machine, if a fault of its connections may have been set for it: by a scenario, too. */
static const struct machine *with_faults(struct cluster *cluster, const char *node)
{
	size_t i;
	json_t *patch;

	json_array_foreach(json_object_get(cluster->machines->patches, node), i, patch)
		if (json_object_get(patch, "ssh"))
			return machine_of(cluster, node);
	return machine_known(cluster, node);
}

bool machine_refuses(struct cluster *cluster, const char *node)
{
	const struct machine *machine = with_faults(cluster, node);

	return machine && doc_true(machine->faults, "refuse");
}

bool machine_is_silent(struct cluster *cluster, const char *node)
{
	const struct machine *machine = with_faults(cluster, node);

	return machine && doc_true(machine->faults, "silent");
}
