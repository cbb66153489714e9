/*
 * Reads on nodes what runbooks collect there (evidence "node-check"), over
 * SSH, for the collector: one command at a time and node, eight at once. A
 * node that could not be reached, or did not let us in, is not tried again
 * for a while: what is asked of it meanwhile has the same answer.
 */
#ifndef MODEL_NODE_EVIDENCE_H
#define MODEL_NODE_EVIDENCE_H

#include "probes/model/collect.h"
#include "probes/model/node_source.h"

struct check_set;
struct loop;
struct node_evidence;

/* Borrows all; the source must outlive it. checks NULL: what asks for a shipped check could not be checked. */
struct node_evidence *node_evidence_new(struct loop *loop, struct evidence_store *store,
					const struct node_source *source, const struct check_set *checks);
/* Cancels what is under way, without putting anything. NULL is fine. */
void node_evidence_free(struct node_evidence *evidence);
/* For collector_read_nodes(). */
struct node_reader node_evidence_reader(struct node_evidence *evidence);
/* This node (NULL: each) may be tried again at once: its host key was accepted, or the operator asks for it. */
void node_evidence_retry(struct node_evidence *evidence, const char *node);

#endif
