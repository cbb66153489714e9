/*
 * Parameters of a runbook: given by the operator, or fixed ("default"), or read from images that run now
 * ("fromImage") or that events of the finding's objects name ("fromEvent").
 */
#include <stdio.h>
#include <string.h>

#include "probes/base/memory.h"
#include "probes/kube/image.h"
#include "probes/remedy/change_private.h"

const char *plan_parameter(const struct change *change, const char *name)
{
	return json_string_value(json_object_get(change->parameters, name));
}

static const char *text_of(const json_t *definition, const char *key)
{
	const char *text = json_string_value(json_object_get(definition, key));

	return text ? text : "";
}

static bool container_runs(const struct pod_record *pod, const char *name)
{
	for (size_t i = 0; i < pod->status_count; i++) {
		const struct container_status *status = &pod->statuses[i];

		if (status->role == CONTAINER_MAIN && !strcmp(status->name, name))
			return status->state == STATE_RUNNING;
	}
	return false;
}

static const char *image_part(const struct image_reference *reference, const char *part)
{
	if (!strcmp(part, "tag"))
		return reference->tag;
	if (!strcmp(part, "registry"))
		return reference->registry;
	if (!strcmp(part, "path"))
		return reference->path;
	if (!strcmp(part, "digest"))
		return reference->digest;
	return "";
}

/*
 * The part of the image that the pod's spec names: it is what the container
 * was started from; status.image may be another name of the same image.
 */
static bool read_image(const struct pod_record *pod, const char *container, struct image_reference *ret_reference)
{
	for (size_t i = 0; i < pod->spec_count; i++) {
		const struct container_spec *spec = &pod->specs[i];

		if (spec->role == CONTAINER_MAIN && !strcmp(spec->name, container))
			return image_parse(spec->image, ret_reference) == 0;
	}
	return false;
}

/* A tag that the reference spells out: "latest" by omission names no version. */
static bool is_spelled_out(const struct pod_record *pod, const char *container)
{
	for (size_t i = 0; i < pod->spec_count; i++) {
		const struct container_spec *spec = &pod->specs[i];
		const char *last = spec->image ? strrchr(spec->image, '/') : NULL;

		if (spec->role == CONTAINER_MAIN && !strcmp(spec->name, container))
			return strchr(last ? last : spec->image, ':') != NULL;
	}
	return false;
}

/* All pods that count must agree; else there is no value. */
static void from_image(struct change *change, const char *name, const json_t *source)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	const struct kind *kind = kind_find(text_of(source, "kind"));
	const char *name_space = text_of(source, "namespace");
	const struct record *owner =
		kind ? snapshot_by_name(snapshot, kind->id, name_space, text_of(source, "name")) : NULL;
	const char *container = text_of(source, "container");
	const char *part = text_of(source, "part");
	bool only_running = json_is_true(json_object_get(source, "running"));
	struct record_list pods = snapshot_all(snapshot, KIND_POD);
	char found[sizeof(((struct image_reference *)0)->path)] = "";

	if (!owner || snapshot_collection(snapshot, KIND_POD)->state != COLLECTION_CURRENT)
		return;
	for (size_t i = 0; i < pods.count; i++) {
		const struct pod_record *pod = record_pod(pods.items[i]);
		struct image_reference reference;

		if (snapshot_root_owner(snapshot, pods.items[i]) != owner ||
		    (only_running && !container_runs(pod, container)) || !read_image(pod, container, &reference))
			continue;
		if (!strcmp(part, "tag") && !is_spelled_out(pod, container))
			return;
		if (*found && strcmp(found, image_part(&reference, part)) != 0)
			return;
		snprintf(found, sizeof(found), "%s", image_part(&reference, part));
	}
	if (*found)
		json_object_set_new(change->parameters, name, json_string(found));
}

static bool image_after(const char *message, const char *after, const char *until,
			struct image_reference *ret_reference)
{
	const char *at = after && *after ? strstr(message, after) : NULL;
	auto_free char *image = at ? xstrndup(at + strlen(after), strcspn(at + strlen(after), until)) : NULL;

	return image && *image && image_parse(image, ret_reference) == 0;
}

