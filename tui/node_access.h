/*
 * How nodes are reached over SSH: the one place where flags, environment and
 * the configuration's "ssh" become a pool of connections, and a Node record
 * becomes a host of it.
 *
 * Nodes are never connected to by surprise. Evidence is read and nodes are
 * asked again by themselves only where SSH is configured: a user, key, jump
 * host or ssh_config was given by flag or environment, or chosen in the
 * configuration (address and knownHosts alone choose nothing), or the cluster
 * is the simulated one of --demo. A running agent or a ~/.ssh/config is no
 * such choice. Who asks for it (`nodes`, a key on the screen, a plan) may
 * always try, but for --no-ssh.
 */
#ifndef TUI_NODE_ACCESS_H
#define TUI_NODE_ACCESS_H

#include <stdbool.h>

#include "probes/kube/record.h"
#include "probes/model/node_source.h"

struct configuration;
struct loop;
struct node_access;
struct options;
struct snapshot;

struct node_access_options {
	const struct options *options;			/* borrowed, as is what follows */
	const struct configuration *configuration;
	const char *state_dir;
	const char *server;		/* which cluster: the API server's URL; copied */
	const char *demo_config;	/* the simulator's ssh_config; NULL: no demo; copied */
	const struct snapshot *snapshot;
};

/* Connects to nothing. */
struct node_access *node_access_new(struct loop *loop, const struct node_access_options *options);
/* Ends the connections. NULL is fine. */
void node_access_free(struct node_access *access);

/* SSH is chosen by these. */
bool node_access_is_chosen(const struct options *options, const struct configuration *configuration, bool is_demo);
/* Nodes may be asked without being told to: it is chosen. */
bool node_access_is_configured(const struct node_access *access);
/* Nobody may connect: --no-ssh. */
bool node_access_is_off(const struct node_access *access);
/* Makes the pool at first; NULL: err says why it cannot be, or that --no-ssh was given. */
struct node_pool *node_access_pool(struct node_access *access, struct err *err);
/* What was made so far; NULL: none. */
struct node_pool *node_access_made_pool(const struct node_access *access);
/* For whoever reads or changes nodes; borrowed from access. */
const struct node_source *node_access_source(const struct node_access *access);
/* The file with this cluster's host keys. */
const char *node_access_known_hosts(const struct node_access *access);
/* Minutes between two askings by ourselves; 0: never. */
int node_access_recheck_minutes(const struct node_access *access);

/*
 * The Node as the pool wants it. Address: the configured kind, else InternalIP,
 * else what there is. User: --ssh-user, else by node group, by image, for all;
 * else what an ssh_config says; else what the image is known to have. Borrowed
 * from record and access.
 */
int node_access_host(struct node_access *access, const struct record *record, struct node_host *ret_host,
		     struct err *err);
/* The label that node groups are told by (decisions.md 33); "" for none. */
const char *node_group_of(const struct record *record);
/* The field of Node records that the configured address is in; NULL: none beside the usual. Caller frees. */
char *node_access_wanted_field(const struct configuration *configuration);

#endif
