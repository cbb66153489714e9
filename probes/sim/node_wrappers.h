/*
 * What is around a command: sudo, timeout, env, sh and the shell's own words.
 */
#ifndef SIM_NODE_WRAPPERS_H
#define SIM_NODE_WRAPPERS_H

#include <stdbool.h>

#include "probes/sim/node_commands.h"

extern const struct command_entry commands_of_shell[];

/* It runs another command, to which faults and rights belong. */
bool command_is_wrapper(const struct command_entry *entry);

#endif
