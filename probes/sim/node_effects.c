#include "probes/sim/node_effects.h"

#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/map.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/controllers.h"
#include "probes/sim/document.h"
#include "probes/sim/kubelet_container.h"
#include "probes/sim/node_files.h"
#include "probes/sim/node_images.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/node_status.h"
#include "probes/sim/node_units.h"
#include "probes/sim/ssh_server.h"

enum {
	FULL_PERCENT = 85,		/* imageGCHighThresholdPercent; eviction at imagefs.available < 15 % */
	FILLED_PERCENT = 92,		/* of a disk that a scenario says no more of than DiskPressure */
	PRESSURE_MS = 15000,		/* a kubelet's eviction-pressure-transition-period is 5 min */
	GOING_DOWN_MS = 200,		/* systemd stops sshd; not scaled: the answer to `reboot` goes out before */
	DOWN_MS = 9000,
	DEAD_GROUPS = 5000,		/* so many memory cgroups without a folder are a leak (guide E07) */
};

static const char kubelet[] = "kubelet.service";
static const char docker_folder[] = "/var/lib/docker";
static const char containerd_folder[] = "/var/lib/containerd";

/* The file system of images and logs. */
static const char *image_filesystem(const struct machine *machine)
{
	bool docker = json_is_true(machine_part(machine, "docker"));

	return filesystem_of(machine, docker ? docker_folder : containerd_folder);
}

static bool is_disk_full(const struct machine *machine)
{
	const char *mounted = image_filesystem(machine);
	int64_t size = doc_int(json_object_get(machine_part(machine, "filesystems"), mounted), "size");

	return size && filesystem_used(machine, mounted) * 100 >= size * FULL_PERCENT;
}

static bool cgroups_leak(const struct machine *machine)
{
	const json_t *groups = machine_part(machine, "cgroups");

	return doc_int(groups, "memory") - doc_int(groups, "directories") >= DEAD_GROUPS;
}

static size_t count_images(const struct machine *machine)
{
	const json_t *images = images_in(machine, images_namespace(machine));
	const char *name;
	json_t *image;
	size_t number = 0;

	json_object_foreach((json_t *)(uintptr_t)images, name, image)
		number += hash_text(1, name);
	return number;
}

static struct machine_view look(const struct machine *machine)
{
	return (struct machine_view){
		.kubelet = !unit_of(machine, kubelet) || unit_is_active(machine, kubelet),
		.statd = unit_is_active(machine, "rpc-statd.service") && rpc_is_registered(machine, "100024"),
		.cgroups_leak = cgroups_leak(machine),
		.disk_full = is_disk_full(machine),
		.images = count_images(machine),
	};
}

static void fill_disk(struct machine *machine)
{
	const char *mounted = image_filesystem(machine);
	json_t *entry = json_object_get(machine_own(machine, "filesystems"), mounted);
	int64_t files = filesystem_used(machine, mounted) - doc_int(entry, "used");

	doc_set_int(entry, "used", doc_int(entry, "size") / 100 * FILLED_PERCENT - files);
}

void machine_settle(struct cluster *cluster, struct machine *machine)
{
	if (status_has_pressure(cluster, machine) && !is_disk_full(machine))
		fill_disk(machine);
	machine->shown = look(machine);
}

static void set_fact(struct cluster *cluster, const struct machine *machine, const char *name, const char *value)
{
	json_t *facts = json_object_get(cluster->facts, machine->name);

	if (!facts) {
		facts = json_object();
		json_object_set_new(cluster->facts, machine->name, facts);
	}
	json_object_set_new(facts, name, json_string(value));
}

static void follow_disk(struct cluster *cluster, struct machine *machine, bool full)
{
	if (full) {
		machine->pressure_ends_at = 0;
		if (!status_has_pressure(cluster, machine))
			status_set_pressure(cluster, machine, true);
	} else {
		machine->pressure_ends_at = clock_monotonic_ms() + scaled(cluster, PRESSURE_MS);
	}
}

static void follow_kubelet(struct cluster *cluster, const struct machine *machine, bool runs)
{
	if (!runs)
		status_set_lost(cluster, machine);
	else if (!machine->up_at)
		status_set_ready(cluster, machine, machine->shown.disk_full);
}

