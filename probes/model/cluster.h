/*
 * One watched cluster: a client, a reflector for each wanted kind, and the
 * snapshot that they fill. No globals: several may live in one loop.
 */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include <stdbool.h>

#include "probes/kube/client.h"
#include "probes/kube/fields.h"
#include "probes/model/snapshot.h"

struct cluster;
struct history;

/* The field tables of one program run: one a kind, shared by scanner, runbooks and views; what is watched. */
struct field_set {
	struct field_table *tables[KIND_COUNT];
	bool is_watched[KIND_COUNT];	/* the core kinds, and those that a loaded runbook names */
};
void field_set_init(struct field_set *set);
void field_set_release(struct field_set *set);

/*
 * Starts to list and watch at once, and asks a server that says nothing for a sign of life. The client and the tables
 * must outlive the cluster. name_space NULL: everything; else only what is in there, and what belongs to no namespace.
 */
struct cluster *cluster_new(struct kube_client *client, const struct field_set *fields, const char *name_space);
void cluster_free(struct cluster *cluster);
/* From now on history sees what comes and goes, and the snapshot knows it. Borrowed; NULL: none. */
void cluster_set_history(struct cluster *cluster, struct history *history);
struct snapshot *cluster_snapshot(struct cluster *cluster);
/* Every kind was listed whole, or is known to be forbidden or absent: the first picture is complete. */
bool cluster_is_complete(const struct cluster *cluster);
/* Like cluster_is_complete(), or failed in a way that waiting will not mend soon; ret_err names the layer. */
bool cluster_has_failed(const struct cluster *cluster, struct err *ret_err);
/* Lists everything anew over new connections (Ctrl-r). What is known stays until then. */
void cluster_reconnect(struct cluster *cluster);
/* Lists these kinds anew, as far as they are watched: what a watch did not tell comes to light. */
void cluster_relist(struct cluster *cluster, const bool kinds[KIND_COUNT]);
/* The machine slept, or the process was stopped: connections may be dead. Watches go on from their last versions. */
void cluster_resume(struct cluster *cluster);

#endif
