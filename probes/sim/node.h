/*
 * Nodes: made from the scenario's groups; their heartbeats.
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;
struct object;

/* count overrides that of the first group where it is not 0. */
void nodes_build(struct cluster *cluster, int64_t count, int64_t now);
/* A new node of a group of the scenario, without a network yet; -1 where there is no such group. */
int node_join(struct cluster *cluster, const char *group, const char *name, int64_t now);
/* Ready or not for want of a network, with the taints that go with it. */
void node_set_network(struct cluster *cluster, const struct object *node, bool ready, int64_t now);
/* Renews the node's Lease, and now and then the heartbeat times of its conditions. */
void node_heartbeat(struct cluster *cluster, const struct object *node, int64_t now, bool conditions);
/* The node lifecycle controller: a cordoned node has the taint node.kubernetes.io/unschedulable, with its time. */
void node_reconcile(struct cluster *cluster, struct object *node, int64_t now);
/* True where the pod spec of a DaemonSet wants the node: nodeSelector, and NoExecute/NoSchedule taints tolerated. */
bool node_wants(const struct object *node, const json_t *pod_spec);
/* The next node for an ordinary pod, or NULL where none takes it. */
const struct object *node_choose(struct cluster *cluster, const json_t *pod);

#endif
