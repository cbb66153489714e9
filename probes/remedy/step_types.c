/* The table of step types: a file each, a line each. */
#include <string.h>

#include "probes/base/memory.h"
#include "probes/remedy/step.h"

extern const struct step_ops registry_check_step;
extern const struct step_ops patch_image_step;
extern const struct step_ops patch_step;
extern const struct step_ops wait_rollout_step;
extern const struct step_ops wait_replaced_step;
extern const struct step_ops restore_step;
extern const struct step_ops ssh_command_step;
extern const struct step_ops ssh_file_step;
extern const struct step_ops evict_step;
extern const struct step_ops drain_step;
extern const struct step_ops apply_step;
extern const struct step_ops prompt_step;
extern const struct step_ops transform_step;
extern const struct step_ops wait_step;
extern const struct step_ops check_step;
extern const struct step_ops manual_step;
extern const struct step_ops advice_step;
extern const struct step_ops cordon_step;
extern const struct step_ops uncordon_step;
extern const struct step_ops restart_step;
extern const struct step_ops delete_step;

static const struct step_ops *const step_types[] = {
	&registry_check_step,
	&patch_image_step,
	&patch_step,
	&wait_rollout_step,
	&wait_replaced_step,
	&restore_step,
	&ssh_command_step,
	&ssh_file_step,
	&evict_step,
	&drain_step,
	&apply_step,
	&prompt_step,
	&transform_step,
	&wait_step,
	&check_step,
	&manual_step,
	&advice_step,
	&cordon_step,
	&uncordon_step,
	&restart_step,
	&delete_step,
};

const struct step_ops *step_type_find(const char *type)
{
	for (size_t i = 0; i < array_length(step_types); i++) {
		if (!strcmp(step_types[i]->type, type))
			return step_types[i];
	}
	return NULL;
}
