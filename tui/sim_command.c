/* `nks-triage sim` becomes nks-triage-sim: the simulator is a program of its own (decisions.md 2). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "probes/base/memory.h"
#include "tui/command.h"
#include "tui/paths.h"

static int run(struct invocation *invocation)
{
	auto_free char *simulator = paths_simulator();
	struct err err;

	if (!simulator) {
		err_set(&err, ERR_IO,
			"nks-triage-sim is neither beside nks-triage nor where it was installed", NULL);
		err_hint(&err, "make builds both", NULL);
		return command_fail(invocation, &err);
	}
	invocation->argv[0] = simulator;
	execv(simulator, invocation->argv);
	err_set(&err, ERR_IO, "cannot start {path}: {reason}", "path", simulator, "reason", strerror(errno),
		NULL);
	return command_fail(invocation, &err);
}

static const struct command_flag flags[] = {
	{"--scenario", "S", N_("what the cluster looks like (calico-outage)")},
	{"--nodes", "N", N_("number of nodes, for the scenario scale")},
	{"--pods", "P", N_("number of pods, for the scenario scale")},
	{"--churn", "EVENTS_PER_S", N_("changes a second")},
	{"--seed", "N", N_("the same seed gives the same cluster")},
	{"--state-dir", "DIR", N_("where the kubeconfig is written")},
	{"--list", NULL, N_("print the scenarios")},
	{NULL, NULL, NULL},
};

const struct command sim_command = {
	.name = "sim",
	.usage =
		"sim [--scenario S] [--nodes N] [--pods P] [--churn EVENTS_PER_S] [--seed N] [--state-dir DIR] | "
		 "sim --list",
	.help = N_("serve a simulated cluster that kubectl can use"),
	.flags = flags,
	.run = run,
};
