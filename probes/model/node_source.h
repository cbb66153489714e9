/*
 * Where commands on nodes go: who has the pool, and which host a Node is.
 * Made in one place from flags, environment and configuration; everybody who
 * reads or changes nodes takes it from there.
 */
#ifndef MODEL_NODE_SOURCE_H
#define MODEL_NODE_SOURCE_H

#include "probes/ssh/pool.h"

struct node_source {
	/* Made when it is first asked for; NULL: err says why nothing may be connected to. Borrowed. */
	struct node_pool *(*pool)(void *data, struct err *err);
	/* The Node with this name, as the pool wants it. Texts are borrowed until the next turn of the loop. */
	int (*host)(void *data, const char *node, struct node_host *ret_host, struct err *err);
	void *data;
};

#endif
