#include "probes/sim/kubelet_words.h"

#include <inttypes.h>
#include <stdio.h>

#include "probes/base/memory.h"

char *words_scheduled(const char *namespace, const char *pod, const char *node)
{
	return xasprintf("Successfully assigned %s/%s to %s", namespace, pod, node);
}

char *words_unschedulable(size_t nodes)
{
	return xasprintf("0/%zu nodes are available: %zu node(s) didn't match Pod's node affinity/selector. "
			 "preemption: 0/%zu nodes are available: %zu Preemption is not helpful for scheduling.",
			 nodes, nodes, nodes, nodes);
}

char *words_pulling(const char *image)
{
	return xasprintf("Pulling image \"%s\"", image);
}

char *words_pulled(const char *image, int64_t milliseconds)
{
	return xasprintf("Successfully pulled image \"%s\" in %" PRId64 ".%03" PRId64 "s (%" PRId64 ".%03" PRId64
			 "s including waiting)",
			 image, milliseconds / 1000, milliseconds % 1000, milliseconds / 1000, milliseconds % 1000);
}

char *words_present(const char *image)
{
	return xasprintf("Container image \"%s\" already present on machine", image);
}

char *words_created(const char *container)
{
	return xasprintf("Created container %s", container);
}

char *words_started(const char *container)
{
	return xasprintf("Started container %s", container);
}

char *words_killing(const char *container)
{
	return xasprintf("Stopping container %s", container);
}

char *words_back_off(const char *image)
{
	return xasprintf("Back-off pulling image \"%s\"", image);
}

char *words_failed_pull(const char *image, const char *runtime_error)
{
	return xasprintf("Failed to pull image \"%s\": %s", image, runtime_error);
}

char *words_unhealthy(const char *kind, const char *output)
{
	return xasprintf("%s probe failed: %s", kind, output);
}

char *words_back_off_restart(const char *container, const char *pod, const char *namespace, const char *uid)
{
	return xasprintf("Back-off restarting failed container %s in pod %s_%s(%s)", container, pod, namespace, uid);
}

char *words_crash_loop(int64_t seconds, const char *container, const char *pod, const char *namespace, const char *uid)
{
	char span[32];

	if (seconds < 60)
		snprintf(span, sizeof(span), "%" PRId64 "s", seconds);
	else
		snprintf(span, sizeof(span), "%" PRId64 "m%" PRId64 "s", seconds / 60, seconds % 60);
	return xasprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)", span, container, pod, namespace,
			 uid);
}

char *words_field_path(bool init, const char *container)
{
	return xasprintf("spec.%s{%s}", init ? "initContainers" : "containers", container);
}
