/*
 * The simulated cluster: its objects, its users, its faults, who watches.
 *
 * Two threads meet here: libmicrohttpd's, which answers requests, and the
 * main one, which runs the controllers. Whoever touches anything below holds
 * `lock`. A write wakes the watches that it concerns and the controllers.
 */
#ifndef SIM_CLUSTER_H
#define SIM_CLUSTER_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/sim/fault.h"
#include "probes/sim/names.h"
#include "probes/sim/store.h"

struct controllers;
struct machines;
struct request;
struct ssh_server;
struct stream;

struct cluster {
	pthread_mutex_t lock;
	struct store store;
	struct random_source random;
	json_t *scenario;		/* as loaded; the rules that act at run time are read from it */
	json_t *facts;			/* what is so on nodes, by node and name (rule.h) */
	json_t *volumes;		/* bytes of file systems that are not as large as their volume (volumes.h) */
	char version[32];		/* gitVersion: "v1.28.3" */
	double time_scale;		/* delays of kubelets and controllers are multiplied by it */
	int64_t bookmark_ms;
	struct faults faults;
	struct stream *streams;		/* answers that go on: watches and followed logs */
	struct request *parked;		/* requests that wait: faults `hang` and `slow` */
	struct controllers *controllers;
	struct machines *machines;	/* behind the nodes (node_machine.h) */
	struct ssh_server *ssh;		/* the way to them; NULL: there is none */
	uint64_t nodes_changed;		/* counts nodes that came or went */
	size_t next_node;		/* where the scheduler goes on */
	uint64_t next_address;		/* counts pod addresses */
	uint64_t answers;		/* given so far; the Audit-Id */
	int wake_fd;			/* eventfd: the controllers have work */
	bool stopping;
};

/* Loads nothing: an empty cluster. time_scale and the rest are the scenario's to set (scenario.h). */
struct cluster *cluster_new(uint64_t seed);
void cluster_free(struct cluster *cluster);
void cluster_lock(struct cluster *cluster);
void cluster_unlock(struct cluster *cluster);
/* Makes the main thread run the controllers soon. */
void cluster_wake(struct cluster *cluster);

#endif
