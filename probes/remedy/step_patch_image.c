/*
 * patch-image: every container of the target's pod template, init ones too,
 * whose image fits a rule gets the new image; the others are not touched.
 * References are compared as runtimes resolve them, so that "calico/typha:v1"
 * counts as "docker.io/calico/typha:v1" (guide E08, errors 3 and 4).
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/image.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"

static bool fits(const json_t *from, const char *basename)
{
	size_t i;
	json_t *pattern;

	if (json_is_string(from))
		return fnmatch(json_string_value(from), basename, 0) == 0;
	json_array_foreach((json_t *)(uintptr_t)from, i, pattern) {
		if (json_is_string(pattern) && fnmatch(json_string_value(pattern), basename, 0) == 0)
			return true;
	}
	return false;
}

static const char *rule_for(const json_t *rules, const char *basename)
{
	size_t i;
	json_t *rule;

	json_array_foreach((json_t *)(uintptr_t)rules, i, rule) {
		if (fits(json_object_get(rule, "from"), basename))
			return json_string_value(json_object_get(rule, "to"));
	}
	return NULL;
}

static bool is_same_image(const struct image_reference *a, const char *text)
{
	struct image_reference b;

	return image_parse(text, &b) == 0 && !strcmp(a->registry, b.registry) && !strcmp(a->path, b.path) &&
	       !strcmp(a->tag, b.tag) && !strcmp(a->digest, b.digest);
}

/* {basename} is known only while one image is looked at. */
static int fill_image(struct change *change, const char *to, const char *basename, char **ret_image, struct err *err)
{
	int code;

	json_object_set_new(change->parameters, "basename", json_string(basename));
	code = plan_fill(change, to, NULL, ret_image, err);
	json_object_del(change->parameters, "basename");
	return code;
}

static int plan_container(struct change *change, struct plan_step *step, const char *list, size_t index,
			  const json_t *container, struct err *err)
{
	const json_t *rules = json_object_get(step->definition, "images");
	const char *image = json_string_value(json_object_get(container, "image"));
	struct image_reference old;
	auto_free char *wanted = NULL;
	auto_free char *path = NULL;
	const char *to;

	if (!image || image_parse(image, &old) < 0)
		return 0;
	to = rule_for(rules, image_basename(&old));
	if (!to)
		return 0;
	if (fill_image(change, to, image_basename(&old), &wanted, err) < 0)
		return -1;
	if (is_same_image(&old, wanted))
		return 0;
	path = xasprintf("%s/%zu/image", list, index);
	step_touch(step, path, json_string(image), json_string(wanted));
	return 0;
}

static int plan_list(struct change *change, struct plan_step *step, const char *list, struct err *err)
{
	size_t i;
	json_t *container;

	json_array_foreach(pointer_get(step->target->document, list), i, container) {
		if (plan_container(change, step, list, i, container, err) < 0)
			return -1;
	}
	return 0;
}

static int plan(struct change *change, struct plan_step *step, struct err *err)
{
	plan_permission(change, "get", step->target, "");
	plan_permission(change, "patch", step->target, "");
	if (!step->target->document) {
		*err = step->target->err;
		return -1;
	}
	if (plan_list(change, step, "/spec/template/spec/initContainers", err) < 0 ||
	    plan_list(change, step, "/spec/template/spec/containers", err) < 0)
		return -1;
	if (!step->touched) {
		step->shown.state = STEP_SKIPPED;
		step->shown.outcome = change_say(change, "has these images already", NULL);
		return 0;
	}
	step_set_patch(change, step);
	return 0;
}

const struct step_ops patch_image_step = {
	.type = "patch-image",
	.needs_target = true,
	.plan = plan,
	.start = step_write,
};