/* The image that stands between two texts in a message; of several beginnings the first that is there. */
static bool image_in(const char *message, const json_t *source, struct image_reference *ret_reference)
{
	const json_t *after = json_object_get(source, "after");
	size_t i;
	const json_t *one;

	if (json_is_string(after))
		return image_after(message, json_string_value(after), text_of(source, "until"), ret_reference);
	json_array_foreach(after, i, one) {
		if (image_after(message, json_string_value(one), text_of(source, "until"), ret_reference))
			return true;
	}
	return false;
}

static void take_image_part(const struct image_reference *reference, const char *part, char *out, size_t size)
{
	const char *slash = strrchr(reference->path, '/');

	if (!strcmp(part, "file"))
		snprintf(out, size, "%s", slash ? slash + 1 : reference->path);
	else if (strcmp(part, "name") != 0)
		snprintf(out, size, "%s", image_part(reference, part));
	else
		snprintf(out, size, "%s/%s", reference->registry, reference->path);
}

/* Where the events of the finding's objects name several, nobody can say which is meant: there is no value then. */
static void from_event(struct change *change, const char *name, const json_t *source)
{
	const struct snapshot *snapshot = cluster_snapshot(change->context.cluster);
	char found[1100] = "";

	for (size_t i = 0; change->finding && i < change->finding->object_count; i++) {
		const struct finding_object *object = &change->finding->objects[i];
		struct record_list events =
			snapshot_events_of(snapshot, object->kind, object->name_space, object->name);

		for (size_t at = 0; at < events.count; at++) {
			struct image_reference reference;
			char one[1100];

			if (!image_in(record_event(events.items[at])->message, source, &reference))
				continue;
			take_image_part(&reference, text_of(source, "part"), one, sizeof(one));
			if (*found && strcmp(found, one) != 0) {
				json_object_del(change->parameters, name);
				return;
			}
			memcpy(found, one, sizeof(found));
		}
	}
	if (*found)
		json_object_set_new(change->parameters, name, json_string(found));
}

/* What the operator gives; NULL: nothing. Borrowed. */
static const char *setting_of(const struct change *change, const char *name)
{
	size_t length = strlen(name);

	for (const char *const *item = change->context.settings; item && *item; item++) {
		if (!strncmp(*item, name, length) && (*item)[length] == '=')
			return *item + length + 1;
	}
	return NULL;
}

bool plan_is_given(const struct change *change, const char *name)
{
	return setting_of(change, name) != NULL;
}

static const char *given_before(const struct change *change, const char *name)
{
	return json_string_value(json_object_get(json_object_get(change->resumed_plan, "parameters"), name));
}

bool plan_was_given(const struct change *change, const char *name)
{
	return given_before(change, name) != NULL;
}

/* A word of a command or a part of one: nothing that could be taken for an option, or break a line. */
static bool is_plain(const char *value)
{
	if (!*value || *value == '-')
		return false;
	for (; *value; value++) {
		if ((unsigned char)*value <= ' ' || (unsigned char)*value >= 0x7f)
			return false;
	}
	return true;
}

int plan_settings_check(const struct change *change, struct err *err)
{
	const json_t *parameters = json_object_get(change->document, "parameters");

	for (const char *const *item = change->context.settings; item && *item; item++) {
		auto_free char *name = xstrndup(*item, strcspn(*item, "="));
		const json_t *definition = json_object_get(parameters, name);

		if (!definition || json_is_true(json_object_get(definition, "masked")))
			return err_set(err, ERR_REFUSED, "{id} has no parameter {name} that --set gives", "id",
				       change->runbook->id, "name", name, NULL);
		if (!setting_of(change, name) || !is_plain(setting_of(change, name)))
			return err_set(err, ERR_REFUSED, "--set {name}: a value without blanks is wanted", "name", name,
				       NULL);
	}
	return 0;
}

void plan_parameters(struct change *change)
{
	const char *name;
	json_t *definition;

	change->parameters = json_object();
	json_object_foreach(json_object_get(change->document, "parameters"), name, definition) {
		const json_t *source = json_object_get(definition, "fromImage");
		json_t *fixed = json_object_get(definition, "default");
		const char *given = setting_of(change, name);

		if (!given)
			given = given_before(change, name);
		if (given)
			json_object_set_new(change->parameters, name, json_string(given));
		else if (source)
			from_image(change, name, source);
		else if (fixed)
			json_object_set(change->parameters, name, fixed);
		if (!given && json_object_get(definition, "fromEvent"))
			from_event(change, name, json_object_get(definition, "fromEvent"));
	}
}
