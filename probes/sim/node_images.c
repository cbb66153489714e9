#include "probes/sim/node_images.h"

#include <string.h>

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/image.h"
#include "probes/sim/node_machine.h"
#include "probes/sim/pods.h"

static json_t *entry_of(const char *reference)
{
	char digest[DIGEST_HEX_SIZE];
	auto_free char *id = NULL;
	uint64_t size = 300000;

	digest_sha256(reference, strlen(reference), digest);
	id = xasprintf("sha256:%s", digest);
	if (!strstr(reference, "/pause:"))
		size = 20000000 + (uint64_t)strtoull(id + 63, NULL, 16) % 180000000;
	return json_pack("{s:s, s:I}", "id", id, "size", (json_int_t)size);
}

const char *images_namespace(const struct machine *machine)
{
	return json_is_true(machine_part(machine, "docker")) ? "docker" : "k8s.io";
}

const json_t *images_in(const struct machine *machine, const char *namespace)
{
	return json_object_get(machine_part(machine, "images"), namespace);
}

static json_t *own_images(struct machine *machine, const char *namespace)
{
	json_t *all = machine_own(machine, "images");
	json_t *images = json_object_get(all, namespace);

	if (!images) {
		images = json_object();
		json_object_set_new(all, namespace, images);
	}
	return images;
}

bool node_has_image(const struct cluster *cluster, const char *node, const char *image)
{
	const struct machine *machine = machine_known(cluster, node);
	auto_free char *reference = machine ? image_normalise(image) : NULL;

	return machine && json_object_get(images_in(machine, images_namespace(machine)), reference);
}

char *images_pull(struct cluster *cluster, struct machine *machine, const char *namespace, const char *image,
		  int64_t *ret_milliseconds)
{
	auto_free char *reference = image_normalise(image);
	json_t *rules = json_array();
	struct pull pull;
	char *error;

	json_array_extend(rules, machine_part(machine, "registry"));
	json_array_extend(rules, doc_get(cluster->scenario, "registry"));
	image_pull(rules, image, NULL, &pull);
	error = take_pointer(pull.error);
	*ret_milliseconds = (int64_t)((double)pull.milliseconds * cluster->time_scale);
	if (pull.resolves)
		json_object_set_new(own_images(machine, namespace), reference, entry_of(reference));
	pull_release(&pull);
	json_decref(rules);
	return error;
}

bool images_tag(struct machine *machine, const char *namespace, const char *image, const char *tag)
{
	auto_free char *from = image_normalise(image);
	auto_free char *to = image_normalise(tag);
	const json_t *entry = json_object_get(images_in(machine, namespace), from);

	if (!entry)
		return false;
	json_object_set_new(own_images(machine, namespace), to, json_deep_copy(entry));
	return true;
}

bool images_remove(struct machine *machine, const char *namespace, const char *image)
{
	auto_free char *reference = image_normalise(image);

	if (!json_object_get(images_in(machine, namespace), reference))
		return false;
	json_object_del(own_images(machine, namespace), reference);
	return true;
}

/* What no rule of the node's own lets it pull, it never had. */
void images_adopt(struct cluster *cluster, struct machine *machine)
{
	const struct table *pods = &cluster->store.tables[KIND_POD];
	json_t *images = own_images(machine, images_namespace(machine));
	const char *sandbox = json_string_value(machine_part(machine, "sandboxImage"));

	for (size_t i = 0; i < pods->count; i++) {
		const json_t *pod = pods->objects[i]->now->value;

		if (strcmp(doc_text(pod, "spec.nodeName"), machine->name))
			continue;
		for (size_t j = 0; j < pod_container_count(pod); j++) {
			auto_free char *reference = image_normalise(doc_text(pod_container(pod, j), "image"));

			if (doc_get(pod_container_status(pod, j), "state.running") &&
			    !json_object_get(images, reference))
				json_object_set_new(images, reference, entry_of(reference));
		}
	}
	if (sandbox && !json_is_true(machine_part(machine, "withoutSandboxImage"))) {
		auto_free char *reference = image_normalise(sandbox);

		json_object_set_new(images, reference, entry_of(reference));
	}
}
