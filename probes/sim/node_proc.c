#include "probes/sim/node_proc.h"

#include <inttypes.h>
#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/node_machine.h"

enum { TEXT_MAXIMUM = 64 << 10, OTHER_GROUPS = 96 };

static char *command_line(const json_t *node, const struct machine *machine)
{
	const char *kernel = doc_text(node, "status.nodeInfo.kernelVersion");
	const char *arguments = json_string_value(machine_part(machine, "bootArguments"));

	return xasprintf("BOOT_IMAGE=/boot/vmlinuz-%s %s\n", kernel, arguments ? arguments : "ro quiet");
}

/* Version 2 has no numbers a controller: the kernel still lists them, in hierarchy 0. */
static char *cgroups(const struct machine *machine)
{
	static const char *const controllers[] = {"cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer",
						  "net_cls", "perf_event", "net_prio", "hugetlb", "pids"};
	const json_t *groups = machine_part(machine, "cgroups");
	bool second = doc_int_or(groups, "version", 2) == 2;
	struct buffer text = BUFFER_INIT(TEXT_MAXIMUM);

	buffer_add_text(&text, "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
	for (size_t i = 0; i < array_length(controllers); i++) {
		bool memory = !strcmp(controllers[i], "memory");
		int64_t count = memory ? doc_int_or(groups, "memory", OTHER_GROUPS) : OTHER_GROUPS;

		buffer_addf(&text, "%s\t%zu\t%" PRId64 "\t1\n", controllers[i], second ? 0 : i + 2, count);
	}
	return buffer_detach(&text);
}

static char *memory(const struct machine *machine)
{
	const json_t *numbers = machine_part(machine, "memory");
	int64_t total = doc_int_or(numbers, "total", 16399336);
	int64_t available = doc_int_or(numbers, "available", 9120448);

	return xasprintf("MemTotal:       %8" PRId64 " kB\nMemFree:        %8" PRId64 " kB\n"
			 "MemAvailable:   %8" PRId64 " kB\nBuffers:          204800 kB\nCached:          4194304 kB\n"
			 "SwapTotal:             0 kB\nSwapFree:              0 kB\n",
			 total, available / 3, available);
}

static char *uptime(const struct machine *machine)
{
	int64_t seconds = clock_wall() - machine->booted;

	return xasprintf("%" PRId64 ".00 %" PRId64 ".00\n", seconds, seconds * 7);
}

static char *mounts(const struct machine *machine)
{
	struct buffer text = BUFFER_INIT(TEXT_MAXIMUM);
	bool second = doc_int_or(machine_part(machine, "cgroups"), "version", 2) == 2;
	const char *target;
	json_t *entry;

	json_object_foreach(machine_part(machine, "filesystems"), target, entry) {
		const char *options = doc_text(entry, "options");

		buffer_addf(&text, "%s %s %s %s 0 0\n", doc_text(entry, "source"), target, doc_text(entry, "type"),
			    options[0] ? options : "rw,relatime");
	}
	if (second)
		buffer_add_text(&text, "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n");
	else
		buffer_add_text(&text,
				"tmpfs /sys/fs/cgroup tmpfs ro,nosuid,nodev,noexec,mode=755 0 0\n"
				"cgroup /sys/fs/cgroup/memory cgroup rw,nosuid,nodev,noexec,relatime,memory 0 0\n");
	return buffer_detach(&text);
}

char *proc_text(const struct cluster *cluster, const struct machine *machine, const char *path)
{
	const struct object *object = machine_node(cluster, machine);
	const json_t *node = object ? object->now->value : NULL;

	if (!strcmp(path, "/proc/cmdline"))
		return command_line(node, machine);
	if (!strcmp(path, "/proc/cgroups"))
		return cgroups(machine);
	if (!strcmp(path, "/proc/meminfo"))
		return memory(machine);
	if (!strcmp(path, "/proc/uptime"))
		return uptime(machine);
	if (!strcmp(path, "/proc/mounts") || !strcmp(path, "/proc/self/mounts") || !strcmp(path, "/etc/mtab"))
		return mounts(machine);
	if (!strcmp(path, "/proc/sys/kernel/random/boot_id"))
		return xasprintf("%s\n", doc_text(node, "status.nodeInfo.bootID"));
	if (!strcmp(path, "/proc/sys/kernel/osrelease"))
		return xasprintf("%s\n", doc_text(node, "status.nodeInfo.kernelVersion"));
	if (!strcmp(path, "/etc/hostname"))
		return xasprintf("%s\n", machine->name);
	if (!strcmp(path, "/etc/machine-id"))
		return xasprintf("%s\n", doc_text(node, "status.nodeInfo.machineID"));
	return NULL;
}
