/*
 * The SSH servers of the simulated nodes: one port of 127.0.0.1 a node, one
 * thread that accepts for all, a thread with a small stack for each connection.
 *
 * Ports are below the range that the system gives to outgoing connections, and
 * a node keeps its own while it refuses connections or is down. The host key
 * belongs to the machine: a Node of the same name with another uid is another
 * machine with another key (guide E14).
 */
#ifndef SIM_SSH_SERVER_H
#define SIM_SSH_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/base/err.h"

struct cluster;
struct ssh_server;

/* Starts the accepting thread; no node has a port yet. */
int ssh_server_new(struct cluster *cluster, struct ssh_server **ret_server, struct err *err);
/* Ends all connections and their threads. The lock is not held. */
void ssh_server_free(struct ssh_server *server);

/*
 * Gives new nodes a port, as many as this process may open, and closes those of nodes that are gone. True in
 * *ret_changed (may be NULL) where a node has a new port. The lock is held for this and all below.
 */
int ssh_server_refresh(struct ssh_server *server, bool *ret_changed, struct err *err);
/* Up or not: a node that is down refuses connections, and those that it had break. */
void ssh_server_set_up(struct ssh_server *server, const char *node, bool up);
/* A new host key, as if another machine had taken the node's place. */
void ssh_server_change_key(struct ssh_server *server, const char *node);

/* The key that the nodes accept: PEM; borrowed. */
const char *ssh_server_client_pem(const struct ssh_server *server);
/* A node's port, the key that it first had ("ssh-ed25519 AAAA...") and its user; false: it has no port. Borrowed. */
struct ssh_node_address {
	uint16_t port;
	const char *host_key;
	const char *user;
};
bool ssh_server_node(const struct ssh_server *server, const char *node, struct ssh_node_address *ret_address);

#endif
