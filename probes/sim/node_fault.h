/*
 * Faults of a simulated node's SSH, for tests: `ssh` of what is posted to
 * /sim/nodes/NAME, a merge patch over what was set before (null: none any
 * more), and of a scenario's node group and states.
 *
 *	refuse		true: nobody listens; silent: true: connections are taken and nothing is said
 *	slow		milliseconds before each answer
 *	newHostKey	true: from now on another host key than known_hosts has
 *	sudo		"no": a password is required; {"refused": [pattern]}: for these commands, as below
 *	commands	[{match, drop "before"|"after", signal "KILL", exit, out, error, slow, times}]: the first whose
 *			pattern (fnmatch) matches the command as it is behind sudo, timeout and env, "logrotate -f *",
 *			breaks the connection without or with its effect, ends it by a signal, or answers in its
 *			place; times: so often (1), then never again; 0: always
 */
#ifndef SIM_NODE_FAULT_H
#define SIM_NODE_FAULT_H

#include <jansson.h>
#include <stdbool.h>

struct cluster;
struct command;
struct machine;
struct shell;

/* True: the command is over, with that status. */
bool fault_before(const struct command *command, int *ret_status);
void fault_after(const struct command *command, int *status);
/* sudo lets who logged in run this? */
bool fault_lets_sudo(const struct shell *shell, char *const *words, size_t count);
void fault_patch(struct cluster *cluster, struct machine *machine, const json_t *patch);

#endif
