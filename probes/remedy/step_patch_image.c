/*
 * patch-image: every container of the target's pod template, init ones too,
 * whose image fits a rule gets the new image; the others are not touched.
 * References are compared as runtimes resolve them, so that "calico/typha:v1"
 * counts as "docker.io/calico/typha:v1" (guide E08, errors 3 and 4).
 *
 * Of a list of new places the first that its registry has is taken; where
 * none shows the image, there is no plan (guide E05, E06).
 */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/image.h"
#include "probes/remedy/json_path.h"
#include "probes/remedy/step.h"
#include "probes/remedy/target_kind.h"

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

/* A rule without the member takes every image. */
static bool fits_member(const json_t *rule, const char *member, const char *text)
{
	const json_t *patterns = json_object_get(rule, member);

	return !patterns || fits(patterns, text);
}

static const json_t *rule_for(const json_t *rules, const struct image_reference *image)
{
	size_t i;
	json_t *rule;

	json_array_foreach((json_t *)(uintptr_t)rules, i, rule) {
		if (fits_member(rule, "from", image_basename(image)) &&
		    fits_member(rule, "registry", image->registry) && fits_member(rule, "path", image->path))
			return rule;
	}
	return NULL;
}

static bool is_same_image(const struct image_reference *a, const char *text)
{
	struct image_reference b;

	return image_parse(text, &b) == 0 && !strcmp(a->registry, b.registry) && !strcmp(a->path, b.path) &&
	       !strcmp(a->tag, b.tag) && !strcmp(a->digest, b.digest);
}

static void set_place(struct change *change, const char *name, const char *text, size_t length)
{
	auto_free char *lower = xstrndup(text, length);

	for (char *at = lower; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	json_object_set_new(change->parameters, name, json_string(lower));
}

/* Places that are known only while one image is looked at; paths of registries are lower case. */
static int fill_image(struct change *change, const char *to, const struct image_reference *old, char **ret_image,
		      struct err *err)
{
	static const char *const places[] = {"basename", "imageOwner", "imageRepository", "imageVersion"};
	size_t owner = strcspn(old->path, "/");
	const char *rest = old->path + owner + (old->path[owner] == '/');
	auto_free char *version = xasprintf("%s%s%s%s", *old->tag ? ":" : "", old->tag, *old->digest ? "@" : "",
					    old->digest);
	int code;

	json_object_set_new(change->parameters, "basename", json_string(image_basename(old)));
	set_place(change, "imageOwner", old->path, owner);
	set_place(change, "imageRepository", rest, strcspn(rest, "/"));
	json_object_set_new(change->parameters, "imageVersion", json_string(version));
	code = plan_fill(change, to, NULL, ret_image, err);
	for (size_t i = 0; i < array_length(places); i++)
		json_object_del(change->parameters, places[i]);
	return code;
}

/* The first candidate that its registry has; what a registry does not show is not set. */
static int choose(struct change *change, const json_t *candidates, const struct image_reference *old,
		  char **ret_image, struct err *err)
{
	CLEANUP(buffer_release) struct buffer reasons = BUFFER_INIT(4096);
	bool is_known = true;
	char text[1100];
	size_t i;
	json_t *candidate;

	json_array_foreach((json_t *)(uintptr_t)candidates, i, candidate) {
		auto_free char *image = NULL;
		auto_free char *why = NULL;
		const struct image_check *check;

		if (fill_image(change, json_string_value(candidate), old, &image, err) < 0)
			return -1;
		check = registry_image(change, image);
		if (check && check->verdict == REGISTRY_PRESENT) {
			*ret_image = take_pointer(image);
			return 0;
		}
		is_known = is_known && check && check->verdict == REGISTRY_ABSENT;
		why = check ? change_say_err(change, &check->err) : xstrdup("?");
		buffer_addf(&reasons, "%s%s", reasons.length ? "; " : "", why);
	}
	image_format(old, text, sizeof(text));
	return err_set(err, ERR_REFUSED,
		       is_known ? N_("no other place has {image}, seen from this machine: {reasons}")
				: N_("whether another place has {image} could not be found out from this machine: "
				     "{reasons}"),
		       "image", text, "reasons", buffer_text(&reasons), NULL);
}

/* Calls visit for each container whose image a rule takes. */
static int visit_containers(struct plan_step *step,
			    int (*visit)(struct plan_step *step, const char *path, const char *image,
					 const json_t *to, struct err *err),
			    struct err *err)
{
	static const char *const lists[] = {"initContainers", "containers"};
	const char *base = target_kind_template(step->target->kind);
	const json_t *rules = json_object_get(step->definition, "images");

	for (size_t at = 0; base && at < array_length(lists); at++) {
		auto_free char *list = xasprintf("%s/spec/%s", base, lists[at]);
		size_t i;
		json_t *container;

		json_array_foreach(pointer_get(step_document(step), list), i, container) {
			const char *image = json_string_value(json_object_get(container, "image"));
			auto_free char *path = xasprintf("%s/%zu/image", list, i);
			struct image_reference reference;
			const json_t *rule;

			if (!image || image_parse(image, &reference) < 0)
				continue;
			rule = rule_for(rules, &reference);
			if (rule && visit(step, path, image, json_object_get(rule, "to"), err) < 0)
				return -1;
		}
	}
	return 0;
}

static int note_candidates(struct plan_step *step, const char *path, const char *image, const json_t *to,
			   struct err *err)
{
	struct image_reference old;
	size_t i;
	json_t *candidate;

	(void)path;
	(void)image_parse(image, &old);
	json_array_foreach((json_t *)(uintptr_t)to, i, candidate) {
		auto_free char *filled = NULL;

		if (fill_image(step->change, json_string_value(candidate), &old, &filled, err) < 0)
			return -1;
		registry_note_image(step->change, filled);
	}
	return 0;
}

static void prepare(struct change *change, struct plan_step *step)
{
	struct err err;

	(void)change;
	if (step->target->document)
		(void)visit_containers(step, note_candidates, &err);
}

static int set_image(struct plan_step *step, const char *path, const char *image, const json_t *to, struct err *err)
{
	struct image_reference old;
	auto_free char *wanted = NULL;

	(void)image_parse(image, &old);
	if (json_is_array(to) ? choose(step->change, to, &old, &wanted, err) < 0
			      : fill_image(step->change, json_string_value(to), &old, &wanted, err) < 0)
		return -1;
	if (!is_same_image(&old, wanted))
		step_touch(step, path, json_string(image), json_string(wanted));
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
	if (visit_containers(step, set_image, err) < 0)
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
	.prepare = prepare,
	.plan = plan,
	.start = step_write,
};