void machine_changed(struct cluster *cluster, struct machine *machine)
{
	struct machine_view now = look(machine);
	struct machine_view before = machine->shown;

	machine->shown = now;
	if (now.kubelet != before.kubelet)
		follow_kubelet(cluster, machine, now.kubelet);
	if (now.statd != before.statd)
		set_fact(cluster, machine, "rpc-statd", now.statd ? "active" : "inactive");
	if (now.cgroups_leak != before.cgroups_leak)
		set_fact(cluster, machine, "memory-cgroups", now.cgroups_leak ? "leak" : "ok");
	if (now.disk_full != before.disk_full)
		follow_disk(cluster, machine, now.disk_full);
	if (now.kubelet != before.kubelet || now.statd != before.statd || now.cgroups_leak != before.cgroups_leak ||
	    now.disk_full != before.disk_full || now.images != before.images)
		controllers_look_again(cluster);
	if (machine->pressure_ends_at || machine->down_at)
		cluster_wake(cluster);
}

void machine_take_facts(struct cluster *cluster, struct machine *machine, const json_t *facts)
{
	json_t *groups;

	if (!strcmp(doc_text(facts, "rpc-statd"), "active") && unit_of(machine, "rpc-statd.service")) {
		unit_start(machine, "rpcbind.service");
		unit_start(machine, "rpc-statd.service");
	}
	if (!strcmp(doc_text(facts, "memory-cgroups"), "ok") && cgroups_leak(machine)) {
		groups = machine_own(machine, "cgroups");
		doc_set_int(groups, "memory", doc_int(groups, "directories"));
	}
	machine_changed(cluster, machine);
}

void machine_reboot(struct cluster *cluster, struct machine *machine)
{
	if (!machine->down_at && !machine->up_at)
		machine->down_at = clock_monotonic_ms() + GOING_DOWN_MS;
	cluster_wake(cluster);
}

void machine_boot(struct cluster *cluster, struct machine *machine)
{
	json_t *next = machine_part(machine, "nextArguments");
	json_t *groups = machine_own(machine, "cgroups");

	machine->booted = clock_wall();
	machine->down_at = 0;
	machine->up_at = 0;
	if (next)
		machine_put(machine, "bootArguments", json_incref(next));
	if (doc_int(groups, "memory") > doc_int(groups, "directories"))
		doc_set_int(groups, "memory", doc_int(groups, "directories"));
	files_forget_below(machine, "/run");
	files_forget_below(machine, "/dev/shm");
	units_boot(machine);
	status_set_booted(cluster, machine);
	ssh_server_set_up(cluster->ssh, machine->name, true);
	machine_changed(cluster, machine);
}

static int64_t step(struct cluster *cluster, struct machine *machine, int64_t now_ms)
{
	int64_t next = INT64_MAX;

	if (machine->down_at && machine->down_at <= now_ms) {
		machine->down_at = 0;
		machine->up_at = now_ms + scaled(cluster, DOWN_MS);
		ssh_server_set_up(cluster->ssh, machine->name, false);
		status_set_lost(cluster, machine);
	}
	if (machine->up_at && machine->up_at <= now_ms) {
		machine_boot(cluster, machine);
		status_set_ready(cluster, machine, machine->shown.disk_full);
	}
	if (machine->pressure_ends_at && machine->pressure_ends_at <= now_ms) {
		machine->pressure_ends_at = 0;
		if (!machine->shown.disk_full && status_has_pressure(cluster, machine))
			status_set_pressure(cluster, machine, false);
	}
	if (machine->down_at)
		next = machine->down_at;
	if (machine->up_at && machine->up_at < next)
		next = machine->up_at;
	return machine->pressure_ends_at && machine->pressure_ends_at < next ? machine->pressure_ends_at : next;
}

int64_t machines_step(struct cluster *cluster, int64_t now_ms)
{
	size_t position = 0;
	int64_t next = INT64_MAX;
	struct machine *machine;

	while ((machine = machine_next(cluster, &position))) {
		int64_t due = step(cluster, machine, now_ms);

		next = due < next ? due : next;
	}
	return next;
}
