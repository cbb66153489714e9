#include "probes/ssh/check_set.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"

enum { FILE_MAXIMUM = 256 << 10 };

void check_free(struct check *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < check->read_count; i++) {
		for (size_t c = 0; c < check->reads[i].command_count; c++)
			free(check->reads[i].commands[c].argv);
		free(check->reads[i].commands);
	}
	free(check->reads);
	free(check->signs);
	json_decref(check->document);
	free(check);
}

void check_set_free(struct check_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		check_free(set->checks[i]);
	free(set->checks);
	free(set);
}

static int only_checks(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".json");
}

static int read_file(struct check_set *set, const char *path, struct err *err)
{
	auto_free char *text = NULL;
	struct check *check;
	size_t length;

	if (file_read(path, FILE_MAXIMUM, &text, &length, err) < 0 ||
	    check_read_text(path, text, length, &check, err) < 0)
		return -1;
	check->set = set;
	set->checks = xreallocarray(set->checks, set->count + 1, sizeof(*set->checks));
	set->checks[set->count++] = check;
	return 0;
}

int check_set_load(const char *folder, struct check_set **ret_set, struct err *err)
{
	struct dirent **entries = NULL;
	struct check_set *set = xcalloc(1, sizeof(*set));
	int count = scandir(folder, &entries, only_checks, alphasort);
	int result = 0;

	if (count < 0)
		result = err_set(err, ERR_IO, "cannot read the folder {path}: {reason}", "path", folder, "reason",
				 strerror(errno), NULL);
	for (int i = 0; i < count; i++) {
		auto_free char *path = xasprintf("%s/%s", folder, entries[i]->d_name);

		if (result == 0)
			result = read_file(set, path, err);
		free(entries[i]);
	}
	free(entries);
	if (result == 0 && !set->count)
		result = err_set(err, ERR_CONFIG, "{path} holds no checks", "path", folder, NULL);
	if (result < 0) {
		check_set_free(set);
		return -1;
	}
	*ret_set = set;
	return 0;
}

size_t check_count(const struct check_set *set)
{
	return set->count;
}

const struct check *check_at(const struct check_set *set, size_t index)
{
	return index < set->count ? set->checks[index] : NULL;
}

const struct check *check_by_name(const struct check_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!strcmp(set->checks[i]->name, name))
			return set->checks[i];
	}
	return NULL;
}

const char *check_name(const struct check *check)
{
	return check->name;
}

static const char *in_language(const json_t *title, const char *language)
{
	const char *text = language ? json_string_value(json_object_get(title, language)) : NULL;

	return text ? text : json_string_value(json_object_get(title, "en"));
}

const char *check_title(const struct check *check, const char *language)
{
	return in_language(json_object_get(check->document, "title"), language);
}

static const struct check_sign *find_sign(const struct check *check, const char *id)
{
	for (size_t i = 0; i < check->sign_count; i++) {
		if (!strcmp(check->signs[i].id, id))
			return &check->signs[i];
	}
	return NULL;
}

const char *check_sign_title(const struct check *check, const char *sign, const char *language)
{
	const struct check_sign *found = find_sign(check, sign);

	return found ? in_language(found->title, language) : NULL;
}

bool check_sign_is_bad(const struct check *check, const char *sign)
{
	const struct check_sign *found = find_sign(check, sign);

	return found && found->is_bad;
}

enum node_runtime node_runtime_of(const char *container_runtime)
{
	if (!container_runtime || !*container_runtime)
		return RUNTIME_ANY;
	if (!strncmp(container_runtime, "docker", strlen("docker")))
		return RUNTIME_DOCKER;
	if (!strncmp(container_runtime, "containerd", strlen("containerd")))
		return RUNTIME_CONTAINERD;
	return RUNTIME_OTHER;
}

enum node_family node_family_of(const char *os_image)
{
	static const char *const rhel[] = {"CentOS", "Rocky", "Red Hat", "AlmaLinux", "Oracle Linux", "rhel"};
	static const char *const debian[] = {"Ubuntu", "Debian"};

	if (!os_image || !*os_image)
		return FAMILY_ANY;
	for (size_t i = 0; i < array_length(rhel); i++) {
		if (!strncasecmp(os_image, rhel[i], strlen(rhel[i])))
			return FAMILY_RHEL;
	}
	for (size_t i = 0; i < array_length(debian); i++) {
		if (!strncasecmp(os_image, debian[i], strlen(debian[i])))
			return FAMILY_DEBIAN;
	}
	return FAMILY_OTHER;
}
