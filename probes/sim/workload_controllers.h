/*
 * One look at one workload each: creates or deletes pods where `act` is true,
 * and writes its status.
 */
#ifndef SIM_WORKLOAD_CONTROLLERS_H
#define SIM_WORKLOAD_CONTROLLERS_H

#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct object;

void daemon_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now);
void deployment_reconcile(struct cluster *cluster, struct object *deployment, bool act, int64_t now);
void replica_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now);
void stateful_set_reconcile(struct cluster *cluster, struct object *set, bool act, int64_t now);
void disruption_budget_reconcile(struct cluster *cluster, struct object *budget, int64_t now);

#endif
