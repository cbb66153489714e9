#include "probes/sim/complete.h"

#include "probes/base/digest.h"
#include "probes/base/memory.h"
#include "probes/sim/document.h"
#include "probes/sim/kinds.h"
#include "probes/sim/pods.h"

/* stringData is written into data, as base64. */
static void merge_string_data(json_t *object)
{
	const char *name;
	json_t *value;

	if (!json_object_get(object, "stringData"))
		return;
	if (!json_object_get(object, "data"))
		json_object_set_new(object, "data", json_object());
	json_object_foreach(json_object_get(object, "stringData"), name, value) {
		auto_free char *text = base64_encode(json_string_value(value), json_string_length(value));

		json_object_set_new(json_object_get(object, "data"), name, json_string(text));
	}
	json_object_del(object, "stringData");
}

/* Maps and lists that hold nothing are not there. */
static void drop_empty(json_t *object)
{
	static const char *const members[] = {"metadata.labels", "metadata.annotations", "metadata.finalizers",
					      "metadata.ownerReferences", "data", "binaryData"};

	for (size_t i = 0; i < array_length(members); i++) {
		const json_t *value = doc_get(object, members[i]);

		if (value && !json_object_size(value) && !json_array_size(value))
			doc_remove(object, members[i]);
	}
}

void complete_object(const struct kind *kind, json_t *object, const json_t *before)
{
	json_t *spec = json_object_get(object, "spec");

	drop_empty(object);
	if (kind->id == KIND_POD && spec && !before)
		pod_admission_defaults(spec);
	if (kind->id == KIND_POD && spec)
		pod_spec_defaults(spec);
	else if (json_is_object(spec))
		workload_defaults((int)kind->id, spec);
	if (kind->id == KIND_NAMESPACE && !before) {
		doc_set(object, "spec.finalizers", json_pack("[s]", "kubernetes"));
		if (!doc_get(object, "metadata.labels"))
			doc_set(object, "metadata.labels", json_object());
		json_object_set(doc_get(object, "metadata.labels"), "kubernetes.io/metadata.name",
				doc_get(object, "metadata.name"));
	}
	if (kind->id == KIND_SECRET) {
		merge_string_data(object);
		if (!doc_text(object, "type")[0])
			doc_set_text(object, "type", "Opaque");
	}
}
