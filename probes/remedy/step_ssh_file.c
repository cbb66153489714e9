/*
 * ssh-file: a file on one node, put in place whole. Its content is written
 * out in the runbook ("content"), or the present one with a boot argument
 * added ("edit"), or what most nodes have ("contentFrom": "majority"), or, of
 * an undo, what the run replaced ("restore").
 *
 * The present file is read for the preview, which shows the difference; the
 * run is bound to what was read (step_ssh_place.c carries it out).
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/boot_words.h"
#include "probes/remedy/node_part.h"
#include "probes/remedy/step.h"
#include "probes/remedy/step_ssh_place.h"
#include "probes/remedy/unified.h"

static void on_read(struct plan_step *step, struct node_file *file, const struct err *err)
{
	struct node_part *part = step->part;

	if (err) {
		part->err = *err;
	} else {
		part->before = *file;
		*file = (struct node_file){0};
	}
	node_prepare_end(step);
}

/* What another node has; one that cannot be read has no voice. */
static void on_read_among(struct plan_step *step, struct node_file *file, const struct err *err)
{
	struct node_part *part = step->part;

	if (!err && file->is_there) {
		part->among = xreallocarray(part->among, part->among_count + 1, sizeof(*part->among));
		part->among[part->among_count++] = *file;
		*file = (struct node_file){0};
	}
	node_prepare_end(step);
}

/* Of the steps that one definition made, the first: it asks for all of them. */
static struct plan_step *first_of_definition(const struct plan_step *step)
{
	const struct change *change = step->change;
	size_t i = 0;

	while (change->steps[i]->definition != step->definition)
		i++;
	return change->steps[i];
}

static bool wants_majority(const struct plan_step *step)
{
	return !strcmp(node_member(step, "contentFrom", ""), "majority");
}

static void ask_among(struct change *change, struct plan_step *step)
{
	const struct record_list nodes = snapshot_all(cluster_snapshot(change->context.cluster), KIND_NODE);
	const json_t *among = json_object_get(step->definition, "among");

	for (size_t i = 0; i < nodes.count; i++) {
		const struct record *node = nodes.items[i];
		auto_free char *reason = NULL;

		if (among && plan_condition_record(change, among, node, &reason) != TRUTH_TRUE)
			continue;
		node_prepare_begin(step);
		node_file_read(step, node->name, node->uid, node_member(step, "file", ""), on_read_among);
	}
}

static void prepare(struct change *change, struct plan_step *step)
{
	struct err err = {0};

	if (node_check_target(step, &err) < 0)
		return;
	node_prepare_begin(step);
	node_file_read(step, NULL, NULL, node_member(step, "file", ""), on_read);
	if (wants_majority(step) && first_of_definition(step) == step)
		ask_among(change, step);
}

/* The content that more nodes have than any other; NULL: there is none. */
static const char *most_common(const struct node_part *all)
{
	const char *most = NULL;
	size_t most_count = 0;
	bool is_tied = false;

	for (size_t i = 0; i < all->among_count; i++) {
		size_t count = 0;

		for (size_t at = 0; at < all->among_count; at++)
			count += !strcmp(all->among[at].digest, all->among[i].digest);
		if (count > most_count) {
			most = all->among[i].content;
			most_count = count;
			is_tied = false;
		} else if (count == most_count && strcmp(most, all->among[i].content) != 0) {
			is_tied = true;
		}
	}
	return is_tied ? NULL : most;
}

static int make_edit(const struct plan_step *step, char **ret_content, struct err *err)
{
	const json_t *edit = json_object_get(step->definition, "edit");
	const struct node_file *before = &step->part->before;

	if (!before->is_there)
		return err_set(err, ERR_NOT_FOUND, "{path} is not there to be edited", "path",
			       node_member(step, "file", ""), NULL);
	return boot_words_add(before->content, json_string_value(json_object_get(edit, "variable")),
			      json_string_value(json_object_get(edit, "addWord")), ret_content, err);
}

static int make_content(const struct plan_step *step, char **ret_content, struct err *err)
{
	const char *text = node_member(step, "content", NULL);
	const char *common;

	if (json_object_get(step->definition, "edit"))
		return make_edit(step, ret_content, err);
	if (!wants_majority(step) && !text)
		return err_set(err, ERR_REFUSED, "the step {step} of the runbook names no content", "step", step->id,
			       NULL);
	if (!wants_majority(step))
		return node_fill(step, text, NULL, ret_content, err);
	common = most_common(first_of_definition(step)->part);
	if (!common) {
		err_set(err, ERR_REFUSED, "no content of {path} is on more nodes than another", "path",
			node_member(step, "file", ""), NULL);
		err_hint(err, "choose the other way with --alternative", NULL);
		return -1;
	}
	*ret_content = xstrdup(common);
	return 0;
}

