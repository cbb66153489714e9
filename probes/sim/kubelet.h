/*
 * The scheduler and all kubelets: what becomes of a pod from its creation to
 * its end. Pods that are as they should be cost nothing; only those on the way
 * somewhere are worked on.
 *
 * Delays are those of a quick cluster, times the scenario's timeScale.
 */
#ifndef SIM_KUBELET_H
#define SIM_KUBELET_H

#include <stdint.h>

#include "probes/sim/store.h"

struct cluster;
struct kubelet;

struct kubelet *kubelet_new(void);
void kubelet_free(struct kubelet *kubelet);
/* Takes a pod up where there is something to do for it. */
void kubelet_on_change(struct cluster *cluster, struct kubelet *kubelet, const struct object *pod,
		       const struct change *change);
/* Something that pods may wait for changed (readyWhen, holds): they are looked at soon. */
void kubelet_workload_changed(struct cluster *cluster, struct kubelet *kubelet);
/* A node came or changed: pods without a node are tried again. */
void kubelet_retry_pending(struct cluster *cluster, struct kubelet *kubelet);
/* Does what is due; returns when to come again (monotonic ms), INT64_MAX where nothing is under way. */
int64_t kubelet_step(struct cluster *cluster, struct kubelet *kubelet, int64_t now_ms);

#endif
