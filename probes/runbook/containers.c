#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/runbook/walk.h"

static bool rule_fits(const struct image_rule *rule, const struct image_reference *reference)
{
	return words_fit(&rule->registry, reference->registry) && words_fit(&rule->path, reference->path) &&
	       words_fit(&rule->basename, image_basename(reference)) && words_fit(&rule->tag, reference->tag);
}

/* What is no image reference fits no rule. */
static bool image_fits(const struct image_rule *rule, const struct image_rule *rule_not, const char *text)
{
	struct image_reference reference;

	if (image_parse(text, &reference) < 0)
		return false;
	return rule_fits(rule, &reference) && !(rule_not->is_set && rule_fits(rule_not, &reference));
}

struct image_walk {
	struct walk *walk;
	const struct node *node;
	struct frame frame;
	struct outcome outcome;
};

static void on_image(struct image_walk *image, const char *where, size_t item, const char *text)
{
	struct fact fact = {.record = image->frame.record, .where = where, .item = item, .text = text};

	if (!image_fits(&image->node->image, &image->node->image_not, text))
		return;
	image->outcome.hits++;
	walk_add_fact(image->walk, &fact);
}

static bool on_image_value(void *data, size_t item, const char *value)
{
	struct image_walk *image = data;
	const char *path = field_path_text(image->node->path);
	const char *group = image->frame.group;

	if (!group || item == image->frame.item || strncmp(path, group, strlen(group)) != 0)
		on_image(image, path, item, value);
	return true;
}

static const char *image_path(bool is_template, enum container_role role)
{
	switch (role) {
	case CONTAINER_INIT:
		return is_template ? "spec.template.spec.initContainers[*].image"
				   : "spec.initContainers[*].image";
	case CONTAINER_MAIN:
		return is_template ? "spec.template.spec.containers[*].image" : "spec.containers[*].image";
	case CONTAINER_EPHEMERAL:
		break;
	}
	return "spec.ephemeralContainers[*].image";
}

static void each_container(struct image_walk *image, const struct container_spec *specs, size_t count,
			   bool is_template)
{
	size_t items[3] = {0};

	for (size_t i = 0; i < count; i++)
		on_image(image, image_path(is_template, specs[i].role), items[specs[i].role]++,
			 specs[i].image);
}

struct outcome walk_image(struct walk *walk, const struct node *node, struct frame frame)
{
	struct image_walk image = {.walk = walk, .node = node, .frame = frame};

	if (!frame.record)
		return image.outcome;
	if (node->path) {
		field_path_each(node->path, frame.record, on_image_value, &image);
	} else if (frame.record->kind->id == KIND_POD) {
		const struct pod_record *pod = record_pod(frame.record);

		each_container(&image, pod->specs, pod->spec_count, false);
	} else {
		const struct workload_record *workload = record_workload(frame.record);

		each_container(&image, workload->specs, workload->spec_count, true);
	}
	image.outcome.truth = image.outcome.hits ? TRUTH_TRUE : TRUTH_FALSE;
	return image.outcome;
}

static const char *waiting_path(enum container_role role, bool has_message)
{
	static const char *const paths[][2] = {
		[CONTAINER_INIT] = {"status.initContainerStatuses[*].state.waiting.reason",
				    "status.initContainerStatuses[*].state.waiting.message"},
		[CONTAINER_MAIN] = {"status.containerStatuses[*].state.waiting.reason",
				    "status.containerStatuses[*].state.waiting.message"},
		[CONTAINER_EPHEMERAL] = {"status.ephemeralContainerStatuses[*].state.waiting.reason",
					 "status.ephemeralContainerStatuses[*].state.waiting.message"},
	};

	return paths[role][has_message];
}

/* The image that the spec names: a waiting container's status may hold an older one. */
static const char *spec_image(const struct pod_record *pod, const struct container_status *status)
{
	for (size_t i = 0; i < pod->spec_count; i++) {
		if (pod->specs[i].role == status->role && !strcmp(pod->specs[i].name, status->name))
			return pod->specs[i].image;
	}
	return status->image;
}

/* "each" over a list of container statuses ties this condition to the same container. */
static bool is_tied_container(const struct frame *frame, enum container_role role, size_t item)
{
	static const char *const groups[] = {
		[CONTAINER_INIT] = "status.initContainerStatuses[*]",
		[CONTAINER_MAIN] = "status.containerStatuses[*]",
		[CONTAINER_EPHEMERAL] = "status.ephemeralContainerStatuses[*]",
	};

	if (!frame->group || !strstr(frame->group, "ontainerStatuses[*]"))
		return true;
	return !strcmp(frame->group, groups[role]) && item == frame->item;
}

static enum truth container_waits(struct walk *walk, const struct node *node, const struct pod_record *pod,
				  const struct container_status *status)
{
	static const struct image_rule no_rule;

	if (!words_fit(&node->containers, status->name))
		return TRUTH_FALSE;
	if (node->reasons.count && !words_have(&node->reasons, status->reason))
		return TRUTH_FALSE;
	if (node->image.is_set && !image_fits(&node->image, &no_rule, spec_image(pod, status)))
		return TRUTH_FALSE;
	if (!node->rule)
		return TRUTH_TRUE;
	if (node->rule->reasons.count && !words_have(&node->rule->reasons, status->reason))
		return TRUTH_FALSE;
	return walk_text(walk, node->rule, status->message, strlen(status->message));
}

struct outcome walk_waiting(struct walk *walk, const struct node *node, struct frame frame)
{
	const struct pod_record *pod = frame.record ? record_pod(frame.record) : NULL;
	struct outcome outcome = {.truth = TRUTH_FALSE};
	size_t items[3] = {0};

	for (size_t i = 0; pod && i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];
		size_t item = items[status->role]++;
		const char *where;
		struct fact fact;
		enum truth truth;

		if (status->state != STATE_WAITING || !is_tied_container(&frame, status->role, item))
			continue;
		truth = container_waits(walk, node, pod, status);
		outcome.maybes += truth == TRUTH_UNKNOWN;
		if (truth != TRUTH_TRUE)
			continue;
		where = waiting_path(status->role, *status->message != '\0');
		fact = (struct fact){
			.record = frame.record,
			.where = where,
			.item = item,
			.text = *status->message ? status->message : status->reason,
			.time = fact_time(frame.record, where, item),
		};
		walk_add_fact(walk, &fact);
		outcome.hits++;
		if (fact.time && (!outcome.since || fact.time < outcome.since))
			outcome.since = fact.time;
	}
	outcome.truth = outcome.hits ? TRUTH_TRUE : outcome.maybes ? TRUTH_UNKNOWN : TRUTH_FALSE;
	return outcome;
}
