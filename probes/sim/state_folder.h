/*
 * The folder with the files that clients use: kubeconfig, and ssh_config with
 * what it names: a private key and known_hosts.
 */
#ifndef SIM_STATE_FOLDER_H
#define SIM_STATE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/base/err.h"

struct cluster;

struct state_folder {
	char *path;
	char *kubeconfig;
	char *ssh_config;
	char *known_hosts;
	char *identity;		/* the private key that nodes accept */
	uint64_t nodes_seen;	/* cluster->nodes_changed when ssh_config was written */
	bool own;	/* made by us, removed at the end */
};

/* path NULL: a private folder under $TMPDIR. */
int state_folder_make(struct state_folder *folder, const char *path, struct cluster *cluster, uint16_t port,
		      struct err *err);
/*
 * Writes ssh_config and known_hosts anew where nodes came. What known_hosts says of a node stays: a machine that took
 * the place of another is not the one that was trusted. The lock is held.
 */
void state_folder_refresh(struct state_folder *folder, struct cluster *cluster);
/* Removes the files, and the folder if it is our own. */
void state_folder_remove(struct state_folder *folder);

#endif
