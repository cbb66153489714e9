/* The lock of a run, as lease.c (holding it) and lease_take.c (coming to hold it) see it. */
#ifndef REMEDY_LEASE_PRIVATE_H
#define REMEDY_LEASE_PRIVATE_H

#include "probes/remedy/change_private.h"
#include "probes/remedy/lease_record.h"

enum { LEASE_SESSION_BYTES = 8, LEASE_SPARE_MS = 2000 };

struct lease {
	char *path;
	char *holder;
	char *process;
	char session[2 * LEASE_SESSION_BYTES + 1];	/* of this very process, where an answer was lost */
	json_t *objects;		/* lease_objects() */
	json_t *held;			/* as the server last answered; NULL: not held */
	char *ticket;			/* the version under which it was made; NULL: not yet */
	json_t *watched;		/* somebody else's: name -> version since we watch it; NULL: none */
	json_t *to_clear;		/* Leases that nobody holds any more and that stand in the way */
	int attempts;
	int64_t renewed_ms;		/* when the renewal was sent that the server took */
	int64_t sent_ms;
	bool is_renewing;
	int64_t prove_deadline_ms;
	void (*on_proven)(struct change *change);
	struct timer *timer;
	void (*on_taken)(struct change *change);
	void (*on_released)(struct change *change);
};

/* Written by this very process. */
bool lease_is_ours(const struct lease *lease, const json_t *document);
/* Who holds it, from when to when, how far. */
void lease_fill(const struct change *change, json_t *document);
/* body NULL: a GET is sent by who reads. */
void lease_send(struct change *change, const char *method, const char *path, const json_t *document,
		void (*on_done)(struct change *change, void *data, const struct kube_result *result));
/* It is ours, as the document says: renewed from now on. */
void lease_hold(struct change *change, const json_t *document);

#endif
