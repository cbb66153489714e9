/*
 * A file as it is on a node: whether it is there, what it holds, its mode and
 * owner. Read by two commands, before a plan and again when it runs.
 */
#ifndef REMEDY_NODE_FILE_H
#define REMEDY_NODE_FILE_H

#include <jansson.h>
#include <stdbool.h>

#include "probes/base/digest.h"
#include "probes/base/err.h"

struct change;
struct plan_step;
struct node_answer;

struct node_file {
	bool is_there;
	char *content;			/* NULL where it is not there; no NUL in it */
	char digest[DIGEST_HEX_SIZE];	/* of the content; "" */
	char mode[8];			/* "0644" */
	char owner[64];
	char group[64];
	bool is_read_by_sudo;		/* the login user may not; set by node_file_read() alone */
};

void node_file_release(struct node_file *file);
bool node_file_same(const struct node_file *a, const struct node_file *b);
/* {"content","sha256","mode","owner","group"}, null where it is not there. New reference. */
json_t *node_file_json(const struct node_file *file);
int node_file_from_json(const json_t *value, struct node_file *ret_file, struct err *err);

/*
 * Reads it now on the step's node, or on another one (node, its uid; NULL: the step's). on_done once, with the file
 * (whose content may be taken) or the reason; not called when the change or the step's calls are cancelled first
 * (node_work_cancel()).
 */
void node_file_read(struct plan_step *step, const char *node, const char *uid, const char *path,
		    void (*on_done)(struct plan_step *step, struct node_file *file, const struct err *err));

/* What stat printed ("regular file:644:root:root"), or why that is no file of ours. For node_file_read() and tests. */
int node_file_parse_stat(const char *text, const char *path, struct node_file *file, struct err *err);

#endif
