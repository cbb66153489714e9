#include "probes/sim/hold.h"

#include <string.h>

#include "probes/base/buffer.h"
#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/pods.h"
#include "probes/sim/recorder.h"
#include "probes/sim/rule.h"

enum { EVERY_SECONDS = 120 };

/* Nothing of the pod has run, or waits for anything but what the hold is about. */
static bool has_begun(const json_t *hold, const json_t *pod)
{
	for (size_t i = 0; i < pod_container_count(pod); i++) {
		const json_t *status = pod_container_status(pod, i);
		const char *reason = doc_text(status, "state.waiting.reason");

		if (strcmp(reason, "ContainerCreating") && strcmp(reason, "PodInitializing") &&
		    (!reason[0] || strcmp(reason, doc_text(hold, "waiting.reason"))))
			return true;
	}
	return false;
}

const json_t *hold_of(const struct cluster *cluster, const json_t *rule, const json_t *pod)
{
	const json_t *holds = json_object_get(rule, "holds");
	size_t i;
	json_t *hold;

	json_array_foreach(holds, i, hold)
		if (!has_begun(hold, pod) && !rule_holds(cluster, json_object_get(hold, "until"), pod))
			return hold;
	return NULL;
}

bool hold_apply(const json_t *hold, json_t *pod)
{
	const char *reason = doc_text(hold, "waiting.reason");
	bool changed = false;

	for (size_t i = pod_init_count(pod); reason[0] && i < pod_container_count(pod); i++) {
		json_t *status = pod_container_status(pod, i);

		if (!strcmp(doc_text(status, "state.waiting.reason"), reason))
			continue;
		container_wait(status, reason, doc_text(hold, "waiting.message"));
		changed = true;
	}
	return changed;
}

int64_t hold_seconds(const json_t *hold)
{
	return doc_int_or(hold, "everySeconds", EVERY_SECONDS);
}

char *pod_words(const struct cluster *cluster, const char *text, const json_t *pod)
{
	const char *node_name = doc_text(pod, "spec.nodeName");
	const struct object *node = store_find(&cluster->store, KIND_NODE, "", node_name);
	const json_t *addresses = node ? doc_get(node->now->value, "status.addresses") : NULL;
	const struct {
		const char *place;
		const char *value;
	} places[] = {
		{"{pod}", doc_text(pod, "metadata.name")},
		{"{namespace}", doc_text(pod, "metadata.namespace")},
		{"{uid}", doc_text(pod, "metadata.uid")},
		{"{node}", node_name},
		{"{ip}", doc_text(doc_find(addresses, "type", "InternalIP"), "address")},
	};
	struct buffer out = BUFFER_INIT(16 << 10);

	while (*text) {
		size_t taken = 0;

		for (size_t i = 0; i < array_length(places) && !taken; i++) {
			if (strncmp(text, places[i].place, strlen(places[i].place)))
				continue;
			buffer_add_text(&out, places[i].value);
			taken = strlen(places[i].place);
		}
		if (!taken)
			buffer_add_byte(&out, *text);
		text += taken ? taken : 1;
	}
	return buffer_detach(&out);
}

void hold_events(struct cluster *cluster, const json_t *hold, const json_t *pod, int64_t first, int64_t last)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(hold, "events"), i, entry) {
		const char *type = doc_text(entry, "type");
		const char *component = doc_text(entry, "component");
		auto_free char *message = pod_words(cluster, doc_text(entry, "message"), pod);
		struct occurrence occurrence = {
			.type = type[0] ? type : "Warning", .reason = doc_text(entry, "reason"),
			.message = message, .component = component[0] ? component : "kubelet",
			.host = component[0] ? "" : doc_text(pod, "spec.nodeName"), .field_path = "",
			.first = first, .last = last, .count = 1 + (last - first) / hold_seconds(hold),
		};

		record_event_of(cluster, KIND_POD, pod, &occurrence);
	}
}
