/*
 * The built-in rows of the field tables, and the tree that they and the
 * runbooks' paths are compiled into. Internal to probes/kube/.
 *
 * A mount is a place in the document whose fields go to one struct: the
 * record itself (path ""), or each item of a list ("status.conditions[*]").
 * A row is one field: its path below the mount, and the member that it fills.
 */
#ifndef KUBE_FIELDS_ROWS_H
#define KUBE_FIELDS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/kube/fields.h"
#include "probes/kube/record.h"

/* What the fields of a mount are gathered in. */
enum field_group {
	GROUP_RECORD,
	GROUP_LABELS,
	GROUP_ANNOTATIONS,
	GROUP_FINALIZERS,	/* strings */
	GROUP_GATES,		/* strings: readiness gates */
	GROUP_CONDITIONS,
	GROUP_TAINTS,
	GROUP_ADDRESSES,
	GROUP_SPECS,
	GROUP_STATUSES,
	GROUP_OWNERS,		/* only while scanning: the controller's are kept */
	GROUP_EXTRAS,
	GROUP_COUNT,
};

enum field_type {
	FIELD_STRING,
	FIELD_BOOL,
	FIELD_INT,
	FIELD_TIME,	/* RFC 3339 to wall seconds */
	FIELD_UNITS,	/* a quantity in whole units: "8Gi" is 8589934592 */
	FIELD_MILLI,	/* a quantity in thousandths: "2" is 2000 */
	FIELD_IS,	/* a bool: is the string the same as text? */
	FIELD_STATE,	/* an enum container_state: set to number where the object is there */
	FIELD_FLAG,	/* a bool: set where the object is there */
	FIELD_LIST,	/* the string becomes an item of a list of strings */
	FIELD_LABEL,	/* the string becomes the value of a label named by the key */
};

/* When the member says what the path says: a waiting container's reason is not state.terminated.reason. */
enum field_gate { GATE_NONE, GATE_WAITING, GATE_RUNNING, GATE_TERMINATED, GATE_LAST, GATE_LOSSY };

enum { TEXT_LIMIT = 1024, MESSAGE_LIMIT = 8192, NAME_LIMIT = 512 };

struct field_row {
	const char *path;
	enum field_type type;
	uint16_t offset;
	uint16_t limit;		/* of strings, bytes */
	enum field_gate gate;	/* GATE_LOSSY: the member alone cannot tell what the path held */
	int number;		/* FIELD_STATE */
	const char *text;	/* FIELD_IS */
};

struct field_mount {
	const char *path;
	enum field_group group;
	int role;		/* enum container_role, for GROUP_SPECS and GROUP_STATUSES */
	const struct field_row *rows;
	size_t row_count;
};

/* One struct of a group in memory. */
struct group_layout {
	size_t size;
	int role_offset;	/* -1: has no role */
	const uint16_t *strings;	/* offsets of its string members */
	size_t string_count;
};
extern const struct group_layout group_layouts[GROUP_COUNT];

/* Where a record of a kind keeps the items of a group. */
struct group_place {
	enum field_group group;
	uint16_t pointer;	/* offset of the pointer to the first item */
	uint16_t count;		/* offset of the uint16_t number of items */
};

struct owner_reference {	/* an item of GROUP_OWNERS */
	const char *uid;
	const char *kind;
	const char *name;
	bool is_controller;
};

/* An event while it is scanned: the sources of members that are chosen from several fields. */
struct event_scan {
	struct event_record event;
	const char *source_component;
	const char *reporting_component;
	const char *source_host;
	const char *reporting_instance;
	int64_t plain_count;
	int64_t series_count;
	int64_t series_last;
	int64_t last_timestamp;
	int64_t event_time;
	int64_t first_timestamp;
};

/* A workload while it is scanned. */
struct workload_scan {
	struct workload_record workload;
	const char *update_revision;
};

struct kind_layout {
	size_t scan_size;	/* of the struct that is filled */
	size_t record_size;	/* of the record that is kept, its beginning */
	const uint16_t *strings;	/* offsets of the record's string members, without those of struct record */
	size_t string_count;
	const struct field_mount *mounts;
	size_t mount_count;
	const struct group_place *places;
	size_t place_count;
	const char *const *labels;	/* wanted in any case, NULL-terminated; a final * is any ending */
	const char *const *annotations;
};
const struct kind_layout *kind_layout(enum kind_id kind);

/* What every kind has. */
extern const struct field_mount common_mounts[];
extern const size_t common_mount_count;
extern const struct group_place common_places[];
extern const size_t common_place_count;
extern const uint16_t common_strings[];
extern const size_t common_string_count;

/* The compiled tree. */
struct field_action {
	const struct field_mount *mount;
	const struct field_row *row;
};

struct field_node {
	char *key;
	size_t key_length;
	bool is_prefix;			/* the key ended in * */
	struct field_node **children;
	size_t child_count;
	struct field_node *each;	/* the items of the list that is here */
	const struct field_mount *mount;	/* the object here is an item of this mount's group */
	struct field_action *actions;
	size_t action_count;
	int extra;			/* path index of the extra value that is kept, or -1 */
	uint16_t extra_limit;
};

enum path_source { PATH_MEMBER, PATH_LIST, PATH_LABEL, PATH_ANNOTATION, PATH_EXTRA };

struct field_path {
	char *text;
	const struct kind *kind;
	enum path_source source;
	const struct field_mount *mount;	/* of a member */
	const struct field_row *row;
	const struct group_place *place;	/* of a member in a group, or a list */
	char *key;				/* of a label or annotation */
	uint16_t extra;
};

struct field_table {
	const struct kind *kind;
	const struct kind_layout *layout;
	struct field_node *root;
	struct field_path **paths;
	size_t path_count;
	uint16_t extra_count;
};

/* The child for a key, or NULL. An exact key wins over a prefix. */
const struct field_node *field_node_child(const struct field_node *node, const char *key, size_t length);
/* How many bytes of a string at the node are kept at most. */
size_t field_node_text_limit(const struct field_node *node);

#endif
