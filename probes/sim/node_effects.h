/*
 * From the machine to the cluster: what somebody changed on a node shows in
 * its Node object, in its pods and events, as a kubelet there would have it.
 *
 *	file systems	DiskPressure from 85 % on, and gone again some time after
 *	units, rpc	the fact rpc-statd: mounts that waited for it go on; without a kubelet the node is not Ready
 *	cgroups		the fact memory-cgroups
 *	images		pods that waited for one go on
 *	reboot		NotReady, connections broken; then another bootID, Ready, and the arguments of the next boot
 *
 * The lock is held for all of it.
 */
#ifndef SIM_NODE_EFFECTS_H
#define SIM_NODE_EFFECTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;
struct machine;

/* What of a machine shows in the cluster. */
struct machine_view {
	bool kubelet;		/* runs */
	bool statd;		/* runs and is registered */
	bool cgroups_leak;
	bool disk_full;
	size_t images;		/* a number that changes with them */
};

/* The machine as it is made: its disk is as full as its Node says, and what it shows is no news. */
void machine_settle(struct cluster *cluster, struct machine *machine);
/* After something was done on the machine. */
void machine_changed(struct cluster *cluster, struct machine *machine);
/* The machine goes down now, and comes back by itself. */
void machine_reboot(struct cluster *cluster, struct machine *machine);
/* It has just booted. */
void machine_boot(struct cluster *cluster, struct machine *machine);
/* Mended from outside: the machine follows facts that were set (rule.h). */
void machine_take_facts(struct cluster *cluster, struct machine *machine, const json_t *facts);
/* Does what is due; returns when to come again (monotonic ms), INT64_MAX: nothing is under way. */
int64_t machines_step(struct cluster *cluster, int64_t now_ms);

#endif
