/*
 * The file systems on persistent volumes, which no API object tells of: a
 * kubelet's /stats/summary does.
 *
 * A volume's file system has the size of its PersistentVolume, less what the
 * file system keeps for itself, or what the scenario's `volumes` say. It grows
 * when a pod mounts it anew on a node whose csi-cinder-nodeplugin has read a
 * configuration with rescan-on-resize (cloud-provider-openstack, blockstorage).
 */
#ifndef SIM_VOLUMES_H
#define SIM_VOLUMES_H

#include <jansson.h>
#include <stdbool.h>

struct cluster;
struct request;

/* The sizes that the scenario gives. */
void volumes_build(struct cluster *cluster);
/* The pod's volumes are mounted: its first container starts. */
void volumes_mount(struct cluster *cluster, const json_t *pod);
/* GET /api/v1/nodes/NODE/proxy/stats/summary */
void stats_summary_answer(struct request *request, const char *node);

#endif
