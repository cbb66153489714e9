/*
 * Scenarios: JSON files in assets/scenarios/ from which a cluster is made.
 *
 *	format			1
 *	shows			one line for --list
 *	include, without	other scenarios that it begins with (scenario_read.h)
 *	kubernetesVersion	"v1.28.3"
 *	timeScale		delays of kubelets and controllers times this (1 = as in the demo)
 *	bookmarkSeconds		between bookmarks (60)
 *	nodeGroups		[{name, count, pattern "worker-{n}", address "10.0.0.{n}", firstAddress, age,
 *				  labels, merge, facts (rule.h), machine (node_machine.h), withoutNetwork,
 *				  networkPlugin "Calico",
 *				  states [{nodes [indexes], conditions [{type, status, ..., since}], merge, facts,
 *				  machine, cordoned "26h"}]}]
 *	network			"DaemonSet/namespace/name": a node that joins is Ready once its pod of this is
 *	volumes			[{claim "namespace/name", bytes}]: size of file systems (volumes.h)
 *	namespaces		[{name, age, labels}]
 *	registry		what pulls give (image.h)
 *	workloads		[workload] (workload.h)
 *	fill			{namespaces, replicas, image}: Deployments up to --pods (or `pods`) pods
 *	objects			[any object], as it is but for uid and creationTimestamp (`age`);
 *				`manager` {name, operation} owns its fields; `deleting` "40m": for so long
 *	events			[{kind, namespace, name | workload and pod, type, reason, message, component, age,
 *				  lasted, count}]
 *	changes			[{kind, namespace, name, merge, deleting "40m"}]: made when the simulator begins to run
 *	logs			[{namespace, pod, container, lines}] (pod_log.h)
 *	rbac			[{user, rules}] (access.h)
 *
 * Ages are "45s", "12m", "3h", "212d" before the start of the simulator.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <jansson.h>
#include <stdint.h>

#include "probes/base/err.h"

struct cluster;

struct scenario_options {
	const char *name;	/* or a path, where it holds a slash */
	const char *folder;	/* assets/scenarios */
	int64_t nodes;		/* of the first node group; 0 = as the scenario says */
	int64_t pods;		/* for `fill`; 0 = as the scenario says */
};

/* Makes the cluster of a scenario; its controllers have settled. The lock is held. */
int scenario_load(struct cluster *cluster, const struct scenario_options *options, struct err *err);
/* Prints name and `shows` of every scenario to stdout, by name. */
int scenario_list(const char *folder, struct err *err);
/* Seconds of "12m"; 0 where it is no such text. */
int64_t scenario_seconds(const char *text);

#endif
