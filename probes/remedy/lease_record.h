/*
 * What a Lease of this program says. It is named after the set of objects
 * that its run touches (decisions.md 25), and its annotation
 * "nks-triage/objects" lists them: two runs exclude each other where the
 * lists have an object in common.
 *
 * Which of two came first is their ticket: the resourceVersion under which
 * the Lease was made, the one order that the server gives to all of them. Once
 * renewed it says so in "nks-triage/ticket". Where versions are no numbers
 * nobody came first, and both give way.
 */
#ifndef REMEDY_LEASE_RECORD_H
#define REMEDY_LEASE_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct change;

#define LEASES_PATH "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
/* The Leases of this program and no others. */
#define LEASES_LIST LEASES_PATH "?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dnks-triage"

enum { LEASE_SECONDS = 30 };

/* What the plan holds: its targets, and all nodes' turn where it takes a node out of service. New reference. */
json_t *lease_objects(const struct change *change);
/*
 * "nks-triage-" and the first 10 hex digits of the SHA-256 over lease_objects(), each with a line break behind it;
 * the turn of all nodes is none of the objects. Caller frees.
 */
char *lease_name(const json_t *objects);
/* It bears such a name. */
bool lease_is_lock(const json_t *document);
/* One that does not say what it holds covers everything. */
bool lease_covers(const json_t *document, const json_t *objects);
const char *lease_run(const json_t *document);		/* "": it does not say */
const char *lease_holder(const json_t *document);	/* "": nobody */
const char *lease_version(const json_t *document);
const char *lease_ticket(const json_t *document);
/* Unless both tickets are numbers, and other's is the higher one. */
bool lease_comes_first(const char *other, const char *mine);
int64_t lease_duration(const json_t *document);		/* seconds, within reason */
/* Its process ran on this machine and has ended. */
bool lease_is_dead(const json_t *document);
/* Nobody renewed it for so many seconds beyond its time, by our clock; or it was renewed in our future. */
bool lease_is_expired(const json_t *document, int64_t spare_seconds);
/* lease_is_dead(), or lease_is_expired(). */
bool lease_looks_abandoned(const json_t *document);

#endif
