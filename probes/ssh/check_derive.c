/*
 * What is computed from several reads of a check.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/ssh/check_batch.h"

/* Below this size the tables of a file system take a share of their own. */
static const json_int_t least_device_bytes = 1 << 30;

/* docker is what the kubelet uses where it runs: from 18.09 on it has a containerd of its own beside it. */
static void derive_runtime(json_t *value)
{
	static const char *const names[] = {"docker", "containerd"};
	json_t *runtime;

	if (!json_object_get(value, "units"))
		return;
	runtime = json_pack("{s:b}", "active", 0);
	for (size_t i = 0; i < array_length(names); i++) {
		auto_free char *state = xasprintf("units.units[id=%s.service].activeState", names[i]);
		auto_free char *version = xasprintf("%s.version", names[i]);
		const char *text = json_string_value(value_member(value, state));
		const json_t *number = value_member(value, version);

		if (!text || strcmp(text, "active") != 0 || json_object_get(runtime, "name"))
			continue;
		json_object_set_new(runtime, "active", json_true());
		json_object_set_new(runtime, "name", json_string(names[i]));
		json_object_set_new(runtime, "version", number ? json_copy((json_t *)(uintptr_t)number)
				    : json_string("?"));
	}
	json_object_set_new(value, "runtime", runtime);
}

/* The node's clock against ours when its answer came; the way here takes a part of a second. */
static void derive_skew(json_t *value, int64_t read_at_ms)
{
	json_t *clock = json_object_get(value, "clock");
	const json_t *seconds = json_object_get(clock, "seconds");
	double skew = json_number_value(seconds) - (double)read_at_ms / 1000;

	if (!json_is_number(seconds) || !read_at_ms)
		return;
	json_object_set_new(clock, "skewSeconds", json_real(skew));
	json_object_set_new(clock, "skewMagnitude", json_real(skew < 0 ? -skew : skew));
}

/* The file system of a device: by its mount point, else by its name, for a volume of a pod is mounted twice. */
static const json_t *filesystem_of(const json_t *disk, const json_t *device)
{
	static const char *const lists[] = {"filesystems", "volumes"};
	const char *mount = json_string_value(json_object_get(device, "mount"));
	const char *name = json_string_value(json_object_get(device, "kernelName"));
	auto_free char *path = xasprintf("/dev/%s", name ? name : "");
	size_t index;
	const json_t *filesystem;

	for (size_t i = 0; i < array_length(lists); i++) {
		json_array_foreach(json_object_get(disk, lists[i]), index, filesystem) {
			const char *at = json_string_value(json_object_get(filesystem, "mount"));
			const char *of = json_string_value(json_object_get(filesystem, "device"));

			if ((mount && at && !strcmp(at, mount)) || (name && of && !strcmp(of, path)))
				return filesystem;
		}
	}
	return NULL;
}

static json_t *gap_of(const json_t *device, const json_t *filesystem)
{
	json_int_t whole = json_integer_value(json_object_get(device, "bytes"));
	json_int_t used = json_integer_value(json_object_get(filesystem, "sizeBytes"));

	return json_pack("{s:O, s:O, s:I, s:I, s:f}", "device", json_object_get(device, "name"), "mount",
			 json_object_get(filesystem, "mount"), "deviceBytes", whole, "filesystemBytes", used, "share",
			 (double)used / (double)whole);
}

static double share_of(const json_t *gap)
{
	return json_real_value(json_object_get(gap, "share"));
}

/* guide E10: the device grew, its file system did not. */
static void derive_gap(json_t *value)
{
	const json_t *devices = value_member(value, "devices.devices");
	const json_t *disk = json_object_get(value, "disk");
	size_t index;
	const json_t *device;
	json_t *worst = NULL;

	json_array_foreach(devices, index, device) {
		const json_t *filesystem = filesystem_of(disk, device);
		const char *type = json_string_value(json_object_get(device, "type"));
		json_t *gap;

		if (!filesystem || !json_object_get(filesystem, "sizeBytes") || !json_object_get(device, "name") ||
		    json_integer_value(json_object_get(device, "bytes")) < least_device_bytes ||
		    (type && !strcmp(type, "loop")))
			continue;
		gap = gap_of(device, filesystem);
		if (!worst || share_of(gap) < share_of(worst)) {
			json_decref(worst);
			worst = gap;
		} else {
			json_decref(gap);
		}
	}
	if (worst)
		json_object_set_new(value, "gap", worst);
}

static const json_t *device_named(const json_t *devices, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	size_t index;
	const json_t *device;

	json_array_foreach(devices, index, device) {
		const char *kernel = json_string_value(json_object_get(device, "kernelName"));

		if (kernel && slash && !strcmp(kernel, slash + 1))
			return device;
	}
	return NULL;
}

/* guide E10: by PersistentVolume, what the kernel knows of its device and how large its file system is. */
static void derive_volumes(json_t *value)
{
	const json_t *mounted = value_member(value, "mounts.volumes");
	json_t *volumes = json_object();
	const char *name;
	const json_t *path;

	json_object_foreach((json_t *)(uintptr_t)mounted, name, path) {
		const json_t *device = device_named(value_member(value, "devices.devices"), json_string_value(path));
		const json_t *filesystem = device ? filesystem_of(json_object_get(value, "disk"), device) : NULL;

		if (filesystem && json_object_get(filesystem, "sizeBytes") && json_object_get(device, "name") &&
		    json_integer_value(json_object_get(device, "bytes")) > 0)
			json_object_set_new(volumes, name, gap_of(device, filesystem));
	}
	json_object_set_new(value, "volumes", volumes);
}

void value_derive(json_t *value, enum check_derive derive, int64_t clock_read_at_ms)
{
	switch (derive) {
	case DERIVE_RUNTIME:
		derive_runtime(value);
		break;
	case DERIVE_SKEW:
		derive_skew(value, clock_read_at_ms);
		break;
	case DERIVE_GAP:
		derive_gap(value);
		derive_volumes(value);
		break;
	case DERIVE_NOTHING:
		break;
	}
}
