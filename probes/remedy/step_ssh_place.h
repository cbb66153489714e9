/* How a file comes into its place on a node (step_ssh_place.c), for step_ssh_file.c. */
#ifndef REMEDY_STEP_SSH_PLACE_H
#define REMEDY_STEP_SSH_PLACE_H

#include "probes/remedy/change_private.h"

/* The commands, from step->part's before and after. */
int step_ssh_place_plan(struct plan_step *step, struct err *err);
void step_ssh_place_start(struct change *change, struct plan_step *step);
void step_ssh_place_stop(struct change *change, struct plan_step *step);

#endif
