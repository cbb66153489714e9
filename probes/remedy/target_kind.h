/*
 * Kinds of object that a step may change: those that are watched, and others
 * that are only read by name when a plan needs them.
 */
#ifndef REMEDY_TARGET_KIND_H
#define REMEDY_TARGET_KIND_H

#include <stdbool.h>

#include "probes/kube/record.h"

/* By name ("Secret"), or resource, caseless; NULL: none that a step may change. */
const struct kind *target_kind_find(const char *name);
/* The snapshot may be asked about it (where it is watched at all). */
bool target_kind_is_known(const struct kind *kind);
/* DaemonSet, Deployment, StatefulSet: what rolls out. ReplicaSets roll nothing out. */
bool target_kind_rolls_out(const struct kind *kind);
/* Where the pod template is: "/spec/template", "" for a Pod; NULL: the kind has none. */
const char *target_kind_template(const struct kind *kind);

#endif
