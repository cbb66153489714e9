/*
 * What a Node object says of its machine: conditions, taints, boot id, and the
 * events that come with them, as kubelets and the node lifecycle controller
 * write them (kubernetes 1.28: pkg/kubelet/nodestatus/setters.go,
 * pkg/controller/nodelifecycle). The lock is held.
 */
#ifndef SIM_NODE_STATUS_H
#define SIM_NODE_STATUS_H

#include <stdbool.h>

struct cluster;
struct machine;

bool status_has_pressure(const struct cluster *cluster, const struct machine *machine);
void status_set_pressure(struct cluster *cluster, const struct machine *machine, bool pressure);
/* The kubelet stopped posting. */
void status_set_lost(struct cluster *cluster, const struct machine *machine);
/* It is back: Ready, with or without disk pressure. */
void status_set_ready(struct cluster *cluster, const struct machine *machine, bool pressure);
/* Another boot id, the events of a reboot, and containers that were started anew. */
void status_set_booted(struct cluster *cluster, const struct machine *machine);

#endif
