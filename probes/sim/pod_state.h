/*
 * The states that a scenario gives to pods at the start (workload.h, `states`),
 * with the events that led there.
 */
#ifndef SIM_POD_STATE_H
#define SIM_POD_STATE_H

#include <jansson.h>
#include <stdint.h>

struct cluster;
struct object;

/*
 * workload: the scenario's entry; state NULL: running and ready. The pod is private and accepted by its node at
 * `accepted`.
 */
void pod_state_apply(struct cluster *cluster, json_t *pod, const json_t *state, const json_t *workload,
		     int64_t accepted, int64_t now);
/* No node takes the pod, since `since`. */
void pod_unscheduled(struct cluster *cluster, json_t *pod, int64_t since);
void pod_state_events(struct cluster *cluster, const struct object *pod, const json_t *state,
		      const json_t *workload, int64_t now);

#endif
