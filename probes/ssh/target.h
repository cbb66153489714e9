/*
 * Where a node is and how it is spoken to: what the settings and ssh_config
 * say about one host. Constant once made; workers read it.
 */
#ifndef SSH_TARGET_H
#define SSH_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "probes/base/err.h"

struct ssh_config;
struct node_pool_settings;

struct host_target {
	char *host;		/* name or address to connect to */
	int port;
	char *user;
	char *known_as;		/* HostKeyAlias; NULL: host and port */
	char *jump;		/* "[user@]host[:port],…"; "" none */
	char **identities;	/* key files in the order to try */
	size_t identity_count;
	char **known_hosts;	/* files of ssh_config, only read */
	size_t known_hosts_count;
	char *agent;		/* socket; "" none */
	bool identities_only;	/* of the agent's keys, those of identities alone */
	char *algorithms;	/* lines that libssh reads: Ciphers, MACs, … */
	char *not_followed;	/* options, with ", " between */
};

/*
 * address may be an alias of ssh_config. user NULL: ssh_config's, else that of this machine. is_hop: a jump host
 * itself, for which the settings' own user and jump do not count.
 */
struct host_target *host_target_new(const struct ssh_config *config, const struct node_pool_settings *settings,
			  const char *address, int port, const char *user, bool is_hop);
void host_target_free(struct host_target *target);
/* As known_hosts names it: "10.0.0.1", "[10.0.0.1]:2222". Caller frees. */
char *host_target_known_name(const struct host_target *target);

#endif
