#include "probes/sim/node_files.h"

#include <stdlib.h>
#include <string.h>

#include "probes/base/clock.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/node_proc.h"
#include "probes/sim/node_shell.h"

enum { LINKS_MAXIMUM = 8, INODE_BYTES = 4096 };

static const char denied[] = "Permission denied";
static const char absent[] = "No such file or directory";
static const char is_directory[] = "Is a directory";
static const char no_directory[] = "Not a directory";
static const char no_space[] = "No space left on device";

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Something lies below it. */
static bool is_implied(const json_t *entries, const char *path)
{
	size_t n = strlen(path);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)entries, name, value)
		if (!strncmp(name, path, n) && (name[n] == '/' || n == 1))
			return true;
	return false;
}

static const json_t *implied_directory(const struct machine *machine, const char *path)
{
	const json_t *files = machine_part(machine, "files");
	const json_t *mounted = machine_part(machine, "filesystems");

	if (is_implied(files, path) || is_implied(mounted, path) || json_object_get(mounted, path))
		return json_object_get(files, "/");
	return NULL;
}

const json_t *files_find(const struct machine *machine, const char *path)
{
	const json_t *entries = machine_part(machine, "files");

	for (int links = 0; links < LINKS_MAXIMUM; links++) {
		const json_t *entry = json_object_get(entries, path);
		const char *target = doc_text(entry, "target");

		if (!entry)
			return implied_directory(machine, path);
		if (!target[0])
			return entry;
		path = target;
	}
	return NULL;
}

bool files_is_directory(const json_t *entry)
{
	return !strcmp(doc_text(entry, "type"), "directory");
}

int64_t files_size(const json_t *entry)
{
	return doc_int_or(entry, "size", (int64_t)json_string_length(json_object_get(entry, "content")));
}

static const char *text_or(const json_t *entry, const char *name, const char *otherwise)
{
	const char *text = doc_text(entry, name);

	return text[0] ? text : otherwise;
}

const char *files_owner(const json_t *entry)
{
	return text_or(entry, "owner", "root");
}

const char *files_group(const json_t *entry)
{
	return text_or(entry, "group", "root");
}

unsigned int files_mode(const json_t *entry)
{
	return (unsigned int)strtoul(text_or(entry, "mode", files_is_directory(entry) ? "0755" : "0644"), NULL, 8);
}

/* want: 4 read, 2 write, 1 pass through. */
static bool allows(const struct shell *shell, const json_t *entry, unsigned int want)
{
	unsigned int shift = strcmp(files_owner(entry), shell->login) ? 0 : 6;

	return shell->is_root || (files_mode(entry) >> shift & want) == want;
}

bool files_reachable(const struct shell *shell, const char *path)
{
	auto_free char *parent = path_parent(path);
	const json_t *entry;

	if (!strcmp(path, "/"))
		return true;
	entry = files_find(shell->machine, parent);
	return (!entry || allows(shell, entry, 1)) && files_reachable(shell, parent);
}

bool files_may_read(const struct shell *shell, const char *path)
{
	const json_t *entry = files_find(shell->machine, path);

	return files_reachable(shell, path) && (!entry || allows(shell, entry, 4));
}

static bool may_change(const struct shell *shell, const char *path)
{
	auto_free char *parent = path_parent(path);
	const json_t *entry = files_find(shell->machine, parent);

	return files_reachable(shell, path) && entry && allows(shell, entry, 2);
}

static const char *read_made_up(struct shell *shell, const char *path, const char **ret_text, size_t *ret_length)
{
	char *text = proc_text(shell->cluster, shell->machine, path);

	if (!text)
		return absent;
	json_object_set_new(shell->variables, path, json_string(text));
	free(text);
	*ret_text = json_string_value(json_object_get(shell->variables, path));
	*ret_length = strlen(*ret_text);
	return NULL;
}

const char *files_read(struct shell *shell, const char *path, const char **ret_text, size_t *ret_length)
{
	const json_t *entry = files_find(shell->machine, path);
	const json_t *content = json_object_get(entry, "content");

	if (!entry)
		return read_made_up(shell, path, ret_text, ret_length);
	if (!files_may_read(shell, path))
		return denied;
	if (files_is_directory(entry))
		return is_directory;
	*ret_text = content ? json_string_value(content) : "";
	*ret_length = json_string_length(content);
	return NULL;
}

const char *filesystem_of(const struct machine *machine, const char *path)
{
	const char *best = "/";
	const char *name;
	json_t *value;

	json_object_foreach(machine_part(machine, "filesystems"), name, value) {
		size_t n = strlen(name);

		if (n > strlen(best) && !strncmp(path, name, n) && (path[n] == '/' || !path[n]))
			best = name;
	}
	return best;
}

static int64_t files_on(const struct machine *machine, const char *mount_point, bool count)
{
	int64_t sum = 0;
	const char *name;
	json_t *entry;

	json_object_foreach(machine_part(machine, "files"), name, entry)
		if (!strcmp(filesystem_of(machine, name), mount_point))
			sum += count ? 1 : files_size(entry);
	return sum;
}

static const json_t *filesystem(const struct machine *machine, const char *mount_point)
{
	return json_object_get(machine_part(machine, "filesystems"), mount_point);
}

static int64_t deleted_on(const struct machine *machine, const char *mount_point)
{
	int64_t sum = 0;
	size_t i;
	json_t *file;

	json_array_foreach(machine_part(machine, "deletedFiles"), i, file)
		if (!strcmp(filesystem_of(machine, doc_text(file, "path")), mount_point))
			sum += doc_int(file, "size");
	return sum;
}

