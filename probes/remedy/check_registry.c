/*
 * registry: the images that the plan would set are there, seen from this
 * machine. One that is not there refuses the run; a registry that cannot be
 * reached does not, but is said. Where no step could choose among its
 * candidates, what is known of those is said.
 */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/plan_check.h"

struct image_check *registry_image(const struct change *change, const char *image)
{
	for (size_t i = 0; i < change->image_count; i++) {
		if (!strcmp(change->images[i].image, image))
			return &change->images[i];
	}
	return NULL;
}

void registry_note_image(struct change *change, const char *image)
{
	if (registry_image(change, image))
		return;
	change->images = xreallocarray(change->images, change->image_count + 1, sizeof(*change->images));
	change->images[change->image_count++] = (struct image_check){.image = xstrdup(image)};
}

static void collect_images(struct change *change, struct plan_step *step, void *data)
{
	size_t i;
	json_t *touch;

	(void)data;
	json_array_foreach(step->touched, i, touch) {
		const char *image = json_string_value(json_object_get(touch, "after"));

		if (!image)
			continue;
		registry_note_image(change, image);
		registry_image(change, image)->is_set = true;
	}
}

/* Hosts of the registry-check steps and of the configuration; NULL-terminated, strings borrowed. */
static const char **hosts_of(const struct change *change)
{
	const char **hosts = xcalloc(1, sizeof(*hosts));
	size_t count = 0;

	for (size_t i = 0; i < change->step_count; i++) {
		size_t at;
		json_t *host;

		json_array_foreach(json_object_get(change->steps[i]->definition, "hosts"), at, host) {
			hosts = xreallocarray(hosts, count + 2, sizeof(*hosts));
			hosts[count++] = json_string_value(host);
		}
	}
	for (const char *const *host = change->context.registries; host && *host; host++) {
		hosts = xreallocarray(hosts, count + 2, sizeof(*hosts));
		hosts[count++] = *host;
	}
	hosts[count] = NULL;
	return hosts;
}

struct pending_image {
	struct change *change;
	size_t index;
};

static void on_answer(void *data, enum registry_verdict verdict, const struct err *err)
{
	struct pending_image *pending = data;
	struct change *change = pending->change;
	struct image_check *image = &change->images[pending->index];

	free(pending);
	image->query = NULL;
	image->pending = NULL;
	image->verdict = verdict;
	image->err = *err;
	plan_answered(change);
}

void registry_ask_noted(struct change *change)
{
	const char **hosts = hosts_of(change);

	for (size_t i = 0; i < change->image_count; i++) {
		struct image_check *image = &change->images[i];

		if (image->query || image->was_asked)
			continue;
		image->was_asked = true;
		image->pending = xmalloc(sizeof(struct pending_image));
		*image->pending = (struct pending_image){.change = change, .index = i};
		change->pending++;
		image->query = registry_ask(change->context.loop, image->image, hosts, on_answer, image->pending);
	}
	free(hosts);
}

static void ask(struct change *change, const json_t *definition)
{
	plan_check_steps(change, definition, collect_images, NULL);
	registry_ask_noted(change);
}

static bool is_any_set(const struct change *change)
{
	for (size_t i = 0; i < change->image_count; i++) {
		if (change->images[i].is_set)
			return true;
	}
	return false;
}

static void judge(struct change *change, const json_t *definition, struct precondition *precondition)
{
	CLEANUP(buffer_release) struct buffer absent = BUFFER_INIT(4096);
	CLEANUP(buffer_release) struct buffer unknown = BUFFER_INIT(4096);
	bool are_chosen = is_any_set(change);

	(void)definition;
	for (size_t i = 0; i < change->image_count; i++) {
		const struct image_check *image = &change->images[i];
		auto_free char *why = change_say_err(change, &image->err);

		if (!image->is_set && are_chosen)
			continue;
		if (image->verdict == REGISTRY_ABSENT) {
			plan_check_reason(&absent, why);
		} else if (image->verdict == REGISTRY_UNKNOWN && !strstr(buffer_text(&unknown), why)) {
			plan_check_reason(&unknown, why);
		}
	}
	if (absent.length && (are_chosen || !unknown.length)) {
		precondition->ok = TRUTH_FALSE;
		precondition->is_blocking = true;
		precondition->reason = buffer_detach(&absent);
	} else if (unknown.length) {
		precondition->ok = TRUTH_UNKNOWN;
		precondition->reason = change_say(change, "could not check, seen from this machine: {reason}", "reason",
						  buffer_text(&unknown), NULL);
	}
}

const struct plan_check registry_images_check = {
	.name = "registry",
	.ask = ask,
	.judge = judge,
};
