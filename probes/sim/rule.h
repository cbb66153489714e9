/*
 * Conditions of a scenario: what a kubelet that is not there would have to find before it goes on.
 *
 *	{"all": [COND]}  {"any": [COND]}  {"not": COND}
 *	{"pod": "spec.dnsPolicy", "value": "Default"}	a member of the pod; without `value`: it is there
 *	{"object": "Kind/namespace/name", "path": "spec.replicas", "value": 3}
 *	{"available": "Kind/namespace/name"}		a workload with an available pod
 *	{"fact": "rpc-statd", "value": "active"}	what is so on the pod's node (node_control.h)
 *	{"nodeReady": true}				the pod's node is Ready
 *	{"pulls": "k8s.gcr.io/pause:3.9"}		the image can be had from the simulated registries
 *	{"image": "*calico/node:v3.2[89]*"}		an image of the pod, normalised, matches (fnmatch)
 */
#ifndef SIM_RULE_H
#define SIM_RULE_H

#include <jansson.h>
#include <stdbool.h>

struct cluster;

/* rule NULL: holds. pod: its document. */
bool rule_holds(const struct cluster *cluster, const json_t *rule, const json_t *pod);
/* The object of "Kind/namespace/name" or "Kind/name", or NULL. */
struct object *object_named(const struct cluster *cluster, const char *reference);

#endif
