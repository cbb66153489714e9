/*
 * Ways through jump hosts (ProxyJump) by libssh itself: no ssh program, no
 * shell. One connection to a jump host carries all nodes behind it, each in a
 * channel of type direct-tcpip (RFC 4254, 7.2), which MaxSessions does not
 * count. A thread a jump host moves the bytes between its channels and
 * sockets, so that a session behind it is one like any other. A jump host
 * behind another is reached through that one.
 *
 * Any thread may call.
 */
#ifndef SSH_JUMP_H
#define SSH_JUMP_H

#include <stdint.h>

#include "probes/ssh/connection.h"

struct jump_table;

struct jump_settings {
	const struct ssh_config *config;
	const struct node_pool_settings *settings;
	struct host_key_store *host_keys;
	struct key_ring *ring;
};

struct jump_table *jump_table_new(const struct jump_settings *settings);
/* Ends the connections and their threads; promptly. */
void jump_table_free(struct jump_table *table);
/*
 * A socket that leads to the request's target by way of its jump hosts. On
 * failure the host key that may have been offered is the jump host's.
 */
int jump_open(struct jump_table *table, const struct connection_request *request, int *ret_socket,
	      struct connection_failure *failure);

/* The last of a list "[user@]host[:port],…", and what stands before it ("" nothing). -1: it is no such list. */
struct jump_hop {
	char *before;
	char *user;	/* NULL: not said */
	char *host;
	int port;	/* 0: not said */
};
int jump_hop_parse(const char *list, struct jump_hop *ret_hop);
void jump_hop_release(struct jump_hop *hop);

#endif
