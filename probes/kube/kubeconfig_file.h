/*
 * The files behind a kubeconfig: which ones count, what is in them, which
 * entry wins. For kubeconfig*.c.
 */
#ifndef KUBE_KUBECONFIG_FILE_H
#define KUBE_KUBECONFIG_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

struct kubeconfig_options;
struct yaml_tree;

struct kubeconfig_file {
	char *path;
	char *text;		/* wiped when freed */
	size_t length;
	struct yaml_tree *document;
};

/* The files in the order of their rank. */
struct kubeconfig_files {
	struct kubeconfig_file *files;
	size_t count;
	char *looked_for;	/* for messages: what was looked for, "/a:/b" */
};

/* A mapping of a file: an entry's "cluster", "user" or "context", or part of one. */
struct kubeconfig_entry {
	const struct kubeconfig_file *file;
	const json_t *value;	/* NULL: there is none */
};

/* Files that are missing are left out, unless --kubeconfig names them. */
int kubeconfig_files_load(const struct kubeconfig_options *options, struct kubeconfig_files *ret_files,
			  struct err *err);
void kubeconfig_files_release(struct kubeconfig_files *files);

/*
 * The first file's entry of that name in the list ("clusters"), its member ("cluster"); value NULL:
 * there is none.
 */
int kubeconfig_find(const struct kubeconfig_files *files, const char *list, const char *member,
		    const char *name,
		    struct kubeconfig_entry *ret_entry, struct err *err);
/* The first file that sets it: "" when none does. Borrowed. */
const char *kubeconfig_current_context(const struct kubeconfig_files *files);
/* Names in a list of all files, each once. Caller frees with strings_free(). */
char **kubeconfig_names(const struct kubeconfig_files *files, const char *list);

/* Members of an entry: 0 and the value, NULL or false where it is absent or null; wrong types are errors. */
int entry_text(const struct kubeconfig_entry *entry, const char *key, const char **ret_text, struct err *err);
/* The same, copied; NULL for an empty text too. Caller frees. */
int entry_copy(const struct kubeconfig_entry *entry, const char *key, char **ret_text, struct err *err);
int entry_bool(const struct kubeconfig_entry *entry, const char *key, bool *ret_value, struct err *err);
int entry_mapping(const struct kubeconfig_entry *entry, const char *key, struct kubeconfig_entry *ret_entry,
		  struct err *err);
/* *ret_list NULL where it is absent. Borrowed. */
int entry_list(const struct kubeconfig_entry *entry, const char *key, const json_t **ret_list,
	       struct err *err);
/*
 * "FILE, line N: " is put before the sentence by its places {file} and {line}: ids begin with them.
 * Returns -1.
 */
int entry_fault(const struct kubeconfig_entry *entry, const json_t *at, const char *id, const char *value,
		struct err *err);
/* A path of an entry, made relative to its file. Caller frees. */
char *entry_path(const struct kubeconfig_entry *entry, const char *path);

#endif
