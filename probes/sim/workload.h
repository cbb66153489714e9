/*
 * Workloads of a scenario: one entry becomes the workload, its ReplicaSet or
 * ControllerRevision, and its pods, as they are after having been there for
 * some time.
 *
 *	kind		Deployment, DaemonSet, StatefulSet, Job, CronJob, Pod
 *	namespace, name, age
 *	replicas	(Deployment, StatefulSet)
 *	image		one container of this image, named `container` or as the workload
 *	pod		pod spec, where one image is not enough
 *	labels		of the pods, and the selector ({"app": name})
 *	annotations	of the pods
 *	failed		{reason, message} of a Job that failed
 *	spec		merged into the workload's spec (strategy...)
 *	manager		{name, operation}: who owns the fields (kubectl-client-side-apply, Update)
 *	node		of a Pod: where it is, whatever the scheduler would say
 *	podAge		where the pods are younger than the workload
 *	states		[{pods: how many, or [indexes]; or of a DaemonSet nodes: [names]; ...}], the first that names a
 *			pod holds:
 *		since		how long in this state
 *		notReady	true: running, not ready, with an Unhealthy event
 *		crashed		{restarts, exitCode, reason}: CrashLoopBackOff, with its events
 *		pulling		true: ImagePullBackOff, with its events
 *		restarts, lastRestart, exitCode, reason
 *		completed	true: ended with 0
 *		failed		{exitCode, reason}: ended
 *		held		true: waits for the first of `holds` that does not hold, since `since`
 *		events		[{type, reason, message, component, age, lasted, count}] of the pod
 *		merge		merged into the pod at the end (RFC 7396)
 *	readyWhen	{"available": "Kind/namespace/name", "message": probe output}: a container is ready only
 *			while that holds; any condition of rule.h
 *	holds		what keeps the pods from starting, with its events (hold.h)
 *	startSeconds	from running to ready
 *	crash		{afterSeconds, exitCode}: what its containers do
 */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/sim/kinds.h"

struct cluster;
struct object;

int workload_build(struct cluster *cluster, const json_t *entry, int64_t now, struct err *err);
/* Deployments after the scenario's `fill` until there are `pods` pods (0 = as fill says). */
int workload_fill(struct cluster *cluster, int64_t pods, int64_t now, struct err *err);
/* The nth pod of a workload, by name of its pods; NULL where there are fewer. */
const struct object *workload_pod(const struct cluster *cluster, const char *namespace, const char *workload,
				  size_t n);
/* The scenario's entry for a pod, by its owners; NULL for pods that no entry describes. */
const json_t *workload_rule(const struct cluster *cluster, const struct object *pod);
/* The probe output while the pod must not be ready; NULL where nothing holds it back. */
const char *workload_not_ready(const struct cluster *cluster, const json_t *rule, const json_t *pod);

#endif
