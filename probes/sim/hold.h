/*
 * What keeps pods from starting, as a scenario's workload says it (`holds`): a
 * sandbox that cannot be made, a volume that cannot be mounted. Each is
 *
 *	{"until": COND, "everySeconds": 125, "events": [{"type", "reason", "message", "component"}],
 *	 "waiting": {"reason": "CreateContainerConfigError", "message"}}
 *
 * COND: rule.h. Type is Warning and component kubelet where they are not said; a message holds {pod} {namespace}
 * {uid} {node} and {ip} of the node. The first that holds back does; its events come again every so many seconds.
 */
#ifndef SIM_HOLD_H
#define SIM_HOLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cluster;
struct object;

/* What holds the pod back, or NULL. rule: the scenario's workload; pod: its document. */
const json_t *hold_of(const struct cluster *cluster, const json_t *rule, const json_t *pod);
int64_t hold_seconds(const json_t *hold);
/* Where the hold says so (`waiting` {reason, message}), the containers wait for that; true where they did not yet. */
bool hold_apply(const json_t *hold, json_t *pod);
/* Its events, once each, or as often as it came since `first`. */
void hold_events(struct cluster *cluster, const json_t *hold, const json_t *pod, int64_t first, int64_t last);
/* The text with the pod's names filled in. Caller frees. */
char *pod_words(const struct cluster *cluster, const char *text, const json_t *pod);

#endif
