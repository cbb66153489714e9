/*
 * The scripts that repair steps run around a command (probes/remedy/
 * node_mark.h), known by the word after them: "nks-triage-run MARK WORDS…",
 * "nks-triage-look MARK", "nks-triage-forget MARK", and "nks-triage-place
 * FILE STATE READER WORDS…" (node_place.h). They do here what they do
 * on a node: a mark says that the command was started, and how it ended. A
 * connection that breaks before the command leaves none. Marks are gone after
 * a reboot, as /tmp and /run are.
 */
#ifndef SIM_NODE_MARK_H
#define SIM_NODE_MARK_H

#include <stdbool.h>

#include "probes/sim/node_commands.h"

/* words: [0] the name of the script, then its arguments. False: none of these scripts. */
bool mark_run(const struct command *command, char **words, size_t count, int *ret_status);

#endif
