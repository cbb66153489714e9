/*
 * Events as client-go's recorder writes them: the same source, object, reason
 * and message again counts one up and moves lastTimestamp.
 */
#ifndef SIM_RECORDER_H
#define SIM_RECORDER_H

#include <jansson.h>
#include <stdint.h>

#include "probes/sim/kinds.h"

struct cluster;
struct object;

struct occurrence {
	const char *type;	/* "Normal", "Warning" */
	const char *reason;
	const char *message;
	const char *component;	/* "kubelet" */
	const char *host;	/* node, or "" */
	const char *field_path;	/* "spec.containers{name}", or "" */
	int64_t first;		/* wall; ignored where the event exists already */
	int64_t last;
	int64_t count;		/* how often it happened; 0 = once */
};

/* The stored Event, borrowed. */
struct object *record_event(struct cluster *cluster, const struct object *about, const struct occurrence *occurrence);
/* The same from an object's document, for objects that are not stored (any more). */
struct object *record_event_of(struct cluster *cluster, enum kind_id kind, const json_t *about,
		     const struct occurrence *occurrence);

#endif
