/*
 * parameter-known, parameter-unlike and same-tag: the values that a plan fills in are read from the cluster and
 * change no version.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/image.h"
#include "probes/remedy/plan_check.h"

static const char *parameter_of(const json_t *definition)
{
	const char *name = json_string_value(json_object_get(definition, "parameter"));

	return name ? name : "";
}

static void judge_known(struct change *change, const json_t *definition, struct precondition *precondition)
{
	const char *name = parameter_of(definition);

	if (plan_parameter(change, name))
		return;
	precondition->ok = TRUTH_UNKNOWN;
	precondition->reason = change_say(change,
					  "no single value for {name} could be read from what runs now",
					  "name", name, NULL);
}

struct tags {
	const char *tag;
	struct buffer others;
};

static void look_at_step(struct change *change, struct plan_step *step, void *data)
{
	struct tags *tags = data;
	size_t i;
	json_t *touch;

	(void)change;
	json_array_foreach(step->touched, i, touch) {
		const char *before = json_string_value(json_object_get(touch, "before"));
		struct image_reference reference;

		if (before && (image_parse(before, &reference) < 0 || strcmp(reference.tag, tags->tag) != 0))
			plan_check_reason(&tags->others, before);
	}
}

static void judge_same(struct change *change, const json_t *definition, struct precondition *precondition)
{
	struct tags tags = {.tag = plan_parameter(change, parameter_of(definition)), .others = BUFFER_INIT(4096)};

	if (!tags.tag) {
		precondition->ok = TRUTH_UNKNOWN;
		precondition->reason = change_say(change, "the running tag is not known", NULL);
		return;
	}
	plan_check_steps(change, definition, look_at_step, &tags);
	if (tags.others.length) {
		precondition->ok = TRUTH_FALSE;
		precondition->reason = change_say(change,
						  "{tag} runs, but other versions are asked for: {images}",
						  "tag", tags.tag, "images", buffer_text(&tags.others), NULL);
	}
	buffer_release(&tags.others);
}

static void judge_unlike(struct change *change, const json_t *definition, struct precondition *precondition)
{
	const char *value = plan_parameter(change, parameter_of(definition));

	if (!value || !plan_check_fits(json_object_get(definition, "patterns"), value))
		return;
	precondition->ok = TRUTH_FALSE;
	precondition->reason = xstrdup(value);
}

const struct plan_check parameter_unlike_check = {
	.name = "parameter-unlike",
	.judge = judge_unlike,
};

const struct plan_check parameter_known_check = {
	.name = "parameter-known",
	.judge = judge_known,
};

const struct plan_check same_tag_check = {
	.name = "same-tag",
	.judge = judge_same,
};
