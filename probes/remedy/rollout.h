/*
 * Is a rollout done? The rules of kubectl rollout status
 * (kubectl pkg/polymorphichelpers/rollout_status.go), on the object's JSON.
 */
#ifndef REMEDY_ROLLOUT_H
#define REMEDY_ROLLOUT_H

#include <jansson.h>

#include "probes/base/err.h"

enum rollout_state { ROLLOUT_WAITING, ROLLOUT_DONE, ROLLOUT_FAILED };

struct rollout {
	enum rollout_state state;
	int progress;		/* 0..100 */
	struct message what;	/* "1 of 3 updated" */
};

/* DaemonSet, Deployment or StatefulSet; another kind, or updateStrategy OnDelete, is ROLLOUT_FAILED with the reason. */
void rollout_look(const json_t *document, struct rollout *ret_rollout);

#endif
