/*
 * An authenticated SSH connection: address, host key and proof of who we are
 * in one call of a worker. One thread at a time uses it.
 */
#ifndef SSH_CONNECTION_H
#define SSH_CONNECTION_H

#include <libssh/libssh.h>
#include <stdint.h>

#include "probes/base/err.h"
#include "probes/ssh/host_key_store.h"
#include "probes/ssh/interrupt.h"
#include "probes/ssh/key_ring.h"
#include "probes/ssh/pool.h"
#include "probes/ssh/target.h"

struct jump_table;

struct connection {
	ssh_session session;	/* not blocking */
	int socket;		/* the session's */
	bool was_given;		/* libssh has had it */
	int guard;		/* a dup of it, to be shut down; ours to close */
};

/* A host key that is not trusted, as it was offered. */
struct offered_key {
	char *host;		/* as known_hosts names it */
	char *type;
	char *base64;
	char *fingerprint;
	char *known_fingerprint;
	bool is_revoked;
	bool is_new_node;
	bool in_other_file;
	bool is_jump;			/* a jump host's, not the node's */
};
void offered_key_release(struct offered_key *offered);

struct connection_request {
	const struct host_target *target;
	const char *node;		/* as messages call it */
	const char *uid;		/* of the Node; "" not known, or a jump host */
	struct jump_table *jumps;	/* for a target behind jump hosts */
	int64_t deadline_ms;		/* clock_monotonic_ms(); of everything together */
	struct host_key_store *host_keys;
	struct key_ring *ring;
	struct interrupt *interrupt;
};

struct connection_failure {
	enum node_trouble trouble;
	bool before_banner;		/* hung up at once: the host has too many who are not authenticated yet */
	bool was_stale;			/* a jump host that was kept open had died meanwhile */
	struct err err;
	struct offered_key offered;	/* of a host key trouble; released by offered_key_release() */
};

/* A host that has too many who are not authenticated yet hangs up before it says anything: it is tried again. */
int connection_open(const struct connection_request *request, struct connection **ret_connection,
		    struct connection_failure *failure);
void connection_free(struct connection *connection);
bool connection_is_open(const struct connection *connection);

#endif
