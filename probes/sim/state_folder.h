/*
 * The folder with the files that clients use: kubeconfig and ssh_config.
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
	bool own;	/* made by us, removed at the end */
};

/* path NULL: a private folder under $TMPDIR. */
int state_folder_make(struct state_folder *folder, const char *path, struct cluster *cluster, uint16_t port,
		      struct err *err);
/* Removes the files, and the folder if it is our own. */
void state_folder_remove(struct state_folder *folder);

#endif
