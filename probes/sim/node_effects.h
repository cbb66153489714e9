/*
 * From the machine to the cluster: what somebody changed on a node shows in
 * its Node object, in its pods and events, as a kubelet there would have it.
 *
 *	file systems	DiskPressure from 85 % on, and gone again some time after
 *	units, rpc	fact rpc-statd: mounts that waited for it go on
 *	cgroups		fact memory-cgroups
 *	images		pods that waited for one go on
 *	reboot		NotReady, connections broken; then another bootID, Ready, and the arguments of the next boot
 */
#ifndef SIM_NODE_EFFECTS_H
#define SIM_NODE_EFFECTS_H

#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct machine;

/* After something was done on the machine. The lock is held for all of it. */
void machine_changed(struct cluster *cluster, struct machine *machine);
/* The machine goes down now, and comes back by itself. */
void machine_reboot(struct cluster *cluster, struct machine *machine);
/* Does what is due; returns when to come again (monotonic ms), INT64_MAX: nothing is under way. */
int64_t machines_step(struct cluster *cluster, int64_t now_ms);

#endif