/* Mode and owner of an edited file stay; of another one they are the runbook's. */
static int make_after(struct plan_step *step, struct err *err)
{
	const struct node_file *before = &step->part->before;
	struct node_file *after = &step->part->after;
	bool keeps = json_object_get(step->definition, "edit") && before->is_there;

	if (make_content(step, &after->content, err) < 0)
		return -1;
	after->is_there = true;
	digest_sha256(after->content, strlen(after->content), after->digest);
	snprintf(after->mode, sizeof(after->mode), "%s", keeps ? before->mode : node_member(step, "mode", "0644"));
	snprintf(after->owner, sizeof(after->owner), "%s", keeps ? before->owner : node_member(step, "owner", "root"));
	snprintf(after->group, sizeof(after->group), "%s",
		 keeps ? before->group : node_member(step, "fileGroup", "root"));
	return 0;
}

static void add_line(struct step *shown, const char *path, const char *part, const char *before, const char *after)
{
	struct step_diff *line;
	json_t *values[] = {before ? json_string(before) : NULL, after ? json_string(after) : NULL};

	if (before && after && !strcmp(before, after)) {
		json_decref(values[0]);
		json_decref(values[1]);
		return;
	}
	shown->diff = xreallocarray(shown->diff, shown->diff_count + 1, sizeof(*shown->diff));
	line = &shown->diff[shown->diff_count++];
	*line = (struct step_diff){0};
	line->path = xasprintf("%s%s%s", path, *part ? " " : "", part);
	line->before = values[0] ? json_dumps(values[0], JSON_ENCODE_ANY) : xstrdup("");
	line->after = values[1] ? json_dumps(values[1], JSON_ENCODE_ANY) : xstrdup("");
	json_decref(values[0]);
	json_decref(values[1]);
}

static char *owner_text(const struct node_file *file)
{
	return file->is_there ? xasprintf("%s:%s", file->owner, file->group) : NULL;
}

static void show_difference(struct plan_step *step)
{
	const struct node_file *before = &step->part->before;
	const struct node_file *after = &step->part->after;
	const char *path = node_member(step, "file", "");
	auto_free char *old_owner = owner_text(before);
	auto_free char *new_owner = owner_text(after);

	add_line(&step->shown, path, "", before->content, after->content);
	add_line(&step->shown, path, "mode", before->is_there ? before->mode : NULL,
		 after->is_there ? after->mode : NULL);
	add_line(&step->shown, path, "owner", old_owner, new_owner);
	free(step->shown.unified);
	step->shown.unified = unified_make(path, before->content, after->content);
}

/* The before-image, and what the run makes of it; undo.c makes a step of "wayBack". */
static void set_image(struct plan_step *step)
{
	const char *path = node_member(step, "file", "");
	json_t *before = node_file_json(&step->part->before);
	json_t *after = node_file_json(&step->part->after);
	auto_free char *title = change_say(step->change, "Put back {path}", "path", path, NULL);

	json_decref(step->touched);
	step->touched = json_pack("[{s:s, s:O, s:O, s:{s:s, s:{s:s}, s:s, s:s, s:i, s:{s:O, s:O}}}]", "path", path,
				  "before", before, "after", after, "wayBack", "type", "ssh-file", "title", "en", title,
				  "file", path, "uid", step->shown.target_uid, "timeoutSeconds", node_timeout(step),
				  "restore", "before", before, "after", after);
	json_decref(before);
	json_decref(after);
}

/* What an undo puts back; where somebody changed the file since, both are shown and nothing is done. */
static int make_restored(struct plan_step *step, struct err *err)
{
	const json_t *image = json_object_get(step->definition, "restore");
	const char *path = node_member(step, "file", "");
	CLEANUP(node_file_release) struct node_file ours = {0};
	struct node_part *part = step->part;

	if (node_file_from_json(json_object_get(image, "before"), &part->after, err) < 0 ||
	    node_file_from_json(json_object_get(image, "after"), &ours, err) < 0)
		return -1;
	if (strcmp(node_member(step, "uid", ""), step->shown.target_uid) != 0)
		return err_set(err, ERR_CONFLICT, "{object} was deleted and made again since", "object",
			       step->target->label, NULL);
	if (node_file_same(&part->before, &part->after) || node_file_same(&part->before, &ours))
		return 0;
	step->shown.unified = unified_make(path, ours.content, part->before.content);
	return err_set(err, ERR_CONFLICT, "somebody changed {path} since: the difference to what the run set is shown",
		       "path", path, NULL);
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	struct node_part *part = node_part_get(step);
	bool is_undo = json_object_get(step->definition, "restore") != NULL;

	if (step_is_for_nothing(change, step))
		return 0;
	if (node_check_target(step, err) < 0)
		return -1;
	if (part->err.code != ERR_NONE) {
		*err = part->err;
		return -1;
	}
	if ((is_undo ? make_restored(step, err) : make_after(step, err)) < 0)
		return -1;
	if (node_file_same(&part->before, &part->after)) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = is_undo ? change_say(change, "is as it was before", NULL)
					      : change_say(change, "is so already", NULL);
		return 0;
	}
	if (step_ssh_place_plan(step, err) < 0)
		return -1;
	set_image(step);
	show_difference(step);
	return 0;
}

const struct step_ops ssh_file_step = {
	.type = "ssh-file",
	.needs_target = true,
	.is_work = true,
	.prepare = prepare,
	.plan = plan,
	.start = step_ssh_place_start,
	.stop = step_ssh_place_stop,
};
