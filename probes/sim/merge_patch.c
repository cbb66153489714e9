#include "probes/sim/merge_patch.h"

#include <stdint.h>

json_t *merge_patch(const json_t *target, const json_t *patch)
{
	json_t *result;
	const char *name;
	json_t *value;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	result = json_is_object(target) ? json_deep_copy(target) : json_object();
	json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
		if (json_is_null(value))
			json_object_del(result, name);
		else
			json_object_set_new(result, name, merge_patch(json_object_get(result, name), value));
	}
	return result;
}
