#include "probes/sim/revisions.h"

#include <string.h>

#include "probes/base/memory.h"
#include "probes/sim/cluster.h"
#include "probes/sim/document.h"
#include "probes/sim/pods.h"

static int64_t highest(const struct cluster *cluster, const struct object *owner)
{
	const struct table *table = &cluster->store.tables[KIND_CONTROLLER_REVISION];
	int64_t number = 0;
	size_t i;
	size_t end;

	store_range(&cluster->store, KIND_CONTROLLER_REVISION, owner->namespace, &i, &end);
	for (; i < end; i++)
		if (!strcmp(table->objects[i]->owner_uid, owner->uid) &&
		    doc_int(table->objects[i]->now->value, "revision") > number)
			number = doc_int(table->objects[i]->now->value, "revision");
	return number;
}

void revision_ensure(struct cluster *cluster, const struct object *owner, const char *hash, const char *hash_label,
		     int64_t now)
{
	auto_free char *name = xasprintf("%s-%s", owner->name, hash);
	const struct object *known = store_find(&cluster->store, KIND_CONTROLLER_REVISION, owner->namespace, name);
	int64_t number = highest(cluster, owner);
	struct owner reference = {.api_version = "apps/v1", .kind = owner->kind->kind, .name = owner->name,
				  .uid = owner->uid};
	json_t *template;
	json_t *metadata;
	json_t *labels;

	if (known) {
		json_t *value;

		if (doc_int(known->now->value, "revision") == number)
			return;
		value = doc_fork(known->now->value);
		doc_set_int(value, "revision", number + 1);
		store_put(&cluster->store, KIND_CONTROLLER_REVISION, value);
		return;
	}
	if (!number)
		now = doc_wall(owner->now->value, "metadata.creationTimestamp");
	template = doc_fork(doc_get(owner->now->value, "spec.template"));
	doc_set_text(template, "$patch", "replace");
	metadata = metadata_new(cluster, owner->namespace, name, now);
	labels = json_copy(doc_get(template, "metadata.labels"));
	json_object_set_new(labels, "controller-revision-hash", json_string(hash_label));
	json_object_set_new(metadata, "labels", labels);
	json_object_set_new(metadata, "ownerReferences", owner_references(&reference));
	store_put(&cluster->store, KIND_CONTROLLER_REVISION,
		  json_pack("{s:o, s:{s:{s:o}}, s:I}", "metadata", metadata, "data", "spec", "template", template,
			    "revision", (json_int_t)(number + 1)));
}
