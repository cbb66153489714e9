#include "probes/kube/kubeconfig_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "probes/base/file.h"
#include "probes/base/memory.h"
#include "probes/kube/kubeconfig.h"
#include "probes/kube/yaml.h"

enum { FILE_MAXIMUM = 4 << 20 };

static const char *const lists[] = {"clusters", "users", "contexts"};

static void file_release(struct kubeconfig_file *file)
{
	yaml_tree_free(file->document);
	if (file->text)
		explicit_bzero(file->text, file->length);
	free(file->text);
	free(file->path);
}

void kubeconfig_files_release(struct kubeconfig_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		file_release(&files->files[i]);
	free(files->files);
	free(files->looked_for);
	*files = (struct kubeconfig_files){0};
}

int entry_fault(const struct kubeconfig_entry *entry, const json_t *at, const char *id, const char *value,
		struct err *err)
{
	char line[32];

	snprintf(line, sizeof(line), "%d", yaml_tree_line(entry->file->document, at ? at : entry->value));
	err_set(err, ERR_CONFIG, id, "file", entry->file->path, "line", line, "value", value, NULL);
	err_hint(err, "correct that line, or download the kubeconfig again", NULL);
	return -1;
}

/* Reading */

static int check_list(const struct kubeconfig_entry *root, const char *list, struct err *err)
{
	const json_t *entries;
	const json_t *entry;
	size_t index;
	size_t other;

	if (entry_list(root, list, &entries, err) < 0)
		return -1;
	json_array_foreach(entries, index, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));

		if (!name)
			return entry_fault(root, entry,
					   "{file}, line {line}: an entry of {value} has no name", list, err);
		for (other = 0; other < index; other++) {
			const json_t *earlier = json_object_get(json_array_get(entries, other), "name");

			if (!strcmp(json_string_value(earlier), name))
				return entry_fault(root, entry,
						   "{file}, line {line}: the name {value} is there twice",
						   name, err);
		}
	}
	return 0;
}

static int check_file(const struct kubeconfig_file *file, struct err *err)
{
	struct kubeconfig_entry root = {.file = file, .value = yaml_tree_root(file->document)};
	const char *current;

	if (json_is_null(root.value))
		return 0;
	if (!json_is_object(root.value)) {
		err_set(err, ERR_CONFIG, "{file} is no kubeconfig: it has no clusters, users and contexts",
			"file",
			file->path, NULL);
		err_hint(err, "check the path, or download the kubeconfig again", NULL);
		return -1;
	}
	for (size_t i = 0; i < array_length(lists); i++) {
		if (check_list(&root, lists[i], err) < 0)
			return -1;
	}
	return entry_text(&root, "current-context", &current, err);
}

static int read_one(struct kubeconfig_files *files, const char *path, struct err *err)
{
	struct kubeconfig_file file = {0};

	if (file_read(path, FILE_MAXIMUM, &file.text, &file.length, err) < 0)
		return -1;
	file.path = xstrdup(path);
	if (yaml_tree_parse(path, file.text, file.length, YAML_TEXTS, &file.document, err) < 0) {
		err_hint(err, "the file has to be YAML or JSON; correct it or download it again", NULL);
		file_release(&file);
		return -1;
	}
	if (check_file(&file, err) < 0) {
		file_release(&file);
		return -1;
	}
	files->files = xreallocarray(files->files, files->count + 1, sizeof(file));
	files->files[files->count++] = file;
	return 0;
}

static bool is_known(const struct kubeconfig_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++) {
		if (!strcmp(files->files[i].path, path))
			return true;
	}
	return false;
}

static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static int read_list(struct kubeconfig_files *files, const char *paths, struct err *err)
{
	auto_free char *copy = xstrdup(paths);
	char *rest = copy;
	char *path;

	while ((path = strsep(&rest, ":")) != NULL) {
		if (!*path || is_known(files, path) || is_missing(path))
			continue;
		if (read_one(files, path, err) < 0)
			return -1;
	}
	return 0;
}

/* What is looked for where --kubeconfig names nothing. */
static char *default_paths(void)
{
	const char *list = getenv("KUBECONFIG");
	const char *home = getenv("HOME");

	if (list && *list)
		return xstrdup(list);
	return home && *home ? xasprintf("%s/.kube/config", home) : xstrdup("");
}

int kubeconfig_files_load(const struct kubeconfig_options *options, struct kubeconfig_files *ret_files,
			  struct err *err)
{
	struct kubeconfig_files files = {0};
	int failed;