int64_t filesystem_used(const struct machine *machine, const char *mount_point)
{
	const json_t *entry = filesystem(machine, mount_point);
	int64_t used = doc_int(entry, "used") + files_on(machine, mount_point, false) +
		       deleted_on(machine, mount_point);

	return used < doc_int(entry, "size") ? used : doc_int(entry, "size");
}

int64_t filesystem_inodes_used(const struct machine *machine, const char *mount_point)
{
	return doc_int(filesystem(machine, mount_point), "inodesUsed") + files_on(machine, mount_point, true);
}

static int64_t room_for(const struct machine *machine, const char *path)
{
	const char *mount_point = filesystem_of(machine, path);
	const json_t *entry = filesystem(machine, mount_point);

	if (!entry)
		return INT64_MAX;
	if (filesystem_inodes_used(machine, mount_point) >= doc_int_or(entry, "inodes", INT64_MAX))
		return 0;
	return doc_int(entry, "size") - filesystem_used(machine, mount_point);
}

static const char *may_write(const struct shell *shell, const char *path, const json_t *entry)
{
	auto_free char *parent = path_parent(path);
	const json_t *directory = files_find(shell->machine, parent);

	if (!directory)
		return absent;
	if (!files_is_directory(directory))
		return no_directory;
	if (entry && files_is_directory(entry))
		return is_directory;
	if (entry ? !files_reachable(shell, path) || !allows(shell, entry, 2) : !may_change(shell, path))
		return denied;
	return NULL;
}

static json_t *fresh(const struct shell *shell)
{
	const char *owner = shell->is_root ? "root" : shell->login;

	return json_pack("{s:s, s:s, s:s, s:s}", "content", "", "mode", "0644", "owner", owner, "group", owner);
}

static void set_content(json_t *entry, const json_t *before, const char *bytes, size_t n)
{
	size_t had = json_string_length(before);
	char *text = xmalloc(had + n + 1);

	memcpy(text, had ? json_string_value(before) : "", had);
	memcpy(text + had, bytes, n);
	text[had + n] = '\0';
	json_object_set_new(entry, "content", json_stringn_nocheck(text, had + n));
	json_object_del(entry, "size");
	doc_set_int(entry, "changed", clock_wall());
	free(text);
}

const char *files_write(struct shell *shell, const char *path, const char *bytes, size_t n, enum files_way way)
{
	const json_t *had = files_find(shell->machine, path);
	const char *why = may_write(shell, path, had);
	json_t *before = NULL;
	json_t *entry;
	int64_t room;

	if (why)
		return why;
	entry = had ? json_deep_copy(had) : fresh(shell);
	if (way == FILES_APPEND)
		before = json_incref(json_object_get(entry, "content"));
	else
		set_content(entry, NULL, "", 0);
	json_object_set_new(machine_own(shell->machine, "files"), path, entry);
	room = room_for(shell->machine, path);
	if (n && room < (int64_t)n)
		why = no_space;
	else
		set_content(entry, before, bytes, n);
	json_decref(before);
	return why;
}

const char *files_remove(struct shell *shell, const char *path)
{
	const json_t *files = machine_part(shell->machine, "files");

	if (!json_object_get(files, path))
		return files_find(shell->machine, path) ? is_directory : absent;
	if (!may_change(shell, path))
		return "Operation not permitted";
	json_object_del(machine_own(shell->machine, "files"), path);
	return NULL;
}

const char *files_rename(struct shell *shell, const char *from, const char *to)
{
	json_t *entry = json_object_get(machine_part(shell->machine, "files"), from);
	auto_free char *parent = path_parent(to);

	if (!entry || !files_find(shell->machine, parent))
		return absent;
	if (!may_change(shell, from) || !may_change(shell, to))
		return denied;
	entry = json_deep_copy(entry);
	json_object_del(machine_own(shell->machine, "files"), from);
	json_object_set_new(machine_own(shell->machine, "files"), to, entry);
	return NULL;
}

const char *files_make_directory(struct shell *shell, const char *path, bool parents)
{
	const json_t *entry = files_find(shell->machine, path);
	auto_free char *parent = path_parent(path);
	const char *why = NULL;

	if (entry)
		return parents && files_is_directory(entry) ? NULL : "File exists";
	if (!files_find(shell->machine, parent))
		why = parents ? files_make_directory(shell, parent, true) : absent;
	if (!why && !may_change(shell, path))
		why = denied;
	if (!why) {
		json_t *made = fresh(shell);

		json_object_del(made, "content");
		doc_set_text(made, "type", "directory");
		doc_set_text(made, "mode", "0755");
		doc_set_int(made, "size", INODE_BYTES);
		doc_set_int(made, "changed", clock_wall());
		json_object_set_new(machine_own(shell->machine, "files"), path, made);
	}
	return why;
}

void files_forget_below(struct machine *machine, const char *folder)
{
	json_t *files = machine_own(machine, "files");
	size_t n = strlen(folder);
	void *next;

	for (void *at = json_object_iter(files); at; at = next) {
		const char *name = json_object_iter_key(at);

		next = json_object_iter_next(files, at);
		if (!strncmp(name, folder, n) && name[n] == '/')
			json_object_del(files, name);
	}
}

void files_set_rights(struct machine *machine, const char *path, const char *mode, const char *owner,
		      const char *group)
{
	json_t *entry = json_object_get(machine_own(machine, "files"), path);

	if (mode)
		doc_set_text(entry, "mode", mode);
	if (owner)
		doc_set_text(entry, "owner", owner);
	if (group)
		doc_set_text(entry, "group", group);
}

void files_set_size(struct machine *machine, const char *path, int64_t size)
{
	json_t *entry = json_object_get(machine_own(machine, "files"), path);

	if (entry && size) {
		doc_set_int(entry, "size", size);
	} else if (entry) {
		json_object_del(entry, "size");
		doc_set_text(entry, "content", "");
	}
}
