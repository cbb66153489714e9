/* Findings are borrowed until the next update of the symptoms; a change lives longer. */
#include "probes/base/memory.h"
#include "probes/remedy/change_private.h"

struct finding_object object_key_make(const char *kind, const char *name_space, const char *name, const char *uid)
{
	return (struct finding_object){
		.kind = xstrdup(kind),
		.name_space = xstrdup(name_space),
		.name = xstrdup(name),
		.uid = xstrdup(uid),
	};
}

struct finding *finding_copy(const struct finding *finding)
{
	struct finding *copy = xmalloc(sizeof(*copy));

	*copy = *finding;
	copy->key = xstrdup(finding->key);
	copy->group_name = finding->group_name ? xstrdup(finding->group_name) : NULL;
	copy->came_back_after = finding->came_back_after ? xstrdup(finding->came_back_after) : NULL;
	copy->objects = xcalloc(finding->object_count + 1, sizeof(*copy->objects));
	for (size_t i = 0; i < finding->object_count; i++) {
		const struct finding_object *object = &finding->objects[i];

		copy->objects[i] = object_key_make(object->kind, object->name_space, object->name, object->uid);
	}
	copy->also_seen = xcalloc(finding->also_seen_count + 1, sizeof(*copy->also_seen));
	for (size_t i = 0; i < finding->also_seen_count; i++)
		copy->also_seen[i] = xstrdup(finding->also_seen[i]);
	/* Not needed: what it was seen by is read afresh. */
	copy->evidence = NULL;
	copy->evidence_count = 0;
	return copy;
}
