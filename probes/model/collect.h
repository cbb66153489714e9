/*
 * Fetches evidence through kube_read, each item once, at most two a second
 * and four at once; again on demand or after its lifetime (ten minutes).
 */
#ifndef MODEL_COLLECT_H
#define MODEL_COLLECT_H

#include "probes/kube/client.h"
#include "probes/model/evidence.h"

struct collector;

/* Who reads evidence on nodes: the SSH side. */
struct node_reader {
	/*
	 * Starts the reading command or the check of the request (EVIDENCE_NODE) and puts what it says (evidence.h)
	 * or the failure under the key when it is done; -1: it cannot, and err says why (ERR_REFUSED: by choice).
	 */
	int (*read)(void *data, const struct evidence_request *request, const char *key, struct err *err);
	/* Nothing is under way or waiting. NULL: never is. */
	bool (*is_idle)(void *data);
	/* As collector_forget(). NULL: nothing waits. */
	void (*forget)(void *data, bool (*is_needed)(void *needed_data, const char *key), void *needed_data);
	void *data;
};

struct collector *collector_new(struct kube_client *client, struct evidence_store *store);
void collector_free(struct collector *collector);
/* reader NULL: no node is read, and evidence of nodes says so. */
void collector_read_nodes(struct collector *collector, const struct node_reader *reader);
/* Copies the request; ignored while a fresh answer is there or on its way. */
void collector_want(struct collector *collector, const struct evidence_request *request);
/* Nothing is on its way or waiting. */
bool collector_is_idle(const struct collector *collector);

/* Drops what waits for its turn and is not needed any more. */
void collector_forget(struct collector *collector, bool (*is_needed)(void *data, const char *key), void *data);

#endif
