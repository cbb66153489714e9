/*
 * What happens to nodes outside of the API: they join, reboot, are mended by hand.
 *
 *	POST /sim/nodes		{"name": "worker-9", "group": "default-worker"}: a new machine joins
 *	POST /sim/nodes/NAME	{"reboot": true, "facts": {"rpc-statd": "active"}, "machine": {}, "ssh": {}}: each
 *				member on its own; node_machine.h, node_fault.h; reboot: it has booted by the answer
 *	GET /sim/nodes/NAME	its facts
 *	GET /sim/machines/NAME	what is on the machine
 *	POST /sim/registry	[rule]: from now on registries answer so (image.h); before the scenario's rules
 */
#ifndef SIM_NODE_CONTROL_H
#define SIM_NODE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct object;
struct request;

/* False where the path is none of these. */
bool node_control_handle(struct request *request);
/* A node is gone: so are its Lease and its pods, as the pod garbage collector does it. */
void node_forget(struct cluster *cluster, const char *name);
/* A node without a network becomes Ready once its pod of the scenario's `network` DaemonSet is. */
void nodes_check_network(struct cluster *cluster, int64_t now);

#endif