	if (options->path) {
		files.looked_for = xstrdup(options->path);
		failed = read_one(&files, options->path, err);
	} else {
		files.looked_for = default_paths();
		failed = read_list(&files, files.looked_for, err);
	}
	if (failed < 0) {
		kubeconfig_files_release(&files);
		return -1;
	}
	*ret_files = files;
	return 0;
}

/* Entries */

static const json_t *find_named(const struct kubeconfig_file *file, const char *list, const char *name)
{
	const json_t *entries = json_object_get(yaml_tree_root(file->document), list);
	const json_t *entry;
	size_t index;

	json_array_foreach(entries, index, entry) {
		if (!strcmp(json_string_value(json_object_get(entry, "name")), name))
			return entry;
	}
	return NULL;
}

int kubeconfig_find(const struct kubeconfig_files *files, const char *list, const char *member,
		    const char *name,
		    struct kubeconfig_entry *ret_entry, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct kubeconfig_entry named = {
			.file = &files->files[i],
			.value = find_named(&files->files[i], list, name),
		};

		if (!named.value)
			continue;
		if (entry_mapping(&named, member, ret_entry, err) < 0)
			return -1;
		/*
		 * An entry without a body hides those of later files: its name stands for it, and
		 * has no members.
		 */
		if (!ret_entry->value)
			ret_entry->value = json_object_get(named.value, "name");
		return 0;
	}
	*ret_entry = (struct kubeconfig_entry){0};
	return 0;
}

const char *kubeconfig_current_context(const struct kubeconfig_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const json_t *root = yaml_tree_root(files->files[i].document);
		const char *name = json_string_value(json_object_get(root, "current-context"));

		if (name && *name)
			return name;
	}
	return "";
}

static bool is_among(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

char **kubeconfig_names(const struct kubeconfig_files *files, const char *list)
{
	char **names = xcalloc(1, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		const json_t *entries = json_object_get(yaml_tree_root(files->files[i].document), list);
		const json_t *entry;
		size_t index;

		json_array_foreach(entries, index, entry) {
			const char *name = json_string_value(json_object_get(entry, "name"));

			if (is_among(names, count, name))
				continue;
			names = xreallocarray(names, count + 2, sizeof(char *));
			names[count++] = xstrdup(name);
			names[count] = NULL;
		}
	}
	return names;
}

static const json_t *member(const struct kubeconfig_entry *entry, const char *key)
{
	const json_t *value = json_object_get(entry->value, key);

	return json_is_null(value) ? NULL : value;
}

int entry_text(const struct kubeconfig_entry *entry, const char *key, const char **ret_text, struct err *err)
{
	const json_t *value = member(entry, key);

	if (value && !json_is_string(value))
		return entry_fault(entry, value, "{file}, line {line}: {value} has to be a text", key, err);
	*ret_text = json_string_value(value);
	return 0;
}

int entry_copy(const struct kubeconfig_entry *entry, const char *key, char **ret_text, struct err *err)
{
	const char *text;

	if (entry_text(entry, key, &text, err) < 0)
		return -1;
	*ret_text = text && *text ? xstrdup(text) : NULL;
	return 0;
}

int entry_bool(const struct kubeconfig_entry *entry, const char *key, bool *ret_value, struct err *err)
{
	static const char *const words[] = {"false", "no", "off", "true", "yes",
					    "on"};	/* YAML 1.1, as Go's reader */
	const char *text;

	if (entry_text(entry, key, &text, err) < 0)
		return -1;
	*ret_value = false;
	if (!text)
		return 0;
	for (size_t i = 0; i < array_length(words); i++) {
		if (!strcasecmp(text, words[i])) {
			*ret_value = i >= array_length(words) / 2;
			return 0;
		}
	}
	return entry_fault(entry, member(entry, key), "{file}, line {line}: {value} has to be true or false",
			   key, err);
}

int entry_mapping(const struct kubeconfig_entry *entry, const char *key, struct kubeconfig_entry *ret_entry,
		  struct err *err)
{
	const json_t *value = member(entry, key);

	if (value && !json_is_object(value))
		return entry_fault(entry, value, "{file}, line {line}: {value} has to be a mapping", key,
				   err);
	*ret_entry = (struct kubeconfig_entry){.file = entry->file, .value = value};
	return 0;
}

int entry_list(const struct kubeconfig_entry *entry, const char *key, const json_t **ret_list,
	       struct err *err)
{
	const json_t *value = member(entry, key);

	if (value && !json_is_array(value))
		return entry_fault(entry, value, "{file}, line {line}: {value} has to be a list", key, err);
	*ret_list = value;
	return 0;
}

char *entry_path(const struct kubeconfig_entry *entry, const char *path)
{
	const char *slash = strrchr(entry->file->path, '/');

	if (*path == '/' || !slash)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - entry->file->path), entry->file->path, path);
}
