#include "probes/remedy/node_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/node_work.h"

enum { READ_SECONDS = 20, CONTENT_MAXIMUM = 64 << 10 };

struct reading {
	struct plan_step *step;
	char *node;
	char *uid;
	char *path;
	bool sudo;
	struct node_file file;
	void (*on_done)(struct plan_step *step, struct node_file *file, const struct err *err);
};

static void ask_state(struct reading *reading);

void node_file_release(struct node_file *file)
{
	free(file->content);
	*file = (struct node_file){0};
}

bool node_file_same(const struct node_file *a, const struct node_file *b)
{
	if (a->is_there != b->is_there)
		return false;
	return !a->is_there || (!strcmp(a->digest, b->digest) && !strcmp(a->mode, b->mode) &&
				!strcmp(a->owner, b->owner) && !strcmp(a->group, b->group));
}

json_t *node_file_json(const struct node_file *file)
{
	if (!file->is_there)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "content", file->content, "sha256", file->digest, "mode",
			 file->mode, "owner", file->owner, "group", file->group);
}

static bool take_text(const json_t *value, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(value, key));

	return text && snprintf(out, size, "%s", text) < (int)size;
}

int node_file_from_json(const json_t *value, struct node_file *ret_file, struct err *err)
{
	const char *content = json_string_value(json_object_get(value, "content"));

	*ret_file = (struct node_file){0};
	if (json_is_null(value))
		return 0;
	if (!content || !take_text(value, "mode", ret_file->mode, sizeof(ret_file->mode)) ||
	    !take_text(value, "owner", ret_file->owner, sizeof(ret_file->owner)) ||
	    !take_text(value, "group", ret_file->group, sizeof(ret_file->group)))
		return err_set(err, ERR_INVALID, "the image of the file is incomplete", NULL);
	ret_file->is_there = true;
	ret_file->content = xstrdup(content);
	digest_sha256(content, strlen(content), ret_file->digest);
	return 0;
}

/* "TYPE:MODE:OWNER:GROUP" */
int node_file_parse_stat(const char *text, const char *path, struct node_file *file, struct err *err)
{
	char type[64];
	char mode[8];
	char owner[64];
	char group[64];

	if (sscanf(text, "%63[^:\n]:%5[0-7]:%63[^:\n]:%63[^:\n]", type, mode, owner, group) != 4)
		return err_set(err, ERR_PROTOCOL, "what stat says of {path} is not understood", "path", path, NULL);
	if (strcmp(type, "regular file") != 0 && strcmp(type, "regular empty file") != 0)
		return err_set(err, ERR_REFUSED, "{path} is no regular file but a {type}", "path", path, "type", type,
			       NULL);
	snprintf(file->mode, sizeof(file->mode), "%04lo", strtoul(mode, NULL, 8));
	snprintf(file->owner, sizeof(file->owner), "%s", owner);
	snprintf(file->group, sizeof(file->group), "%s", group);
	return 0;
}

static void drop_reading(void *data)
{
	struct reading *reading = data;

	node_file_release(&reading->file);
	free(reading->path);
	free(reading->node);
	free(reading->uid);
	free(reading);
}

static void end_reading(struct reading *reading, const struct err *err)
{
	reading->file.is_read_by_sudo = reading->sudo;
	reading->on_done(reading->step, err ? NULL : &reading->file, err);
	drop_reading(reading);
}

static void fail(struct reading *reading, const struct node_answer *answer)
{
	auto_free char *why = node_work_why(reading->step->change, answer);
	struct err err;

	if (answer->trouble != NODE_FINE)
		err = answer->err;
	else
		err_set(&err, ERR_REFUSED, "{path} cannot be read: {reason}", "path", reading->path, "reason", why,
			NULL);
	end_reading(reading, &err);
}

/* What JSON can hold: valid UTF-8. */
static bool is_text(const char *content)
{
	json_t *value = json_string(content);

	json_decref(value);
	return value != NULL;
}

static bool says(const struct node_answer *answer, const char *text)
{
	return answer->trouble == NODE_FINE && answer->error_out && strstr(answer->error_out, text);
}

static void on_content(struct change *change, void *data, const struct node_answer *answer)
{
	struct reading *reading = data;
	struct err err;

	(void)change;
	if (says(answer, "Permission denied") && !reading->sudo) {
		reading->sudo = true;
		ask_state(reading);
		return;
	}
	if (answer->trouble != NODE_FINE || answer->exit_status != 0) {
		fail(reading, answer);
		return;
	}
	if (answer->was_cut || answer->out_length > CONTENT_MAXIMUM || strlen(answer->out) != answer->out_length ||
	    !is_text(answer->out)) {
		err_set(&err, ERR_LIMIT, "{path} is too large, or no text: it could not be put back", "path",
			reading->path, NULL);
		end_reading(reading, &err);
		return;
	}
	reading->file.is_there = true;
	reading->file.content = xstrdup(answer->out);
	digest_sha256(answer->out, answer->out_length, reading->file.digest);
	end_reading(reading, NULL);
}

static void ask(struct reading *reading, const char *const *argv,
		void (*on_done)(struct change *change, void *data, const struct node_answer *answer))
{
	const struct node_work_request request = {
		.step = reading->step,
		.node = reading->node,
		.uid = reading->uid,
		.argv = argv,
		.timeout_seconds = READ_SECONDS,
		.is_read = true,
		.sudo = reading->sudo,
		.on_done = on_done,
		.data = reading,
		.drop = drop_reading,
	};

	node_work(reading->step->change, &request);
}

static void on_state(struct change *change, void *data, const struct node_answer *answer)
{
	struct reading *reading = data;
	const char *const argv[] = {"cat", reading->path, NULL};
	struct err err;

	(void)change;
	if (says(answer, "No such file")) {
		end_reading(reading, NULL);
	} else if (says(answer, "Permission denied") && !reading->sudo) {
		reading->sudo = true;
		ask_state(reading);
	} else if (answer->trouble != NODE_FINE || answer->exit_status != 0) {
		fail(reading, answer);
	} else if (node_file_parse_stat(answer->out, reading->path, &reading->file, &err) < 0) {
		end_reading(reading, &err);
	} else {
		ask(reading, argv, on_content);
	}
}

static void ask_state(struct reading *reading)
{
	const char *const argv[] = {"stat", "--format=%F:%a:%U:%G", reading->path, NULL};

	ask(reading, argv, on_state);
}

void node_file_read(struct plan_step *step, const char *node, const char *uid, const char *path,
		    void (*on_done)(struct plan_step *step, struct node_file *file, const struct err *err))
{
	struct reading *reading = xcalloc(1, sizeof(*reading));

	*reading = (struct reading){
		.step = step,
		.node = node ? xstrdup(node) : NULL,
		.uid = uid ? xstrdup(uid) : NULL,
		.path = xstrdup(path),
		.on_done = on_done,
	};
	ask_state(reading);
}
