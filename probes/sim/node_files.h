/*
 * The files of a simulated node, with their owners, modes and sizes, and the
 * file systems that they fill. Paths are absolute; what /proc says is made up
 * on the spot. Functions that can fail return NULL, or what errno would say.
 */
#ifndef SIM_NODE_FILES_H
#define SIM_NODE_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct shell;

enum files_way {
	FILES_REPLACE,	/* as > does: the old content is gone even where the new one finds no room */
	FILES_APPEND,
	FILES_NEW,	/* as a copy to a new file does */
};

/* The entry of a path, links followed; a directory that is only implied gives an entry too. NULL: not there. */
const json_t *files_find(const struct machine *machine, const char *path);
bool files_is_directory(const json_t *entry);
int64_t files_size(const json_t *entry);
const char *files_owner(const json_t *entry);
const char *files_group(const json_t *entry);
unsigned int files_mode(const json_t *entry);	/* permission bits */
/* May the shell's user pass through the directories of the path / do that with it? */
bool files_reachable(const struct shell *shell, const char *path);
bool files_may_read(const struct shell *shell, const char *path);

const char *files_read(struct shell *shell, const char *path, const char **ret_text, size_t *ret_length);
const char *files_write(struct shell *shell, const char *path, const char *bytes, size_t n, enum files_way way);
const char *files_remove(struct shell *shell, const char *path);
const char *files_rename(struct shell *shell, const char *from, const char *to);
const char *files_make_directory(struct shell *shell, const char *path, bool parents);
/* All that lies below a folder goes, whoever owns it. */
void files_forget_below(struct machine *machine, const char *folder);
/* NULL leaves as it is. */
void files_set_rights(struct machine *machine, const char *path, const char *mode, const char *owner,
		      const char *group);
/* The file is so large from now on; its content stays as it is. */
void files_set_size(struct machine *machine, const char *path, int64_t size);

/* Mount point of the file system that a path is on. Borrowed. */
const char *filesystem_of(const struct machine *machine, const char *path);
int64_t filesystem_used(const struct machine *machine, const char *mount_point);
int64_t filesystem_inodes_used(const struct machine *machine, const char *mount_point);

/* "/etc/x" of "/etc/x/y"; "/" of "/x". Caller frees. */
char *path_parent(const char *path);
const char *path_name(const char *path);

#endif
