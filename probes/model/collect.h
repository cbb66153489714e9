/*
 * Fetches evidence through kube_read, each item once, at most two a second
 * and four at once; again on demand or after its lifetime (ten minutes).
 */
#ifndef MODEL_COLLECT_H
#define MODEL_COLLECT_H

#include "probes/kube/client.h"
#include "probes/model/evidence.h"

struct collector;

struct collector *collector_new(struct kube_client *client, struct evidence_store *store);
void collector_free(struct collector *collector);
/* Copies the request; ignored while a fresh answer is there or on its way. */
void collector_want(struct collector *collector, const struct evidence_request *request);
/* Nothing is on its way or waiting. */
bool collector_is_idle(const struct collector *collector);

#endif
