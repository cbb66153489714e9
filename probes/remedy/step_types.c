/* The table of step types: a file each, a line each. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/step.h"

extern const struct step_ops registry_check_step;
extern const struct step_ops patch_image_step;
extern const struct step_ops patch_step;
extern const struct step_ops wait_rollout_step;
extern const struct step_ops restore_step;

static const struct step_ops *const step_types[] = {
	&registry_check_step,
	&patch_image_step,
	&patch_step,
	&wait_rollout_step,
	&restore_step,
};

const struct step_ops *step_type_find(const char *type)
{
	for (size_t i = 0; i < array_length(step_types); i++) {
		if (!strcmp(step_types[i]->type, type))
			return step_types[i];
	}
	return NULL;
}
