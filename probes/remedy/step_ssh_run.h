/* How a command of a step runs on its node (step_ssh_run.c), and what of its definition step_ssh_command.c knows. */
#ifndef REMEDY_STEP_SSH_RUN_H
#define REMEDY_STEP_SSH_RUN_H

#include "probes/remedy/change_private.h"
#include "probes/ssh/pool.h"

/* Reads with the argv of a member ("unless", "record"); false: the step has none, or its places are not known. */
bool ssh_command_read(struct plan_step *step, const char *member,
		      void (*on_done)(struct change *change, void *data, const struct node_answer *answer));
/* What the command of "unless" printed says that the step is needless. */
bool ssh_command_is_so(const struct plan_step *step, const struct node_answer *answer);
/* What "record" printed, without blanks around it: "enabled". Caller frees. */
char *ssh_command_recorded(const struct node_answer *answer);

void step_ssh_run_start(struct change *change, struct plan_step *step);
void step_ssh_run_stop(struct change *change, struct plan_step *step);

#endif
