/*
 * Faults for tests: what a sick API server, or a sick network before it,
 * does. Set at start (--fault NAME=VALUE) and at run time (POST /sim/fault
 * with {"NAME": VALUE, ...}; null or false switches off).
 *
 *	unauthorized	true: 401 for everything
 *	forbidden	"pods": 403 for this resource (plural name)
 *	throttle	seconds: 429 with Retry-After
 *	hang		true: accepts requests and never answers
 *	html		true: an HTML page with status 200, as a captive portal sends it
 *	half		true: JSON answers end in the middle
 *	watchEnd	true: a watch ends as soon as it began
 *	gone		"event": the next look at each watch is an ERROR event 410; "http": new watches get HTTP 410
 *	slow		milliseconds before each answer
 *	reset		true: the TCP connection is reset instead of an answer
 *	compact		true: once; histories and list snapshots are forgotten
 *
 * /sim/ itself is never faulty.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"

struct faults {
	bool unauthorized;
	char forbidden[64];
	int throttle_seconds;
	bool hang;
	bool html;
	bool half;
	bool watch_end;
	bool gone_event;
	bool gone_http;
	bool reset;
	int64_t slow_ms;
};

struct cluster;

/* Sets what the object names; the rest stays. The lock is held. */
int faults_set(struct cluster *cluster, const json_t *settings, struct err *err);
/* "NAME=VALUE" of the command line; a bare NAME means true. */
int faults_set_text(struct cluster *cluster, const char *text, struct err *err);
/* The present settings, for the answer. Yours. */
json_t *faults_show(const struct faults *faults);

#endif
