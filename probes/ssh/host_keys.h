/*
 * Host keys of nodes, kept per cluster in a known_hosts file in the state
 * folder. Nothing is ever accepted by itself: a person sees the fingerprint
 * and accepts it, for one node or for a group at once; or a file of keys was
 * pinned beforehand.
 */
#ifndef SSH_HOST_KEYS_H
#define SSH_HOST_KEYS_H

#include "probes/ssh/pool.h"

struct host_key_offer {
	const char *node;
	const char *node_uid;		/* "" not known */
	const char *host;		/* as known_hosts names it: "10.0.0.1" or "[10.0.0.1]:2222" */
	const char *type;		/* "ssh-ed25519" */
	const char *fingerprint;	/* "SHA256:…" */
	enum node_trouble trouble;	/* NODE_HOST_KEY_UNKNOWN or _CHANGED */
	const char *known_fingerprint;	/* of a changed one: what the file has; "" none of this type */
	bool is_revoked;
	bool is_new_node;		/* the Node object has another uid than when the key was accepted (guide E14) */
};

/* Keys that were offered and are not accepted, by node. Borrowed until the next turn of the loop. */
size_t host_key_offer_count(const struct node_pool *pool);
const struct host_key_offer *host_key_offer_at(const struct node_pool *pool, size_t index);
/*
 * Accepts the key that this node offered, if it still is the one with this fingerprint. Only unknown ones; a changed
 * key is replaced only where the Node is a new one and replaces_old says that the person was told.
 */
int host_key_accept(struct node_pool *pool, const char *node, const char *fingerprint, bool replaces_old,
		    struct err *err);
/* Adds the lines of a known_hosts file that a person trusts. *ret_count: how many are new. */
int host_keys_pin(struct node_pool *pool, const char *path, size_t *ret_count, struct err *err);

#endif
