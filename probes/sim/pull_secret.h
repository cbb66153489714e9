/*
 * Pulls by a pod's credentials: the Secrets that its imagePullSecrets name.
 */
#ifndef SIM_PULL_SECRET_H
#define SIM_PULL_SECRET_H

#include <jansson.h>

#include "probes/sim/image.h"

struct cluster;

/* image_pull() as the pod's kubelet does it: with the registries that the pod has credentials for. */
void pod_pull(const struct cluster *cluster, const json_t *pod, const char *image, struct pull *pull);
/* The admission of service accounts: a pod that names no pull secrets gets its account's. spec is private. */
void pull_secrets_admit(const struct cluster *cluster, const char *namespace, json_t *spec);

#endif
