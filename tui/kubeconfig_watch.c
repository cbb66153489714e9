#include "tui/kubeconfig_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/base/memory.h"

/* FNV-1a over what a change of the file changes. */
static uint64_t add_number(uint64_t hash, uint64_t number)
{
	for (int i = 0; i < 8; i++) {
		hash ^= number >> (8 * i) & 0xFF;
		hash *= 1099511628211U;
	}
	return hash;
}

static uint64_t add_file(uint64_t hash, const char *path)
{
	struct stat status = {0};

	if (stat(path, &status) < 0)
		return add_number(hash, 1);
	hash = add_number(hash, (uint64_t)status.st_mtim.tv_sec);
	hash = add_number(hash, (uint64_t)status.st_mtim.tv_nsec);
	hash = add_number(hash, (uint64_t)status.st_size);
	return add_number(hash, status.st_ino);
}

bool kubeconfig_watch_changed(struct kubeconfig_watch *watch, const char *path)
{
	const char *home = getenv("HOME");
	const char *list = path ? path : getenv("KUBECONFIG");
	auto_free char *standard = xasprintf("%s/.kube/config", home ? home : "");
	uint64_t hash = 14695981039346656037U;
	uint64_t before = watch->signature;

	if (!list || !*list)
		list = standard;
	while (*list) {
		size_t length = strcspn(list, path ? "" : ":");
		auto_free char *file = xstrndup(list, length);

		hash = add_file(hash, file);
		list += length + (list[length] == ':');
	}
	watch->signature = hash;
	return hash != before;
}
