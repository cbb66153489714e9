#include "probes/sim/node_effects.h"

#include "probes/sim/cluster.h"

void machine_changed(struct cluster *cluster, struct machine *machine)
{
	(void)cluster;
	(void)machine;
}
