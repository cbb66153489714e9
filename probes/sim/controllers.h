/*
 * The controllers: DaemonSets, Deployments, ReplicaSets, StatefulSets,
 * disruption budgets, garbage collection, the scheduler, kubelets, heartbeats
 * and churn. They act on what changed, and on timers.
 *
 * A controller is one function that compares what one object wants with what
 * there is, and goes one step; the change it makes marks what must be looked
 * at next.
 */
#ifndef SIM_CONTROLLERS_H
#define SIM_CONTROLLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/sim/store.h"

struct cluster;
struct controllers;

struct controllers *controllers_new(void);
void controllers_free(struct controllers *controllers);
/* Status updates a second on random pods; 0 = none. */
void controllers_set_churn(struct cluster *cluster, double per_second);
/* Called for each change; changes nothing itself. The lock is held for this and all below. */
void controllers_on_change(struct cluster *cluster, struct object *object, const struct change *change);
/* Lets workloads write their status, without any time passing. */
void controllers_settle(struct cluster *cluster);
/* Does what is due; returns when to come again (monotonic ms). */
int64_t controllers_step(struct cluster *cluster, int64_t now_ms);

/* For the controllers. The pods that an owner controls; count in *ret_count. Caller frees the array. */
struct object **pods_of(const struct cluster *cluster, const struct object *owner, size_t *ret_count);
/* Ready for minReadySeconds. */
bool pod_is_available(const struct object *pod, int64_t min_ready_seconds, int64_t now);
bool is_terminating(const struct object *object);
/* Phase Succeeded or Failed. */
bool pod_is_finished(const struct object *pod);
/* A number, or a percentage of total; rounded up or down. */
int64_t int_or_percent(const json_t *value, int64_t total, bool round_up, int64_t otherwise);
/* Something outside the API changed: pods that were held back are looked at again. */
void controllers_look_again(struct cluster *cluster);
/* Stores a status (stolen) if it differs from the present one. */
void put_status(struct cluster *cluster, struct object *object, json_t *status);

#endif
