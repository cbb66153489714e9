/*
 * How pods come and go.
 */
#ifndef SIM_POD_DELETE_H
#define SIM_POD_DELETE_H

#include <jansson.h>
#include <stdint.h>

struct cluster;
struct object;

/*
 * Sets deletionTimestamp; the kubelet ends the containers, and the pod goes: at
 * once where no node has it, or grace is 0.
 */
void pod_delete(struct cluster *cluster, struct object *pod, int64_t grace_seconds);
/* Seconds of the pod's own grace period. */
int64_t pod_grace(const struct object *pod);
/* A new pod of an owner, named prefix-xxxxx, or prefix alone where suffix is "". Recorded as SuccessfulCreate. */
struct object *pod_create(struct cluster *cluster, const struct object *owner, const json_t *template,
			  const char *name, const char *node);

#endif
