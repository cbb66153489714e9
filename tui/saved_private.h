/* Inside of reading saved clusters; nobody else includes this. */
#ifndef TUI_SAVED_PRIVATE_H
#define TUI_SAVED_PRIVATE_H

#include <jansson.h>

#include "probes/model/evidence.h"
#include "tui/saved.h"

struct saved {
	const struct field_set *fields;
	struct snapshot *snapshot;
	struct evidence_store *evidence;	/* NULL until a file of `save` is read */
	int64_t saved_at;			/* that `save` wrote down; 0: none */
	struct report_input *inputs;
	size_t input_count;
	int64_t newest;
	bool has_unread;
	bool has_list;				/* a list of objects was read, if an empty one */
	bool was_seen[KIND_COUNT];		/* an object or a list of the kind was there */
	struct err unjudged[KIND_COUNT];	/* why an object of the kind could not be judged */
	size_t files;
	size_t bytes;
	size_t archives;	/* that are open, one in another */
	char *root;		/* the folder that is read, links resolved; NULL: none */
};

/* Takes what is of use in a document; hint: kind that the file's name tells, NULL for none. Returns objects taken. */
size_t saved_take_document(struct saved *saved, json_t *document, const struct kind *hint);

/* Puts an object for each that only events tell of: what they say of it is found, and only suspected. */
void saved_imply_objects(struct saved *saved);

/* saved.c */
/* A text that was read; path: what the inputs call it. */
void saved_read_text(struct saved *saved, const char *path, const char *text, size_t length);
void saved_add_failure(struct saved *saved, const char *path, const char *reason);
/* False once there were too many. */
bool saved_count_file(struct saved *saved);
/* saved_archive.c */
void saved_read_archive(struct saved *saved, const char *name, const char *bytes, size_t length);

#endif
