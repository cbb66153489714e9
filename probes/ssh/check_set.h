/*
 * The checks as they were read from assets/checks/. Internal to probes/ssh/.
 */
#ifndef SSH_CHECK_SET_H
#define SSH_CHECK_SET_H

#include "probes/ssh/node_check.h"
#include "probes/ssh/parse.h"

enum node_runtime { RUNTIME_ANY, RUNTIME_DOCKER, RUNTIME_CONTAINERD, RUNTIME_OTHER };
enum node_family { FAMILY_ANY, FAMILY_RHEL, FAMILY_DEBIAN, FAMILY_OTHER };
enum check_derive { DERIVE_NOTHING, DERIVE_RUNTIME, DERIVE_SKEW, DERIVE_GAP };

/* Strings are borrowed from the check's document. */
struct check_command {
	const char **argv;		/* NULL-terminated */
	const struct parser *parser;
	enum node_runtime runtime;	/* the only one that it is for */
	enum node_family family;
};

struct check_read {
	const char *as;
	const json_t *exits;		/* NULL: 0 alone */
	bool sudo;
	bool takes_missing;		/* "missing" */
	bool is_optional;
	int timeout_seconds;
	size_t maximum;
	struct check_command *commands;
	size_t command_count;
};

struct check_sign {
	const char *id;
	const json_t *title;
	const json_t *tests;
	bool is_bad;
	bool is_critical;	/* of bad ones */
};

struct check {
	const struct check_set *set;
	json_t *document;
	const char *name;
	const char *summary;
	enum node_runtime runtime;
	enum node_family family;
	enum check_derive derive;
	struct check_read *reads;
	size_t read_count;
	struct check_sign *signs;
	size_t sign_count;
};

struct check_set {
	struct check **checks;
	size_t count;
};

/* One file's text; path names it in errors, and its last part is the check's name. */
int check_read_text(const char *path, const char *text, size_t length, struct check **ret_check, struct err *err);
void check_free(struct check *check);

/* "containerd://1.6.21" and "Rocky Linux 8.10 (Green Obsidian)"; NULL and "": ANY, not known. */
enum node_runtime node_runtime_of(const char *container_runtime);
enum node_family node_family_of(const char *os_image);

#endif
